package workflow

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// refused checks that a command is refused with the kind and the words.
func (s *sim) refused(t *testing.T, cmd Command, kind Kind, words string) *Error {
	t.Helper()
	_, err := s.do(cmd)
	var e *Error
	if !errors.As(err, &e) || e.Kind != kind || !strings.Contains(e.Message, words) {
		t.Errorf("%T %+v: %v, want kind %d with %q", cmd, cmd, err, kind, words)
		return &Error{}
	}
	return e
}

func (s *sim) lastEvent(kind EventType) Event {
	var last Event
	for _, e := range s.events {
		if e.Type == kind {
			last = e
		}
	}
	return last
}

var broken = &StepError{Code: "broken", Message: "it went wrong"}

const mendDoc = `
steps:
  - {name: a, type: machine, action: noop}
  - {name: split, type: gateway, mode: parallel}
  - {name: b, type: machine, action: noop}
  - {name: ask, type: human, candidate_groups: [managers], exclude: ["{{ instance.started_by }}"]}
  - {name: beside, type: human, candidate_groups: [managers]}
  - {name: end, type: machine, action: noop}
edges:
  - {source: a, target: split}
  - {source: split, target: b}
  - {source: split, target: ask}
  - {source: split, target: beside}
  - {source: b, target: end}
  - {source: ask, target: end}
`

func TestDecide_RetryFrom(t *testing.T) {
	t.Parallel()
	failed := func(t *testing.T) *sim {
		s := started(t, mendDoc, `{}`)
		s.finish("a", `1`, nil)
		s.finish("b", ``, broken)
		s.status(t, StatusFailed)
		return s
	}
	t.Run("the_failed_step_itself_cancels_nothing_else", func(t *testing.T) {
		t.Parallel()
		s := failed(t)
		before := s.open("ask").ID
		s.must(Retry{Actor: olga, From: "b"})
		if e := s.last("b"); e.Visit != 2 || e.Status != StepRunning {
			t.Errorf("b is at visit %d, %s; want a second visit that runs", e.Visit, e.Status)
		}
		if s.open("ask").ID != before {
			t.Error("the task of another branch was touched")
		}
		s.finish("b", `1`, nil)
		s.complete(mia, "ask", "", `{}`)
		s.complete(mia, "beside", "", `{}`)
		s.machines()
		s.status(t, StatusCompleted)
		s.visits(t, "a", "split", "b", "ask", "beside", "end")
	})
	t.Run("what_has_not_failed_needs_confirmation", func(t *testing.T) {
		t.Parallel()
		s := failed(t)
		e := s.refused(t, Retry{Actor: olga, From: "a"}, KindConflict, "confirm")
		if len(e.Fields) != 2 || e.Fields[0].Code != "would_cancel" {
			t.Errorf("it would cancel %+v, want the two tasks", e.Fields)
		}
		s.must(Retry{Actor: olga, From: "a", Confirm: true, Reason: "wrong account"})
		s.machines()
		s.complete(mia, "ask", "", `{}`)
		s.complete(mia, "beside", "", `{}`)
		s.machines()
		s.status(t, StatusCompleted)
		s.visits(t, "a", "split", "a", "split", "b", "ask", "beside", "end")
		if detail := string(s.lastEvent(EventWorkflowRetried).Detail); !strings.Contains(detail, `"from_step":"a"`) || strings.Count(detail, "0000-") < 3 {
			t.Errorf("workflow.retried says %s", detail)
		}
	})
	t.Run("a_step_behind_the_failed_one_is_refused", func(t *testing.T) {
		t.Parallel()
		failed(t).refused(t, Retry{Actor: olga, From: "end"}, KindConflict, `Skip "b"`)
	})
	t.Run("refusals", func(t *testing.T) {
		t.Parallel()
		s := failed(t)
		s.refused(t, Retry{Actor: olga, From: "nowhere"}, KindInvalid, "no step")
		s.must(Pause{Actor: olga})
		s.refused(t, Retry{Actor: olga, From: "b"}, KindConflict, "paused")
		s.refused(t, Retry{Actor: otto, From: "b"}, KindForbidden, "operate")
	})
	t.Run("inside_a_group_that_lives", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
- name: g
  type: group
  mode: graph
  steps:
  - {name: a, type: machine, action: noop}
  - {name: b, type: machine, action: noop, set: {k: data.gone}}
  edges: [{source: a, target: b}]
- {name: after, type: machine, action: noop}
edges: [{source: g, target: after}]
`, `{}`)
		s.finish("g.a", `1`, nil)
		s.finish("g.b", `1`, nil)
		s.status(t, StatusFailed)
		s.must(EditData{Actor: olga, Reason: "it was missing", Patch: json.RawMessage(`{"gone": 1}`)})
		s.must(Retry{Actor: olga, From: "g.a"})
		s.machines()
		s.status(t, StatusCompleted)
		s.visits(t, "g.a", "g.a", "g.b", "g", "after")
	})
	t.Run("inside_a_group_that_is_over", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
- {name: g, type: group, steps: [{name: a, type: machine, action: noop}]}
`, `{}`)
		s.finish("g.a", ``, broken)
		s.refused(t, Retry{Actor: olga, From: "g.a"}, KindConflict, "does not run")
		s.must(Retry{Actor: olga, From: "g"})
		s.machines()
		s.status(t, StatusCompleted)
	})
	t.Run("a_join_waits_for_those_who_can_still_reach_it", func(t *testing.T) {
		t.Parallel()
		s := failed(t)
		s.refused(t, Retry{Actor: olga, From: "end"}, KindConflict, `"b"`)
		s.must(Skip{Actor: olga, Step: "b", Reason: "done by hand"})
		s.complete(mia, "ask", "", `{}`)
		s.finish("end", ``, broken)
		s.must(Retry{Actor: olga, From: "end"})
		if e := s.last("end"); e.Visit != 2 || e.Status != StepRunning || len(e.ArrivedFrom) != 0 {
			t.Errorf("end: %+v, want a second visit that runs and came from nowhere", e)
		}
	})
}

