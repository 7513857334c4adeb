package workflow

import (
	"slices"
	"testing"
)

// TestDecide_SkipIsTold skips what failed an instance in which somebody has
// meanwhile decided a step that ends all: the history still tells who set it
// going.
func TestDecide_SkipIsTold(t *testing.T) {
	t.Parallel()
	s := started(t, `
steps:
  - {name: fork, type: gateway, mode: parallel}
  - {name: ask, type: human, anyone: true, terminate: true}
  - {name: pay, type: machine, action: noop}
edges: [{source: fork, target: ask}, {source: fork, target: pay}]`, `{}`)
	s.finish("pay", "", &StepError{Code: "shut", Message: "the till is shut"})
	s.complete(otto, "ask", "", `{}`)
	s.status(t, StatusFailed)
	s.must(Skip{Actor: olga, Reason: "paid by hand", Step: "pay"})
	s.status(t, StatusCompleted)
	if !slices.ContainsFunc(s.events, func(e Event) bool { return e.Type == EventStepSkipped && e.Actor == olga.ID }) {
		t.Errorf("the history does not tell of the skip: %v", s.events)
	}
}
