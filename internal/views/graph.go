package views

// GraphView is a workflow's graph: the Mermaid text, drawn by the browser, and
// the same as tables.
type GraphView struct {
	ID     string // unique on the page
	Title  string // what the graph shows
	Source string // Mermaid text without states: those are classes that follow the tables
	Live   bool   // shows states and visits: the graph of an instance
	Small  bool   // has little room: only the steps stand below the drawing
	Marked bool   // shows what became of each step: the graph of a comparison
	Steps  []GraphStep
	Ways   []GraphWay
}

// GraphStep is one step of a graph.
type GraphStep struct {
	Node   string // its name in Source
	Step   string // its name in the workflow; "" where nobody chooses it
	Label  string
	Type   string
	State  string // "" when it was not reached
	Visits int
	Count  string // beside its node: visits of a loop, items of a list; "" for none
	Items  string // how many items of a list have ended; "" for none
	Href   string // "" for none, with the path prefix

	Changes []KeyChange // what became of the step's keys, in a comparison
}

// GraphWay is one edge of a graph.
type GraphWay struct {
	Edge      string // its name in Source
	From      string
	To        string
	Condition string
	Taken     bool
	Mark      string // what became of it, in a comparison
}

// named is what a part of the graph is called: a comparison may stand beside
// another graph.
func (v GraphView) named(part string) string {
	if v.Marked {
		return part + ": " + v.Title
	}
	return part
}

func (p Page) yesNo(yes bool) string {
	if yes {
		return p.T("graph.yes")
	}
	return p.T("graph.no")
}
