package views

import "github.com/a-h/templ"

// DefinitionListView is the view model of the list of definitions.
type DefinitionListView struct {
	Query   string
	NewHref string // "" for those who may not write
	Rows    []DefinitionRow
	Pager   Pager
}

// DefinitionRow is one definition, or one version of it, in a list.
type DefinitionRow struct {
	Title     string
	Name      string
	Version   string
	Href      string
	Labels    []string
	Open      CountLink
	Instances CountLink
	Stored    Moment
	StoredBy  string
	StartHref string // "" when the reader may not start it
	Shown     bool   // the version that the page shows
	Latest    bool
	Inactive  bool

	DiffHref    string    // of what changed since the version before; "" for the first
	MigrateHref string    // of what its open instances can be moved by; "" for none
	Actions     []Confirm // what the reader may do with the version
}

// DefinitionView is the view model of one version of a definition.
type DefinitionView struct {
	Title        string
	Name         string
	Version      string
	Latest       string // the latest version when another one is shown
	LatestHref   string
	Inactive     bool   // it may not be started
	StartHref    string // "" when the reader may not start it
	SourceHref   string
	FormsHref    string          // of the forms' preview; "" when there are no forms
	EditHref     string          // "" for those who may not write
	TryHref      string          // of a test run; likewise
	Description  templ.Component // nil for none
	Labels       []string
	Stored       Moment
	StoredBy     string
	StartedBy    string // who may start it, in words
	Open         CountLink
	Instances    CountLink
	Graph        GraphView
	Steps        []DefinitionStep
	Ways         []DefinitionWay
	Versions     []DefinitionRow // of one page
	VersionPager Pager
	Source       string
}

// DefinitionStep is one step in words.
type DefinitionStep struct {
	Label  string
	Name   string
	Type   string
	Begins bool
	Level  int      // of groups around it, at most MaxStepLevel
	Does   []string // what happens, and under which conditions
	Next   []string
}

// DefinitionWay is one transition in words.
type DefinitionWay struct {
	From      string
	To        string
	Condition string   // an expression, "" for none
	Kind      []string // in words
}
