package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// How operations run.
const (
	bulkBatch   = 100              // instances between two counts
	bulkAtOnce  = 16               // instances at once
	bulkHold    = 30 * time.Second // of an operation, renewed with every batch
	bulkLongest = 20 * time.Second // of one batch; what is not done by then comes again
	bulkPoll    = 5 * time.Second  // between looks for operations of silent processes
)

// bulkSoon has operations looked for at once.
func (e *Engine) bulkSoon() {
	select {
	case e.bulk <- struct{}{}:
	default:
	}
}

// bulkLoop runs operations, one at a time in each process.
func (e *Engine) bulkLoop(ctx context.Context) {
	for ctx.Err() == nil {
		op, found, err := e.storage.ClaimOperation(ctx, e.process, bulkHold)
		if err == nil && found {
			err = e.runOperation(ctx, op)
		}
		if err != nil && ctx.Err() == nil {
			e.log.Warn("an operation was interrupted; it is taken up again", "operation", op.ID, "error", err)
		}
		if err == nil && found {
			continue
		}
		pause := time.NewTimer(bulkPoll)
		select {
		case <-pause.C:
		case <-e.bulk:
		case <-ctx.Done():
		}
		pause.Stop()
	}
}

// runOperation does batch after batch until nothing is left, somebody stops it,
// or another process has it.
func (e *Engine) runOperation(ctx context.Context, op Operation) error {
	id, taken := op.ID, op.Takes > 1
	for op.FinishedAt == nil {
		if ctx.Err() != nil {
			return e.letGoOf(ctx, op)
		}
		var ids []uuid.UUID
		var err error
		if op.Status == OperationRunning {
			if ids, err = e.storage.OperationBatch(ctx, id, bulkBatch); err != nil {
				return err
			}
		}
		step := OperationStep{Errors: op.Errors, Finished: len(ids) == 0}
		if len(ids) > 0 {
			e.doBatch(ctx, op, ids, taken, &step)
		}
		if len(step.Settled) < len(ids) && ctx.Err() == nil {
			e.log.Warn("some instances of an operation had no outcome; they come again", "operation", id, "instances", len(ids)-len(step.Settled))
		}
		taken = len(step.Settled) < len(ids)
		next, found, err := e.storage.AdvanceOperation(context.WithoutCancel(ctx), e.process, id, step, bulkHold)
		if err != nil || !found {
			return err
		}
		if len(ids) > 0 && len(step.Settled) == 0 && ctx.Err() == nil {
			return errors.New("no instance of a batch had an outcome")
		}
		op = next
	}
	return nil
}

// letGoOf lets another process take up at once what this one leaves at its end.
func (e *Engine) letGoOf(ctx context.Context, op Operation) error {
	leave, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	_, _, err := e.storage.AdvanceOperation(leave, e.process, op.ID, OperationStep{Errors: op.Errors}, 0)
	return err
}

// doBatch does the verb to some instances at once. taken says that another
// process may have done it to them before it fell silent.
func (e *Engine) doBatch(ctx context.Context, op Operation, ids []uuid.UUID, taken bool, step *OperationStep) {
	ctx, cancel := context.WithTimeout(ctx, bulkLongest)
	defer cancel()
	results := make([]error, len(ids))
	slots := make(chan struct{}, bulkAtOnce)
	var all sync.WaitGroup
	for i, id := range ids {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			results[i] = e.bulkOne(ctx, op, id, taken)
		})
	}
	all.Wait()
	for i, err := range results {
		step.settle(ids[i], err)
	}
}

// settle counts an outcome. What the database or the time did not allow has
// none, and comes again.
func (s *OperationStep) settle(id uuid.UUID, err error) {
	var refusal *workflow.Error
	switch {
	case err == nil:
		s.Done++
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), workflow.KindOf(err) == workflow.KindUnavailable:
		return
	case !errors.As(err, &refusal) || refusal.Kind == workflow.KindInternal:
		s.fail(OperationError{InstanceID: id, Code: "internal", Message: "It went wrong inside; it has been noted."})
	default:
		s.fail(OperationError{InstanceID: id, Code: refusal.Code, Message: refusal.Message})
	}
	s.Settled = append(s.Settled, id)
}

func (s *OperationStep) fail(e OperationError) {
	s.Failed++
	if len(s.Errors) < MaxOperationErrors {
		s.Errors = append(s.Errors, e)
	}
}

// bulkOne does the verb to one instance.
func (e *Engine) bulkOne(ctx context.Context, op Operation, id uuid.UUID, taken bool) error {
	var err error
	p := op.Params
	switch op.Action {
	case BulkCancel:
		_, err = e.Cancel(ctx, op.Actor, id, p.Reason)
	case BulkRetry:
		_, err = e.Retry(ctx, op.Actor, id, p.Reason)
	case BulkPause:
		_, err = e.Pause(ctx, op.Actor, id, p.Reason)
	case BulkResume:
		_, err = e.Resume(ctx, op.Actor, id, p.Reason)
	case BulkMigrate:
		_, err = e.Migrate(ctx, op.Actor, id, Migration{ToVersion: p.ToVersion, Steps: p.StepMap, Reason: p.Reason})
	}
	if err != nil && workflow.KindOf(err) == workflow.KindInternal && ctx.Err() == nil {
		e.log.Error("an instance refused an operation", "operation", op.ID, "instance", id, "error", err)
	}
	if err == nil || !taken {
		return err
	}
	if in, problem := e.instanceOf(ctx, op.Actor, id); problem == nil && op.achieved(in) {
		return nil
	}
	return err
}

// achieved reports whether the instance is as the verb makes it: so it does not
// count as refused when a process did it and fell silent before it could say so.
func (op Operation) achieved(in workflow.Instance) bool {
	switch op.Action {
	case BulkCancel:
		return in.Status == workflow.StatusCanceled
	case BulkRetry:
		return in.Status != workflow.StatusFailed && !in.Status.Finished()
	case BulkPause:
		return in.Paused
	case BulkResume:
		return !in.Paused && !in.Status.Finished()
	case BulkMigrate:
		return in.Definition.Version == op.Params.ToVersion
	}
	return false
}
