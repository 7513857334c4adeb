package workflow

import (
	"fmt"
	"slices"
	"time"

	"tandem/internal/workflow/expr"
)

// deadlines sets when a task is due, when its people are reminded, and gives
// when others get it too: nil for never. All count from its creation.
func (d *decider) deadlines(t *Task, h *Human, vars expr.Vars) (escalate *time.Time, err error) {
	after := []struct {
		key string
		s   *Setting
		at  **time.Time
	}{{"due", h.Due, &t.DueAt}, {"remind", h.Remind, &t.ReminderAt}}
	if h.Escalate != nil {
		after = append(after, struct {
			key string
			s   *Setting
			at  **time.Time
		}{"escalate.after", h.Escalate.After, &escalate})
	}
	for _, one := range after {
		if one.s == nil {
			continue
		}
		span, err := one.s.Span(vars)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", one.key, err)
		}
		*one.at = ptr(d.def.Calendar.After(t.CreatedAt, span))
	}
	return escalate, nil
}

// watchTask asks for the rows of a task's deadlines.
func (d *decider) watchTask(e Execution, t Task, escalate *time.Time) {
	for _, one := range []struct {
		kind DueKind
		at   *time.Time
	}{{DueTask, t.DueAt}, {DueRemind, t.ReminderAt}, {DueEscalate, escalate}} {
		if one.at != nil {
			d.addDue(e, one.kind, *one.at)
		}
	}
}

// deadline acts on a deadline of the open task.
func (d *decider) deadline(e Execution, kind DueKind) {
	t, ok := d.taskOf(e.ID)
	if !ok {
		return
	}
	switch kind {
	case DueTask:
		d.stepEvent(EventTaskOverdue, e, "", askedDetail(t))
	case DueRemind:
		d.stepEvent(EventTaskReminded, e, "", askedDetail(t))
	case DueEscalate:
		d.escalate(t, e)
	}
}

// askedDetail tells whom a task waits for, and until when.
func askedDetail(t Task) map[string]any {
	detail := map[string]any{
		"task_id": t.ID, "title": t.Title, "assignee": t.Assignee, "candidate_users": t.CandidateUsers,
		"candidate_groups": t.CandidateGroups, "due_at": t.DueAt,
	}
	if len(t.Guests) > 0 {
		detail["guests"] = t.Guests
	}
	return detail
}

// escalate gives a task to more people. Whoever had it alone keeps it as one of
// them.
func (d *decider) escalate(t Task, e Execution) {
	users, groups, err := d.escalateTo(e)
	if err != nil {
		d.fail(e, evaluationError(fmt.Errorf("escalate: %w", err)))
		return
	}
	from := t.Assignee
	t.CandidateUsers = union(t.CandidateUsers, append([]string{from, t.Owner}, users...), t.Excluded)
	t.CandidateGroups = union(t.CandidateGroups, groups, nil)
	t.Assignee, t.ClaimedAt, t.ActsFor, t.Owner = "", nil, "", ""
	d.putTask(t)
	detail := askedDetail(t)
	detail["from_assignee"], detail["users"], detail["groups"] = from, users, groups
	d.stepEvent(EventTaskEscalated, e, "", detail)
}

func (d *decider) escalateTo(e Execution) (users, groups []string, err error) {
	to := d.def.Step(e.Step).Human.Escalate
	vars := d.varsOf(e)
	if users, err = settingStrings(to.Users, vars); err != nil {
		return nil, nil, fmt.Errorf("users: %w", err)
	}
	if groups, err = settingStrings(to.Groups, vars); err != nil {
		return nil, nil, fmt.Errorf("groups: %w", err)
	}
	return users, groups, nil
}

// union gives the names of both lists, sorted, without those to leave out.
func union(a, b, without []string) []string {
	all := slices.DeleteFunc(slices.Concat(a, b), func(s string) bool { return s == "" || slices.Contains(without, s) })
	slices.Sort(all)
	return slices.Compact(all)
}

// shiftDeadlines moves the times of an execution's open task by the time it was
// frozen. A reminder that was sent before stays where it is.
func (d *decider) shiftDeadlines(e Execution, since time.Time, shift time.Duration) {
	t, ok := d.taskOf(e.ID)
	if !ok || t.DueAt == nil && t.ReminderAt == nil {
		return
	}
	if t.ReminderAt != nil && t.ReminderAt.After(since) {
		t.ReminderAt = ptr(t.ReminderAt.Add(shift))
	}
	if t.DueAt != nil {
		t.DueAt = ptr(t.DueAt.Add(shift))
		e.DueAt = t.DueAt
		d.put(e)
	}
	d.putTask(t)
}
