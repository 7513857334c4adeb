package memory

import (
	"context"
	"fmt"
	"slices"

	"tandem/internal/engine"
)

// Jobs implements engine.Store.
func (s *Store) Jobs(ctx context.Context, tenant string, topics []string, limit int) ([]engine.Job, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("find jobs: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var waiting []execution
	for _, r := range s.moving() {
		if r.instance.Tenant != tenant {
			continue
		}
		for _, e := range r.executions {
			if e.WaitsForWorker() && slices.Contains(topics, e.Topic) {
				waiting = append(waiting, execution{e})
			}
		}
	}
	slices.SortFunc(waiting, func(a, b execution) int { return ageOf(a).compare(ageOf(b)) })
	jobs := make([]engine.Job, 0, min(limit, len(waiting)))
	for _, e := range waiting[:min(limit, len(waiting))] {
		jobs = append(jobs, engine.Job{InstanceID: e.InstanceID, ExecutionID: e.ID, Topic: e.Topic})
	}
	return jobs, nil
}

func ageOf(e execution) ageKey { return ageKey{e.CreatedAt, e.ID} }
