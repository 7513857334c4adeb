package views

import "github.com/a-h/templ"

// StartableView lists what a person may start.
type StartableView struct {
	Query       string
	Rows        []Startable
	First, Next string // addresses of other parts of the list, with the path prefix
}

// Startable is a workflow that may be started.
type Startable struct {
	Title string
	Text  templ.Component // nil for none
	Href  string          // with the path prefix
}
