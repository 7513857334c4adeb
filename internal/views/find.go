package views

// FindID is the element that holds what the search field found.
const FindID = "find-results"

// FindView is what a search found, by kind.
type FindView struct {
	Query  string
	Groups []FindGroup
	Slow   bool // not everything was looked at in time
}

// FindGroup is what was found of one kind.
type FindGroup struct {
	Title string
	Items []FindItem
	More  string // leads to all of them, "" when these are all
}

// FindItem is a place to go to, or something to do there.
type FindItem struct {
	Label string
	Note  string // beside the label, quieter; "" for none
	Icon  string
	Href  string
}

// place is a page that can be found by its name or by other words for it.
type place struct {
	path, icon, label string
	also              string // key of other words for it, "" for none
	need              func(UserBox) bool
}

func everybody(UserBox) bool { return true }
func admins(u UserBox) bool  { return u.Admin }
func auditors(u UserBox) bool {
	return u.Admin || u.Auditor
}

// places are the pages that everybody may find, and those of administration.
var places = []place{
	{"/tasks", "inbox", "nav.inbox", "find.also.inbox", everybody},
	{"/tasks?view=groups", "users", "find.groups", "", everybody},
	{"/tasks?view=completed", "check", "find.completed", "", everybody},
	{"/instances", "workflow", "nav.instances", "find.also.instances", everybody},
	{"/instances?status=failed", "octagon-alert", "find.failed", "find.also.failed", everybody},
	{"/instances?status=waiting", "hourglass", "find.waiting", "", everybody},
	{"/tasks/open?overdue=true", "alarm-clock", "find.overdue", "find.also.overdue", everybody},
	{"/tasks/open", "list-checks", "dashboard.tasks", "find.also.open", everybody},
	{"/operations", "list-checks", "bulk.list", "find.also.operations", everybody},
	{"/start", "play", "startable.title", "find.also.start", everybody},
	{"/definitions", "layers", "nav.definitions", "find.also.definitions", everybody},
	{"/", "layout-dashboard", "nav.dashboard", "find.also.dashboard", everybody},
	{"/profile", "circle-user", "person.profile", "find.also.profile", everybody},
	{"/admin/users", "user", "admin.tab.users", "find.also.users", admins},
	{"/admin/groups", "users", "admin.tab.groups", "", admins},
	{"/admin/tokens", "key-round", "admin.tab.tokens", "find.also.tokens", admins},
	{"/admin/webhooks", "webhook", "admin.tab.webhooks", "", admins},
	{"/admin/secrets", "lock", "admin.tab.secrets", "", admins},
	{"/admin/system", "activity", "admin.tab.system", "find.also.system", admins},
	{"/admin/audit", "shield", "nav.audit", "find.also.audit", auditors},
}

// FindPlaces gives the pages whose names hold every word, for the person of the
// page; all of them when there is no word.
func (p Page) FindPlaces(words []string) []FindItem {
	var found []FindItem
	for _, at := range places {
		label := p.T(at.label)
		text := label
		if at.also != "" {
			text += " " + p.T(at.also)
		}
		if p.User != nil && at.need(*p.User) && HasWords(text, words) {
			found = append(found, FindItem{Label: label, Icon: at.icon, Href: p.Href(at.path)})
		}
	}
	return found
}