func TestDecide_MendingIsNotForThoseWhoDecide(t *testing.T) {
	t.Parallel()
	oscar := Actor{ID: "otto", Tenant: DefaultTenant, Roles: []Role{RoleOperator}} // otto, as an operator
	verbs := func(a Actor) []Command {
		return []Command{
			Retry{Actor: a}, Retry{Actor: a, From: "b"}, Skip{Actor: a, Step: "b", Reason: "x"}, ForceComplete{Actor: a, Reason: "x"},
			EditData{Actor: a, Reason: "x", Patch: json.RawMessage(`{"a":1}`)},
		}
	}
	s := started(t, mendDoc, `{}`)
	s.finish("a", `1`, nil)
	s.finish("b", ``, broken)
	for _, cmd := range verbs(oscar) {
		s.refused(t, cmd, KindForbidden, "keeps you from deciding")
	}
	for _, cmd := range verbs(mia) {
		s.refused(t, cmd, KindForbidden, "may not operate")
	}
	s.must(ReassignTask{Actor: olga, TaskID: s.open("beside").ID, User: "olga"})
	for _, cmd := range verbs(olga) {
		s.refused(t, cmd, KindForbidden, "yours to decide")
	}
	anton := Actor{ID: "anton", Tenant: DefaultTenant, Roles: []Role{RoleAdmin}}
	for _, cmd := range verbs(anton)[2:] {
		switch c := cmd.(type) {
		case Skip:
			c.Reason = " "
			cmd = c
		case ForceComplete:
			c.Reason = ""
			cmd = c
		case EditData:
			c.Reason = ""
			cmd = c
		}
		s.refused(t, cmd, KindInvalid, "reason")
	}
	for _, cmd := range verbs(anton)[1:] {
		if _, err := s.decide(s.snap.clone(), cmd); err != nil {
			t.Errorf("%T by one who has no part: %v", cmd, err)
		}
	}
}

