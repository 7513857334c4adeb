package msg

// docs holds the page that describes the API. The document itself is English.
var docs = catalogue{
	"nav.docs":        {"API", "API"},
	"docs.title":      {"API", "API"},
	"docs.reference":  {"API reference", "API-Referenz"},
	"docs.lead":       {"Everything that the pages do, programs can do over JSON. Make a token on your profile.", "Alles, was die Seiten können, können Programme über JSON. Ein Token gibt es im Profil."},
	"docs.try":        {"Try it out", "Ausprobieren"},
	"docs.groups":     {"Operations by subject", "Operationen nach Thema"},
	"docs.parameters": {"Parameters", "Parameter"},
	"docs.parameter":  {"Parameter", "Parameter"},
	"docs.place":      {"Where", "Wo"},
	"docs.meaning":    {"Meaning", "Bedeutung"},
	"docs.example":    {"Example", "Beispiel"},
	"docs.answers":    {"Answers: %s", "Antworten: %s"},
	"docs.plain":      {"Back to the list", "Zurück zur Liste"},
	"docs.noscript":   {"This page needs scripts. The list has the same in plain text.", "Diese Seite braucht Skripte. Die Liste enthält dasselbe als Text."},
}
