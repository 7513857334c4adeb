package ui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"tandem/internal/views"
	"tandem/internal/workflow"
)

// machineDoes says what runs, and who runs it.
func machineDoes(p views.Page, m *workflow.Machine) []string {
	if m.Topic != nil {
		return []string{p.T("definition.does_worker", m.Topic.Text)}
	}
	return []string{p.T("definition.does_action", m.Action)}
}

func workflowDoes(p views.Page, w *workflow.Workflow) []string {
	if w.Version == nil {
		return []string{p.T("definition.does_workflow", w.Definition.Text)}
	}
	return []string{p.T("definition.does_workflow", w.Definition.Text+" "+w.Version.Text)}
}

var groupWords = map[workflow.GroupMode]string{
	workflow.GroupSequential:  "definition.group_sequential",
	workflow.GroupParallel:    "definition.group_parallel",
	workflow.GroupConditional: "definition.group_conditional",
	workflow.GroupRace:        "definition.group_race",
	workflow.GroupGraph:       "definition.group_graph",
}

func groupDoes(p views.Page, g *workflow.Group) []string {
	list := []string{p.T(groupWords[g.Mode])}
	if g.Condition != nil {
		list = append(list, p.T("definition.group_chosen", g.Condition.Source()))
	}
	return list
}

// placeInGroup says under which key a branch stands, or that a step comes last.
func placeInGroup(p views.Page, s *workflow.Step) []string {
	if s.Parent == nil {
		return nil
	}
	for key, branch := range s.Parent.Group.Branches {
		if branch == s {
			return []string{p.T("definition.branch", key)}
		}
	}
	if s == s.Parent.Group.Callback {
		return []string{p.T("definition.callback")}
	}
	return nil
}

// eachDoes says over what a step repeats and when it has done enough.
func eachDoes(p views.Page, s *workflow.Step) []string {
	e := s.Each
	if e == nil {
		return nil
	}
	over := p.T("definition.each_list")
	if e.Items != nil {
		over = e.Items.Source()
	}
	list := []string{p.T("definition.each", over)}
	switch {
	case e.MaxParallel == 1:
		list = append(list, p.T("definition.each_in_turn"))
	case e.MaxParallel > 1:
		list = append(list, p.T("definition.each_parallel", e.MaxParallel))
	}
	if e.CompleteWhen != nil {
		list = append(list, p.T("definition.each_until", e.CompleteWhen.Source()))
	}
	if e.Distinct {
		list = append(list, p.T("definition.each_distinct"))
	}
	if e.ContinueOnError {
		list = append(list, p.T("definition.each_continues"))
	}
	return list
}

// retryDoes says how often a step is tried and how long it waits between.
func retryDoes(p views.Page, r *workflow.RetryPolicy) []string {
	if r == nil {
		return nil
	}
	first := "1 s"
	if r.Initial != nil {
		first = spanText(p, r.Initial)
	}
	list := []string{p.T("definition.retry", r.MaxAttempts, first)}
	factor := strings.Replace(strconv.FormatFloat(r.Factor, 'f', -1, 64), ".", p.T("number.point"), 1)
	switch {
	case r.Factor == 1:
	case r.Max != nil:
		list = []string{p.T("definition.retry_bounded", r.MaxAttempts, first, factor, spanText(p, r.Max))}
	default:
		list = []string{p.T("definition.retry_growing", r.MaxAttempts, first, factor)}
	}
	if r.Within != nil {
		list = append(list, p.T("definition.retry_within", spanText(p, r.Within)))
	}
	if r.On != nil {
		list = append(list, p.T("definition.retry_on", r.On.Source()))
	}
	return list
}

// timeoutDoes says how long a step may take.
func timeoutDoes(p views.Page, s *workflow.Step) []string {
	if s.Timeout == nil {
		return nil
	}
	return []string{p.T("definition.timeout", spanText(p, s.Timeout))}
}

// levelOf is how many groups stand around a step.
func levelOf(s *workflow.Step) int {
	level := 0
	for g := s.Parent; g != nil; g = g.Parent {
		level++
	}
	return min(level, views.MaxStepLevel)
}

// nextOf names the steps that edges lead to from a step, in its own scope.
func nextOf(def *workflow.Definition, s *workflow.Step) []string {
	graph := def.Graph()
	if s.Parent != nil {
		graph = s.Parent.Group.Graph()
	}
	var names []string
	for _, e := range graph.Next(s.Name) {
		if step := def.Step(e.Target); step != nil && !slices.Contains(names, step.Label) {
			names = append(names, cmp.Or(step.Label, e.Target))
		}
	}
	return names
}
