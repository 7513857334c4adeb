package ui

import (
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"tandem/internal/auth"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

// viewRoutes lists the forms of saved views.
func (u *UI) viewRoutes() []Route {
	return []Route{
		{Method: http.MethodPost, Pattern: "/instances/views", Guard: guard.SignedIn, Handle: u.saveView},
		{Method: http.MethodPost, Pattern: "/instances/views/{id}/delete", Guard: guard.SignedIn, Handle: u.deleteView},
	}
}

// savedViews lists what the reader may choose, and whether the present filter is
// one of them.
func (u *UI) savedViews(r *http.Request, p views.Page) (views.SavedViews, error) {
	found, err := u.People.Views(r.Context(), actor(r))
	if err != nil {
		return views.SavedViews{}, err
	}
	here := narrowing(listQuery(r)).Encode()
	s := views.SavedViews{Query: here, Action: p.Href("/instances/views"), MaxName: auth.MaxViewName}
	names := u.naming(r)
	for _, v := range found {
		one := views.SavedView{Name: v.Name, Href: p.Href("/instances?" + v.Query), Current: v.Query == here, Shared: v.Shared}
		if v.Login != actor(r).ID {
			one.By = names.of(v.Login)
		}
		if v.Login == actor(r).ID || actor(r).Is(workflow.RoleOperator) {
			one.Delete = p.Href("/instances/views/" + v.ID.String() + "/delete")
		}
		s.List = append(s.List, one)
	}
	return s, nil
}

func (u *UI) saveView(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	query, err := url.ParseQuery(values.Get("query"))
	if err != nil {
		return workflow.Errorf(workflow.KindMalformed, "bad_form", "The form cannot be read. Go back and send it again.")
	}
	kept := narrowing(query).Encode()
	if _, err := u.People.SaveView(r.Context(), actor(r), values.Get("name"), kept, values.Get("shared") == "true"); err != nil {
		return err
	}
	return u.redirect(w, r, withNotice("/instances?"+kept, "view_saved"))
}

func (u *UI) deleteView(w http.ResponseWriter, r *http.Request) error {
	text, err := pathValue(r, "id")
	if err != nil {
		return err
	}
	id, err := uuid.Parse(text)
	if err != nil {
		return auth.ErrViewNotFound
	}
	if err := u.People.DeleteView(r.Context(), actor(r), id); err != nil {
		return err
	}
	return u.redirect(w, r, withNotice("/instances", "view_deleted"))
}
