package ui

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tandem/internal/engine"
	"tandem/internal/form"
	"tandem/internal/views"
	"tandem/internal/web/respond"
	"tandem/internal/workflow"
)

// settle is how long a page waits, after a change, for the machine steps that
// follow, so that the next page shows what came of it.
const settle = time.Second

// decision is a form by which somebody decides a task.
type decision struct {
	values  url.Values
	outcome string
	comment string
	version int64 // of the task as it was shown
}

func readDecision(r *http.Request) (decision, error) {
	values, err := postedForm(r)
	if err != nil {
		return decision{}, err
	}
	return decision{
		values: values, outcome: values.Get("_outcome"), version: formVersion(values),
		comment: strings.TrimSpace(strings.ReplaceAll(values.Get("_comment"), "\r\n", "\n")),
	}, nil
}

// formVersion is the version that a form was made for, 0 when it does not say.
func formVersion(values url.Values) int64 {
	version, err := strconv.ParseInt(values.Get("_version"), 10, 64)
	if err != nil {
		return 0
	}
	return version
}

func (d decision) typed() *typedDecision {
	return &typedDecision{values: d.values, comment: d.comment}
}

func (u *UI) completeTask(w http.ResponseWriter, r *http.Request) error {
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
		u.Engine.Refused(workflow.CompleteTask{TaskID: t.ID, Actor: actor(r)}, t.InstanceID, t.Refusal(actor(r)))
		return u.notTaken(w, r, p, t, d)
	}
	if d.version != 0 && d.version != t.Version {
		return u.notTaken(w, r, p, t, d)
	}
	refused, err := u.attach(r, t.form(), d.values)
	if err != nil {
		return u.failKeeping(w, r, d.values, err)
	}
	value, typed := t.judge(p, d, refused)
	if typed != nil {
		return u.refuseDecision(w, r, p, t, typed)
	}
	in, err := u.Engine.CompleteTask(r.Context(), actor(r), t.ID, engine.Completion{
		Output: value, Outcome: d.outcome, Comment: d.comment, Version: t.Version,
	})
	if err != nil {
		return u.decisionFailed(w, r, p, t, d, err)
	}
	if _, err := u.Engine.Wait(r.Context(), in, settle); err != nil {
		u.Log.WarnContext(r.Context(), "wait after a decision", "task", t.ID, "error", err)
	}
	if t.guest {
		return u.redirect(w, r, t.path)
	}
	return u.toNextTask(w, r)
}

// judge decodes and checks a decision; typed is set when it cannot be taken.
// refused are files that were not taken.
func (t *openTask) judge(p views.Page, d decision, refused *form.Errors) (json.RawMessage, *typedDecision) {
	typed := d.typed()
	mode, ok := modeOf(t.step.Human, d.outcome)
	if !ok {
		typed.problem = p.T("task.choose", outcomeTitles(t.step))
	}
	if utf8.RuneCountInString(d.comment) > workflow.MaxComment {
		typed.tooLong = p.T("task.note_long", workflow.MaxComment)
	}
	value, errs := t.form().Submit(d.values, t.decoding(p), mode)
	errs = errs.With(refused)
	typed.errs = errs
	output, err := json.Marshal(value)
	if err != nil || len(output) > workflow.MaxResult {
		typed.problem = p.T("task.large")
	}
	if !errs.Empty() || typed.problem != "" || typed.tooLong != "" {
		return nil, typed
	}
	return output, nil
}

// modeOf says what an outcome demands of the form; ok is false when the task has
// no such outcome.
func modeOf(human *workflow.Human, outcome string) (mode form.Mode, ok bool) {
	if len(human.Outcomes) == 0 {
		return form.Full, outcome == ""
	}
	o := human.Outcome(outcome)
	switch {
	case o == nil:
		return form.None, false
	case o.SkipSchema:
		return form.None, true
	case o.Form != nil:
		return form.Own(o.Form.Schema()), true
	}
	return form.Full, true
}

func outcomeTitles(step *workflow.Step) string {
	titles := make([]string, len(step.Human.Outcomes))
	for i, o := range step.Human.Outcomes {
		titles[i] = o.Title
	}
	return strings.Join(titles, ", ")
}

// refuseDecision shows the form again with what is wrong and all that was typed.
func (u *UI) refuseDecision(w http.ResponseWriter, r *http.Request, p views.Page, t *openTask, typed *typedDecision) error {
	p.Problem = true
	return render(w, r, http.StatusUnprocessableEntity, t.page(p, u.taskView(r, p, t, typed)))
}

// decisionFailed answers a decision that the engine did not take.
func (u *UI) decisionFailed(w http.ResponseWriter, r *http.Request, p views.Page, t *openTask, d decision, cause error) error {
	switch workflow.KindOf(cause) {
	case workflow.KindConflict, workflow.KindForbidden, workflow.KindStale:
		current, err := u.task(r)
		if err != nil {
			return u.failKeeping(w, r, d.values, err)
		}
		return u.notTaken(w, r, p, current, d)
	case workflow.KindInvalid, workflow.KindTooLarge:
		typed := d.typed()
		if !errors.As(cause, &typed.errs) {
			var e *workflow.Error
			errors.As(cause, &e)
			typed.problem = e.Message
		}
		return u.refuseDecision(w, r, p, t, typed)
	}
	return u.failKeeping(w, r, d.values, cause)
}

