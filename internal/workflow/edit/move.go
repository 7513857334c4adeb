package edit

import (
	"slices"
	"strings"

	"tandem/internal/workflow"
)

// Delete removes a step and its edges. What led to it leads on to where its
// only way led. A step that others name, in an expression or a handler, stays:
// the Refusal lists them.
type Delete struct{ Step string }

func (c Delete) change(o *Outline) (string, []Note) {
	s := o.need(c.Step)
	if s == nil || !o.mayGo(s, true) {
		return "", nil
	}
	next := o.neighbour(s)
	notes := o.detach(s)
	if o.doc.err != nil {
		return "", nil
	}
	o.again()
	s = o.Step(c.Step)
	o.takeOut(s)
	return next, notes
}

// mayGo refuses when something but edges names a step, or when its group would
// be left without steps. A step that is deleted may name itself.
func (o *Outline) mayGo(s *Step, deleted bool) bool {
	if s.list != nil && len(s.list.Items) == 1 {
		o.refuse("last_step")
		return false
	}
	if s.Slot == "branches" && len(s.Group.value.Get("branches").Fields) == 1 {
		o.refuse("last_step")
		return false
	}
	var where []Reference
	for _, r := range o.namedBy(s) {
		own := r.Step == s.Path || strings.HasPrefix(r.Step, s.Path+".")
		if r.Key != "edges" && r.Key != "terminal_steps" && !(own && deleted) {
			where = append(where, r)
		}
	}
	if len(where) > 0 {
		o.doc.fail(&Refusal{Code: "used", Args: []any{s.Name, len(where)}, Where: where})
		return false
	}
	return true
}

// namedBy lists the references to a step and to those inside of it, without
// the conditions of edges that go with it.
func (o *Outline) namedBy(s *Step) []Reference {
	refs := o.references(s)
	leaving := o.EdgesOf(s)
	return slices.DeleteFunc(refs, func(r Reference) bool {
		return slices.ContainsFunc(leaving, func(e *Value) bool { return e.Get("condition") == r.value && r.value != nil })
	})
}

// neighbour is the step that is looked at when one has gone.
func (o *Outline) neighbour(s *Step) string {
	siblings := o.Siblings(s)
	i := slices.Index(siblings, s)
	switch {
	case i > 0:
		return siblings[i-1].Path
	case len(siblings) > 1:
		return siblings[1].Path
	case s.Group != nil:
		return s.Group.Path
	}
	return ""
}

// detach takes the edges of a step away; those that led to it lead on to where
// its only way led.
func (o *Outline) detach(s *Step) []Note {
	d := o.doc
	if s.Group == nil {
		o.dropTerminal(s.Name)
	}
	if !HasEdges(s.Group) || d.err != nil {
		return nil
	}
	onward := ""
	if ways := o.EdgesOf(s); len(ways) == 1 && ways[0].Get("target").String() != s.Name {
		onward = ways[0].Get("target").String()
	}
	taken := map[string]bool{}
	for _, e := range d.edges(s.Group) {
		if e.Get("target").String() == onward {
			taken[e.Get("source").String()] = true
		}
	}
	gone := map[*Value]bool{}
	var changes []change
	for _, e := range d.edges(s.Group) {
		from, to := e.Get("source").String(), e.Get("target").String()
		switch {
		case from == s.Name:
			gone[e] = true
		case to == s.Name && (onward == "" || onward == from || taken[from]):
			gone[e] = true
		case to == s.Name:
			taken[from] = true
			changes = append(changes, d.rewriting(Reference{value: e.Get("target")}, to, onward)...)
		}
	}
	d.settle(changes...)
	o.drop(s.Group, func(e *Value) bool { return gone[e] })
	if onward == "" && len(gone) > 0 {
		return []Note{{Code: "edges_gone", Args: []any{len(gone)}}}
	}
	return nil
}

func (o *Outline) dropTerminal(name string) {
	list := o.doc.root.Get("terminal_steps")
	named := func(v *Value) bool { return v.Text == name }
	switch items := itemsOf(list); {
	case !slices.ContainsFunc(items, named):
	case len(items) == 1:
		at := o.doc.root.index("terminal_steps")
		o.doc.remove(o.doc.root, func(i int) bool { return i == at })
	default:
		items = slices.Clone(items)
		o.doc.remove(list, func(i int) bool { return named(items[i]) })
	}
}

