package edit

import (
	"slices"

	"tandem/internal/workflow"
)

// AddStep adds a step: behind another one, connected to it, or at the end of a
// group, or of the workflow. A step whose only way had no condition leads on
// over the added one.
type AddStep struct {
	Type  string
	Name  string
	After string // path; "" = at the end of Group
	Group string // path; "" = the workflow
}

func (c AddStep) change(o *Outline) (string, []Note) {
	group, at, before := o.place(c)
	if o.doc.err != nil || !o.free(group, c.Name) {
		return "", nil
	}
	if !slices.Contains(StepTypes, c.Type) {
		o.refuse("no_type", c.Type)
		return "", nil
	}
	path := c.Name
	if group != nil {
		path = group.Path + "." + c.Name
	}
	holder, step := o.doc.holder(group), Template(c.Type, c.Name)
	if group != nil && group.Mode == "conditional" {
		o.addBranch(group, c.Name, step)
		return path, nil
	}
	list := holder.Get("steps")
	if !list.is(workflow.TreeList) || len(list.Items) == 0 && !list.flow {
		o.doc.put(holder, "steps", List(step), []string{"name", "version", "title", "description", "input_schema", "type", "mode"})
	} else {
		o.doc.insert(list, at, "", step)
	}
	if before != nil && HasEdges(group) && o.doc.err == nil {
		o.lead(before.Path, path)
	}
	return path, nil
}

// place finds where a step is added: its group, its index, and the step that
// leads to it, nil for none.
func (o *Outline) place(c AddStep) (group *Step, at int, before *Step) {
	if c.After != "" {
		if before = o.need(c.After); before == nil {
			return nil, 0, nil
		}
		if before.list == nil {
			o.refuse("inline", before.Name)
			return nil, 0, nil
		}
		return before.Group, before.index + 1, before
	}
	if c.Group != "" {
		if group = o.need(c.Group); group == nil {
			return nil, 0, nil
		}
		if group.Type != string(workflow.StepGroup) {
			o.refuse("no_group", group.Name)
			return nil, 0, nil
		}
	}
	return group, len(itemsOf(o.doc.holder(group).Get("steps"))), nil
}

func (o *Outline) addBranch(group *Step, key string, step *Value) {
	step.Fields = step.Fields[1:] // the key is its name
	branches := group.value.Get("branches")
	if !branches.is(workflow.TreeObject) || len(branches.Fields) == 0 && !branches.flow {
		o.doc.put(group.value, "branches", Object(&Field{key, step}), []string{"mode", "condition"})
		return
	}
	o.doc.insert(branches, len(branches.entries), key, step)
}

// lead connects a step with one that was added behind it.
func (o *Outline) lead(from, to string) {
	o.again()
	before, added := o.Step(from), o.Step(to)
	if before == nil || added == nil {
		o.refuse("strange", 0)
		return
	}
	ways := o.EdgesOf(before)
	if len(ways) == 1 && len(ways[0].Fields) == 2 && ways[0].Get("target") != nil {
		target := ways[0].Get("target")
		onward := target.Text
		o.doc.settle(o.doc.rewriting(Reference{value: target}, onward, added.Name)...)
		o.connect(added.Group, added.Name, onward)
		return
	}
	o.connect(added.Group, before.Name, added.Name)
}

// StepTypes lists the types of step.
var StepTypes = []string{"human", "machine", "gateway", "timer", "webhook", "workflow", "group"}

// Template is a new step of a type: the least that a step of it needs.
func Template(kind, name string) *Value {
	fields := []*Field{{"name", Text(name)}, {"type", Text(kind)}}
	switch kind {
	case "human":
		fields = append(fields, &Field{"anyone", Bool(true)})
	case "machine":
		fields = append(fields, &Field{"action", Text("noop")})
	case "gateway":
		fields = append(fields, &Field{"mode", Text("exclusive")})
	case "timer":
		fields = append(fields, &Field{"duration", Text("1h")})
	case "workflow":
		fields = append(fields, &Field{"definition", Text("another_workflow")})
	case "group":
		fields = append(fields, &Field{"mode", Text("sequential")}, &Field{"steps", List(Template("machine", "first"))})
	}
	return Object(fields...)
}

// Rename gives a step another name, and names it so wherever the document
// speaks of it.
type Rename struct {
	Step string // path
	Name string
}

func (c Rename) change(o *Outline) (string, []Note) {
	s := o.need(c.Step)
	if s == nil || s.Name == c.Name {
		return c.Step, nil
	}
	if !o.free(s.Group, c.Name) {
		return "", nil
	}
	path := c.Name
	if s.Group != nil {
		path = s.Group.Path + "." + c.Name
	}
	notes := o.suspects(s)
	var changes []change
	for _, r := range o.references(s) {
		changes = append(changes, o.doc.rewriting(r, s.Name, c.Name)...)
	}
	if name := s.value.Get("name"); name != nil {
		changes = append(changes, o.doc.rewriting(Reference{value: name}, s.Name, c.Name)...)
		o.doc.settle(changes...)
		return path, notes
	}
	o.doc.settle(changes...)
	o.doc.insert(s.value, 0, "name", Text(c.Name))
	return path, notes
}

// suspects lists the conditions of gateways that hold the name of a step as a
// text: they may choose it by that.
func (o *Outline) suspects(s *Step) []Note {
	var notes []Note
	for _, other := range o.Siblings(s) {
		condition := other.value.Get("condition").String()
		if other.Type != "gateway" {
			continue
		}
		for _, quote := range []string{`"`, `'`} {
			if len(words(condition, s.Name)) > 0 && slices.Contains(quotedTexts(condition, quote[0]), s.Name) {
				notes = append(notes, Note{Code: "condition_names", Args: []any{other.Path, s.Name}})
				break
			}
		}
	}
	return notes
}

// quotedTexts lists the texts between two quotes of a kind.
func quotedTexts(source string, quote byte) []string {
	var list []string
	start := -1
	for i := range len(source) {
		switch {
		case source[i] != quote:
		case start < 0:
			start = i + 1
		default:
			list = append(list, source[start:i])
			start = -1
		}
	}
	return list
}
