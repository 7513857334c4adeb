package mermaid

import "slices"

// The marks that Merged gives nodes and edges as their State, and the signs by
// which nodes show them.
const (
	MarkAdded   = "added"
	MarkRemoved = "removed"
	MarkChanged = "changed"
	MarkSame    = "same"
)

var signs = map[string]string{MarkAdded: "+ ", MarkRemoved: "− ", MarkChanged: "± "}

// Merged returns two diagrams of one workflow as one: the later one, and what
// only the earlier one has, at its end. Every node and edge has a mark; changed
// says of nodes that both have whether they differ.
func Merged(before, after Diagram, changed func(id string) bool) Diagram {
	d := Diagram{Direction: after.Direction}
	was, is := before.positions(), after.positions()
	for _, n := range after.Nodes {
		mark := MarkSame
		if _, known := was[n.ID]; !known {
			mark = MarkAdded
		} else if changed(n.ID) {
			mark = MarkChanged
		}
		d.Nodes = append(d.Nodes, n.marked(mark))
	}
	for _, n := range before.Nodes {
		if _, known := is[n.ID]; !known {
			n.Initial, n.Terminal = false, false
			d.Nodes = append(d.Nodes, n.marked(MarkRemoved))
		}
	}
	for _, e := range mergedEdges(before.Edges, after.Edges) {
		_, from := was[e.Source]
		_, to := was[e.Target]
		_, still := is[e.Source]
		_, stands := is[e.Target]
		if from && to && still && stands { // what a node's own sign says already is left out
			e.Label = signs[e.State] + e.label()
		}
		d.Edges = append(d.Edges, e)
	}
	return d
}

func (n Node) marked(mark string) Node {
	if n.Label == "" {
		n.Label = n.ID
	}
	n.Label, n.State = signs[mark]+n.Label, mark
	return n
}

// mergedEdges marks the later edges and adds the earlier ones that have gone. Of
// several edges between two nodes those that read the same are paired first.
func mergedEdges(before, after []Edge) []Edge {
	left := slices.Clone(before)
	take := func(fits func(Edge) bool) bool {
		i := slices.IndexFunc(left, fits)
		if i >= 0 {
			left = slices.Delete(left, i, i+1)
		}
		return i >= 0
	}
	edges := slices.Clone(after)
	for i, e := range edges {
		if take(func(o Edge) bool { return o == e }) {
			edges[i].State = MarkSame
		}
	}
	for i, e := range edges {
		switch {
		case e.State != "":
		case take(func(o Edge) bool { return o.Source == e.Source && o.Target == e.Target }):
			edges[i].State = MarkChanged
		default:
			edges[i].State = MarkAdded
		}
	}
	for _, e := range left {
		e.State = MarkRemoved
		edges = append(edges, e)
	}
	return edges
}
