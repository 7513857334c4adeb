package msg

// shell holds the frame of every page: navigation, menus, titles.
var shell = catalogue{
	"nav.label":       {"Main", "Hauptmenü"},
	"nav.inbox":       {"Inbox", "Eingang"},
	"nav.instances":   {"Instances", "Instanzen"},
	"nav.definitions": {"Definitions", "Definitionen"},
	"nav.dashboard":   {"Dashboard", "Übersicht"},
	"nav.admin":       {"Admin", "Verwaltung"},
	"nav.skip":        {"Skip to content", "Zum Inhalt springen"},
	"nav.home":        {"Tandem, to the dashboard", "Tandem, zur Übersicht"},

	"nav.inbox_count.one":   {"%d open task", "%d offene Aufgabe"},
	"nav.inbox_count.other": {"%d open tasks", "%d offene Aufgaben"},
	"nav.inbox_many":        {"more than 99 open tasks", "mehr als 99 offene Aufgaben"},

	"live.on":   {"Live", "Live"},
	"live.lost": {"Reconnecting", "Verbindung wird erneuert"},

	"person.profile":  {"Profile", "Profil"},
	"person.sign_out": {"Sign out", "Abmelden"},
	"person.sign_in":  {"Sign in", "Anmelden"},
	"theme.label":     {"Colours", "Farben"},
	"theme.light":     {"Light", "Hell"},
	"theme.dark":      {"Dark", "Dunkel"},
	"theme.auto":      {"System", "System"},
	"language.label":  {"Language", "Sprache"},

	"page.error_prefix": {"Error: %s", "Fehler: %s"},
}
