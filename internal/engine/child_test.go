package engine_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

const parentDoc = `
steps:
- {name: sub, type: workflow, definition: child, input: {n: "{{ data.n }}"}, output: got, on_failure: [{when: 'error.code == "soft"', step: saved}]}
- {name: saved, type: machine, action: noop}
`

const childDoc = `
steps:
- name: ask
  type: human
  anyone: true
  exclude: ["{{ instance.started_by }}"]
  outcomes: [good, bad, soft]
- {name: ok, type: machine, action: set, with: {doubled: "{{ data.n * 2 }}"}, output: "."}
- {name: broken, type: machine, action: fail, with: {code: hard, message: it broke}}
- {name: softly, type: machine, action: fail, with: {code: soft, message: it broke softly}}
edges:
- {source: ask, target: ok, condition: 'steps.ask.outcome == "good"'}
- {source: ask, target: broken, condition: 'steps.ask.outcome == "bad"'}
- {source: ask, target: softly, condition: 'steps.ask.outcome == "soft"'}
`

// child waits for the child of an instance's workflow step and gives it.
func (h *house) child(parent uuid.UUID, step string) workflow.Instance {
	h.t.Helper()
	h.until(parent, workflow.StatusWaiting)
	list := h.executions(parent, step)
	if len(list) == 0 || list[len(list)-1].Child == uuid.Nil {
		h.t.Fatalf("no child: %+v", list)
	}
	id := list[len(list)-1].Child
	deadline := h.t.Context()
	for {
		in, err := h.store.Instance(deadline, ada, id)
		if err == nil && in.Status != workflow.StatusRunning {
			return in
		}
		if deadline.Err() != nil {
			h.t.Fatalf("the child %s does not come up: %v", id, err)
		}
		h.pause()
	}
}

// pause lets other goroutines go on for a moment.
func (h *house) pause() {
	changed, stop := h.Watch(uuid.Nil)
	defer stop()
	select {
	case <-changed:
	case <-h.t.Context().Done():
	case <-tick():
	}
}

func TestEngine_Child(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("child", childDoc)
		h.save("parent", parentDoc)
		h.save("lost", `
steps: [{name: sub, type: workflow, definition: nowhere}]`)
		h.save("endless", `
steps: [{name: sub, type: workflow, definition: endless}]`)

		t.Run("result_comes_up_and_four_eyes_hold_across", func(t *testing.T) {
			h := h.on(t)
			id := h.start("parent", `{"n": 4}`).ID
			child := h.child(id, "sub")
			if child.CreatedBy != "otto" || child.Parent.InstanceID != id || child.Depth != 1 {
				t.Errorf("child = %+v", child)
			}
			_, err := h.CompleteTask(t.Context(), otto, h.task(child.ID, "ask").ID, engine.Completion{Outcome: "good"})
			if workflow.KindOf(err) != workflow.KindForbidden {
				t.Errorf("the starter decides in the child: %v", err)
			}
			h.complete(mia, child.ID, "ask", "good", `{}`)
			in := h.until(id, workflow.StatusCompleted)
			var data struct {
				Got struct{ Doubled int } `json:"got"`
			}
			if err := json.Unmarshal(in.Data, &data); err != nil || data.Got.Doubled != 8 {
				t.Errorf("data = %s, %v", in.Data, err)
			}
		})
		t.Run("failure_goes_up_and_a_mended_child_mends_its_parent", func(t *testing.T) {
			h := h.on(t)
			id := h.start("parent", `{"n": 4}`).ID
			child := h.child(id, "sub")
			h.complete(mia, child.ID, "ask", "bad", `{}`)
			in := h.until(id, workflow.StatusFailed)
			if in.Error.Code != "hard" || !strings.Contains(in.Error.Message, "it broke") {
				t.Errorf("error = %+v", in.Error)
			}
			h.until(child.ID, workflow.StatusFailed)
			if _, err := h.Retry(t.Context(), olga, id, ""); err != nil {
				t.Fatal(err)
			}
			h.until(child.ID, workflow.StatusCanceled)
			second := h.child(id, "sub")
			h.complete(mia, second.ID, "ask", "good", `{}`)
			h.until(id, workflow.StatusCompleted)
		})
		t.Run("a_handled_failure_closes_the_child", func(t *testing.T) {
			h := h.on(t)
			id := h.start("parent", `{"n": 4}`).ID
			child := h.child(id, "sub")
			h.complete(mia, child.ID, "ask", "soft", `{}`)
			h.until(id, workflow.StatusCompleted)
			h.until(child.ID, workflow.StatusCanceled)
		})
		t.Run("pause_resume_cancel_go_down", func(t *testing.T) {
			h := h.on(t)
			id := h.start("parent", `{"n": 4}`).ID
			child := h.child(id, "sub")
			for _, one := range []struct {
				verb func() error
				want workflow.Status
			}{
				{func() error { _, err := h.Pause(t.Context(), olga, id, ""); return err }, workflow.StatusPaused},
				{func() error { _, err := h.Resume(t.Context(), olga, id, ""); return err }, workflow.StatusWaiting},
				{func() error { _, err := h.Cancel(t.Context(), olga, id, ""); return err }, workflow.StatusCanceled},
			} {
				if err := one.verb(); err != nil {
					t.Fatal(err)
				}
				h.until(child.ID, one.want)
			}
		})
		t.Run("an_unknown_child_fails_the_step_with_a_sentence", func(t *testing.T) {
			h := h.on(t)
			in := h.until(h.start("lost", `{}`).ID, workflow.StatusFailed)
			if in.Error.Code != "child_refused" || !strings.Contains(in.Error.Message, `"nowhere"`) {
				t.Errorf("error = %+v", in.Error)
			}
		})
		t.Run("recursion_ends", func(t *testing.T) {
			h := h.on(t)
			in := h.until(h.start("endless", `{}`).ID, workflow.StatusFailed)
			if in.Error.Code != "too_deep" {
				t.Errorf("error = %+v", in.Error)
			}
		})
	})
}

