package mermaid

import "strconv"

// Node is one step of a diagram.
type Node struct {
	ID       string // unique in the diagram, any text
	Label    string // what people read; ID when empty
	Type     string // machine, human, timer, webhook, gateway, workflow, group; anything else is drawn as machine
	Initial  bool   // the diagram begins here
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
	if n.Label != "" {
		return n.Label
	}
	return n.ID
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
