package workflow

import (
	"strings"
	"testing"

	"github.com/google/uuid"
)

func TestDecide_ActionHadNothingToDo(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: a, type: machine, action: set, output: kept, set: {n: "2"}}
  - {name: b, type: machine, action: noop}
  - {name: c, type: machine, action: noop}
edges: [{source: a, target: b}, {source: a, target: c, on_skip: true}]
`, `{"n": 1}`)
	a := s.running()[0]
	tr := s.must(StepDone{ExecutionID: a.ID, LeaseNo: a.LeaseNo, Skipped: true, Reason: "there was nothing to do"})
	s.machines()
	s.status(t, StatusCompleted)
	s.visits(t, "b", "c")
	if n, kept := s.data("n"), s.data("kept"); n != "1" || kept != "" {
		t.Errorf("n = %s, kept = %q: a step that was skipped wrote data", n, kept)
	}
	for _, e := range s.events {
		if e.Type == EventStepSkipped && !strings.Contains(string(e.Detail), "there was nothing to do") {
			t.Errorf("step.skipped says %s, want the reason", e.Detail)
		}
	}
	for _, row := range tr.Executions {
		if e := row.Value; e.ID == a.ID && (e.Status != StepSkipped || e.LeaseOwner != uuid.Nil || e.Live) {
			t.Errorf("a is %s, leased by %s, live %v: want skipped and let go", e.Status, e.LeaseOwner, e.Live)
		}
	}
}
