package workflow

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDecide_Group(t *testing.T) {
	t.Parallel()
	t.Run("sequential_gives_each_the_result_before", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
- name: g
  type: group
  output: all
  steps:
  - {name: a, type: machine, action: set, with: {n: 1}}
  - {name: b, type: machine, action: set, with: "{{ result.n + 1 }}"}
  - {name: c, type: machine, action: set, with: {n: "{{ result * 2 }}"}}
- {name: after, type: machine, action: set, with: "{{ steps.g.steps.b.output + steps.g.output.n }}"}
edges: [{source: g, target: after}]
`, `{}`)
		s.machines()
		s.status(t, StatusCompleted)
		s.visits(t, "g.a", "g.b", "g.c", "g", "after")
		if got := s.data("all"); got != `{"n":4}` {
			t.Errorf("data.all = %s", got)
		}
		if got := string(s.last("after").Output); got != "6" {
			t.Errorf("after gave %s, want 6", got)
		}
	})
	t.Run("parallel_gives_the_list_to_its_callback", func(t *testing.T) {
		t.Parallel()
		s := started(t, parallelDoc, `{"skip": true}`)
		s.finish("g.b", `"b"`, nil)
		s.status(t, StatusWaiting)
		s.complete(mia, "g.a", "", `{"ok":true}`)
		if got := string(s.last("g.sum").Input); got != `[{"ok":true},"b",null]` {
			t.Errorf("the callback got %s", got)
		}
		s.finish("g.sum", `"summed"`, nil)
		s.status(t, StatusCompleted)
		if got := string(s.last("g").Output); got != `"summed"` {
			t.Errorf("g gave %s", got)
		}
	})
	t.Run("conditional_runs_one_branch_or_none", func(t *testing.T) {
		t.Parallel()
		for kind, want := range map[string][]string{"big": {"g.big", "g"}, "small": {"g.little", "g"}, "other": {"g"}} {
			s := started(t, `
steps:
- name: g
  type: group
  mode: conditional
  condition: data.kind
  branches:
    big: {type: machine, action: set, with: BIG}
    small: {name: little, type: machine, action: set, with: small}
`, `{"kind": "`+kind+`"}`)
			s.machines()
			s.status(t, StatusCompleted)
			s.visits(t, want...)
			if out := string(s.last("g").Output); (out == "") != (kind == "other") {
				t.Errorf("%s: g gave %q", kind, out)
			}
		}
	})
	t.Run("race_cancels_its_losers", func(t *testing.T) {
		t.Parallel()
		s := started(t, raceDoc, `{}`)
		open := s.open("g.ask")
		s.finish("g.m", ``, &StepError{Code: "x", Message: "no"})
		s.status(t, StatusWaiting)
		s.must(ReceiveHook{Step: "g.call", Visit: 1, Payload: json.RawMessage(`{"first":1}`)})
		s.status(t, StatusCompleted)
		s.visits(t, "g.call", "g")
		if got := s.tasks[open.ID].Status; got != TaskCanceled {
			t.Errorf("the loser's task is %s", got)
		}
		if len(s.dues) != 0 {
			t.Errorf("due rows are left: %v", s.dues)
		}
		if got := string(s.last("g").Output); got != `{"first":1}` {
			t.Errorf("g gave %s", got)
		}
	})
	t.Run("race_fails_when_all_failed", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
- name: g
  type: group
  mode: race
  on_failure: [{when: 'error.code == "b"', step: saved}]
  steps: [{name: a, type: machine, action: noop}, {name: b, type: machine, action: noop}, {name: c, type: machine, action: noop, when: "false"}]
- {name: saved, type: machine, action: noop}
`, `{}`)
		s.finish("g.a", ``, &StepError{Code: "a", Message: "a"})
		s.finish("g.b", ``, &StepError{Code: "b", Message: "b"})
		s.machines()
		s.status(t, StatusCompleted)
		s.visits(t, "saved")
	})
	t.Run("inner_failure_cancels_the_scope_and_fails_the_group", func(t *testing.T) {
		t.Parallel()
		s := started(t, parallelDoc, `{"skip": false}`)
		task := s.open("g.a")
		s.finish("g.b", ``, &StepError{Code: "broken", Message: "b broke"})
		s.status(t, StatusFailed)
		if got := s.tasks[task.ID].Status; got != TaskCanceled {
			t.Errorf("the other branch's task is %s", got)
		}
		if e := s.last("g"); e.Status != StepFailed || e.Error.Code != "broken" {
			t.Errorf("g is %s, %+v", e.Status, e.Error)
		}
		s.must(Retry{Actor: olga})
		s.finish("g.b", `1`, nil)
		s.finish("g.c", `2`, nil)
		s.complete(mia, "g.a", "", `{}`)
		s.machines()
		s.status(t, StatusCompleted)
	})
	t.Run("handler_inside_saves_the_group", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
- name: g
  type: group
  mode: graph
  steps:
  - {name: a, type: machine, action: noop, on_failure: [{step: b}]}
  - {name: b, type: machine, action: noop}
`, `{}`)
		s.finish("g.a", ``, &StepError{Code: "x", Message: "x"})
		s.machines()
		s.status(t, StatusCompleted)
		s.visits(t, "g.b", "g")
	})
	t.Run("joins_look_only_inside", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
- {name: fork, type: gateway, mode: parallel}
- name: g
  type: group
  mode: graph
  steps:
  - {name: split, type: gateway, mode: parallel}
  - {name: x, type: machine, action: noop}
  - {name: y, type: machine, action: noop}
  - {name: join, type: machine, action: noop}
  edges: [{source: split, target: x}, {source: split, target: y}, {source: x, target: join}, {source: y, target: join}]
- {name: slow, type: machine, action: noop}
- {name: end, type: machine, action: noop}
edges: [{source: fork, target: g}, {source: fork, target: slow}, {source: g, target: end}, {source: slow, target: end}]
`, `{}`)
		s.finish("g.x", ``, nil)
		s.finish("g.y", ``, nil)
		s.finish("g.join", ``, nil)
		if s.snap.Instance.State.Steps["end"].Live != 1 {
			t.Fatal("end does not collect")
		}
		s.finish("slow", ``, nil)
		s.finish("end", ``, nil)
		s.status(t, StatusCompleted)
	})
	t.Run("time_out_of_a_group_ends_what_is_inside", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
- name: g
  type: group
  timeout: 1h
  on_failure: [{when: 'error.code == "timeout"', step: late}]
  steps: [{name: ask, type: human, anyone: true}]
- {name: late, type: machine, action: noop}
`, `{}`)
		s.fire()
		s.machines()
		s.status(t, StatusCompleted)
		s.visits(t, "late")
	})
	t.Run("nested_pause_and_resume_keep_results", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
- name: g
  type: group
  steps:
  - name: h
    type: group
    mode: parallel
    steps: [{name: a, type: machine, action: noop}, {name: b, type: machine, action: noop}]
  - {name: c, type: machine, action: set, with: "{{ result }}"}
`, `{}`)
		s.must(Pause{Actor: olga})
		s.finish("g.h.a", `1`, nil)
		s.finish("g.h.b", `2`, nil)
		s.status(t, StatusPaused)
		s.must(Resume{Actor: olga})
		s.machines()
		s.status(t, StatusCompleted)
		if got := string(s.last("g").Output); got != `[1,2]` {
			t.Errorf("g gave %s", got)
		}
	})
	t.Run("loop_visits_a_group_again", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
- name: g
  type: group
  mode: parallel
  set: {n: data.n + 1}
  overwrite: true
  steps: [{name: a, type: machine, action: set, with: "{{ data.n }}"}]
- {name: end, type: machine, action: set, with: "{{ steps.g.output }}"}
edges: [{source: g, target: g, condition: data.n < 3}, {source: g, target: end, condition: data.n >= 3}]
`, `{"n": 0}`)
		s.machines()
		s.status(t, StatusCompleted)
		if got := string(s.last("end").Output); got != `[2]` {
			t.Errorf("end gave %s", got)
		}
		if got := s.last("g.a").Visit; got != 3 {
			t.Errorf("g.a was visited %d times", got)
		}
	})
	t.Run("terminate_inside_ends_the_instance", func(t *testing.T) {
		t.Parallel()
		s := started(t, `
steps:
- name: g
  type: group
  mode: parallel
  steps: [{name: a, type: machine, action: noop, terminate: true}, {name: b, type: human, anyone: true}]
`, `{}`)
		s.finish("g.a", ``, nil)
		s.status(t, StatusCompleted)
	})
}

const parallelDoc = `
steps:
- name: g
  type: group
  mode: parallel
  steps:
  - {name: a, type: human, anyone: true}
  - {name: b, type: machine, action: noop}
  - {name: c, type: machine, action: noop, when: "!data.skip"}
  callback: {name: sum, type: machine, action: set, with: "{{ result }}"}
`

const raceDoc = `
steps:
- name: g
  type: group
  mode: race
  steps:
  - {name: ask, type: human, anyone: true, timeout: 2h}
  - {name: call, type: webhook}
  - {name: m, type: machine, action: noop}
  - {name: late, type: timer, duration: 3h}
`

// last gives the latest execution of a step that is no item.
func (s *sim) last(step string) Execution {
	var last Execution
	for _, e := range s.all {
		if e.Step == step && e.Role != EachItem && e.Visit > last.Visit {
			last = e
		}
	}
	return last
}

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

func TestDecide_Retry(t *testing.T) {
	t.Parallel()
	doc := `
steps:
- {name: m, type: machine, action: noop, retry: {max_attempts: 3, initial: 10s, factor: 2, jitter: 0, retry_on: 'error.code != "final"'}, on_failure: [{when: error.attempt >= 3, step: saved}]}
- {name: saved, type: machine, action: noop}
`
	t.Run("backs_off_exponentially_and_then_hands_over", func(t *testing.T) {
		t.Parallel()
		s := started(t, doc, `{}`)
		for _, wait := range []time.Duration{10 * time.Second, 20 * time.Second} {
			s.finish("m", ``, &StepError{Code: "x", Message: "no"})
			s.status(t, StatusRunning)
			if got := s.last("m").DueAt.Sub(s.now); got != wait {
				t.Errorf("the next attempt comes after %s, want %s", got, wait)
			}
			if w := s.snap.Instance.WaitingFor; len(w) != 1 || w[0].Kind != "retry" {
				t.Errorf("waiting for %+v", w)
			}
			s.fire()
		}
		s.finish("m", ``, &StepError{Code: "x", Message: "no"})
		s.machines()
		s.status(t, StatusCompleted)
		s.visits(t, "saved")
		if got := len(s.last("m").Attempts); got != 3 {
			t.Errorf("%d attempts are kept", got)
		}
	})
	t.Run("retry_on_refuses", func(t *testing.T) {
		t.Parallel()
		s := started(t, doc, `{}`)
		s.finish("m", ``, &StepError{Code: "final", Message: "no"})
		s.status(t, StatusFailed)
	})
	t.Run("retry_after_is_honoured", func(t *testing.T) {
		t.Parallel()
		s := started(t, doc, `{}`)
		s.finish("m", ``, &StepError{Code: "busy", Message: "no", RetryAfter: time.Hour})
		if got := s.last("m").DueAt.Sub(s.now); got != time.Hour {
			t.Errorf("the next attempt comes after %s", got)
		}
	})
	t.Run("an_operators_retry_gives_all_attempts_again", func(t *testing.T) {
		t.Parallel()
		s := started(t, doc, `{}`)
		s.finish("m", ``, &StepError{Code: "final", Message: "no"})
		s.must(Retry{Actor: olga})
		s.finish("m", ``, &StepError{Code: "x", Message: "no"})
		s.status(t, StatusRunning)
	})
	t.Run("within_ends_it", func(t *testing.T) {
		t.Parallel()
		s := started(t, strings.Replace(doc, "jitter: 0", "jitter: 0, within: 15s", 1), `{}`)
		s.finish("m", ``, &StepError{Code: "x", Message: "no"})
		s.fire()
		s.finish("m", ``, &StepError{Code: "x", Message: "no"})
		s.status(t, StatusFailed)
	})
}

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
