package chaos_test

import (
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// count holds the counters of an instance to its executions.
func (s *stage) count(id uuid.UUID) {
	s.t.Helper()
	in, err := s.stores[0].Instance(s.t.Context(), olga, id)
	if err != nil {
		s.t.Fatalf("seed %d: count: %v", s.seed, err)
	}
	executions, err := s.stores[0].Executions(s.t.Context(), olga, id, 1000)
	if err != nil || len(executions) == 1000 {
		return // there are more than it tells of
	}
	var tokens workflow.Tokens
	live := map[string]int{}
	for _, e := range executions {
		if !e.Live {
			continue
		}
		if e.Role != workflow.EachItem {
			live[e.Step]++
		}
		tally(&tokens, e)
	}
	state := s.whole(id).Instance.State
	if diff := cmp.Diff(tokens, state.Tokens); diff != "" {
		s.t.Fatalf("seed %d: %s counts its tokens wrongly (-counted +kept):\n%s\n%s", s.seed, id, diff, s.story.Document)
	}
	for name, kept := range state.Steps {
		if kept.Live != live[name] {
			s.t.Fatalf("seed %d: %s says that %d executions of %s live; %d do", s.seed, id, kept.Live, name, live[name])
		}
	}
	if in.Status.Finished() && tokens.Total() > 0 {
		s.t.Fatalf("seed %d: %s is %s and has live branches: %+v", s.seed, id, in.Status, tokens)
	}
}

// tally counts a live execution.
func tally(tokens *workflow.Tokens, e workflow.Execution) {
	switch {
	case e.Hold == workflow.HoldFailed:
		tokens.Failed++
	case e.Hold != workflow.HoldNone:
		tokens.Held++
	case e.Status == workflow.StepPending:
		tokens.Joining++
	case e.Type == workflow.StepGroup || e.Role == workflow.EachHolder:
		tokens.Around++
	case e.Status == workflow.StepWaiting:
		tokens.Waiting++
	default:
		tokens.Running++
		if e.Type == workflow.StepMachine && e.Status == workflow.StepScheduled && e.DueAt == nil && e.Topic == "" && e.Queue == "" {
			tokens.Ready++
		}
	}
}
