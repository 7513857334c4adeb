package msg

// failure holds the pages that say why a request was not answered.
var failure = catalogue{
	"error.session_title":     {"Your session has ended", "Ihre Sitzung ist zu Ende"},
	"error.session_ended":     {"Nothing was lost: what you typed is kept in this page. Sign in in another window, then come back here and send it again.", "Nichts ist verloren: Was Sie eingegeben haben, steht noch in dieser Seite. Melden Sie sich in einem anderen Fenster an, kommen Sie zurück und senden Sie es noch einmal."},
	"error.sign_in_beside":    {"Sign in in another window", "In einem anderen Fenster anmelden"},
	"error.title.malformed":   {"This request cannot be read", "Diese Anfrage ist nicht lesbar"},
	"error.title.forbidden":   {"You may not do this", "Das dürfen Sie nicht"},
	"error.title.not_found":   {"Not found", "Nicht gefunden"},
	"error.title.method":      {"This address does not work that way", "Diese Adresse funktioniert so nicht"},
	"error.title.conflict":    {"This is not possible any more", "Das ist nicht mehr möglich"},
	"error.title.too_large":   {"This is too large", "Das ist zu groß"},
	"error.title.invalid":     {"Something does not fit", "Etwas passt nicht"},
	"error.title.too_many":    {"Too many requests", "Zu viele Anfragen"},
	"error.title.unavailable": {"Tandem cannot answer at the moment", "Tandem kann gerade nicht antworten"},
	"error.title.internal":    {"Something went wrong", "Etwas ist schiefgegangen"},

	"error.status":    {"Status %d", "Status %d"},
	"error.request":   {"Reference for your administrator: %s", "Kennung für Ihre Administration: %s"},
	"error.inbox":     {"To your inbox", "Zum Eingang"},
	"error.dashboard": {"To the dashboard", "Zur Übersicht"},
	"error.sign_in":   {"Sign in", "Anmelden"},
	"error.resend":    {"Send again", "Noch einmal senden"},
	"error.kept":      {"What you typed is kept on this page. Leave it open and send it again in a moment.", "Ihre Eingaben sind auf dieser Seite aufgehoben. Lassen Sie sie offen und senden Sie in einem Moment noch einmal."},
}
