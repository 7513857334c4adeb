package workflow

import (
	"slices"
	"testing"
)

// Edges see what the visit that takes them has brought about, not another one
// that is under way beside it.
func TestDecide_visits_side_by_side(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: split, type: gateway, mode: parallel}
  - {name: a, type: machine, action: noop}
  - {name: b, type: machine, action: noop}
  - {name: ask, type: human, candidate_groups: [staff], join: any, outcomes: [yes, no]}
  - {name: good, type: human, candidate_groups: [staff]}
  - {name: bad, type: human, candidate_groups: [staff]}
edges:
  - {source: split, target: a}
  - {source: split, target: b}
  - {source: a, target: ask}
  - {source: b, target: ask}
  - {source: ask, target: good, condition: 'steps.ask.outcome == "yes"'}
  - {source: ask, target: bad, default: true}
`, `{}`)
	s.machines()
	staff := Actor{ID: "sue", Tenant: DefaultTenant, Groups: []string{"staff"}}
	var open []Task
	for _, task := range s.tasks {
		if task.Step == "ask" {
			open = append(open, task)
		}
	}
	if len(open) != 2 {
		t.Fatalf("%d visits of ask at once, want 2", len(open))
	}
	slices.SortFunc(open, func(a, b Task) int { return a.Visit - b.Visit })
	s.must(CompleteTask{TaskID: open[0].ID, Actor: staff, Outcome: "yes"})
	if got := s.snap.Instance.CurrentSteps; !slices.Contains(got, "good") || slices.Contains(got, "bad") {
		t.Errorf("after a yes the instance is at %v", got)
	}
}
