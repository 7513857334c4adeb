package memory_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/memory"
	"tandem/internal/workflow"
)

// TestStore_SimulatedClock claims on the clock of a bubble, in which a day
// passes at once.
func TestStore_SimulatedClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memory.New(memory.Options{})
		id, at := uuid.New(), time.Now().Add(24*time.Hour)
		_, err := s.Apply(t.Context(), []*workflow.Transition{{
			InstanceID: id, Instance: workflow.Instance{ID: id, Version: 1},
			Dues: []workflow.Due{{ID: uuid.New(), InstanceID: id, Kind: workflow.DueTimer, At: at}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		early, next, err := s.ClaimDue(t.Context(), 10, time.Minute)
		if err != nil || len(early) != 0 || !next.Equal(at) {
			t.Fatalf("ClaimDue a day early = %d rows, next %v, %v; want none, next %v", len(early), next, err, at)
		}
		<-time.After(time.Until(next))
		if due, _, err := s.ClaimDue(t.Context(), 10, time.Minute); err != nil || len(due) != 1 {
			t.Errorf("ClaimDue a day later = %d rows, %v; want one", len(due), err)
		}
	})
}

func TestStore_OptionsClock(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := memory.New(memory.Options{Clock: func() time.Time { return now }})
	process, id, step := uuid.New(), uuid.New(), uuid.New()
	if err := s.Heartbeat(t.Context(), engine.Process{ID: process}); err != nil {
		t.Fatal(err)
	}
	_, err := s.Apply(t.Context(), []*workflow.Transition{{
		InstanceID: id, Instance: workflow.Instance{ID: id, Version: 1},
		Executions: []workflow.Row[workflow.Execution]{{Created: true, Value: workflow.Execution{
			ID: step, InstanceID: id, Live: true, Status: workflow.StepRunning, LeaseOwner: process,
		}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for silence, want := range map[time.Duration]int{9 * time.Second: 1, 10 * time.Second: 0} {
		now = time.Date(2026, 1, 1, 0, 0, 10, 0, time.UTC)
		lost, err := s.LostLeases(t.Context(), silence, 10)
		if err != nil || len(lost) != want {
			t.Errorf("LostLeases after 10 s, silence %v = %v, %v; want %d", silence, lost, err, want)
		}
	}
}
