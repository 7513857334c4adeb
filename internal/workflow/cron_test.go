package workflow_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones of the tests, wherever they run

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tandem/internal/workflow"
)

func TestCron_Next(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, cron, zone, after string
		want                    []string
	}{
		{"weekdays at half past eight", "30 8 * * MON-FRI", "Europe/Berlin", "2026-11-27T07:29:59Z", // a Friday
			[]string{"2026-11-27T07:30:00Z", "2026-11-30T07:30:00Z"}},
		{"strictly after", "30 8 * * *", "UTC", "2026-11-27T08:30:00Z", []string{"2026-11-28T08:30:00Z"}},
		{"descriptor", "@daily", "Asia/Tokyo", "2026-01-01T00:00:00Z", []string{"2026-01-01T15:00:00Z"}},
		{"either day suffices", "0 0 13 * FRI", "UTC", "2026-11-10T00:00:00Z",
			[]string{"2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z"}},
		{"sunday is 7", "0 0 * * 7", "UTC", "2026-11-27T00:00:00Z", []string{"2026-11-29T00:00:00Z"}},
		{"leap day over a century", "0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", []string{"2104-02-29T00:00:00Z"}},
		{"left out hour comes later", "30 2 * * *", "Europe/Berlin", "2026-03-28T23:00:00Z",
			[]string{"2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"}},
		{"left out midnight", "0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z",
			[]string{"2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"}},
		{"repeated hour comes once", "30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z",
			[]string{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
		{"from within the repeated hour", "*/30 2 * * *", "Europe/Berlin", "2026-10-25T01:05:00Z",
			[]string{"2026-10-26T01:00:00Z"}},
		{"every hour goes on through a repeated one", "*/30 * * * *", "Europe/Berlin", "2026-10-25T00:30:00Z",
			[]string{"2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"}},
		{"every hour goes on through a left out one", "0 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z",
			[]string{"2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, loc, at := parseCron(t, tt.cron), parseZone(t, tt.zone), parseTime(t, tt.after)
			var got []string
			for range tt.want {
				at = c.Next(at, loc)
				got = append(got, at.Format(time.RFC3339))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseCron_refuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                          "is not a cron expression",
		"* * * *":                   "is not a cron expression",
		"0 0 * * * *":               "is not a cron expression",
		"60 * * * *":                "is not a cron expression",
		"* * * * FOO":               "is not a cron expression",
		"@reboot":                   "is not a cron expression",
		"@every 5m":                 "is not a time of day",
		"0 0 30 2 *":                "matches no date",
		"CRON_TZ=Asia/Tokyo @daily": "names a time zone",
		strings.Repeat("1,", 200):   "too long",
	} {
		if _, err := workflow.ParseCron(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseCron(%q) = %v, want %q in it", text, err, want)
		}
	}
	if next := (workflow.Cron{}).Next(time.Unix(0, 0), time.UTC); !next.IsZero() {
		t.Errorf("the zero Cron has a next time: %s", next)
	}
}

// What Next gives lies ahead, and fits the clock unless that clock skips it.
func TestCron_Next_lies_ahead(t *testing.T) {
	t.Parallel()
	zones := []string{"UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "America/Havana", "Asia/Kathmandu"}
	crons := []string{"* * * * *", "*/7 1-3 * * *", "0 0 * * *", "30 2 * * SUN", "0 12 1,15 * *", "15 */2 * * *"}
	rapid.Check(t, func(t *rapid.T) {
		c, err := workflow.ParseCron(rapid.SampledFrom(crons).Draw(t, "cron"))
		if err != nil {
			t.Fatal(err)
		}
		loc, err := workflow.ParseZone(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "at"), 0)
		next := c.Next(at, loc)
		if !next.After(at) || next.Second() != 0 || next.Sub(at) > 32*24*time.Hour {
			t.Fatalf("%s after %s in %s: %s", c, at, loc, next)
		}
		if between := c.Next(at.Add(next.Sub(at)/2), loc); !between.Equal(next) {
			t.Fatalf("%s after %s in %s: %s, from halfway there %s", c, at, loc, next, between)
		}
	})
}

func TestParseZone_refuses(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "Local", "Europe/Berlni", "../etc/passwd", strings.Repeat("x", 300)} {
		if _, err := workflow.ParseZone(name); err == nil || !strings.Contains(err.Error(), "is not a time zone") {
			t.Errorf("ParseZone(%q) = %v", name, err)
		}
	}
}

func parseCron(t *testing.T, text string) workflow.Cron {
	t.Helper()
	c, err := workflow.ParseCron(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func parseZone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := workflow.ParseZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func parseTime(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// Whatever is written, it is refused with a sentence or has a next time.
func FuzzParseCron(f *testing.F) {
	for _, seed := range []string{"30 8 * * MON-FRI", "*/7 1-3,22-2 1,15 feb-NOV 7", "@monthly", "0 0 29 2 *", "@every 1s", "TZ=X * * * * *", "* * * * 1#2", "H L W ? *", "9999999999999999999 * * * *"} {
		f.Add(seed, int64(1774746000))
	}
	berlin, err := workflow.ParseZone("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string, unix int64) {
		c, err := workflow.ParseCron(text)
		if err != nil {
			if workflow.KindOf(err) != workflow.KindInvalid {
				t.Fatalf("ParseCron(%q) = %v, which is no sentence for people", text, err)
			}
			return
		}
		at := time.Unix(unix%(1<<33), 0)
		if next := c.Next(at, berlin); !next.After(at) {
			t.Fatalf("%q after %s: %s", text, at, next)
		}
	})
}
