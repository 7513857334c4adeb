package ui

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"tandem/internal/engine"
	"tandem/internal/form"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

// mayPropose reports whether the task was delegated to the actor, who fills in
// its form for somebody else.
func (t *openTask) mayPropose(a workflow.Actor) bool {
	return t.isOpen() && !t.guest && t.Owner != "" && slices.Contains(a.Logins(), t.Assignee)
}

// proposing makes the form of a decision one that proposes it.
func (t *openTask) proposing(p views.Page, f *views.TaskForm, typed *typedDecision) {
	chosen := ""
	if typed != nil {
		chosen = typed.values.Get("_outcome")
	}
	f.Propose = &views.TaskPropose{Text: p.T("task.return.text", t.names.of(t.Owner))}
	if len(f.Outcomes) > 0 {
		f.Propose.Choices = []form.Option{{Label: p.T("task.return.open"), Selected: chosen == ""}}
	}
	for _, o := range f.Outcomes {
		f.Propose.Choices = append(f.Propose.Choices, form.Option{Value: o.Name, Label: o.Title, Selected: o.Name == chosen})
	}
	f.Outcomes, f.Draft, f.Submit = nil, nil, p.T("task.return")
}

// returnTask gives a delegated task back: with what the form proposes, or
// without when its owner takes it back.
func (u *UI) returnTask(w http.ResponseWriter, r *http.Request) error {
	d, err := readDecision(r)
	if err != nil {
		return err
	}
	t, err := u.task(r)
	if err != nil {
		return u.failKeeping(w, r, d.values, err)
	}
	p := u.taskPage(r, t)
	c := engine.Completion{Version: d.version}
	if t.mayPropose(actor(r)) {
		typed, err := u.proposalOf(r, p, t, d, &c)
		if err != nil {
			return u.failKeeping(w, r, d.values, err)
		}
		if typed != nil {
			return u.refuseDecision(w, r, p, t, typed)
		}
	}
	if _, err = u.Engine.ReturnTask(r.Context(), actor(r), t.ID, c); err != nil {
		return u.returnFailed(w, r, p, t, d, err)
	}
	if _, unseen := u.Read.Task(r.Context(), actor(r), t.ID); unseen != nil {
		return u.redirect(w, r, withNotice("/tasks", "task_returned"))
	}
	return u.redirect(w, r, withNotice(t.path, "task_returned"))
}

// proposalOf reads what the form proposes. It need not be complete, but what is
// there must be readable.
func (u *UI) proposalOf(r *http.Request, p views.Page, t *openTask, d decision, c *engine.Completion) (*typedDecision, error) {
	refused, err := u.attach(r, t.form(), d.values)
	if err != nil {
		return nil, err
	}
	value, errs := t.form().Submit(d.values, t.decoding(p), form.None)
	if errs = errs.With(refused); !errs.Empty() {
		typed := d.typed()
		typed.errs = errs
		return typed, nil
	}
	c.Outcome, c.Comment = d.outcome, d.comment
	if members, ok := value.(map[string]any); ok && len(members) > 0 {
		c.Output, err = json.Marshal(value)
	}
	return nil, err
}

func (u *UI) returnFailed(w http.ResponseWriter, r *http.Request, p views.Page, t *openTask, d decision, cause error) error {
	switch workflow.KindOf(cause) {
	case workflow.KindConflict, workflow.KindStale:
		if current, err := u.task(r); err == nil && current.mayPropose(actor(r)) {
			return render(w, r, http.StatusConflict, current.page(p, u.staleView(r, p, current, d)))
		}
		return u.redirect(w, r, withNotice(t.path, "not_changed"))
	case workflow.KindInvalid, workflow.KindTooLarge:
		if t.mayPropose(actor(r)) {
			typed := d.typed()
			var e *workflow.Error
			errors.As(cause, &e)
			typed.problem = p.Refusal(e.Code, e.Message)
			return u.refuseDecision(w, r, p, t, typed)
		}
	}
	return u.failKeeping(w, r, d.values, cause)
}
