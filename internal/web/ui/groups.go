package ui

import (
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"tandem/internal/auth"
	"tandem/internal/form"
	"tandem/internal/views"
	"tandem/internal/web/guard"
)

func (u *UI) groupRoutes() []Route {
	admin := func(method, pattern string, handle Handler) Route {
		return Route{Method: method, Pattern: pattern, Guard: guard.Admins, Handle: handle}
	}
	const one = "/admin/groups/{name}"
	return []Route{
		admin(http.MethodGet, "/admin/groups", u.groups),
		admin(http.MethodPost, "/admin/groups", u.addGroup),
		admin(http.MethodGet, one, u.group),
		admin(http.MethodPost, one, u.saveGroup),
		admin(http.MethodPost, one+"/delete", u.deleteGroup),
		admin(http.MethodPost, one+"/members", u.addMember),
		admin(http.MethodPost, one+"/members/{login}/remove", u.removeMember),
	}
}

func groupPath(name string) string { return "/admin/groups/" + url.PathEscape(name) }

func (u *UI) groups(w http.ResponseWriter, r *http.Request) error {
	p := u.adminFrame(r, "group.title")
	p.Notice = noticeFor(p, r, map[string]string{"deleted": "group.deleted"})
	return u.showGroups(w, r, p, http.StatusOK, nil, faults{})
}

func (u *UI) showGroups(w http.ResponseWriter, r *http.Request, p views.Page, status int, typed url.Values, wrong faults) error {
	query := r.URL.Query()
	list, err := u.People.Groups(r.Context(), actor(r).Tenant, query.Get("cursor"), adminPage+1)
	if err != nil {
		return err
	}
	b := newBox(p, "add-group", "/admin/groups", typed, wrong)
	b.text("group", p.T("group.name"), p.T("group.name_help"), "", true)
	b.text("title", p.T("group.label"), p.T("group.label_help"), "", false)
	view := views.GroupsView{Add: b.done(p.T("group.add"), "", p.T("group.add_button"))}
	view.Add.Folded = true
	view.Pager, list = keyPager(p, "/admin/groups", query, list, func(g auth.Group) string { return g.Name })
	for _, g := range list {
		view.Rows = append(view.Rows, views.GroupRow{Name: g.Name, Title: g.Title, Href: p.Href(groupPath(g.Name)), Members: p.Count(g.Members)})
	}
	return render(w, r, status, views.GroupsPage(p, view))
}

func (u *UI) addGroup(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	name := trimmed(values, "group")
	err = u.People.SaveGroup(r.Context(), actor(r), name, values.Get("title"))
	if err == nil {
		return u.redirect(w, r, groupPath(name))
	}
	p := u.adminFrame(r, "group.title")
	wrong, ok := faultsOf(p, err, map[string]string{"name": "group"})
	if !ok {
		return u.failKeeping(w, r, values, err)
	}
	p.Problem = true
	return u.showGroups(w, r, p, wrong.status, values, wrong)
}

var groupNotices = map[string]string{"saved": "people.saved", "added": "group.added", "removed": "group.removed"}

func (u *UI) group(w http.ResponseWriter, r *http.Request) error {
	p := u.adminFrame(r, "group.title")
	p.Notice = noticeFor(p, r, groupNotices)
	return u.showGroup(w, r, p, http.StatusOK, nil, faults{})
}

