package ui

import (
	"encoding/json"
	"net/http"
	"net/url"

	"tandem/internal/form"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

// The start form has no step: its address ends before one.

func (u *UI) formPreviewRoutes() []Route {
	const all, one = "/definitions/{name}/forms", "/definitions/{name}/forms/{step}"
	return []Route{
		{Method: http.MethodGet, Pattern: all, Guard: guard.SignedIn, Handle: u.showFormPreview},
		{Method: http.MethodPost, Pattern: all, Guard: guard.SignedIn, Handle: u.tryForm},
		{Method: http.MethodGet, Pattern: one, Guard: guard.SignedIn, Handle: u.showFormPreview},
		{Method: http.MethodPost, Pattern: one, Guard: guard.SignedIn, Handle: u.tryForm},
	}
}

// previewed is a form of a definition with the step that asks it; without a step
// it is the start form.
type previewed struct {
	def  *workflow.Definition
	step *workflow.Step
}

func (v previewed) form() *form.Form {
	switch {
	case v.step == nil:
		return v.def.StartForm()
	case v.step.Human.Form == nil:
		return &form.Form{}
	}
	return v.step.Human.Form
}

func (v previewed) path() string {
	if v.step == nil {
		return definitionPath(v.def.Name) + "/forms"
	}
	return definitionPath(v.def.Name) + "/forms/" + url.PathEscape(v.step.Name)
}

// previewsOf lists the forms of a definition: the start form, where there is
// one, and those of its human steps.
func previewsOf(def *workflow.Definition) []previewed {
	var all []previewed
	if def.StartForm() != nil && def.StartForm().Schema() != nil {
		all = append(all, previewed{def: def})
	}
	for _, s := range def.AllSteps() {
		if s.Human != nil {
			all = append(all, previewed{def, s})
		}
	}
	return all
}

// previewed finds the form that the address names; without a step, the first.
func (u *UI) previewed(r *http.Request, version string) (previewed, []previewed, error) {
	if version != "" {
		r.URL.RawQuery = url.Values{"version": {version}}.Encode()
	}
	def, _, err := u.readDefinition(r)
	if err != nil {
		return previewed{}, nil, err
	}
	name, err := pathValue(r, "step")
	if err != nil {
		return previewed{}, nil, err
	}
	all := previewsOf(def)
	for _, v := range all {
		if name == "" || v.step != nil && v.step.Name == name {
			return v, all, nil
		}
	}
	return previewed{}, nil, workflow.Errorf(workflow.KindNotFound, "form_not_found",
		"This version of the workflow has no such form. Look at the steps of its page.")
}

func (u *UI) showFormPreview(w http.ResponseWriter, r *http.Request) error {
	v, all, err := u.previewed(r, "")
	if err != nil {
		return err
	}
	p := u.previewPage(r, v)
	return render(w, r, http.StatusOK, views.FormPreviewPage(p, previewView(p, v, all, form.State{})))
}

func (u *UI) previewPage(r *http.Request, v previewed) views.Page {
	p := u.page(r, "", views.NavDefinitions)
	p.Title = p.T("preview.title", v.def.Title) + ": " + v.label(p)
	p.Current = v.path() + "?version=" + url.QueryEscape(v.def.Version)
	p.FormAct = p.Href(v.path())
	return p
}

func (v previewed) label(p views.Page) string {
	if v.step == nil {
		return p.T("preview.start")
	}
	return stepLabel(v.def, v.step.Name)
}

func previewView(p views.Page, v previewed, all []previewed, state form.State) views.FormPreviewView {
	f := v.form()
	state.Lang, state.Zone = form.LangOf(p.Lang), p.Zone
	shown := f.Show(state)
	view := views.FormPreviewView{
		Definition: v.def.Title, Href: p.Href(definitionPath(v.def.Name) + "?version=" + url.QueryEscape(v.def.Version)),
		Version: v.def.Version, Title: v.label(p), Action: p.FormAct,
		Form: shown, Problems: views.SummaryProblems(shown.Summary, views.FormPreviewID), Submit: f.SubmitText(),
	}
	if view.Submit == "" {
		view.Submit = p.T("start.button")
	}
	if v.step != nil {
		if f.SubmitText() == "" {
			view.Submit = p.T("task.complete")
		}
		for _, o := range v.step.Human.Outcomes {
			view.Outcomes = append(view.Outcomes, views.TaskOutcome{Name: o.Name, Title: o.Title})
		}
	}
	for _, other := range all {
		view.Forms = append(view.Forms, views.PreviewLink{
			Label: other.label(p), Href: p.Href(other.path() + "?version=" + url.QueryEscape(v.def.Version)), Current: other.step == v.step,
		})
	}
	return view
}

// tryForm changes the shape of the form as one of its buttons asks, or says
// whether what is typed would be taken. Files are left where they are.
func (u *UI) tryForm(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	v, all, err := u.previewed(r, values.Get("_version"))
	if err != nil {
		return err
	}
	p := u.previewPage(r, v)
	if values.Get("_op") != "" {
		view := previewView(p, v, all, acted(r, v.form(), values, form.DecodeOptions{Zone: p.Zone}))
		if isFragment(r) {
			return render(w, r, http.StatusOK, views.FormPreview(p, view))
		}
		return render(w, r, http.StatusOK, views.FormPreviewPage(p, view))
	}
	return judgePreview(w, r, p, v, all, values)
}

func judgePreview(w http.ResponseWriter, r *http.Request, p views.Page, v previewed, all []previewed, values url.Values) error {
	mode, ok := form.Full, true
	if v.step != nil {
		mode, ok = modeOf(v.step.Human, values.Get("_outcome"))
	}
	value, errs := v.form().Submit(values, form.DecodeOptions{Zone: p.Zone}, mode)
	view := previewView(p, v, all, form.State{Values: values, Errors: errs})
	if !ok {
		view.Problems.Items = append(view.Problems.Items, views.ProblemItem{Text: p.T("task.choose", outcomeTitles(v.step))})
	}
	if len(view.Problems.Items) > 0 {
		p.Problem = true
		return render(w, r, http.StatusUnprocessableEntity, views.FormPreviewPage(p, view))
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	view.Accepted, view.Value = true, p.Data("preview-value", text)
	return render(w, r, http.StatusOK, views.FormPreviewPage(p, view))
}
