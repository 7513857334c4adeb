package ui

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

// openTasksPath is the list of all open tasks.
const openTasksPath = "/tasks/open"

// openTaskKeys are the parameters of an address that narrow the list.
var openTaskKeys = []string{"overdue", "assignee", "group", "definition", "q"}

// openTasks lists all open tasks that the reader may see, also those of others.
func (u *UI) openTasks(w http.ResponseWriter, r *http.Request) error {
	p := u.page(r, "", views.NavDashboard)
	p.Notice = noticeOf(p, r)
	query, cursor := url.Values{}, r.URL.Query().Get("cursor")
	for _, key := range openTaskKeys {
		if values := given(r.URL.Query()[key]); len(values) > 0 {
			query[key] = values
		}
	}
	view := views.OpenTasksView{
		Overdue: query.Get("overdue") == "true", Title: p.T("dashboard.tasks"), Query: query.Get("q"), Filtered: len(query) > 0,
		Assignee: strings.Join(query["assignee"], " "), Group: strings.Join(query["group"], " "),
	}
	filter := engine.TaskFilter{
		Statuses: []workflow.TaskStatus{workflow.TaskPending}, Now: p.Now, Query: view.Query,
		Assignees: query["assignee"], Groups: query["group"], DefinitionNames: query["definition"],
	}
	if view.Overdue {
		view.Title = p.T("dashboard.late")
		filter.Overdue = &view.Overdue
	}
	p.Title = view.Title
	var err error
	if view.Definitions, err = u.definitionChoices(r); err != nil {
		return err
	}
	found, err := u.Read.Tasks(r.Context(), actor(r), filter, engine.Paging{Cursor: cursor, Most: engine.ShownTotal})
	if err != nil {
		return err
	}
	names := u.naming(r)
	for _, t := range found.Items {
		view.Rows = append(view.Rows, u.openTask(r, p, names, t))
	}
	if slices.ContainsFunc(view.Rows, func(t views.OpenTask) bool { return t.Pick != "" }) {
		view.Give, view.Back = p.Href("/tasks/reassign"), openTasksPath+"?"+query.Encode()
	}
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	view.Pager = pagerOf(p, found, openTasksPath, query)
	return render(w, r, http.StatusOK, views.OpenTasksPage(p, view))
}

func (u *UI) openTask(r *http.Request, p views.Page, names *naming, t engine.TaskRow) views.OpenTask {
	row := views.OpenTask{
		Title: t.Title, Href: p.Href(taskPath(t.ID)), State: taskBadge(p, t.Task), Who: names.waitsFor(p, t.Task),
		Definition: t.DefinitionTitle, InstanceHref: p.Href(instancePath(t.InstanceID)), Short: shortID(t.InstanceID),
		Due: momentOf(p, t.DueAt), Created: p.Moment(t.CreatedAt),
	}
	if u.mayGive(r, t) {
		row.Pick = t.ID.String() + "." + strconv.FormatInt(t.Version, 10)
	}
	return row
}
