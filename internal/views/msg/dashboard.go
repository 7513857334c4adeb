package msg

// dashboard holds the sentences of the dashboard, and numbers and durations.
var dashboard = catalogue{
	"number.group": {",", "."},
	"number.point": {".", ","},

	"duration.instant":      {"< 1 ms", "< 1 ms"},
	"duration.milliseconds": {"%d ms", "%d ms"},
	"duration.seconds":      {"%s s", "%s s"},
	"duration.minutes":      {"%d min %d s", "%d Min. %d s"},
	"duration.hours":        {"%d h %d min", "%d Std. %d Min."},
	"duration.days":         {"%d d %d h", "%d T. %d Std."},
	"duration.whole_days":   {"%d d", "%d T."},
	"duration.since":        {"for %s", "seit %s"},
	"duration.since_now":    {"for under 1 min", "seit eben"},
	"duration.none":         {"none", "keine"},

	"dashboard.title":     {"Dashboard", "Übersicht"},
	"dashboard.lead":      {"What you may see, as of this moment.", "Was Sie sehen dürfen, in diesem Augenblick."},
	"dashboard.counts":    {"Counts", "Zahlen"},
	"dashboard.running":   {"Running", "Laufen"},
	"dashboard.waiting":   {"Waiting", "Warten"},
	"dashboard.paused":    {"Paused", "Angehalten"},
	"dashboard.failed":    {"Failed", "Fehlgeschlagen"},
	"dashboard.tasks":     {"Open tasks", "Offene Aufgaben"},
	"dashboard.overdue":   {"Overdue", "Überfällig"},
	"dashboard.late":      {"Overdue tasks", "Überfällige Aufgaben"},
	"dashboard.completed": {"Done today", "Heute fertig"},

	"dashboard.since":         {"Asked", "Gefragt"},
	"dashboard.no_match":      {"No open task matches", "Keine offene Aufgabe passt"},
	"dashboard.task_filter":   {"Which tasks", "Welche Aufgaben"},
	"dashboard.task_query":    {"Title", "Titel"},
	"dashboard.task_assignee": {"Whose (login)", "Wessen (Anmeldename)"},
	"dashboard.task_group":    {"Of which group", "Welcher Gruppe"},
	"dashboard.no_tasks":      {"No open tasks", "Keine offenen Aufgaben"},
	"dashboard.no_tasks_text": {"Nobody has to decide anything at the moment.", "Im Augenblick muss niemand etwas entscheiden."},

	"dashboard.definitions":    {"By definition", "Nach Definition"},
	"dashboard.definition":     {"Definition", "Definition"},
	"dashboard.completed_week": {"Completed in 7 days", "In 7 Tagen abgeschlossen"},
	"dashboard.p50":            {"Median time", "Mittlere Dauer"},
	"dashboard.p95":            {"95th percentile", "95. Perzentil"},

	"dashboard.throughput":      {"Throughput", "Durchsatz"},
	"dashboard.hours":           {"Completed in 24 hours", "In 24 Stunden abgeschlossen"},
	"dashboard.hour":            {"Hour (UTC)", "Stunde (UTC)"},
	"dashboard.hour_form":       {"2 Jan 15:04", "2.1. 15:04"},
	"dashboard.took":            {"From start to completion, in 7 days: median and 95th percentile", "Vom Start bis zum Abschluss, in 7 Tagen: mittlere Dauer und 95. Perzentil"},
	"dashboard.others":          {"%s of %s definitions: those with failures and with most instances.", "%s von %s Definitionen: die mit Fehlern und mit den meisten Instanzen."},
	"dashboard.all_definitions": {"All definitions", "Alle Definitionen"},

	"dashboard.days":     {"Completed in 7 days", "In 7 Tagen abgeschlossen"},
	"dashboard.day":      {"Day (UTC)", "Tag (UTC)"},
	"dashboard.day_form": {"2 Jan", "2.1."},
	"dashboard.as_table": {"As a table", "Als Tabelle"},
	"dashboard.sla":      {"%d %% of decisions in time: %s of the last %s tasks with a due time that were decided in 7 days.", "%d %% der Entscheidungen rechtzeitig: %s der letzten %s Aufgaben mit Frist, über die in 7 Tagen entschieden wurde."},

	"dashboard.longest":      {"Waiting longest", "Warten am längsten"},
	"dashboard.longest_none": {"Nothing waits.", "Nichts wartet."},
	"dashboard.instance":     {"Instance", "Instanz"},
	"dashboard.for":          {"What it waits for", "Worauf sie wartet"},

	"dashboard.failures":      {"Failures by step", "Fehler nach Schritt"},
	"dashboard.failures_none": {"Nothing has failed.", "Nichts ist fehlgeschlagen."},
	"dashboard.step":          {"Step", "Schritt"},
	"dashboard.message":       {"Message", "Meldung"},
	"dashboard.count":         {"Instances", "Instanzen"},

	"dashboard.empty":        {"Nothing has been started yet", "Noch nichts gestartet"},
	"dashboard.empty_text":   {"Start a workflow, and you see here how it gets on.", "Starten Sie einen Workflow; hier sehen Sie dann, wie es vorangeht."},
	"dashboard.empty_action": {"See definitions", "Definitionen ansehen"},
}
