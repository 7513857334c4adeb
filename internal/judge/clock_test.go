package judge_test

import (
	"fmt"
	"testing"
	"time"

	"tandem/internal/judge"
)

// ticks is a document with a clock.
const ticks = `
unique: running
schedules: [{cron: "* * * * *", overlap: OVERLAP, catch_up: 100}]
steps: [{name: a, type: gateway}]`

// slot is the time of a minute on the day of the logs.
func slot(minute int) time.Time { return time.Date(2026, 3, 2, 9, minute, 0, 0, time.UTC) }

// lived is the log of an instance that begins and ends at seconds after nine;
// what is of one second is in the order of the calls.
func lived(id string, begin, end int) string {
	return fmt.Sprintf(`
		@%d in %[3]s: workflow.started {"initial_data": {}}
		in %[3]s: step.started e_%[3]s a attempt=1
		@%[2]d in %[3]s: step.completed e_%[3]s a attempt=1
		in %[3]s: workflow.completed`, begin, end, id)
}

func TestAudit_clocks(t *testing.T) {
	t.Parallel()
	clock := func(minutes int, downs []judge.Down, slots map[string]int) func(*judge.Case) {
		return func(c *judge.Case) {
			c.Instances = nil
			for _, id := range []string{"p", "q", "r"} {
				if minute, lives := slots[id]; lives {
					c.Instances = append(c.Instances, judge.Instance{
						ID: id, Definition: "d 1.0.0", Status: "completed", Correlation: "d/0/" + slot(minute).Format(time.RFC3339),
					})
				}
			}
			c.Clocks = []judge.Clock{{Definition: "d", From: slot(1), To: slot(1 + minutes), Downs: downs}}
		}
	}
	of := func(overlap string) string { return replace(ticks, "OVERLAP", overlap) }
	late := replace(of("allow"), "catch_up: 100", "catch_up: true")
	down := []judge.Down{{From: slot(0), To: slot(5)}}
	run(t, map[string]trial{
		"each time":   {doc: of("allow"), log: lived("p", 60, 70) + lived("q", 120, 130), more: clock(2, nil, map[string]int{"p": 1, "q": 2}), applied: "times owed"},
		"one is lost": {doc: of("allow"), log: lived("p", 60, 70), more: clock(2, nil, map[string]int{"p": 1}), rule: "schedules", says: "owes an instance for 2026-03-02 09:02"},
		"one is doubled": {doc: of("allow"), log: lived("p", 60, 70) + lived("q", 80, 90), more: clock(1, nil, map[string]int{"p": 1, "q": 1}), rule: "schedules",
			says: "twice"},
		"too early":    {doc: of("allow"), log: lived("p", 50, 70), more: clock(1, nil, map[string]int{"p": 1}), rule: "schedules", says: "was started at"},
		"off the beat": {doc: replace(of("allow"), "* * * * *", "*/2 * * * *"), log: lived("p", 60, 70), more: clock(1, nil, map[string]int{"p": 1}), rule: "schedules", says: "its clock is"},
		"one at a time": {doc: of("skip"), log: lived("p", 60, 130) + lived("r", 180, 190), more: clock(3, nil, map[string]int{"p": 1, "r": 3}),
			applied: "overlap skip"},
		"skipped without a reason": {doc: of("skip"), log: lived("p", 60, 70) + lived("r", 180, 190), more: clock(3, nil, map[string]int{"p": 1, "r": 3}), rule: "schedules",
			says: "owes an instance for 2026-03-02 09:02"},
		"two at a time": {doc: of("skip"), log: `
			@60 in p: workflow.started {"initial_data": {}}
			in p: step.started e_p a attempt=1` + lived("q", 120, 130) + `
			@140 in p: step.completed e_p a attempt=1
			in p: workflow.completed`, more: clock(2, nil, map[string]int{"p": 1, "q": 2}), rule: "overlap skip", says: "one at a time"},
		"two at a time, queued": {doc: of("queue"), log: `
			@60 in p: workflow.started {"initial_data": {}}
			in p: step.started e_p a attempt=1` + lived("q", 120, 130) + `
			@140 in p: step.completed e_p a attempt=1
			in p: workflow.completed`, more: clock(2, nil, map[string]int{"p": 1, "q": 2}), rule: "overlap queue", says: "one at a time"},
		"one for all that were missed": {doc: late, log: lived("p", 301, 310), more: clock(3, down, map[string]int{"p": 3}), applied: "times made up"},
		"more for all that were missed": {doc: late, log: lived("p", 301, 310) + lived("q", 311, 320), more: clock(3, down, map[string]int{"p": 2, "q": 3}), rule: "schedules",
			says: "made up 2"},
		"missed, and owed all the same": {doc: of("allow"), log: lived("p", 301, 310), more: clock(3, down, map[string]int{"p": 3}), rule: "schedules", says: "owes an instance for 2026-03-02 09:01"},
	})
}

func TestAudit_unique(t *testing.T) {
	t.Parallel()
	doc := replace(ticks, "OVERLAP", "allow")
	under := func(one, other string) func(*judge.Case) {
		return func(c *judge.Case) {
			c.Instances = []judge.Instance{
				{ID: "p", Definition: "d 1.0.0", Status: "completed", Correlation: one}, {ID: "q", Definition: "d 1.0.0", Status: "completed", Correlation: other},
			}
		}
	}
	beside := `
		@60 in p: workflow.started {"initial_data": {}}
		in p: step.started e_p a attempt=1` + lived("q", 120, 130) + `
		@140 in p: step.completed e_p a attempt=1
		in p: workflow.completed`
	run(t, map[string]trial{
		"one after another": {doc: doc, log: lived("p", 60, 70) + lived("q", 80, 90), more: under("u", "u"), applied: "unique"},
		"of two ids":        {doc: doc, log: beside, more: under("u", "v"), applied: "unique"},
		"two at once":       {doc: doc, log: beside, more: under("u", "u"), rule: "unique", says: "it lived beside p"},
		"one of no time": {doc: doc, log: `
			@60 in p: workflow.started {"initial_data": {}}
			@60 in p: step.started e_p a attempt=1
			@60 in q: workflow.started {"initial_data": {}}
			@60 in p: step.completed e_p a attempt=1
			@60 in p: workflow.completed
			@61 in q: step.started e_q a attempt=1
			in q: step.completed e_q a attempt=1
			in q: workflow.completed`, more: under("u", "u"), applied: "unique"},
		"one of no time beside another": {doc: doc, log: `
			@60 in p: workflow.started {"initial_data": {}}
			in p: step.started e_p a attempt=1
			@100 in q: workflow.started {"initial_data": {}}
			@100 in q: step.started e_q a attempt=1
			@100 in q: step.completed e_q a attempt=1
			@100 in q: workflow.completed
			@140 in p: step.completed e_p a attempt=1
			in p: workflow.completed`, more: under("u", "u"), applied: "unique"},
		"two, allowed": {doc: replace(doc, "unique: running", ""), log: beside, more: under("u", "u"), applied: "order"},
	})
}
