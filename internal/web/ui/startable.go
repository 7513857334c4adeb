package ui

import (
	"net/http"
	"strings"

	"tandem/internal/engine"
	"tandem/internal/views"
)

// showStartable lists what the person may start.
func (u *UI) showStartable(w http.ResponseWriter, r *http.Request) error {
	p := u.page(r, "", views.NavInbox)
	p.Title = p.T("startable.title")
	query := r.URL.Query()
	view := views.StartableView{Query: strings.TrimSpace(query.Get("q"))}
	found, err := u.Read.Definitions(r.Context(), actor(r), engine.DefinitionFilter{Query: view.Query}, engine.Paging{Cursor: query.Get("cursor")})
	if err != nil {
		return err
	}
	for _, d := range found.Items {
		def, err := u.Engine.Definition(r.Context(), actor(r), d.Name, d.Version)
		if err != nil || !def.MayStart(actor(r)) {
			continue // not his to start, or gone meanwhile
		}
		row := views.Startable{Title: def.Title, Href: p.Href(definitionPath(d.Name) + "/start")}
		if first, _, _ := strings.Cut(strings.TrimSpace(def.Description), "\n\n"); first != "" {
			row.Text = markdown(first)
		}
		view.Rows = append(view.Rows, row)
	}
	pager := pagerOf(p, found, "/start", query)
	view.First, view.Next = pager.First, pager.Next
	return render(w, r, http.StatusOK, views.StartablePage(p, view))
}
