package ui

import (
	"net/http"
	"net/url"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

// decidedTasksPath is the list of what the dashboard's share of decisions in time
// counts.
const decidedTasksPath = "/tasks/decided"

// decidedTasks lists the tasks with a due time that were decided in the days
// which the dashboard shows: all, those in time, or those too late.
func (u *UI) decidedTasks(w http.ResponseWriter, r *http.Request) error {
	p := u.page(r, "", views.NavDashboard)
	p.Title = p.T("decided.title")
	since := engine.StatsWeek(p.Now)
	filter := engine.TaskFilter{Statuses: []workflow.TaskStatus{workflow.TaskCompleted}, DecidedSince: &since, Now: p.Now}
	query, asked := url.Values{}, r.URL.Query().Get("in_time")
	if asked == "true" || asked == "false" {
		query.Set("in_time", asked)
		inTime := asked == "true"
		filter.InTime = &inTime
	}
	view := views.DecidedTasksView{Tabs: []views.InboxTab{
		{Label: p.T("decided.all"), Href: p.Href(decidedTasksPath), Current: filter.InTime == nil},
		{Label: p.T("decided.in_time"), Href: p.Href(decidedTasksPath + "?in_time=true"), Current: asked == "true"},
		{Label: p.T("decided.late"), Href: p.Href(decidedTasksPath + "?in_time=false"), Current: asked == "false"},
	}}
	cursor := r.URL.Query().Get("cursor")
	found, err := u.Read.Tasks(r.Context(), actor(r), filter, engine.Paging{Cursor: cursor, Most: engine.ShownTotal})
	if err != nil {
		return err
	}
	names := u.naming(r)
	names.know(decidersOf(found.Items)...)
	for _, t := range found.Items {
		view.Rows = append(view.Rows, views.DecidedTask{
			Title: t.Title, Href: p.Href(taskPath(t.ID)), Definition: t.DefinitionTitle, By: names.of(t.CompletedBy),
			Due: momentOf(p, t.DueAt), At: momentOf(p, t.CompletedAt), Late: t.CompletedAt.After(*t.DueAt),
		})
	}
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	view.Pager = pagerOf(p, found, decidedTasksPath, query)
	return render(w, r, http.StatusOK, views.DecidedTasksPage(p, view))
}

func decidersOf(tasks []engine.TaskRow) (logins []string) {
	for _, t := range tasks {
		logins = append(logins, t.CompletedBy)
	}
	return logins
}
