package ui

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/web/session"
	"tandem/internal/workflow"
)

// givenTasks are chosen tasks that get a new holder.
type givenTasks struct {
	tasks    []*openTask
	versions map[uuid.UUID]int64 // as they were shown; 0 when that is not said
	left     []views.ManyTasksAnswer
}

// givenTasksOf reads the chosen tasks, each as its id, or its id and version.
func (u *UI) givenTasksOf(r *http.Request, p views.Page, chosen []string) (givenTasks, error) {
	g := givenTasks{versions: map[uuid.UUID]int64{}}
	if len(chosen) == 0 {
		return g, workflow.Errorf(workflow.KindMalformed, "no_tasks_ticked", "Tick tasks in their list first.")
	}
	if len(chosen) > maxBulkTasks {
		return g, workflow.Errorf(workflow.KindMalformed, "too_many_tasks", "At most %d tasks are decided at once. Choose fewer.", maxBulkTasks)
	}
	for _, text := range chosen {
		name, version, _ := strings.Cut(text, ".")
		id, err := uuid.Parse(name)
		if _, twice := g.versions[id]; err != nil || twice {
			continue
		}
		g.versions[id], _ = strconv.ParseInt(version, 10, 64) // 0 without one
		t, err := u.taskOf(r, id)
		switch {
		case err != nil && workflow.KindOf(err) == workflow.KindNotFound:
			g.left = append(g.left, views.ManyTasksAnswer{Title: p.T("many.unknown"), Text: p.T("many.unknown_text")})
		case err != nil:
			return g, err
		case !t.isOpen():
			g.left = append(g.left, views.ManyTasksAnswer{Title: t.Title, Href: p.Href(t.path), Text: t.refusalText(p, actor(r))})
		default:
			g.tasks = append(g.tasks, t)
		}
	}
	return g, nil
}

func (u *UI) givePage(r *http.Request) views.Page {
	p := u.page(r, "", views.NavDashboard)
	p.Title = p.T("many.give")
	p.Current = openTasksPath
	return p
}

// showGiveTasks asks who gets the chosen tasks, and why.
func (u *UI) showGiveTasks(w http.ResponseWriter, r *http.Request) error {
	if none, err := u.noneChosen(w, r, r.URL.Query()); none {
		return err
	}
	p := u.givePage(r)
	g, err := u.givenTasksOf(r, p, r.URL.Query()["_task"])
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.GiveTasksPage(p, u.giveView(p, g, views.TaskReassign{}, backTo(r.URL.Query().Get("_back")))))
}

// backTo is the list that tasks were chosen in.
func backTo(path string) string {
	if session.LocalPath(path) {
		return path
	}
	return openTasksPath
}

func (u *UI) giveView(p views.Page, g givenTasks, to views.TaskReassign, back string) views.GiveTasksView {
	view := views.GiveTasksView{Left: g.left, To: to, Act: p.Href("/tasks/reassign"), Back: back, BackHref: p.Href(back)}
	for _, t := range g.tasks {
		version := g.versions[t.ID]
		if version == 0 {
			version = t.Version
		}
		facts := t.facts(p)
		view.Tasks = append(view.Tasks, views.ManyTasksTask{
			Title: t.Title, Href: p.Href(t.path), Value: t.ID.String() + "." + strconv.FormatInt(version, 10),
			Requester: t.names.waitsFor(p, t.Task), Due: facts.Due, Overdue: facts.Overdue,
		})
	}
	return view
}

// giveTasks gives each of the chosen tasks to a person or a group, and leads back
// when all went well. Where the receiver cannot be read nothing is done.
func (u *UI) giveTasks(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	p := u.givePage(r)
	g, err := u.givenTasksOf(r, p, values["_task"])
	if err != nil {
		return u.failKeeping(w, r, values, err)
	}
	to := views.TaskReassign{Person: trimmed(values, "person"), Group: trimmed(values, "group"), Reason: trimmed(values, "reason")}
	back := backTo(values.Get("_back"))
	if to.Problem, to.At = giveProblem(p, to); to.Problem != "" || len(g.tasks) == 0 {
		return u.refuseGiving(w, r, p, u.giveView(p, g, to, back))
	}
	result, lost := views.ManyTasksResult{Answers: g.left, From: p.T("dashboard.tasks"), Again: p.T("bulk.back")}, len(g.left) > 0
	for _, t := range g.tasks {
		answer := views.ManyTasksAnswer{Title: t.Title, Href: p.Href(t.path), Done: true, Text: p.T("many.given_one")}
		_, err := u.Engine.ReassignTask(r.Context(), actor(r), t.ID, engine.Reassignment{User: to.Person, Group: to.Group, Reason: to.Reason, Version: g.versions[t.ID]})
		if nobodyAt(err) != "" { // nor for any other task
			to.Problem, to.At = unknownReceiver(p, to, err)
			return u.refuseGiving(w, r, p, u.giveView(p, g, to, back))
		}
		if err != nil {
			answer.Done, answer.Text, lost = false, u.faultText(r, p, err), true
		}
		result.Answers = append(result.Answers, answer)
	}
	if lost {
		result.Inbox = p.Href(back)
		return u.manyTasksResult(w, r, p, result)
	}
	return u.redirect(w, r, withNotice(back, "tasks_given"))
}

// giveProblem says what is wrong with a receiver or a reason, and at which control.
func giveProblem(p views.Page, to views.TaskReassign) (problem, at string) {
	switch {
	case (to.Person == "") == (to.Group == ""):
		return p.T("task.reassign.either"), "to-person"
	case utf8.RuneCountInString(to.Reason) > workflow.MaxComment:
		return p.T("task.reassign.long", workflow.MaxComment), "to-reason"
	}
	return "", ""
}

func (u *UI) refuseGiving(w http.ResponseWriter, r *http.Request, p views.Page, view views.GiveTasksView) error {
	p.Problem = true
	return render(w, r, http.StatusUnprocessableEntity, views.GiveTasksPage(p, view))
}

// nobodyAt names the field of a reassignment whose person or group does not exist;
// "" when err says something else.
func nobodyAt(err error) string {
	var e *workflow.Error
	if errors.As(err, &e) && e.Kind == workflow.KindInvalid && len(e.Fields) > 0 {
		return e.Fields[0].Pointer
	}
	return ""
}

// mayGive reports whether the reader may give an open task to others.
func (u *UI) mayGive(r *http.Request, t engine.TaskRow) bool {
	a := actor(r)
	if t.Owner == a.ID || t.Owner == "" && t.Assignee == a.ID {
		return true
	}
	def, err := u.Engine.Definition(r.Context(), a, t.Definition.Name, t.Definition.Version)
	return err == nil && def.MayOperate(a)
}
