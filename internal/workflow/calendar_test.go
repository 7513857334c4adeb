package workflow

import (
	"testing"
	"time"
	_ "time/tzdata" // the zones of the tests, wherever they run

	"pgregory.net/rapid"
)

func TestCalendar_After(t *testing.T) {
	t.Parallel()
	const (
		none   = ""
		berlin = "calendar: Europe/Berlin\n"
		gulf   = "calendar: {timezone: Asia/Dubai, working_days: [Sun, mon, tue, wed, thu], holidays: [2026-03-03, 2026-03-04]}\n"
	)
	for name, tt := range map[string]struct{ calendar, from, span, want string }{
		"fixed":                      {none, "2026-03-06T10:00:00Z", "36h", "2026-03-07T22:00:00Z"},
		"over the weekend":           {none, "2026-03-06T10:00:00Z", "1 workday", "2026-03-09T10:00:00Z"},
		"from the weekend":           {none, "2026-03-07T10:00:00Z", "1 workday", "2026-03-09T10:00:00Z"},
		"two weeks":                  {none, "2026-03-04T10:00:00Z", "10workdays", "2026-03-18T10:00:00Z"},
		"none":                       {none, "2026-03-07T10:00:00Z", "0 workdays", "2026-03-07T10:00:00Z"},
		"same time, clocks forward":  {berlin, "2026-03-27T09:00:00Z", "1 workday", "2026-03-30T08:00:00Z"},
		"same time, clocks back":     {berlin, "2026-10-23T08:00:00Z", "1 workday", "2026-10-26T09:00:00Z"},
		"the day is the place's own": {berlin, "2026-03-05T23:30:00Z", "1 workday", "2026-03-08T23:30:00Z"},
		"own week and holidays":      {gulf, "2026-03-02T08:00:00Z", "2 workdays", "2026-03-08T08:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			def := parse(t, "format: 1\nname: x\nversion: 1.0.0\n"+tt.calendar+"steps: [{name: a, type: timer, duration: "+tt.span+"}]")
			span, err := ParseSpan(tt.span)
			if err != nil {
				t.Fatal(err)
			}
			from, err := time.Parse(time.RFC3339, tt.from)
			if err != nil {
				t.Fatal(err)
			}
			if got := def.Calendar.After(from, span).Format(time.RFC3339); got != tt.want {
				t.Errorf("%s after %s = %s, want %s", tt.span, tt.from, got, tt.want)
			}
		})
	}
}

// Workdays add up, end on a working day, and later beginnings end later or at
// the same time.
func TestCalendar_After_adds_up(t *testing.T) {
	t.Parallel()
	c := parse(t, "format: 1\nname: x\nversion: 1.0.0\ncalendar: {timezone: Europe/Berlin, working_days: [tue, fri], holidays: [2026-10-27]}\n"+
		"steps: [{name: a, type: timer, duration: 1s}]").Calendar
	rapid.Check(t, func(t *rapid.T) {
		hours := rapid.IntRange(0, 24*365).Draw(t, "hours")
		from := time.Date(2026, 1, 1, hours, 0, 0, 0, time.UTC)
		if local := from.In(c.Zone).Hour(); local == 2 || local == 3 {
			t.Skip("a time that clocks leave out moves")
		}
		a, b := rapid.IntRange(1, 9).Draw(t, "a"), rapid.IntRange(1, 9).Draw(t, "b")
		whole := c.After(from, Span{Workdays: a + b})
		if parts := c.After(c.After(from, Span{Workdays: a}), Span{Workdays: b}); !parts.Equal(whole) {
			t.Fatalf("%d and %d workdays from %s end at %s, %d at %s", a, b, from, parts, a+b, whole)
		}
		if local := whole.In(c.Zone); !c.Works(local) || local.Hour() != from.In(c.Zone).Hour() {
			t.Fatalf("%d workdays from %s end at %s", a+b, from.In(c.Zone), local)
		}
	})
}

func TestDecide_Workdays(t *testing.T) {
	t.Parallel()
	t.Run("every_duration_takes_them", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
calendar: {timezone: America/New_York, holidays: [2026-03-03]}
timeout: 10 workdays
steps:
- {name: split, type: gateway, mode: parallel}
- {name: ask, type: human, anyone: true, due: 1 workday, remind: "{{ data.remind }}", escalate: {after: 3 workdays, groups: [g]}, timeout: 4 workdays}
- {name: wait, type: timer, duration: 5 workdays}
- {name: try, type: machine, action: noop, retry: {initial: 2 workdays, max: 30d, jitter: 0}}
edges: [{source: split, target: ask}, {source: split, target: wait}, {source: split, target: try}]
`, `{"remind": "1 workday"}`) // on Monday, March 2, at 04:00 in New York
		s.finish("try", "", &StepError{Code: "x", Message: "not today"})
		got := map[DueKind]string{}
		for _, due := range s.dues {
			got[due.Kind] = due.At.Format("Jan 2 15:04")
		}
		want := map[DueKind]string{
			DueTask: "Mar 4 09:00", DueRemind: "Mar 4 09:00", DueEscalate: "Mar 6 09:00", DueStepTimeout: "Mar 9 08:00",
			DueTimer: "Mar 10 08:00", DueRetry: "Mar 5 09:00", DueInstanceTimeout: "Mar 17 08:00",
		}
		for kind, at := range want {
			if got[kind] != at {
				t.Errorf("%s at %s, want %s", kind, got[kind], at)
			}
		}
	})
	t.Run("cron_waits_by_the_calendars_clock", func(t *testing.T) {
		t.Parallel()
		for cron, want := range map[string]string{`"30 8 * * MON-FRI"`: "Mar 2 13:30", `"{{ data.when }}"`: "Mar 3 05:00"} {
			s := started(t, `
calendar: America/New_York
steps: [{name: wait, type: timer, cron: `+cron+`}]
`, `{"when": "@daily"}`)
			s.fire()
			s.status(t, StatusCompleted)
			if got := s.now.Format("Jan 2 15:04"); got != want {
				t.Errorf("%s fired at %s, want %s", cron, got, want)
			}
		}
	})
	t.Run("a_cron_that_is_none_fails_the_step", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps: [{name: wait, type: timer, cron: "{{ data.when }}"}]
`, `{"when": "soon"}`)
		s.status(t, StatusFailed)
	})
}
