package ui

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"tandem/internal/form"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

func (u *UI) taskTalkRoutes() []Route {
	post := func(verb string, handle Handler) Route {
		return Route{Method: http.MethodPost, Pattern: "/tasks/{id}/" + verb, Guard: guard.SignedIn, Handle: handle}
	}
	return []Route{post("delegate", u.delegateTask), post("return", u.returnTask), post("comments", u.commentTask)}
}

// typedTalk is a form about a task that is shown again.
type typedTalk struct {
	box    string // its id
	values url.Values
	wrong  faults
}

func (t typedTalk) of(box string) (url.Values, faults) {
	if t.box == box {
		return t.values, t.wrong
	}
	return nil, faults{}
}

// taskTalk shows what was said about a task, and the forms around it.
func (u *UI) taskTalk(r *http.Request, p views.Page, t *openTask, typed typedTalk) (talk views.TaskTalk, err error) {
	a := actor(r)
	comments, err := u.Read.Comments(r.Context(), t.viewer, t.ID)
	if err != nil {
		return talk, err
	}
	for _, c := range comments {
		talk.Comments = append(talk.Comments, views.TaskComment{ID: c.ID.String(), Author: t.names.of(c.Author), At: p.Moment(c.At), Text: markdown(c.Text)})
	}
	if !t.InstanceStatus.Finished() {
		talk.Add = t.commentForm(p, typed)
	}
	talk.Proposal = t.proposal(p)
	switch {
	case !t.isOpen(), t.guest:
	case t.Owner == "" && t.mayDecide(a):
		talk.Delegate = t.delegateForm(p, typed)
	case t.Owner == "":
	case t.mayPropose(a): // by the form
	case slices.Contains(a.Logins(), t.Owner), t.def.MayOperate(a):
		back := newBox(p, "take-back", t.path+"/return", nil, faults{}).done("", "", p.T("task.take_back"))
		talk.Return = &back
	}
	return talk, nil
}

func (t *openTask) commentForm(p views.Page, typed typedTalk) *views.FormBox {
	values, wrong := typed.of("add-comment")
	b := newBox(p, "add-comment", t.path+"/comments", values, wrong)
	b.add(form.Field{Kind: form.Textarea, Name: "text", Label: p.T("talk.add"), Help: p.T("talk.add_help"), Required: true, Rows: 3})
	f := b.once().done("", "", p.T("talk.add_button"))
	return &f
}

func (t *openTask) delegateForm(p views.Page, typed typedTalk) *views.FormBox {
	values, wrong := typed.of("delegate")
	b := newBox(p, "delegate", t.path+"/delegate", values, wrong)
	b.add(form.Field{Kind: form.Text, Name: "to", Label: p.T("task.delegate.person"), Required: true, Autocomplete: "off"})
	b.text("reason", p.T("task.delegate.reason"), "", "", false)
	f := b.done(p.T("task.delegate"), p.T("task.delegate.text"), p.T("task.delegate.button"))
	f.Folded = true
	return &f
}

func (t *openTask) proposal(p views.Page) *views.TaskProposal {
	if t.Proposal == nil || t.Status != workflow.TaskPending {
		return nil
	}
	who := t.names.of(t.Proposal.By)
	view := &views.TaskProposal{Title: p.T("task.proposal_plain", who), Note: t.Proposal.Comment}
	if t.Proposal.Outcome != "" {
		view.Title = p.T("task.proposal", who, titleOfOutcome(t.step, t.Proposal.Outcome))
	}
	if len(t.Proposal.Output) > 0 && t.form().Schema() != nil {
		view.Rows = p.TaskRows(t.form().Fields(form.State{Stored: decoded(t.Proposal.Output), Lang: form.LangOf(p.Lang), Zone: p.Zone}))
	}
	return view
}

func (u *UI) delegateTask(w http.ResponseWriter, r *http.Request) error {
	return u.talk(w, r, "delegate", "task_delegated", func(t *openTask, values url.Values) error {
		_, err := u.Engine.DelegateTask(r.Context(), actor(r), t.ID, trimmed(values, "to"), trimmed(values, "reason"), formVersion(values))
		return err
	})
}

func (u *UI) commentTask(w http.ResponseWriter, r *http.Request) error {
	return u.talk(w, r, "add-comment", "commented", func(t *openTask, values url.Values) error {
		text := strings.TrimSpace(strings.ReplaceAll(values.Get("text"), "\r\n", "\n"))
		p := u.failurePage(r)
		switch {
		case text == "":
			return fieldFault("text", p.T("talk.empty"))
		case utf8.RuneCountInString(text) > workflow.MaxComment:
			return fieldFault("text", p.T("talk.long", workflow.MaxComment))
		}
		_, _, err := u.Engine.Once(r.Context(), actor(r), sentOnce(r, values), func(ctx context.Context) error {
			_, err := u.Engine.CommentTask(ctx, actor(r), t.ID, text)
			return err
		})
		return err
	})
}

// fieldFault refuses one field of a form with a sentence of the page.
func fieldFault(field, sentence string) error {
	e := workflow.Errorf(workflow.KindInvalid, workflow.ErrInvalidInput.Code, "%s", sentence)
	e.Fields = []workflow.Problem{{Pointer: "/" + field, Message: sentence}}
	return e
}

// talk does one of the forms around a task and leads back to it, or to the inbox
// when the task is out of sight; what was typed stays when it is refused.
func (u *UI) talk(w http.ResponseWriter, r *http.Request, box, notice string, do func(*openTask, url.Values) error) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	t, err := u.task(r)
	if err != nil {
		return u.failKeeping(w, r, values, err)
	}
	if err = do(t, values); err == nil {
		if _, unseen := u.Read.Task(r.Context(), t.viewer, t.ID); unseen != nil {
			return u.redirect(w, r, withNotice("/tasks", notice))
		}
		return u.redirect(w, r, withNotice(t.path, notice))
	}
	p := u.taskPage(r, t)
	wrong, ok := faultsOf(p, err, nil)
	switch kind := workflow.KindOf(err); {
	case kind == workflow.KindConflict:
		return u.redirect(w, r, withNotice(t.path, "not_changed"))
	case !ok || kind == workflow.KindNotFound:
		return u.failKeeping(w, r, values, err)
	}
	p.Problem = true
	view := u.taskView(r, p, t, nil)
	if view.Talk, err = u.taskTalk(r, p, t, typedTalk{box, values, wrong}); err != nil {
		return err
	}
	return render(w, r, wrong.status, t.page(p, view))
}
