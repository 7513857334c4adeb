package edit

import (
	"slices"
	"strings"

	"tandem/internal/workflow"
)

// An Outline is what a text holds: its steps, those inside of groups after the
// group, whether or not the text is a valid workflow.
type Outline struct {
	JSON  bool
	Steps []*Step
	doc   *document
}

// A Step is one step of an outline.
type Step struct {
	Path  string // its name after those of the groups around it, with dots
	Name  string
	Type  string
	Title string // "" when it has none or one with an expression
	Line  int
	Mode  string // of a group
	Group *Step  // around it; nil for none
	Slot  string // where it stands in the group: steps, branches or callback
	Key   string // of its branch
	Ways  []Way  // that leave it, in a workflow or a group with edges

	value  *Value
	list   *Value // that holds it; nil for an inline step
	index  int    // in list
	column int    // of the entry that holds it
}

// A Way is an edge that leaves a step.
type Way struct {
	Target    string // its own name
	Condition string
	Default   bool
	OnSkip    bool
}

// Open reads a text. The error is a *workflow.Error of a text that cannot be
// read, or a *Refusal of one that is written in a way which only the text
// itself can be changed by.
func Open(source string) (*Outline, error) {
	d, err := open(source)
	if err != nil {
		return nil, err
	}
	return d.outline(), nil
}

// Step finds a step by its path, nil when there is none.
func (o *Outline) Step(path string) *Step {
	for _, s := range o.Steps {
		if s.Path == path && path != "" {
			return s
		}
	}
	return nil
}

// Siblings lists the steps of the same workflow or group.
func (o *Outline) Siblings(s *Step) []*Step {
	var list []*Step
	for _, other := range o.Steps {
		if other.Group == s.Group {
			list = append(list, other)
		}
	}
	return list
}

// Inside lists the steps of a group, or of the workflow for nil.
func (o *Outline) Inside(group *Step) []*Step {
	return o.Siblings(&Step{Group: group})
}

// First and Last report whether a step has no sibling before or behind it with
// which it could change places.
func (s *Step) First() bool { return s.list == nil || s.index == 0 }

// Last reports whether no sibling stands behind.
func (s *Step) Last() bool { return s.list == nil || s.index == len(s.list.Items)-1 }

// Value is what the step says.
func (s *Step) Value() *Value { return s.value }

// HasEdges reports whether the steps of a group, nil for the workflow, are led
// from one to the other by edges.
func HasEdges(group *Step) bool { return group == nil || group.Mode == "graph" }

func (d *document) outline() *Outline {
	o := &Outline{JSON: d.json, doc: d}
	d.collect(o, d.root, nil, 0)
	for _, s := range o.Steps {
		if HasEdges(s.Group) {
			s.Ways = d.waysOf(s)
		}
	}
	return o
}

// deepest is how far groups are followed; the parser allows less.
const deepest = 20

func (d *document) collect(o *Outline, holder *Value, group *Step, depth int) {
	if depth > deepest {
		return
	}
	if list := holder.Get("steps"); list.is(workflow.TreeList) {
		for i, item := range list.Items {
			s := &Step{Name: item.Get("name").String(), Slot: "steps", list: list, index: i, column: list.indent}
			d.add(o, s, item, group, depth)
		}
	}
	if branches := holder.Get("branches"); group != nil && branches.is(workflow.TreeObject) {
		for _, f := range branches.Fields {
			d.add(o, &Step{Name: inlineName(f.Value, f.Name), Slot: "branches", Key: f.Name, column: branches.indent}, f.Value, group, depth)
		}
	}
	if callback := holder.Get("callback"); group != nil && callback != nil {
		d.add(o, &Step{Name: inlineName(callback, "callback"), Slot: "callback", column: holder.indent}, callback, group, depth)
	}
}

func inlineName(v *Value, otherwise string) string {
	if name := v.Get("name").String(); name != "" {
		return name
	}
	return otherwise
}

func (d *document) add(o *Outline, s *Step, v *Value, group *Step, depth int) {
	if !v.is(workflow.TreeObject) {
		return
	}
	s.value, s.Group, s.Path = v, group, s.Name
	if group != nil {
		s.Path = group.Path + "." + s.Name
	}
	s.Type, s.Line = v.Get("type").String(), strings.Count(d.text[:v.from], "\n")+1
	if title := v.Get("title").String(); !strings.Contains(title, "{{") {
		s.Title = title
	}
	o.Steps = append(o.Steps, s)
	if s.Type == string(workflow.StepGroup) {
		s.Mode = string(workflow.GroupSequential)
		if mode := v.Get("mode").String(); mode != "" {
			s.Mode = mode
		}
		d.collect(o, v, s, depth+1)
	}
}

// holder is the workflow or the group that holds the edges around a step.
func (d *document) holder(group *Step) *Value {
	if group == nil {
		return d.root
	}
	return group.value
}

// edges lists the edges of a workflow or group.
func (d *document) edges(group *Step) []*Value {
	list := d.holder(group).Get("edges")
	if !list.is(workflow.TreeList) {
		return nil
	}
	return list.Items
}

func (d *document) waysOf(s *Step) []Way {
	var ways []Way
	for _, e := range d.edges(s.Group) {
		if e.Get("source").String() == s.Name {
			ways = append(ways, Way{
				Target: e.Get("target").String(), Condition: e.Get("condition").String(),
				Default: e.Get("default").String() == "true", OnSkip: e.Get("on_skip").String() == "true",
			})
		}
	}
	return ways
}

// EdgesOf gives the values of the edges that leave a step.
func (o *Outline) EdgesOf(s *Step) []*Value {
	return slices.DeleteFunc(slices.Clone(o.doc.edges(s.Group)), func(e *Value) bool { return e.Get("source").String() != s.Name })
}

// Source gives a value as it is written, its lines as far out as they can be.
func (o *Outline) Source(v *Value) string {
	text := o.doc.text[v.from:v.to]
	if v.shared || v.flow || v.isScalar() {
		return text
	}
	// Its first line begins in the column in which its other lines do.
	lines := strings.Split(text, "\n")
	for i, line := range lines[1:] {
		lines[i+1] = strings.TrimPrefix(line, strings.Repeat(" ", min(v.indent, len(line)-len(strings.TrimLeft(line, " ")))))
	}
	return strings.Join(lines, "\n")
}
