package say

// parts holds parts of sentences: what things are called, in the nominative.
var parts = catalogue{
	"part.or":           {"%s or %s", "%s oder %s"},
	"part.did_you_mean": {" Did you mean %q?", " Meinten Sie %q?"},

	"part.kind.null":   {"null", "null"},
	"part.kind.bool":   {"true or false", "true oder false"},
	"part.kind.number": {"a number", "eine Zahl"},
	"part.kind.text":   {"a text", "ein Text"},
	"part.kind.list":   {"a list", "eine Liste"},
	"part.kind.object": {"an object", "ein Objekt"},

	"part.title.workflow":    {"a workflow", "ein Workflow"},
	"part.title.principals":  {"a list of people", "eine Liste von Menschen"},
	"part.title.permissions": {"permissions", "permissions"},
	"part.title.calendar":    {"a calendar", "ein Kalender"},
	"part.title.schedule":    {"a schedule", "ein Zeitplan"},
	"part.title.start_on":    {"start_on", "start_on"},
	"part.title.edge":        {"an edge", "eine Kante"},
	"part.title.handler":     {"an on_failure entry", "ein Eintrag von on_failure"},
	"part.title.retry":       {"retry", "retry"},
	"part.title.outcome":     {"an outcome", "ein Ausgang"},
	"part.title.form":        {"a form", "ein Formular"},
	"part.title.escalate":    {"escalate", "escalate"},
	"part.title.on_timeout":  {"on_timeout", "on_timeout"},
	"part.title.verify":      {"verify", "verify"},
	"part.title.message":     {"message", "message"},
	"part.title.step":        {"a step", "ein Schritt"},
	"part.title.step_of":     {"a %s step", "ein Schritt der Art %s"},
	"part.title.group":       {"a group", "eine Gruppe"},
	"part.title.queue":       {"a queue", "eine Warteschlange"},
	"part.title.message_of":  {"a message", "eine Nachricht"},
	"part.title.data_key":    {"a key of data", "ein Schlüssel von data"},

	"part.the.initial":  {"the initial step", "den ersten Schritt"},
	"part.the.terminal": {"the terminal step", "den letzten Schritt"},
	"part.the.source":   {"the source", "die Quelle"},
	"part.the.target":   {"the target", "das Ziel"},
	"part.the.step":     {"the step", "den Schritt"},

	"part.rule.workflow": {"Use 1 to 63 lower-case letters, digits, _ and -, a letter first.", "Erlaubt sind 1 bis 63 Kleinbuchstaben, Ziffern, _ und -, zuerst ein Buchstabe."},
	"part.rule.step":     {"Use 1 to 63 lower-case letters, digits and _, a letter first.", "Erlaubt sind 1 bis 63 Kleinbuchstaben, Ziffern und _, zuerst ein Buchstabe."},
	"part.rule.outcome":  {"Use 1 to 63 letters, digits, _ and -, a letter first.", "Erlaubt sind 1 bis 63 Buchstaben, Ziffern, _ und -, zuerst ein Buchstabe."},
	"part.rule.queue":    {"Use lower-case letters and digits, a letter first, with single _ and - between them.", "Erlaubt sind Kleinbuchstaben und Ziffern, zuerst ein Buchstabe, dazwischen einzelne _ und -."},
	"part.rule.message":  {"Use 1 to 63 letters, digits, _, - and dots, a letter first.", "Erlaubt sind 1 bis 63 Buchstaben, Ziffern, _, - und Punkte, zuerst ein Buchstabe."},
	"part.rule.data":     {"Use 1 to 63 letters, digits, _ and -, a letter or _ first.", "Erlaubt sind 1 bis 63 Buchstaben, Ziffern, _ und -, zuerst ein Buchstabe oder _."},
	"part.rule.topic":    {"A topic begins with a letter or a digit and goes on with letters, digits and . _ : / - up to 100 characters.", "Ein Topic beginnt mit einem Buchstaben oder einer Ziffer und geht mit Buchstaben, Ziffern und . _ : / - weiter, bis zu 100 Zeichen."},

	"part.by.schema": {"input_schema declares", "input_schema"},
	"part.by.step":   {"step %q writes", "der Schritt %q"},
}
