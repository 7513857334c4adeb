package msg

// guest holds what people without an account see by a personal link, and what is
// said of them.
var guest = catalogue{
	"guest.about":        {"%s asks for your decision: %s", "%s bittet Sie um eine Entscheidung: %s"},
	"guest.private":      {"This link is yours alone and ends with the decision. Do not pass it on.", "Dieser Link gilt nur für Sie und endet mit der Entscheidung. Geben Sie ihn nicht weiter."},
	"guest.thanks":       {"Thank you. You can close this page.", "Vielen Dank. Sie können diese Seite schließen."},
	"guest.chose":        {"Your decision: %s", "Ihre Entscheidung: %s"},
	"guest.decided":      {"This has been decided", "Hierüber ist entschieden"},
	"guest.decided_text": {"Somebody else was asked too and was faster. There is nothing for you to do.", "Auch jemand anderes wurde gefragt und war schneller. Sie brauchen nichts zu tun."},
	"guest.nothing":      {"There is nothing for you to do.", "Sie brauchen nichts zu tun."},
	"guest.named":        {"%s (guest)", "%s (Gast)"},
	"guest.links":        {"Links for guests", "Links für Gäste"},
	"guest.links_text":   {"Send each to its person alone: whoever has it can decide.", "Senden Sie jeden nur an die genannte Person: Wer ihn hat, kann entscheiden."},

	"definition.does_guests":  {"Guests by link: %s", "Gäste per Link: %s"},
	"refused.guest_link":      {"This link does not work.", "Dieser Link funktioniert nicht. Prüfen Sie, ob er vollständig ist, oder bitten Sie um einen neuen."},
	"refused.guest":           {"The link lets you decide and comment.", "Mit dem Link können Sie entscheiden und kommentieren, sonst nichts."},
	"refused.guest_throttled": {"That was too much at once.", "Das war zu viel auf einmal. Warten Sie eine Viertelstunde."},
}
