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
	Steps          []MigrateStep
	Total          string // open instances that the reader sees
	Report         MigrateReport
	Action         string
	Reason         string // that was typed
}
