package views

import (
	"github.com/a-h/templ"

	"tandem/internal/form"
)

// TrialView is the view model of a test run: where it stands, what the author
// may let happen, and all that makes the run, which the form carries.
type TrialView struct {
	Title    string // of the workflow
	Heading  string
	Href     string // of its page; "" for a text that is not saved
	Version  string
	Action   string
	Carried  []Hidden // what makes the run
	Source   string   // the text, of one that is not saved
	Back     string   // where Source is written
	Base     string   // version that Source was taken from
	Begun    bool
	Asked    bool // something was done: the focus goes to where it goes on
	Problems Problems
	Start    TrialStart // until it has begun

	State   string
	Clock   string
	Said    string // what became of it, or what to do
	Waits   []TrialWait
	Card    *TrialCard // the one of Waits that is open
	Jump    string     // what comes due next; "" for nothing
	Next    bool       // something can go on
	CanBack bool
	Graph   GraphView
	Data    Data
	Turns   []TrialTurn // newest first
}

// TrialStart asks for what starts a run.
type TrialStart struct {
	As     string
	Unique bool
	Key    string
	Form   form.Shown
}

// TrialWait is one thing that waits for a move.
type TrialWait struct {
	Key   string
	Label string
	Kind  string // people, system, worker, workflow, call, message, failed
	Who   string
	State string
	Open  bool
}

// TrialCard is what can be done about one of them.
type TrialCard struct {
	Kind        string
	Title       string
	Text        string
	Description templ.Component // nil for none
	Input       Data            // what is asked, sent or given
	As          string          // of people
	People      []string
	Form        form.Shown
	HasForm     bool
	Outcomes    []TaskOutcome
	Submit      string
	Answer      string // JSON, where there is no form
	CanFail     bool
	Code        string
	Message     string
	Status      string
	Error       string // of a failure
}

// TrialTurn is what one move has made happen.
type TrialTurn struct {
	Label string
	To    string // the value that goes back to it; "" for the latest
	Lines []InstanceEvent
}

var trialIcons = map[string]string{
	"people": "user", "system": "send", "worker": "bot", "workflow": "workflow", "call": "webhook", "message": "mail", "failed": "circle-alert",
}

// form is the one that the page asks to fill in.
func (v TrialView) form() form.Shown {
	switch {
	case !v.Begun:
		return v.Start.Form
	case v.Card != nil:
		return v.Card.Form
	}
	return form.Shown{}
}

func (v TrialView) crumbs(p Page) []Crumb {
	all := []Crumb{{Label: p.T("definition.list"), Href: p.Href("/definitions")}}
	if v.Href != "" {
		all = append(all, Crumb{Label: v.Title, Href: v.Href})
	}
	return append(all, Crumb{Label: p.T("trial.title")})
}
