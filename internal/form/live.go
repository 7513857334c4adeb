package form

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A judge asks parts of the schema whether a value fits them, within one
// validation's budget.
type judge struct {
	schema *Schema
	v      *validator
	over   bool
}

// fits reports whether a value fits the part of the schema at loc; false when
// the budget is used up.
func (j *judge) fits(loc string, value any) (ok bool) {
	if j.over || checkValue(value, "", 0) != nil {
		return false
	}
	if j.v == nil {
		v, err := j.schema.take()
		if err != nil {
			j.over = true
			return false
		}
		j.v = v
		*v.spent = budget{begin: time.Now()}
	}
	defer func() {
		if p := recover(); p != nil {
			if _, mine := p.(overrun); !mine {
				panic(p)
			}
			ok, j.over = false, true
		}
	}()
	part, err := j.v.part(loc)
	return err == nil && part.Validate(value) == nil
}

func (j *judge) end() {
	if j.v != nil {
		j.schema.give(j.v)
		j.v = nil
	}
}

// part compiles the schema at a JSON pointer of the document.
func (v *validator) part(loc string) (*jsonschema.Schema, error) {
	if part, ok := v.parts[loc]; ok {
		return part, nil
	}
	part, err := v.compiler.Compile(schemaURL + "#" + escapeFragment(loc))
	if err != nil {
		return nil, err
	}
	if v.parts == nil {
		v.parts = map[string]*jsonschema.Schema{}
	}
	v.parts[loc] = part
	return part, nil
}

// liveSources gives the schemas that hold because of the data: branches that
// were chosen, then and else, dependent schemas.
func (g *grower) liveSources(n *node) []source {
	v := n.shape.view
	var live []source
	for _, s := range n.selectors {
		if s.chosen >= 0 {
			live = append(live, s.options[s.chosen])
		}
	}
	obj, isObject := n.value.(map[string]any)
	if n.value == nil && !n.present {
		return live
	}
	for _, c := range v.conds {
		loc := c.otherwise
		if g.judge.fits(c.loc, n.value) {
			loc = c.then
		}
		if loc != "" {
			schema, _ := g.form.doc.at(loc)
			live = append(live, sourceOf(schema, loc))
		}
	}
	for _, d := range v.deps {
		if _, ok := obj[d.key]; ok && isObject {
			live = append(live, d.src)
		}
	}
	return live
}

// demand marks the members that are required because of others, and names them.
func (g *grower) demand(n *node) string {
	obj, _ := n.value.(map[string]any)
	for _, c := range n.children {
		c.demanded = false
	}
	var names []string
	for _, key := range textOrder(nil, asLists(n.shape.view.also)) {
		if _, ok := obj[key]; !ok {
			continue
		}
		for _, other := range n.shape.view.also[key] {
			if c := n.child(other); c != nil {
				c.demanded = true
				names = append(names, other)
			}
		}
	}
	return strings.Join(names, "\n")
}

func asLists(also map[string][]string) map[string]any {
	out := make(map[string]any, len(also))
	for key := range also {
		out[key] = true
	}
	return out
}

// selectBranches reads which branches are chosen.
func (g *grower) selectBranches(n *node) {
	n.selectors = nil
	for i, b := range n.shape.view.branches {
		s := &selector{branching: b, name: n.at.special("b" + itoa(i)), optional: !n.required}
		s.shown = g.branchOf(n, b)
		s.chosen = s.shown
		if g.values != nil && (!g.show || g.values.Has(s.name)) {
			s.chosen = -1
			if k, err := strconv.Atoi(g.values.Get(s.name)); err == nil && k >= 0 && k < len(b.options) {
				s.chosen = k
			}
			if !g.values.Has(s.name) && n.required && len(b.options) > 0 {
				s.chosen = s.shown
			}
		}
		n.selectors = append(n.selectors, s)
	}
}

func (n *node) changedBranches() int {
	count := 0
	for _, s := range n.selectors {
		if s.chosen != s.shown {
			count++
		}
	}
	return count
}

// branchOf gives the branch that a value takes when nobody has chosen: the
// first that it fits, else the one that comes nearest. Without a value it is
// the first where one is required.
func (g *grower) branchOf(n *node, b branching) int {
	if !n.fresh.present {
		if !n.required || !n.slot.fresh {
			return -1
		}
		return slices.IndexFunc(b.options, func(s source) bool { return s.obj != nil && !g.returns(n, s) })
	}
	for i, option := range b.options {
		if g.judge.fits(option.loc, n.fresh.value) {
			return i
		}
	}
	best, most := 0, -1
	for i, option := range b.options {
		if score := g.nearness(option, n.fresh.value); score > most {
			best, most = i, score
		}
	}
	return best
}

// returns reports whether a branch leads back to a schema around the node.
func (g *grower) returns(n *node, s source) bool {
	refs := g.form.viewOf([]source{s}, nil).refs
	return slices.ContainsFunc(refs, func(ref string) bool { return slices.Contains(n.above, ref) })
}

// nearness counts what a value has in common with a branch.
func (g *grower) nearness(option source, value any) int {
	v := g.form.viewOf([]source{option}, nil)
	obj, isObject := value.(map[string]any)
	if !isObject {
		if len(v.types) == 1 && v.types[0] == typeOf(value) {
			return 1
		}
		return 0
	}
	score := 0
	for _, p := range v.props {
		member, ok := obj[p.key]
		if !ok {
			continue
		}
		score++
		if fixed, ok := g.form.viewOf(p.srcs, nil).words["const"]; ok {
			score += 100
			if !sameJSON(fixed, member) {
				score -= 200
			}
		}
	}
	return max(score, 0)
}

func typeOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return "number"
}
