package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tandem/internal/action"
	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// tooLate is a lateness that no busy machine explains, but a timer that nobody
// was woken for would have: claims end after 10 s, sleeps after 30 s.
const tooLate = 5 * time.Second

// TestDue_on_time fires timers of many instances and tells how late they were:
// at most 100 ms is what is promised, on a machine that is not busy with tests.
func TestDue_on_time(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("x", `
steps: [{name: wait, type: timer, duration: "{{ data.wait }}"}]`)
		var ids []uuid.UUID
		for i := range 100 {
			ids = append(ids, h.start("x", fmt.Sprintf(`{"wait": "%dms"}`, 300+10*i)).ID)
		}
		var late []time.Duration
		for _, id := range ids {
			h.until(id, workflow.StatusCompleted)
			late = append(late, h.lateness(id, "wait"))
		}
		slices.Sort(late)
		t.Logf("%d due rows in 1 s: late p50 %s, p99 %s, worst %s", len(late), late[len(late)/2], late[len(late)*99/100], late[len(late)-1])
		if late[0] < 0 {
			t.Errorf("a timer fired %s before its time", -late[0])
		}
		if worst := late[len(late)-1]; worst >= tooLate {
			t.Errorf("a timer fired %s late, want less than %s", worst, tooLate)
		}
	})
}

// lateness is how long after its time an execution was done.
func (h *house) lateness(id uuid.UUID, step string) time.Duration {
	h.t.Helper()
	e := h.executions(id, step)
	if len(e) != 1 || e[0].DueAt == nil || e[0].CompletedAt == nil {
		h.t.Fatalf("executions of %s = %+v, want one that was due and done", step, e)
	}
	return e[0].CompletedAt.Sub(*e[0].DueAt)
}

// TestDue_in_order fires the timers of an instance in the order of their times,
// also when all of them are late.
func TestDue_in_order(t *testing.T) {
	t.Parallel()
	doc, want := parallelTimers(20)
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("x", doc)
		in := h.start("x", `{}`)
		h.until(in.ID, workflow.StatusCompleted)
		h.sawSteps(in.ID, want...)

		in = h.start("x", `{}`)
		h.stop() // long before the first is due: what it had claimed would come later than the others
		due := *h.executions(in.ID, "t0")[0].DueAt
		eventually(t, "all timers are late", func() bool { return time.Now().After(due.Add(500 * time.Millisecond)) })
		h = run(t, open())
		h.until(in.ID, workflow.StatusCompleted)
		h.sawSteps(in.ID, want...)
	})
}

// parallelTimers gives a workflow whose branches wait 2 s, 1.99 s and so on,
// and the order in which its steps end.
func parallelTimers(n int) (doc string, order []string) {
	var steps, edges strings.Builder
	order = []string{"split"}
	for i := range n {
		fmt.Fprintf(&steps, "  - {name: t%d, type: timer, duration: %dms}\n", i, 2000-10*i)
		fmt.Fprintf(&edges, "  - {source: split, target: t%d}\n", i)
		order = append(order, fmt.Sprintf("t%d", n-1-i))
	}
	return "steps:\n  - {name: split, type: gateway, mode: parallel}\n" + steps.String() + "edges:\n" + edges.String(), order
}

// TestDue_once has two engines fire the due rows of one store: each row fires
// once.
func TestDue_once(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		w := done("ok")
		first, second := run(t, open(), with(w)), run(t, open(), with(w))
		first.save("x", `
steps:
  - {name: wait, type: timer, duration: 300ms}
  - {name: work, type: machine, action: work}
edges: [{source: wait, target: work}]`)
		var ids []uuid.UUID
		for i := range 60 {
			ids = append(ids, []*house{first, second}[i%2].start("x", `{}`).ID)
		}
		for _, id := range ids {
			first.until(id, workflow.StatusCompleted)
			first.sawSteps(id, "wait", "work")
		}
		keys := map[string]int{}
		for _, call := range w.seen() {
			keys[call.IdempotencyKey]++
		}
		if len(keys) != len(ids) || len(w.seen()) != len(ids) {
			t.Errorf("%d calls with %d keys, want %d of each", len(w.seen()), len(keys), len(ids))
		}
	})
}

// TestDue_paused keeps the timer of a paused instance from firing; on resume
// one that came due meanwhile fires at once, another at its time.
func TestDue_paused(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("x", `steps: [{name: wait, type: timer, duration: "{{ data.wait }}"}]`)
		soon, later := h.start("x", `{"wait": "3s"}`).ID, h.start("x", `{"wait": "5s"}`).ID
		mustDo(h, h.Pause, soon)
		mustDo(h, h.Pause, later)
		clock := h.start("x", `{"wait": "3100ms"}`).ID
		h.until(clock, workflow.StatusCompleted)
		h.until(soon, workflow.StatusPaused)
		if e := h.executions(soon, "wait")[0]; e.Status != workflow.StepWaiting {
			t.Errorf("the timer of the paused instance is %s, want waiting", e.Status)
		}
		mustDo(h, h.Resume, soon)
		mustDo(h, h.Resume, later)
		resumed := time.Now()
		h.until(soon, workflow.StatusCompleted)
		if at := h.executions(soon, "wait")[0].CompletedAt; at.After(resumed.Add(tooLate)) {
			t.Errorf("the overdue timer fired %s after the resume, want less than %s", at.Sub(resumed), tooLate)
		}
		h.until(later, workflow.StatusCompleted)
		if late := h.lateness(later, "wait"); late < 0 || late >= tooLate {
			t.Errorf("the timer that was not due fired %s late, want 0 to %s", late, tooLate)
		}
	})
}

