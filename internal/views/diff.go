package views

// DiffView is the view model of the page that compares two versions, or a text
// that is not saved with the version that it was taken from.
type DiffView struct {
	Title    string // of the workflow
	Href     string // of its page
	Action   string // of the form that chooses; "" for a text that is not saved
	From     []FilterChoice
	To       []FilterChoice
	Back     string // address to which Source goes back; "" for stored versions
	Source   string
	Base     string // version of Source
	Diff     Diff
	OtherWay string // the same with both exchanged; "" for none
}

// Diff is what changed from one document to another.
type Diff struct {
	From     string // version
	To       string // version, or words for a text that is not saved
	Summary  string
	Same     bool // the texts are the same
	Lines    []DiffLine
	More     string // lines that are not shown; "" for none
	AllHref  string // of the page with nothing folded; "" for none
	Problem  string // why steps are not compared; "" = they are
	Settings []KeyChange
	Graph    GraphView
}

// drawn reports whether the comparison has a graph.
func (d Diff) drawn() bool { return !d.Same && d.Problem == "" }

// DiffLine is a line of both texts or of one, or stands for several.
type DiffLine struct {
	Mark   string // same, added, removed
	Sign   string
	Before string // its number; "" = it is not there
	After  string
	Text   string
	Folded string // how many lines it stands for, in words; "" = it is a line
}

// KeyChange is a key with another value; "" = it was or is not there.
type KeyChange struct {
	Key    string
	Before string
	After  string
}

// diffMarks are the marks that a comparison explains.
var diffMarks = []string{"added", "removed", "changed", "same"}
