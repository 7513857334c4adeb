package views

import (
	"slices"

	"tandem/internal/form"
)

// AdminTab is one of the pages of administration.
type AdminTab struct {
	Key   string // ends the key of its word, admin.tab.KEY
	Path  string // without the path prefix
	Badge string // "" for none
	Audit bool   // auditors see it too; the others are for admins alone

	Server bool // only who administers the server sees it
}

// adminTabs are the pages of administration, in the order in which they are
// shown.
var adminTabs = []AdminTab{
	{Key: "users", Path: "/admin/users"},
	{Key: "groups", Path: "/admin/groups"},
	{Key: "roles", Path: "/admin/roles"},
	{Key: "tokens", Path: "/admin/tokens"},
	{Key: "tenants", Path: "/admin/tenants", Server: true},
	{Key: "webhooks", Path: "/admin/webhooks"},
	{Key: "secrets", Path: "/admin/secrets"},
	{Key: "audit", Path: "/admin/audit", Audit: true},
	{Key: "system", Path: "/admin/system"},
}

// adminTabsOf are the pages of administration that a person may see.
func (p Page) adminTabsOf() []AdminTab {
	return slices.DeleteFunc(slices.Clone(adminTabs), func(t AdminTab) bool {
		switch {
		case p.User == nil:
			return true
		case t.Server:
			return !p.User.Server
		}
		return !p.User.Admin && !t.Audit
	})
}

// FormBox is a form inside a page: what it is for, its fields, its button.
type FormBox struct {
	ID      string // unique on the page
	Title   string // "" for none
	Text    string // "" for none
	Action  string // with the path prefix
	Fields  []form.Field
	Hidden  []Hidden
	Button  string
	Danger  bool
	Problem string // of the form as a whole, "" for none
	Folded  bool   // behind its title until it has a problem
}

// wrong reports whether something about the form has to be mended.
func (f FormBox) wrong() bool { return f.Problem != "" || len(SummaryOf(f.Fields).Items) > 0 }

// problems lists what is wrong with the form.
func (f FormBox) problems() Problems {
	problems := SummaryOf(f.Fields)
	if f.Problem != "" {
		problems.Items = append([]ProblemItem{{Text: f.Problem}}, problems.Items...)
	}
	return problems
}

// Shown is a secret that is shown this once.
type Shown struct {
	Title string
	Text  string
	Value string
}

// Act is a button that changes something at once.
type Act struct {
	Label  string
	Icon   string
	Action string // with the path prefix
	Danger bool
}

// Mark is a state as icon, word and hue.
type Mark struct {
	Class string // state-…
	Icon  string
	Word  string
}

// PersonState gives the mark of an account: active, invited, disabled, deleted.
func (p Page) PersonState(state string) Mark {
	look := map[string]Mark{
		"active":   {Class: "state-completed", Icon: "circle-check"},
		"invited":  {Class: "state-waiting", Icon: "hourglass"},
		"disabled": {Class: "state-canceled", Icon: "ban"},
		"deleted":  {Class: "state-canceled", Icon: "circle-x"},
	}[state]
	look.Word = p.T("people.state." + state)
	return look
}

// TokenState gives the mark of a token: active, expired, revoked.
func (p Page) TokenState(state string) Mark {
	look := map[string]Mark{
		"active":  {Class: "state-completed", Icon: "circle-check"},
		"expired": {Class: "state-waiting", Icon: "clock"},
		"revoked": {Class: "state-canceled", Icon: "ban"},
	}[state]
	look.Word = p.T("token.state." + state)
	return look
}
