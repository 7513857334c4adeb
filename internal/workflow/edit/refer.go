package edit

import (
	"slices"
	"strings"

	"tandem/internal/workflow"
	"tandem/internal/workflow/expr"
)

// A Reference is a place that names a step.
type Reference struct {
	Step string // path of the step whose key names it; "" for the workflow
	Key  string // edges, on_failure, on_timeout, initial_step, terminal_steps, or that of an expression
	Line int

	value *Value
	names []expr.Name // of an expression; nil where the whole value is the name
}

// references lists all places that name a step but its own name.
func (o *Outline) references(s *Step) []Reference {
	var refs []Reference
	named := func(by *Step, key string, v *Value) {
		if v.is(workflow.TreeText) && v.Text == s.Name {
			refs = append(refs, o.reference(by, key, v, nil))
		}
	}
	for _, e := range o.doc.edges(s.Group) {
		named(s.Group, "edges", e.Get("source"))
		named(s.Group, "edges", e.Get("target"))
	}
	if s.Group == nil {
		named(nil, "initial_step", o.doc.root.Get("initial_step"))
		for _, v := range itemsOf(o.doc.root.Get("terminal_steps")) {
			named(nil, "terminal_steps", v)
		}
	}
	for _, other := range o.Siblings(s) {
		for _, handler := range itemsOf(other.value.Get("on_failure")) {
			named(other, "on_failure", handler.Get("step"))
		}
		named(other, "on_timeout", other.value.Get("on_timeout").Get("step"))
	}
	return append(refs, o.mentions(s)...)
}

func itemsOf(v *Value) []*Value {
	if v == nil {
		return nil
	}
	return v.Items
}

func (o *Outline) reference(by *Step, key string, v *Value, names []expr.Name) Reference {
	r := Reference{Key: key, Line: strings.Count(o.doc.text[:v.from], "\n") + 1, value: v, names: names}
	if by != nil {
		r.Step = by.Path
	}
	return r
}

// mentions lists the expressions that name a step.
func (o *Outline) mentions(s *Step) []Reference {
	var refs []Reference
	path := s.names()
	o.expressions(func(by *Step, key string, v *Value, inText bool) {
		var names []expr.Name
		for _, m := range expr.Mentions(v.Text, inText) {
			if name, ok := nameIn(m, path); ok {
				names = append(names, name)
			}
		}
		if len(names) > 0 {
			refs = append(refs, o.reference(by, key, v, names))
		}
	})
	return refs
}

// names lists the names of the groups around a step and its own.
func (s *Step) names() []string {
	if s.Group == nil {
		return []string{s.Name}
	}
	return append(s.Group.names(), s.Name)
}

// nameIn finds the last name of a path in a mention: steps.a.steps.b.
func nameIn(m expr.Mention, path []string) (expr.Name, bool) {
	last := 2 * (len(path) - 1)
	if len(m.Names) <= last {
		return expr.Name{}, false
	}
	for i, name := range path {
		if m.Names[2*i].Text != name || i > 0 && m.Names[2*i-1].Text != "steps" {
			return expr.Name{}, false
		}
	}
	return m.Names[last], true
}

// The keys whose values are expressions, those that hold none, and those in
// which every text may hold some.
var (
	bareKeys  = []string{"when", "condition", "for_each", "complete_when", "retry_on", "success_when", "key"}
	plainKeys = []string{"name", "type", "mode", "form", "schema", "input_schema", "source", "target", "labels", "search"}
	freeKeys  = []string{"with", "input", "title", "description"}
)

// expressions visits every value that is an expression or may hold some.
func (o *Outline) expressions(visit func(by *Step, key string, v *Value, inText bool)) {
	steps := map[*Value]*Step{}
	for _, s := range o.Steps {
		steps[s.value] = s
	}
	var walk func(by *Step, key string, v *Value, free bool)
	walk = func(by *Step, key string, v *Value, free bool) {
		if s := steps[v]; s != nil && !free {
			by = s
		}
		if v.is(workflow.TreeText) {
			visit(by, key, v, free || !slices.Contains(bareKeys, key))
		}
		for _, item := range v.Items {
			walk(by, key, item, free)
		}
		for _, f := range v.Fields {
			switch {
			case free:
				walk(by, key, f.Value, true)
			case key == "set" || key == "branches":
				walk(by, map[string]string{"set": "when", "branches": ""}[key], f.Value, false)
			case f.Name == "confirm_on":
				walk(by, "when", f.Value, false)
			case !slices.Contains(plainKeys, f.Name):
				walk(by, f.Name, f.Value, slices.Contains(freeKeys, f.Name))
			}
		}
	}
	walk(nil, "", o.doc.root, false)
}

// rewriting changes names inside a value.
func (d *document) rewriting(r Reference, from, to string) []change {
	v := r.value
	if v.shared {
		d.fail(&Refusal{Code: "shared"})
		return nil
	}
	text := v.Text
	if r.names == nil {
		v.Text = to
		return []change{d.rewritten(v)}
	}
	was := words(text, from)
	var turns []int
	for _, name := range slices.Backward(r.names) {
		turns = append(turns, slices.Index(was, name.From))
		v.Text = v.Text[:name.From] + to + v.Text[name.To:]
	}
	raw := words(d.text[v.from:v.to], from)
	if len(raw) != len(was) || slices.Contains(turns, -1) {
		return []change{d.rewritten(v)}
	}
	var changes []change
	for _, turn := range turns {
		at := v.from + raw[turn]
		changes = append(changes, change{at, at + len(from), to})
	}
	return changes
}

// rewritten writes a text anew, in the quotes that it had.
func (d *document) rewritten(v *Value) change {
	s := style{json: d.json, flow: true}
	if v.to > v.from && strings.IndexByte(`"'`, d.text[v.from]) >= 0 {
		s.quote = d.text[v.from]
	}
	return change{v.from, v.to, s.text(v.Text)}
}

// words gives the offsets at which a name stands by itself.
func words(text, name string) []int {
	var list []int
	for at := 0; ; {
		i := strings.Index(text[at:], name)
		if i < 0 || name == "" {
			return list
		}
		i += at
		end := i + len(name)
		if (i == 0 || !isWord(text[i-1])) && (end == len(text) || !isWord(text[end])) {
			list = append(list, i)
		}
		at = end
	}
}

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
