package views

import (
	"github.com/a-h/templ"

	"tandem/internal/form"
)

// FormPreviewView shows a form of a definition as people will meet it, to try.
// Nothing that is typed into it is kept.
type FormPreviewView struct {
	Definition string // its title
	Href       string // of its page, with the path prefix
	Version    string
	Forms      []PreviewLink
	Title      string // of the form that is shown
	Text       templ.Component
	Action     string // address to post to, with the path prefix
	Form       form.Shown
	Problems   Problems
	Outcomes   []TaskOutcome // none: one button
	Submit     string        // of the one button
	Accepted   bool          // what was typed would be taken
	Value      Data          // what it would store
}

// PreviewLink leads to one of the forms of a definition.
type PreviewLink struct {
	Label   string
	Href    string // with the path prefix
	Current bool
}
