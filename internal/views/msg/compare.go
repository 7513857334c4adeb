package msg

// compare holds what is said of two values of one field.
var compare = catalogue{
	"compare.field":      {"Field", "Feld"},
	"compare.nothing":    {"nothing", "nichts"},
	"compare.changed":    {"What has changed", "Was sich geändert hat"},
	"compare.seen":       {"When you opened it", "Als Sie sie geöffnet haben"},
	"compare.now":        {"What is there now", "Was jetzt dort steht"},
	"compare.typed":      {"What you typed", "Ihre Eingabe"},
	"compare.both":       {"What you typed, and what was decided", "Ihre Eingaben und was entschieden wurde"},
	"compare.decided":    {"What was decided", "Was entschieden wurde"},
	"compare.merge":      {"Which of the two shall stand?", "Was von beiden soll gelten?"},
	"compare.merge_text": {"Somebody else has filled in the same fields. Choose for each; you can change everything in the form that follows.", "Jemand anderes hat dieselben Felder ausgefüllt. Wählen Sie für jedes; im Formular danach können Sie noch alles ändern."},
	"compare.go_on":      {"Go on with the form", "Weiter mit dem Formular"},
}
