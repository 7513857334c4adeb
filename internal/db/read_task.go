package db

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

const (
	taskRowColumns = taskColumns + `, i.definition_name, i.definition_version, ` + title + `, i.status, i.created_by, i.started_at`
	taskInstance   = ` JOIN instances AS i ON i.id = t.instance_id`
	taskRowFrom    = `tasks AS t` + taskInstance + withTitle
	taskDue        = `least(t.due_at, 'infinity'::timestamptz)` // least passes over NULL, and is allowed below policies
)

// taskKey sorts tasks: due soonest first, none last, then the most urgent, then
// the oldest.
type taskKey struct {
	Due      *time.Time `json:"d"`
	Priority int        `json:"p"`
	Age      ageKey     `json:"a"`
	Decided  *time.Time `json:"c,omitempty"`
}

// Tasks implements engine.Reader.
func (d *DB) Tasks(ctx context.Context, viewer workflow.Actor, f engine.TaskFilter, p engine.Paging) (engine.Page[engine.TaskRow], error) {
	sees, err := d.sightOfTasks(ctx, viewer, f)
	if err != nil {
		return engine.Page[engine.TaskRow]{}, err
	}
	l, err := taskList(viewer, f, sees)
	if err != nil {
		return engine.Page[engine.TaskRow]{}, err
	}
	return l.page(ctx, d, p)
}

// named reports whether a filter names what it asks for: few, whatever there is.
func named(f engine.TaskFilter) bool { return len(f.IDs) > 0 || len(f.InstanceIDs) > 0 }

// sightOfTasks looks up what a list of tasks needs of what the viewer sees: views
// of his own tasks and of his groups' need nothing.
func (d *DB) sightOfTasks(ctx context.Context, viewer workflow.Actor, f engine.TaskFilter) (sight, error) {
	pending := slices.Equal(f.Statuses, []workflow.TaskStatus{workflow.TaskPending}) || f.Overdue != nil && *f.Overdue
	switch {
	case named(f): // each is asked
	case f.View == engine.TasksUnassigned, f.View == "" && pending:
		return d.sightOf(ctx, viewer, f.DefinitionNames, openStates...)
	case f.View == "":
		return d.sightOf(ctx, viewer, f.DefinitionNames)
	}
	return sight{}, nil
}

func taskList(viewer workflow.Actor, f engine.TaskFilter, sees sight) (*listing[engine.TaskRow, taskKey], error) {
	l := &listing[engine.TaskRow, taskKey]{
		tenant: viewer.Tenant, name: "tasks", order: taskDue + ", -t.priority, t.created_at, t.id",
		table: "tasks AS t", alias: "t", keys: "t.id, t.due_at, t.priority, t.created_at",
		join: taskInstance + withTitle, columns: taskRowColumns, scan: scanTaskRow, after: afterTask,
		key: func(t engine.TaskRow) taskKey {
			return taskKey{t.DueAt, t.Priority, ageKey{t.CreatedAt, t.ID}, t.CompletedAt}
		},
	}
	switch {
	case f.Decided():
		l.name, l.order, l.after = "decided", "t.completed_at DESC, t.id DESC", afterDecided
		l.keys = "t.id, t.completed_at"
	case f.Urgent:
		l.name, l.order, l.after = "urgent", "-t.priority, "+taskDue+", t.created_at, t.id", afterUrgent
	}
	var err error
	var least []seen
	if l.either, least, err = l.addView(f, viewer, sees); err != nil {
		return nil, err
	}
	l.offered = f.View == engine.TasksGroups || f.View == engine.TasksClaimable || f.View == engine.TasksInbox
	if includesOpen(f) {
		l.atLeast(least, func(s seen) int { return s.openTasks })
	}
	if f.View == "" {
		l.slices = l.eachTaskStatus(f.Statuses)
		if viewer.SeesAll() {
			l.either, l.apart, l.slices = l.slices, true, nil
		}
	}
	l.addTaskFilter(f)
	if l.mentions("i.") || strings.Contains(strings.Join(l.either, " "), "i.") {
		l.with = taskInstance
	}
	return l, nil
}

