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

	"login.demo":      {"People of the demo", "Personen der Demo"},
	"login.demo_hint": {"Choose one to fill in the name. The password was printed when the server started.", "Wählen Sie eine Person, um den Namen einzusetzen. Das Passwort wurde beim Start des Servers ausgegeben."},

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
