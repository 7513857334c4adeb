package memory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// sees reports whether the viewer may see the instance and all its tasks:
// roles that watch over the tenant see every one, others those that they
// started, have or had a task in, or that the definition lets them view or
// operate.
func (s *Store) sees(viewer workflow.Actor, r *record) bool {
	switch {
	case r.instance.Tenant != viewer.Tenant:
		return false
	case viewer.SeesAll():
		return true
	case viewer.ID == "":
		return false
	}
	return r.instance.CreatedBy == viewer.ID || s.permits(viewer, r) || r.involves(viewer)
}

// permits reports whether the definition names the viewer.
func (s *Store) permits(viewer workflow.Actor, r *record) bool {
	v, ok := s.definitions[versionKey{r.instance.Tenant, r.instance.Definition}]
	return ok && (v.permissions.View.Among(viewer) || v.permissions.Operate.Among(viewer))
}

// involves reports whether a task of the instance is or was the viewer's, or
// could be.
func (r *record) involves(viewer workflow.Actor) bool {
	for _, t := range r.tasks {
		if t.Anyone || slices.Contains(viewer.Logins(), t.Assignee) || t.Owner == viewer.ID || t.CompletedBy == viewer.ID || named(t, viewer) {
			return true
		}
	}
	return false
}

// named reports whether the task's candidates name the viewer, somebody for whom
// he stands in, or one of their groups.
func named(t workflow.Task, viewer workflow.Actor) bool {
	has := func(all []string) func(string) bool {
		return func(one string) bool { return slices.Contains(all, one) }
	}
	return slices.ContainsFunc(t.CandidateUsers, has(viewer.Logins())) || slices.ContainsFunc(t.CandidateGroups, has(viewer.AllGroups()))
}

// visible returns the instances that the viewer may see, in no order.
func (s *Store) visible(viewer workflow.Actor) []*record {
	var records []*record
	for _, r := range s.instances {
		if s.sees(viewer, r) {
			records = append(records, r)
		}
	}
	return records
}

// among reports whether a filter lets the value pass: an empty one does.
func among[T comparable](filter []T, value T) bool {
	return len(filter) == 0 || slices.Contains(filter, value)
}

// contains reports whether one of the texts contains the query, in any case.
func contains(query string, texts ...string) bool {
	query = strings.ToLower(query)
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(strings.ToLower(text), query) })
}

// Visible implements engine.Reader.
func (s *Store) Visible(ctx context.Context, viewer workflow.Actor, ids []uuid.UUID) ([]uuid.UUID, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("look for visible instances: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var seen []uuid.UUID
	for _, id := range ids {
		if r, ok := s.instances[id]; ok && s.sees(viewer, r) {
			seen = append(seen, id)
		}
	}
	return seen, nil
}
