package ui

import (
	"slices"
	"strconv"
	"strings"

	"tandem/internal/views"
	"tandem/internal/workflow"
)

// startersOf says who may start a definition.
func startersOf(p views.Page, def *workflow.Definition) string {
	if def.Start == nil {
		return p.T("definition.everyone")
	}
	return strings.Join(slices.Concat(def.Start.Groups, def.Start.Users), ", ")
}

// definitionSteps says of each step what happens in it.
func definitionSteps(p views.Page, def *workflow.Definition) []views.DefinitionStep {
	var list []views.DefinitionStep
	for _, s := range def.AllSteps() {
		list = append(list, views.DefinitionStep{
			Label: s.Label, Name: s.Name, Type: string(s.Type), Begins: s.Name == def.InitialStep, Level: levelOf(s), Next: nextOf(def, s),
			Does: slices.Concat(placeInGroup(p, s), stepDoes(p, s), eachDoes(p, s), retryDoes(p, s.Retry), timeoutDoes(p, s), stepConditions(p, s)),
		})
	}
	return list
}

func stepDoes(p views.Page, s *workflow.Step) []string {
	switch {
	case s.Machine != nil:
		return machineDoes(p, s.Machine)
	case s.Workflow != nil:
		return workflowDoes(p, s.Workflow)
	case s.Group != nil:
		return groupDoes(p, s.Group)
	case s.Human != nil:
		return humanDoes(p, s.Human)
	case s.Timer != nil && s.Timer.Until != nil:
		return []string{p.T("definition.does_until", s.Timer.Until.Text)}
	case s.Timer != nil && s.Timer.Duration != nil:
		return []string{p.T("definition.does_duration", spanText(p, s.Timer.Duration))}
	case s.Webhook != nil:
		return []string{p.T("definition.does_webhook")}
	case s.Gateway != nil:
		return []string{p.T(gatewayWords[s.Gateway.Mode])}
	}
	return nil
}

var gatewayWords = map[workflow.GatewayMode]string{
	workflow.GatewayExclusive: "definition.does_one",
	workflow.GatewayInclusive: "definition.does_some",
	workflow.GatewayParallel:  "definition.does_all",
}

func humanDoes(p views.Page, h *workflow.Human) []string {
	var list []string
	if h.Assignee != nil {
		list = append(list, p.T("definition.does_assignee", settingText(p, h.Assignee)))
	}
	if len(h.CandidateGroups) > 0 {
		list = append(list, p.T("definition.does_group", settingTexts(p, h.CandidateGroups)))
	}
	if len(h.CandidateUsers) > 0 {
		list = append(list, p.T("definition.does_users", settingTexts(p, h.CandidateUsers)))
	}
	if len(h.Guests) > 0 {
		list = append(list, p.T("definition.does_guests", settingTexts(p, h.Guests)))
	}
	if h.Anyone {
		list = append(list, p.T("definition.does_anyone"))
	}
	if h.Due != nil {
		list = append(list, p.T("definition.does_due", spanText(p, h.Due)))
	}
	return list
}

func settingTexts(p views.Page, list []*workflow.Setting) string {
	texts := make([]string, 0, len(list))
	for _, s := range list {
		texts = append(texts, settingText(p, s))
	}
	return strings.Join(texts, ", ")
}

// settingText is a setting as it was written; what stands for whoever started
// the instance is said in words.
func settingText(p views.Page, s *workflow.Setting) string {
	inner, isTemplate := strings.CutPrefix(strings.TrimSpace(s.Text), "{{")
	if isTemplate && strings.TrimSpace(strings.TrimSuffix(inner, "}}")) == "instance.started_by" {
		return p.T("definition.starter")
	}
	return s.Text
}

// spanText says a span of whole days, hours or minutes in words; others stand
// as they were written.
func spanText(p views.Page, s *workflow.Setting) string {
	n, err := strconv.Atoi(strings.TrimRight(s.Text, "dhm"))
	if err != nil || n < 1 || len(s.Text) != len(strconv.Itoa(n))+1 {
		return s.Text
	}
	switch s.Text[len(s.Text)-1] {
	case 'd':
		return p.N("time.days", n)
	case 'h':
		return p.T("time.hours", n)
	}
	return p.T("time.minutes", n)
}

// stepConditions says when a step runs, where that is not simply "on arrival".
func stepConditions(p views.Page, s *workflow.Step) []string {
	var list []string
	if s.When != nil {
		list = append(list, p.T("definition.does_when", s.When.Source()))
	}
	switch s.Join {
	case workflow.JoinAll:
		list = append(list, p.T("definition.join_all"))
	case workflow.JoinFirst:
		list = append(list, p.T("definition.join_first"))
	}
	return list
}

// definitionWays lists the edges, then the ways of handlers.
func definitionWays(p views.Page, def *workflow.Definition) []views.DefinitionWay {
	var list []views.DefinitionWay
	edges := def.Edges
	for _, s := range def.AllSteps() {
		if s.Group != nil {
			edges = slices.Concat(edges, s.Group.Edges)
		}
	}
	for _, e := range edges {
		list = append(list, views.DefinitionWay{
			From: stepLabel(def, e.Source), To: stepLabel(def, e.Target), Condition: e.Text, Kind: edgeKind(p, e),
		})
	}
	for _, s := range def.AllSteps() {
		graph := def.Graph()
		if s.Parent != nil {
			graph = s.Parent.Group.Graph()
		}
		for _, to := range graph.Handlers(s.Name) {
			list = append(list, views.DefinitionWay{From: stepLabel(def, s.Name), To: stepLabel(def, to), Kind: []string{p.T("definition.on_failure")}})
		}
	}
	return list
}

func edgeKind(p views.Page, e *workflow.Edge) []string {
	var kind []string
	if e.Default {
		kind = append(kind, p.T("definition.default"))
	}
	if e.OnSkip {
		kind = append(kind, p.T("definition.on_skip"))
	}
	if e.Text == "" && len(kind) == 0 {
		kind = append(kind, p.T("definition.always"))
	}
	if e.Loop {
		kind = append(kind, p.T("definition.loop"))
	}
	return kind
}
