package mermaid

import (
	"fmt"
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
	for i, n := range d.Nodes {
		fmt.Fprintf(&b, "  %s [label=%s %s]\n", NodeID(i), quote(n.label()), dotNode(n))
	}
	writeDotEdges(&b, d)
	b.WriteString("}\n")
	return b.String()
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

func writeDotEdges(b *strings.Builder, d Diagram) {
	at := d.positions()
	for i, n := range d.Nodes {
		if n.Initial {
			fmt.Fprintf(b, "  start%d [shape=point label=\"\"]\n  start%d -> %s\n", i, i, NodeID(i))
		}
	}
	for _, e := range d.Edges {
		from, okFrom := at[e.Source]
		to, okTo := at[e.Target]
		if okFrom && okTo {
			fmt.Fprintf(b, "  %s -> %s%s\n", NodeID(from), NodeID(to), dotEdge(e))
		}
	}
}

func dotEdge(e Edge) string {
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
