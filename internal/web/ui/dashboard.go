package ui

import (
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

// dashboardRoutes lists the dashboard, its stream, and the list of all open tasks.
func (u *UI) dashboardRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/", Guard: guard.SignedIn, Handle: u.dashboard},
		{Method: http.MethodGet, Pattern: "/tasks/open", Guard: guard.SignedIn, Handle: u.openTasks},
		{Method: http.MethodGet, Pattern: "/tasks/decided", Guard: guard.SignedIn, Handle: u.decidedTasks},
		{Method: http.MethodGet, Pattern: "/live/dashboard", Guard: guard.SignedIn, Stream: true, Live: u.dashboardLive},
	}
}

func (u *UI) dashboard(w http.ResponseWriter, r *http.Request) error {
	p, view, err := u.dashboardView(r)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.DashboardPage(p, view))
}

func (u *UI) dashboardLive(*http.Request) (topic, error) {
	return topic{regions: func(r *http.Request) ([]region, error) {
		p, view, err := u.dashboardView(r)
		return []region{
			{views.DashboardCountsID, views.DashboardCounts(p, view)},
			{views.DashboardDaysID, views.DashboardDays(p, view)},
			{views.DashboardDefinitionsID, views.DashboardDefinitions(p, view)},
			{views.DashboardLongestID, views.DashboardLongest(p, view)},
			{views.DashboardFailuresID, views.DashboardFailures(p, view)},
			{inboxCountID, views.InboxCount(p)},
		}, err
	}}, nil
}

// inboxCountID is the region that every live page has.
const inboxCountID = "inbox-count"

func (u *UI) dashboardView(r *http.Request) (views.Page, views.DashboardView, error) {
	p := u.page(r, "", views.NavDashboard)
	p.Title = p.T("dashboard.title")
	stats, err := u.Read.Stats(r.Context(), actor(r), p.Now)
	if err != nil {
		return p, views.DashboardView{}, err
	}
	view := views.DashboardView{Counts: dashboardCounts(p, stats), Empty: len(stats.ByDefinition) == 0}
	shown := shownDefinitions(stats.ByDefinition)
	latest, err := u.Engine.Latest(r.Context(), actor(r), dashboardNames(shown, stats.Failures))
	if err != nil {
		return p, view, err
	}
	addDefinitions(p, shown, latest, &view)
	if len(shown) < len(stats.ByDefinition) {
		view.Others = p.T("dashboard.others", p.Count(len(shown)), p.Count(len(stats.ByDefinition)))
	}
	view.Hours, view.Days = hourChart(p, stats.Hours), dayChart(p, stats.Days)
	if stats.Decided > 0 {
		view.SLA = &views.DashboardSLA{
			Share:  p.T("dashboard.sla", 100*stats.DecidedInTime/stats.Decided),
			InTime: p.Count(stats.DecidedInTime), InTimeHref: p.Href(decidedTasksPath + "?in_time=true"),
			All: p.Count(stats.Decided), AllHref: p.Href(decidedTasksPath),
		}
	}
	names := u.namingOf(r, stats.LongestWaiting)
	for _, row := range stats.LongestWaiting {
		view.Longest = append(view.Longest, views.DashboardWait{
			Title: row.DefinitionTitle, Short: shortID(row.ID), Href: p.Href(instancePath(row.ID)),
			Why: u.whyBrief(r, p, names, row.Instance),
		})
	}
	for _, f := range stats.Failures {
		view.Failures = append(view.Failures, dashboardFailure(p, f, latest[f.Definition]))
	}
	return p, view, nil
}

// dashboardCounts gives the figures in the order of the page.
func dashboardCounts(p views.Page, s engine.Stats) []views.DashboardCount {
	count := func(key, state string, n int, path string) views.DashboardCount {
		return views.DashboardCount{Label: p.T("dashboard." + key), Value: p.Count(n), State: state, Some: n > 0, Href: p.Href(path)}
	}
	list := make([]views.DashboardCount, 0, 7)
	for _, status := range []workflow.Status{
		workflow.StatusRunning, workflow.StatusWaiting, workflow.StatusPaused, workflow.StatusFailed,
	} {
		list = append(list, count(string(status), string(status), s.ByStatus[status], instancesPath("status", string(status))))
	}
	overdue := count("overdue", "overdue", s.OverdueTasks, "/tasks/open?overdue=true")
	overdue.Value += plus(s.OverdueIsCapped)
	today := p.Now.UTC().Format(time.DateOnly)
	return append(list,
		count("tasks", "waiting", s.OpenTasks, "/tasks/open"),
		overdue,
		count("completed", "completed", s.CompletedToday, instancesPath("status", "completed", "completed_since", today)),
	)
}

// dashboardFailure names definition and step by their titles, as the latest
// version has them.
func dashboardFailure(p views.Page, f engine.FailureStats, def *workflow.Definition) views.DashboardFailure {
	title, step := f.Definition, f.Step
	if def != nil {
		title, step = def.Title, stepLabel(def, f.Step)
	}
	message := f.Message
	if utf8.RuneCountInString(message) == workflow.MaxFailure {
		message += "…" // as far as it counts
	}
	return views.DashboardFailure{
		Definition: title, Step: step, Message: message,
		Count: countLink(p, f.Count, title+": "+p.StateWord("failed"),
			"definition", f.Definition, "status", "failed", "failed_step", f.Step, "failed_with", f.Message),
	}
}

func countLink(p views.Page, n int, label string, query ...string) views.CountLink {
	return views.CountLink{Value: p.Count(n), Some: n > 0, Label: label, Href: p.Href(instancesPath(query...))}
}

// instancesPath is the list of instances with a query of names and values; an
// empty value asks for nothing.
func instancesPath(pairs ...string) string {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Add(pairs[i], pairs[i+1])
		}
	}
	return "/instances?" + query.Encode()
}

func instancePath(id uuid.UUID) string { return "/instances/" + id.String() }

func definitionPath(name string) string { return "/definitions/" + url.PathEscape(name) }

// shortID is the end of an id, whose beginning is its time.
func shortID(id uuid.UUID) string {
	text := id.String()
	return text[len(text)-8:]
}