// TestDue_moved takes a time-out that is nearer than the one slept for.
func TestDue_moved(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		here := run(t, open())
		there := run(t, open())
		here.save("x", `steps: [{name: wait, type: timer, duration: "{{ data.wait }}"}]`)
		far := here.start("x", `{"wait": "1h"}`).ID
		near := there.start("x", `{"wait": "200ms"}`).ID
		here.until(near, workflow.StatusCompleted)
		if late := here.lateness(near, "wait"); late < 0 || late >= tooLate {
			t.Errorf("the nearer timer fired %s late, want 0 to %s", late, tooLate)
		}
		here.until(far, workflow.StatusWaiting)
	})
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		doc   string
		want  workflow.Status
		code  string
		steps []string
	}{
		"of an attempt": {
			doc:  `steps: [{name: a, type: machine, action: work, timeout: 50ms}]`,
			want: workflow.StatusFailed, code: "timeout",
		},
		"of an attempt, handled": {
			doc: `steps: [{name: a, type: machine, action: work, timeout: 50ms, on_failure: [{when: 'error.code == "timeout"', step: b}]},
  {name: b, type: machine, action: noop}]`,
			want: workflow.StatusCompleted, steps: []string{"b"},
		},
		"of a person": {
			doc:  `steps: [{name: a, type: human, anyone: true, timeout: 50ms}]`,
			want: workflow.StatusFailed, code: "timeout",
		},
		"of a person, with an outcome": {
			doc: `steps: [{name: a, type: human, anyone: true, outcomes: [yes, no], timeout: 50ms, on_timeout: {outcome: no}},
  {name: b, type: machine, action: noop}]
edges: [{source: a, target: b, condition: 'steps.a.outcome == "no"'}]`,
			want: workflow.StatusCompleted, steps: []string{"a", "b"},
		},
		"of a person, with a step": {
			doc: `steps: [{name: a, type: human, anyone: true, timeout: 50ms, on_timeout: {step: b}},
  {name: b, type: machine, action: noop}]`,
			want: workflow.StatusCompleted, steps: []string{"b"},
		},
		"of a webhook": {
			doc: `steps: [{name: a, type: webhook, timeout: 50ms, on_timeout: {step: b}},
  {name: b, type: machine, action: noop}]`,
			want: workflow.StatusCompleted, steps: []string{"b"},
		},
		"of the instance": {
			doc: `timeout: 50ms
steps: [{name: a, type: human, anyone: true}]`,
			want: workflow.StatusFailed, code: "timeout",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, open func() store) {
				h := run(t, open(), with(newWorker("never")))
				h.save("x", tt.doc)
				in := h.until(h.start("x", `{}`).ID, tt.want)
				if tt.code != "" && (in.Error == nil || in.Error.Code != tt.code) {
					t.Errorf("error = %+v, want %s", in.Error, tt.code)
				}
				h.sawSteps(in.ID, tt.steps...)
			})
		})
	}
}

// TestTimeouts_of_people_stand_still while the instance is frozen.
func TestTimeouts_of_people_stand_still(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("clock", `steps: [{name: wait, type: timer, duration: 500ms}]`)
		h.save("x", `steps: [{name: a, type: human, anyone: true, outcomes: [yes, no], timeout: 600ms, on_timeout: {outcome: no}}]`)
		id := h.start("x", `{}`).ID
		mustDo(h, h.Pause, id)
		paused := time.Now()
		h.until(h.start("clock", `{}`).ID, workflow.StatusCompleted)
		frozen := time.Since(paused)
		mustDo(h, h.Resume, id)
		h.until(id, workflow.StatusCompleted)
		e := h.executions(id, "a")[0]
		if took := e.CompletedAt.Sub(e.CreatedAt); took < 600*time.Millisecond+frozen-50*time.Millisecond {
			t.Errorf("timed out after %s, want 600ms and the %s for which it was frozen", took, frozen)
		}
	})
}

// TestTimeouts_end_the_action cancels the context of an attempt at its time.
func TestTimeouts_end_the_action(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 2)
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open(), func(c *engine.Config) {
			c.Actions["work"] = action.Func(func(ctx context.Context, _ action.Call) (json.RawMessage, error) {
				<-ctx.Done()
				ended <- ctx.Err()
				return json.RawMessage(`"too late"`), nil
			})
		})
		h.save("x", `steps: [{name: a, type: machine, action: work, timeout: 50ms}]`)
		in := h.until(h.start("x", `{}`).ID, workflow.StatusFailed)
		if err := <-ended; err != context.DeadlineExceeded || in.Error.Code != "timeout" {
			t.Errorf("the action's context ended with %v and the step with %s, want its deadline and timeout", err, in.Error.Code)
		}
	})
}
