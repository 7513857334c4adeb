package msg

// refusal says what the engine and the sign-in refuse, by the code of the error.
// English pages show the error's own sentence, which knows names and times.
var refusal = catalogue{
	"refused.already_running":      {"It runs already under this correlation id.", "Dafür läuft der Workflow schon. Warten Sie, bis er zu Ende ist, oder brechen Sie ihn ab."},
	"refused.key_in_use":           {"This is being carried out already.", "Das wird gerade schon ausgeführt. Versuchen Sie es gleich noch einmal."},
	"refused.key_reused":           {"This form has been sent already, with other values.", "Dieses Formular wurde schon einmal mit anderen Angaben gesendet. Senden Sie es noch einmal, um noch einmal zu starten."},
	"refused.account_disabled":     {"This account is closed.", "Dieses Konto ist geschlossen. Wenden Sie sich an die Verwaltung."},
	"refused.already_finished":     {"The instance is finished.", "Die Instanz ist schon zu Ende; daran ändert sich nichts mehr."},
	"refused.bad_credentials":      {"Name or password is wrong.", "Name oder Passwort stimmt nicht. Versuchen Sie es noch einmal."},
	"refused.cross_origin":         {"This form came from another site.", "Dieses Formular kam von einer anderen Seite, darum ist nichts geschehen. Öffnen Sie es hier und senden Sie es noch einmal."},
	"refused.definition_not_found": {"There is no such workflow.", "Diesen Ablauf oder diese Version gibt es nicht. Prüfen Sie den Namen."},
	"refused.forbidden":            {"You may not do this.", "Das dürfen Sie nicht. Fragen Sie jemanden, der den Ablauf betreut."},
	"refused.instance_not_found":   {"There is no such instance, or you may not see it.", "Diese Instanz gibt es nicht, oder Sie dürfen sie nicht sehen."},
	"refused.internal":             {"Something went wrong on our side.", "Bei uns ist etwas schiefgegangen; es ist notiert. Gehen Sie zurück und versuchen Sie es noch einmal: Was Sie eingegeben haben, ist noch da."},
	"refused.invalid_input":        {"The data does not fit its schema.", "Die Angaben passen nicht. Sehen Sie sich die Hinweise an den Feldern an."},
	"refused.invalid_transition":   {"The instance's state does not allow this.", "Im jetzigen Zustand geht das nicht. Laden Sie die Seite neu und sehen Sie nach, was geschehen ist."},
	"refused.method_not_allowed":   {"This address does not take such requests.", "Diese Adresse nimmt solche Anfragen nicht an."},
	"refused.no_such_page":         {"There is nothing at this address.", "Unter dieser Adresse gibt es nichts. Prüfen Sie sie, oder beginnen Sie auf der Startseite."},
	"refused.sign_in_busy":         {"Too many people are signing in.", "Gerade melden sich zu viele an. Versuchen Sie es gleich noch einmal."},
	"refused.stale_version":        {"It has changed since you loaded it.", "Es hat sich geändert, seit Sie die Seite geladen haben. Sehen Sie es sich noch einmal an."},
	"refused.task_canceled":        {"This task is no longer needed.", "Diese Aufgabe wird nicht mehr gebraucht."},
	"refused.task_claimed":         {"Somebody else has claimed the task.", "Jemand anders hat die Aufgabe übernommen. Bitten Sie darum, sie zurückzugeben, oder lassen Sie sie neu zuweisen."},
	"refused.task_completed":       {"The task is completed.", "Die Aufgabe ist schon erledigt. Von Ihnen wurde nichts gespeichert."},
	"refused.task_forbidden":       {"This task is not yours to decide.", "Über diese Aufgabe dürfen Sie nicht entscheiden."},
	"refused.task_not_found":       {"There is no such task, or you may not see it.", "Diese Aufgabe gibt es nicht, oder Sie dürfen sie nicht sehen."},
	"refused.timeout":              {"This took too long.", "Das hat zu lange gedauert. Sehen Sie nach, ob es geschehen ist, und versuchen Sie es dann noch einmal."},
	"refused.too_large":            {"This is too large.", "Das ist zu groß. Kürzen Sie es."},
	"refused.too_many_attempts":    {"Too many attempts.", "Zu viele Versuche. Warten Sie eine Weile."},
	"refused.unavailable":          {"The database cannot be reached.", "Die Datenbank ist nicht erreichbar. Nichts wurde geändert; versuchen Sie es gleich noch einmal."},
	"refused.unknown":              {"There is nobody of that name.", "Niemand heißt so. Prüfen Sie die Schreibweise."},
}
