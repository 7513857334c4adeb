package memory

import (
	"bytes"
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
func (s *Store) Heartbeat(ctx context.Context, p engine.Process) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("heartbeat of %s: %w", p.ID, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	row := s.processes[p.ID]
	row.Process, row.SeenAt = p, s.now()
	if row.StartedAt.IsZero() {
		row.StartedAt = row.SeenAt
	}
	s.processes[p.ID] = row
	return nil
}

// Processes implements engine.Store.
func (s *Store) Processes(ctx context.Context, silence time.Duration, limit int) ([]engine.ProcessRow, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("processes: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	leases := map[uuid.UUID]int{}
	for _, r := range s.instances {
		for _, e := range r.executions {
			leases[e.LeaseOwner]++
		}
	}
	var rows []engine.ProcessRow
	for id, row := range s.processes {
		if !s.silent(id, s.now().Add(-silence)) {
			row.Leases = leases[id]
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b engine.ProcessRow) int {
		return ageKey{a.StartedAt, a.ID}.compare(ageKey{b.StartedAt, b.ID})
	})
	return rows[:min(limit, len(rows))], nil
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
func (s *Store) Scheduled(ctx context.Context, queues []string, limit int) ([]engine.ReadyStep, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("scheduled steps: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var steps []execution
	for _, r := range s.moving() {
		for _, e := range r.executions {
			if e := (execution{e}); e.ready(queues) {
				steps = append(steps, e)
			}
		}
	}
	slices.SortFunc(steps, func(a, b execution) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	var ready []engine.ReadyStep
	for _, e := range steps[:min(limit, len(steps))] {
		ready = append(ready, engine.ReadyStep{InstanceID: e.InstanceID, ExecutionID: e.ID, LeaseNo: e.LeaseNo})
	}
	return ready, nil
}

// silent reports whether the process is gone or was last heard before since.
func (s *Store) silent(process uuid.UUID, since time.Time) bool {
	seen, ok := s.processes[process]
	return !ok || seen.SeenAt.Before(since)
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

func (e execution) ready(queues []string) bool {
	return e.Topic == "" && e.Status == workflow.StepScheduled && e.DueAt == nil && (e.Queue == "" || slices.Contains(queues, e.Queue))
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
