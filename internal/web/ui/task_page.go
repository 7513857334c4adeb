package ui

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/form"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

// openTask is a task with what its page needs of its definition and instance.
type openTask struct {
	engine.TaskRow
	def   *workflow.Definition
	step  *workflow.Step
	data  json.RawMessage // of the instance
	fixed any             // the same, for members of the form that people cannot change
	names *naming

	viewer workflow.Actor  // who reads it
	path   string          // of its page, without the prefix
	guest  bool            // it is seen by a personal link
	asked  *views.TaskData // what request has laid out
}

// form is what the task asks to be filled in; without a form it has no fields.
func (t *openTask) form() *form.Form {
	if t.step.Human.Form == nil {
		return &form.Form{}
	}
	return t.step.Human.Form
}

func (u *UI) showTask(w http.ResponseWriter, r *http.Request) error {
	t, err := u.task(r)
	if err != nil {
		return err
	}
	p := u.taskPage(r, t)
	p.Notice = noticeOf(p, r)
	var typed *typedDecision
	if t.mayDecide(actor(r)) {
		typed = u.draft(r, p, t)
		if values := t.proposed(p); typed == nil && values != nil {
			typed = &typedDecision{values: values}
		}
	}
	return render(w, r, http.StatusOK, t.page(p, u.taskView(r, p, t, typed)))
}

// page is the task's page: in the frame of the application, or alone for a
// guest.
func (t *openTask) page(p views.Page, v views.TaskView) templ.Component {
	if t.guest {
		return views.GuestTaskPage(p, v)
	}
	return views.TaskPage(p, v)
}

// task reads the task that the address names: by its id, or by the personal link
// of a guest, which lets him read that task.
func (u *UI) task(r *http.Request) (*openTask, error) {
	t := &openTask{names: u.naming(r), viewer: actor(r)}
	id, err := uuid.Parse(chi.URLParam(r, "id"))
	if link, ok := linkOf(r); ok {
		id, err = link.task, nil
		t.viewer, t.path, t.guest = workflow.SystemActor(actor(r).Tenant, "link"), link.path, true
	}
	if err != nil {
		return nil, workflow.ErrTaskNotFound
	}
	return u.read(r, t, id)
}

// taskOf reads a task by its id.
func (u *UI) taskOf(r *http.Request, id uuid.UUID) (*openTask, error) {
	return u.read(r, &openTask{names: u.naming(r), viewer: actor(r)}, id)
}

// read fills in a task with what its page needs.
func (u *UI) read(r *http.Request, t *openTask, id uuid.UUID) (*openTask, error) {
	row, err := u.Read.Task(r.Context(), t.viewer, id)
	if err != nil {
		return nil, err
	}
	t.TaskRow = row
	if !t.guest {
		t.path = taskPath(row.ID)
	}
	if t.def, err = u.Engine.Definition(r.Context(), t.viewer, row.Definition.Name, row.Definition.Version); err != nil {
		return nil, err
	}
	if t.step = t.def.Step(row.Step); t.step == nil || t.step.Human == nil {
		return nil, workflow.ErrTaskNotFound
	}
	in, err := u.Read.Instance(r.Context(), t.viewer, row.InstanceID)
	if err != nil {
		return nil, err
	}
	t.data, t.fixed = in.Data, decoded(in.Data)
	if !t.hasStartForm() {
		t.data = in.Input
	}
	return t, nil
}

func (t *openTask) hasStartForm() bool {
	return t.def.StartForm() != nil && t.def.StartForm().Schema() != nil
}

// taskPage is the page of a task; preferences lead back to it, also from the
// answer to its form.
func (u *UI) taskPage(r *http.Request, t *openTask) views.Page {
	if t.guest {
		p := u.failurePage(r)
		p.Title, p.Current, p.FormAct, p.Files = t.Title, t.path, p.Href(t.path+"/form"), p.Href(t.path+"/attachments/")
		return p
	}
	p := u.page(r, t.Title, views.NavInbox)
	p.Current = t.path
	p.FormAct = p.Href(t.path + "/form")
	return p
}

