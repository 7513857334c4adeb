package workflow

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestDecide_ForEach(t *testing.T) {
	t.Parallel()
	t.Run("results_in_item_order", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
- {name: m, type: machine, action: set, for_each: data.lines, with: {n: "{{ item * 10 + index }}"}, output: all}
- {name: end, type: machine, action: set, with: "{{ steps.m.output.size() }}"}
edges: [{source: m, target: end}]
`, `{"lines": [1, 2, 3]}`)
		for _, e := range slices.Backward(s.running()) {
			s.must(StepDone{ExecutionID: e.ID, LeaseNo: e.LeaseNo, Output: e.Input})
		}
		s.machines()
		s.status(t, StatusCompleted)
		if all, end := s.data("all"), string(s.last("end").Output); all != `[{"n":10},{"n":21},{"n":32}]` || end != "3" {
			t.Errorf("data.all = %s, end gave %s", all, end)
		}
	})
	t.Run("max_parallel_bounds_what_lives", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps: [{name: m, type: machine, action: set, for_each: "[1,2,3,4,5,6,7]", max_parallel: 2, with: "{{ item }}", output: all}]
`, `{}`)
		for range 20 {
			running := s.running()
			if len(running) > 2 {
				t.Fatalf("%d items run", len(running))
			}
			if len(running) == 0 {
				break
			}
			e := running[len(running)-1]
			s.must(StepDone{ExecutionID: e.ID, LeaseNo: e.LeaseNo, Output: e.Input})
		}
		s.status(t, StatusCompleted)
		if got := s.data("all"); got != `[1,2,3,4,5,6,7]` {
			t.Errorf("data.all = %s", got)
		}
	})
	t.Run("quorum", func(t *testing.T) {
		t.Parallel()
		s := started(t, quorumDoc, `{"reviewers": ["mia", "finn", "otto"]}`)
		s.vote(mia, "approve")
		if _, err := s.do(CompleteTask{TaskID: s.open("ask").ID, Actor: mia, Outcome: "approve"}); err == nil {
			t.Error("mia decided a second time")
		}
		s.vote(finn, "approve")
		s.status(t, StatusCompleted)
		var results []map[string]any
		if err := json.Unmarshal(s.last("ask").Output, &results); err != nil {
			t.Fatal(err)
		}
		if results[0]["completed_by"] != "mia" || results[1]["outcome"] != "approve" || results[2]["status"] != "canceled" || results[2]["index"] != 2.0 {
			t.Errorf("results = %v", results)
		}
		for _, task := range s.tasks {
			if task.Status == TaskPending {
				t.Errorf("task %d is still open", task.Index)
			}
		}
	})
	t.Run("too_few_people", func(t *testing.T) {
		t.Parallel()
		s := started(t, quorumDoc, `{"reviewers": ["mia", "mia", "otto"]}`)
		s.status(t, StatusFailed)
		if got := s.snap.Instance.Error; got.Code != "too_few" {
			t.Errorf("error = %+v", got)
		}
	})
	t.Run("empty_lists", func(t *testing.T) {
		t.Parallel()
		s := started(t, quorumDoc, `{"reviewers": []}`)
		s.status(t, StatusFailed)
		s = started(t, strings.Replace(quorumDoc, "anyone: false", "allow_empty: true", 1), `{"reviewers": []}`)
		s.status(t, StatusCompleted)
		if got := string(s.last("ask").Output); got != "[]" {
			t.Errorf("output = %s", got)
		}
	})
	t.Run("an_item_that_fails_fails_the_step_and_retry_keeps_what_succeeded", func(t *testing.T) {
		t.Parallel()
		s := started(t, `steps: [{name: m, type: machine, action: set, for_each: "[1,2,3]", with: "{{ item }}", output: all}]`, `{}`)
		run := s.running()
		s.must(StepDone{ExecutionID: run[0].ID, LeaseNo: run[0].LeaseNo, Output: json.RawMessage(`"first"`)})
		s.must(StepDone{ExecutionID: run[1].ID, LeaseNo: run[1].LeaseNo, Err: &StepError{Code: "x", Message: "no"}})
		s.status(t, StatusFailed)
		if got := s.all[run[2].ID].Status; got != StepCanceled {
			t.Errorf("the third is %s", got)
		}
		s.must(Retry{Actor: olga})
		if got := len(s.running()); got != 2 {
			t.Fatalf("%d items run again, want 2", got)
		}
		s.machines()
		s.status(t, StatusCompleted)
		if got := s.data("all"); got != `["first",2,3]` {
			t.Errorf("data.all = %s", got)
		}
	})
	t.Run("continue_on_error", func(t *testing.T) {
		t.Parallel()
		s := started(t, `steps: [{name: m, type: machine, action: set, for_each: "[1,2]", continue_on_error: true, with: "{{ item }}", output: all}]`, `{}`)
		run := s.running()
		s.must(StepDone{ExecutionID: run[0].ID, LeaseNo: run[0].LeaseNo, Err: &StepError{Code: "x", Message: "no"}})
		s.machines()
		s.status(t, StatusCompleted)
		if got := s.data("all"); got != `[null,2]` {
			t.Errorf("data.all = %s", got)
		}
	})
	t.Run("webhooks_by_index_early_and_late", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps: [{name: h, type: webhook, for_each: "['a','b','c']", max_parallel: 1, output: all}]
`, `{}`)
		s.must(ReceiveHook{Step: "h", Visit: 1, Index: 2, Payload: json.RawMessage(`"two"`)})
		s.must(ReceiveHook{Step: "h", Visit: 1, Index: 0, Payload: json.RawMessage(`"zero"`)})
		if _, err := s.do(ReceiveHook{Step: "h", Visit: 1, Index: 3, Payload: json.RawMessage(`1`)}); err == nil {
			t.Error("a fourth payload was taken")
		}
		s.must(ReceiveHook{Step: "h", Visit: 1, Index: 1, Payload: json.RawMessage(`"one"`)})
		s.status(t, StatusCompleted)
		if got := s.data("all"); got != `["zero","one","two"]` {
			t.Errorf("data.all = %s", got)
		}
	})
	t.Run("cancel_ends_every_item", func(t *testing.T) {
		t.Parallel()
		s := started(t, quorumDoc, `{"reviewers": ["mia", "finn", "otto"]}`)
		s.must(Cancel{Actor: olga})
		for _, e := range s.all {
			if e.Live {
				t.Errorf("%s %d lives", e.Step, e.Index)
			}
		}
	})
	t.Run("ten_thousand", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps: [{name: m, type: machine, action: noop, for_each: data.lines}]
`, `{"lines": [`+strings.Repeat("1,", 1999)+`1]}`)
		for range 2000 {
			e := s.running()[0]
			s.must(StepDone{ExecutionID: e.ID, LeaseNo: e.LeaseNo})
			if n := len(s.snap.Executions); n > eachWindow+2 {
				t.Fatalf("the snapshot holds %d executions", n)
			}
			delete(s.all, e.ID)
			s.all[e.ID] = func() Execution { e.Live, e.Status, e.LeaseOwner = false, StepSucceeded, [16]byte{}; return e }()
		}
		s.status(t, StatusCompleted)
	})
}

const quorumDoc = `
steps:
- name: ask
  type: human
  for_each: data.reviewers
  assignee: "{{ item }}"
  complete_when: outcomes.approve >= 2 || outcomes.reject >= 1
  outcomes: [approve, reject]
  due: 1h
  anyone: false
`

// vote decides the open item that the actor is assigned to.
func (s *sim) vote(a Actor, outcome string) {
	s.t.Helper()
	for _, task := range s.tasks {
		if task.Assignee == a.ID && task.Status == TaskPending {
			s.must(CompleteTask{TaskID: task.ID, Actor: a, Outcome: outcome})
			return
		}
	}
	s.t.Fatalf("%s has no open task", a.ID)
}