// takeOut removes the text of a step.
func (o *Outline) takeOut(s *Step) {
	switch s.Slot {
	case "steps":
		at := s.index
		o.doc.remove(s.list, func(i int) bool { return i == at })
	case "branches":
		branches := s.Group.value.Get("branches")
		at := branches.index(s.Key)
		o.doc.remove(branches, func(i int) bool { return i == at })
	case "callback":
		at := s.Group.value.index("callback")
		o.doc.remove(s.Group.value, func(i int) bool { return i == at })
	}
}

// Move exchanges a step with the one before or behind it, with its comments.
type Move struct {
	Step string // path
	Up   bool
}

func (c Move) change(o *Outline) (string, []Note) {
	s := o.need(c.Step)
	switch {
	case s == nil:
	case s.list == nil:
		o.refuse("inline", s.Name)
	case c.Up && !s.First():
		o.doc.swap(s.list, s.index-1)
	case !c.Up && !s.Last():
		o.doc.swap(s.list, s.index)
	}
	return c.Step, nil
}

// Into puts a step at the end of a group, "" for the workflow itself. Its edges
// stay behind: what led to it leads on.
type Into struct {
	Step  string // path
	Group string // path
}

func (c Into) change(o *Outline) (string, []Note) {
	s := o.need(c.Step)
	if s == nil {
		return "", nil
	}
	group := o.Step(c.Group)
	if c.Group != "" && (group == nil || group.Type != string(workflow.StepGroup) || group.Mode == "conditional") {
		o.refuse("no_group", c.Group)
		return "", nil
	}
	if s.list == nil {
		o.refuse("inline", s.Name)
		return "", nil
	}
	if group == s || group != nil && strings.HasPrefix(group.Path, s.Path+".") {
		o.refuse("into_itself", s.Name)
		return "", nil
	}
	if group == s.Group {
		return c.Step, nil
	}
	if !o.free(group, s.Name) || !o.mayGo(s, false) {
		return "", nil
	}
	lines, ok := o.doc.cut(s)
	notes := o.detach(s)
	o.again()
	s, group = o.Step(c.Step), o.Step(c.Group)
	list := o.doc.holder(group).Get("steps")
	if !ok || !list.is(workflow.TreeList) || !list.own() || list.flow || len(list.entries) == 0 {
		o.refuse("shared")
		return "", nil
	}
	o.doc.paste(list, s.value, lines)
	o.again()
	o.takeOut(o.Step(c.Step))
	path := s.Name
	if group != nil {
		path = group.Path + "." + s.Name
	}
	return path, notes
}

// cut gives the lines of a step, with its comments, as far out as its dash.
func (d *document) cut(s *Step) ([]string, bool) {
	if s.list.flow || !s.list.own() || !d.beginsLine(s.list.entries[s.index].from) {
		return nil, false
	}
	text := strings.TrimSuffix(d.text[d.head(s.list, s.index):d.tail(s.list, s.index)], "\n")
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		space := len(line) - len(strings.TrimLeft(line, " "))
		lines[i] = line[min(s.list.indent, space):]
	}
	return lines, true
}

// paste puts lines that say a value at the end of a list.
func (d *document) paste(list, v *Value, lines []string) {
	if d.err != nil {
		return
	}
	changes := d.insertLines(list, len(list.entries), lines)
	list.Items = append(list.Items, v.clone())
	d.settle(changes...)
}

func (v *Value) clone() *Value {
	c := &Value{Kind: v.Kind, Text: v.Text}
	for _, item := range v.Items {
		c.Items = append(c.Items, item.clone())
	}
	for _, f := range v.Fields {
		c.Fields = append(c.Fields, &Field{f.Name, f.Value.clone()})
	}
	return c
}

// Connect leads from a step to another one of the same workflow or group.
type Connect struct{ From, To string } // paths

func (c Connect) change(o *Outline) (string, []Note) {
	from, to := o.need(c.From), o.need(c.To)
	switch {
	case from == nil || to == nil:
	case from.Group != to.Group:
		o.refuse("apart", from.Name, to.Name)
	case !HasEdges(from.Group):
		o.refuse("no_edges", from.Group.Name)
	case slices.ContainsFunc(from.Ways, func(w Way) bool { return w.Target == to.Name }):
		o.refuse("connected", from.Name, to.Name)
	default:
		o.connect(from.Group, from.Name, to.Name)
	}
	return c.From, nil
}

// Disconnect removes the edge from a step to another one.
type Disconnect struct{ From, To string } // paths

func (c Disconnect) change(o *Outline) (string, []Note) {
	from, to := o.need(c.From), o.need(c.To)
	if from != nil && to != nil {
		o.drop(from.Group, func(e *Value) bool {
			return e.Get("source").String() == from.Name && e.Get("target").String() == to.Name
		})
	}
	return c.From, nil
}
