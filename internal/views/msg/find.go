package msg

// find holds the search field, its results, and other words for pages.
var find = catalogue{
	"search.label":       {"Search or go to", "Suchen oder gehen zu"},
	"search.placeholder": {"Search or go to …", "Suchen oder gehen zu …"},

	"find.title":         {"Search", "Suche"},
	"find.none":          {"Nothing found", "Nichts gefunden"},
	"find.none_hint":     {"Nothing found. Try fewer words, part of a title or name, or an id.", "Nichts gefunden. Versuchen Sie weniger Wörter, einen Teil eines Titels oder Namens oder eine Kennung."},
	"find.none_text":     {"No page, task, instance or definition has all these words.", "Keine Seite, Aufgabe, Instanz oder Definition enthält alle diese Wörter."},
	"find.all_instances": {"See all instances", "Alle Instanzen ansehen"},
	"find.more":          {"See all that match", "Alle Treffer ansehen"},
	"find.slow":          {"Instances and tasks were too many to look through. Filter their lists instead.", "Es gibt zu viele Instanzen und Aufgaben, um sie zu durchsuchen. Filtern Sie ihre Listen."},

	"find.here":        {"On this page", "Auf dieser Seite"},
	"find.places":      {"Go to", "Gehen zu"},
	"find.starts":      {"Start", "Starten"},
	"find.tasks":       {"Tasks", "Aufgaben"},
	"find.instances":   {"Instances", "Instanzen"},
	"find.definitions": {"Definitions", "Definitionen"},
	"find.start":       {"Start %s", "%s starten"},

	"find.groups":    {"Tasks of my groups", "Aufgaben meiner Gruppen"},
	"find.completed": {"Completed tasks", "Erledigte Aufgaben"},
	"find.failed":    {"Failed instances", "Fehlgeschlagene Instanzen"},
	"find.waiting":   {"Waiting instances", "Wartende Instanzen"},
	"find.overdue":   {"Overdue tasks", "Überfällige Aufgaben"},

	"find.also.inbox":       {"my tasks to do approvals", "meine Aufgaben zu erledigen Freigaben"},
	"find.also.instances":   {"runs workflows list", "Läufe Workflows Liste"},
	"find.also.failed":      {"errors broken incidents sick", "Fehler kaputt Störungen"},
	"find.also.overdue":     {"late deadline due", "spät Frist fällig"},
	"find.also.open":        {"reassign everybody's", "neu zuweisen aller"},
	"find.also.operations":  {"bulk many progress", "viele Fortschritt Massen"},
	"find.also.start":       {"new request begin", "neuer Antrag beginnen"},
	"find.also.system":      {"health processes workers queues database", "Zustand Prozesse Worker Warteschlangen Datenbank"},
	"find.also.definitions": {"workflows start new request", "Workflows starten neuer Antrag"},
	"find.also.dashboard":   {"home overview numbers statistics", "Start Zahlen Statistik"},
	"find.also.profile":     {"password sessions substitute away language theme", "Passwort Sitzungen Vertretung abwesend Sprache Farben"},
	"find.also.users":       {"users accounts invite", "Benutzer Konten einladen"},
	"find.also.tokens":      {"api keys", "API Schlüssel"},
	"find.also.audit":       {"log who did what", "Protokoll wer hat was getan"},
}
