package storetest

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var operationTests = []test{
	{"named_instances_and_those_unseen", operationByIDs},
	{"found_instances", operationByFilter},
	{"one_process_holds_it", operationLease},
	{"one_of_two_claims_it", racedOperations},
	{"batches_are_counted_once", operationBatches},
	{"stopped_after_the_batch", operationStopped},
	{"of_another_tenant", operationOfOthers},
	{"listed", operationList},
}

func (b *bench) operation(changes ...func(*engine.Operation)) engine.Operation {
	op := engine.Operation{
		ID: newID(), Tenant: workflow.DefaultTenant, Action: engine.BulkMigrate, Status: engine.OperationRunning, CreatedAt: b.tick(),
		Params: engine.OperationParams{Reason: "so", ToVersion: "2.0.0", StepMap: map[string]string{"a": "b"}},
		Actor:  workflow.Actor{ID: "olga", Name: "Olga", Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleOperator}, Groups: []string{"g"}, Via: "token"},
	}
	for _, change := range changes {
		change(&op)
	}
	return op
}

func byOtto(op *engine.Operation) { op.Actor.ID, op.Actor.Roles = "otto", nil }

func inIDOrder(ids []uuid.UUID) []uuid.UUID {
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return ids
}

// operate stores an operation for the instances.
func (b *bench) operate(ids ...uuid.UUID) engine.Operation {
	b.Helper()
	op, unseen, err := b.CreateOperation(b.Context(), b.operation(), inIDOrder(ids), nil, nil)
	b.ok("CreateOperation", err)
	b.same("unseen", len(unseen), 0)
	return op
}

func operationByIDs(b *bench) {
	mine := b.begin()
	hers := b.begin(func(in *workflow.Instance) { in.CreatedBy = "mia" })
	unknown := newID()
	op, unseen, err := b.CreateOperation(b.Context(), b.operation(byOtto), inIDOrder([]uuid.UUID{mine.ID, hers.ID, unknown}), nil, nil)
	b.ok("CreateOperation", err)
	b.same("unseen", inIDOrder(unseen), inIDOrder([]uuid.UUID{hers.ID, unknown}))
	b.same("total, failed, errors", []int{op.Total, op.Failed, len(op.Errors)}, []int{3, 2, 2})
	got, err := b.Operation(b.Context(), workflow.DefaultTenant, op.ID)
	b.ok("Operation", err)
	b.same("operation", got, op)
	ids, err := b.OperationBatch(b.Context(), op.ID, 10)
	b.ok("OperationBatch", err)
	b.same("batch", ids, []uuid.UUID{mine.ID})
}

func operationByFilter(b *bench) {
	first, second := b.begin(paused(b.base)), b.begin(paused(b.base))
	b.begin()
	op, _, err := b.CreateOperation(b.Context(), b.operation(), nil, &engine.InstanceFilter{Statuses: []workflow.Status{workflow.StatusPaused}}, nil)
	b.ok("CreateOperation", err)
	ids, err := b.OperationBatch(b.Context(), op.ID, 10)
	b.ok("OperationBatch", err)
	b.same("total and batch", []any{op.Total, ids}, []any{2, inIDOrder([]uuid.UUID{first.ID, second.ID})})
	none, _, err := b.CreateOperation(b.Context(), b.operation(), nil, &engine.InstanceFilter{Query: "nothing has this name"}, nil)
	b.ok("CreateOperation", err)
	b.same("total of nothing", none.Total, 0)
}

func operationLease(b *bench) {
	op := b.operate(b.begin().ID)
	one, two := newID(), newID()
	got, found, err := b.ClaimOperation(b.Context(), one, time.Minute)
	b.ok("ClaimOperation", err)
	op.Takes = 1
	b.same("claimed", []any{found, got}, []any{true, op})
	_, found, err = b.ClaimOperation(b.Context(), two, time.Minute)
	b.ok("ClaimOperation", err)
	b.same("claimed while it is held", found, false)
	_, found, err = b.AdvanceOperation(b.Context(), two, op.ID, engine.OperationStep{Done: 1}, time.Minute)
	b.ok("AdvanceOperation", err)
	b.same("advanced by another", found, false)
	_, found, err = b.AdvanceOperation(b.Context(), one, op.ID, engine.OperationStep{}, -time.Second)
	b.ok("AdvanceOperation", err)
	b.same("given up", found, true)
	got, found, err = b.ClaimOperation(b.Context(), two, time.Minute)
	b.ok("ClaimOperation", err)
	b.same("taken over", []any{found, got.Takes, got.Done}, []any{true, 2, 0})
	_, found, err = b.AdvanceOperation(b.Context(), one, op.ID, engine.OperationStep{Done: 1}, time.Minute)
	b.ok("AdvanceOperation", err)
	b.same("advanced too late", found, false)
}

func racedOperations(b *bench) {
	b.operate(b.begin().ID)
	var all sync.WaitGroup
	won := make(chan bool, 8)
	for range 8 {
		all.Go(func() {
			_, found, err := b.ClaimOperation(b.Context(), newID(), time.Minute)
			won <- found && err == nil
		})
	}
	all.Wait()
	close(won)
	n := 0
	for w := range won {
		if w {
			n++
		}
	}
	b.same("winners", n, 1)
}

