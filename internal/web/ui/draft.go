package ui

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"tandem/internal/engine"
	"tandem/internal/form"
	"tandem/internal/views"
)

// saveDraft keeps what is typed into a task's form, by a button or as one types.
func (u *UI) saveDraft(w http.ResponseWriter, r *http.Request) error {
	d, err := readDecision(r)
	if err != nil {
		return err
	}
	t, err := u.task(r)
	if err != nil {
		return u.failKeeping(w, r, d.values, err)
	}
	p := u.taskPage(r, t)
	if !t.mayDecide(actor(r)) {
		return u.notTaken(w, r, p, t, d)
	}
	if d.values.Get("_draft") == "drop" {
		if err := u.Engine.DropDraft(r.Context(), actor(r), t.ID); err != nil {
			return u.failKeeping(w, r, d.values, err)
		}
		return u.redirect(w, r, withNotice(taskPath(t.ID), "draft_dropped"))
	}
	errs, err := u.attach(r, t.form(), d.values)
	if err != nil {
		return u.failKeeping(w, r, d.values, err)
	}
	if !errs.Empty() {
		return u.refuseDecision(w, r, p, t, &typedDecision{values: d.values, comment: d.comment, errs: errs})
	}
	draft, err := u.Engine.SaveDraft(r.Context(), actor(r), t.draftOf(p, d.values))
	if err != nil {
		return u.failKeeping(w, r, d.values, err)
	}
	if isFragment(r) {
		return render(w, r, http.StatusOK, views.DraftState(p, views.TaskDraft{Action: p.Href(t.path + "/draft"), Saved: clockText(p, draft.SavedAt)}))
	}
	return u.redirect(w, r, withNotice(taskPath(t.ID), "draft_saved"))
}

// draftOf gives what was typed as a draft: whole for the page, and as far as it
// can be read for programs.
func (t *openTask) draftOf(p views.Page, values url.Values) engine.Draft {
	value, _ := t.form().Submit(values, t.decoding(p), form.None)
	data, err := json.Marshal(value)
	if err != nil {
		data = nil
	}
	typed := url.Values{}
	for name, texts := range values {
		if !strings.HasPrefix(name, "_") || name == "_comment" {
			typed[name] = texts
		}
	}
	return engine.Draft{Task: t.ID, Data: data, Typed: typed.Encode()}
}

// draft gives the person's draft of the task as it is shown, nil for none.
func (u *UI) draft(r *http.Request, p views.Page, t *openTask) *typedDecision {
	d, err := u.Engine.Draft(r.Context(), actor(r), t.ID)
	if errors.Is(err, engine.ErrDraftNotFound) {
		return nil
	}
	if err != nil {
		u.Log.WarnContext(r.Context(), "read a draft", "task", t.ID, "error", err)
		return nil
	}
	values, err := url.ParseQuery(d.Typed)
	if err != nil || d.Typed == "" {
		values = t.form().Typed(decoded(d.Data), t.decoding(p))
	}
	return &typedDecision{values: values, comment: values.Get("_comment"), saved: clockText(p, d.SavedAt)}
}