func (u *UI) showGroup(w http.ResponseWriter, r *http.Request, p views.Page, status int, typed url.Values, wrong faults) error {
	g, err := u.People.Group(r.Context(), actor(r).Tenant, chi.URLParam(r, "name"))
	if err != nil {
		return err
	}
	query, path := r.URL.Query(), groupPath(g.Name)
	list, err := u.People.Users(r.Context(), auth.UserFilter{Tenant: g.Tenant, Group: g.Name, After: query.Get("cursor"), Limit: adminPage + 1})
	if err != nil {
		return err
	}
	p.Title = g.Title
	view := views.GroupView{Name: g.Name, Title: g.Title}
	if p.Problem && typed.Has("login") {
		view.Edit, view.Add = u.groupForms(p, g, nil, faults{}, typed, wrong)
	} else {
		view.Edit, view.Add = u.groupForms(p, g, typed, wrong, nil, faults{})
	}
	view.Delete = views.Confirm{
		ID: "delete", Label: p.T("group.delete"), Icon: "trash-2", Text: p.T("group.delete_text"), Action: p.Href(path + "/delete"), Danger: true,
	}
	view.Pager, list = keyPager(p, path, query, list, func(u auth.User) string { return u.Login })
	for _, person := range list {
		row := personRow(p, person)
		view.Members = append(view.Members, views.MemberRow{
			Login: row.Login, Name: row.Name, Href: row.Href, State: row.State,
			Remove: views.Act{Label: p.T("group.remove"), Action: p.Href(path + "/members/" + url.PathEscape(row.Login) + "/remove")},
		})
	}
	return render(w, r, status, views.GroupPage(p, view))
}

func (u *UI) groupForms(p views.Page, g auth.Group, title url.Values, titleWrong faults, member url.Values, memberWrong faults) (edit, add views.FormBox) {
	path := groupPath(g.Name)
	b := newBox(p, "edit-group", path, title, titleWrong)
	b.text("title", p.T("group.label"), p.T("group.label_help"), g.Title, false)
	edit = b.done("", "", p.T("people.save"))
	b = newBox(p, "add-member", path+"/members", member, memberWrong)
	b.add(form.Field{Kind: form.Text, Name: "login", Label: p.T("profile.login"), Required: true, Autocomplete: "off"})
	return edit, b.done(p.T("group.add_member"), "", p.T("group.add_member"))
}

func (u *UI) saveGroup(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	g, err := u.People.Group(r.Context(), actor(r).Tenant, chi.URLParam(r, "name"))
	if err == nil {
		err = u.People.SaveGroup(r.Context(), actor(r), g.Name, values.Get("title"))
	}
	return u.afterGroup(w, r, values, g.Name, "saved", err)
}

func (u *UI) addMember(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	name := chi.URLParam(r, "name")
	if _, err = u.People.Group(r.Context(), actor(r).Tenant, name); err != nil {
		return err
	}
	err = u.People.SetMember(r.Context(), actor(r), name, trimmed(values, "login"), true)
	return u.afterGroup(w, r, values, name, "added", err)
}

// afterGroup leads back to the group's page, or shows the form again.
func (u *UI) afterGroup(w http.ResponseWriter, r *http.Request, values url.Values, name, notice string, cause error) error {
	if cause == nil {
		return u.redirect(w, r, withNotice(groupPath(name), notice))
	}
	p := u.adminFrame(r, "group.title")
	wrong, ok := faultsOf(p, cause, nil)
	if !ok {
		return u.failKeeping(w, r, values, cause)
	}
	p.Problem, p.Current = true, groupPath(name)
	return u.showGroup(w, r, p, wrong.status, values, wrong)
}

func (u *UI) removeMember(w http.ResponseWriter, r *http.Request) error {
	name := chi.URLParam(r, "name")
	if _, err := u.People.Group(r.Context(), actor(r).Tenant, name); err != nil {
		return err
	}
	if err := u.People.SetMember(r.Context(), actor(r), name, chi.URLParam(r, "login"), false); err != nil {
		return err
	}
	return u.redirect(w, r, withNotice(groupPath(name), "removed"))
}

func (u *UI) deleteGroup(w http.ResponseWriter, r *http.Request) error {
	if err := u.People.DeleteGroup(r.Context(), actor(r), chi.URLParam(r, "name")); err != nil {
		return err
	}
	return u.redirect(w, r, withNotice("/admin/groups", "deleted"))
}
