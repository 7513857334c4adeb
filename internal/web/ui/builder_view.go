package ui

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tandem/internal/form"
	"tandem/internal/mermaid"
	"tandem/internal/views"
	"tandem/internal/workflow"
	"tandem/internal/workflow/edit"
)

// view is the builder's part of the page. wrong are the lines with errors.
func (b *builder) view(o *edit.Outline, fault string, line int, wrong []int) views.BuilderView {
	v := views.BuilderView{Said: b.said, Refused: b.refused, Focus: b.focus, Name: b.name, Fault: fault, FaultLine: line}
	for _, r := range b.where {
		v.Where = append(v.Where, views.BuilderPlace{Text: placeText(b.page, r), Line: r.Line})
	}
	if o == nil {
		return v
	}
	chosen := b.find(o)
	v.Steps = builderTree(o, nil, chosen, wrong)
	for _, kind := range edit.StepTypes {
		v.Types = append(v.Types, views.BuilderOption{Value: kind, Label: b.page.TypeWord(kind)})
	}
	v.Places = b.places(o, chosen)
	if chosen != nil {
		v.Chosen = b.chosenView(o, chosen)
	}
	return v
}

// find is the chosen step; one that the text has renamed is found by its place.
func (b *builder) find(o *edit.Outline) *edit.Step {
	s := o.Step(b.chosen)
	if s == nil && b.chosen != "" && b.at >= 0 && b.at < len(o.Steps) {
		s = o.Steps[b.at]
	}
	return s
}

func placeText(p views.Page, r edit.Reference) string {
	if r.Step == "" {
		return p.T("builder.at_workflow", r.Key)
	}
	return p.T("builder.at_step", r.Step, r.Key)
}

// stepCalled is what graphs call a step, too.
func stepCalled(s *edit.Step) string { return cmp.Or(s.Title, workflow.InWords(s.Name)) }

// builderTree lists the steps inside of a group, nil for the workflow.
func builderTree(o *edit.Outline, group, chosen *edit.Step, wrong []int) []views.BuilderStep {
	var list []views.BuilderStep
	for _, s := range o.Inside(group) {
		row := views.BuilderStep{Path: s.Path, Name: s.Name, Title: stepCalled(s), Type: s.Type, Current: s == chosen, Line: s.Line}
		first, last := s.Line, s.Line+strings.Count(o.Source(s.Value()), "\n")
		row.Wrong = slices.ContainsFunc(wrong, func(line int) bool { return line >= first && line <= last })
		if s.Mode != "" {
			row.Inside = builderTree(o, s, chosen, wrong)
		}
		list = append(list, row)
	}
	return list
}

// places lists where a step can be added: behind the chosen one at first.
func (b *builder) places(o *edit.Outline, chosen *edit.Step) []views.BuilderOption {
	end := views.BuilderOption{Value: "in:", Label: b.page.T("builder.at_end")}
	list := []views.BuilderOption{}
	for _, s := range o.Steps {
		if s.Slot == "steps" {
			list = append(list, views.BuilderOption{Value: "after:" + s.Path, Label: b.page.T("builder.after", s.Path), Selected: s == chosen})
		}
		if s.Mode != "" {
			list = append(list, views.BuilderOption{Value: "in:" + s.Path, Label: b.page.T("builder.in", s.Path)})
		}
	}
	if top := o.Inside(nil); chosen == nil && len(top) > 0 {
		last := "after:" + top[len(top)-1].Path
		for i := range list {
			list[i].Selected = list[i].Value == last
		}
	}
	return append(list, end)
}

func (b *builder) chosenView(o *edit.Outline, s *edit.Step) *views.BuilderChosen {
	p := b.page
	v := &views.BuilderChosen{
		Path: s.Path, Name: s.Name, Title: stepCalled(s), Type: s.Type, Line: s.Line,
		Inline: s.Slot != "steps", First: s.First(), Last: s.Last(),
	}
	if s.Group != nil {
		v.Groups = append(v.Groups, views.BuilderOption{Value: "", Label: p.T("builder.top")})
	}
	for _, g := range o.Steps {
		if g.Mode != "" && g.Mode != "conditional" && g != s && g != s.Group && !strings.HasPrefix(g.Path, s.Path+".") {
			v.Groups = append(v.Groups, views.BuilderOption{Value: g.Path, Label: g.Path})
		}
	}
	f, state := b.form, form.State{Values: b.typed, Errors: b.errs, Focus: b.wait}
	if f == nil || b.typed == nil {
		fresh, err := newStepForm(p, o, s)
		if err != nil {
			return v
		}
		f, state = fresh, form.State{Focus: b.wait}
	}
	state.Stored, state.Lang, state.Zone = f.stored(), form.LangOf(p.Lang), time.UTC
	shown := f.form.Show(state)
	v.Base, v.Hidden = f.base(), shown.Hidden
	v.Problems = views.SummaryProblems(shown.Summary, "builder-chosen")
	v.Own, v.More, v.Ways = f.parts(shown.Fields)
	v.MoreOpen = slices.ContainsFunc(f.plans, func(k *keyPlan) bool { return !k.own && s.Value().Get(k.name) != nil }) || !b.errs.Empty()
	return v
}

// parts tells the keys of the step's type from the others, and from its edges.
func (f *stepForm) parts(fields []form.Field) (own, more, ways []form.Field) {
	for _, field := range fields {
		if field.Pointer != "/step" {
			ways = append(ways, field)
			continue
		}
		for _, one := range field.Children {
			i := slices.IndexFunc(f.plans, func(k *keyPlan) bool { return "/step/"+k.name == one.Pointer })
			if i >= 0 && f.plans[i].own {
				own = append(own, one)
			} else {
				more = append(more, one)
			}
		}
	}
	return own, more, ways
}

// draftOf draws a text that is no workflow yet: its steps and the edges between
// them.
func draftOf(p views.Page, o *edit.Outline) views.GraphView {
	d := mermaid.Diagram{Direction: "TD"}
	for _, s := range o.Steps {
		n := mermaid.Node{ID: s.Path, Label: stepCalled(s), Type: s.Type, Initial: s.First() && s.Group == nil, Terminal: edit.HasEdges(s.Group) && len(s.Ways) == 0}
		prefix := ""
		if s.Group != nil {
			n.Parent, prefix = s.Group.Path, s.Group.Path+"."
		}
		d.Nodes = append(d.Nodes, n)
		for _, w := range s.Ways {
			d.Edges = append(d.Edges, mermaid.Edge{Source: s.Path, Target: prefix + w.Target, Label: w.Condition, Condition: w.Condition, Default: w.Default, OnSkip: w.OnSkip})
		}
	}
	labels := map[string]string{}
	for _, n := range d.Nodes {
		labels[n.ID] = n.Label
	}
	return graphView(d, p.T("builder.draft"), func(id string) string { return labels[id] })
}
