package form

import (
	"slices"
	"strconv"
	"strings"
)

// list fills the rows of an array.
func (g *grower) list(n *node) {
	stored, _ := n.fresh.value.([]any)
	initial := counting(len(stored))
	if !n.fresh.present && n.required && n.slot.fresh && !n.locked {
		initial = slices.Repeat([]int{-1}, n.shape.begun())
	}
	n.origins = g.originsOf(n, initial, len(stored))
	n.touched = 0
	if g.values != nil && !slices.Equal(n.origins, initial) {
		n.touched++
	}
	before := n.rows
	n.rows = nil
	items := make([]any, 0, len(n.origins))
	for i, origin := range n.origins {
		c := g.itemNode(n, before, i, origin, stored)
		n.rows = append(n.rows, c)
		n.touched += c.touched
		if !c.present && !n.locked && len(c.faults) == 0 {
			c.faults = append(c.faults, fault{code: "required"})
		}
		if c.present || !g.loose {
			items = append(items, c.value)
		}
	}
	n.value = items
	n.present = len(items) > 0 || n.required || n.slot.present || n.open
}

func (g *grower) itemNode(n *node, before []*node, i, origin int, stored []any) *node {
	v := n.shape.view
	srcs, h := v.items, n.hints.inside("items")
	if i < len(v.prefix) {
		srcs, h = v.prefix[i], n.hints.item(i)
	}
	if i < len(before) && before[i].index == i && sameSources(before[i].srcs, srcs) {
		return before[i]
	}
	s := slot{fresh: true}
	if origin >= 0 {
		s = slot{value: stored[origin], present: true}
	}
	c := &node{
		at: n.at.item(i), index: i, depth: n.depth + 1, row: true, srcs: srcs, hints: h, required: true, locked: n.locked,
		slot: s, above: n.below(), watched: n.watched,
	}
	g.grow(c)
	return c
}

// counting gives 0 to n-1.
func counting(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// originsOf reads which stored row each row was, as the page said; what it
// cannot have said is a row that was added.
func (g *grower) originsOf(n *node, initial []int, stored int) []int {
	if !g.sent(n, "n") || n.locked {
		return initial
	}
	text := g.values.Get(n.at.special("n"))
	if text == "" {
		return nil
	}
	parts := strings.Split(text, ",")
	parts = parts[:min(len(parts), maxRows)]
	origins := make([]int, len(parts))
	seen := make(map[int]bool, len(parts))
	for i, part := range parts {
		origin, err := strconv.Atoi(part)
		if err != nil || origin < 0 || origin >= stored || seen[origin] {
			origin = -1
		}
		seen[origin] = true
		origins[i] = origin
	}
	return origins
}

// originText writes origins for a hidden field.
func originText(origins []int) string {
	texts := make([]string, len(origins))
	for i, origin := range origins {
		texts[i] = "-"
		if origin >= 0 {
			texts[i] = itoa(origin)
		}
	}
	return strings.Join(texts, ",")
}