// includesOpen reports whether a list holds all open tasks of the instances that
// the viewer sees of some definitions.
func includesOpen(f engine.TaskFilter) bool {
	if len(f.Statuses) > 0 && !slices.Contains(f.Statuses, workflow.TaskPending) {
		return false
	}
	f.Statuses, f.DefinitionNames, f.Now, f.Urgent = nil, nil, time.Time{}, false
	return reflect.ValueOf(f).IsZero()
}

// eachTaskStatus asks for each of the statuses, of all where none is named: of
// each tasks_listed has the order of the list.
func (c *conditions) eachTaskStatus(statuses []workflow.TaskStatus) (each []string) {
	if len(statuses) == 0 {
		statuses = []workflow.TaskStatus{workflow.TaskPending, workflow.TaskCompleted, workflow.TaskCanceled}
	}
	for _, s := range slices.Compact(slices.Sorted(slices.Values(statuses))) {
		each = append(each, "t.status = "+c.arg(s))
	}
	return each
}

func afterTask(c *conditions, last taskKey) {
	due := any("infinity")
	if last.Due != nil {
		due = last.Due.Format(time.RFC3339Nano)
	}
	c.add("("+taskDue+", -t.priority, t.created_at, t.id) > (?::text::timestamptz, ?, ?, ?)",
		due, -last.Priority, last.Age.At, last.Age.ID)
}

// afterDecided is afterTask of a list that begins with the newest decision.
func afterDecided(c *conditions, last taskKey) {
	c.add("(t.completed_at, t.id) < (?, ?)", last.Decided, last.Age.ID)
}

// afterUrgent is afterTask of a list that begins with the most urgent.
func afterUrgent(c *conditions, last taskKey) {
	due := any("infinity")
	if last.Due != nil {
		due = last.Due.Format(time.RFC3339Nano)
	}
	c.add("(-t.priority, "+taskDue+", t.created_at, t.id) > (?, ?::text::timestamptz, ?, ?)",
		-last.Priority, due, last.Age.At, last.Age.ID)
}

// addView adds that the view shows the task t to the viewer, and gives
// conditions of which one must hold; nil = none. least is as addEitherVisible
// gives it.
func (c *conditions) addView(f engine.TaskFilter, viewer workflow.Actor, sees sight) (either []string, least []seen, err error) {
	c.add("t.tenant_id = ?", viewer.Tenant)
	switch f.View {
	case "":
		switch {
		case named(f):
			c.addVisible(viewer)
		case !viewer.SeesAll():
			either, least = c.addEitherVisible(viewer, sees, "t") // each finds its instances, and their tasks
		}
	case engine.TasksUnassigned:
		c.add("t.status = 'pending' AND t.assignee IS NULL")
		if named(f) {
			c.addVisible(viewer)
			break
		}
		either, least = c.addEitherVisible(viewer, sees, "t")
	case engine.TasksMine:
		c.add("t.status = 'pending' AND t.assignee = ?", viewer.ID)
	case engine.TasksGroups:
		c.add("t.assignee IS NULL")
		c.addOffered(viewer, false)
	case engine.TasksClaimable:
		c.add(c.claimable(viewer))
	case engine.TasksInbox:
		c.add("t.status = 'pending'")
		either = []string{"t.assignee = " + c.arg(viewer.ID), c.claimable(viewer)}
	case engine.TasksCompleted:
		c.add("t.status = 'completed' AND t.completed_by = ?", viewer.ID)
	default:
		return nil, nil, workflow.Errorf(workflow.KindMalformed, "bad_view", "There is no view %q of tasks.", f.View)
	}
	return either, least, nil
}

// mentions reports whether a condition is about a table.
func (c *conditions) mentions(alias string) bool { return strings.Contains(c.String(), alias) }

// addOffered adds that the task is open to the viewer, who is not excluded.
// anyone includes those that are open to everybody.
func (c *conditions) addOffered(viewer workflow.Actor, anyone bool) {
	me := c.arg(viewer.ID)
	named := c.nominated(viewer.ID, viewer.Groups)
	for _, other := range viewer.For {
		named += ` OR NOT t.excluded @> ARRAY[` + c.arg(other.Login) + `::text] AND (t.assignee = ` + c.arg(other.Login) + ` OR ` + c.nominated(other.Login, other.Groups) + `)`
	}
	if anyone {
		named = `t.anyone OR ` + named
	}
	c.add(`t.status = 'pending' AND (` + named + `) AND NOT t.excluded @> ARRAY[` + me + `::text]`)
}

