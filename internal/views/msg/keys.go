package msg

// inboxKeys holds the keys, what one may start, and what stands around a task.
var inboxKeys = catalogue{
	"keys.title":      {"Keys", "Tasten"},
	"keys.text":       {"Every key does what a button or link of the page does. Single keys can be turned off.", "Jede Taste tut, was eine Schaltfläche oder ein Link der Seite tut. Einzelne Tasten lassen sich abschalten."},
	"keys.single":     {"Single keys", "Einzelne Tasten"},
	"keys.on":         {"On", "An"},
	"keys.off":        {"Off", "Aus"},
	"keys.done":       {"Close", "Schließen"},
	"keys.change":     {"Turn single keys off", "Einzelne Tasten abschalten"},
	"keys.everywhere": {"Everywhere", "Überall"},
	"keys.task":       {"A task", "Eine Aufgabe"},
	"keys.list":       {"This list", "Diese Liste"},
	"keys.search":     {"Search", "Suchen"},
	"keys.close":      {"Close menus and dialogs", "Menüs und Dialoge schließen"},
	"keys.next":       {"Next task", "Nächste Aufgabe"},
	"keys.before":     {"Task before", "Vorige Aufgabe"},
	"keys.open":       {"Open it", "Öffnen"},
	"keys.pick":       {"Choose it", "Wählen"},
	"keys.bulk":       {"Decide the chosen ones together", "Über die gewählten zusammen entscheiden"},
	"keys.claim":      {"Claim it", "Übernehmen"},
	"keys.page":       {"Next page", "Nächste Seite"},
	"keys.edit":       {"To the form's first field", "Zum ersten Feld des Formulars"},
	"keys.decide":     {"To the buttons that decide", "Zu den Schaltflächen der Entscheidung"},
	"keys.save":       {"Save the draft", "Entwurf speichern"},
	"keys.unclaim":    {"Give it back", "Zurückgeben"},
	"keys.comment":    {"Write a comment", "Kommentar schreiben"},

	"startable.title":     {"Start something", "Etwas starten"},
	"startable.all":       {"Show all", "Alle zeigen"},
	"startable.none":      {"There is nothing that you may start", "Es gibt nichts, was Sie starten dürfen"},
	"startable.none_text": {"Workflows that you may start appear here. Ask an operator for the right.", "Workflows, die Sie starten dürfen, erscheinen hier. Bitten Sie einen Operator um das Recht."},

	"around.title": {"Around: %s", "Rund um: %s"},
	"around.fold":  {"Where it stands, and its history", "Wo es steht, und der Verlauf"},
	"around.link":  {"See the graph and the whole history", "Graph und ganzen Verlauf ansehen"},
}
