package memory

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// draftKey names a draft.
type draftKey struct {
	task   uuid.UUID
	person string
}

// SaveDraft implements engine.Store.
func (s *Store) SaveDraft(ctx context.Context, tenant string, d engine.Draft) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("save a draft: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.instances[s.tasks[d.Task]]
	if !ok || r.instance.Tenant != tenant || r.tasks[d.Task].Status != workflow.TaskPending {
		return workflow.ErrTaskNotFound
	}
	key := draftKey{d.Task, d.Person}
	if old, ok := s.drafts[key]; !ok || !old.SavedAt.After(d.SavedAt) {
		d.Data = slices.Clone(d.Data)
		s.drafts[key] = d
	}
	return nil
}

// Draft implements engine.Store.
func (s *Store) Draft(ctx context.Context, tenant string, task uuid.UUID, person string) (engine.Draft, error) {
	if err := ctx.Err(); err != nil {
		return engine.Draft{}, fmt.Errorf("read a draft: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	d, ok := s.drafts[draftKey{task, person}]
	if !ok || s.instances[s.tasks[task]].instance.Tenant != tenant {
		return engine.Draft{}, engine.ErrDraftNotFound
	}
	d.Data = slices.Clone(d.Data)
	return d, nil
}

// DropDraft implements engine.Store.
func (s *Store) DropDraft(ctx context.Context, tenant string, task uuid.UUID, person string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("drop a draft: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.instances[s.tasks[task]]; ok && r.instance.Tenant == tenant {
		delete(s.drafts, draftKey{task, person})
	}
	return nil
}

// dropDrafts deletes all drafts of a task that waits no more.
func (s *Store) dropDrafts(task uuid.UUID) {
	for key := range s.drafts {
		if key.task == task {
			delete(s.drafts, key)
		}
	}
}
