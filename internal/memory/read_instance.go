package memory

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Instances implements engine.Reader.
func (s *Store) Instances(ctx context.Context, viewer workflow.Actor, f engine.InstanceFilter, p engine.Paging) (engine.Page[engine.InstanceRow], error) {
	if err := ctx.Err(); err != nil {
		return engine.Page[engine.InstanceRow]{}, fmt.Errorf("list instances: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if f.Now.IsZero() {
		f.Now = s.now()
	}
	records := slices.DeleteFunc(s.visible(viewer), func(r *record) bool { return !s.passes(r, f) })
	o := order[*record, ageKey]{list: "newest", key: keyOfInstance, compare: func(a, b ageKey) int { return b.compare(a) }}
	if f.Oldest {
		o.list, o.compare = "oldest", ageKey.compare
	}
	found, err := page(records, o, p)
	return mapPage(found, err, s.instanceRow)
}

// passes reports whether an instance fits the filter.
func (s *Store) passes(r *record, f engine.InstanceFilter) bool {
	in := r.instance
	return among(f.IDs, in.ID) &&
		among(f.DefinitionNames, in.Definition.Name) &&
		among(f.Versions, in.Definition.Version) &&
		among(f.Statuses, in.Status) &&
		among(f.CreatedBy, in.CreatedBy) &&
		among(f.CorrelationIDs, in.CorrelationID) &&
		contains(f.Query, in.ID.String(), in.CorrelationID, in.Definition.Name) &&
		within(in.StartedAt, f.StartedAfter, f.StartedBefore) &&
		within(in.CompletedAt, f.CompletedAfter, f.CompletedBefore) &&
		atStep(in, f.Steps) && s.labeled(in, f.Labels) && r.assignedTo(f.Assignees) &&
		failedAs(in, f) && s.healthy(r, f) && s.dataPasses(r, f)
}

// failedAs reports whether an instance failed at one of the steps and with one
// of the messages.
func failedAs(in workflow.Instance, f engine.InstanceFilter) bool {
	if len(f.FailedSteps)+len(f.FailedWith) == 0 {
		return true
	}
	step, message := in.Failure()
	return in.Status == workflow.StatusFailed && among(workflow.CountedFailures(f.FailedSteps), step) && among(workflow.CountedFailures(f.FailedWith), message)
}

// within reports whether after ≤ at < before; a bound that is nil does not
// limit, a time that is nil is in no bounds.
func within(at, after, before *time.Time) bool {
	if after == nil && before == nil {
		return true
	}
	return at != nil && (after == nil || !at.Before(*after)) && (before == nil || at.Before(*before))
}

func (s *Store) instanceRow(r *record) engine.InstanceRow {
	in := r.instance
	in.Data, in.Input, in.State = nil, nil, workflow.State{}
	return engine.InstanceRow{Instance: cloneInstance(in), DefinitionTitle: s.title(in.Tenant, in.Definition)}
}

// find returns an instance that the viewer may see. The caller holds the lock.
func (s *Store) find(viewer workflow.Actor, id uuid.UUID) (*record, error) {
	r, ok := s.instances[id]
	if !ok || !s.sees(viewer, r) {
		return nil, workflow.ErrInstanceNotFound
	}
	return r, nil
}

// Instance implements engine.Reader.
func (s *Store) Instance(ctx context.Context, viewer workflow.Actor, id uuid.UUID) (workflow.Instance, error) {
	if err := ctx.Err(); err != nil {
		return workflow.Instance{}, fmt.Errorf("read instance %s: %w", id, err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.find(viewer, id)
	if err != nil {
		return workflow.Instance{}, err
	}
	return cloneInstance(r.instance), nil
}

// Executions implements engine.Reader: oldest first.
func (s *Store) Executions(ctx context.Context, viewer workflow.Actor, instance uuid.UUID, limit int) ([]workflow.Execution, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("executions of instance %s: %w", instance, err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.find(viewer, instance)
	if err != nil {
		return nil, err
	}
	var list []workflow.Execution
	for _, e := range firstOf(r.sortedExecutions(), limit) {
		list = append(list, cloneExecution(e.Execution))
	}
	return list, nil
}

// Steps implements engine.Reader: oldest first.
func (s *Store) Steps(ctx context.Context, viewer workflow.Actor, instance uuid.UUID, limit int) ([]workflow.Execution, error) {
	all, err := s.Executions(ctx, viewer, instance, math.MaxInt)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(e workflow.Execution) bool {
		return e.Role == workflow.EachItem && e.Index >= engine.ShownItems
	})
	return firstOf(all, limit), nil
}

// ItemCounts implements engine.Reader.
func (s *Store) ItemCounts(ctx context.Context, viewer workflow.Actor, instance uuid.UUID) ([]engine.ItemCount, error) {
	all, err := s.Executions(ctx, viewer, instance, math.MaxInt)
	if err != nil {
		return nil, err
	}
	var list []engine.ItemCount
	for _, e := range all {
		if e.Role != workflow.EachItem {
			continue
		}
		one := engine.ItemCount{Holder: e.Scope, Status: e.Status, Count: 1}
		i := slices.IndexFunc(list, func(c engine.ItemCount) bool { return c.Holder == e.Scope && c.Status == e.Status })
		if i >= 0 {
			list[i].Count++
			continue
		}
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b engine.ItemCount) int {
		return cmp.Or(bytes.Compare(a.Holder[:], b.Holder[:]), strings.Compare(string(a.Status), string(b.Status)))
	})
	return firstOf(list, engine.MaxItemCounts), nil
}

func firstOf[T any](list []T, limit int) []T { return list[:max(0, min(limit, len(list)))] }

// InstanceTasks implements engine.Reader: oldest first; of a list of items the
// first ones.
func (s *Store) InstanceTasks(ctx context.Context, viewer workflow.Actor, instance uuid.UUID, limit int) ([]workflow.Task, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("tasks of instance %s: %w", instance, err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.find(viewer, instance)
	if err != nil {
		return nil, err
	}
	var list []workflow.Task
	for _, t := range r.tasks {
		if !t.Item || t.Index < engine.ShownItems {
			list = append(list, cloneTask(t))
		}
	}
	slices.SortFunc(list, func(a, b workflow.Task) int {
		return ageKey{a.CreatedAt, a.ID}.compare(ageKey{b.CreatedAt, b.ID})
	})
	return firstOf(list, limit), nil
}

// Events implements engine.Reader: in the order in which they were stored.
func (s *Store) Events(ctx context.Context, viewer workflow.Actor, instance uuid.UUID, p engine.Paging) (engine.Page[workflow.Event], error) {
	if err := ctx.Err(); err != nil {
		return engine.Page[workflow.Event]{}, fmt.Errorf("events of instance %s: %w", instance, err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.find(viewer, instance)
	if err != nil {
		return engine.Page[workflow.Event]{}, err
	}
	found, err := page(slices.Clone(r.events), order[workflow.Event, int64]{
		list: "events", compare: cmp.Compare[int64],
		key: func(e workflow.Event) int64 { return e.Seq },
	}, p)
	return mapPage(found, err, cloneEvent)
}
