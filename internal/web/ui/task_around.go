package ui

import (
	"net/http"

	"tandem/internal/views"
)

// showAround shows where a task stands in its workflow and what has happened so
// far; the task's page fetches a short form of it.
func (u *UI) showAround(w http.ResponseWriter, r *http.Request) error {
	t, err := u.task(r)
	if err != nil {
		return err
	}
	read, err := u.readInstance(r, t.InstanceID)
	if err != nil {
		return err
	}
	p := u.taskPage(r, t)
	p.Title = p.T("around.title", t.Title)
	view := views.TaskAroundView{Title: t.Title, Href: p.Href(t.path), Graph: read.graph(p), History: read.history(p)}
	view.Graph.Live = true
	if isFragment(r) {
		view.Graph.Small = true
		return render(w, r, http.StatusOK, views.TaskAround(p, view))
	}
	return render(w, r, http.StatusOK, views.TaskAroundPage(p, view))
}
