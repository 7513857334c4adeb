package mermaid

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// shapes holds what stands before and after the quoted label of each step
// type. Stadium shapes are left out on purpose: Mermaid draws each as a path of
// 30 kB.
var shapes = map[string][2]string{
	"machine":  {"[", "]"},
	"human":    {"(", ")"},
	"timer":    {"{{", "}}"},
	"webhook":  {">", "]"},
	"gateway":  {"{", "}"},
	"workflow": {"[[", "]]"},
	"group":    {"[/", "/]"},
}

// Mermaid returns d as a Mermaid flowchart. Steps appear in the order of
// d.Nodes as n0, n1, …, edges as e0, e1, … of d.Edges; a small circle leads
// into each initial node, terminal nodes have the class terminal, the node
// types and states are classes too. The text is meant for
// `securityLevel: strict` and `htmlLabels: false`.
func Mermaid(d Diagram) string {
	var b strings.Builder
	fmt.Fprintf(&b, "flowchart %s\n", d.direction())
	l := d.layout()
	l.writeInside(&b, "", "  ")
	taken := l.writeEdges(&b)
	writeClasses(&b, d.Nodes)
	if len(taken) > 0 {
		fmt.Fprintf(&b, "  linkStyle %s stroke:#2563eb,stroke-width:2.5px\n", strings.Join(taken, ","))
	}
	return b.String()
}

// writeInside writes the nodes of a group, those of the groups inside it
// included; of "" all.
func (l layout) writeInside(b *strings.Builder, group, indent string) {
	for _, s := range l.starts {
		if s.group == group {
			fmt.Fprintf(b, "%s%s@{shape: sm-circ, label: \" \"}\n", indent, s.name)
		}
	}
	for _, i := range l.inside[group] {
		n := l.Nodes[i]
		if l.isGroup(i) {
			fmt.Fprintf(b, "%ssubgraph %s[\"%s\"]\n", indent, NodeID(i), escape(n.label()))
			fmt.Fprintf(b, "%s  direction %s\n", indent, l.direction())
			l.writeInside(b, n.ID, indent+"  ")
			fmt.Fprintf(b, "%send\n", indent)
			continue
		}
		shape, ok := shapes[n.Type]
		if !ok {
			shape = shapes["machine"]
		}
		fmt.Fprintf(b, "%s%s%s\"%s\"%s\n", indent, NodeID(i), shape[0], escape(n.label()), shape[1])
	}
}

// writeEdges returns the positions, among the written links, of those taken.
func (l layout) writeEdges(b *strings.Builder) []string {
	written, taken := 0, []string{}
	for _, s := range l.starts {
		for _, i := range s.to {
			fmt.Fprintf(b, "  %s -->%s %s\n", s.name, edgeText(Edge{Label: l.Nodes[i].Entry}), NodeID(i))
			written++
		}
	}
	for i, e := range l.Edges {
		from, okFrom := l.at[e.Source]
		to, okTo := l.at[e.Target]
		if !okFrom || !okTo {
			continue
		}
		fmt.Fprintf(b, "  %s %s@%s%s %s\n", NodeID(from), EdgeID(i), arrow(e), edgeText(e), NodeID(to))
		if e.Taken {
			taken = append(taken, strconv.Itoa(written))
		}
		written++
	}
	return taken
}

func arrow(e Edge) string {
	if e.OnSkip || e.Loop {
		return "-.->"
	}
	return "-->"
}

func edgeText(e Edge) string {
	if e.label() == "" {
		return ""
	}
	return `|"` + escape(e.label()) + `"|`
}

func writeClasses(b *strings.Builder, nodes []Node) {
	byClass := map[string][]string{}
	for i, n := range nodes {
		if n.Terminal {
			byClass["terminal"] = append(byClass["terminal"], NodeID(i))
		}
		if _, ok := styleOf(n.State); ok {
			byClass[n.State] = append(byClass[n.State], NodeID(i))
		}
	}
	if ids := byClass["terminal"]; ids != nil {
		fmt.Fprintln(b, "  classDef terminal stroke-width:3px")
		fmt.Fprintf(b, "  class %s terminal\n", strings.Join(ids, ","))
	}
	for _, s := range stateStyles {
		if ids := byClass[s.name]; ids != nil {
			fmt.Fprintf(b, "  classDef %s fill:%s,stroke:%s,color:%s\n", s.name, s.fill, s.stroke, s.text)
			fmt.Fprintf(b, "  class %s %s\n", strings.Join(ids, ","), s.name)
		}
	}
}

// joiner is an invisible character that is neither blank nor part of a word.
const joiner = '\u2060'

// lookalikes replaces what no spelling makes Mermaid draw: the characters of
// markup and quotes, and its own placeholders for entities.
var lookalikes = strings.NewReplacer("<=", "≤", ">=", "≥", "<", "‹", ">", "›", `"`, "'", "`", "'", "ﬂ°", "fl°", "¶ß", "¶ ß")

// escape spells a label so that Mermaid takes all of it as text. Entities are no
// way out, as they are drawn literally where htmlLabels is false. So quotes and
// angle brackets become lookalikes, and behind every other character that could
// begin an entity, an escape or a directive stands an invisible joiner, which
// keeps it from doing so. Line breaks and control characters become blanks.
func escape(label string) string {
	var b strings.Builder
	for i, r := range lookalikes.Replace(clip(words(label))) {
		special := strings.ContainsRune(`&#\%`, r)
		if special && i == 0 {
			b.WriteRune(joiner)
		}
		b.WriteRune(r)
		if special {
			b.WriteRune(joiner)
		}
	}
	if b.Len() == 0 {
		return " "
	}
	return b.String()
}

// words returns the words of a label with one blank between them and without
// control characters.
func words(label string) string {
	visible := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, label)
	return strings.Join(strings.Fields(visible), " ")
}
