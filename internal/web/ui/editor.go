package ui

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/web/respond"
)

// editorRoutes lists the pages on which workflows are written. What they save
// is a new version; nothing that is stored changes.
func (u *UI) editorRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/definitions/new", Guard: guard.Authors, Handle: u.newDefinition},
		{Method: http.MethodPost, Pattern: "/definitions/new", Guard: guard.Authors, Handle: u.writeDefinition},
		{Method: http.MethodPost, Pattern: "/definitions/check", Guard: guard.Authors, Handle: u.checkDefinition},
		{Method: http.MethodGet, Pattern: "/definitions/{name}/edit", Guard: guard.Authors, Handle: u.editDefinition},
		{Method: http.MethodPost, Pattern: "/definitions/{name}/edit", Guard: guard.Authors, Handle: u.writeDefinition},
	}
}

// firstDocument is what a new workflow begins as.
const firstDocument = `format: 1
name: my_workflow
version: 1.0.0
title: My workflow
input_schema:
  type: object
  required: [subject]
  properties:
    subject: {type: string, title: Subject}
steps:
  - name: review
    type: human
    title: "Review {{ data.subject }}"
    anyone: true
    outcomes: [approve, reject]
    form:
      schema:
        type: object
        properties:
          comment: {type: string, title: Comment}
  - {name: done, type: machine, action: noop}
  - {name: rejected, type: machine, action: noop}
edges:
  - {source: review, target: done, condition: 'steps.review.outcome == "approve"'}
  - {source: review, target: rejected, default: true}
`

func (u *UI) newDefinition(w http.ResponseWriter, r *http.Request) error {
	p, view, _ := u.editor(r, "", firstDocument, nil)
	return render(w, r, http.StatusOK, views.EditorPage(p, view))
}

// editDefinition shows the text of a version under the next version.
func (u *UI) editDefinition(w http.ResponseWriter, r *http.Request) error {
	def, versions, err := u.readDefinition(r)
	if err != nil {
		return err
	}
	p, view, _ := u.editor(r, def.Name, withVersion(string(def.Source), def.Version, nextVersion(versions[0].Version)), nil)
	view.Base = def.Version
	return render(w, r, http.StatusOK, views.EditorPage(p, view))
}

// versionLine finds the version of a document, YAML or JSON, where it stands
// first on its line or alone with the name on the top level.
var versionLine = regexp.MustCompile(`(?m)^([ \t]*"?version"?[ \t]*:[ \t]*["']?)([^"'\s,#}]+)`)

// withVersion writes another version into a document; everything else stays as
// it is. A document that gives its version in an unusual way is left alone.
func withVersion(source, from, to string) string {
	for _, at := range versionLine.FindAllStringSubmatchIndex(source, -1) {
		if source[at[4]:at[5]] == from {
			return source[:at[4]] + to + source[at[5]:]
		}
	}
	return source
}

// nextVersion raises the last number of a version, so 1.2.3 becomes 1.2.4, and
// 1.2.3-rc.1 becomes 1.2.3.
func nextVersion(version string) string {
	release, _, pre := strings.Cut(strings.SplitN(version, "+", 2)[0], "-")
	if pre {
		return release
	}
	i := strings.LastIndexByte(release, '.')
	digits := []byte(release[i+1:])
	for j := len(digits) - 1; j >= 0; j-- {
		if digits[j] < '9' {
			digits[j]++
			return release[:i+1] + string(digits)
		}
		digits[j] = '0'
	}
	return release[:i+1] + "1" + string(digits)
}

// writeDefinition checks what was written or stores it.
func (u *UI) writeDefinition(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	name, err := pathValue(r, "name")
	if err != nil {
		return err
	}
	if name != "" {
		if _, err := u.Read.Versions(r.Context(), actor(r), name); err != nil {
			return u.failKeeping(w, r, values, err)
		}
	}
	p, view, b := u.editor(r, name, sourceIn(values), values)
	view.Base = values.Get("base")
	if values.Get("do") != "save" || b.problems() {
		status := http.StatusOK
		if b.problems() {
			status, p.Problem = http.StatusUnprocessableEntity, true
		}
		return render(w, r, status, views.EditorPage(p, view))
	}
	def, _, _, err := u.Engine.SaveDefinition(r.Context(), actor(r), []byte(b.source))
	if err != nil {
		return u.writeRefused(w, r, p, view, values, err)
	}
	return u.redirect(w, r, withNotice(definitionPath(def.Name)+"?version="+url.QueryEscape(def.Version), "definition_saved"))
}

// sourceIn gives the document as it was written: forms send every line with a
// carriage return.
func sourceIn(values url.Values) string {
	return strings.ReplaceAll(values.Get("source"), "\r\n", "\n")
}

// writeRefused shows the text with what hinders its being stored.
func (u *UI) writeRefused(w http.ResponseWriter, r *http.Request, p views.Page, view views.EditorView, values url.Values, cause error) error {
	problem := respond.ProblemOf(cause, r.URL.Path)
	if problem.Status >= http.StatusInternalServerError {
		return u.failKeeping(w, r, values, cause)
	}
	p.Problem = true
	text := refusal(p, problem)
	if len(view.Check.Problems) > 0 {
		text = p.T("editor.not_saved")
	}
	p.Notice = &views.Notice{Kind: views.NoticeFailed, Text: text}
	return render(w, r, problem.Status, views.EditorPage(p, view))
}

// checkDefinition answers the editor's script with the result alone, and with
// the text where the builder has changed it.
func (u *UI) checkDefinition(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	p := u.failurePage(r) // as it stands for a fragment: the inbox is not counted
	source := sourceIn(values)
	b := newBuilder(p, source)
	b.act(values)
	check := u.checked(r, p, b, values.Get("form"))
	if b.source != source {
		check.Changed, check.Source = true, b.source
	}
	return render(w, r, http.StatusOK, views.EditorResult(p, check))
}

// editor is the page with a text, after what its buttons ask, which values
// hold; nil for a page that has just been opened. name is that of the definition
// whose next version it is, "" for a new one.
func (u *UI) editor(r *http.Request, name, source string, values url.Values) (views.Page, views.EditorView, *builder) {
	p := u.page(r, "", views.NavDefinitions)
	p.Title = p.T("editor.new")
	b := newBuilder(p, source)
	b.act(values)
	v := views.EditorView{Action: p.Href("/definitions/new"), Check: u.checked(r, p, b, values.Get("form")), CheckHref: p.Href("/definitions/check"), TryHref: p.Href("/definitions/try"), Source: b.source}
	v.Check.Quiet = values == nil
	if name != "" {
		p.Title = p.T("editor.edit", name)
		v.Name, v.Href, v.Action = name, p.Href(definitionPath(name)), p.Href(definitionPath(name)+"/edit")
		v.DiffHref = p.Href(definitionPath(name) + "/diff")
	}
	p.Current = strings.TrimPrefix(v.Action, p.Prefix)
	v.Title = p.Title
	return p, v, b
}

// chosen is the form to preview: the named one if there is such.
func chosen(forms []views.EditorForm, name string) string {
	for _, f := range forms {
		if f.Name == name {
			return name
		}
	}
	if len(forms) == 0 {
		return ""
	}
	return forms[0].Name
}