// nominated is the condition that the task's candidates name somebody.
func (c *conditions) nominated(login string, groups []string) string {
	return `t.candidate_users @> ARRAY[` + c.arg(login) + `::text] OR t.candidate_groups && ` + c.arg(filled(groups)) + `::text[]`
}

// claimable is the condition that the viewer may take the task: also one that
// was given to somebody else who has not claimed it.
func (c *conditions) claimable(viewer workflow.Actor) string {
	if viewer.ID == "" {
		return "false"
	}
	offered := conditions{args: c.args}
	offered.addOffered(viewer, true)
	offered.add("t.owner IS NULL AND (t.assignee IS NULL OR t.assignee <> ? AND (t.claimed_at IS NULL OR t.assignee = ANY (?)))", viewer.ID, viewer.Logins())
	c.args = offered.args
	return offered.String()
}

func (c *conditions) addTaskFilter(f engine.TaskFilter) {
	addAmong(c, "t.assignee", f.Assignees)
	if len(f.Groups) > 0 {
		c.add("t.candidate_groups && ?", f.Groups)
	}
	addAmong(c, "t.status", f.Statuses)
	addAmong(c, "t.definition_name", f.DefinitionNames)
	addAmong(c, "t.id", f.IDs)
	addAmong(c, "t.instance_id", f.InstanceIDs)
	if f.InstanceID != nil {
		c.add("t.instance_id = ?", *f.InstanceID)
	}
	if f.Overdue != nil {
		now := f.Now
		if now.IsZero() {
			now = time.Now()
		}
		late := "t.status = 'pending' AND " + taskDue + " < " + c.arg(now) // a range of tasks_listed
		if !*f.Overdue {
			late = "NOT (" + late + ")"
		}
		c.add(late)
	}
	c.addWithin("t.due_at", nil, f.DueBefore)
	if f.DecidedSince != nil {
		c.add("t.status = 'completed' AND t.due_at IS NOT NULL AND t.completed_at >= ?", *f.DecidedSince) // tasks_decided
		if f.InTime != nil {
			c.add("(t.completed_at <= t.due_at) = ?", *f.InTime)
		}
	}
	addAmong(c, "t.priority", f.Priorities)
	c.addContains(f.Query, "t.title")
}

func scanTaskRow(row pgx.CollectableRow) (t engine.TaskRow, err error) {
	var started *time.Time
	err = row.Scan(append(taskTargets(&t.Task), &t.Definition.Name, &t.Definition.Version, &t.DefinitionTitle,
		&t.InstanceStatus, &t.StartedBy, &started)...)
	if started != nil {
		t.StartedAt = *started
	}
	return t, err
}

// Task implements engine.Reader.
func (d *DB) Task(ctx context.Context, viewer workflow.Actor, id uuid.UUID) (engine.TaskRow, error) {
	var c conditions
	c.add("t.id = ?", id)
	c.addVisible(viewer)
	rows, err := d.of(viewer.Tenant).Query(ctx, `SELECT `+taskRowColumns+` FROM `+taskRowFrom+` WHERE `+c.String(), c.args...)
	if err != nil {
		return engine.TaskRow{}, wrap("read task", err)
	}
	t, err := pgx.CollectExactlyOneRow(rows, scanTaskRow)
	if errors.Is(err, pgx.ErrNoRows) {
		return engine.TaskRow{}, workflow.ErrTaskNotFound
	}
	return t, wrap(fmt.Sprintf("read task %s", id), err)
}

// InboxCount implements engine.Reader.
func (d *DB) InboxCount(ctx context.Context, viewer workflow.Actor) (int, error) {
	l := &listing[engine.TaskRow, taskKey]{tenant: viewer.Tenant, name: "inbox", table: "tasks AS t", alias: "t", keys: "t.id", total: engine.MaxInboxCount}
	var err error
	if l.either, _, err = l.addView(engine.TaskFilter{View: engine.TasksInbox}, viewer, sight{}); err != nil {
		return 0, err
	}
	n, err := l.count(ctx, d)
	return min(n, engine.MaxInboxCount), err
}
