package msg

// taskTalk holds what people do about a task beside deciding it.
var taskTalk = catalogue{
	"talk.title":      {"Comments", "Kommentare"},
	"talk.none":       {"No comments.", "Keine Kommentare."},
	"talk.add":        {"Comment", "Kommentar"},
	"talk.add_help":   {"Everyone who sees the task can read it. Markdown works.", "Alle, die die Aufgabe sehen, können ihn lesen. Markdown geht."},
	"talk.add_button": {"Comment", "Kommentieren"},
	"talk.empty":      {"Write something", "Schreiben Sie etwas"},
	"talk.long":       {"A comment can have at most %d characters", "Ein Kommentar darf höchstens %d Zeichen haben"},

	"task.delegate":         {"Have somebody prepare it", "Vorbereiten lassen"},
	"task.delegate.text":    {"The other person proposes a decision and gives the task back; you decide.", "Die andere Person schlägt eine Entscheidung vor und gibt die Aufgabe zurück; Sie entscheiden."},
	"task.delegate.person":  {"Person (login name)", "Person (Anmeldename)"},
	"task.delegate.reason":  {"What to look at", "Worauf zu achten ist"},
	"task.delegate.button":  {"Delegate", "Delegieren"},
	"task.return":           {"Give it back", "Zurückgeben"},
	"task.return.title":     {"Your proposal", "Ihr Vorschlag"},
	"task.return.text":      {"%s has asked you to prepare this. Say what you propose and give it back; %[1]s decides.", "%s hat Sie gebeten, dies vorzubereiten. Sagen Sie, was Sie vorschlagen, und geben Sie sie zurück; %[1]s entscheidet."},
	"task.return.outcome":   {"What to decide", "Wie zu entscheiden ist"},
	"task.return.open":      {"No proposal", "Kein Vorschlag"},
	"task.take_back":        {"Take it back", "Zurückholen"},
	"task.fact.owner":       {"Delegated by", "Delegiert von"},
	"task.fact.for":         {"%s, in place of %s", "%s, in Vertretung von %s"},
	"task.no.delegated":     {"%s prepares the decision. You can decide once it has been given back.", "%s bereitet die Entscheidung vor. Sie können entscheiden, sobald sie zurückgegeben ist."},
	"task.proposal":         {"%s proposes: %s", "%s schlägt vor: %s"},
	"task.proposal_plain":   {"%s has given it back", "%s hat sie zurückgegeben"},
	"task.workload":         {"%s: %s", "%s: %s"},
	"task.workload_n.one":   {"%d open task", "%d offene Aufgabe"},
	"task.workload_n.other": {"%d open tasks", "%d offene Aufgaben"},

	"notice.task_delegated": {"The task is delegated. It comes back to you.", "Die Aufgabe ist delegiert. Sie kommt zu Ihnen zurück."},
	"notice.task_returned":  {"The task was given back.", "Die Aufgabe wurde zurückgegeben."},
	"notice.commented":      {"The comment is there.", "Der Kommentar ist da."},

	"event.task.delegated": {"%s delegated “%s” to %s", "%s hat „%s“ an %s delegiert"},
	"event.task.returned":  {"%s gave “%s” back to %s", "%s hat „%s“ an %s zurückgegeben"},
	"event.task.commented": {"%s commented on “%s”", "%s hat „%s“ kommentiert"},
}
