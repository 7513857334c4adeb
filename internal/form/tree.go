package form

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// A node is one value of a form with its control, as the data want it: what was
// typed where there is any, else what is stored.
type node struct {
	at       place
	key      string
	index    int // position among its siblings
	depth    int
	srcs     []source
	live     []source // that hold because of the data
	hints    hints
	required bool
	locked   bool // below something that people cannot change
	row      bool // an entry of a list or a map
	entered  bool // the control of a branch that somebody chose
	demanded bool // required because another member is there
	branch   bool // among the fields of a branch that was chosen
	watched  bool // other fields depend on it
	above    []string

	shape     *shape
	slot      slot
	fresh     slot // what is shown where nothing was typed
	children  []*node
	rows      []*node
	origins   []int // of rows: index of the stored one, -1 for an added one
	keyText   string
	selectors []*selector
	inner     *node // control of the branch that was chosen, where that is no group
	openable  bool
	open      bool

	unsent  bool // a control that was not there when the form was sent
	texts   []string
	value   any
	present bool
	touched int
	faults  []fault
}

// A fault is something wrong with what was typed at a node.
type fault struct {
	code   string
	params Params
	name   string // of the control, when that is not the node's own
}

// A selector is a choice of branch.
type selector struct {
	branching
	name     string
	chosen   int // -1 for none
	shown    int // chosen as long as nothing was typed
	optional bool
}

// A grower makes the tree of a form for some data.
type grower struct {
	form   *Form
	values url.Values // what was typed; nil to show what is stored
	zone   *time.Location
	fixed  any // values of members that people cannot change, beside the stored ones
	judge  *judge
	nodes  int
	loose  bool // rows left blank do not count
	show   bool // the tree is shown: controls that were not there before begin with their defaults
}

const maxRounds = 8 // of fields that appear because of fields that appeared

// grower makes a grower. Whoever asks for one ends it.
func (f *Form) grower(values url.Values, fixed any, zone *time.Location) *grower {
	return &grower{form: f, values: values, zone: zoneOf(zone), fixed: fixed, judge: &judge{schema: f.schema}}
}

// root grows the tree of the whole form.
func (g *grower) root(stored any) *node {
	root := &node{srcs: g.form.root, hints: g.form.hints, required: true, slot: rootSlot(stored), above: []string{""}}
	g.grow(root)
	return root
}

func (g *grower) end() { g.judge.end() }

// grow fills a node: fields appear until those that are there ask for no others.
func (g *grower) grow(n *node) {
	g.nodes++
	var live []source
	demanded := ""
	for range maxRounds {
		v := g.form.viewOf(n.srcs, live)
		n.shape = g.form.shapeOf(v, n.hints)
		g.fill(n)
		if v.static() {
			break
		}
		next := g.liveSources(n)
		also := g.demand(n)
		if also == demanded && slices.EqualFunc(next, live, func(a, b source) bool { return a.loc == b.loc }) {
			break
		}
		live, demanded = next, also
	}
	n.live = live
}

// fill gives a node its content by the kind of its control.
func (g *grower) fill(n *node) {
	n.faults, n.touched, n.inner, n.texts, n.unsent = nil, 0, nil, nil, false
	n.locked = n.locked || n.shape.proto.ReadOnly || n.shape.hidden || n.shape.constant != nil
	n.fresh = n.shown(n.slot)
	if n.locked {
		n.fresh = n.lockedSlot()
		g.readLocked(n)
		return
	}
	n.texts, n.unsent = g.typedAt(n)
	g.selectBranches(n)
	if len(n.selectors) > 0 && n.shape.proto.Kind != Group {
		g.wrap(n)
		return
	}
	if n.shape.structured() {
		g.tree(n)
		return
	}
	g.leaf(n)
}

// tree fills a group or a list, or makes it a JSON field when it was one or
// cannot hold what is stored.
func (g *grower) tree(n *node) {
	switch {
	case g.asJSON(n):
		n.shape, n.selectors = freed(n.shape), nil // the text says which branch it is
		g.leaf(n)
		g.protect(n)
	case n.closed(g):
		n.children, n.rows = nil, nil
		n.value, n.present = nil, n.shape.nullable && (n.required || n.slot.present)
		if n.slot.present && n.slot.value != nil {
			n.touched = 1
		}
	case n.shape.proto.Kind == List:
		g.list(n)
	default:
		g.group(n)
	}
}

// freed gives the shape as a JSON field.
func freed(s *shape) *shape {
	free := *s
	free.free()
	return &free
}

// asJSON reports whether a group or list has to be a JSON field.
func (g *grower) asJSON(n *node) bool {
	if n.depth > maxNested || g.nodes > maxFields {
		return true
	}
	if g.values != nil {
		return len(n.texts) > 0
	}
	s := n.fresh
	if !s.present || s.value == nil && n.shape.nullable {
		return false
	}
	if n.shape.proto.Kind == Group {
		_, ok := s.value.(map[string]any)
		return !ok
	}
	list, ok := s.value.([]any)
	return !ok || len(list) > maxRows
}

