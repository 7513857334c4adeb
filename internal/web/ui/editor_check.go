package ui

import (
	"errors"
	"net/http"
	"strings"

	"tandem/internal/form"
	"tandem/internal/views"
	"tandem/internal/web/respond"
	"tandem/internal/workflow"
)

// startFormName names the start form among the forms of a workflow; steps have
// no such name.
const startFormName = "-start"

// maxShownProblems bounds the problems of one check that a page lists.
const maxShownProblems = 200

// checked says what is wrong with a document, and what it is where nothing is:
// its graph and one of its forms, that of formName if there is such.
func (u *UI) checked(r *http.Request, p views.Page, source, formName string) views.EditorCheck {
	def, warnings, err := u.Engine.Parse([]byte(source))
	c := views.EditorCheck{ID: "editor-result"}
	lines := strings.Split(source, "\n")
	var fault *workflow.Error
	if errors.As(err, &fault) {
		c.Problems = problemLines(fault.Fields, lines, false)
	}
	if err != nil && len(c.Problems) == 0 {
		c.Problems = []views.EditorProblem{{Text: refusal(p, respond.ProblemOf(err, r.URL.Path))}}
	}
	c.Errors = len(c.Problems)
	c.Problems = append(c.Problems, problemLines(warnings, lines, true)...)
	c.More = max(0, len(c.Problems)-maxShownProblems)
	c.Problems = c.Problems[:len(c.Problems)-c.More]
	c.Warnings = len(warnings)
	if err != nil {
		return c
	}
	c.Valid, c.Ref, c.Graph = true, def.Ref.String(), graphOf(p, def)
	c.Forms = formsOf(p, def)
	c.Chosen = chosen(c.Forms, formName)
	c.Form, c.Outcomes = formPreview(p, def, c.Chosen)
	return c
}

// problemLines lists problems with the text of the line that each is on.
func problemLines(list []workflow.Problem, lines []string, warning bool) []views.EditorProblem {
	var out []views.EditorProblem
	for _, one := range list {
		row := views.EditorProblem{Text: one.Message, Line: one.Line, Column: one.Column, Pointer: one.Pointer, Warning: warning}
		if one.Line > 0 && one.Line <= len(lines) {
			row.Excerpt = clipped(strings.TrimRight(lines[one.Line-1], " \r"))
		}
		out = append(out, row)
	}
	return out
}

// clipped shortens a line for showing.
func clipped(line string) string {
	const most = 160
	if runes := []rune(line); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return line
}

// formsOf names the forms of a workflow in the order of the document.
func formsOf(p views.Page, def *workflow.Definition) []views.EditorForm {
	var list []views.EditorForm
	if len(def.InputSchema) > 0 {
		list = append(list, views.EditorForm{Name: startFormName, Label: p.T("editor.start_form")})
	}
	for _, s := range def.AllSteps() {
		if s.Human != nil {
			list = append(list, views.EditorForm{Name: s.Name, Label: stepLabel(def, s.Name)})
		}
	}
	return list
}

// formPreview gives a form as somebody would first see it, with the names of
// its buttons.
func formPreview(p views.Page, def *workflow.Definition, name string) (form.Shown, []string) {
	f, submit, outcomes := def.StartForm(), p.T("start.button"), []string(nil)
	if s := def.Step(name); s != nil && s.Human != nil {
		f, submit = s.Human.Form, p.T("task.complete")
		for _, o := range s.Human.Outcomes {
			outcomes = append(outcomes, o.Title)
		}
	}
	if len(outcomes) == 0 {
		outcomes = []string{submit}
	}
	if f == nil {
		return form.Shown{}, outcomes
	}
	shown := f.Show(form.State{Lang: form.LangOf(p.Lang), Zone: p.Zone})
	shown.Switch = form.Action{}
	if text := f.SubmitText(); text != "" && len(outcomes) == 1 {
		outcomes[0] = text
	}
	return shown, outcomes
}
