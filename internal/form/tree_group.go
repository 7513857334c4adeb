package form

import (
	"slices"
	"strings"
)

// group fills the members of an object. Members without a field are taken from
// the stored value, unless they belong to a branch that was left.
func (g *grower) group(n *node) {
	before := n.children
	n.children, n.touched = nil, n.changedBranches()
	inside := n.fresh
	obj := map[string]any{}
	for i, p := range n.shape.order {
		c := g.memberNode(n, before, i, p, inside)
		n.children = append(n.children, c)
		if c.present {
			obj[p.key] = c.value
		}
		n.touched += c.touched
	}
	if n.shape.rows {
		g.mapRows(n, inside, obj)
	}
	g.keepOthers(n, inside, obj)
	n.value = obj
	// Nobody touched an optional group without a value: it counts only when it
	// says something and lacks nothing.
	n.present = n.required || n.slot.present || n.shape.def != nil && n.slot.fresh || n.touched > 0 || n.open || !n.blank(obj) && n.complete(obj)
}

// memberNode gives the node of a member: the one of the round before when the
// same schemas hold for it, else another.
func (g *grower) memberNode(n *node, before []*node, index int, p property, inside slot) *node {
	required := n.shape.view.required[p.key]
	i := slices.IndexFunc(before, func(c *node) bool { return c.key == p.key })
	if i >= 0 && before[i].required == required && sameSources(before[i].srcs, p.srcs) {
		before[i].index = index
		return before[i]
	}
	c := &node{
		at: n.at.property(p.key), key: p.key, index: index, depth: n.depth + 1, srcs: p.srcs,
		hints: n.hints.inside(p.key), required: required, locked: n.locked,
		branch: n.fromBranch(p), watched: n.watched || n.shape.view.watched[p.key],
		slot: inside.child(p.key).withFixed(g.fixedMember(n, p.key)), above: n.below(),
	}
	g.grow(c)
	return c
}

// fixedMember gives the value that the caller has for a member of the whole form.
func (g *grower) fixedMember(n *node, key string) (any, bool) {
	if n.at.pointer != "" {
		return nil, false
	}
	obj, _ := g.fixed.(map[string]any)
	v, ok := obj[key]
	return v, ok
}

// fromBranch reports whether a member is spoken of by a branch that was chosen.
func (n *node) fromBranch(p property) bool {
	for _, s := range n.selectors {
		if s.chosen < 0 {
			continue
		}
		at := s.options[s.chosen].loc
		if slices.ContainsFunc(p.srcs, func(one source) bool {
			return strings.HasPrefix(one.loc, at+"/") || n.behindBranch(one.loc)
		}) {
			return true
		}
	}
	return false
}

// behindBranch reports whether a location lies behind a reference of the node.
func (n *node) behindBranch(loc string) bool {
	return slices.ContainsFunc(n.shape.view.refs, func(ref string) bool { return ref != "" && strings.HasPrefix(loc, ref+"/") })
}

func sameSources(a, b []source) bool {
	return slices.EqualFunc(a, b, func(x, y source) bool { return x.loc == y.loc })
}

// keepOthers keeps members of the stored value that have no field.
func (g *grower) keepOthers(n *node, inside slot, obj map[string]any) {
	shown, _ := inside.value.(map[string]any)
	for key, v := range shown {
		if n.child(key) != nil || n.shape.rows {
			continue
		}
		if g.values != nil && !n.locked && g.left(n, key) {
			continue
		}
		obj[key] = v
	}
}

// left reports whether a stored member belongs to a branch that was left: some
// branch speaks of it, and other ones hold than held for the stored value.
func (g *grower) left(n *node, key string) bool {
	if !g.form.speaksOf(n.srcs, key) {
		return false
	}
	other := g.form.grower(nil, nil, g.zone)
	defer other.end()
	stored := &node{at: n.at, srcs: n.srcs, hints: n.hints, required: true, slot: n.slot, above: n.above, depth: n.depth}
	other.grow(stored)
	return stored.shape.view.id != n.shape.view.id
}

