package storetest

import (
	"context"
	"maps"
	"sync"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// keeping is what decisions know of instances beside what a test says: where
// they stood, and their tasks.
type keeping struct {
	sync.Mutex
	stood map[uuid.UUID]workflow.Standing
	tasks map[uuid.UUID]map[uuid.UUID]workflow.Task // by instance
}

func newKeeping() *keeping {
	return &keeping{stood: map[uuid.UUID]workflow.Standing{}, tasks: map[uuid.UUID]map[uuid.UUID]workflow.Task{}}
}

// Apply is the store's, with the counts that a decision would have made.
func (b *bench) Apply(ctx context.Context, batch []*workflow.Transition) (map[uuid.UUID]bool, error) {
	tasks := b.known.count(batch)
	stale, err := b.Store.Apply(ctx, batch)
	if err == nil {
		b.known.keep(batch, tasks, stale)
	}
	return stale, err
}

// count fills in what transitions say of tasks, and gives the tasks of each.
func (k *keeping) count(batch []*workflow.Transition) []map[uuid.UUID]workflow.Task {
	k.Lock()
	defer k.Unlock()
	all := make([]map[uuid.UUID]workflow.Task, len(batch))
	for i, t := range batch {
		if t.From > 0 {
			t.Was = k.stood[t.InstanceID]
			all[i] = maps.Clone(k.tasks[t.InstanceID])
		}
		if all[i] == nil {
			all[i] = map[uuid.UUID]workflow.Task{}
		}
		for _, row := range t.Tasks {
			all[i][row.Value.ID] = row.Value
		}
		t.Instance.State.Tasks = countsOf(all[i])
	}
	return all
}

func countsOf(tasks map[uuid.UUID]workflow.Task) (c workflow.TaskCounts) {
	for _, t := range tasks {
		if t.Status == workflow.TaskPending {
			c.Open++
		}
		groups := t.CandidateGroups
		if t.Anyone {
			groups = append([]string{workflow.Anyone}, groups...)
		}
		for _, g := range groups {
			if c.Groups == nil {
				c.Groups = map[string]int{}
			}
			c.Groups[g]++
		}
	}
	return c
}

func (k *keeping) keep(batch []*workflow.Transition, tasks []map[uuid.UUID]workflow.Task, stale map[uuid.UUID]bool) {
	k.Lock()
	defer k.Unlock()
	for i, t := range batch {
		if !stale[t.InstanceID] {
			k.stood[t.InstanceID], k.tasks[t.InstanceID] = t.Instance.Standing(), tasks[i]
		}
	}
}
