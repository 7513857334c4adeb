package memory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// operation is one with the instances that have no outcome yet and its lease.
type operation struct {
	engine.Operation
	items map[uuid.UUID]bool
	owner uuid.UUID
	until time.Time
}

// CreateOperation implements engine.OperationStore.
func (s *Store) CreateOperation(ctx context.Context, op engine.Operation, ids []uuid.UUID, f *engine.InstanceFilter, key *workflow.RequestKey) (engine.Operation, []uuid.UUID, error) {
	if err := ctx.Err(); err != nil {
		return engine.Operation{}, nil, fmt.Errorf("create operation: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	items, unseen := map[uuid.UUID]bool{}, []uuid.UUID(nil)
	named := map[uuid.UUID]bool{}
	for _, id := range ids {
		named[id] = true
	}
	for id, r := range s.instances {
		if s.sees(op.Actor, r) && (f != nil && s.passes(r, *f) || f == nil && named[id]) {
			items[id] = true
		}
	}
	if len(items) > engine.MaxBulk {
		return engine.Operation{}, nil, engine.ErrTooManyInstances
	}
	for _, id := range ids {
		if !items[id] {
			unseen = append(unseen, id)
		}
	}
	op.Refuse(unseen)
	op.Total = len(items) + len(unseen)
	maps.DeleteFunc(s.operations, func(_ uuid.UUID, o *operation) bool {
		return o.FinishedAt != nil && o.FinishedAt.Before(s.now().Add(-engine.KeepOperations))
	})
	if err := s.free(key); err != nil {
		return engine.Operation{}, nil, err
	}
	s.claim(key, uuid.Nil)
	s.operations[op.ID] = &operation{Operation: cloneOperation(op), items: items}
	s.addRecords(op.Begun())
	return op, unseen, nil
}

func cloneOperation(op engine.Operation) engine.Operation {
	op.Errors = slices.Clone(op.Errors)
	op.FinishedAt = copied(op.FinishedAt)
	op.Params.StepMap = maps.Clone(op.Params.StepMap)
	op.Actor.Roles, op.Actor.Groups, op.Actor.Scopes = slices.Clone(op.Actor.Roles), slices.Clone(op.Actor.Groups), slices.Clone(op.Actor.Scopes)
	return op
}

// Operation implements engine.OperationStore.
func (s *Store) Operation(ctx context.Context, tenant string, id uuid.UUID) (engine.Operation, error) {
	if err := ctx.Err(); err != nil {
		return engine.Operation{}, fmt.Errorf("operation %s: %w", id, err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	o, ok := s.operations[id]
	if !ok || o.Tenant != tenant {
		return engine.Operation{}, workflow.ErrOperationNotFound
	}
	return cloneOperation(o.Operation), nil
}

// Operations implements engine.OperationStore.
func (s *Store) Operations(ctx context.Context, tenant string, f engine.OperationFilter, p engine.Paging) (engine.Page[engine.Operation], error) {
	if err := ctx.Err(); err != nil {
		return engine.Page[engine.Operation]{}, fmt.Errorf("list operations: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []*operation
	for _, o := range s.operations {
		if o.Tenant == tenant && among(f.Statuses, o.Status) && among(f.CreatedBy, o.Actor.ID) {
			found = append(found, o)
		}
	}
	list, err := page(found, order[*operation, ageKey]{
		list: "operations", compare: func(a, b ageKey) int { return b.compare(a) },
		key: func(o *operation) ageKey { return ageKey{o.CreatedAt, o.ID} },
	}, p)
	return mapPage(list, err, func(o *operation) engine.Operation {
		op := cloneOperation(o.Operation)
		op.Errors = nil
		return op
	})
}

// ClaimOperation implements engine.OperationStore.
func (s *Store) ClaimOperation(ctx context.Context, process uuid.UUID, hold time.Duration) (engine.Operation, bool, error) {
	if err := ctx.Err(); err != nil {
		return engine.Operation{}, false, fmt.Errorf("claim an operation: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var next *operation
	for _, o := range s.operations {
		free := o.FinishedAt == nil && o.until.Before(s.now())
		if free && (next == nil || o.CreatedAt.Before(next.CreatedAt)) {
			next = o
		}
	}
	if next == nil {
		return engine.Operation{}, false, nil
	}
	next.owner, next.until = process, s.now().Add(hold)
	next.Takes++
	return cloneOperation(next.Operation), true, nil
}

// OperationBatch implements engine.OperationStore.
func (s *Store) OperationBatch(ctx context.Context, id uuid.UUID, limit int) ([]uuid.UUID, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("instances of operation %s: %w", id, err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	o, ok := s.operations[id]
	if !ok {
		return nil, nil
	}
	ids := slices.SortedFunc(maps.Keys(o.items), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return firstOf(ids, limit), nil
}

// AdvanceOperation implements engine.OperationStore.
func (s *Store) AdvanceOperation(ctx context.Context, process, id uuid.UUID, step engine.OperationStep, hold time.Duration) (engine.Operation, bool, error) {
	if err := ctx.Err(); err != nil {
		return engine.Operation{}, false, fmt.Errorf("advance operation %s: %w", id, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.operations[id]
	if !ok || o.owner != process || o.FinishedAt != nil {
		return engine.Operation{}, false, nil
	}
	o.Done, o.Failed, o.Errors = o.Done+step.Done, o.Failed+step.Failed, slices.Clone(step.Errors)
	o.until = s.now().Add(hold)
	for _, instance := range step.Settled {
		delete(o.items, instance)
	}
	if step.Finished {
		now := s.now()
		o.FinishedAt, o.items = &now, nil
		if o.Status == engine.OperationCanceling {
			o.Status = engine.OperationCanceled
		} else {
			o.Status = engine.OperationCompleted
		}
	}
	return cloneOperation(o.Operation), true, nil
}

// CancelOperation implements engine.OperationStore.
func (s *Store) CancelOperation(ctx context.Context, line workflow.Record, id uuid.UUID, key *workflow.RequestKey) (engine.Operation, error) {
	s.mu.Lock()
	if err := s.free(key); err != nil {
		s.mu.Unlock()
		return engine.Operation{}, err
	}
	s.claim(key, uuid.Nil)
	if o, ok := s.operations[id]; ok && o.Tenant == line.Tenant && o.Status == engine.OperationRunning {
		o.Status = engine.OperationCanceling
		s.addRecords(line)
	}
	s.mu.Unlock()
	return s.Operation(ctx, line.Tenant, id)
}
