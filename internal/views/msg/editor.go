package msg

// editor holds the sentences of the pages on which workflows are written.
var editor = catalogue{
	"editor.new":            {"New definition", "Neue Definition"},
	"editor.edit":           {"New version of %s", "Neue Version von %s"},
	"editor.edit_crumb":     {"New version", "Neue Version"},
	"editor.edit_action":    {"Edit as new version", "Als neue Version bearbeiten"},
	"editor.new_action":     {"New definition", "Neue Definition"},
	"editor.source":         {"Document (YAML or JSON)", "Dokument (YAML oder JSON)"},
	"editor.keys":           {"Ctrl+Space completes. Tab indents; Esc, then Tab, leaves the editor.", "Strg+Leertaste ergänzt. Tab rückt ein; Esc, dann Tab, verlässt den Editor."},
	"editor.check":          {"Check", "Prüfen"},
	"editor.save":           {"Save version", "Version speichern"},
	"editor.save_note":      {"Saving stores a new version and makes it active. What runs already goes on as it is.", "Gespeichert wird eine neue Version, die sofort aktiv ist. Was schon läuft, geht weiter wie bisher."},
	"editor.not_saved":      {"Nothing was saved: the document has errors. Mend them, then save again.", "Es wurde nichts gespeichert: Das Dokument hat Fehler. Beheben Sie sie und speichern Sie noch einmal."},
	"editor.valid":          {"%s has no errors.", "%s ist fehlerfrei."},
	"editor.errors.one":     {"%d error.", "%d Fehler."},
	"editor.errors.other":   {"%d errors.", "%d Fehler."},
	"editor.warnings.one":   {"%d warning.", "%d Warnung."},
	"editor.warnings.other": {"%d warnings.", "%d Warnungen."},
	"editor.more.one":       {"%d more problem is not listed.", "%d weiteres Problem ist nicht aufgeführt."},
	"editor.more.other":     {"%d more problems are not listed.", "%d weitere Probleme sind nicht aufgeführt."},
	"editor.problems":       {"Problems", "Probleme"},
	"editor.warning":        {"Warning:", "Warnung:"},
	"editor.line":           {"Line %s, column %s:", "Zeile %s, Spalte %s:"},
	"editor.forms":          {"Forms", "Formulare"},
	"editor.form_of":        {"Form of", "Formular von"},
	"editor.form_show":      {"Show form", "Formular zeigen"},
	"editor.form_preview":   {"Preview of the form", "Vorschau des Formulars"},
	"editor.start_form":     {"Start", "Start"},
	"editor.leave":          {"The document is not saved. Leave the page?", "Das Dokument ist nicht gespeichert. Seite verlassen?"},

	"notice.definition_saved": {"The version is saved and active.", "Die Version ist gespeichert und aktiv."},
}
