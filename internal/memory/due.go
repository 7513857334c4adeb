package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// ClaimDue implements engine.Store. The next time counts rows on hold, those of
// this claim too: when nothing comes of it, they are due again at its end.
func (s *Store) ClaimDue(ctx context.Context, limit int, hold time.Duration) ([]workflow.Due, time.Time, error) {
	if err := ctx.Err(); err != nil {
		return nil, time.Time{}, fmt.Errorf("claim due rows: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	var due []workflow.Due
	var next time.Time
	for _, c := range s.thawed() {
		if len(due) < limit && !c.visible().After(now) {
			due = append(due, c.Due)
			c.hidden = now.Add(hold)
			s.hide(c)
		}
		if next.IsZero() || c.visible().Before(next) {
			next = c.visible()
		}
	}
	return due, next, nil
}

func (s *Store) hide(c claimable) {
	if c.Kind == workflow.DueSend {
		s.sends[c.ID] = c
		return
	}
	s.instances[c.InstanceID].dues[c.ID] = c
}

// DropDue implements engine.Store.
func (s *Store) DropDue(ctx context.Context, ids []uuid.UUID) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("drop due rows: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if instance, ok := s.dues[id]; ok {
			s.dropDue(s.instances[instance], id)
		}
		delete(s.sends, id)
	}
	return nil
}

// thawed returns the rows that are not frozen in the order in which they can be
// claimed.
func (s *Store) thawed() []claimable {
	var rows []claimable
	for id, instance := range s.dues {
		if c := s.instances[instance].dues[id]; !c.Frozen {
			rows = append(rows, c)
		}
	}
	for _, c := range s.sends {
		rows = append(rows, c)
	}
	slices.SortFunc(rows, func(a, b claimable) int {
		return cmp.Or(a.visible().Compare(b.visible()), a.At.Compare(b.At), slices.Compare(a.ID[:], b.ID[:]))
	})
	return rows
}

// visible is the time from which the row can be claimed.
func (c claimable) visible() time.Time {
	if c.hidden.After(c.At) {
		return c.hidden
	}
	return c.At
}