// blank reports whether a group holds nothing but what empty controls send.
func (n *node) blank(obj map[string]any) bool {
	for _, c := range n.children {
		if v, ok := obj[c.key]; ok && c.shape.constant == nil && !c.blankValue(v) {
			return false
		}
	}
	return len(n.rows) == 0
}

func (n *node) blankValue(v any) bool {
	if n.inner != nil {
		return n.inner.blankValue(v)
	}
	switch v := v.(type) {
	case nil:
		return n.shape.nullable
	case bool:
		return n.shape.proto.Kind == Checkbox && !v
	case []any:
		return len(v) == 0
	case map[string]any:
		return n.shape.proto.Kind == Group && n.blank(v)
	}
	return false
}

// complete reports whether a group has all its required members.
func (n *node) complete(obj map[string]any) bool {
	for _, c := range n.children {
		v, ok := obj[c.key]
		if !ok && c.required {
			return false
		}
		if inner, isObject := v.(map[string]any); isObject && c.shape.proto.Kind == Group && !c.complete(inner) {
			return false
		}
	}
	return true
}

// mapRows fills the rows of key and value of an object.
func (g *grower) mapRows(n *node, inside slot, obj map[string]any) {
	stored, _ := inside.value.(map[string]any)
	var keys []string
	for _, key := range textOrder(nil, stored) {
		if n.shape.view.property(key) == nil {
			keys = append(keys, key)
		}
	}
	initial := counting(len(keys))
	n.origins = g.originsOf(n, initial, len(keys))
	if g.values != nil && !slices.Equal(n.origins, initial) {
		n.touched++
	}
	n.rows = nil
	for i, origin := range n.origins {
		key, s := "", slot{fresh: true}
		if origin >= 0 {
			key, s = keys[origin], inside.child(keys[origin])
		}
		g.mapRow(n, i, key, s, obj)
	}
}

func (g *grower) mapRow(n *node, i int, stored string, s slot, obj map[string]any) {
	key := stored
	base := n.at.mapRow(i)
	if g.sent(&node{at: base}, "k") && !n.locked {
		key = g.values.Get(base.special("k"))
	}
	c := &node{
		at: place{n.at.pointer + "/" + escapeToken(key), base.name}, key: key, keyText: key, index: i, depth: n.depth + 1, row: true,
		srcs: g.form.keyed(n.shape.view, key), hints: n.hints.inside("additionalProperties"), required: true, locked: n.locked,
		slot: s, above: n.below(), watched: n.watched,
	}
	g.grow(c)
	n.rows = append(n.rows, c)
	n.touched += c.touched
	if key != stored {
		n.touched++
	}
	_, twice := obj[key]
	switch {
	case key == "" && (stored != "" || !s.present) && (!c.present || c.touched == 0):
		c.faults = nil // a row that was left empty
		if g.values != nil && !g.loose && s.present {
			c.faults = []fault{{code: "key_required", name: base.special("k")}}
		}
		return
	case key == "" && !s.present:
		c.faults = append(c.faults, fault{code: "key_required", name: base.special("k")})
		return
	case twice || n.shape.view.property(key) != nil:
		c.faults = append(c.faults, fault{code: "key_twice", params: Params{"key": cut(key)}, name: base.special("k")})
		return
	}
	if c.present {
		obj[key] = c.value
	}
}

// keyed gives the schemas for the value of a key.
func (f *Form) keyed(v *view, key string) []source {
	var srcs []source
	for _, p := range v.patterns {
		if f.matches(p.text, key) {
			srcs = append(srcs, p.srcs...)
		}
	}
	switch {
	case srcs != nil:
		return srcs
	case v.rest != nil:
		return v.rest
	case len(v.patterns) > 0:
		return v.patterns[0].srcs
	}
	return nil
}
