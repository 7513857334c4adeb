package workflow

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestDecide_Child(t *testing.T) {
	t.Parallel()
	doc := `
steps:
- {name: sub, type: workflow, definition: child, version: 1.0.0, input: {n: "{{ data.n }}"}, output: got, retry: {max_attempts: 2, initial: 1s, jitter: 0}}
`
	t.Run("starts_and_takes_the_result", func(t *testing.T) {
		t.Parallel()
		s := started(t, doc, `{"n": 7}`)
		var start StartChild
		if err := json.Unmarshal(s.sends[0].Payload, &start); err != nil {
			t.Fatal(err)
		}
		e := s.last("sub")
		if s.sends[0].To != e.Child || start.Definition != "child" || start.CreatedBy != "otto" || string(start.Input) != `{"n":7}` || start.Depth != 1 {
			t.Errorf("sent %+v to %s", start, s.sends[0].To)
		}
		s.must(ChildDone{ExecutionID: e.ID, Child: e.Child, Status: StatusCompleted, Output: json.RawMessage(`{"r":1}`)})
		s.status(t, StatusCompleted)
		if got := s.data("got"); got != `{"r":1}` {
			t.Errorf("data.got = %s", got)
		}
	})
	t.Run("a_failed_child_is_closed_before_another_attempt", func(t *testing.T) {
		t.Parallel()
		s := started(t, doc, `{"n": 7}`)
		first := s.last("sub").Child
		s.must(ChildDone{ExecutionID: s.last("sub").ID, Child: first, Status: StatusFailed, Err: &StepError{Code: "x", Message: "x"}})
		if got := s.sends[len(s.sends)-1]; got.To != first || got.Kind != SendAbove {
			t.Errorf("the last send is %+v", got)
		}
		s.fire()
		second := s.last("sub").Child
		if second == first {
			t.Fatal("no new child was started")
		}
		if tr := s.must(ChildDone{ExecutionID: s.last("sub").ID, Child: first, Status: StatusCompleted}); tr.Changed() {
			t.Error("news of the first child changed something")
		}
		s.must(ChildDone{ExecutionID: s.last("sub").ID, Child: second, Status: StatusFailed, Err: &StepError{Code: "x", Message: "x"}})
		s.status(t, StatusFailed)
		s.must(ChildDone{ExecutionID: s.last("sub").ID, Child: second, Status: StatusCompleted, Output: json.RawMessage(`{}`)})
		s.status(t, StatusCompleted)
	})
	t.Run("a_mended_child_is_told_of_before_what_was_held_meanwhile", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
- {name: fork, type: gateway, mode: parallel}
- {name: news, type: webhook}
- {name: sub, type: workflow, definition: child, version: 1.0.0}
edges:
- {source: fork, target: news}
- {source: fork, target: sub}
`, `{}`)
		e := s.last("sub")
		s.must(ChildDone{ExecutionID: e.ID, Child: e.Child, Status: StatusFailed, Err: &StepError{Code: "x", Message: "x"}})
		s.must(ReceiveHook{Step: "news", Visit: 1, Payload: json.RawMessage(`{}`)})
		s.status(t, StatusFailed)
		var told []string
		for _, ev := range s.must(ChildDone{ExecutionID: e.ID, Child: e.Child, Status: StatusCompleted, Output: json.RawMessage(`{}`)}).Events {
			told = append(told, string(ev.Type)+" "+ev.Step)
		}
		if want := []string{"step.completed sub", "step.completed news", "workflow.completed "}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
	t.Run("pause_resume_and_cancel_go_down", func(t *testing.T) {
		t.Parallel()
		s := started(t, doc, `{"n": 7}`)
		s.must(Pause{Actor: olga})
		s.must(Resume{Actor: olga})
		s.must(Cancel{Actor: olga})
		var verbs []string
		for _, send := range s.sends[1:] {
			var above FromAbove
			if err := json.Unmarshal(send.Payload, &above); err != nil {
				t.Fatal(err)
			}
			verbs = append(verbs, above.Verb)
		}
		if !slices.Equal(verbs, []string{"pause", "resume", "cancel"}) {
			t.Errorf("sent %v", verbs)
		}
	})
	t.Run("a_child_tells_its_parent", func(t *testing.T) {
		t.Parallel()
		s := newSim(t, parse(t, "format: 1\nname: child\nversion: 1.0.0\nsteps: [{name: a, type: machine, action: noop}]\n"))
		parent := Parent{InstanceID: s.id(), ExecutionID: s.id()}
		s.must(Start{InstanceID: s.id(), Actor: SystemActor(DefaultTenant, "parent"), Input: json.RawMessage("{}"), Parent: parent, CreatedBy: "otto", Depth: 1})
		if s.snap.Instance.CreatedBy != "otto" {
			t.Errorf("created by %s", s.snap.Instance.CreatedBy)
		}
		s.must(FromAbove{Verb: "pause"})
		s.status(t, StatusPaused)
		s.must(FromAbove{Verb: "resume"})
		s.finish("a", ``, &StepError{Code: "x", Message: "x"})
		s.must(Retry{Actor: olga})
		s.machines()
		var statuses []Status
		for _, send := range s.sends {
			var done ChildDone
			if err := json.Unmarshal(send.Payload, &done); err != nil {
				t.Fatal(err)
			}
			statuses = append(statuses, done.Status)
		}
		if !slices.Equal(statuses, []Status{StatusFailed, StatusCompleted}) {
			t.Errorf("told %v", statuses)
		}
	})
	t.Run("a_failure_that_came_too_late_is_not_told", func(t *testing.T) {
		t.Parallel()
		s := newSim(t, parse(t, `
format: 1
name: child
version: 1.0.0
steps:
- {name: split, type: gateway, mode: parallel}
- {name: bad, type: machine, action: noop, when: data.flag}
- {name: first, type: machine, action: noop, join: first}
edges: [{source: split, target: bad}, {source: split, target: first}, {source: bad, target: first}]
`))
		s.must(Start{InstanceID: s.id(), Actor: otto, Input: json.RawMessage("{}"), Parent: Parent{InstanceID: s.id(), ExecutionID: s.id()}, Depth: 1})
		if len(s.sends) != 0 {
			t.Errorf("told %s", s.sends[0].Payload)
		}
		s.machines()
		s.status(t, StatusCompleted)
	})
}