func TestDecide_AFailedDecisionKeepsItsExcluded(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: ask, type: human, candidate_groups: [managers], exclude: ["{{ instance.started_by }}"], timeout: 1h}
  - {name: end, type: machine, action: noop}
edges: [{source: ask, target: end}]
`, `{}`)
	s.fire()
	s.status(t, StatusFailed)
	oscar := Actor{ID: "otto", Tenant: DefaultTenant, Roles: []Role{RoleOperator}}
	s.refused(t, Skip{Actor: oscar, Step: "ask", Reason: "it takes too long"}, KindForbidden, "keeps you")
	s.must(Skip{Actor: olga, Step: "ask", Reason: "the board decided"})
	s.machines()
	s.status(t, StatusCompleted)
}

func TestDecide_ForceComplete(t *testing.T) {
	t.Parallel()
	s := started(t, mendDoc, `{"kept": 1.50}`)
	s.finish("a", `1`, nil)
	s.finish("b", ``, broken)
	s.must(ForceComplete{Actor: olga, Reason: "done elsewhere"})
	s.status(t, StatusCompleted)
	if in := s.snap.Instance; in.CompletedAt == nil || in.Error != nil || in.FrozenAt != nil || s.data("kept") != "1.50" {
		t.Errorf("after force-complete: %+v", in)
	}
	if detail := string(s.lastEvent(EventWorkflowCompleted).Detail); !strings.Contains(detail, `"forced":true`) || !strings.Contains(detail, "done elsewhere") {
		t.Errorf("workflow.completed says %s", detail)
	}
	for _, task := range s.tasks {
		if task.Status == TaskPending {
			t.Errorf("task %s is open", task.Step)
		}
	}
	s.refused(t, ForceComplete{Actor: olga, Reason: "again"}, KindConflict, "completed")
}

func TestDecide_EditData(t *testing.T) {
	t.Parallel()
	s := started(t, mendDoc, `{"amount": 10.00, "big": 12345678901234567890.10, "deep": {"a": 1, "b": 2}, "gone": true}`)
	edit := func(patch string) EditData {
		return EditData{Actor: olga, Reason: "a typing error", Patch: json.RawMessage(patch)}
	}
	s.must(edit(`{"amount": 11.50, "deep": {"b": null, "c": [1.0]}, "gone": null}`))
	if got, want := string(s.snap.Instance.Data), `{"amount":11.50,"big":12345678901234567890.10,"deep":{"a":1,"c":[1.0]}}`; got != want {
		t.Errorf("data = %s, want %s", got, want)
	}
	detail := string(s.lastEvent(EventDataEdited).Detail)
	for _, part := range []string{`"before":{"amount":10.00,"deep":{"a":1,"b":2},"gone":true}`, `"after":{"amount":11.50,"deep":{"a":1,"c":[1.0]}}`, `"edited_by":"olga"`} {
		if !strings.Contains(detail, part) {
			t.Errorf("data.edited says %s, want %s", detail, part)
		}
	}
	if tr := s.must(edit(`{"amount": 11.50}`)); tr.Changed() {
		t.Error("an edit that changes nothing made a transition")
	}
	s.refused(t, edit(`[1]`), KindInvalid, "object")
	s.refused(t, edit(``), KindInvalid, "object")
	s.refused(t, edit("{\"a\": \"\\u0000\"}"), KindInvalid, "")
	s.refused(t, edit(`{"a": "`+strings.Repeat("x", MaxData-20)+`"}`), KindTooLarge, "data has")
	s.must(edit(`{"long": "` + strings.Repeat("x", maxExcerpt) + `"}`))
	if detail := s.lastEvent(EventDataEdited).Detail; len(detail) > 1000 || !strings.Contains(string(detail), "bytes)") {
		t.Errorf("the history of a long value has %d bytes", len(detail))
	}
	seen := EditData{Actor: olga, Reason: "all anew", Whole: json.RawMessage(`{"amount": null}`), Seen: DataMark(s.snap.Instance.Data)}
	s.must(seen)
	if got := string(s.snap.Instance.Data); got != `{"amount":null}` {
		t.Errorf("data = %s, want the whole of it replaced", got)
	}
	s.refused(t, seen, KindConflict, "has changed")
	s.refused(t, EditData{Actor: olga, Reason: "x", Whole: json.RawMessage(`[1]`)}, KindInvalid, "object")
	s.must(Pause{Actor: olga})
	s.must(edit(`{"amount": 12}`))
	s.status(t, StatusPaused)
	s.must(Cancel{Actor: olga})
	s.refused(t, edit(`{"amount": 13}`), KindConflict, "canceled")
}

func TestDecide_SkipByHand(t *testing.T) {
	t.Parallel()
	skip := func(step string) Skip { return Skip{Actor: olga, Step: step, Reason: "not needed"} }
	t.Run("a_failed_step_goes_on_at_once", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
  - {name: a, type: machine, action: noop, output: kept, set: {n: "1"}}
  - {name: b, type: machine, action: set, with: "{{ steps.a.output.ok }}"}
  - {name: c, type: machine, action: noop}
edges: [{source: a, target: b}, {source: a, target: c, on_skip: true}]
`, `{}`)
		s.finish("a", ``, broken)
		cmd := skip("a")
		cmd.Output = json.RawMessage(`{"ok": 2.50}`)
		s.must(cmd)
		s.status(t, StatusRunning)
		if got := string(s.last("b").Input); got != "2.50" {
			t.Errorf("b got %s, want what the operator gave", got)
		}
		s.machines()
		s.status(t, StatusCompleted)
		if s.data("kept") != `{"ok":2.50}` || s.data("n") != "" {
			t.Errorf("data = %s, want the output kept and nothing set", s.snap.Instance.Data)
		}
		ev := s.lastEvent(EventStepSkipped)
		if ev.Actor != "olga" || !strings.Contains(string(ev.Detail), "not needed") {
			t.Errorf("step.skipped by %q: %s", ev.Actor, ev.Detail)
		}
	})
	t.Run("another_failed_branch_keeps_the_instance_failed", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
  - {name: split, type: gateway, mode: parallel}
  - {name: a, type: machine, action: noop, set: {k: data.gone}}
  - {name: b, type: machine, action: noop, set: {k2: data.gone}}
edges: [{source: split, target: a}, {source: split, target: b}]
`, `{}`)
		s.finish("a", `1`, nil)
		s.finish("b", `1`, nil)
		s.must(Retry{Actor: olga})
		s.must(skip("a"))
		s.status(t, StatusFailed)
		if e := s.snap.Instance.Error; e.Step != "b" {
			t.Errorf("the instance's error is of %q, want b", e.Step)
		}
		s.must(skip("b"))
		s.status(t, StatusCompleted)
	})
	t.Run("what_waits", func(t *testing.T) {
		t.Parallel()
		s := started(t, mendDoc, `{}`)
		s.finish("a", `1`, nil)
		s.refused(t, skip("b"), KindConflict, "being run")
		s.refused(t, skip("a"), KindConflict, "nothing to skip")
		s.refused(t, skip("zzz"), KindInvalid, "no step")
		s.refused(t, Skip{Actor: olga, Reason: "x"}, KindInvalid, "Name what")
		s.refused(t, Skip{Actor: olga, Reason: "x", ExecutionID: s.id()}, KindNotFound, "execution")
		s.refused(t, Skip{Actor: olga, Reason: "x", TaskID: s.id()}, KindNotFound, "task")
		task := s.open("ask")
		s.must(Skip{Actor: olga, Reason: "x", TaskID: task.ID})
		s.refused(t, Skip{Actor: olga, Reason: "x", TaskID: task.ID}, KindConflict, "canceled")
		s.finish("b", `1`, nil)
		s.machines()
		s.must(skip("beside"))
		s.status(t, StatusCompleted)
		s.visits(t, "a", "split", "b", "end")
	})
	t.Run("a_join_that_waits", func(t *testing.T) {
		t.Parallel()
		s := started(t, mendDoc, `{}`)
		s.finish("a", `1`, nil)
		s.finish("b", `1`, nil)
		s.must(skip("end"))
		s.complete(mia, "ask", "", `{}`)
		if e := s.last("end"); e.Visit != 2 || e.Status != StepRunning {
			t.Errorf("end is at visit %d, %s: the later arrival is a visit of its own", e.Visit, e.Status)
		}
	})
	t.Run("a_group_with_all_inside", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
- name: g
  type: group
  mode: parallel
  steps:
  - {name: a, type: human, candidate_groups: [managers]}
  - {name: b, type: timer, duration: 1h}
- {name: after, type: machine, action: noop}
edges: [{source: g, target: after}]
`, `{}`)
		s.must(skip("g"))
		s.machines()
		s.status(t, StatusCompleted)
		if len(s.dues) != 0 {
			t.Errorf("%d due rows are left", len(s.dues))
		}
	})
	t.Run("several_visits_at_once_are_named", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
  - {name: split, type: gateway, mode: parallel}
  - {name: a, type: machine, action: noop}
  - {name: b, type: machine, action: noop}
  - {name: ask, type: human, candidate_groups: [managers], join: any}
edges: [{source: split, target: a}, {source: split, target: b}, {source: a, target: ask}, {source: b, target: ask}]
`, `{}`)
		s.machines()
		e := s.refused(t, skip("ask"), KindConflict, "2 times")
		if len(e.Fields) != 2 {
			t.Fatalf("it names %+v, want both", e.Fields)
		}
		s.must(Skip{Actor: olga, Reason: "x", ExecutionID: s.last("ask").ID})
		s.must(skip("ask"))
		s.status(t, StatusCompleted)
	})
}

func TestDecide_SkipItems(t *testing.T) {
	t.Parallel()
	t.Run("one_that_waits", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
  - {name: ask, type: human, for_each: 'data.people', assignee: "{{ item }}", outcomes: [yes, no], complete_when: "outcomes.yes >= 2"}
`, `{"people": ["mia", "finn", "kim"]}`)
		for _, task := range s.tasks {
			if task.Assignee == "finn" {
				s.must(Skip{Actor: olga, TaskID: task.ID, Reason: "on leave", Output: json.RawMessage(`{"n": 1}`)})
			}
		}
		for _, scope := range s.snap.Instance.State.Scopes {
			if scope.Items.Done != 1 || len(scope.Items.Voters) != 0 {
				t.Errorf("items: %+v, want one done and no vote", scope.Items)
			}
		}
		for _, task := range s.tasks {
			if task.Status == TaskPending {
				s.must(CompleteTask{TaskID: task.ID, Actor: Actor{ID: task.Assignee, Tenant: DefaultTenant}, Outcome: "yes"})
			}
		}
		s.status(t, StatusCompleted)
	})
	t.Run("one_that_has_failed_its_list", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
  - {name: work, type: machine, action: noop, for_each: 'data.list', output: results}
`, `{"list": [1, 2, 3]}`)
		items := s.running()
		s.must(StepDone{ExecutionID: items[0].ID, LeaseNo: 1, Output: json.RawMessage(`"a"`)})
		s.must(StepDone{ExecutionID: items[1].ID, LeaseNo: 1, Err: broken})
		s.status(t, StatusFailed)
		s.refused(t, Skip{Actor: olga, ExecutionID: items[0].ID, Reason: "x"}, KindConflict, "over")
		s.must(Skip{Actor: olga, ExecutionID: items[1].ID, Reason: "x", Output: json.RawMessage(`"by hand"`)})
		s.finish("work", `"c"`, nil)
		s.status(t, StatusCompleted)
		if got := s.data("results"); got != `["a","by hand","c"]` {
			t.Errorf("results = %s", got)
		}
		if n := len(s.running()); n != 0 {
			t.Errorf("%d items run", n)
		}
	})
	t.Run("the_list_with_all_items", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
  - {name: work, type: human, for_each: 'data.list', candidate_groups: [managers]}
`, `{"list": [1, 2, 3]}`)
		s.must(Skip{Actor: olga, Step: "work", Reason: "x"})
		s.status(t, StatusCompleted)
	})
}
