package workflow

import (
	"regexp"
	"slices"
	"strings"

	"tandem/internal/workflow/expr"
)

// checkReadings reports what expressions ask for that cannot be there: outcomes
// and hooks that steps do not have, and (a warning) keys of data that nothing
// writes.
func (p *parsing) checkReadings() {
	keys := p.knownData()
	p.warnSearch(p.root.get("search"), keys)
	for _, r := range p.readings {
		for _, c := range r.program.Comparisons() {
			p.checkOutcome(r, c)
		}
		p.checkInner(r)
		refs := r.program.References()
		for _, name := range refs.Hooks {
			if s := p.def.Step(name); s != nil && s.Type != StepWebhook && s.Type != StepGroup {
				p.faultIn(r, name, "unknown_hook", name)
			}
		}
		for _, key := range refs.Data {
			if keys != nil && !slices.Contains(keys, key) {
				at, line, column := p.locate(r, key)
				w := at.problem("unknown_data", key, didYouMean(key, keys))
				w.Line, w.Column = line, column
				p.warnings = add(p.warnings, w)
			}
		}
	}
}

// checkOutcome reports a test of steps.X.outcome against a text that is none of
// the step's outcomes.
func (p *parsing) checkOutcome(r reading, c expr.Comparison) {
	if len(c.Path) < 3 || c.Path[0] != "steps" || c.Path[len(c.Path)-1] != "outcome" {
		return
	}
	s, rest := p.stepAt(c.Path)
	switch {
	case s == nil || len(rest) != 1 || !slices.Contains(stepTypes, s.Type):
	case s.Human == nil || len(s.Human.Outcomes) == 0:
		p.faultIn(r, c.Text, "unknown_outcome.never", s.Name, clipped(c.Text))
	case s.Human.Outcome(c.Text) == nil:
		p.faultIn(r, c.Text, "unknown_outcome", s.Name, clipped(c.Text), didYouMean(c.Text, s.Human.outcomeNames()))
	}
}

// stepAt finds the step that a path such as steps.GROUP.steps.NAME.output
// speaks of, the innermost that there is, and what follows its name.
func (p *parsing) stepAt(path []string) (s *Step, rest []string) {
	name := ""
	for len(path) >= 2 && path[0] == "steps" {
		next := path[1]
		if s != nil {
			next = name + "." + path[1]
		}
		step := p.def.Step(next)
		if step == nil {
			return s, path
		}
		s, name, path = step, next, path[2:]
		if s.Group == nil {
			break
		}
	}
	return s, path
}

// checkInner reports a step that is not in the group which an expression speaks
// of.
func (p *parsing) checkInner(r reading) {
	for _, path := range r.program.Paths() {
		s, rest := p.stepAt(path)
		if s == nil || s.Group == nil || len(rest) < 2 || rest[0] != "steps" {
			continue
		}
		var names []string
		for _, inner := range s.Group.Steps {
			names = append(names, inner.Own)
		}
		p.faultIn(r, rest[1], "bad_expression.inner", rest[1], s.Name, didYouMean(rest[1], names))
	}
}

// faultIn reports a problem at a word of an expression.
func (p *parsing) faultIn(r reading, word, key string, args ...any) {
	at, line, column := p.locate(r, word)
	problem := at.problem(key, args...)
	problem.Line, problem.Column = line, column
	p.problems = add(p.problems, problem)
}

// locate returns the node that holds an expression and the place of a word in
// it: quoted or after a dot if it stands there so.
func (p *parsing) locate(r reading, word string) (at *node, line, column int) {
	at = r.node.holding(r.program.Source())
	if at == nil {
		at = r.node
	}
	start := max(0, strings.Index(at.text, r.program.Source()))
	for _, shape := range []string{`"` + word + `"`, `'` + word + `'`, "." + word, word} {
		i := strings.Index(at.text[start:], shape)
		if i < 0 {
			continue
		}
		before := at.text[:start+i+strings.Index(shape, word)]
		last := before[strings.LastIndexByte(before, '\n')+1:]
		line, column = p.within(at, strings.Count(before, "\n")+1, len([]rune(last))+1)
		return at, line, column
	}
	return at, at.place.line, at.place.column
}

