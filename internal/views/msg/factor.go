package msg

// factor holds second factors: their codes, and signing in with them.
var factor = catalogue{
	"factor.title":  {"Second factor", "Zweiter Faktor"},
	"factor.lead":   {"An app on your phone makes a code that only you have. Signing in with your password asks for it.", "Eine App auf Ihrem Telefon erzeugt einen Code, den nur Sie haben. Die Anmeldung mit Passwort fragt danach."},
	"factor.on":     {"On since %s.", "Eingeschaltet seit %s."},
	"factor.none":   {"None", "Keiner"},
	"factor.app":    {"App for codes, since %s", "App für Codes, seit %s"},
	"factor.left":   {"Recovery codes left: %d.", "Übrige Ersatzcodes: %d."},
	"factor.no_key": {"This server has no master key for secrets, so no second factor can be set up. Ask an administrator to set TANDEM_SECRETS_KEY.", "Dieser Server hat keinen Hauptschlüssel für Geheimnisse; ein zweiter Faktor lässt sich darum nicht einrichten. Bitten Sie die Verwaltung, TANDEM_SECRETS_KEY zu setzen."},

	"factor.begin":        {"Set up an app", "App einrichten"},
	"factor.begin_text":   {"Have an app for codes ready, such as the one of your password manager.", "Halten Sie eine App für Codes bereit, etwa die Ihres Passwortmanagers."},
	"factor.begin_button": {"Begin", "Beginnen"},
	"factor.pending":      {"You have begun to set up an app.", "Sie haben begonnen, eine App einzurichten."},
	"factor.go_on":        {"Go on", "Weitermachen"},
	"factor.cancel":       {"Give up", "Abbrechen"},
	"factor.canceled":     {"No second factor was set up.", "Es wurde kein zweiter Faktor eingerichtet."},

	"factor.setup_title":  {"Set up the app", "App einrichten"},
	"factor.scan":         {"1. Let the app scan this picture", "1. Lassen Sie die App dieses Bild scannen"},
	"factor.scan_alt":     {"QR code with the secret for the app; the same as text follows", "QR-Code mit dem Geheimnis für die App; derselbe Inhalt folgt als Text"},
	"factor.type":         {"Or type this secret into it, time-based, six digits:", "Oder geben Sie dieses Geheimnis ein, zeitbasiert, sechs Ziffern:"},
	"factor.prove":        {"2. Type the code that it shows", "2. Geben Sie den Code ein, den sie zeigt"},
	"factor.code":         {"Code", "Code"},
	"factor.prove_button": {"Turn it on", "Einschalten"},
	"factor.demanded":     {"Your role needs a second factor. Set it up to sign in.", "Ihre Rolle braucht einen zweiten Faktor. Richten Sie ihn ein, um sich anzumelden."},

	"factor.codes":      {"Keep your recovery codes", "Verwahren Sie Ihre Ersatzcodes"},
	"factor.codes_text": {"Each signs you in once when you do not have the app. They are shown only now: print them or keep them where you keep passwords.", "Jeder meldet Sie einmal an, wenn Sie die App nicht haben. Sie werden nur jetzt gezeigt: Drucken Sie sie oder verwahren Sie sie bei Ihren Passwörtern."},
	"factor.codes_done": {"I have kept them", "Ich habe sie verwahrt"},

	"factor.renew":         {"Other recovery codes", "Neue Ersatzcodes"},
	"factor.renew_text":    {"Those from before are good no longer.", "Die bisherigen gelten dann nicht mehr."},
	"factor.renew_button":  {"Make them", "Erzeugen"},
	"factor.remove":        {"Remove the second factor", "Zweiten Faktor entfernen"},
	"factor.remove_text":   {"From then on your password alone signs you in.", "Danach genügt Ihr Passwort zur Anmeldung."},
	"factor.remove_button": {"Remove it", "Entfernen"},
	"factor.off_done":      {"Your second factor is removed.", "Ihr zweiter Faktor ist entfernt."},
	"factor.code_help":     {"Six digits of the app, or a recovery code.", "Sechs Ziffern der App oder ein Ersatzcode."},
	"factor.digits_help":   {"Six digits. It changes every half minute.", "Sechs Ziffern. Er wechselt jede halbe Minute."},

	"factor.ask_title":  {"Second factor", "Zweiter Faktor"},
	"factor.ask_text":   {"Your password is right. Type the code that your app shows, or a recovery code.", "Ihr Passwort stimmt. Geben Sie den Code ein, den Ihre App zeigt, oder einen Ersatzcode."},
	"factor.ask_button": {"Sign in", "Anmelden"},
	"factor.ask_lost":   {"App and codes lost? An administrator can reset your second factor.", "App und Codes verloren? Die Verwaltung kann Ihren zweiten Faktor zurücksetzen."},
	"factor.ask_other":  {"Sign in as somebody else", "Als jemand anderes anmelden"},

	"factor.reset":        {"Reset the second factor", "Zweiten Faktor zurücksetzen"},
	"factor.reset_text":   {"The person signs in with the password alone, until a second factor is set up again, and is signed out everywhere. Make sure who asks you for it.", "Die Person meldet sich mit dem Passwort allein an, bis sie wieder einen zweiten Faktor einrichtet, und wird überall abgemeldet. Vergewissern Sie sich, wer Sie darum bittet."},
	"factor.reset_button": {"Reset it", "Zurücksetzen"},
	"factor.reset_done":   {"The second factor is reset.", "Der zweite Faktor ist zurückgesetzt."},

	"fault.wrong_code":          {"The code is wrong or was used before. Wait for the next one in your app and type it.", "Der Code ist falsch oder schon benutzt. Warten Sie auf den nächsten in Ihrer App und geben Sie ihn ein."},
	"fault.second_factor_there": {"This account has a second factor already.", "Dieses Konto hat schon einen zweiten Faktor."},
	"login.begin":               {"Begin with your name and password.", "Beginnen Sie mit Name und Passwort."},
	"login.wrong_code":          {"The code is wrong or was used before.", "Der Code ist falsch oder schon benutzt."},
	"login.sign_in_over":        {"Too much time has passed since the password. Sign in again.", "Seit dem Passwort ist zu viel Zeit vergangen. Melden Sie sich noch einmal an."},
	"login.second_factor_off":   {"Your role needs a second factor, but this server has no master key for secrets. Ask an administrator to set TANDEM_SECRETS_KEY.", "Ihre Rolle braucht einen zweiten Faktor, aber dieser Server hat keinen Hauptschlüssel für Geheimnisse. Bitten Sie die Verwaltung, TANDEM_SECRETS_KEY zu setzen."},
}
