package msg

// expiry holds the warnings before a session ends.
var expiry = catalogue{
	"expiry.label": {"Your session", "Ihre Sitzung"},
	"expiry.idle":  {"Nothing was done for a while: you are signed out in a few minutes. What you have typed stays here.", "Eine Weile ist nichts geschehen: In wenigen Minuten werden Sie abgemeldet. Was Sie getippt haben, bleibt hier."},
	"expiry.stay":  {"Stay signed in", "Angemeldet bleiben"},
	"expiry.last":  {"Your session ends soon, whatever you do. Send what you have typed, or sign in again afterwards: it is kept. It ends:", "Ihre Sitzung endet bald, was Sie auch tun. Senden Sie, was Sie getippt haben, oder melden Sie sich danach neu an: Es bleibt erhalten. Sie endet:"},
	"expiry.over":  {"Your session has ended. What you have typed is still here: sign in in another window, then send it.", "Ihre Sitzung ist beendet. Was Sie getippt haben, ist noch hier: Melden Sie sich in einem anderen Fenster an und senden Sie es dann."},
}
