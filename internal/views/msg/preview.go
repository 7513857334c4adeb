package msg

// preview holds the pages that show the forms of a definition.
var preview = catalogue{
	"preview.title":     {"Forms of %s", "Formulare von %s"},
	"preview.forms":     {"Forms", "Formulare"},
	"preview.start":     {"Start form", "Startformular"},
	"preview.text":      {"Version %s, as people meet it. Try it: the buttons check what is typed, and nothing is kept.", "Version %s, wie man ihr begegnet. Probieren Sie: Die Schaltflächen prüfen die Eingaben, und nichts wird aufgehoben."},
	"preview.no_fields": {"This form has no fields: the buttons are all there is.", "Dieses Formular hat keine Felder: Es besteht nur aus den Schaltflächen."},
	"preview.accepted":  {"This would be accepted. Nothing was kept.", "Das würde angenommen. Nichts wurde aufgehoben."},
	"preview.value":     {"What would be stored", "Was gespeichert würde"},
}