// TestEngine_Child_after_a_crash loses the process that has stored a send
// before it was delivered: another delivers it when its hold is over.
func TestEngine_Child_after_a_crash(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		deaf := run(t, mute{open()})
		deaf.save("child", `
steps: [{name: a, type: machine, action: noop}]`)
		deaf.save("parent", `
steps: [{name: sub, type: workflow, definition: child}]`)
		id := deaf.start("parent", `{}`).ID
		deaf.until(id, workflow.StatusWaiting)
		deaf.stop()
		h := run(t, open())
		h.until(id, workflow.StatusCompleted)
	})
}

// mute is a store whose engine never hears of the sends that it has stored.
type mute struct{ store }

func (m mute) Apply(ctx context.Context, batch []*workflow.Transition) (map[uuid.UUID]bool, error) {
	stale, err := m.store.Apply(ctx, batch)
	for _, t := range batch {
		t.Sends = nil
	}
	return stale, err
}

const onceDoc = `
unique: running
steps: [{name: ask, type: human, anyone: true}]
`

// A step starts a workflow that runs once at a time: under the id that the step
// gives, or under one of its own.
func TestChild_unique(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open())
		h.save("once", onceDoc)
		h.save("named", `
steps:
- {name: sub, type: workflow, definition: once, correlation_id: "{{ data.customer }}", on_failure: [{when: 'error.code == "child_refused"', step: later}]}
- {name: later, type: human, anyone: true}
`)
		h.save("nameless", `
steps: [{name: sub, type: workflow, definition: once}]
`)
		first := h.start("named", `{"customer": "c-1"}`)
		one := h.child(first.ID, "sub")
		if one.CorrelationID != "c-1" {
			t.Errorf("the child's correlation id is %q", one.CorrelationID)
		}
		second := h.start("named", `{"customer": "c-1"}`)
		h.untilTrue(second.ID, "the refusal is handled", func(in workflow.Instance) bool { return len(in.CurrentSteps) == 1 && in.CurrentSteps[0] == "later" })
		h.child(h.start("named", `{"customer": "c-2"}`).ID, "sub")
		for range 2 {
			if in := h.child(h.start("nameless", `{}`).ID, "sub"); in.CorrelationID != in.ID.String() {
				t.Errorf("a child without a name has the correlation id %q", in.CorrelationID)
			}
		}
		h.complete(mia, one.ID, "ask", "", `{}`)
		h.until(first.ID, workflow.StatusCompleted)
		h.child(h.start("named", `{"customer": "c-1"}`).ID, "sub")
	})
}
