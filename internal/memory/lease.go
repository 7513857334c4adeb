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

// Heartbeat implements engine.Store.
func (s *Store) Heartbeat(ctx context.Context, process uuid.UUID, _ string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("heartbeat of %s: %w", process, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.processes[process] = s.now()
	return nil
}

// Goodbye implements engine.Store.
func (s *Store) Goodbye(ctx context.Context, process uuid.UUID) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("goodbye of %s: %w", process, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.processes, process)
	return nil
}

// LostLeases implements engine.Store.
func (s *Store) LostLeases(ctx context.Context, silence time.Duration, limit int) ([]engine.LostLease, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("lost leases: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	since := s.now().Add(-silence)
	var lost []engine.LostLease
	for _, r := range s.moving() {
		for _, e := range r.sortedExecutions() {
			if len(lost) >= limit {
				return lost, nil
			}
			if e.leased() && s.silent(e.LeaseOwner, since) {
				lost = append(lost, engine.LostLease{InstanceID: r.instance.ID, ExecutionID: e.ID, LeaseNo: e.LeaseNo})
			}
		}
	}
	return lost, nil
}

// Scheduled implements engine.Store.
func (s *Store) Scheduled(ctx context.Context, limit int) ([]uuid.UUID, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("scheduled steps: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var ids []uuid.UUID
	for _, r := range s.moving() {
		if len(ids) >= limit {
			return ids, nil
		}
		if slices.ContainsFunc(r.sortedExecutions(), execution.ready) {
			ids = append(ids, r.instance.ID)
		}
	}
	return ids, nil
}

// silent reports whether the process is gone or was last heard before since.
func (s *Store) silent(process uuid.UUID, since time.Time) bool {
	seen, ok := s.processes[process]
	return !ok || seen.Before(since)
}

// moving returns the instances that are neither frozen nor finished, oldest
// first.
func (s *Store) moving() []*record {
	var records []*record
	for _, r := range s.instances {
		if r.instance.FrozenAt == nil && !r.instance.Status.Finished() {
			records = append(records, r)
		}
	}
	slices.SortFunc(records, func(a, b *record) int { return keyOfInstance(a).compare(keyOfInstance(b)) })
	return records
}

// execution is one that can be asked about its lease.
type execution struct{ workflow.Execution }

func (e execution) leased() bool {
	return e.Live && e.Topic == "" && e.Status == workflow.StepRunning && e.LeaseOwner != uuid.Nil
}

func (e execution) ready() bool {
	return e.Live && e.Topic == "" && e.Type == workflow.StepMachine && e.Status == workflow.StepScheduled && e.LeaseOwner == uuid.Nil
}

// sortedExecutions returns the executions, oldest first.
func (r *record) sortedExecutions() []execution {
	list := make([]execution, 0, len(r.executions))
	for e := range maps.Values(r.executions) {
		list = append(list, execution{e})
	}
	slices.SortFunc(list, func(a, b execution) int {
		return ageKey{a.CreatedAt, a.ID}.compare(ageKey{b.CreatedAt, b.ID})
	})
	return list
}
