package views

import (
	"strings"
	"time"

	"tandem/internal/views/msg"
	"tandem/static"
)

// Nav names the entry of the navigation that a page belongs to.
type Nav string

// The entries of the navigation. NavNone belongs to none of them.
const (
	NavNone        Nav = ""
	NavDashboard   Nav = "dashboard"
	NavInbox       Nav = "inbox"
	NavDocs        Nav = "docs"
	NavInstances   Nav = "instances"
	NavDefinitions Nav = "definitions"
	NavAdmin       Nav = "admin"
)

// Theme is the choice of colours that a person made.
type Theme string

// The themes. ThemeAuto follows the system.
const (
	ThemeAuto  Theme = ""
	ThemeLight Theme = "light"
	ThemeDark  Theme = "dark"
)

// Page is what every page and every part needs to know beside its own view
// model. The zero Page renders in English, without a path prefix, signed out.
type Page struct {
	Title      string
	Lang       string // one of msg.Languages
	Theme      Theme
	Prefix     string // path prefix without a slash at the end, "" for none
	Current    string // path and query of the page itself, without the prefix; where preferences lead back to
	Nav        Nav
	User       *UserBox   // nil when nobody is signed in
	InboxCount func() int // open tasks of the person; nil = none
	Query      string     // what stands in the search field
	KeysOff    bool       // single keys do nothing
	Notice     *Notice    // nil for none
	Problem    bool       // the page answers a form with errors; its title says so
	Files      string     // address, with the path prefix, under which files are fetched; "" = the usual one
	FormAct    string     // address, with the path prefix, of the buttons that change a form's shape
	Now        time.Time
	Zone       *time.Location // in which times are shown; UTC when nil

	Session *SessionClock // nil when no session of a browser ends
}

// UserBox is the signed-in person as the frame shows it.
type UserBox struct {
	Login    string
	Name     string
	Initials string
	Roles    []string // in words
	Admin    bool     // shows the entry Admin
	Auditor  bool     // shows the entry of the audit, beside that of admins
	Server   bool     // administers all tenants

	Tenant  string         // title of the tenant that the person is in, "" where he has no other
	Tenants []TenantChoice // that he may switch to
}

// Notice is a sentence at the top of a page about what was just done.
type Notice struct {
	Kind NoticeKind
	Text string
}

// NoticeKind says how a notice is meant.
type NoticeKind string

// The kinds of notice.
const (
	NoticeDone    NoticeKind = "done"
	NoticeInfo    NoticeKind = "info"
	NoticeWarning NoticeKind = "warning"
	NoticeFailed  NoticeKind = "failed"
)

func (p Page) openTasks() int {
	if p.InboxCount == nil {
		return 0
	}
	return p.InboxCount()
}

// Href returns the address of a path of this application, which begins with a
// slash, below the path prefix.
func (p Page) Href(path string) string { return p.Prefix + path }

// Asset returns the address of a shipped file such as "app.css".
func (p Page) Asset(name string) string { return p.Href(static.Path(name)) }

// fileHref is the address of an attached file.
func (p Page) fileHref(id string) string {
	if p.Files != "" {
		return p.Files + id
	}
	return p.Href("/attachments/" + id)
}

// T returns the sentence of a key in the page's language.
func (p Page) T(key string, args ...any) string { return msg.T(p.Lang, key, args...) }

// N returns the sentence of a key for a count in the page's language.
func (p Page) N(key string, n int, args ...any) string { return msg.N(p.Lang, key, n, args...) }

// Initials returns up to two capital letters for a name: of the first and the
// last word.
func Initials(name string) string {
	words := strings.Fields(name)
	if len(words) == 0 {
		return "?"
	}
	initials := firstRune(words[0])
	if len(words) > 1 {
		initials += firstRune(words[len(words)-1])
	}
	return strings.ToUpper(initials)
}

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

func (p Page) lang() string { return msg.Match(p.Lang) }

// back is the path that a preference leads back to.
func (p Page) back() string {
	if p.Current == "" {
		return "/"
	}
	return p.Current
}

func (p Page) documentTitle() string {
	title := "Tandem"
	if p.Title != "" {
		title = p.Title + " · Tandem"
	}
	if p.Problem {
		return p.T("page.error_prefix", title)
	}
	return title
}

// navItem is one entry of the navigation.
type navItem struct {
	key   Nav
	path  string
	icon  string
	label string
	count int
}

func (p Page) navItems() []navItem {
	return []navItem{
		{NavInbox, "/tasks", "inbox", p.T("nav.inbox"), p.openTasks()},
		{NavInstances, "/instances", "workflow", p.T("nav.instances"), 0},
		{NavDefinitions, "/definitions", "layers", p.T("nav.definitions"), 0},
		{NavDashboard, "/", "layout-dashboard", p.T("nav.dashboard"), 0},
		{NavDocs, "/docs", "code", p.T("nav.docs"), 0},
	}
}

func (p Page) adminItem() navItem {
	if p.User != nil && !p.User.Admin {
		return navItem{NavAdmin, "/admin/audit", "shield", p.T("nav.audit"), 0}
	}
	return navItem{NavAdmin, "/admin", "settings", p.T("nav.admin"), 0}
}

// choice is one of several buttons of which one is pressed.
type choice struct {
	value, icon, label string
	pressed            bool
}

func (p Page) themes() []choice {
	return []choice{
		{"light", "sun", p.T("theme.light"), p.Theme == ThemeLight},
		{"dark", "moon", p.T("theme.dark"), p.Theme == ThemeDark},
		{"auto", "monitor", p.T("theme.auto"), p.Theme == ThemeAuto},
	}
}

func (p Page) languages() []choice {
	return []choice{
		{"en", "", "English", p.lang() == "en"},
		{"de", "", "Deutsch", p.lang() == "de"},
	}
}

// countText shortens counts that would not fit into the navigation.
func countText(n int) string {
	if n > 99 {
		return "99+"
	}
	return itoa(n)
}

// inboxCountText says how many open tasks the person has.
func inboxCountText(p Page) string {
	if p.openTasks() > 99 {
		return p.T("nav.inbox_many")
	}
	return p.N("nav.inbox_count", p.openTasks())
}
