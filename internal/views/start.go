package views

import (
	"github.com/a-h/templ"

	"tandem/internal/form"
)

// StartView is the page that starts an instance of a workflow.
type StartView struct {
	Title       string // of the workflow
	Name        string
	Version     string
	Description templ.Component // nil for none
	Form        form.Shown
	Problems    Problems
	Submit      string // of the button, "" for the usual one
	Once        string // names this form, so that sending it twice starts once
	Unique      bool   // asks for the name that the instance runs under
	Correlation string // what was typed there
}

func (p Page) startButton(v StartView) string {
	if v.Submit != "" {
		return v.Submit
	}
	return p.T("start.button")
}
