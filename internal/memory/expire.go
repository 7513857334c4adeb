package memory

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Expire implements engine.Store.
func (s *Store) Expire(ctx context.Context, limit int) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("delete expired instances: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	expired := s.expired()
	expired = expired[:min(limit, len(expired))]
	for _, in := range expired {
		s.orphan(in.ID)
	}
	for _, in := range expired {
		s.forget(in.ID)
	}
	return len(expired), nil
}

// expired lists the instances that may go, those whose time came first before
// others.
func (s *Store) expired() []workflow.Instance {
	now := s.now()
	busy := map[uuid.UUID]bool{} // parents of children that have not ended
	for _, r := range s.instances {
		if !r.instance.Status.Finished() {
			busy[r.instance.Parent.InstanceID] = true
		}
	}
	var list []workflow.Instance
	for id, r := range s.instances {
		in := r.instance
		parent, ok := s.instances[in.Parent.InstanceID]
		if in.ExpiresAt != nil && !in.ExpiresAt.After(now) && !busy[id] && (!ok || parent.instance.Status.Finished()) {
			list = append(list, in)
		}
	}
	slices.SortFunc(list, func(a, b workflow.Instance) int { return a.ExpiresAt.Compare(*b.ExpiresAt) })
	return list
}

// orphan lets the children of an instance go after it.
func (s *Store) orphan(parent uuid.UUID) {
	now := s.now()
	for _, r := range s.instances {
		if r.instance.Parent.InstanceID == parent {
			r.instance.ExpiresAt = &now
		}
	}
}

// forget deletes an instance with all that belongs to it.
func (s *Store) forget(id uuid.UUID) {
	r := s.instances[id]
	s.dropFiles(id)
	for task := range r.tasks {
		s.dropDrafts(task)
		delete(s.tasks, task)
	}
	for due := range r.dues {
		delete(s.dues, due)
	}
	for send, c := range s.sends {
		if c.InstanceID == id {
			delete(s.sends, send)
		}
	}
	for key, used := range s.keys {
		if used.InstanceID == id {
			delete(s.keys, key)
		}
	}
	for _, ev := range r.events {
		s.floor = max(s.floor, ev.Seq)
	}
	delete(s.instances, id)
}
