package ui

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/form"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/web/respond"
	"tandem/internal/web/session"
	"tandem/internal/workflow"
)

// maxBulkTasks is how many tasks are decided at once: as many as a page of the
// inbox shows.
const maxBulkTasks = engine.DefaultLimit

func (u *UI) manyTaskRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/tasks/bulk", Guard: guard.SignedIn, Handle: u.showManyTasks},
		{Method: http.MethodPost, Pattern: "/tasks/bulk", Guard: guard.SignedIn, Handle: u.decideManyTasks},
		{Method: http.MethodPost, Pattern: "/tasks/bulk/form", Guard: guard.SignedIn, Handle: u.changeManyTasksForm},
		{Method: http.MethodPost, Pattern: "/tasks/bulk/claim", Guard: guard.SignedIn, Handle: u.claimManyTasks},
		{Method: http.MethodGet, Pattern: "/tasks/reassign", Guard: guard.SignedIn, Handle: u.showGiveTasks},
		{Method: http.MethodPost, Pattern: "/tasks/reassign", Guard: guard.SignedIn, Handle: u.giveTasks},
	}
}

// chosenTasks is what somebody has chosen to do at once.
type chosenTasks struct {
	tasks    []*openTask             // that he may decide, with the same form
	versions map[uuid.UUID]int64     // of the tasks as they were shown
	others   []taskGroup             // where there are several forms: each of them, and tasks is empty
	left     []views.ManyTasksAnswer // chosen ones that he may not decide
	refused  []refusedTask           // the same, for the audit
}

// taskGroup are chosen tasks that share a form.
type taskGroup struct {
	title string
	ids   []string
}

// chosenTasksOf reads the chosen tasks, each as its id, or its id and version.
func (u *UI) chosenTasksOf(r *http.Request, p views.Page, chosen []string) (*chosenTasks, error) {
	if len(chosen) == 0 {
		return nil, workflow.Errorf(workflow.KindMalformed, "no_tasks", "Choose tasks in the inbox first.")
	}
	if len(chosen) > maxBulkTasks {
		return nil, workflow.Errorf(workflow.KindMalformed, "too_many_tasks", "At most %d tasks are decided at once. Choose fewer.", maxBulkTasks)
	}
	b := &chosenTasks{versions: map[uuid.UUID]int64{}}
	groups, keys := map[string]*taskGroup{}, []string{}
	for _, text := range chosen {
		name, version, _ := strings.Cut(text, ".")
		id, err := uuid.Parse(name)
		if _, twice := b.versions[id]; err != nil || twice {
			continue
		}
		b.versions[id], _ = strconv.ParseInt(version, 10, 64)
		t, err := u.taskOf(r, id)
		switch {
		case workflow.KindOf(err) == workflow.KindNotFound && err != nil:
			b.left = append(b.left, views.ManyTasksAnswer{Title: p.T("many.unknown"), Text: p.T("many.unknown_text")})
			b.refused = append(b.refused, refusedTask{workflow.Task{ID: id}, err})
		case err != nil:
			return nil, err
		case !t.mayDecide(actor(r)):
			b.left = append(b.left, views.ManyTasksAnswer{Title: t.Title, Href: p.Href(t.path), Text: t.refusalText(p, actor(r))})
			b.refused = append(b.refused, refusedTask{t.Task, t.Refusal(actor(r))})
		default:
			b.tasks = append(b.tasks, t)
			key := t.Definition.Name + "@" + t.Definition.Version + "/" + t.Step
			if groups[key] == nil {
				groups[key] = &taskGroup{title: t.DefinitionTitle + ": " + stepLabel(t.def, t.Step)}
				keys = append(keys, key)
			}
			groups[key].ids = append(groups[key].ids, id.String())
		}
	}
	if len(keys) > 1 {
		b.tasks = nil
		for _, key := range keys {
			b.others = append(b.others, *groups[key])
		}
	}
	return b, nil
}

// refusedTask is one that its chooser may not decide, and why.
type refusedTask struct {
	workflow.Task
	err error // nil: the state does not allow it
}

// refusalText says why the actor may not decide the task.
func (t *openTask) refusalText(p views.Page, a workflow.Actor) string {
	if t.Status == workflow.TaskCompleted {
		return t.decidedBy(p, a)
	}
	return t.whyNot(p, a)
}

func (u *UI) manyTasksPage(r *http.Request) views.Page {
	p := u.page(r, "", views.NavInbox)
	p.Title = p.T("many.title")
	p.Current = "/tasks"
	p.FormAct = p.Href("/tasks/bulk/form")
	return p
}

