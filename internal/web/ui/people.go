package ui

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"tandem/internal/auth"
	"tandem/internal/form"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

// adminPage is how many rows a list of administration has.
const adminPage = 50

func (u *UI) peopleRoutes() []Route {
	admin := func(method, pattern string, handle Handler) Route {
		return Route{Method: method, Pattern: pattern, Guard: guard.Admins, Handle: handle}
	}
	const one = "/admin/users/{login}"
	return []Route{
		admin(http.MethodGet, "/admin", func(w http.ResponseWriter, r *http.Request) error { return u.redirect(w, r, "/admin/users") }),
		admin(http.MethodGet, "/admin/users", u.people),
		admin(http.MethodPost, "/admin/users", u.addPerson),
		admin(http.MethodGet, one, u.person),
		admin(http.MethodPost, one, u.savePerson),
		admin(http.MethodPost, one+"/link", u.linkPerson),
		admin(http.MethodPost, one+"/enable", u.enablePerson),
		admin(http.MethodPost, one+"/disable", u.disablePerson),
		admin(http.MethodPost, one+"/delete", u.deletePerson),
		admin(http.MethodPost, one+"/second-factor/reset", u.resetSecondFactor),
		admin(http.MethodPost, one+"/sessions/end", u.endPersonsSessions),
		admin(http.MethodPost, one+"/sessions/{id}/end", u.endPersonsSession),
	}
}

func (u *UI) adminFrame(r *http.Request, title string) views.Page {
	p := u.page(r, "", views.NavAdmin)
	p.Title = p.T(title)
	return p
}

func (u *UI) people(w http.ResponseWriter, r *http.Request) error {
	p := u.adminFrame(r, "people.title")
	view, err := u.peopleView(p, r, nil, faults{})
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.PeoplePage(p, view))
}

func (u *UI) peopleView(p views.Page, r *http.Request, typed url.Values, wrong faults) (view views.PeopleView, err error) {
	query := r.URL.Query()
	f := auth.UserFilter{
		Tenant: actor(r).Tenant, Query: clip(trimmed(query, "q"), maxLoginShown), Group: trimmed(query, "group"),
		Deleted: query.Get("deleted") != "", After: query.Get("cursor"), Limit: adminPage + 1,
	}
	if role := workflow.Role(query.Get("role")); slices.Contains(workflow.Roles(), role) {
		f.Role = role
	}
	list, err := u.People.Users(r.Context(), f)
	if err != nil {
		return view, err
	}
	groups, err := u.People.Groups(r.Context(), f.Tenant, "", maxChoices)
	if err != nil {
		return view, err
	}
	view = views.PeopleView{Query: f.Query, Deleted: f.Deleted, Add: u.addPersonForm(p, groups, typed, wrong)}
	for _, role := range workflow.Roles() {
		view.Roles = append(view.Roles, views.FilterChoice{Value: string(role), Label: p.T("role." + string(role)), Chosen: f.Role == role})
	}
	for _, g := range groups {
		view.Groups = append(view.Groups, views.FilterChoice{Value: g.Name, Label: g.Title, Chosen: f.Group == g.Name})
	}
	view.Pager, list = keyPager(p, "/admin/users", query, list, func(u auth.User) string { return u.Login })
	for _, person := range list {
		view.Rows = append(view.Rows, personRow(p, person))
	}
	return view, nil
}

// maxChoices bounds how many groups are offered as choices.
const maxChoices = 200

// keyPager cuts the row that is beyond a page off and leads to it.
func keyPager[T any](p views.Page, path string, query url.Values, list []T, key func(T) string) (views.Pager, []T) {
	at := func(cursor string) string {
		next := url.Values{}
		for name, values := range query {
			if name != "cursor" && name != "notice" {
				next[name] = values
			}
		}
		if cursor != "" {
			next.Set("cursor", cursor)
		}
		if len(next) == 0 {
			return p.Href(path)
		}
		return p.Href(path + "?" + next.Encode())
	}
	var pager views.Pager
	if len(list) > adminPage {
		list = list[:adminPage]
		pager.Next = at(key(list[adminPage-1]))
	}
	if query.Get("cursor") != "" {
		pager.First = at("")
	}
	pager.Shown = len(list)
	return pager, list
}

