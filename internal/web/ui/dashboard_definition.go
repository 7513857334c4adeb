package ui

import (
	"cmp"
	"slices"
	"time"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

// maxDashboardDefinitions bounds the definitions that the dashboard shows.
const maxDashboardDefinitions = 20

// shownDefinitions are those that have most to do with the present, by name.
func shownDefinitions(all []engine.DefinitionStats) []engine.DefinitionStats {
	shown := slices.Clone(all)
	if len(shown) > maxDashboardDefinitions {
		slices.SortStableFunc(shown, func(a, b engine.DefinitionStats) int {
			return cmp.Or(cmp.Compare(b.ByStatus[workflow.StatusFailed], a.ByStatus[workflow.StatusFailed]), cmp.Compare(unended(b), unended(a)), cmp.Compare(b.CompletedWeek, a.CompletedWeek))
		})
		shown = shown[:maxDashboardDefinitions]
		slices.SortFunc(shown, func(a, b engine.DefinitionStats) int { return cmp.Compare(a.Name, b.Name) })
	}
	return shown
}

// dashboardNames lists the definitions that the dashboard calls by their titles.
func dashboardNames(shown []engine.DefinitionStats, failures []engine.FailureStats) []string {
	var names []string
	for _, d := range shown {
		names = append(names, d.Name)
	}
	for _, f := range failures {
		names = append(names, f.Definition)
	}
	return names
}

// addDefinitions shows definitions, and how long their instances took.
func addDefinitions(p views.Page, shown []engine.DefinitionStats, latest map[string]*workflow.Definition, view *views.DashboardView) {
	var took []tookRow
	for _, d := range shown {
		row := dashboardDefinition(p, d, latest[d.Name])
		view.Definitions = append(view.Definitions, row)
		if d.P95 > 0 {
			took = append(took, tookRow{row.Title, row.CompletedWeek.Href, d.P50, d.P95})
		}
	}
	slices.SortStableFunc(took, func(a, b tookRow) int { return cmp.Compare(b.p95, a.p95) })
	view.Took = spanChart(took[:min(len(took), maxSpans)], p)
}

func dashboardDefinition(p views.Page, d engine.DefinitionStats, def *workflow.Definition) views.DashboardDefinition {
	title := d.Name
	if def != nil {
		title = def.Title
	}
	link := func(n int, label string, query ...string) views.CountLink {
		return countLink(p, n, title+": "+label, append([]string{"definition", d.Name}, query...)...)
	}
	byStatus := func(status workflow.Status) views.CountLink {
		return link(d.ByStatus[status], p.StateWord(string(status)), "status", string(status))
	}
	row := views.DashboardDefinition{
		Title: title, Name: d.Name, Href: p.Href(definitionPath(d.Name)),
		Running: byStatus(workflow.StatusRunning), Waiting: byStatus(workflow.StatusWaiting),
		Paused: byStatus(workflow.StatusPaused), Failed: byStatus(workflow.StatusFailed),
	}
	week := engine.StatsWeek(p.Now).Format(time.DateOnly)
	duration := func(key string, d time.Duration, query ...string) views.CountLink {
		l := link(1, p.T(key), query...)
		l.Value = p.Duration(d)
		return l
	}
	done := []string{"status", "completed", "completed_since", week}
	row.CompletedWeek = link(d.CompletedWeek, p.T("dashboard.completed_week"), done...)
	if d.CompletedWeek > 0 {
		row.P50, row.P95 = duration("dashboard.p50", d.P50, done...), duration("dashboard.p95", d.P95, done...)
	}
	return row
}