// notTaken answers a decision of a task that has changed: the form again, as
// long as the actor may still decide, else who was faster.
func (u *UI) notTaken(w http.ResponseWriter, r *http.Request, p views.Page, t *openTask, d decision) error {
	if t.mayDecide(actor(r)) {
		return render(w, r, http.StatusConflict, t.page(p, u.staleView(r, p, t, d)))
	}
	status := http.StatusConflict
	if t.isOpen() && !t.MayClaim(actor(r)) {
		status = http.StatusForbidden
	}
	view := t.conflict(p, actor(r), d)
	p.Title = view.Title
	if t.guest {
		return render(w, r, status, views.GuestClosedPage(p, t.closedView(p, actor(r), view.Typed)))
	}
	return render(w, r, status, views.TaskConflictPage(p, view))
}

// staleView shows a task that has changed since its form was opened: what has
// changed, what was typed, and what is to be chosen where both cannot stand.
func (u *UI) staleView(r *http.Request, p views.Page, t *openTask, d decision) views.TaskView {
	typed := d.typed()
	typed.warning = p.T("task.conflict.stale")
	view := u.taskView(r, p, t, typed)
	changed, proposal := t.changed(p, d.values)
	view.Changed = changed
	if proposal {
		view.Merge = t.merge(p, d.values)
	}
	return view
}

func (t *openTask) conflict(p views.Page, a workflow.Actor, d decision) views.TaskConflictView {
	view := views.TaskConflictView{
		Task: t.Title, Href: p.Href(t.path), Text: p.T("task.conflict.not_taken"), Typed: t.typedRows(p, d),
	}
	switch t.Status {
	case workflow.TaskCompleted:
		facts := t.facts(p)
		view.Decided, view.Title = &facts, t.decidedBy(p, a)
		if !t.guest { // who is told nothing of others
			view.Both = t.both(p, d)
		}
		if t.CompletedBy == a.ID {
			view.Text = p.T("task.conflict.stands")
		}
	case workflow.TaskCanceled:
		view.Title, view.Why = p.T("task.conflict.canceled"), t.whyNot(p, a)
	default:
		view.Title, view.Why = p.T("task.conflict.closed"), t.whyNot(p, a)
	}
	return view
}

// typedRows lists what a decision said: the button, the form, the note.
func (t *openTask) typedRows(p views.Page, d decision) []views.DataRow {
	var rows []views.DataRow
	if d.outcome != "" {
		rows = append(rows, views.DataRow{Key: p.T("task.fact.outcome"), Value: titleOfOutcome(t.step, clip(d.outcome, 100))})
	}
	rows = append(rows, p.TaskRows(t.form().Fields(form.State{Values: d.values, Lang: form.LangOf(p.Lang), Zone: p.Zone}))...)
	if d.comment != "" {
		rows = append(rows, views.DataRow{Key: p.T("task.note"), Value: d.comment})
	}
	return rows
}

// decidedBy says who completed the task and when.
func (t *openTask) decidedBy(p views.Page, a workflow.Actor) string {
	at := clockText(p, *t.CompletedAt)
	switch {
	case t.CompletedBy == a.ID:
		return p.T("task.conflict.done_you", at)
	case strings.HasPrefix(t.CompletedBy, "system:"):
		return p.T("task.conflict.done_auto", at)
	}
	return p.T("task.conflict.done", t.names.of(t.CompletedBy), at)
}

// toNextTask leads to the next task of the person's inbox, to the inbox when
// there is none.
func (u *UI) toNextTask(w http.ResponseWriter, r *http.Request) error {
	page, err := u.Read.Tasks(r.Context(), actor(r), engine.TaskFilter{View: engine.TasksInbox, Now: u.Now().UTC()}, engine.Paging{Limit: 1})
	if err != nil {
		u.Log.WarnContext(r.Context(), "find the next task", "actor", actor(r).ID, "error", err)
	}
	if len(page.Items) == 0 {
		return u.redirect(w, r, "/tasks?notice=task_completed")
	}
	return u.redirect(w, r, taskPath(page.Items[0].ID)+"?notice=task_next")
}

// failKeeping answers a form that could not be taken because something is
// broken with a page that holds what was typed and sends it again; other errors
// are returned.
func (u *UI) failKeeping(w http.ResponseWriter, r *http.Request, values url.Values, cause error) error {
	problem := respond.ProblemOf(cause, r.URL.Path)
	if problem.Status < http.StatusInternalServerError || len(values) == 0 {
		return cause
	}
	requestID := requestIDOf(r)
	respond.Log(r.Context(), u.Log, r, problem, cause, actor(r).ID, requestID)
	p := u.failurePage(r)
	p.Title = p.T("error.title." + views.ErrorKind(problem.Status))
	view := views.ErrorView{
		Status: problem.Status, Detail: refusal(p, problem), RequestID: requestID, SignedIn: p.User != nil,
		Resend: &views.Resend{Action: r.URL.RequestURI(), Hidden: hiddenOf(values)},
	}
	for key, header := range problem.GetHeaders() {
		w.Header()[key] = header
	}
	return render(w, r, problem.Status, views.ErrorPage(p, view))
}
