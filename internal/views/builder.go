package views

import (
	"github.com/a-h/templ"

	"tandem/internal/form"
	"tandem/internal/views/msg"
)

// BuilderView is the steps of a text beside it, to be changed without writing.
type BuilderView struct {
	Fault     string // why the text has no steps to show; "" = it has
	FaultLine int    // where; 0 = nowhere
	Said      string // what was done
	Refused   string // why nothing was done
	Where     []BuilderPlace
	Steps     []BuilderStep
	Types     []BuilderOption
	Places    []BuilderOption
	Name      string // of a step to add
	Chosen    *BuilderChosen
	Focus     string // id of the element at which people go on
}

// BuilderPlace is a place of the text that stands in the way.
type BuilderPlace struct {
	Text string
	Line int
}

// BuilderStep is one step with those inside of it.
type BuilderStep struct {
	Path, Name, Title, Type string
	Line                    int
	Current                 bool
	Wrong                   bool
	Inside                  []BuilderStep
}

// BuilderOption is one choice.
type BuilderOption struct {
	Value, Label string
	Selected     bool
}

// BuilderChosen is the step that is shown with its keys.
type BuilderChosen struct {
	Path, Name, Title, Type string
	Line                    int
	Inline                  bool // has its place by a key, so that it cannot move
	First, Last             bool
	Groups                  []BuilderOption // into which it can go
	Base                    string          // what the form showed
	Hidden                  []form.Input
	Problems                Problems
	Own                     []form.Field // keys of its type
	More                    []form.Field // the others
	MoreOpen                bool
	Ways                    []form.Field
}

// focusing gives an element the focus when people go on there.
func (v BuilderView) focusing(id string) templ.Attributes {
	attrs := templ.Attributes{"id": id}
	if v.Focus == id {
		attrs["autofocus"], attrs["data-focus"] = true, true
	}
	return attrs
}

// called is what people read for a step.
func called(name, title string) string {
	if title == "" {
		return name
	}
	return title
}

// SchemaText gives a description of the schema of documents in the page's
// language.
func (p Page) SchemaText(english string) string { return msg.Described(p.Lang, english) }
