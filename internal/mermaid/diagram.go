package mermaid

import (
	"fmt"
	"strconv"
)

// Node is one step of a diagram.
type Node struct {
	ID       string // unique in the diagram, any text
	Label    string // what people read; ID when empty
	Type     string // machine, human, timer, webhook, gateway, workflow, group; anything else is drawn as machine
	Parent   string // the ID of the group around it; empty for none
	Initial  bool   // the diagram, or the group around it, begins here
	Entry    string // of an initial node inside a group: what leads to it, such as the key of a branch
	Each     bool   // runs once for each item of a list
	Done     int    // of Each: items that have ended
	Total    int    // of Each: items in all; 0 when that is not known yet
	Terminal bool   // the diagram may end here
	State    string // a step state such as "running"; empty for none
}

// Edge leads from the node Source to the node Target. Edges that name an
// unknown node are left out.
type Edge struct {
	Source    string
	Target    string
	Label     string // the condition in words, else as written
	Condition string // the condition as written; never drawn
	Default   bool   // taken when no other edge is; labelled "default" when Label is empty
	OnSkip    bool   // taken when the source was skipped
	Loop      bool   // leads back
	Taken     bool   // the instance went this way
	State     string // a mark of Merged; never drawn
}

// Diagram is what Mermaid and DOT draw.
type Diagram struct {
	Nodes     []Node
	Edges     []Edge
	Direction string // TD, LR, BT or RL; anything else is TD
}

// MaxLabel is the number of characters of a label that are drawn; longer ones
// end in an ellipsis.
const MaxLabel = 120

// NodeID returns the name that the i-th node, counted from 0, has in the drawn
// text. It depends on the position alone, so that no step name can break it.
func NodeID(i int) string { return "n" + strconv.Itoa(i) }

// EdgeID returns the name that the i-th edge of Diagram.Edges, counted from 0,
// has in the drawn Mermaid text.
func EdgeID(i int) string { return "e" + strconv.Itoa(i) }

// State is a step state with the colours that it has in drawn text, as
// hexadecimal RGB. Pages colour their graphs by style sheet instead.
type stateStyle struct {
	name, fill, stroke, text string
}

// stateStyles lists the states in the order in which their classes are drawn.
var stateStyles = []stateStyle{
	{"pending", "#f4f4f5", "#a1a1aa", "#3f3f46"},
	{"scheduled", "#f4f4f5", "#71717a", "#3f3f46"},
	{"running", "#dbeafe", "#2563eb", "#1e3a8a"},
	{"waiting", "#fef3c7", "#b45309", "#78350f"},
	{"paused", "#ede9fe", "#7c3aed", "#4c1d95"},
	{"succeeded", "#dcfce7", "#15803d", "#14532d"},
	{"completed", "#dcfce7", "#15803d", "#14532d"},
	{"failed", "#fee2e2", "#dc2626", "#7f1d1d"},
	{"canceled", "#e4e4e7", "#52525b", "#27272a"},
	{"skipped", "#fafafa", "#a1a1aa", "#52525b"},
}

// styleOf returns the style of a state and whether it is a known one.
func styleOf(state string) (stateStyle, bool) {
	for _, s := range stateStyles {
		if s.name == state {
			return s, true
		}
	}
	return stateStyle{}, false
}

func (d Diagram) direction() string {
	switch d.Direction {
	case "LR", "BT", "RL":
		return d.Direction
	}
	return "TD"
}

// positions maps node IDs to positions. Of two nodes with one ID the first
// counts.
func (d Diagram) positions() map[string]int {
	at := make(map[string]int, len(d.Nodes))
	for i, n := range d.Nodes {
		if _, ok := at[n.ID]; !ok {
			at[n.ID] = i
		}
	}
	return at
}

func (n Node) label() string {
	label := n.Label
	if label == "" {
		label = n.ID
	}
	return label + n.times()
}

// times says how often a node runs, after its label.
func (n Node) times() string {
	switch {
	case n.Total > 0:
		return fmt.Sprintf(" × %d/%d", n.Done, n.Total)
	case n.Each:
		return " × n"
	}
	return ""
}

// layout is a diagram with what drawing it looks up again and again.
type layout struct {
	Diagram
	at     map[string]int   // positions by ID
	inside map[string][]int // positions of the nodes directly inside a group; of "" the outermost
	starts []start
}

// A start is a small circle that leads into initial nodes: one for each of the
// outermost, one for all of a group.
type start struct {
	name  string
	group string
	to    []int
}

func (d Diagram) layout() layout {
	l := layout{Diagram: d, at: d.positions(), inside: map[string][]int{}}
	shared := map[string]int{}
	for i, n := range d.Nodes {
		group := l.groupOf(i)
		l.inside[group] = append(l.inside[group], i)
		known, drawn := shared[group]
		switch {
		case !n.Initial:
		case group == "":
			l.starts = append(l.starts, start{name: "start" + strconv.Itoa(i), to: []int{i}})
		case drawn:
			l.starts[known].to = append(l.starts[known].to, i)
		default:
			shared[group] = len(l.starts)
			l.starts = append(l.starts, start{name: "begin" + strconv.Itoa(l.at[group]), group: group, to: []int{i}})
		}
	}
	return l
}

// groupOf gives the group that a node is drawn in. One whose parent is unknown,
// no group or not before it is an outermost one.
func (l layout) groupOf(i int) string {
	parent, known := l.at[l.Nodes[i].Parent]
	if !known || l.Nodes[parent].Type != "group" || parent >= i {
		return ""
	}
	return l.Nodes[i].Parent
}

// isGroup reports whether a node is drawn around others.
func (l layout) isGroup(i int) bool {
	n := l.Nodes[i]
	return n.Type == "group" && n.ID != "" && len(l.inside[n.ID]) > 0
}

func (e Edge) label() string {
	if e.Label == "" && e.Default {
		return "default"
	}
	return e.Label
}

// clip shortens a label to MaxLabel characters.
func clip(s string) string {
	runes := []rune(s)
	if len(runes) <= MaxLabel {
		return s
	}
	return string(runes[:MaxLabel-1]) + "…"
}
