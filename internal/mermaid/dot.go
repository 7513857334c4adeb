package mermaid

import (
	"fmt"
	"slices"
	"strings"
)

// dotShapes holds the Graphviz attributes of each step type.
var dotShapes = map[string]string{
	"machine":  `shape=box style="filled"`,
	"human":    `shape=box style="rounded,filled"`,
	"timer":    `shape=hexagon style="filled"`,
	"webhook":  `shape=cds style="filled"`,
	"gateway":  `shape=diamond style="filled"`,
	"workflow": `shape=component style="filled"`,
	"group":    `shape=parallelogram style="filled"`,
}

// DOT returns d as a Graphviz digraph with the node names of NodeID.
func DOT(d Diagram) string {
	var b strings.Builder
	rank := strings.Replace(d.direction(), "TD", "TB", 1)
	fmt.Fprintf(&b, "digraph workflow {\n  rankdir=%s\n", rank)
	b.WriteString("  node [fontname=\"sans-serif\" fillcolor=\"#ffffff\" color=\"#71717a\"]\n")
	b.WriteString("  edge [fontname=\"sans-serif\" color=\"#71717a\"]\n")
	if slices.ContainsFunc(d.Nodes, func(n Node) bool { return n.Parent != "" }) {
		b.WriteString("  compound=true\n")
	}
	l := d.layout()
	l.writeDotInside(&b, "", "  ")
	l.writeDotEdges(&b)
	b.WriteString("}\n")
	return b.String()
}

// writeDotInside writes the nodes of a group as a cluster; of "" all.
func (l layout) writeDotInside(b *strings.Builder, group, indent string) {
	for _, i := range l.inside[group] {
		n := l.Nodes[i]
		if !l.isGroup(i) {
			fmt.Fprintf(b, "%s%s [label=%s %s]\n", indent, NodeID(i), quote(n.label()), dotNode(n))
			continue
		}
		fmt.Fprintf(b, "%ssubgraph cluster_%s {\n%s  label=%s style=rounded color=\"#71717a\"%s\n", indent, NodeID(i), indent, quote(n.label()), dotCluster(n))
		l.writeDotInside(b, n.ID, indent+"  ")
		fmt.Fprintf(b, "%s}\n", indent)
	}
}

func dotCluster(n Node) string {
	if s, ok := styleOf(n.State); ok {
		return fmt.Sprintf(" bgcolor=%q color=%q fontcolor=%q", s.fill, s.stroke, s.text)
	}
	return ""
}

// dotEnd gives the node at which an edge of a group is drawn, the first or the
// last inside it, and the cluster at whose border it is cut.
func (l layout) dotEnd(i int, last bool) (node int, cluster string) {
	for l.isGroup(i) {
		if cluster == "" {
			cluster = "cluster_" + NodeID(i)
		}
		inside := l.inside[l.Nodes[i].ID]
		i = inside[0]
		if last {
			i = inside[len(inside)-1]
		}
	}
	return i, cluster
}

func dotNode(n Node) string {
	attrs, ok := dotShapes[n.Type]
	if !ok {
		attrs = dotShapes["machine"]
	}
	if n.Terminal {
		attrs += " peripheries=2"
	}
	if s, ok := styleOf(n.State); ok {
		attrs += fmt.Sprintf(" fillcolor=%q color=%q fontcolor=%q", s.fill, s.stroke, s.text)
	}
	return attrs
}

func (l layout) writeDotEdges(b *strings.Builder) {
	for _, s := range l.starts {
		fmt.Fprintf(b, "  %s [shape=point label=\"\"]\n", s.name)
		for _, i := range s.to {
			node, head := l.dotEnd(i, false)
			fmt.Fprintf(b, "  %s -> %s%s\n", s.name, NodeID(node), dotEdge(Edge{Label: l.Nodes[i].Entry}, "", head))
		}
	}
	for _, e := range l.Edges {
		from, okFrom := l.at[e.Source]
		to, okTo := l.at[e.Target]
		if okFrom && okTo {
			from, tail := l.dotEnd(from, true)
			to, head := l.dotEnd(to, false)
			fmt.Fprintf(b, "  %s -> %s%s\n", NodeID(from), NodeID(to), dotEdge(e, tail, head))
		}
	}
}

func dotEdge(e Edge, tail, head string) string {
	var attrs []string
	if e.label() != "" {
		attrs = append(attrs, "label="+quote(e.label()))
	}
	if e.OnSkip || e.Loop {
		attrs = append(attrs, "style=dashed")
	}
	if e.Loop {
		attrs = append(attrs, "constraint=false")
	}
	if e.Taken {
		attrs = append(attrs, `color="#2563eb" penwidth=2.5`)
	}
	if tail != "" {
		attrs = append(attrs, "ltail="+tail)
	}
	if head != "" {
		attrs = append(attrs, "lhead="+head)
	}
	if attrs == nil {
		return ""
	}
	return " [" + strings.Join(attrs, " ") + "]"
}

// quote spells a label as a DOT string: one line, quotes and backslashes
// escaped.
func quote(label string) string {
	return `"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(clip(words(label))) + `"`
}
