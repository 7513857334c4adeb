package engine_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"

	"tandem/internal/action"
	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// fragile gives the actions of a test: one that fails until it is mended.
func fragile(mended *atomic.Bool) func(*engine.Config) {
	return func(c *engine.Config) {
		c.Actions = action.BuiltIn()
		c.Actions["fragile"] = action.Func(func(context.Context, action.Call) (json.RawMessage, error) {
			if !mended.Load() {
				return nil, &workflow.StepError{Code: "broken", Message: "it went wrong"}
			}
			return json.RawMessage(`{"n":1.50}`), nil
		})
	}
}

const fragileDoc = `
steps:
  - {name: ask, type: human, candidate_groups: [managers]}
  - {name: work, type: machine, action: fragile, output: got}
  - {name: end, type: human, candidate_groups: [managers]}
edges: [{source: ask, target: work}, {source: work, target: end}]
`

func TestMend_OnBothStores(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		var mended atomic.Bool
		h := run(t, open(), fragile(&mended))
		h.save("x", fragileDoc)
		failed := func() workflow.Instance {
			in := h.start("x", `{"amount": 10.00}`)
			h.complete(mia, in.ID, "ask", "", `{}`)
			return h.until(in.ID, workflow.StatusFailed)
		}
		t.Run("skip", func(t *testing.T) {
			in := failed()
			if _, err := h.Skip(t.Context(), olga, in.ID, engine.SkipInput{Step: "work", Reason: "by hand", Output: json.RawMessage(`{"n":2.50}`)}); err != nil {
				t.Fatal(err)
			}
			in = h.until(in.ID, workflow.StatusWaiting)
			if got := string(in.Data); got != `{"amount":10.00,"got":{"n":2.50}}` || in.Error != nil {
				t.Errorf("data = %s, error %v", got, in.Error)
			}
			if _, err := h.Skip(t.Context(), olga, in.ID, engine.SkipInput{TaskID: h.task(in.ID, "end").ID, Reason: "nobody cares"}); err != nil {
				t.Fatal(err)
			}
			h.until(in.ID, workflow.StatusCompleted)
		})
		t.Run("data_then_retry_from", func(t *testing.T) {
			in := failed()
			if _, err := h.EditData(t.Context(), olga, in.ID, json.RawMessage(`{"amount": 11.00}`), "a typing error"); err != nil {
				t.Fatal(err)
			}
			if _, err := h.RetryFrom(t.Context(), olga, in.ID, engine.Rerun{From: "ask", Reason: "ask again"}); err != nil {
				t.Fatal(err)
			}
			mended.Store(true)
			defer mended.Store(false)
			h.complete(mia, in.ID, "ask", "", `{}`)
			in = h.untilTrue(in.ID, "at end", func(in workflow.Instance) bool { return len(in.CurrentSteps) == 1 && in.CurrentSteps[0] == "end" })
			if got := string(in.Data); got != `{"amount":11.00,"got":{"n":1.50}}` {
				t.Errorf("data = %s", got)
			}
		})
		t.Run("force_complete", func(t *testing.T) {
			in := failed()
			in, err := h.ForceComplete(t.Context(), olga, in.ID, "done elsewhere")
			if err != nil || in.Status != workflow.StatusCompleted {
				t.Fatalf("%s, %v", in.Status, err)
			}
			events := h.events(in.ID)
			if last := events[len(events)-1]; last.Actor != "olga" || !strings.Contains(string(last.Detail), "done elsewhere") {
				t.Errorf("the last event is %s by %q: %s", last.Type, last.Actor, last.Detail)
			}
		})
	})
}

func TestMend_FourEyesBelow(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("child", `
steps: [{name: ask, type: human, for_each: '["finn", "mia"]', assignee: "{{ item }}", exclude: ["olga"]}]`)
		h.save("x", `
steps: [{name: sub, type: workflow, definition: child}]`)
		in := h.start("x", `{}`)
		h.untilTrue(in.ID, "the child waits", func(workflow.Instance) bool {
			page, err := h.store.Tasks(t.Context(), ada, engine.TaskFilter{Statuses: []workflow.TaskStatus{workflow.TaskPending}}, engine.Paging{})
			return err == nil && len(page.Items) == 2
		})
		skip := engine.SkipInput{Step: "sub", Reason: "x"}
		if _, err := h.Skip(t.Context(), olga, in.ID, skip); workflow.KindOf(err) != workflow.KindForbidden {
			t.Errorf("skip by one whom the child excludes: %v, want forbidden", err)
		}
		if _, err := h.ForceComplete(t.Context(), olga, in.ID, "x"); workflow.KindOf(err) != workflow.KindForbidden {
			t.Errorf("force-complete by one whom the child excludes: %v, want forbidden", err)
		}
		if _, err := h.Skip(t.Context(), ada, in.ID, skip); err != nil {
			t.Errorf("skip by one who has no part: %v", err)
		}
		h.until(in.ID, workflow.StatusCompleted)
	})
}
