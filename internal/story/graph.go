package story

import (
	"fmt"
	"slices"
	"strings"
)

// node is one step of a graph while it is drawn.
type node struct {
	index int
	name  string
	typ   string
	mode  string // of a gateway
	keys  object
	next  []int // steps that normal edges lead to, all later ones
}

// graph draws steps with edges that go forward, so that every step is reached
// and reaches an end, and loops back from exclusive gateways, each bounded by a
// counter in data. prefix is the path of the group around it, with a dot.
func (t *teller) graph(prefix string, n, depth int) (steps []object, edges []object) {
	nodes := make([]*node, n)
	for i := range nodes {
		nodes[i] = &node{index: i, name: fmt.Sprintf("s%d", i), typ: t.kind(depth, true)}
		if nodes[i].typ == "gateway" {
			nodes[i].mode = pick(t, "exclusive", "exclusive", "inclusive", "parallel", "parallel")
		}
		if i > 0 {
			nodes[max(0, i-1-t.IntN(4))].lead(i)
		}
	}
	for range t.IntN(n + 1) {
		if n > 1 {
			from := t.IntN(n - 1)
			nodes[from].lead(from + 1 + t.IntN(n-1-from))
		}
	}
	for _, one := range nodes {
		one.keys = t.step(prefix, one.name, one.typ, depth)
		t.finish(prefix, one, nodes)
		steps = append(steps, one.keys)
		edges = append(edges, t.leaving(prefix, one, nodes)...)
	}
	return steps, edges
}

func (n *node) lead(to int) {
	if !slices.Contains(n.next, to) {
		n.next = append(n.next, to)
	}
}

// kind draws the type of a step.
func (t *teller) kind(depth int, gateways bool) string {
	kinds := []string{"machine", "machine", "machine", "human", "timer", "webhook"}
	if gateways {
		kinds = append(kinds, "gateway", "gateway", "gateway")
	}
	if t.may(Groups) && depth < 3 {
		kinds = append(kinds, "group", "group")
	}
	if t.may(Children) && t.level == 0 {
		kinds = append(kinds, "workflow")
	}
	return pick(t, kinds...)
}

// finish gives a step what depends on its place in the graph.
func (t *teller) finish(prefix string, n *node, all []*node) {
	if n.typ == "gateway" {
		n.keys["mode"] = n.mode
		t.uses["gateway "+n.mode]++
	}
	if t.loops(n) {
		key := counter(prefix, n)
		n.keys["set"] = object{key: "data." + key + " + 1"}
		t.input[key] = 0
		t.uses["loops"]++
	}
	t.handlers(n, all)
	if t.chance(5) {
		n.keys["join"] = pick(t, "all", "any", "first")
		t.uses["join "+n.keys["join"].(string)]++
	}
	if prefix == "" && n.index > 0 && t.chance(18) {
		n.keys["terminate"] = true
		t.uses["terminate"]++
	}
}

func counter(prefix string, n *node) string {
	return "c_" + strings.ReplaceAll(prefix+n.name, ".", "_")
}

// loops tells whether a step has an edge that goes back.
func (t *teller) loops(n *node) bool {
	return n.mode == "exclusive" && len(n.next) > 0 && n.index%2 == 1
}

// handlers gives a step what takes over when it fails or takes too long.
func (t *teller) handlers(n *node, all []*node) {
	later := func() string { return all[n.index+1+t.IntN(len(all)-n.index-1)].name }
	last := n.index == len(all)-1
	switch n.typ {
	case "gateway":
		return
	case "human", "webhook":
		if n.keys["for_each"] != nil || !t.chance(3) {
			return
		}
		n.keys["timeout"] = t.millis(150, 900)
		t.uses["timeout"]++
		switch {
		case n.typ == "human" && t.chance(2):
			n.keys["on_timeout"] = object{"outcome": "no"}
			t.uses["on_timeout outcome"]++
		case !last && t.chance(2):
			n.keys["on_timeout"] = object{"step": later()}
			t.uses["on_timeout step"]++
		}
	}
	if last || !t.chance(2) {
		return
	}
	t.uses["on_failure"]++
	n.keys["on_failure"] = []object{{"step": later()}}
	if n.typ == "machine" && t.chance(3) {
		n.keys["on_failure"] = []object{{"when": `error.code == "soft"`, "step": later()}, {"step": later()}}
		t.uses["on_failure by code"]++
	}
}

// condition draws one that is true or false by the start data.
func (t *teller) condition() string {
	return pick(t, "data.x > 0", "data.x > 1", "data.x == 2", "data.x != 1", "true", "false", "data.x >= 0 && data.x < 2")
}

// leaving draws the edges of a step; one of them always fires.
func (t *teller) leaving(prefix string, n *node, all []*node) []object {
	var list []object
	if t.loops(n) {
		back := all[t.IntN(n.index+1)].name
		list = append(list, object{"source": n.name, "target": back,
			"condition": fmt.Sprintf("data.%s < %d", counter(prefix, n), 1+t.IntN(3))})
	}
	if n.typ == "gateway" && n.mode != "parallel" && len(n.next) > 1 && len(list) == 0 && t.chance(3) {
		return t.chosen(n, all)
	}
	sure := false
	for k, to := range n.next {
		e := object{"source": n.name, "target": all[to].name}
		switch {
		case n.mode == "parallel":
		case k == len(n.next)-1 && !sure:
			e["default"] = true
			t.uses["default edge"]++
		case n.mode == "" && t.chance(6):
			e["on_skip"] = true
			t.uses["on_skip edge"]++
		case prefix == "" && n.typ == "human" && n.keys["for_each"] == nil && t.chance(2):
			e["condition"] = fmt.Sprintf(`steps.%s.outcome == "%s"`, n.name, pick(t, "yes", "no"))
			t.uses["condition on an outcome"]++
		case t.chance(2):
			e["condition"] = t.condition()
		default:
			sure = true
		}
		list = append(list, e)
	}
	return list
}

// chosen lets a gateway's own condition name its targets.
func (t *teller) chosen(n *node, all []*node) []object {
	t.uses["gateway with a condition"]++
	one, two := all[n.next[0]].name, all[n.next[len(n.next)-1]].name
	n.keys["condition"] = fmt.Sprintf(`data.x > 0 ? "%s" : "%s"`, one, two)
	if n.mode == "inclusive" {
		n.keys["condition"] = fmt.Sprintf(`data.x > 0 ? ["%s", "%s"] : ["%s"]`, one, two, two)
	}
	var list []object
	for _, to := range n.next {
		list = append(list, object{"source": n.name, "target": all[to].name})
	}
	return list
}
