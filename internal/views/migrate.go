package views

// MigrateView is the view model of the page that moves a version's open
// instances to another version: first what it would do.
type MigrateView struct {
	Title          string
	Definition     string
	DefinitionHref string
	From           string
	To             string   // "" when none is chosen
	Targets        []string // active versions
	Steps          []MigrateStep
	Total          string // open instances that the reader sees
	Shown          string // how many of them were tried
	Some           bool
	Part           bool // not all were tried
	Can            string
	Cannot         string
	Rows           []MigrateRow
	Action         string
	Reason         string // that was typed
}

// MigrateStep is a step that the other version has not, with the steps there
// that it may be.
type MigrateStep struct {
	Field   string
	Label   string
	Name    string
	Chosen  string
	Options []MigrateOption
}

// MigrateOption is a step that another may be.
type MigrateOption struct{ Name, Label string }

// MigrateRow is what would happen to one instance.
type MigrateRow struct {
	ID      string
	Href    string
	State   string
	Started Moment
	Does    []string
	Problem string // why it cannot move; "" when it can
}
