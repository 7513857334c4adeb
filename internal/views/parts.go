package views

// stateIcons gives each state of an instance, a step or a task its icon.
var stateIcons = map[string]string{
	"pending":   "circle-dashed",
	"scheduled": "clock",
	"running":   "circle-play",
	"waiting":   "hourglass",
	"retrying":  "rotate-ccw",
	"paused":    "circle-pause",
	"completed": "circle-check",
	"succeeded": "circle-check",
	"failed":    "circle-alert",
	"canceled":  "ban",
	"skipped":   "skip-forward",
	"overdue":   "alarm-clock",

	// of a comparison
	"added":   "plus",
	"removed": "minus",
	"changed": "pencil",
	"same":    "circle",
}

// typeIcons gives each step type its icon.
var typeIcons = map[string]string{
	"machine":  "bot",
	"human":    "user",
	"timer":    "timer",
	"webhook":  "webhook",
	"gateway":  "split",
	"workflow": "workflow",
	"group":    "layers",
}

// StateWord returns a state in words, an unknown one as it is.
func (p Page) StateWord(state string) string {
	if stateIcons[state] == "" {
		return state
	}
	return p.T("state." + state)
}

// TypeWord returns a step type in words, an unknown one as it is.
func (p Page) TypeWord(kind string) string {
	if typeIcons[kind] == "" {
		return kind
	}
	return p.T("type." + kind)
}

func stateIcon(state string) string {
	if icon, ok := stateIcons[state]; ok {
		return icon
	}
	return "circle"
}

func typeIcon(kind string) string {
	if icon, ok := typeIcons[kind]; ok {
		return icon
	}
	return "circle"
}

// noticeLook returns the state class and the icon of a notice.
func noticeLook(kind NoticeKind) (class, icon string) {
	switch kind {
	case NoticeDone:
		return "state-completed", "circle-check"
	case NoticeWarning:
		return "state-waiting", "triangle-alert"
	case NoticeFailed:
		return "state-failed", "circle-alert"
	}
	return "state-running", "info"
}

// Crumb is one step on the way to a page. The last one has no Href.
type Crumb struct {
	Label string
	Href  string // with the path prefix
}

// Empty is what a list shows that has no entries.
type Empty struct {
	Icon   string
	Title  string
	Text   string
	Action string // "" for none
	Href   string // of the action, with the path prefix
}

// Pager leads through a list by key. The addresses have the path prefix; an
// empty one is not offered.
type Pager struct {
	First string
	Next  string
	Shown int
	Total string // "" when it was not counted
}

func (p Page) pagerText(pager Pager) string {
	if pager.Total == "" {
		return p.N("pager.shown", pager.Shown)
	}
	return p.T("pager.of", pager.Shown, pager.Total)
}

// Problems is the summary at the top of a form that was not accepted.
type Problems struct {
	Title string // "There is a problem" when empty
	Items []ProblemItem
}

// ProblemItem is one sentence of a summary.
type ProblemItem struct {
	Text string
	Href string // "#id" of the control, "" for none
}

// Confirm is an action that asks first, and takes a reason.
type Confirm struct {
	ID             string // unique on the page
	Label          string // of the button that opens it, and of the one that does it unless Button says otherwise
	Icon           string
	Text           string // what will happen
	Button         string
	Action         string // address to post to, with the path prefix
	Reason         bool   // asks for a reason, sent as "reason"
	ReasonRequired bool
	Danger         bool
	Primary        bool // the one that fits best
	Hidden         []Hidden
}

// Hidden is a value that a form sends unseen.
type Hidden struct {
	Name, Value string
}

func (c Confirm) button() string {
	if c.Button != "" {
		return c.Button
	}
	return c.Label
}

func (p Page) reasonLabel(c Confirm) string {
	if c.ReasonRequired {
		return p.T("confirm.reason")
	}
	return p.T("confirm.optional")
}

func dangerClass(danger bool) string {
	if danger {
		return "btn-danger"
	}
	return "btn-primary"
}

// pressed spells a boolean for ARIA.
func pressed(yes bool) string {
	if yes {
		return "true"
	}
	return "false"
}
