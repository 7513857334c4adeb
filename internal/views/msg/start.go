package msg

// start holds the page that starts an instance.
var start = catalogue{
	"start.title":       {"Start: %s", "Starten: %s"},
	"start.button":      {"Start", "Starten"},
	"start.cancel":      {"Cancel", "Abbrechen"},
	"start.no_form":     {"This workflow needs no input. Start it when you are ready.", "Dieser Workflow braucht keine Angaben. Starten Sie ihn, wenn Sie so weit sind."},
	"start.version":     {"Version %s", "Version %s"},
	"notice.started":    {"It has started. This page shows where it stands.", "Gestartet. Diese Seite zeigt, wo es steht."},
	"start.definitions": {"Definitions", "Definitionen"},
}
