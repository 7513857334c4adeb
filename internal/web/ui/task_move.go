package ui

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/web/session"
	"tandem/internal/workflow"
)

func (u *UI) claimTask(w http.ResponseWriter, r *http.Request) error {
	return u.moveTask(w, r, "task_claimed", "not_claimed", func(t *openTask, version int64) error {
		_, err := u.Engine.ClaimTask(r.Context(), actor(r), t.ID, version)
		return err
	})
}

func (u *UI) unclaimTask(w http.ResponseWriter, r *http.Request) error {
	return u.moveTask(w, r, "task_unclaimed", "not_changed", func(t *openTask, version int64) error {
		_, err := u.Engine.UnclaimTask(r.Context(), actor(r), t.ID, version)
		return err
	})
}

// moveTask changes who has a task and leads back with a notice. When it has
// changed meanwhile, the notice says so, and the task is shown as it stands.
func (u *UI) moveTask(w http.ResponseWriter, r *http.Request, done, lost string, move func(t *openTask, version int64) error) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	t, err := u.task(r)
	if err != nil {
		return err
	}
	back := taskPath(t.ID)
	if to := values.Get("_back"); session.LocalPath(to) {
		back = to
	}
	err = move(t, formVersion(values))
	if workflow.KindOf(err) == workflow.KindConflict && err != nil {
		return u.redirect(w, r, withNotice(taskPath(t.ID), lost))
	}
	if err != nil {
		return err
	}
	return u.redirect(w, r, withNotice(back, done))
}

// withNotice adds the code of a notice to a path of this application.
func withNotice(path, code string) string {
	path, query, _ := strings.Cut(path, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		values = url.Values{}
	}
	values.Set("notice", code)
	return path + "?" + values.Encode()
}

func (u *UI) reassignTask(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	t, err := u.task(r)
	if err != nil {
		return u.failKeeping(w, r, values, err)
	}
	p := u.taskPage(r, t)
	to := views.TaskReassign{
		Person: trimmed(values, "person"), Group: trimmed(values, "group"), Reason: trimmed(values, "reason"), Open: true,
	}
	to.Problem, to.At = t.reassignProblem(p, to)
	if to.Problem != "" {
		return u.refuseReassign(w, r, p, t, to)
	}
	_, err = u.Engine.ReassignTask(r.Context(), actor(r), t.ID, engine.Reassignment{
		User: to.Person, Group: to.Group, Reason: to.Reason, Version: formVersion(values),
	})
	switch workflow.KindOf(err) {
	case workflow.KindInvalid:
		to.Problem, to.At = unknownReceiver(p, to, err)
		return u.refuseReassign(w, r, p, t, to)
	case workflow.KindConflict:
		return u.redirect(w, r, withNotice(taskPath(t.ID), "not_changed"))
	}
	if err != nil {
		return u.failKeeping(w, r, values, err)
	}
	return u.afterReassign(w, r, t.ID)
}

func trimmed(values url.Values, name string) string { return strings.TrimSpace(values.Get(name)) }

// reassignProblem says what is wrong with a reassignment, and at which control.
func (t *openTask) reassignProblem(p views.Page, to views.TaskReassign) (problem, at string) {
	switch {
	case (to.Person == "") == (to.Group == ""):
		return p.T("task.reassign.either"), "to-person"
	case to.Person != "" && slices.Contains(t.Excluded, to.Person):
		return p.T("task.reassign.excluded", to.Person), "to-person"
	case utf8.RuneCountInString(to.Reason) > workflow.MaxComment:
		return p.T("task.reassign.long", workflow.MaxComment), "to-reason"
	}
	return "", ""
}

// unknownReceiver says that there is no such person or group; what else the
// engine refuses it says in its own words.
func unknownReceiver(p views.Page, to views.TaskReassign, err error) (problem, at string) {
	var e *workflow.Error
	known := errors.As(err, &e) && len(e.Fields) > 0
	switch {
	case known && e.Fields[0].Pointer == "/new_assignee":
		return p.T("task.reassign.nobody", to.Person), "to-person"
	case known && e.Fields[0].Pointer == "/new_group":
		return p.T("task.reassign.no_group", to.Group), "to-group"
	}
	return p.Refusal(e.Code, e.Message), "to-person"
}

func (u *UI) refuseReassign(w http.ResponseWriter, r *http.Request, p views.Page, t *openTask, to views.TaskReassign) error {
	p.Problem = true
	view := u.taskView(r, p, t, nil)
	if view.Reassign == nil {
		return workflow.ErrTaskForbidden
	}
	view.Reassign = &to
	return render(w, r, http.StatusUnprocessableEntity, views.TaskPage(p, view))
}

// afterReassign leads back to the task, or to the inbox when the actor may not
// see it any more.
func (u *UI) afterReassign(w http.ResponseWriter, r *http.Request, id uuid.UUID) error {
	if _, err := u.Read.Task(r.Context(), actor(r), id); err != nil {
		return u.redirect(w, r, withNotice("/tasks", "task_given"))
	}
	return u.redirect(w, r, withNotice(taskPath(id), "task_given"))
}

func requestIDOf(r *http.Request) string { return middleware.GetReqID(r.Context()) }

// hiddenOf gives every field of a form as it was sent.
func hiddenOf(values url.Values) []views.Hidden {
	var hidden []views.Hidden
	for name, list := range values {
		for _, value := range list {
			hidden = append(hidden, views.Hidden{Name: name, Value: value})
		}
	}
	slices.SortStableFunc(hidden, func(a, b views.Hidden) int { return strings.Compare(a.Name, b.Name) })
	return hidden
}