func personPath(login string) string { return "/admin/users/" + url.PathEscape(login) }

func personRow(p views.Page, u auth.User) views.PersonRow {
	row := views.PersonRow{
		Login: u.Login, Name: u.Name, Href: p.Href(personPath(u.Login)), Groups: u.Groups,
		State: p.PersonState(personState(u)), Since: p.Moment(u.CreatedAt),
	}
	for _, role := range u.Roles {
		row.Roles = append(row.Roles, p.T("role."+string(role)))
	}
	return row
}

func personState(u auth.User) string {
	switch {
	case u.DeletedAt != nil:
		return "deleted"
	case u.DisabledAt != nil:
		return "disabled"
	case u.PasswordHash == "" && u.Home == "":
		return "invited"
	}
	return "active"
}

func groupOptions(groups []auth.Group, in []string) []form.Option {
	var options []form.Option
	known := map[string]bool{}
	for _, g := range groups {
		known[g.Name] = true
		options = append(options, form.Option{Value: g.Name, Label: g.Title, Selected: slices.Contains(in, g.Name)})
	}
	for _, name := range in {
		if !known[name] {
			options = append(options, form.Option{Value: name, Label: name, Selected: true})
		}
	}
	return options
}

func (u *UI) addPersonForm(p views.Page, groups []auth.Group, typed url.Values, wrong faults) views.FormBox {
	b := newBox(p, "add-person", "/admin/users", typed, wrong)
	b.add(form.Field{Kind: form.Text, Name: "login", Label: p.T("profile.login"), Help: p.T("people.login_help"), Required: true, Autocomplete: "off"})
	b.text("name", p.T("profile.name"), "", "", false)
	b.add(form.Field{Kind: form.Email, Name: "email", Label: p.T("people.email")})
	b.choices(form.Checkboxes, "roles", p.T("profile.roles"), "", true, roleOptions(p, []workflow.Role{workflow.RoleUser}))
	b.choices(form.Checkboxes, "groups", p.T("profile.groups"), "", false, groupOptions(groups, nil))
	b.text("new_groups", p.T("people.new_groups"), p.T("people.new_groups_hp"), "", false)
	f := b.done(p.T("people.add"), p.T("people.add_text"), p.T("people.add_button"))
	f.Folded = true
	return f
}

// chosenRoles and chosenGroups read what a form has chosen.
func chosenRoles(values url.Values) []workflow.Role {
	roles := []workflow.Role{}
	for _, name := range given(values["roles"]) {
		roles = append(roles, workflow.Role(name))
	}
	return roles
}

func chosenGroups(values url.Values) []string {
	groups := []string{}
	for _, name := range values["groups"] {
		if name != "" {
			groups = append(groups, name)
		}
	}
	return append(groups, given(strings.Split(values.Get("new_groups"), ","))...)
}

// groupsAt says what is wrong with a person's groups at the field for names.
var groupsAt = map[string]string{"groups": "new_groups"}

func (u *UI) addPerson(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	roles := chosenRoles(values)
	n := auth.NewUser{Login: trimmed(values, "login"), Name: trimmed(values, "name"), Email: trimmed(values, "email"), Groups: chosenGroups(values), Roles: roles}
	if len(roles) == 0 {
		err = noRole()
	} else {
		_, err = u.People.CreateUser(r.Context(), actor(r), n)
	}
	if err != nil {
		return u.refusePerson(w, r, values, err)
	}
	return u.showLink(w, r, n.Login)
}

// noRole refuses a form in which no role is chosen.
func noRole() error {
	e := workflow.Errorf(workflow.KindInvalid, workflow.ErrInvalidInput.Code, "Choose at least one role.")
	e.Fields = []workflow.Problem{{Pointer: "/roles", Code: "required", Message: e.Message}}
	return e
}

