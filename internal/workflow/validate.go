package workflow

import (
	"slices"
	"strings"

	"tandem/internal/workflow/say"
)

// validate checks what the parts of a definition mean together, and resolves its
// graph.
func (p *parsing) validate() {
	p.checkNamesOfSteps()
	p.checkEdges(p.def.Edges, nil)
	p.checkHandlers()
	for _, s := range p.def.all {
		p.checkPeople(s)
		p.checkGateway(s)
		if s.Group != nil && s.Group.Mode == GroupGraph {
			p.checkEdges(s.Group.Edges, s)
		}
	}
	p.checkGraph()
	for _, s := range p.def.all {
		if s.Group != nil {
			p.checkGroupGraph(s)
		}
	}
	p.checkDataKeys()
	p.checkReadings()
	p.def.references = p.references()
}

// checkNamesOfSteps reports initial and terminal steps that do not exist.
func (p *parsing) checkNamesOfSteps() {
	if n := p.root.get("initial_step"); n != nil && n.kind == textNode {
		p.mustExist(n, "part.the.initial", nil)
	}
	seen := map[string]bool{}
	for _, n := range p.root.get("terminal_steps").list() {
		if n.kind != textNode {
			continue
		}
		if seen[n.text] {
			p.fault(n, "duplicate_step.terminal", clipped(n.text))
		}
		seen[n.text] = true
		p.mustExist(n, "part.the.terminal", nil)
	}
	if n := p.root.get("terminal_steps"); n != nil && n.kind == listNode && len(n.items) == 0 {
		p.fault(n, "no_end.terminal")
	}
}

// mustExist reports a node that does not name a step of the scope: inside a
// group its steps, outside of groups those that stand there.
func (p *parsing) mustExist(n *node, what string, group *Step) {
	if n == nil || n.kind != textNode || p.names[inside(group, n.text)] && !strings.Contains(n.text, ".") {
		return
	}
	siblings := p.def.Steps
	if group != nil {
		siblings = group.Group.Steps
	}
	names := make([]string, len(siblings))
	for i, s := range siblings {
		names[i] = s.Own
	}
	if group == nil {
		p.fault(n, "unknown_step", say.Of(what), clipped(n.text), didYouMean(n.text, names))
		return
	}
	p.fault(n, "unknown_step.group",
		say.Of(what), clipped(n.text), group.Own, didYouMean(n.text, names))
}

func (p *parsing) checkEdges(edges []*Edge, group *Step) {
	type key struct {
		source, target, condition string
		fallback, onSkip          bool
	}
	seen := map[key]bool{}
	fallback := map[string]bool{}
	for _, e := range edges {
		n := p.edges[e]
		p.mustExist(n.get("source"), "part.the.source", group)
		p.mustExist(n.get("target"), "part.the.target", group)
		k := key{e.Source, e.Target, strings.TrimSpace(e.Text), e.Default, e.OnSkip}
		if seen[k] && e.Source != "" {
			p.fault(n, "duplicate_edge", clipped(e.Source), clipped(e.Target))
		}
		seen[k] = true
		p.checkDefault(e, n, fallback[e.Source])
		fallback[e.Source] = fallback[e.Source] || e.Default
	}
}

func (p *parsing) checkDefault(e *Edge, n *node, another bool) {
	at := n.get("default")
	switch {
	case !e.Default:
	case n.get("condition") != nil:
		p.fault(at, "default_edge.condition")
	case e.OnSkip:
		p.fault(at, "default_edge.on_skip")
	case another:
		p.fault(at, "default_edge.another", clipped(e.Source))
	}
}

// checkHandlers reports on_failure and on_timeout targets that do not exist.
func (p *parsing) checkHandlers() {
	for _, s := range p.def.all {
		n := p.steps[s]
		for _, item := range n.get("on_failure").list() {
			p.mustExist(item.get("step"), "part.the.step", s.Parent)
		}
		t := s.onTimeout()
		if t == nil {
			continue
		}
		at := n.get("on_timeout")
		p.mustExist(at.get("step"), "part.the.step", s.Parent)
		p.checkTimeoutOutcome(s, t, at.get("outcome"))
		if s.Timeout == nil {
			p.warn(at, "unused.on_timeout", s.Name)
		}
	}
}

func (p *parsing) checkTimeoutOutcome(s *Step, t *OnTimeout, n *node) {
	switch {
	case t.Outcome == "" || n == nil:
	case s.Human == nil:
		p.fault(n, "unknown_outcome.none")
	case s.Human.Outcome(t.Outcome) == nil:
		p.fault(n, "unknown_outcome", s.Name, clipped(t.Outcome), didYouMean(t.Outcome, s.Human.outcomeNames()))
	}
}

func (h *Human) outcomeNames() []string {
	names := make([]string, len(h.Outcomes))
	for i, o := range h.Outcomes {
		names[i] = o.Name
	}
	return names
}

// checkPeople reports a human step that nobody could do.
func (p *parsing) checkPeople(s *Step) {
	h := s.Human
	if h == nil || h.Anyone {
		return
	}
	for _, one := range slices.Concat([]*Setting{h.Assignee}, h.CandidateUsers, h.CandidateGroups, h.Guests) {
		if one != nil && (one.Program != nil || one.Text != "") {
			return
		}
	}
	p.fault(p.steps[s], "nobody", s.Name)
}

