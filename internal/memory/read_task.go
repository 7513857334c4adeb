package memory

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// located is a task with its instance.
type located struct {
	task workflow.Task
	in   *record
}

// taskKey sorts tasks: soonest due first, none last, then the most urgent, then
// the oldest.
type taskKey struct {
	Due      *time.Time `json:"d"`
	Priority int        `json:"p"`
	Age      ageKey     `json:"a"`
	Decided  *time.Time `json:"c,omitempty"`
}

// compareDecided sorts the newest decision first.
func (k taskKey) compareDecided(other taskKey) int {
	return cmp.Or(compareDue(other.Decided, k.Decided), bytes.Compare(other.Age.ID[:], k.Age.ID[:]))
}

func (k taskKey) compare(other taskKey) int {
	return cmp.Or(compareDue(k.Due, other.Due), cmp.Compare(other.Priority, k.Priority), k.Age.compare(other.Age))
}

// compareUrgent sorts the most urgent first, then as compare does.
func (k taskKey) compareUrgent(other taskKey) int {
	return cmp.Or(cmp.Compare(other.Priority, k.Priority), k.compare(other))
}

func compareDue(a, b *time.Time) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return a.Compare(*b)
}

func keyOfTask(l located) taskKey {
	return taskKey{Due: l.task.DueAt, Priority: l.task.Priority, Age: ageKey{l.task.CreatedAt, l.task.ID}, Decided: l.task.CompletedAt}
}

