package workflow

import (
	"testing"
)

// What is rebuilt from the events is what the instance was, at every moment of a
// story with failures, retries, lists and loops.
func TestReplay(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: a, type: machine, action: noop}
  - {name: each, type: human, for_each: data.list, candidate_groups: [staff]}
  - {name: b, type: machine, action: noop}
  - {name: ask, type: human, candidate_groups: [staff]}
edges: [{source: a, target: each}, {source: a, target: b}, {source: b, target: ask}]
`, `{"list": [1, 2, 3]}`)
	check := func(moment string) {
		t.Helper()
		in, steps := Replay(s.events)
		if in.Status != s.snap.Instance.Status {
			t.Errorf("%s: the status is %s, want %s", moment, in.Status, s.snap.Instance.Status)
		}
		got := map[string]Execution{}
		for _, e := range steps {
			got[e.ID.String()] = e
		}
		for id, want := range s.all {
			e, ok := got[id.String()]
			if !ok && want.Status == StepPending {
				continue // it waits at a join, of which no event tells
			}
			status := e.Status
			if status == StepRunning && want.Status == StepScheduled || status == StepScheduled && want.Status == StepRunning {
				status = want.Status // whether a process has begun it is not told apart everywhere
			}
			if status != want.Status || e.Hold != want.Hold || e.Live != want.Live && want.Hold == HoldNone {
				t.Errorf("%s: %s is %s %q, want %s %q", moment, want.Step, e.Status, e.Hold, want.Status, want.Hold)
			}
			if scope := s.snap.Instance.State.Scopes[id]; scope != nil && scope.Items != nil {
				if items := in.State.Scopes[id]; items == nil || items.Items.Total != scope.Items.Total || items.Items.Done != scope.Items.Done {
					t.Errorf("%s: the list has %+v, want %+v", moment, items, scope.Items)
				}
			}
		}
	}
	check("started")
	s.finish("a", `{}`, nil)
	check("a is done")
	s.finish("b", ``, broken)
	check("b has failed")
	s.must(Retry{Actor: olga})
	check("retried")
	s.must(Pause{Actor: olga})
	check("paused")
	s.must(Resume{Actor: olga})
	s.machines()
	check("b is done")
	s.must(Cancel{Actor: olga})
	check("canceled")
}
