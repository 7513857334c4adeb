package views

// MendFrame is what the pages share on which somebody mends an instance.
type MendFrame struct {
	Instance string // what people call it
	Short    string
	Href     string // of its page
	Action   string // address to post to
	Reason   string // as typed
	Problems Problems
}

// RetryView is the page that begins a failed instance again from a step.
type RetryView struct {
	MendFrame
	Error   string         // why it failed
	Steps   []FilterChoice // where to begin
	Cancels []string       // what that would cancel; nil unless it has to be confirmed
}

// EditView is the page that edits the data of an instance.
type EditView struct {
	MendFrame
	Whole bool   // the text takes the place of the data, else it is merged into it
	Text  string // as typed, else the data
	Seen  string // names the data that the page showed
	Data  Data   // as it is
}

// MigrateView is the page that moves an instance to another version.
type MigrateView struct {
	MendFrame
	From     string
	Versions []FilterChoice
	To       string        // "" until one is chosen
	Steps    []MigrateStep // that have to be given another name
	Report   *MigrateReport
	CanMove  bool // as the report says
}

// ActionLink leads to a page on which something is done.
type ActionLink struct {
	Label string
	Icon  string
	Href  string // with the path prefix
}