// Tasks implements engine.Reader.
func (s *Store) Tasks(ctx context.Context, viewer workflow.Actor, f engine.TaskFilter, p engine.Paging) (engine.Page[engine.TaskRow], error) {
	if err := ctx.Err(); err != nil {
		return engine.Page[engine.TaskRow]{}, fmt.Errorf("list tasks: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	tasks, err := s.findTasks(viewer, f)
	if err != nil {
		return engine.Page[engine.TaskRow]{}, err
	}
	o := order[located, taskKey]{list: "tasks", key: keyOfTask, compare: taskKey.compare}
	switch {
	case f.Decided():
		o.list, o.compare = "decided", taskKey.compareDecided
	case f.Urgent:
		o.list, o.compare = "urgent", taskKey.compareUrgent
	}
	found, err := page(tasks, o, p)
	return mapPage(found, err, s.taskRow)
}

// findTasks returns the tasks that the viewer may see and that fit the filter,
// in no order.
func (s *Store) findTasks(viewer workflow.Actor, f engine.TaskFilter) ([]located, error) {
	shows, ok := views[f.View]
	if !ok {
		return nil, workflow.Errorf(workflow.KindMalformed, "bad_view", "There is no view %q of tasks.", f.View)
	}
	if f.Now.IsZero() {
		f.Now = s.now()
	}
	var tasks []located
	for _, r := range s.visible(viewer) {
		for _, t := range r.tasks {
			if shows(t, viewer) && fits(t, r.instance, f) {
				tasks = append(tasks, located{t, r})
			}
		}
	}
	return tasks, nil
}

// views tell for each view whether it shows a task to the viewer.
var views = map[engine.TaskView]func(workflow.Task, workflow.Actor) bool{
	"":                     func(workflow.Task, workflow.Actor) bool { return true },
	engine.TasksMine:       isMine,
	engine.TasksGroups:     isOffered,
	engine.TasksUnassigned: func(t workflow.Task, _ workflow.Actor) bool { return isOpen(t) && t.Assignee == "" },
	engine.TasksClaimable:  isClaimable,
	engine.TasksInbox:      func(t workflow.Task, a workflow.Actor) bool { return isMine(t, a) || isClaimable(t, a) },
	engine.TasksCompleted: func(t workflow.Task, a workflow.Actor) bool {
		return t.Status == workflow.TaskCompleted && a.ID != "" && t.CompletedBy == a.ID
	},
}

func isOpen(t workflow.Task) bool { return t.Status == workflow.TaskPending }

func isMine(t workflow.Task, a workflow.Actor) bool {
	return isOpen(t) && a.ID != "" && t.Assignee == a.ID
}

// isOffered leaves out tasks for anyone: those are nobody's in particular.
func isOffered(t workflow.Task, a workflow.Actor) bool {
	return isOpen(t) && t.Assignee == "" && named(t, a) && t.MayClaim(a)
}

// isClaimable includes tasks that were given to somebody who has not claimed
// them: their candidates may take them over.
func isClaimable(t workflow.Task, a workflow.Actor) bool {
	return a.ID != "" && t.Assignee != a.ID && t.MayDecide(a)
}

// fits reports whether a task fits the filter, its view aside.
func fits(t workflow.Task, in workflow.Instance, f engine.TaskFilter) bool {
	return among(f.Assignees, t.Assignee) &&
		(len(f.Groups) == 0 || slices.ContainsFunc(t.CandidateGroups, func(g string) bool { return slices.Contains(f.Groups, g) })) &&
		among(f.Statuses, t.Status) &&
		among(f.DefinitionNames, in.Definition.Name) &&
		among(f.IDs, t.ID) &&
		among(f.InstanceIDs, in.ID) &&
		(f.InstanceID == nil || *f.InstanceID == in.ID) &&
		(f.Overdue == nil || *f.Overdue == overdue(t, f.Now)) &&
		within(t.DueAt, nil, f.DueBefore) &&
		(f.DecidedSince == nil || decided(t, f)) &&
		among(f.Priorities, t.Priority) &&
		contains(f.Query, t.Title)
}

// decided reports whether a task with a due time was decided since the filter's
// time, as far in time as it asks.
func decided(t workflow.Task, f engine.TaskFilter) bool {
	return t.Status == workflow.TaskCompleted && t.DueAt != nil && !t.CompletedAt.Before(*f.DecidedSince) &&
		(f.InTime == nil || *f.InTime == !t.CompletedAt.After(*t.DueAt))
}

func overdue(t workflow.Task, now time.Time) bool {
	return isOpen(t) && t.DueAt != nil && t.DueAt.Before(now)
}

func (s *Store) taskRow(l located) engine.TaskRow {
	in := l.in.instance
	row := engine.TaskRow{
		Task: cloneTask(l.task), Definition: in.Definition, DefinitionTitle: s.title(in.Tenant, in.Definition),
		InstanceStatus: in.Status, StartedBy: in.CreatedBy,
	}
	if in.StartedAt != nil {
		row.StartedAt = *in.StartedAt
	}
	return row
}

// Task implements engine.Reader.
func (s *Store) Task(ctx context.Context, viewer workflow.Actor, id uuid.UUID) (engine.TaskRow, error) {
	if err := ctx.Err(); err != nil {
		return engine.TaskRow{}, fmt.Errorf("read task %s: %w", id, err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, ok := s.instances[s.tasks[id]]
	if !ok || !s.sees(viewer, r) {
		return engine.TaskRow{}, workflow.ErrTaskNotFound
	}
	return s.taskRow(located{r.tasks[id], r}), nil
}

// Workload implements engine.Reader.
func (s *Store) Workload(ctx context.Context, viewer workflow.Actor, logins []string) (map[string]int, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("count the tasks of people: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	load := map[string]int{}
	for _, r := range s.instances {
		for _, t := range r.tasks {
			if r.instance.Tenant == viewer.Tenant && isOpen(t) && slices.Contains(logins, t.Assignee) {
				load[t.Assignee]++
			}
		}
	}
	return load, nil
}

// Comments implements engine.Reader.
func (s *Store) Comments(ctx context.Context, viewer workflow.Actor, task uuid.UUID) ([]workflow.Comment, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("read comments: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, ok := s.instances[s.tasks[task]]
	if !ok || !s.sees(viewer, r) {
		return nil, nil
	}
	var list []workflow.Comment
	for _, c := range r.comments {
		if c.TaskID == task && len(list) < workflow.MaxComments {
			list = append(list, c)
		}
	}
	return list, nil
}

// InboxCount implements engine.Reader.
func (s *Store) InboxCount(ctx context.Context, viewer workflow.Actor) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("count inbox of %s: %w", viewer.ID, err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	tasks, err := s.findTasks(viewer, engine.TaskFilter{View: engine.TasksInbox})
	return min(len(tasks), engine.MaxInboxCount), err
}
