package workflow

import (
	"slices"

	"tandem/internal/workflow/expr"
	"tandem/internal/workflow/say"
)

// maxGroups is how many groups may stand inside one another.
const maxGroups = 16

// steps lists the nodes of all steps at and below a workflow or group, as far as
// groups may be nested.
func (n *node) steps(depth int, list []*node) []*node {
	if depth > maxGroups+1 {
		return list
	}
	for _, item := range n.inner() {
		list = append(list, item)
		list = item.steps(depth+1, list)
	}
	return list
}

// inner lists the nodes of the steps of a workflow or a group.
func (n *node) inner() []*node {
	var list []*node
	for _, item := range n.get("steps").list() {
		if item.kind == objectNode {
			list = append(list, item)
		}
	}
	if branches := n.get("branches"); branches != nil && branches.kind == objectNode {
		for _, f := range branches.fields {
			if f.value.kind == objectNode {
				list = append(list, f.value)
			}
		}
	}
	if callback := n.get("callback"); callback != nil && callback.kind == objectNode {
		list = append(list, callback)
	}
	return list
}

// deepGroup gives the first step that stands in too many groups, nil when none
// does.
func (n *node) deepGroup(depth int) *node {
	for _, item := range n.inner() {
		if depth > maxGroups {
			return item
		}
		if deep := item.deepGroup(depth + 1); deep != nil {
			return deep
		}
	}
	return nil
}

// collectGroup makes the steps inside a group.
func (p *parsing) collectGroup(n *node, s *Step) {
	s.Group = &Group{Mode: groupMode(n)}
	s.Group.Steps = p.collectSteps(n.get("steps"), s)
	if branches := n.get("branches"); branches != nil && branches.kind == objectNode {
		s.Group.Branches = map[string]*Step{}
		for _, f := range branches.fields {
			if f.value.kind == objectNode {
				branch := p.collectStep(f.value, s, inlineName(f.value, f.name))
				s.Group.Branches[f.name] = branch
				s.Group.Steps = append(s.Group.Steps, branch)
			}
		}
	}
	if callback := n.get("callback"); callback != nil && callback.kind == objectNode {
		s.Group.Callback = p.collectStep(callback, s, inlineName(callback, "callback"))
		s.Group.Steps = append(s.Group.Steps, s.Group.Callback)
	}
}

func inlineName(n *node, otherwise string) string {
	if name := n.get("name").string(); name != "" {
		return name
	}
	return otherwise
}

func groupMode(n *node) GroupMode {
	if mode := n.get("mode").string(); mode != "" {
		return GroupMode(mode)
	}
	return GroupSequential
}

// group compiles a group's own keys and reports those that its mode does not
// take.
func (p *parsing) group(n *node, s *Step) {
	g := s.Group
	g.Condition = p.program(p.here, n.get("condition"))
	takes := map[GroupMode][]string{
		GroupSequential:  {"steps"},
		GroupParallel:    {"steps", "callback"},
		GroupRace:        {"steps"},
		GroupGraph:       {"steps", "edges"},
		GroupConditional: {"condition", "branches"},
	}[g.Mode]
	for _, key := range []string{"steps", "edges", "callback", "condition", "branches"} {
		f := n.field(key)
		switch taken := slices.Contains(takes, key); {
		case f != nil && !taken:
			p.faultKey(f, "group_keys", g.Mode, key)
		case f == nil && taken && key != "callback" && key != "edges":
			p.fault(n, "missing_key.group", g.Mode, key)
		}
	}
	if g.Mode == GroupConditional && n.get("branches") != nil && len(g.Branches) == 0 {
		p.fault(n.get("branches"), "no_steps.branches")
	}
}

// buildGroupEdges builds the edges of a group: those that are written, or those
// that its mode means.
func (p *parsing) buildGroupEdges(s *Step) {
	g, n := s.Group, p.steps[s]
	switch g.Mode {
	case GroupGraph:
		g.Edges = p.buildEdges(n.get("edges"), s)
	case GroupSequential:
		for i := 1; i < len(g.Steps); i++ {
			g.Edges = append(g.Edges, &Edge{Source: g.Steps[i-1].Name, Target: g.Steps[i].Name})
		}
	case GroupParallel:
		for _, step := range g.Steps {
			if g.Callback != nil && step != g.Callback {
				g.Edges = append(g.Edges, &Edge{Source: step.Name, Target: g.Callback.Name})
			}
		}
	}
	leaves := map[string]bool{}
	for _, e := range g.Edges {
		leaves[e.Source] = true
	}
	for _, step := range g.Steps {
		step.Terminal = !leaves[step.Name]
	}
}

// each reads the keys of a step that runs once for each item, nil when it does
// not.
func (p *parsing) each(n *node, s *Step) *Each {
	items := n.get("for_each")
	if !slices.Contains(eachTypes, s.Type) {
		return nil // the key is reported as unknown
	}
	if items == nil {
		for _, key := range []string{"max_parallel", "complete_when", "distinct", "allow_empty", "continue_on_error"} {
			if f := n.field(key); f != nil {
				p.faultKey(f, "unused.each", key)
			}
		}
		return nil
	}
	e := &Each{
		MaxParallel:     p.whole(n.get("max_parallel"), 1, MaxItems, 0),
		AllowEmpty:      n.get("allow_empty").isTrue(),
		ContinueOnError: n.get("continue_on_error").isTrue(),
		CompleteWhen:    p.program(p.env("done", "total", "failed", "outcomes", "results"), n.get("complete_when")),
	}
	e.Distinct = s.Type == StepHuman && e.CompleteWhen != nil
	if d := n.get("distinct"); d != nil {
		e.Distinct = d.isTrue()
		if d.isTrue() && s.Type != StepHuman {
			p.fault(d, "unused.distinct")
		}
	}
	if items.kind == listNode {
		here := p.here
		p.here = p.around
		e.List = p.value(items)
		p.here = here
	} else {
		e.Items = p.program(p.around, items)
	}
	return e
}

func (p *parsing) workflow(n *node) *Workflow {
	w := &Workflow{Definition: p.setting(n.get("definition")), Version: p.setting(n.get("version")), Input: p.value(n.get("input")), CorrelationID: p.setting(n.get("correlation_id"))}
	if s := w.Definition; s != nil && s.Program == nil && !workflowName.MatchString(s.Text) {
		p.fault(n.get("definition"), "bad_name", clipped(s.Text), say.Of("part.title.workflow"), nameRules[workflowName])
	}
	if s := w.Version; s != nil && s.Program == nil && !ValidVersion(s.Text) {
		p.fault(n.get("version"), "bad_version", clipped(s.Text))
	}
	if w.Definition != nil && w.Definition.Program == nil && w.Definition.Text == p.def.Name {
		p.warn(n.get("definition"), "recursion", MaxDepth)
	}
	return w
}

// retryPolicy reads `retry`.
func (p *parsing) retryPolicy(n *node) *RetryPolicy {
	if n == nil || n.kind != objectNode {
		return nil
	}
	return &RetryPolicy{
		MaxAttempts: p.whole(n.get("max_attempts"), 1, MaxRetryAttempts, DefaultRetryAttempts),
		Initial:     p.duration(n.get("initial")),
		Max:         p.duration(n.get("max")),
		Within:      p.timeout(n.get("within")),
		Factor:      p.decimal(n.get("factor"), 1, 100, DefaultRetryFactor),
		Jitter:      p.decimal(n.get("jitter"), 0, 1, DefaultRetryJitter),
		On:          p.retryOn(n.get("retry_on")),
	}
}

func (p *parsing) retryOn(n *node) *expr.Program { return p.program(p.own("error"), n) }
