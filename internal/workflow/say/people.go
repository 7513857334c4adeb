package say

// people holds the sentences about who does a step, and how they decide.
var people = catalogue{
	"too_large.guests":       {"\"guests\" has at most %d addresses; this one has %d.", "\"guests\" hat höchstens %d Adressen; hier sind es %d."},
	"wrong_value.guest":      {"\"guests\" takes e-mail addresses: %s.", "\"guests\" nimmt E-Mail-Adressen: %s."},
	"unused.distinct":        {"\"distinct\" is about people: only human steps have it.", "Bei \"distinct\" geht es um Menschen: Nur Schritte der Art human haben es."},
	"wrong_value.priority":   {"\"priority\" must be a whole number.", "\"priority\" muss eine ganze Zahl sein."},
	"unused.confirm_on":      {"\"confirm_on\" belongs to a step with for_each: a single decision ends its step at once.", "\"confirm_on\" gehört zu einem Schritt mit for_each: Eine einzelne Entscheidung beendet ihren Schritt sofort."},
	"too_large.confirm_on":   {"\"confirm_on\" has at most %d expressions; this one has %d.", "\"confirm_on\" hat höchstens %d Ausdrücke; hier sind es %d."},
	"wrong_value.escalate":   {"\"escalate\" names nobody. Give users, groups or both.", "\"escalate\" nennt niemanden. Nennen Sie users, groups oder beides."},
	"duplicate_outcome":      {"There is another outcome %q before. Names of outcomes are unique.", "Davor gibt es schon einen Ausgang %q. Namen von Ausgängen sind eindeutig."},
	"wrong_value.outcome":    {"An outcome has \"validate\" or an own \"schema\", not both.", "Ein Ausgang hat \"validate\" oder ein eigenes \"schema\", nicht beides."},
	"wrong_value.validate":   {"\"validate\" must be full, none or a schema; %q is not.", "\"validate\" muss full, none oder ein Schema sein; da steht %q."},
	"wrong_value.on_timeout": {"\"on_timeout\" names either an outcome or a step.", "\"on_timeout\" nennt entweder einen Ausgang oder einen Schritt."},
	"unused.on_timeout":      {"Step %q has no timeout, so its on_timeout never happens.", "Der Schritt %q hat keine Frist, also tritt sein on_timeout nie ein."},
	"unknown_outcome.none":   {"Only human steps have outcomes. Name a step instead.", "Nur Schritte der Art human haben Ausgänge. Nennen Sie stattdessen einen Schritt."},
	"unknown_outcome":        {"Step %q has no outcome %q.%s", "Der Schritt %q hat keinen Ausgang %q.%s"},
	"nobody":                 {"Nobody could do step %q. Give it an assignee, candidate_users, candidate_groups or guests, or say anyone: true.", "Niemand könnte den Schritt %q erledigen. Geben Sie ihm assignee, candidate_users, candidate_groups oder guests, oder schreiben Sie anyone: true."},
	"unknown_outcome.never":  {"Step %q has no outcomes, so it never has the outcome %q.", "Der Schritt %q hat keine Ausgänge, also nie den Ausgang %q."},
	"invalid_guest":          {"%q is no e-mail address", "%q ist keine E-Mail-Adresse"},
}