func operationBatches(b *bench) {
	first, second, third := b.begin(), b.begin(), b.begin()
	op := b.operate(first.ID, second.ID, third.ID)
	process := newID()
	_, _, err := b.ClaimOperation(b.Context(), process, time.Minute)
	b.ok("ClaimOperation", err)
	ids, err := b.OperationBatch(b.Context(), op.ID, 2)
	b.ok("OperationBatch", err)
	b.same("batch", len(ids), 2)
	refusal := engine.OperationError{InstanceID: ids[1], Code: "forbidden", Message: "You may not."}
	got, _, err := b.AdvanceOperation(b.Context(), process, op.ID, engine.OperationStep{Settled: ids, Done: 1, Failed: 1, Errors: []engine.OperationError{refusal}}, time.Minute)
	b.ok("AdvanceOperation", err)
	b.same("after a batch", []any{got.Done, got.Failed, got.Errors, got.Status}, []any{1, 1, []engine.OperationError{refusal}, engine.OperationRunning})
	ids, err = b.OperationBatch(b.Context(), op.ID, 2)
	b.ok("OperationBatch", err)
	b.same("what is left", len(ids), 1)
	got, _, err = b.AdvanceOperation(b.Context(), process, op.ID, engine.OperationStep{Settled: ids, Done: 1, Errors: got.Errors, Finished: true}, time.Minute)
	b.ok("AdvanceOperation", err)
	b.same("in the end", []any{got.Done, got.Failed, got.Status, got.FinishedAt != nil}, []any{2, 1, engine.OperationCompleted, true})
	_, found, err := b.ClaimOperation(b.Context(), newID(), time.Minute)
	b.ok("ClaimOperation", err)
	b.same("claimed after its end", found, false)
}

func operationStopped(b *bench) {
	op := b.operate(b.begin().ID, b.begin().ID)
	process := newID()
	_, _, err := b.ClaimOperation(b.Context(), process, time.Minute)
	b.ok("ClaimOperation", err)
	got, err := b.CancelOperation(b.Context(), saved(workflow.DefaultTenant, "olga", b.base), op.ID, nil)
	b.ok("CancelOperation", err)
	b.same("asked to stop", []any{got.Status, got.FinishedAt == nil}, []any{engine.OperationCanceling, true})
	got, _, err = b.AdvanceOperation(b.Context(), process, op.ID, engine.OperationStep{Finished: true}, time.Minute)
	b.ok("AdvanceOperation", err)
	b.same("stopped", []any{got.Status, got.Done}, []any{engine.OperationCanceled, 0})
	ids, err := b.OperationBatch(b.Context(), op.ID, 2)
	b.ok("OperationBatch", err)
	b.same("what is left", len(ids), 0)
	got, err = b.CancelOperation(b.Context(), saved(workflow.DefaultTenant, "olga", b.base), op.ID, nil)
	b.ok("CancelOperation", err)
	b.same("stays as it is", got.Status, engine.OperationCanceled)
}

func operationOfOthers(b *bench) {
	op := b.operate(b.begin().ID)
	_, err := b.Operation(b.Context(), "other", op.ID)
	b.same("Operation", errors.Is(err, workflow.ErrOperationNotFound), true)
	_, err = b.CancelOperation(b.Context(), saved("other", "olga", b.base), op.ID, nil)
	b.same("CancelOperation", errors.Is(err, workflow.ErrOperationNotFound), true)
	got, err := b.Operation(b.Context(), workflow.DefaultTenant, op.ID)
	b.ok("Operation", err)
	b.same("status", got.Status, engine.OperationRunning)
}

// operationList pages through operations by key, the latest first, without their
// errors.
func operationList(b *bench) {
	unknown := newID()
	var want []uuid.UUID
	for range 3 {
		op, _, err := b.CreateOperation(b.Context(), b.operation(), []uuid.UUID{unknown}, nil, nil)
		b.ok("CreateOperation", err)
		want = append([]uuid.UUID{op.ID}, want...)
	}
	otto, _, err := b.CreateOperation(b.Context(), b.operation(byOtto), nil, &engine.InstanceFilter{Query: "nothing has this name"}, nil)
	b.ok("CreateOperation", err)
	elsewhere := b.operation(func(op *engine.Operation) { op.Tenant, op.Actor.Tenant = "other", "other" })
	_, _, err = b.CreateOperation(b.Context(), elsewhere, []uuid.UUID{unknown}, nil, nil)
	b.ok("CreateOperation", err)
	list := func(f engine.OperationFilter, p engine.Paging) engine.Page[engine.Operation] {
		page, err := b.Operations(b.Context(), workflow.DefaultTenant, f, p)
		b.ok("Operations", err)
		return page
	}
	id := func(op engine.Operation) uuid.UUID { return op.ID }
	all := list(engine.OperationFilter{}, engine.Paging{})
	b.same("all", []any{each(all.Items, id), all.Total}, []any{append([]uuid.UUID{otto.ID}, want...), 4})
	b.same("refused and errors", []int{all.Items[1].Failed, len(all.Items[1].Errors)}, []int{1, 0})
	olgas := engine.OperationFilter{CreatedBy: []string{"olga"}}
	first := list(olgas, engine.Paging{Limit: 2})
	rest := list(olgas, engine.Paging{Limit: 2, Cursor: first.NextCursor})
	b.same("olga's, in two pages", append(each(first.Items, id), each(rest.Items, id)...), want)
	b.same("the end", []any{rest.NextCursor, rest.Total}, []any{"", 3})
	process := newID()
	taken, _, err := b.ClaimOperation(b.Context(), process, time.Minute)
	b.ok("ClaimOperation", err)
	_, _, err = b.AdvanceOperation(b.Context(), process, taken.ID, engine.OperationStep{Finished: true}, time.Minute)
	b.ok("AdvanceOperation", err)
	open := list(engine.OperationFilter{Statuses: []engine.OperationStatus{engine.OperationRunning}}, engine.Paging{})
	b.same("under way", open.Total, 3)
}
