package views

// DocsView is the API in plain HTML.
type DocsView struct {
	Server string // address below which the paths lie
	API    string // path of the API below it
	Groups []DocsGroup
}

// DocsGroup is the operations on one kind of thing.
type DocsGroup struct {
	Name       string
	Operations []DocsOperation
}

// DocsOperation is one operation.
type DocsOperation struct {
	ID         string
	Method     string
	Path       string
	Summary    string
	Text       string
	Parameters []DocsParameter
	Example    string   // of a body, as JSON; empty = none
	Answers    []string // statuses
}

// DocsParameter is one parameter of an operation.
type DocsParameter struct {
	Name     string
	In       string // path, query or header
	Text     string
	Required bool
}