func (u *UI) refusePerson(w http.ResponseWriter, r *http.Request, values url.Values, cause error) error {
	p := u.adminFrame(r, "people.title")
	wrong, ok := faultsOf(p, cause, groupsAt)
	if !ok {
		return u.failKeeping(w, r, values, cause)
	}
	p.Problem = true
	view, err := u.peopleView(p, r, values, wrong)
	if err != nil {
		return err
	}
	return render(w, r, wrong.status, views.PeoplePage(p, view))
}

func (u *UI) person(w http.ResponseWriter, r *http.Request) error {
	p, view, err := u.personView(r, nil, faults{})
	if err != nil {
		return err
	}
	p.Notice = noticeFor(p, r, personNotices)
	return render(w, r, http.StatusOK, views.PersonPage(p, view))
}

var personNotices = map[string]string{
	"factor_reset": "factor.reset_done", "saved": "people.saved", "enabled": "people.enabled", "disabled": "people.disabled", "deleted": "people.gone",
	"session_ended": "session.ended", "sessions_ended": "session.all_ended", "token_revoked": "token.revoked",
}

func (u *UI) personView(r *http.Request, typed url.Values, wrong faults) (p views.Page, view views.PersonView, err error) {
	p = u.adminFrame(r, "people.title")
	person, err := u.People.User(r.Context(), actor(r).Tenant, chi.URLParam(r, "login"))
	if err != nil {
		return p, view, err
	}
	p.Title = person.Name
	view = views.PersonView{
		Login: person.Login, Name: person.Name, State: p.PersonState(personState(person)),
		Since: p.Moment(person.CreatedAt), Closed: person.DeletedAt != nil,
	}
	if view.Tokens, err = u.tokensView(p, r, person.Login, personPath(person.Login)); err != nil || view.Closed {
		return p, view, err
	}
	groups, err := u.People.Groups(r.Context(), person.Tenant, "", maxChoices)
	if err != nil {
		return p, view, err
	}
	view.Edit = u.editPersonForm(p, person, groups, typed, wrong)
	view.Acts, view.Confirms = personActs(p, person)
	if err := u.addSecondFactor(p, r, person.Login, &view); err != nil {
		return p, view, err
	}
	view.Sessions, err = u.sessionsView(p, r, person.Login, personPath(person.Login))
	return p, view, err
}

func (u *UI) editPersonForm(p views.Page, person auth.User, groups []auth.Group, typed url.Values, wrong faults) views.FormBox {
	b := newBox(p, "edit-person", personPath(person.Login), typed, wrong)
	b.text("name", p.T("profile.name"), "", person.Name, true)
	b.add(form.Field{Kind: form.Email, Name: "email", Label: p.T("people.email"), Value: person.Email})
	b.choices(form.Checkboxes, "roles", p.T("profile.roles"), "", true, roleOptions(p, person.Roles))
	b.choices(form.Checkboxes, "groups", p.T("profile.groups"), "", false, groupOptions(groups, person.Groups))
	b.text("new_groups", p.T("people.new_groups"), p.T("people.new_groups_hp"), "", false)
	return b.done(p.T("people.edit"), "", p.T("people.save"))
}

func personActs(p views.Page, person auth.User) (acts []views.Act, confirms []views.Confirm) {
	path := p.Href(personPath(person.Login))
	if person.DisabledAt != nil {
		acts = append(acts, views.Act{Label: p.T("people.enable"), Icon: "circle-check", Action: path + "/enable"})
	} else {
		if person.Home == "" {
			acts = append(acts, views.Act{Label: p.T("people.link"), Icon: "key-round", Action: path + "/link"})
		}
		confirms = append(confirms, views.Confirm{
			ID: "disable", Label: p.T("people.disable"), Icon: "ban", Text: p.T("people.disable_text"), Action: path + "/disable",
		})
	}
	return acts, append(confirms, views.Confirm{
		ID: "delete", Label: p.T("people.delete"), Icon: "trash-2", Text: p.T("people.delete_text"), Button: p.T("people.delete_button"),
		Action: path + "/delete", Danger: true,
	})
}

