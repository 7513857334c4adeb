package ui

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/form"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

func (u *UI) startRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/start", Guard: guard.SignedIn, Handle: u.showStartable},
		{Method: http.MethodGet, Pattern: "/definitions/{name}/start", Guard: guard.SignedIn, Handle: u.showStart},
		{Method: http.MethodPost, Pattern: "/definitions/{name}/start", Guard: guard.SignedIn, Handle: u.start},
		{Method: http.MethodPost, Pattern: "/definitions/{name}/start/form", Guard: guard.SignedIn, Handle: u.changeStart},
	}
}

// startable gives a definition that the actor may start.
func (u *UI) startable(r *http.Request, version string) (*workflow.Definition, error) {
	def, err := u.Engine.Definition(r.Context(), actor(r), chi.URLParam(r, "name"), version)
	if err != nil {
		return nil, err
	}
	if !def.MayStart(actor(r)) {
		return nil, workflow.Errorf(workflow.KindForbidden, workflow.ErrForbidden.Code,
			"You may not start %q: the workflow names who may. Ask an operator to start it for you.", def.Title)
	}
	return def, nil
}

func (u *UI) startPage(r *http.Request, def *workflow.Definition) views.Page {
	p := u.page(r, "", views.NavDefinitions)
	p.Title = p.T("start.title", def.Title)
	p.Current = "/definitions/" + def.Name + "/start"
	p.FormAct = p.Href(p.Current + "/form")
	return p
}

func (u *UI) showStart(w http.ResponseWriter, r *http.Request) error {
	def, err := u.startable(r, r.URL.Query().Get("version"))
	if err != nil {
		return err
	}
	p := u.startPage(r, def)
	return render(w, r, http.StatusOK, views.StartPage(p, startView(p, def, form.State{})))
}

// startView shows the start form of a definition; state holds what was typed
// and what is wrong with it.
func startView(p views.Page, def *workflow.Definition, state form.State) views.StartView {
	f := def.StartForm()
	state.Lang, state.Zone = form.LangOf(p.Lang), p.Zone
	shown := f.Show(state)
	view := views.StartView{
		Title: def.Title, Name: def.Name, Version: def.Version, Submit: f.SubmitText(),
		Form: shown, Problems: views.SummaryProblems(shown.Summary, views.StartFormID),
		Once: uuid.NewString(), Unique: def.Unique, Correlation: state.Values.Get("_correlation"),
	}
	if def.Description != "" {
		view.Description = markdown(def.Description)
	}
	return view
}

// changeStart changes the shape of the form as one of its buttons asks.
func (u *UI) changeStart(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	def, err := u.startable(r, values.Get("_version"))
	if err != nil {
		return u.failKeeping(w, r, values, err)
	}
	p := u.startPage(r, def)
	refused, err := u.attach(r, def.StartForm(), values)
	if err != nil {
		return u.failKeeping(w, r, values, err)
	}
	state := acted(r, def.StartForm(), values, form.DecodeOptions{Zone: p.Zone})
	state.Errors = state.Errors.With(refused)
	view := startView(p, def, state)
	view.Once = values.Get(onceField)
	if isFragment(r) {
		return render(w, r, http.StatusOK, views.StartForm(p, view))
	}
	return render(w, r, http.StatusOK, views.StartPage(p, view))
}

func (u *UI) start(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	def, err := u.startable(r, values.Get("_version"))
	if err != nil {
		return u.failKeeping(w, r, values, err)
	}
	p := u.startPage(r, def)
	refused, err := u.attach(r, def.StartForm(), values)
	if err != nil {
		return u.failKeeping(w, r, values, err)
	}
	value, errs := def.StartForm().Submit(values, form.DecodeOptions{Zone: p.Zone}, form.Full)
	if errs = errs.With(refused); !errs.Empty() {
		return u.refuseStart(w, r, p, def, form.State{Values: values, Errors: errs}, "")
	}
	input, err := json.Marshal(value)
	if err != nil {
		return err
	}
	in, _, err := u.Engine.StartOnce(r.Context(), actor(r), engine.StartInput{
		Definition: def.Name, Version: def.Version, Input: input, CorrelationID: values.Get("_correlation"),
	}, sentOnce(r, values))
	switch workflow.KindOf(err) {
	case workflow.KindInvalid, workflow.KindTooLarge, workflow.KindConflict:
		return u.startFailed(w, r, p, def, form.State{Values: values}, err)
	}
	if err != nil {
		return u.failKeeping(w, r, values, err)
	}
	if _, err := u.Engine.Wait(r.Context(), in, settle); err != nil {
		u.Log.WarnContext(r.Context(), "wait after a start", "instance", in.ID, "error", err)
	}
	return u.redirect(w, r, withNotice("/instances/"+in.ID.String(), "started"))
}

// startFailed shows the form again with what the engine refused.
func (u *UI) startFailed(w http.ResponseWriter, r *http.Request, p views.Page, def *workflow.Definition, state form.State, cause error) error {
	if errors.As(cause, &state.Errors) {
		return u.refuseStart(w, r, p, def, state, "")
	}
	var e *workflow.Error
	errors.As(cause, &e)
	return u.refuseStart(w, r, p, def, state, p.Refusal(e.Code, e.Message))
}

// refuseStart shows the form again with what is wrong and all that was typed.
func (u *UI) refuseStart(w http.ResponseWriter, r *http.Request, p views.Page, def *workflow.Definition, state form.State, problem string) error {
	p.Problem = true
	view := startView(p, def, state)
	if problem != "" {
		view.Problems.Items = append(view.Problems.Items, views.ProblemItem{Text: problem})
	}
	return render(w, r, http.StatusUnprocessableEntity, views.StartPage(p, view))
}
