package views

// EditorView is the view model of the page on which a workflow is written.
type EditorView struct {
	Title     string
	Name      string // of the definition whose next version it is; "" for a new one
	Href      string // of that definition
	Action    string
	CheckHref string
	Source    string
	Base      string // the version of Name that the text was taken from
	TryHref   string // to post the text to for a test run
	DiffHref  string // to post the text to for what changes; "" for a new definition
	Check     EditorCheck
}

// EditorCheck is what checking a text has found.
type EditorCheck struct {
	ID       string
	Quiet    bool // the page has just been opened: nobody asked for the check
	Valid    bool
	Ref      string // name and version, of a valid text
	Errors   int
	Warnings int
	More     int // problems that are not listed
	Problems []EditorProblem
	Drawn    bool // there is a graph; of a text with errors as far as it goes
	Graph    GraphView
	Builder  BuilderView
	Changed  bool   // the builder has changed the text
	Source   string // the changed text
	Forms    []EditorForm
	Chosen   string // whose form is shown
	Form     FormPreviewView
}

// EditorProblem is one problem of a text.
type EditorProblem struct {
	Line    int // from 1; 0 = of the whole
	Column  int // from 1
	Pointer string
	Text    string
	Excerpt string // the line
	Warning bool
}

// EditorForm is a form of the workflow that can be previewed.
type EditorForm struct{ Name, Label string }

func (c EditorCheck) summary(p Page) string {
	switch {
	case c.Valid && c.Warnings == 0:
		return p.T("editor.valid", c.Ref)
	case c.Valid:
		return p.T("editor.valid", c.Ref) + " " + p.N("editor.warnings", c.Warnings)
	}
	return p.N("editor.errors", c.Errors)
}

func (v EditorView) crumbs(p Page) []Crumb {
	all := []Crumb{{Label: p.T("definition.list"), Href: p.Href("/definitions")}}
	if v.Name != "" {
		all = append(all, Crumb{Label: v.Name, Href: v.Href})
	}
	label := v.Title
	if v.Name != "" {
		label = p.T("editor.edit_crumb")
	}
	return append(all, Crumb{Label: label})
}

func (c EditorCheck) look() string {
	switch {
	case !c.Valid:
		return "state-failed"
	case c.Warnings > 0:
		return "state-waiting"
	}
	return "state-completed"
}

func (c EditorCheck) icon() string {
	if c.Valid {
		return "circle-check"
	}
	return "circle-alert"
}

// role lets the result be heard when somebody has asked for it.
func (c EditorCheck) role() string {
	if c.Quiet {
		return "note"
	}
	return "status"
}