func (u *UI) savePerson(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	login, roles, groups := chi.URLParam(r, "login"), chosenRoles(values), chosenGroups(values)
	name, email := trimmed(values, "name"), trimmed(values, "email")
	err = u.People.UpdateUser(r.Context(), actor(r), login, auth.Change{Name: &name, Email: &email, Roles: roles, Groups: &groups})
	if err == nil {
		return u.redirect(w, r, withNotice(personPath(login), "saved"))
	}
	return u.refuseEdit(w, r, values, err)
}

func (u *UI) refuseEdit(w http.ResponseWriter, r *http.Request, values url.Values, cause error) error {
	wrong, ok := faultsOf(u.failurePage(r), cause, groupsAt)
	if !ok || workflow.KindOf(cause) == workflow.KindNotFound {
		return u.failKeeping(w, r, values, cause)
	}
	p, view, err := u.personView(r, values, wrong)
	if err != nil {
		return err
	}
	p.Problem = true
	return render(w, r, wrong.status, views.PersonPage(p, view))
}

func (u *UI) linkPerson(w http.ResponseWriter, r *http.Request) error {
	return u.showLink(w, r, chi.URLParam(r, "login"))
}

// showLink makes a link with which a person sets a password and shows it, this
// once, on his page.
func (u *UI) showLink(w http.ResponseWriter, r *http.Request, login string) error {
	link, secret, err := u.People.Invite(r.Context(), actor(r), login)
	if err != nil {
		return err
	}
	chi.RouteContext(r.Context()).URLParams.Add("login", login)
	p, view, err := u.personView(r, nil, faults{})
	if err != nil {
		return err
	}
	p.Current = personPath(login)
	view.Shown = &views.Shown{
		Title: p.T("people.link_title"), Text: p.T("people.link_text", p.Moment(link.ExpiresAt).Exact),
		Value: u.PublicURL + "/welcome?token=" + secret,
	}
	return render(w, r, http.StatusOK, views.PersonPage(p, view))
}

func (u *UI) enablePerson(w http.ResponseWriter, r *http.Request) error {
	return u.setDisabled(w, r, false, "enabled")
}

func (u *UI) disablePerson(w http.ResponseWriter, r *http.Request) error {
	return u.setDisabled(w, r, true, "disabled")
}

func (u *UI) setDisabled(w http.ResponseWriter, r *http.Request, off bool, notice string) error {
	return u.onPerson(w, r, notice, func(ctx context.Context, login string) error {
		return u.People.UpdateUser(ctx, actor(r), login, auth.Change{Disabled: &off})
	})
}

func (u *UI) deletePerson(w http.ResponseWriter, r *http.Request) error {
	return u.onPerson(w, r, "deleted", func(ctx context.Context, login string) error { return u.People.DeleteUser(ctx, actor(r), login) })
}

func (u *UI) endPersonsSessions(w http.ResponseWriter, r *http.Request) error {
	return u.onPerson(w, r, "sessions_ended", func(ctx context.Context, login string) error {
		if _, err := u.People.User(ctx, actor(r).Tenant, login); err != nil {
			return err
		}
		_, err := u.People.EndSessions(ctx, actor(r), login, uuid.Nil)
		return err
	})
}

func (u *UI) endPersonsSession(w http.ResponseWriter, r *http.Request) error {
	return u.onPerson(w, r, "session_ended", func(ctx context.Context, login string) error {
		id, err := uuid.Parse(chi.URLParam(r, "id"))
		if err != nil {
			return auth.ErrSessionNotFound
		}
		return u.People.EndSession(ctx, actor(r), login, id)
	})
}

// onPerson does something to the person of the address and leads back to his
// page.
func (u *UI) onPerson(w http.ResponseWriter, r *http.Request, notice string, do func(ctx context.Context, login string) error) error {
	login := chi.URLParam(r, "login")
	if err := do(r.Context(), login); err != nil {
		return err
	}
	return u.redirect(w, r, withNotice(personPath(login), notice))
}
