package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// replaceSchedules puts the schedules of a definition's version in the place of
// those of another, if it is the latest release.
func (s *Store) replaceSchedules(tenant string, def *workflow.Definition, at time.Time) {
	if workflow.Latest(s.activeVersions(tenant, def.Name)) == def.Version {
		s.writeSchedules(tenant, def.Name, engine.SchedulesOf(tenant, def, at))
	}
}

func (s *Store) writeSchedules(tenant, name string, rows []engine.ScheduleRow) {
	s.schedules = slices.DeleteFunc(s.schedules, func(row engine.ScheduleRow) bool {
		return row.Tenant == tenant && row.Definition.Name == name
	})
	s.schedules = append(s.schedules, rows...)
	slices.SortFunc(s.schedules, func(a, b engine.ScheduleRow) int {
		return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Definition.Name, b.Definition.Name), cmp.Compare(a.Index, b.Index))
	})
}

func cloneSchedule(row engine.ScheduleRow) engine.ScheduleRow {
	row.QueuedAt, row.LastAt = copied(row.QueuedAt), copied(row.LastAt)
	return row
}

// ClaimSchedules implements engine.Store.
func (s *Store) ClaimSchedules(ctx context.Context, limit int, hold time.Duration) (rows []engine.ScheduleRow, next time.Time, err error) {
	if err := ctx.Err(); err != nil {
		return nil, time.Time{}, fmt.Errorf("claim schedules: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for i := range s.schedules {
		row := &s.schedules[i]
		if row.LookAt.IsZero() {
			continue
		}
		if len(rows) < limit && !row.LookAt.After(now) {
			row.LookAt = now.Add(hold)
			rows = append(rows, cloneSchedule(*row))
		}
		if next.IsZero() || row.LookAt.Before(next) {
			next = row.LookAt
		}
	}
	return rows, next, nil
}

// MoveSchedule implements engine.Store.
func (s *Store) MoveSchedule(ctx context.Context, row engine.ScheduleRow, from time.Time) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("move a schedule: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.schedules, func(known engine.ScheduleRow) bool {
		return known.Tenant == row.Tenant && known.Definition == row.Definition && known.Index == row.Index && known.NextAt.Equal(from)
	})
	if i >= 0 {
		s.schedules[i] = cloneSchedule(row)
	}
	return nil
}

// Schedules implements engine.Reader.
func (s *Store) Schedules(ctx context.Context, viewer workflow.Actor) ([]engine.ScheduleRow, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("list schedules: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var rows []engine.ScheduleRow
	for _, row := range s.schedules {
		if row.Tenant == viewer.Tenant && len(rows) < engine.MaxTotal {
			rows = append(rows, cloneSchedule(row))
		}
	}
	return rows, nil
}
