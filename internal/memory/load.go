package memory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// pinned is the definition of an instance.
type pinned struct {
	tenant string
	ref    workflow.Ref
}

// Load implements engine.Store.
func (s *Store) Load(ctx context.Context, ids []uuid.UUID, want engine.Want) (map[uuid.UUID]*workflow.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	known := s.pinned(ids)
	steps, err := wantedSteps(known, want)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	snaps := make(map[uuid.UUID]*workflow.Snapshot, len(known))
	for id, def := range known {
		snaps[id] = s.instances[id].snapshot(want, steps[def])
	}
	return snaps, nil
}

// pinned gives the definitions of those instances that are known.
func (s *Store) pinned(ids []uuid.UUID) map[uuid.UUID]pinned {
	s.mu.RLock()
	defer s.mu.RUnlock()
	known := make(map[uuid.UUID]pinned, len(ids))
	for _, id := range ids {
		if r, ok := s.instances[id]; ok {
			known[id] = pinned{r.instance.Tenant, r.instance.Definition}
		}
	}
	return known
}

// wantedSteps asks want.Steps once for each definition. It is called without
// the lock: the answer may come from this store.
func wantedSteps(known map[uuid.UUID]pinned, want engine.Want) (map[pinned][]string, error) {
	steps := map[pinned][]string{}
	if want.Steps == nil {
		return steps, nil
	}
	for _, def := range known {
		if _, ok := steps[def]; ok {
			continue
		}
		names, err := want.Steps(def.tenant, def.ref)
		if err != nil {
			return nil, fmt.Errorf("load: steps of %s: %w", def.ref, err)
		}
		steps[def] = names
	}
	return steps, nil
}

func (r *record) snapshot(want engine.Want, steps []string) *workflow.Snapshot {
	snap := &workflow.Snapshot{
		Instance:   cloneInstance(r.instance),
		Executions: map[uuid.UUID]workflow.Execution{},
		Tasks:      map[uuid.UUID]workflow.Task{},
		Dues:       map[uuid.UUID]workflow.Due{},
		Loaded:     want.Need,
	}
	latest := r.latest(slices.Concat(steps, want.Latest))
	named := r.named(want)
	for id, e := range r.executions {
		if e.Live && e.Role != workflow.EachItem || latest[e.Step] == id || named[id] {
			snap.Executions[id] = cloneExecution(e)
		}
	}
	for id, t := range r.tasks {
		if t.Status == workflow.TaskPending && (!t.Item || named[t.ExecutionID]) || slices.Contains(want.Tasks, id) {
			snap.Tasks[id] = cloneTask(t)
		}
	}
	for id, due := range r.dues {
		if !due.Item || named[due.ExecutionID] {
			snap.Dues[id] = due.Due
		}
	}
	for _, h := range r.hooks {
		if !h.Consumed {
			snap.Hooks = append(snap.Hooks, cloneHook(h))
		}
	}
	slices.SortFunc(snap.Hooks, compareHooks)
	return snap
}

// named tells the executions that want names, by themselves or by a part of
// them.
func (r *record) named(want engine.Want) map[uuid.UUID]bool {
	named := map[uuid.UUID]bool{}
	for _, id := range want.Executions {
		named[id] = true
	}
	for _, id := range want.Tasks {
		named[r.tasks[id].ExecutionID] = true
	}
	for _, id := range want.Dues {
		named[r.dues[id].ExecutionID] = true
	}
	if len(want.Scopes)+len(want.Live)+len(want.Items) == 0 {
		return named
	}
	for id, e := range r.executions {
		key := workflow.ItemKey{Scope: e.Scope, Index: e.Index}
		if slices.Contains(want.Scopes, e.Scope) || e.Live && (slices.Contains(want.Live, e.Scope) || slices.Contains(want.Items, key)) {
			named[id] = true
		}
	}
	return named
}

func compareHooks(a, b workflow.Hook) int {
	return cmp.Or(a.ReceivedAt.Compare(b.ReceivedAt), cmp.Compare(a.Step, b.Step),
		cmp.Compare(a.Visit, b.Visit), cmp.Compare(a.Index, b.Index))
}

// latest gives the id of the latest execution of each of the steps: the highest
// visit, and of several with that one the last made.
func (r *record) latest(steps []string) map[string]uuid.UUID {
	ids := map[string]uuid.UUID{}
	if len(steps) == 0 {
		return ids
	}
	for _, e := range slices.SortedFunc(maps.Values(r.executions), compareVisits) {
		if e.Role != workflow.EachItem && slices.Contains(steps, e.Step) {
			ids[e.Step] = e.ID
		}
	}
	return ids
}

func compareVisits(a, b workflow.Execution) int {
	return cmp.Or(cmp.Compare(a.Visit, b.Visit), slices.Compare(a.ID[:], b.ID[:]))
}
