package ui

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tandem/internal/auth"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

func (u *UI) roleRoutes() []Route {
	return []Route{{Method: http.MethodGet, Pattern: "/admin/roles", Guard: guard.Admins, Handle: u.roles}}
}

// roles shows which role may open and use what, from the guards of the pages
// themselves, and who has it.
func (u *UI) roles(w http.ResponseWriter, r *http.Request) error {
	p := u.adminFrame(r, "roles.title")
	var view views.RolesView
	for _, role := range workflow.Roles() {
		n, err := u.People.CountUsers(r.Context(), auth.UserFilter{Tenant: actor(r).Tenant, Role: role})
		if err != nil {
			return err
		}
		view.Roles = append(view.Roles, views.RoleRow{
			Name: p.T("role." + string(role)), Code: string(role), About: p.T("roles.about." + string(role)),
			People: p.N("roles.people", n), Href: p.Href("/admin/users?" + url.Values{"role": {string(role)}}.Encode()),
		})
	}
	view.Areas = areasOf(p, u.Routes())
	return render(w, r, http.StatusOK, views.RolesPage(p, view))
}

// areasOf gathers routes by the beginning of their addresses and says for each
// role what their guards let it do.
func areasOf(p views.Page, routes []Route) []views.AreaRow {
	type reach struct{ look, change bool }
	found := map[string][]reach{}
	for _, route := range routes {
		area := areaOf(route.Pattern)
		if found[area] == nil {
			found[area] = make([]reach, len(workflow.Roles()))
		}
		for i, role := range workflow.Roles() {
			if route.Guard.Check(workflow.Actor{ID: "x", Roles: []workflow.Role{role}}, true) != nil {
				continue
			}
			if route.Method == http.MethodGet {
				found[area][i].look = true
			} else {
				found[area][i].change = true
			}
		}
	}
	var areas []views.AreaRow
	for area, reached := range found {
		row := views.AreaRow{Path: area}
		for _, can := range reached {
			word := "roles.none"
			switch {
			case can.look && can.change:
				word = "roles.both"
			case can.change:
				word = "roles.change"
			case can.look:
				word = "roles.look"
			}
			row.May = append(row.May, p.T(word))
		}
		areas = append(areas, row)
	}
	slices.SortFunc(areas, func(a, b views.AreaRow) int { return strings.Compare(a.Path, b.Path) })
	return areas
}

// areaOf is the beginning of an address: of those of administration two parts,
// else one.
func areaOf(pattern string) string {
	parts := strings.Split(strings.TrimPrefix(pattern, "/"), "/")
	if parts[0] == "admin" && len(parts) > 1 {
		return "/admin/" + parts[1]
	}
	return "/" + parts[0]
}
