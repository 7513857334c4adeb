package msg

// bulkTasks holds what is said of several tasks at once.
var bulkTasks = catalogue{
	"many.title":        {"Decide several tasks", "Über mehrere Aufgaben entscheiden"},
	"many.count.one":    {"%d task", "%d Aufgabe"},
	"many.count.other":  {"%d tasks", "%d Aufgaben"},
	"many.each":         {"The same answer is given for each task.", "Für jede Aufgabe gilt dieselbe Antwort."},
	"many.groups":       {"These tasks ask different things. Decide those together that ask the same.", "Diese Aufgaben fragen Verschiedenes. Entscheiden Sie zusammen, was dasselbe fragt."},
	"many.group":        {"Decide these", "Diese entscheiden"},
	"many.group_named":  {"Decide these: %s", "Diese entscheiden: %s"},
	"many.left":         {"Not among them", "Nicht dabei"},
	"many.files":        {"The form of these tasks takes files, which belong to one task. Decide them one by one.", "Das Formular dieser Aufgaben nimmt Dateien, die zu einer Aufgabe gehören. Entscheiden Sie einzeln."},
	"many.none":         {"None of these tasks is yours to decide", "Über keine dieser Aufgaben entscheiden Sie"},
	"many.none_text":    {"Choose others in the inbox.", "Wählen Sie andere im Eingang."},
	"many.unknown":      {"A task that you cannot see", "Eine Aufgabe, die Sie nicht sehen"},
	"many.unknown_text": {"It is gone, or given to somebody else.", "Sie ist weg oder jemand anderem gegeben."},
	"many.result":       {"What became of them", "Was daraus wurde"},
	"many.answers":      {"Task by task", "Aufgabe für Aufgabe"},
	"many.answer":       {"Result", "Ergebnis"},
	"many.done.one":     {"%d task is done.", "%d Aufgabe ist erledigt."},
	"many.done.other":   {"%d tasks are done.", "%d Aufgaben sind erledigt."},
	"many.failed.one":   {"%d task was left as it is.", "%d Aufgabe blieb, wie sie ist."},
	"many.failed.other": {"%d tasks were left as they are.", "%d Aufgaben blieben, wie sie sind."},
	"many.done_one":     {"Done", "Erledigt"},
	"many.claimed_one":  {"Claimed", "Übernommen"},
	"many.choose":       {"Choose: %s", "Wählen: %s"},
	"many.choose_head":  {"Choose", "Wählen"},
	"many.decide":       {"Decide together", "Zusammen entscheiden"},
	"many.claim":        {"Claim chosen", "Gewählte übernehmen"},
	"many.label":        {"With the chosen tasks", "Mit den gewählten Aufgaben"},

	"inbox.sort":          {"Sort by", "Sortieren nach"},
	"inbox.sort_due":      {"due date", "Fälligkeit"},
	"inbox.sort_priority": {"priority", "Dringlichkeit"},
	"inbox.priority":      {"Priority %s", "Dringlichkeit %s"},

	"notice.tasks_claimed": {"The tasks are yours.", "Die Aufgaben gehören jetzt Ihnen."},
}
