package ui

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

// maxDashboardDefinitions bounds the definitions that the dashboard shows.
const maxDashboardDefinitions = 20

// addDefinitions shows the definitions that have most to do with the present, by
// name, and how long their instances took.
func (u *UI) addDefinitions(r *http.Request, p views.Page, all []engine.DefinitionStats, view *views.DashboardView) {
	shown := slices.Clone(all)
	if len(shown) > maxDashboardDefinitions {
		slices.SortStableFunc(shown, func(a, b engine.DefinitionStats) int {
			return cmp.Or(cmp.Compare(b.ByStatus[workflow.StatusFailed], a.ByStatus[workflow.StatusFailed]), cmp.Compare(unended(b), unended(a)), cmp.Compare(b.CompletedWeek, a.CompletedWeek))
		})
		shown = shown[:maxDashboardDefinitions]
		slices.SortFunc(shown, func(a, b engine.DefinitionStats) int { return cmp.Compare(a.Name, b.Name) })
		view.Others = p.T("dashboard.others", p.Count(len(shown)), p.Count(len(all)))
	}
	var took []tookRow
	for _, d := range shown {
		row := u.dashboardDefinition(r, p, d)
		view.Definitions = append(view.Definitions, row)
		if d.P95 > 0 {
			took = append(took, tookRow{row.Title, row.CompletedWeek.Href, d.P50, d.P95})
		}
	}
	slices.SortStableFunc(took, func(a, b tookRow) int { return cmp.Compare(b.p95, a.p95) })
	view.Took = spanChart(took[:min(len(took), maxSpans)], p)
}

func (u *UI) dashboardDefinition(r *http.Request, p views.Page, d engine.DefinitionStats) views.DashboardDefinition {
	title := d.Name
	if def, err := u.Engine.Definition(r.Context(), actor(r), d.Name, ""); err == nil {
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
