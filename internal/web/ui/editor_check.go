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

// checked says what is wrong with a document, and what it is: its steps and its
// graph, and where nothing is wrong one of its forms, that of formName if there
// is such.
func (u *UI) checked(r *http.Request, p views.Page, b *builder, formName string) views.EditorCheck {
	def, warnings, err := u.Engine.Parse([]byte(b.source))
	c := views.EditorCheck{ID: "editor-result"}
	lines := strings.Split(b.source, "\n")
	var fault *workflow.Error
	if errors.As(err, &fault) {
		c.Problems = problemLines(p, fault.Fields, lines, false)
	}
	switch {
	case err == nil || len(c.Problems) > 0:
	case fault != nil && fault.Said != nil:
		c.Problems = []views.EditorProblem{{Text: fault.In(p.Lang)}}
	default:
		c.Problems = []views.EditorProblem{{Text: refusal(p, respond.ProblemOf(err, r.URL.Path))}}
	}
	c.Errors = len(c.Problems)
	c.Problems = append(c.Problems, problemLines(p, warnings, lines, true)...)
	c.More = max(0, len(c.Problems)-maxShownProblems)
	c.Problems = c.Problems[:len(c.Problems)-c.More]
	c.Warnings = len(warnings)
	o, unread, line := b.outline()
	c.Builder = b.view(o, unread, line, linesOf(c.Problems[:min(c.Errors, len(c.Problems))]))
	if err != nil {
		if c.Drawn = o != nil && len(o.Steps) > 0; c.Drawn {
			c.Graph = draftOf(p, o)
		}
		return c
	}
	c.Valid, c.Drawn, c.Ref, c.Graph = true, true, def.Ref.String(), graphOf(def)
	addForms(p, &c, def, formName)
	return c
}

// linesOf lists the lines of problems.
func linesOf(problems []views.EditorProblem) []int {
	var lines []int
	for _, one := range problems {
		if !one.Warning && one.Line > 0 {
			lines = append(lines, one.Line)
		}
	}
	return lines
}

// problemLines lists problems with the text of the line that each is on.
func problemLines(p views.Page, list []workflow.Problem, lines []string, warning bool) []views.EditorProblem {
	var out []views.EditorProblem
	for _, one := range list {
		row := views.EditorProblem{Text: one.In(p.Lang), Line: one.Line, Column: one.Column, Pointer: one.Pointer, Warning: warning}
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
func formsOf(p views.Page, previews []previewed) []views.EditorForm {
	var list []views.EditorForm
	for _, v := range previews {
		list = append(list, views.EditorForm{Name: v.name(), Label: v.label(p)})
	}
	return list
}

// name tells the forms of a workflow apart.
func (v previewed) name() string {
	if v.step == nil {
		return startFormName
	}
	return v.step.Name
}

// addForms lists the forms of a workflow and shows one as somebody would first
// see it: the named one if there is such.
func addForms(p views.Page, c *views.EditorCheck, def *workflow.Definition, name string) {
	previews := previewsOf(def)
	c.Forms = formsOf(p, previews)
	c.Chosen = chosen(c.Forms, name)
	for _, v := range previews {
		if v.name() == c.Chosen {
			c.Form = previewView(p, v, nil, form.State{})
			c.Form.Form = c.Form.Form.Apart("preview-") // the builder has a form too
			c.Form.Form.Switch = form.Action{}
		}
	}
}