// closed reports whether a group or list stays shut until somebody opens it:
// those that repeat what is around them, and those that may be null.
func (n *node) closed(g *grower) bool {
	n.openable = n.shape.nullable || n.recurs() && !n.row && !n.entered && n.at.pointer != ""
	if !n.openable {
		return false
	}
	if g.sent(n, "p") {
		n.open = g.values.Get(n.at.special("p")) == "1"
	} else {
		n.open = n.fresh.present && n.fresh.value != nil
	}
	return !n.open
}

// recurs reports whether a schema that holds for the node holds for a value
// around it too.
func (n *node) recurs() bool {
	return slices.ContainsFunc(n.shape.view.refs, func(ref string) bool { return slices.Contains(n.above, ref) })
}

// below gives the locations that the nodes inside have above them.
func (n *node) below() []string {
	above := n.above[:len(n.above):len(n.above)]
	for _, s := range n.srcs {
		above = append(above, s.loc)
	}
	return append(above, n.shape.view.refs...)
}

// wrap puts the control of the chosen branch below the choice.
func (g *grower) wrap(n *node) {
	n.children, n.rows, n.value, n.present = nil, nil, nil, false
	n.touched = n.changedBranches()
	if !slices.ContainsFunc(n.selectors, func(s *selector) bool { return s.chosen >= 0 }) {
		n.present = n.shape.nullable && n.required
		return
	}
	inner := &node{
		at: n.at, depth: n.depth + 1, srcs: n.srcs, hints: n.hints, required: n.required || n.touched > 0, slot: n.slot,
		above: n.above, shape: n.shape, row: n.row, entered: true, watched: n.watched, key: n.key, index: n.index,
	}
	if n.touched > 0 {
		inner.slot = slot{}
	}
	inner.fresh = inner.shown(inner.slot)
	inner.texts, inner.unsent = n.texts, n.unsent
	if inner.shape.constant != nil {
		inner.locked = true
		inner.branch = true
		g.readLocked(inner)
	} else if inner.shape.structured() {
		g.tree(inner)
	} else {
		g.leaf(inner)
	}
	n.inner = inner
	n.value, n.present = inner.value, inner.present
	n.touched += inner.touched
}

// typedAt gives what was typed at the control that has the node's name. A
// control that is shown for the first time has sent nothing.
func (g *grower) typedAt(n *node) (texts []string, unsent bool) {
	if g.values == nil {
		return nil, true
	}
	texts = g.values[n.at.htmlName()]
	return texts, g.show && len(texts) == 0
}

// sent reports whether the page that sent the form had something of the node's.
func (g *grower) sent(n *node, what string) bool {
	return g.values != nil && (!g.show || g.values.Has(n.at.special(what)))
}

// each visits a node and all below it, and stops going down where visit says no.
func (n *node) each(visit func(*node) bool) {
	if !visit(n) {
		return
	}
	if n.inner != nil {
		n.inner.each(visit)
	}
	for _, c := range n.children {
		c.each(visit)
	}
	for _, c := range n.rows {
		c.each(visit)
	}
}

// child gives the node of a member or an item.
func (n *node) child(token string) *node {
	if n.inner != nil {
		return n.inner.child(token)
	}
	for _, c := range n.children {
		if c.key == token {
			return c
		}
	}
	if n.shape.proto.Kind == List {
		for _, c := range n.rows {
			if itoa(c.index) == token {
				return c
			}
		}
		return nil
	}
	for _, c := range n.rows {
		if c.key == token {
			return c
		}
	}
	return nil
}

// find gives the node whose control has an HTML name.
func (n *node) find(name string) *node {
	var found *node
	n.each(func(c *node) bool {
		if c.at.htmlName() == name && found == nil {
			found = c
		}
		own := c.at.name
		return found == nil && (own == "" || strings.HasPrefix(name, own))
	})
	return found
}

// protect puts members that people cannot change back into a group that came as
// JSON text.
func (g *grower) protect(n *node) {
	obj, ok := n.value.(map[string]any)
	if g.values == nil || !ok {
		return
	}
	other := g.form.grower(nil, g.fixed, g.zone)
	defer other.end()
	stored := &node{at: n.at, srcs: n.srcs, hints: n.hints, required: true, slot: n.slot, above: n.above, depth: n.depth, entered: true}
	other.grow(stored)
	stored.restore(obj)
}

func (n *node) restore(obj map[string]any) {
	for _, c := range n.children {
		if c.locked && c.shape.constant == nil {
			delete(obj, c.key)
			if c.present {
				obj[c.key] = c.value
			}
			continue
		}
		if inner, ok := obj[c.key].(map[string]any); ok {
			c.restore(inner)
		}
	}
}