// noneChosen leads back to the list that none was chosen in; where the request
// names no list it reports false.
func (u *UI) noneChosen(w http.ResponseWriter, r *http.Request, values url.Values) (bool, error) {
	back := values.Get("_back")
	if len(values["_task"]) > 0 || !session.LocalPath(back) {
		return false, nil
	}
	return true, u.redirect(w, r, withNotice(back, "none_chosen"))
}

func (u *UI) showManyTasks(w http.ResponseWriter, r *http.Request) error {
	p := u.manyTasksPage(r)
	if none, err := u.noneChosen(w, r, r.URL.Query()); none {
		return err
	}
	b, err := u.chosenTasksOf(r, p, r.URL.Query()["_task"])
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.ManyTasksPage(p, b.view(p, &typedDecision{})))
}

// view shows the chosen tasks with their form.
func (b *chosenTasks) view(p views.Page, typed *typedDecision) views.ManyTasksView {
	view := views.ManyTasksView{Left: b.left, Inbox: p.Href("/tasks")}
	for _, g := range b.others {
		view.Groups = append(view.Groups, views.ManyTasksGroup{
			Title: g.title, Count: p.N("many.count", len(g.ids)), Href: p.Href("/tasks/bulk?" + url.Values{"_task": g.ids}.Encode()),
		})
	}
	if len(b.tasks) == 0 {
		return view
	}
	for _, t := range b.tasks {
		version := b.versions[t.ID]
		if version == 0 {
			version = t.Version
		}
		facts := t.facts(p)
		view.Tasks = append(view.Tasks, views.ManyTasksTask{
			Title: t.Title, Href: p.Href(t.path), Value: t.ID.String() + "." + strconv.FormatInt(version, 10),
			Requester: facts.Requester, Due: facts.Due, Overdue: facts.Overdue,
		})
	}
	first := *b.tasks[0]
	first.fixed = nil // differs from task to task
	f := first.decisionForm(p, typed)
	f.Draft, f.Seen = nil, ""
	view.Form, view.Act = f, p.Href("/tasks/bulk")
	view.OneByOne = f.Form.Files
	return view
}

// postedTasks reads a form about several tasks.
func (u *UI) postedTasks(r *http.Request, p views.Page) (decision, *chosenTasks, error) {
	d, err := readDecision(r)
	if err != nil {
		return d, nil, err
	}
	b, err := u.chosenTasksOf(r, p, d.values["_task"])
	return d, b, err
}

// changeManyTasksForm changes the shape of the form as one of its buttons asks.
func (u *UI) changeManyTasksForm(w http.ResponseWriter, r *http.Request) error {
	p := u.manyTasksPage(r)
	d, b, err := u.postedTasks(r, p)
	if err != nil {
		return err
	}
	typed := d.typed()
	if len(b.tasks) > 0 {
		state := acted(r, b.tasks[0].form(), d.values, form.DecodeOptions{Zone: p.Zone})
		typed.values, typed.errs, typed.focus = state.Values, state.Errors, state.Focus
	}
	view := b.view(p, typed)
	if isFragment(r) && view.Form != nil {
		return render(w, r, http.StatusOK, views.ManyTasksForm(p, view))
	}
	return render(w, r, http.StatusOK, views.ManyTasksPage(p, view))
}

// decideManyTasks decides each of the chosen tasks by itself and says what became of
// each. Nothing is decided while the form does not fit one of them.
func (u *UI) decideManyTasks(w http.ResponseWriter, r *http.Request) error {
	p := u.manyTasksPage(r)
	d, b, err := u.postedTasks(r, p)
	if err != nil {
		return err
	}
	for _, t := range b.refused {
		u.Engine.Refused(workflow.CompleteTask{TaskID: t.ID, Actor: actor(r)}, t.InstanceID, t.err)
	}
	if len(b.tasks) == 0 {
		return render(w, r, http.StatusConflict, views.ManyTasksPage(p, b.view(p, d.typed())))
	}
	outputs := make([][]byte, len(b.tasks))
	for i, t := range b.tasks {
		output, typed := t.judge(p, d, nil)
		if typed != nil {
			p.Problem = true
			return render(w, r, http.StatusUnprocessableEntity, views.ManyTasksPage(p, b.view(p, typed)))
		}
		outputs[i] = output
	}
	result := views.ManyTasksResult{Answers: b.left}
	var last workflow.Instance
	for i, t := range b.tasks {
		version := b.versions[t.ID]
		if version == 0 {
			version = t.Version
		}
		in, err := u.Engine.CompleteTask(r.Context(), actor(r), t.ID, engine.Completion{
			Output: outputs[i], Outcome: d.outcome, Comment: d.comment, Version: version,
		})
		answer := views.ManyTasksAnswer{Title: t.Title, Href: p.Href(t.path), Done: err == nil, Text: p.T("many.done_one")}
		if err == nil {
			last = in
			if d.outcome != "" {
				answer.Text = titleOfOutcome(t.step, d.outcome)
			}
		} else {
			answer.Text = u.manyTasksFault(r, p, t.ID, err)
		}
		result.Answers = append(result.Answers, answer)
	}
	u.settleLast(r, last)
	return u.manyTasksResult(w, r, p, result)
}