// taskView shows a task to who looks at it; typed is what his form said, nil
// when there was none.
func (u *UI) taskView(r *http.Request, p views.Page, t *openTask, typed *typedDecision) views.TaskView {
	a := actor(r)
	view := views.TaskView{
		Act: p.Href(t.path), Title: t.Title, Version: strconv.FormatInt(t.Version, 10),
		Request: t.request(p), Facts: t.facts(p),
		MayClaim:   mayClaim(t.TaskRow, a),
		MayUnclaim: t.isOpen() && t.ClaimedAt != nil && t.Owner == "" && (t.Assignee == a.ID || t.def.MayOperate(a)),
	}
	if t.Description != "" {
		view.Description = markdown(t.Description)
	}
	switch {
	case t.Status == workflow.TaskCompleted:
		view.Answer, view.Note = t.answer(p), t.Comment
	case t.mayDecide(a), t.mayPropose(a):
		view.Form = t.decisionForm(p, typed)
		if !t.mayDecide(a) {
			t.proposing(p, view.Form, typed)
		}
	default:
		view.Why = t.whyNot(p, a)
	}
	if t.def.ShowsLinks(t.Task, a) {
		view.Links = u.guestLinks(t)
	}
	if !t.guest {
		view.Around = p.Href(t.path + "/around")
	}
	if t.guest {
		view.Facts.Instance, view.MayClaim, view.MayUnclaim = "", false, false
	}
	if t.isOpen() && !t.guest && (t.Owner == a.ID || t.Owner == "" && t.Assignee == a.ID || t.def.MayOperate(a)) {
		view.Reassign = &views.TaskReassign{Load: u.workload(r, p, t)}
	}
	var err error
	if view.Talk, err = u.taskTalk(r, p, t, typedTalk{}); err != nil {
		u.Log.WarnContext(r.Context(), "comments of a task", "task", t.ID, "error", err)
	}
	return view
}

// isOpen reports whether the task can still change.
func (t *openTask) isOpen() bool {
	return t.Status == workflow.TaskPending && t.InstanceStatus != workflow.StatusPaused
}

func (t *openTask) mayDecide(a workflow.Actor) bool { return t.isOpen() && t.MayDecide(a) }

// whyNot says why the actor may not decide the task.
func (t *openTask) whyNot(p views.Page, a workflow.Actor) string {
	switch {
	case t.Status == workflow.TaskCanceled && t.CompletedAt != nil:
		return p.T("task.no.canceled", clockText(p, *t.CompletedAt))
	case t.Status == workflow.TaskCanceled:
		return p.T("task.conflict.canceled")
	case slices.Contains(t.Excluded, a.ID):
		return p.T("task.no.excluded")
	case t.Owner != "" && slices.Contains(a.Logins(), t.Assignee):
		return ""
	case t.Owner != "":
		return p.T("task.no.delegated", t.names.of(t.Assignee))
	case !t.MayClaim(a):
		return p.T("task.no.others", t.names.waitsFor(p, t.Task))
	case !t.MayDecide(a):
		return p.T("task.no.claimed", t.names.of(t.Assignee))
	}
	return p.T("task.no.paused")
}

// clockText gives a time as sentences say it: "at 10:03", with the day when
// that is not the page's own.
func clockText(p views.Page, at time.Time) string {
	zone := p.Zone
	if zone == nil {
		zone = time.UTC
	}
	at, now := at.In(zone), p.Now.In(zone)
	if at.YearDay() == now.YearDay() && at.Year() == now.Year() {
		return p.T("task.at.time", at.Format("15:04"))
	}
	return p.T("task.at.day", at.Format(p.T("time.date")), at.Format("15:04"))
}

// request lays out what the instance was started with, as it stands, by the
// labels of the start form.
func (t *openTask) request(p views.Page) views.TaskData {
	if t.asked != nil {
		return *t.asked
	}
	value := decoded(t.data)
	if members, ok := value.(map[string]any); ok && len(members) == 0 {
		return views.TaskData{Nothing: true}
	}
	d := views.TaskData{Data: p.Data("request-data", t.data)}
	if t.hasStartForm() {
		d.Rows = p.TaskRows(t.def.StartForm().Fields(form.State{Stored: value, Lang: form.LangOf(p.Lang), Zone: p.Zone}))
	}
	t.asked = &d
	return d
}