// holding returns the first scalar at or below the node whose text holds another.
func (n *node) holding(text string) *node {
	if n.text != "" && strings.Contains(n.text, text) {
		return n
	}
	for _, item := range n.items {
		if found := item.holding(text); found != nil {
			return found
		}
	}
	for _, f := range n.fields {
		if found := f.value.holding(text); found != nil {
			return found
		}
	}
	return nil
}

// knownData returns the keys that data may have, nil when the document does not
// tell: no properties in input_schema, or a result merged without a schema.
func (p *parsing) knownData() []string {
	properties := p.root.get("input_schema").get("properties")
	if properties == nil {
		return nil
	}
	keys := []string{}
	for _, f := range properties.fields {
		keys = append(keys, f.name)
	}
	for _, s := range p.def.all {
		writes := p.writes(s)
		if s.Output == "." && len(writes) == 0 {
			return nil
		}
		for _, w := range writes {
			keys = append(keys, w.key)
		}
	}
	return keys
}

// references returns the steps whose results any expression may read, in
// document order: with a group those inside, and those whose results their
// group needs.
func (p *parsing) references() []string {
	read := map[string]bool{}
	all := false
	for _, r := range p.readings {
		refs := r.program.References()
		all = all || refs.AllSteps
		for _, name := range refs.Steps {
			read[name] = true
		}
	}
	var names []string
	for _, s := range p.def.all {
		if all || read[s.Name] || s.Parent != nil && (read[s.Parent.Name] || s.Parent.Group.needsResults()) {
			read[s.Name] = true
			names = append(names, s.Name)
		}
	}
	return names
}

// needsResults reports whether the group itself reads the results of its steps.
func (g *Group) needsResults() bool { return g.Mode == GroupSequential || g.Mode == GroupParallel }

// exhaustive reports whether one of the edges surely fires: one has no
// condition, two are each other's opposite, or they name every outcome of a
// step. It does not see every case.
func (p *parsing) exhaustive(edges []*Edge) bool {
	var conditions []string
	for _, e := range edges {
		switch {
		case e.OnSkip:
		case p.edges[e].get("condition") == nil:
			return true
		default:
			conditions = append(conditions, strings.TrimSpace(e.Text))
		}
	}
	for i, a := range conditions {
		for _, b := range conditions[i+1:] {
			if opposites(a, b) || opposites(b, a) {
				return true
			}
		}
	}
	return p.coversOutcomes(conditions)
}

var (
	simpleComparison  = regexp.MustCompile(`^([^&|?<>=!]+?)\s*(<=|>=|==|!=|<|>)\s*([^&|?<>=!]+)$`)
	outcomeComparison = regexp.MustCompile(`^steps\.([a-z][a-z0-9_]*)\.outcome\s*==\s*(?:"([^"]*)"|'([^']*)')$`)
	opposite          = map[string]string{"<": ">=", ">": "<=", "==": "!="}
)

// opposites reports whether b says the contrary of a, both as written.
func opposites(a, b string) bool {
	if b == "!("+a+")" || b == "!"+a && !strings.ContainsAny(a, " &|?<>=") {
		return true
	}
	x, y := simpleComparison.FindStringSubmatch(a), simpleComparison.FindStringSubmatch(b)
	return x != nil && y != nil && x[1] == y[1] && x[3] == y[3] && opposite[x[2]] == y[2]
}

func (p *parsing) coversOutcomes(conditions []string) bool {
	tested := map[string]map[string]bool{}
	for _, c := range conditions {
		if m := outcomeComparison.FindStringSubmatch(c); m != nil {
			if tested[m[1]] == nil {
				tested[m[1]] = map[string]bool{}
			}
			tested[m[1]][m[2]+m[3]] = true
		}
	}
	for name, outcomes := range tested {
		s := p.def.Step(name)
		if s == nil || s.Human == nil || len(s.Human.Outcomes) == 0 {
			continue
		}
		if !slices.ContainsFunc(s.Human.outcomeNames(), func(o string) bool { return !outcomes[o] }) {
			return true
		}
	}
	return false
}
