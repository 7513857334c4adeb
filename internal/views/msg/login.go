package msg

// login holds signing in, the profile and the names of roles.
var login = catalogue{
	"login.title":       {"Sign in", "Anmelden"},
	"login.login":       {"Login name", "Anmeldename"},
	"login.password":    {"Password", "Passwort"},
	"login.button":      {"Sign in", "Anmelden"},
	"login.signed_out":  {"You are signed out.", "Sie sind abgemeldet."},
	"login.empty_login": {"Enter your login name.", "Geben Sie Ihren Anmeldenamen ein."},
	"login.empty_pass":  {"Enter your password.", "Geben Sie Ihr Passwort ein."},

	"login.bad_credentials":   {"The name or the password is wrong. Check both and try again.", "Name oder Passwort ist falsch. Prüfen Sie beides und versuchen Sie es noch einmal."},
	"login.account_disabled":  {"This account is disabled. Ask an administrator to enable it.", "Dieses Konto ist gesperrt. Bitten Sie eine Administratorin, es freizugeben."},
	"login.too_many_attempts": {"Too many failed attempts to sign in. Wait a quarter of an hour, then try again.", "Zu viele Fehlversuche. Warten Sie eine Viertelstunde und versuchen Sie es dann noch einmal."},
	"login.sign_in_busy":      {"Too many people are signing in at this moment. Try again in a few seconds.", "Gerade melden sich zu viele Personen an. Versuchen Sie es in ein paar Sekunden noch einmal."},

	"login.with":            {"Sign in with %s", "Mit %s anmelden"},
	"login.out_of":          {"Sign out of %s, too", "Auch bei %s abmelden"},
	"login.provider_failed": {"The identity provider cannot be reached or its answer cannot be trusted. Try again, or ask an administrator.", "Der Anmeldedienst ist nicht erreichbar, oder seine Antwort ist nicht vertrauenswürdig. Versuchen Sie es noch einmal oder fragen Sie die Verwaltung."},
	"login.provider_denied": {"The identity provider did not let you in. Try again, or sign in another way.", "Der Anmeldedienst hat Sie nicht hereingelassen. Versuchen Sie es noch einmal oder melden Sie sich anders an."},
	"login.provider_stale":  {"This answer does not belong to an attempt in this browser, or it took more than half an hour. Begin again.", "Diese Antwort gehört zu keinem Versuch in diesem Browser, oder er ist älter als eine halbe Stunde. Beginnen Sie noch einmal."},
	"login.not_admitted":    {"You have no account here. Ask an administrator for one.", "Sie haben hier kein Konto. Bitten Sie die Verwaltung um eines."},
	"login.demo":            {"People of the demo", "Personen der Demo"},
	"login.demo_hint":       {"Choose one to fill in the name. The password was printed when the server started.", "Wählen Sie eine Person, um den Namen einzusetzen. Das Passwort wurde beim Start des Servers ausgegeben."},

	"profile.title":       {"Profile", "Profil"},
	"profile.login":       {"Login name", "Anmeldename"},
	"profile.name":        {"Name", "Name"},
	"profile.roles":       {"Roles", "Rollen"},
	"profile.groups":      {"Groups", "Gruppen"},
	"profile.preferences": {"Preferences", "Einstellungen"},

	"role.admin":    {"Administrator", "Administration"},
	"role.operator": {"Operator", "Betrieb"},
	"role.author":   {"Author", "Autor"},
	"role.auditor":  {"Auditor", "Revision"},
	"role.user":     {"User", "Benutzer"},
}
