package msg

// version holds the sentences about versions of a definition and about moving
// instances between them.
var version = catalogue{
	"version.activate":        {"Activate", "Aktivieren"},
	"version.activate_text":   {"Version %s can be started again. If it is the highest, it becomes the latest and its schedules run.", "Die Version %s kann wieder gestartet werden. Ist sie die höchste, wird sie die neueste und ihre Zeitpläne laufen."},
	"version.activate_go":     {"Activate %s", "%s aktivieren"},
	"version.deactivate":      {"Deactivate", "Deaktivieren"},
	"version.deactivate_text": {"Nothing can be started with version %s any more, by its schedules neither. Running instances go on.", "Mit der Version %s kann nichts mehr gestartet werden, auch nicht durch ihre Zeitpläne. Laufende Instanzen gehen weiter."},
	"version.deactivate_go":   {"Deactivate %s", "%s deaktivieren"},
	"version.delete":          {"Delete", "Löschen"},
	"version.delete_text":     {"The document of version %s is removed for good. Its number cannot be used for other content.", "Das Dokument der Version %s wird endgültig entfernt. Ihre Nummer kann nicht für anderen Inhalt verwendet werden."},
	"version.delete_go":       {"Delete %s", "%s löschen"},
	"version.manage":          {"Change", "Ändern"},
	"version.migrate":         {"Move instances", "Instanzen umziehen"},
	"version.migrate_named":   {"Move instances of version %s", "Instanzen der Version %s umziehen"},

	"notice.version_activate":   {"The version is active.", "Die Version ist aktiv."},
	"notice.version_deactivate": {"The version is not active any more. Running instances go on.", "Die Version ist nicht mehr aktiv. Laufende Instanzen gehen weiter."},
	"notice.version_delete":     {"The version was deleted.", "Die Version wurde gelöscht."},

	"migrate.title":          {"Move instances of %s %s", "Instanzen von %s %s umziehen"},
	"migrate.crumb":          {"Move instances", "Instanzen umziehen"},
	"migrate.intro":          {"Open instances of version %s can go on by another version. Look at the report first; nothing moves until you say so.", "Offene Instanzen der Version %s können nach einer anderen Version weitergehen. Sehen Sie zuerst den Bericht an; vorher zieht nichts um."},
	"migrate.no_target":      {"There is no other active version", "Es gibt keine andere aktive Version"},
	"migrate.no_target_text": {"Store or activate the version that the instances should go on by.", "Speichern oder aktivieren Sie die Version, nach der die Instanzen weitergehen sollen."},
	"migrate.back":           {"Show the definition", "Definition zeigen"},
	"migrate.nothing":        {"No open instance of version %s that you can see.", "Keine offene Instanz der Version %s, die Sie sehen können."},
	"migrate.counts":         {"%s can move, %s cannot.", "%s können umziehen, %s nicht."},
	"migrate.part":           {"The report has the newest %s of %s; all are moved.", "Der Bericht zeigt die neuesten %s von %s; alle ziehen um."},
	"migrate.lines":          {"What happens to each instance", "Was mit jeder Instanz geschieht"},
	"migrate.instance":       {"Instance", "Instanz"},
	"migrate.started":        {"Started", "Gestartet"},
	"migrate.cannot":         {"It stays:", "Sie bleibt:"},
	"migrate.reason":         {"Reason", "Grund"},
	"migrate.note":           {"Each instance is judged again when its turn comes. What cannot move stays as it is and is listed.", "Jede Instanz wird noch einmal geprüft, wenn sie an der Reihe ist. Was nicht umziehen kann, bleibt, wie es ist, und wird genannt."},
	"migrate.go":             {"Move %s to %s", "%s auf %s umziehen"},
}
