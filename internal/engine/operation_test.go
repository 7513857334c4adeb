package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// ended waits for the end of an operation.
func (h *house) ended(id uuid.UUID) engine.Operation {
	h.t.Helper()
	deadline := time.After(60 * time.Second)
	for {
		op, err := h.Operation(h.t.Context(), olga, id)
		if err != nil {
			h.t.Fatal(err)
		}
		if op.FinishedAt != nil {
			return op
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			h.t.Fatalf("the operation does not end: %+v", op)
		}
	}
}

func (h *house) bulk(who workflow.Actor, b engine.Bulk) engine.Operation {
	h.t.Helper()
	op, err := h.StartBulk(h.t.Context(), who, b)
	if err != nil {
		h.t.Fatal(err)
	}
	return op
}

func TestBulk_OnBothStores(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		s := open()
		h := run(t, s)
		run(t, open())
		h.save("x", `
steps: [{name: ask, type: human, candidate_groups: [managers]}]`)
		const many = 250
		for i := range many {
			h.start("x", fmt.Sprintf(`{"n": %d}`, i))
		}
		all := &engine.InstanceFilter{DefinitionNames: []string{"x"}}
		op := h.ended(h.bulk(olga, engine.Bulk{Action: engine.BulkPause, Filter: all}).ID)
		if op.Status != engine.OperationCompleted || op.Total != many || op.Done != many || op.Failed != 0 {
			t.Errorf("pause: %+v", op)
		}
		op = h.ended(h.bulk(olga, engine.Bulk{Action: engine.BulkPause, Filter: all}).ID)
		if op.Done != 0 || op.Failed != many || len(op.Errors) != engine.MaxOperationErrors || op.Errors[0].Code != "invalid_transition" {
			t.Errorf("pause again: %d done, %d failed, %d errors", op.Done, op.Failed, len(op.Errors))
		}
		op = h.ended(h.bulk(mia, engine.Bulk{Action: engine.BulkCancel, Filter: all}).ID)
		if op.Total != many || op.Done != 0 || op.Errors[0].Code != "forbidden" {
			t.Errorf("cancel by one who may see and not operate: %+v", op)
		}
		op = h.ended(h.bulk(otto, engine.Bulk{Action: engine.BulkCancel, Filter: all}).ID)
		if op.Done != many {
			t.Errorf("cancel by who started them: %d done, %d failed", op.Done, op.Failed)
		}
	})
}

func TestBulk_TakenOver(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		s := open()
		h := run(t, s)
		h.save("x", `
steps: [{name: ask, type: human, candidate_groups: [managers]}]`)
		var ids []uuid.UUID
		for range 3 {
			ids = append(ids, h.start("x", `{}`).ID)
		}
		h.stop()
		op := engine.Operation{
			ID: uuid.Must(uuid.NewV7()), Tenant: olga.Tenant, Action: engine.BulkPause, Actor: olga,
			Status: engine.OperationRunning, CreatedAt: time.Now().UTC(),
		}
		if _, _, err := s.CreateOperation(t.Context(), op, ids, nil, nil); err != nil {
			t.Fatal(err)
		}
		// A process takes it up, does it to one instance, and falls silent.
		silent := uuid.Must(uuid.NewV7())
		if _, found, err := s.ClaimOperation(t.Context(), silent, -time.Second); !found || err != nil {
			t.Fatal(found, err)
		}
		next := run(t, open())
		if _, err := next.Pause(t.Context(), olga, ids[0], "by the silent one"); err != nil && workflow.KindOf(err) != workflow.KindConflict {
			t.Fatal(err)
		}
		got := next.ended(op.ID)
		if got.Takes != 2 || got.Done != 3 || got.Failed != 0 {
			t.Errorf("after the takeover: %d takes, %d done, %d failed (%+v)", got.Takes, got.Done, got.Failed, got.Errors)
		}
	})
}

func TestBulk_Stopped(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		s := open()
		h := run(t, s)
		h.save("x", `
steps: [{name: ask, type: human, candidate_groups: [managers]}]`)
		in := h.start("x", `{}`)
		op := engine.Operation{
			ID: uuid.Must(uuid.NewV7()), Tenant: olga.Tenant, Action: engine.BulkPause, Actor: olga,
			Status: engine.OperationCanceling, CreatedAt: time.Now().UTC(),
		}
		if _, _, err := s.CreateOperation(t.Context(), op, []uuid.UUID{in.ID}, nil, nil); err != nil {
			t.Fatal(err)
		}
		h.bulk(olga, engine.Bulk{Action: engine.BulkPause, Filter: &engine.InstanceFilter{Query: "nothing has this name"}}) // rings
		if got := h.ended(op.ID); got.Status != engine.OperationCanceled || got.Done != 0 {
			t.Errorf("stopped: %+v", got)
		}
		if got := h.until(in.ID, workflow.StatusWaiting); got.Paused {
			t.Error("the instance was paused by an operation that had been stopped")
		}
		if _, err := h.CancelOperation(t.Context(), olga, op.ID); workflow.KindOf(err) != workflow.KindConflict {
			t.Errorf("stop again: %v, want a conflict", err)
		}
	})
}
