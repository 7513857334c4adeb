package ui

import (
	"net/http"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

// openTasks lists all open tasks that the reader may see, also those of others.
func (u *UI) openTasks(w http.ResponseWriter, r *http.Request) error {
	p := u.page(r, "", views.NavDashboard)
	query := r.URL.Query()
	view := views.OpenTasksView{Overdue: query.Get("overdue") == "true", Title: p.T("dashboard.tasks")}
	filter := engine.TaskFilter{Statuses: []workflow.TaskStatus{workflow.TaskPending}, Now: p.Now}
	if view.Overdue {
		view.Title = p.T("dashboard.late")
		filter.Overdue = &view.Overdue
	}
	p.Title = view.Title
	found, err := u.Read.Tasks(r.Context(), actor(r), filter, engine.Paging{Cursor: query.Get("cursor"), Most: engine.ShownTotal})
	if err != nil {
		return err
	}
	names := u.naming(r)
	for _, t := range found.Items {
		view.Rows = append(view.Rows, views.OpenTask{
			Title: t.Title, Href: p.Href(taskPath(t.ID)), State: taskBadge(p, t.Task), Who: names.waitsFor(p, t.Task),
			Definition: t.DefinitionTitle, InstanceHref: p.Href(instancePath(t.InstanceID)), Short: shortID(t.InstanceID),
			Due: momentOf(p, t.DueAt), Created: p.Moment(t.CreatedAt),
		})
	}
	view.Pager = pagerOf(p, found, "/tasks/open", query)
	return render(w, r, http.StatusOK, views.OpenTasksPage(p, view))
}