// answer lays out what a completed task's form said.
func (t *openTask) answer(p views.Page) *views.TaskData {
	d := &views.TaskData{}
	value := decoded(t.Output)
	if members, ok := value.(map[string]any); !ok || len(members) == 0 {
		return d
	}
	d.Data = p.Data("answer-data", t.Output)
	if t.form().Schema() != nil {
		d.Rows = p.TaskRows(t.form().Fields(form.State{Stored: value, Lang: form.LangOf(p.Lang), Zone: p.Zone}))
	}
	return d
}

// decoded reads stored JSON; numbers keep their digits.
func decoded(text json.RawMessage) any {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

func (t *openTask) facts(p views.Page) views.TaskFacts {
	f := views.TaskFacts{
		State: t.state(), Definition: t.DefinitionTitle, Requester: t.names.of(t.StartedBy),
		Asked: p.Moment(t.StartedAt), Created: p.Moment(t.CreatedAt), Overdue: overdue(p, t.Task),
		Assignee: t.names.assignee(p, t.Task), Owner: t.names.of(t.Owner), Instance: p.Href("/instances/" + t.InstanceID.String()),
	}
	if t.DueAt != nil {
		f.Due = p.Moment(*t.DueAt)
	}
	if t.ClaimedAt == nil {
		f.May = t.names.candidates(p, t.Task)
	}
	if t.Status == workflow.TaskCompleted {
		f.Outcome, f.DoneBy = titleOfOutcome(t.step, t.Outcome), t.names.acting(p, t.CompletedBy, t.ActsFor)
		f.DoneAt = p.Moment(*t.CompletedAt)
	}
	return f
}

// state is what the task's badge shows.
func (t *openTask) state() string {
	switch {
	case t.Status != workflow.TaskPending:
		return string(t.Status)
	case t.InstanceStatus == workflow.StatusPaused:
		return string(workflow.StatusPaused)
	}
	return string(workflow.StatusWaiting)
}

// typedDecision is what a decision's form said, and what is wrong with it.
type typedDecision struct {
	values  url.Values
	errs    *form.Errors
	focus   string // where to go on in the form
	saved   string // when it was saved as a draft, in words; "" when it was not
	comment string
	tooLong string
	problem string // about the decision as a whole
	warning string
}

func (t *openTask) decisionForm(p views.Page, typed *typedDecision) *views.TaskForm {
	f := t.form()
	state := form.State{Lang: form.LangOf(p.Lang), Zone: p.Zone, Fixed: t.fixed}
	view := &views.TaskForm{Submit: f.SubmitText()}
	if !t.guest {
		view.Draft = &views.TaskDraft{Action: p.Href(t.path + "/draft")}
	}
	view.Seen = t.seen(p).text()
	if typed != nil {
		state.Values, state.Errors, state.Focus = typed.values, typed.errs, typed.focus
		view.Comment, view.TooLong, view.Warning = typed.comment, typed.tooLong, typed.warning
	}
	if typed != nil && view.Draft != nil {
		view.Draft.Saved = typed.saved
	}
	view.Form = f.Show(state)
	if typed != nil {
		view.Problems = decisionProblems(view.Form, typed)
	}
	for _, o := range t.step.Human.Outcomes {
		view.Outcomes = append(view.Outcomes, views.TaskOutcome{Name: o.Name, Title: o.Title})
	}
	return view
}

// decisionProblems lists what is wrong with a decision, in the order of the page.
func decisionProblems(shown form.Shown, typed *typedDecision) views.Problems {
	problems := views.SummaryProblems(shown.Summary, views.TaskDecisionID)
	if typed.tooLong != "" {
		problems.Items = append(problems.Items, views.ProblemItem{Text: typed.tooLong, Href: "#comment"})
	}
	if typed.problem != "" {
		problems.Items = append(problems.Items, views.ProblemItem{Text: typed.problem, Href: "#outcomes"})
	}
	return problems
}
