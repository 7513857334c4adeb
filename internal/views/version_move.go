package views

// MoveView is the view model of the page that moves a version's open
// instances to another version: first what it would do.
type MoveView struct {
	Title          string
	Definition     string
	DefinitionHref string
	From           string
	To             string   // "" when none is chosen
	Targets        []string // active versions
	Steps          []MoveStep
	Total          string // open instances that the reader sees
	Shown          string // how many of them were tried
	Some           bool
	Part           bool // not all were tried
	Can            string
	Cannot         string
	Rows           []MoveRow
	Action         string
	Reason         string // that was typed
}

// MoveStep is a step that the other version has not, with the steps there
// that it may be.
type MoveStep struct {
	Field   string
	Label   string
	Name    string
	Chosen  string
	Options []MoveOption
}

// MoveOption is a step that another may be.
type MoveOption struct{ Name, Label string }

// MoveRow is what would happen to one instance.
type MoveRow struct {
	ID      string
	Href    string
	State   string
	Started Moment
	Does    []string
	Problem string // why it cannot move; "" when it can
}
