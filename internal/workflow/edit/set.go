package edit

import (
	"slices"
	"strings"

	"tandem/internal/workflow"
)

// SetStep sets keys of a step, and the edges that leave it. What is already so
// stays as it is written.
type SetStep struct {
	Step   string            // path
	Keys   []string          // that are set
	Order  []string          // in which keys are written; nil = that of Keys
	Values map[string]*Value // by key; a key without a value is removed
	Ways   []*Value          // the edges, without their source; nil = they stay
}

func (c SetStep) change(o *Outline) (string, []Note) {
	s := o.need(c.Step)
	if s == nil {
		return "", nil
	}
	if s.value.shared {
		o.refuse("shared")
		return "", nil
	}
	order := c.Order
	if order == nil {
		order = slices.Concat([]string{"name", "type"}, c.Keys)
	}
	for _, key := range c.Keys {
		o.doc.setKey(s.value, key, c.Values[key], order[:max(0, slices.Index(order, key))])
	}
	if c.Ways != nil && HasEdges(s.Group) {
		o.setWays(s, c.Ways)
	}
	return c.Step, nil
}

// setKey sets, adds or (nil) removes a key of an object.
func (d *document) setKey(c *Value, key string, v *Value, before []string) {
	i := c.index(key)
	switch {
	case v == nil && i >= 0 && len(c.Fields) == 1 && !c.flow:
		d.fail(&Refusal{Code: "shared"})
	case v == nil && i >= 0:
		d.remove(c, func(j int) bool { return j == i })
	case v == nil:
	case i < 0:
		d.put(c, key, v, before)
	default:
		d.set(c.Fields[i].Value, v, c.indent, false, c.flow)
	}
}

// same reports whether two values say the same, in whatever order of keys.
func same(v, w *Value) bool {
	if v.Kind != w.Kind || v.Text != w.Text || len(v.Fields) != len(w.Fields) || !slices.EqualFunc(v.Items, w.Items, same) {
		return false
	}
	return !slices.ContainsFunc(v.Fields, func(f *Field) bool {
		i := w.index(f.Name)
		return i < 0 || !same(f.Value, w.Fields[i].Value)
	})
}

// set makes a value say something else by as few changes as possible.
func (d *document) set(v, with *Value, indent int, item, flow bool) {
	switch {
	case d.err != nil || same(v, with) && with.raw == "":
	case with.raw == "" && v.own() && v.is(workflow.TreeObject) && with.is(workflow.TreeObject) && (v.flow || sharesKey(v, with)):
		d.setFields(v, with)
	case with.raw == "" && v.own() && v.is(workflow.TreeList) && with.is(workflow.TreeList) && len(v.Items) > 0 && len(with.Items) > 0:
		d.setItems(v, with, indent, item, flow)
	default:
		d.replace(v, with, indent, item, flow)
	}
}

func sharesKey(v, w *Value) bool {
	return slices.ContainsFunc(v.Fields, func(f *Field) bool { return w.index(f.Name) >= 0 })
}

func (d *document) setFields(v, with *Value) {
	for _, f := range slices.Clone(v.Fields) {
		if with.index(f.Name) < 0 {
			d.setKey(v, f.Name, nil, nil)
		}
	}
	var before []string
	for _, f := range with.Fields {
		d.setKey(v, f.Name, f.Value, before)
		before = append(before, f.Name)
	}
}

// setItems changes items in their places, and adds or removes the rest behind
// those that stay the same at the beginning and before those at the end.
func (d *document) setItems(v, with *Value, indent int, item, flow bool) {
	head := 0
	for head < min(len(v.Items), len(with.Items)) && same(v.Items[head], with.Items[head]) {
		head++
	}
	tail := 0
	for tail < min(len(v.Items), len(with.Items))-head && same(v.Items[len(v.Items)-1-tail], with.Items[len(with.Items)-1-tail]) {
		tail++
	}
	olds, news := len(v.Items)-head-tail, len(with.Items)-head-tail
	if head+tail == 0 && olds != news && !v.flow {
		d.replace(v, with, indent, item, flow)
		return
	}
	both := min(olds, news)
	for i := range both {
		d.set(v.Items[head+i], with.Items[head+i], v.indent, true, v.flow)
	}
	d.remove(v, func(i int) bool { return i >= head+both && i < head+olds })
	for i := both; i < news; i++ {
		d.insert(v, head+i, "", with.Items[head+i])
	}
}

// setWays makes the edges that leave a step those that are given.
func (o *Outline) setWays(s *Step, ways []*Value) {
	news := make([]*Value, len(ways))
	for i, way := range ways {
		news[i] = Object(append([]*Field{{"source", Text(s.Name)}}, way.Fields...)...)
	}
	olds := o.EdgesOf(s)
	head := 0
	for head < min(len(olds), len(news)) && same(olds[head], news[head]) {
		head++
	}
	both := min(len(olds), len(news))
	list := o.doc.holder(s.Group).Get("edges")
	for i := head; i < both; i++ {
		o.doc.set(olds[i], news[i], list.indent, true, list.flow)
	}
	if len(olds) > both {
		o.drop(s.Group, func(e *Value) bool { return slices.Contains(olds[both:], e) })
	}
	for _, way := range news[both:] {
		o.addWay(s, way)
	}
}

// addWay adds an edge behind the last one of its source.
func (o *Outline) addWay(s *Step, way *Value) {
	o.connect(s.Group, s.Name, way.Get("target").String())
	if o.doc.err != nil {
		return
	}
	edges := o.EdgesOf(s)
	list := o.doc.holder(s.Group).Get("edges")
	o.doc.set(edges[len(edges)-1], way, list.indent, true, list.flow)
}

// Raw makes a value of a text in YAML or JSON that is kept as it is typed,
// comments included.
func Raw(text string) (*Value, error) {
	text = strings.Trim(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	v, err := Read(text)
	if err != nil {
		return nil, err
	}
	v.raw = text
	return v, nil
}