// settleLast waits a little for what follows the last decision.
func (u *UI) settleLast(r *http.Request, last workflow.Instance) {
	if last.ID == uuid.Nil {
		return
	}
	if _, err := u.Engine.Wait(r.Context(), last, settle); err != nil && !errors.Is(err, context.Canceled) {
		u.Log.WarnContext(r.Context(), "wait after decisions", "error", err)
	}
}

// manyTasksFault says why one of several tasks was not changed.
func (u *UI) manyTasksFault(r *http.Request, p views.Page, id uuid.UUID, cause error) string {
	if t, err := u.taskOf(r, id); err == nil && !t.mayDecide(actor(r)) {
		return t.refusalText(p, actor(r))
	}
	return u.faultText(r, p, cause)
}

// faultText says why one of several was not changed; faults of ours are logged.
func (u *UI) faultText(r *http.Request, p views.Page, cause error) string {
	problem := respond.ProblemOf(cause, r.URL.Path)
	if problem.Status >= http.StatusInternalServerError {
		respond.Log(r.Context(), u.Log, r, problem, cause, actor(r).ID, requestIDOf(r))
	}
	return refusal(p, problem)
}

func (u *UI) manyTasksResult(w http.ResponseWriter, r *http.Request, p views.Page, result views.ManyTasksResult) error {
	slices.SortStableFunc(result.Answers, func(a, b views.ManyTasksAnswer) int { return boolOrder(a.Done) - boolOrder(b.Done) })
	for _, a := range result.Answers {
		if a.Done {
			result.Done++
		} else {
			result.Failed++
		}
	}
	fresh := u.manyTasksPage(r) // the inbox's count has changed
	fresh.Title = p.T("many.result")
	if result.Inbox == "" {
		result.Inbox, result.From, result.Again = p.Href("/tasks"), p.T("inbox.title"), p.T("task.conflict.next")
	}
	return render(w, r, http.StatusOK, views.ManyTasksResultPage(fresh, result))
}

// boolOrder puts what failed first.
func boolOrder(done bool) int {
	if done {
		return 1
	}
	return 0
}

// claimManyTasks claims each of the chosen tasks, and leads back when all went well.
func (u *UI) claimManyTasks(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	if none, err := u.noneChosen(w, r, values); none {
		return err
	}
	p := u.manyTasksPage(r)
	chosen := values["_task"]
	if len(chosen) == 0 || len(chosen) > maxBulkTasks {
		_, err := u.chosenTasksOf(r, p, chosen)
		return err
	}
	result, lost := views.ManyTasksResult{}, false
	for _, text := range chosen {
		name, _, _ := strings.Cut(text, ".")
		id, err := uuid.Parse(name)
		if err != nil {
			continue
		}
		answer := views.ManyTasksAnswer{Title: p.T("many.unknown"), Text: p.T("many.unknown_text")}
		if t, err := u.taskOf(r, id); err == nil {
			answer = views.ManyTasksAnswer{Title: t.Title, Href: p.Href(t.path), Done: true, Text: p.T("many.claimed_one")}
			if _, err := u.Engine.ClaimTask(r.Context(), actor(r), id, 0); err != nil {
				answer.Done, answer.Text = false, u.manyTasksFault(r, p, id, err)
			}
		}
		lost = lost || !answer.Done
		result.Answers = append(result.Answers, answer)
	}
	if lost {
		return u.manyTasksResult(w, r, p, result)
	}
	back := "/tasks?view=mine"
	if to := values.Get("_back"); session.LocalPath(to) {
		back = to
	}
	return u.redirect(w, r, withNotice(back, "tasks_claimed"))
}
