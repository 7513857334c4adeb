package ui

import (
	"errors"
	"net/http"
	"net/url"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/web/respond"
	"tandem/internal/workflow"
)

// mendRoutes lists the pages on which an instance is mended.
func (u *UI) mendRoutes() []Route {
	const one = "/instances/{id}"
	return []Route{
		{Method: http.MethodGet, Pattern: one + "/retry", Guard: guard.SignedIn, Handle: u.showRetry},
		{Method: http.MethodPost, Pattern: one + "/retry", Guard: guard.SignedIn, Handle: u.retry},
		{Method: http.MethodGet, Pattern: one + "/data", Guard: guard.SignedIn, Handle: u.showEdit},
		{Method: http.MethodPost, Pattern: one + "/data", Guard: guard.SignedIn, Handle: u.edit},
		{Method: http.MethodGet, Pattern: one + "/migrate", Guard: guard.SignedIn, Handle: u.showMigrate},
		{Method: http.MethodPost, Pattern: one + "/migrate", Guard: guard.SignedIn, Handle: u.migrate},
	}
}

// mendable reads an instance that the actor may operate and that is not
// finished.
func (u *UI) mendable(r *http.Request) (workflow.Instance, *workflow.Definition, error) {
	id, err := instanceID(r)
	if err != nil {
		return workflow.Instance{}, nil, err
	}
	in, err := u.Read.Instance(r.Context(), actor(r), id)
	if err != nil {
		return in, nil, err
	}
	def, err := u.Engine.Definition(r.Context(), actor(r), in.Definition.Name, in.Definition.Version)
	switch {
	case err != nil:
		return in, nil, err
	case !def.MayOperate(actor(r)):
		return in, nil, workflow.Errorf(workflow.KindForbidden, workflow.ErrForbidden.Code, "You may not mend this instance. Ask an operator.")
	case in.Status.Finished():
		return in, nil, workflow.Errorf(workflow.KindConflict, workflow.ErrAlreadyFinished.Code, "The instance is %s; nothing about it changes any more.", in.Status)
	}
	return in, def, nil
}

// mendFrame begins the page of a verb.
func (u *UI) mendFrame(r *http.Request, in workflow.Instance, def *workflow.Definition, verb, title string) (views.Page, views.MendFrame) {
	p := u.page(r, "", views.NavInstances)
	p.Title = p.T(title)
	path := instancePath(in.ID)
	p.Current = path + "/" + verb
	return p, views.MendFrame{
		Instance: def.Title, Short: shortID(in.ID), Href: p.Href(path), Action: p.Href(path + "/" + verb),
	}
}

// refusedMend fills a page with what the engine refused and gives its status.
// What its reader cannot mend is an error of its own.
func refusedMend(p *views.Page, f *views.MendFrame, values url.Values, cause error, place func(workflow.Problem) views.ProblemItem) (int, error) {
	var e *workflow.Error
	problem := respond.ProblemOf(cause, "")
	if !errors.As(cause, &e) || problem.Status >= http.StatusInternalServerError || e.Kind == workflow.KindForbidden || e.Kind == workflow.KindNotFound {
		return 0, cause
	}
	p.Problem, f.Reason = true, values.Get("reason")
	for _, fault := range e.Fields {
		f.Problems.Items = append(f.Problems.Items, place(fault))
	}
	if len(f.Problems.Items) == 0 {
		f.Problems.Items = []views.ProblemItem{{Text: refusal(*p, problem)}}
	}
	return problem.Status, nil
}

// settled waits a moment for what the change has set in motion, and leads to the
// instance with a notice.
func (u *UI) settled(w http.ResponseWriter, r *http.Request, in workflow.Instance, notice string) error {
	if _, err := u.Engine.Wait(r.Context(), in, settle); err != nil {
		u.Log.WarnContext(r.Context(), "wait after a change", "instance", in.ID, "error", err)
	}
	return u.redirect(w, r, withNotice(instancePath(in.ID), notice))
}

func (u *UI) showRetry(w http.ResponseWriter, r *http.Request) error {
	in, def, err := u.mendable(r)
	if err != nil {
		return err
	}
	p, view := u.retryView(r, in, def, r.URL.Query().Get("from"))
	return render(w, r, http.StatusOK, views.RetryPage(p, view))
}

// retryView offers the steps; from is the chosen one, "" = where it failed.
func (u *UI) retryView(r *http.Request, in workflow.Instance, def *workflow.Definition, from string) (views.Page, views.RetryView) {
	p, frame := u.mendFrame(r, in, def, "retry", "mend.retry_title")
	view := views.RetryView{MendFrame: frame, Error: why{p: p, in: in, def: def}.failure()}
	failed := ""
	if in.Error != nil {
		failed = in.Error.Step
	}
	if from == "" {
		from = failed
	}
	for _, s := range def.AllSteps() {
		label := stepLabel(def, s.Name)
		if s.Name == failed {
			label = p.T("mend.where_it_failed", label)
		}
		view.Steps = append(view.Steps, views.FilterChoice{Value: s.Name, Label: label, Chosen: s.Name == from})
	}
	return p, view
}

// retry takes up what failed, or with a step begins again from there: what that
// would cancel has to be confirmed.
func (u *UI) retry(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	from := values.Get("from")
	if from == "" {
		return u.operate(verbNamed("retry"))(w, r)
	}
	in, def, err := u.mendable(r)
	if err != nil {
		return err
	}
	changed, err := u.Engine.RetryFrom(r.Context(), actor(r), in.ID, engine.Rerun{
		From: from, Confirm: values.Get("confirm") == "true", Reason: reasonIn(values),
	})
	if err == nil {
		return u.settled(w, r, changed, "instance_retry")
	}
	p, view := u.retryView(r, in, def, from)
	status, err := refusedMend(&p, &view.MendFrame, values, err, func(fault workflow.Problem) views.ProblemItem {
		if fault.Code == "would_cancel" {
			view.Cancels = append(view.Cancels, fault.Message)
			return views.ProblemItem{Text: p.T("mend.needs_confirm"), Href: "#mend-confirm"}
		}
		return views.ProblemItem{Text: fault.Message, Href: "#mend-from"}
	})
	if err != nil {
		return err
	}
	if len(view.Cancels) > 0 {
		view.Problems.Items = view.Problems.Items[:1]
	}
	return render(w, r, status, views.RetryPage(p, view))
}

// verbNamed gives one of verbs.
func verbNamed(name string) verb {
	for _, v := range verbs {
		if v.name == name {
			return v
		}
	}
	panic("ui: no verb " + name) // names are written in this package
}