// checkGateway reports conditions that contradict the gateway's mode, and warns
// of an exclusive gateway that may find no way out.
func (p *parsing) checkGateway(s *Step) {
	if s.Gateway == nil {
		return
	}
	condition := p.steps[s].get("condition")
	if s.Gateway.Mode == GatewayParallel && condition != nil {
		p.fault(condition, "gateway_condition.parallel")
	}
	var out []*Edge
	for _, e := range p.edgesAround(s) {
		if e.Source == s.Name {
			out = append(out, e)
			p.checkGatewayEdge(s, condition, p.edges[e])
		}
	}
	if s.Gateway.Mode == GatewayExclusive && condition == nil && len(out) > 0 && !p.exhaustive(out) {
		p.warn(p.steps[s], "not_exhaustive", s.Name)
	}
}

// edgesAround gives the written edges of the scope that the step stands in.
func (p *parsing) edgesAround(s *Step) []*Edge {
	switch {
	case s.Parent == nil:
		return p.def.Edges
	case s.Parent.Group.Mode == GroupGraph:
		return s.Parent.Group.Edges
	}
	return nil
}

func (p *parsing) checkGatewayEdge(s *Step, condition, edge *node) {
	own := edge.get("condition")
	switch {
	case s.Gateway.Mode == GatewayParallel && own != nil:
		p.fault(own, "gateway_condition.edges", s.Name)
	case s.Gateway.Mode == GatewayParallel && edge.get("default").isTrue():
		p.fault(edge.get("default"), "gateway_condition.default", s.Name)
	case condition != nil && own != nil:
		p.fault(own, "gateway_condition.both", s.Name)
	}
}

// checkGraph builds the graph, resolves joins, and reports what can never run
// or never end.
func (p *parsing) checkGraph() {
	d := p.def
	d.graph = newGraph(d.Steps, d.Edges, d.InitialStep)
	p.checkWays(d.graph, d.Steps, d.Edges, d.InitialStep)
}

// checkGroupGraph does the same for the steps of a group. Where the mode says
// how they run, all of them begin, or any of them may.
func (p *parsing) checkGroupGraph(s *Step) {
	g, initial := s.Group, ""
	if (g.Mode == GroupGraph || g.Mode == GroupSequential) && len(g.Steps) > 0 {
		initial = g.Steps[0].Name
	}
	g.graph = newGraph(g.Steps, g.Edges, initial)
	p.checkWays(g.graph, g.Steps, g.Edges, initial)
}

func (p *parsing) checkWays(g *Graph, steps []*Step, edges []*Edge, initial string) {
	d := p.def
	g.resolveJoins()
	for _, cycle := range g.cycles {
		p.fault(p.steps[d.Step(cycle[0])], "endless_cycle", strings.Join(cycle, " → "))
	}
	if g.initial < 0 {
		return
	}
	leaves := map[string]bool{}
	for _, e := range edges {
		leaves[e.Source] = true
	}
	ends := g.backwards(func(s *Step) bool {
		return s.Terminal || s.Terminate || len(g.next[g.index[s.Name]]) == 0
	}, func(*arc) bool { return true })
	for i, s := range steps {
		switch n := p.steps[s]; {
		case s.Own == "" || d.Step(s.Name) != s:
		case g.depth[i] < 0:
			p.fault(n, "unreachable", s.Name, initial)
		case !leaves[s.Name] && !s.Terminal && !s.Terminate:
			p.fault(n, "dead_end", s.Name)
		case !ends[i]:
			p.fault(n, "no_end", s.Name)
		}
	}
}

// checkDataKeys reports keys of data that are written twice without overwrite.
func (p *parsing) checkDataKeys() {
	writers := map[string]string{}
	declared := p.root.get("input_schema").get("properties")
	if declared != nil {
		for _, f := range declared.fields {
			writers[f.name] = ""
		}
	}
	for _, s := range p.def.all {
		for _, w := range p.writes(s) {
			first, taken := writers[w.key]
			if !taken {
				writers[w.key] = s.Name
				continue
			}
			if s.Overwrite || first == s.Name {
				continue
			}
			by := say.Of("part.by.schema")
			if first != "" {
				by = say.Of("part.by.step", first)
			}
			p.problems = add(p.problems, w.problem("key_written_twice", s.Name, w.key, by))
		}
	}
}

// A write is a key of data that a step writes, and where it says so.
type write struct {
	key  string
	node *node
	at   place
}

func (w write) problem(key string, args ...any) Problem {
	problem := w.node.problem(key, args...)
	problem.Line, problem.Column = w.at.line, w.at.column
	return problem
}

// writes returns the keys of data that the step writes, as far as the document
// names them.
func (p *parsing) writes(s *Step) []write {
	n := p.steps[s]
	var list []write
	if out := n.get("output"); out != nil && out.kind == textNode {
		keys := []string{out.text}
		if out.text == "." {
			keys = s.mergedKeys(n)
		}
		for _, key := range keys {
			list = append(list, write{key, out, out.place})
		}
	}
	if set := n.get("set"); set != nil {
		for _, f := range set.fields {
			list = append(list, write{f.name, f.value, f.place})
		}
	}
	return list
}

// mergedKeys returns what `output: "."` brings into data: the properties of the
// step's schema, or the keys that the action set gives.
func (s *Step) mergedKeys(n *node) []string {
	if s.Machine != nil && s.Machine.Action == "set" {
		var keys []string
		if with := n.get("with"); with != nil {
			for _, f := range with.fields {
				keys = append(keys, f.name)
			}
		}
		return keys
	}
	return s.declaredKeys()
}
