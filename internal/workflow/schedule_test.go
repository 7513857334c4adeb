package workflow

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSchedule_Plan(t *testing.T) {
	t.Parallel()
	day := func(clock string) time.Time {
		at, err := time.Parse("2006-01-02 15:04:05", "2030-05-06 "+clock)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for name, tt := range map[string]struct {
		cron      string
		catchUp   int
		next, now string
		want      []string // start, then
	}{
		"on time":                   {"0 * * * *", 0, "10:00:00", "10:00:00", []string{"10:00:00", "11:00:00"}},
		"late within grace":         {"0 * * * *", 0, "10:00:00", "10:00:59", []string{"10:00:00", "11:00:00"}},
		"missed, dropped":           {"0 * * * *", 0, "10:00:00", "10:01:01", []string{"", "11:00:00"}},
		"missed, made up":           {"0 * * * *", 1, "10:00:00", "10:01:01", []string{"10:00:00", "11:00:00"}},
		"many missed, one made up":  {"0 * * * *", 1, "03:00:00", "10:30:00", []string{"10:00:00", "11:00:00"}},
		"many missed, the latest":   {"*/10 * * * *", 3, "03:00:00", "10:25:00", []string{"10:00:00", "10:10:00"}},
		"made up to less than all":  {"*/10 * * * *", 100, "10:00:00", "10:25:00", []string{"10:00:00", "10:10:00"}},
		"missed before one on time": {"* * * * *", 1, "10:00:00", "10:05:30", []string{"10:04:00", "10:05:00"}},
		"dropped before on time":    {"* * * * *", 0, "10:00:00", "10:05:30", []string{"10:05:00", "10:06:00"}},
		"nothing owed":              {"0 * * * *", 0, "11:00:00", "10:30:00", []string{"", "11:00:00"}},
	} {
		cron, err := ParseCron(tt.cron)
		if err != nil {
			t.Fatal(err)
		}
		s := Schedule{Cron: cron, Zone: time.UTC, CatchUp: tt.catchUp}
		start, then := s.Plan(day(tt.next), day(tt.now))
		got := []string{"", then.Format(time.TimeOnly)}
		if !start.IsZero() {
			got[0] = start.Format(time.TimeOnly)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestSchedule_Plan_asleep holds the work for a schedule that slept for years to
// what it makes up for.
func TestSchedule_Plan_asleep(t *testing.T) {
	t.Parallel()
	cron, err := ParseCron("* * * * *")
	if err != nil {
		t.Fatal(err)
	}
	s := Schedule{Cron: cron, Zone: time.UTC, CatchUp: MaxCatchUp}
	now := time.Date(2040, 1, 1, 0, 0, 30, 0, time.UTC)
	began := time.Now()
	start, _ := s.Plan(now.AddDate(-30, 0, 0), now)
	if want := now.Truncate(time.Minute).Add(-MaxCatchUp * time.Minute); !start.Equal(want) {
		t.Errorf("it starts for %v, want %v", start, want)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestParse_starts(t *testing.T) {
	t.Parallel()
	const steps = "steps:\n- {name: a, type: machine, action: noop}\n"
	for name, tt := range map[string]struct{ doc, want string }{
		"bad cron":             {"schedules: [{cron: '61 * * * *'}]\n", "/schedules/0/cron"},
		"bad zone":             {"schedules: [{cron: '@daily', timezone: Nowhere}]\n", "/schedules/0/timezone"},
		"too many made up":     {"schedules: [{cron: '@daily', catch_up: 1001}]\n", "/schedules/0/catch_up"},
		"no overlap":           {"schedules: [{cron: '@daily', overlap: never}]\n", "/schedules/0/overlap"},
		"input does not fit":   {"input_schema: {type: object, required: [a], properties: {a: {type: string}}}\nschedules: [{cron: '@daily'}]\n", "/schedules/0"},
		"input reads data":     {"schedules: [{cron: '@daily', input: {a: '{{ data.b }}'}}]\n", "/schedules/0/input"},
		"bad message":          {"start_on: {message: '1 a'}\n", "/start_on/message"},
		"start key reads step": {"start_on: {message: a, key: steps.a.output}\n", "/start_on/key"},
	} {
		_, _, err := Parse([]byte("format: 1\nname: x\nversion: 1.0.0\n"+tt.doc+steps), Options{})
		e, ok := err.(*Error)
		if !ok || len(e.Fields) != 1 || !strings.HasPrefix(e.Fields[0].Pointer, tt.want) {
			t.Errorf("%s: %v %+v, want one problem at %s", name, err, e, tt.want)
		}
	}
	def, _, err := Parse([]byte("format: 1\nname: x\nversion: 1.0.0\nstart_on: {message: order.paid, key: 'data.order + \"/\" + string(data.n)'}\n"+
		"schedules: [{cron: '0 9 * * 1-5', timezone: Europe/Berlin, catch_up: true, input: {at: '{{ now }}', n: 1.50}}]\n"+steps), Options{})
	if err != nil {
		t.Fatal(err, err.(*Error).Fields)
	}
	got, err := def.StartOn.Correlation(Message{Data: []byte(`{"order": "A", "n": 7}`)}, time.Now())
	if err != nil || got != "A/7" {
		t.Errorf("correlation id %q, %v", got, err)
	}
	if _, err := def.StartOn.Correlation(Message{Data: []byte(`{}`)}, time.Now()); KindOf(err) != KindInvalid {
		t.Errorf("without the keys: %v", err)
	}
	s := def.Schedules[0]
	if next := s.Next(time.Date(2030, 6, 1, 0, 0, 0, 0, time.UTC)); next.Format(time.RFC3339) != "2030-06-03T07:00:00Z" {
		t.Errorf("the next time is %v", next)
	}
	input, err := s.InputAt(time.Date(2030, 6, 3, 7, 0, 0, 0, time.UTC))
	if err != nil || string(input) != `{"at":"2030-06-03T07:00:00Z","n":1.50}` {
		t.Errorf("input %s, %v", input, err)
	}
}
