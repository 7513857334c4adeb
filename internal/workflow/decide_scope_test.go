package workflow

import (
	"encoding/json"
	"testing"
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
