package msg

// start holds the page that starts an instance.
var start = catalogue{
	"start.title":            {"Start: %s", "Starten: %s"},
	"start.button":           {"Start", "Starten"},
	"start.cancel":           {"Cancel", "Abbrechen"},
	"start.no_form":          {"This workflow needs no input. Start it when you are ready.", "Dieser Workflow braucht keine Angaben. Starten Sie ihn, wenn Sie so weit sind."},
	"start.version":          {"Version %s", "Version %s"},
	"notice.started":         {"It has started. This page shows where it stands.", "Gestartet. Diese Seite zeigt, wo es steht."},
	"start.correlation":      {"Runs for", "Läuft für"},
	"start.correlation_hint": {"Your own name for the case, such as an order number. The workflow runs once at a time for each.", "Ihr Name für den Fall, etwa eine Bestellnummer. Für jeden läuft der Workflow nur einmal zur gleichen Zeit."},
	"start.definitions":      {"Definitions", "Definitionen"},
}
