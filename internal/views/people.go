package views

// PeopleView is the view model of the list of people.
type PeopleView struct {
	Query   string
	Roles   []FilterChoice
	Groups  []FilterChoice
	Deleted bool
	Rows    []PersonRow
	Pager   Pager
	Add     FormBox
}

// narrowed says whether a field of the filter is set.
func (v PeopleView) narrowed() bool {
	return v.Query != "" || v.Deleted || anyChosen(v.Roles) || anyChosen(v.Groups)
}

// PersonRow is one person of a list.
type PersonRow struct {
	Login  string
	Name   string
	Href   string
	Roles  []string // in words
	Groups []string
	State  Mark
	Since  Moment
}

// PersonView is the page of one account, as administrators see it.
type PersonView struct {
	Login    string
	Name     string
	State    Mark
	Since    Moment
	Factor   string // second factor in words, "" where there is no password
	Closed   bool   // deleted: nothing can be changed
	Shown    *Shown
	Edit     FormBox
	Acts     []Act
	Confirms []Confirm
	Sessions SessionsView
	Tokens   TokensView
}

// SessionsView lists the sessions of a person.
type SessionsView struct {
	Rows []SessionRow
	All  *Act // ends them, or all others
	More bool // there are more
}

// SessionRow is one browser in which a person is signed in.
type SessionRow struct {
	ID      string
	Agent   string
	Address string
	Began   Moment
	Used    Moment
	Ends    Moment
	Current bool
	End     Act
}

// GroupsView is the view model of the list of groups.
type GroupsView struct {
	Rows  []GroupRow
	Pager Pager
	Add   FormBox
}

// GroupRow is one group of a list.
type GroupRow struct {
	Name    string
	Title   string
	Href    string
	Members string
}

// GroupView is the page of one group.
type GroupView struct {
	Name    string
	Title   string
	Edit    FormBox
	Add     FormBox
	Members []MemberRow
	Pager   Pager
	Delete  Confirm
}

// MemberRow is a person in a group.
type MemberRow struct {
	Login  string
	Name   string
	Href   string
	State  Mark
	Remove Act
}

// TokensView lists tokens.
type TokensView struct {
	People bool // tells whose they are
	Rows   []TokenRow
	Pager  Pager
	Add    FormBox
	Shown  *Shown
	Query  string // login that the list is filtered by
}

// TokenRow is one token of a list.
type TokenRow struct {
	ID       string
	Label    string
	Login    string
	Href     string // of the person
	Scopes   []string
	State    Mark
	Used     Moment
	Ends     Moment
	Overlap  Moment // until when the secret before the last one is good
	Rotate   *Confirm
	Revoke   *Act
	Overlaps []FilterChoice
}
