package ui

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-chi/chi/v5"

	"tandem/internal/auth"
	"tandem/internal/form"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

const tenantsPath = "/admin/tenants"

func (u *UI) tenantRoutes() []Route {
	server := func(method, pattern string, handle Handler) Route {
		return Route{Method: method, Pattern: tenantsPath + pattern, Guard: guard.Servers, Handle: handle}
	}
	return []Route{
		{Method: http.MethodPost, Pattern: "/tenant", Guard: guard.SignedIn, Handle: u.switchTenant},
		server(http.MethodGet, "", u.tenants),
		server(http.MethodPost, "", u.addTenant),
		server(http.MethodGet, "/{name}", u.tenant),
		server(http.MethodPost, "/{name}", u.saveTenant),
		server(http.MethodPost, "/{name}/close", u.closeTenant(true, "closed")),
		server(http.MethodPost, "/{name}/open", u.closeTenant(false, "opened")),
		server(http.MethodPost, "/{name}/members", u.addGuest),
		server(http.MethodPost, "/{name}/members/{login}/remove", u.removeGuest),
	}
}

func tenantPath(name string) string { return tenantsPath + "/" + url.PathEscape(name) }

// showTenants tells the frame which other tenants the person may switch to.
func (u *UI) showTenants(p *views.Page, a workflow.Actor) {
	if len(a.Tenants) == 0 {
		return
	}
	p.User.Tenant = a.Tenant
	for _, t := range a.Tenants {
		p.User.Tenants = append(p.User.Tenants, views.TenantChoice{Name: t.Name, Title: t.Title})
	}
}

// switchTenant goes on in another tenant, under a session token of its own. It
// leads to the start page: what was open belongs to the tenant that was left.
func (u *UI) switchTenant(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	there, err := u.People.Switch(r.Context(), actor(r), trimmed(values, "tenant"))
	if err != nil {
		return err
	}
	if err := u.Sessions.Switch(w, r, there); err != nil {
		return err
	}
	return u.redirect(w, r, "/")
}

func (u *UI) tenants(w http.ResponseWriter, r *http.Request) error {
	return u.showTenantList(w, r, u.adminFrame(r, "tenant.title"), http.StatusOK, nil, faults{})
}

func (u *UI) showTenantList(w http.ResponseWriter, r *http.Request, p views.Page, status int, typed url.Values, wrong faults) error {
	query := r.URL.Query()
	list, err := u.People.Tenants(r.Context(), actor(r), query.Get("cursor"), adminPage+1)
	if err != nil {
		return err
	}
	b := newBox(p, "add-tenant", tenantsPath, typed, wrong)
	b.text("tenant", p.T("tenant.name"), p.T("tenant.name_help"), "", true)
	b.text("title", p.T("tenant.label"), p.T("tenant.label_help"), "", false)
	view := views.TenantsView{Add: b.done(p.T("tenant.add"), "", p.T("tenant.add_button"))}
	view.Add.Folded = true
	view.Pager, list = keyPager(p, tenantsPath, query, list, func(t auth.Tenant) string { return t.Name })
	for _, t := range list {
		view.Rows = append(view.Rows, tenantRow(p, t))
	}
	return render(w, r, status, views.TenantsPage(p, view))
}

func tenantRow(p views.Page, t auth.Tenant) views.TenantRow {
	return views.TenantRow{
		Name: t.Name, Title: t.Title, Href: p.Href(tenantPath(t.Name)), State: p.TenantState(t.DeactivatedAt != nil),
		Live: p.Allow(t.Usage.Live, t.Limits.Live), Definitions: p.Allow(t.Usage.Definitions, t.Limits.Definitions),
		Users: p.Allow(t.Usage.Users, t.Limits.Users), Storage: p.AllowBytes(t.Usage.Storage, t.Limits.Storage),
	}
}

func (u *UI) addTenant(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	name := trimmed(values, "tenant")
	_, err = u.People.CreateTenant(r.Context(), actor(r), name, values.Get("title"), workflow.TenantLimits{})
	if err == nil {
		return u.redirect(w, r, tenantPath(name))
	}
	p := u.adminFrame(r, "tenant.title")
	wrong, ok := faultsOf(p, err, map[string]string{"name": "tenant"})
	if !ok {
		return u.failKeeping(w, r, values, err)
	}
	p.Problem = true
	return u.showTenantList(w, r, p, wrong.status, values, wrong)
}

var tenantNotices = map[string]string{
	"saved": "tenant.saved", "closed": "tenant.was_closed", "opened": "tenant.was_opened",
	"added": "tenant.member_added", "removed": "tenant.member_removed",
}

// typedTenant is a form of a tenant's page that is shown again.
type typedTenant struct {
	member bool // the one that lets somebody in
	values url.Values
	wrong  faults
}

func (u *UI) tenant(w http.ResponseWriter, r *http.Request) error {
	p := u.adminFrame(r, "tenant.title")
	p.Notice = noticeFor(p, r, tenantNotices)
	return u.showTenant(w, r, p, http.StatusOK, typedTenant{})
}

func (u *UI) showTenant(w http.ResponseWriter, r *http.Request, p views.Page, status int, typed typedTenant) error {
	t, err := u.People.Tenant(r.Context(), actor(r), chi.URLParam(r, "name"))
	if err != nil {
		return err
	}
	guests, err := u.People.Guests(r.Context(), actor(r), t.Name)
	if err != nil {
		return err
	}
	p.Title = t.Title
	view := views.TenantView{TenantRow: tenantRow(p, t), Since: p.Moment(t.CreatedAt), Toggle: tenantToggle(p, t)}
	var edit, add typedTenant
	if typed.member {
		add = typed
	} else {
		edit = typed
	}
	view.Edit = tenantForm(p, t, edit)
	b := newBox(p, "add-member", tenantPath(t.Name)+"/members", add.values, add.wrong)
	b.text("home", p.T("tenant.home"), "", workflow.DefaultTenant, true)
	b.add(form.Field{Kind: form.Text, Name: "login", Label: p.T("profile.login"), Required: true, Autocomplete: "off"})
	b.choices(form.Checkboxes, "roles", p.T("profile.roles"), "", true, roleOptions(p, []workflow.Role{workflow.RoleUser}))
	view.Add = b.done(p.T("tenant.add_member"), "", p.T("tenant.add_member"))
	for _, g := range guests {
		view.Members = append(view.Members, guestRow(p, t.Name, g))
	}
	return render(w, r, status, views.TenantPage(p, view))
}

func guestRow(p views.Page, tenant string, g auth.User) views.GuestRow {
	person := personRow(p, g)
	row := views.GuestRow{Login: g.Login, Name: g.Name, Home: g.Home, Roles: person.Roles, State: person.State}
	if g.DisabledAt == nil {
		row.Remove = &views.Act{Label: p.T("tenant.remove"), Action: p.Href(tenantPath(tenant) + "/members/" + url.PathEscape(g.Login) + "/remove")}
	}
	return row
}

func tenantToggle(p views.Page, t auth.Tenant) *views.Confirm {
	path := p.Href(tenantPath(t.Name))
	switch {
	case t.Name == workflow.DefaultTenant:
		return nil
	case t.DeactivatedAt != nil:
		return &views.Confirm{ID: "open", Label: p.T("tenant.reopen"), Icon: "circle-check", Text: p.T("tenant.reopen_text"), Action: path + "/open"}
	}
	return &views.Confirm{ID: "close", Label: p.T("tenant.close"), Icon: "ban", Text: p.T("tenant.close_text"), Action: path + "/close", Danger: true}
}

// mebibyte is the unit in which the page gives the limit of storage.
const mebibyte = 1 << 20

func tenantForm(p views.Page, t auth.Tenant, typed typedTenant) views.FormBox {
	b := newBox(p, "edit-tenant", tenantPath(t.Name), typed.values, typed.wrong)
	b.text("title", p.T("tenant.label"), "", t.Title, true)
	limit := func(name, label, help string, value *int) {
		f := form.Field{Kind: form.Integer, Name: name, Label: label, Help: help, Min: "0"}
		if value != nil {
			f.Value = strconv.Itoa(*value)
		}
		b.add(f)
	}
	limit("live", p.T("tenant.max_live"), "", t.Limits.Live)
	limit("starts", p.T("tenant.max_starts"), p.T("tenant.max_starts_hp"), t.Limits.Starts)
	limit("definitions", p.T("tenant.max_defs"), "", t.Limits.Definitions)
	limit("users", p.T("tenant.max_users"), "", t.Limits.Users)
	var mib *int
	if t.Limits.Storage != nil {
		n := int(*t.Limits.Storage / mebibyte)
		mib = &n
	}
	limit("storage", p.T("tenant.max_storage"), "", mib)
	return b.done(p.T("tenant.edit"), p.T("tenant.edit_text"), p.T("people.save"))
}

// typedLimits reads the limits of a form; an empty one is none.
func typedLimits(values url.Values) (l workflow.TenantLimits, err error) {
	bad := workflow.Errorf(workflow.KindInvalid, workflow.ErrInvalidInput.Code, "A limit is a number, or nothing.")
	number := func(name string) *int {
		text := trimmed(values, name)
		if text == "" {
			return nil
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			bad.Fields = append(bad.Fields, workflow.Problem{Pointer: "/" + name, Code: "bad_limit", Message: bad.Message})
			return nil
		}
		return &n
	}
	l = workflow.TenantLimits{Live: number("live"), Starts: number("starts"), Definitions: number("definitions"), Users: number("users")}
	if mib := number("storage"); mib != nil {
		bytes := int64(min(*mib, 1_000_000_000)) * mebibyte
		l.Storage = &bytes
	}
	if len(bad.Fields) > 0 {
		return l, bad
	}
	return l, nil
}

func (u *UI) saveTenant(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	name, title := chi.URLParam(r, "name"), trimmed(values, "title")
	limits, err := typedLimits(values)
	if err == nil {
		err = u.People.UpdateTenant(r.Context(), actor(r), name, auth.TenantChange{Title: &title, Limits: &limits})
	}
	return u.afterTenant(w, r, values, "saved", false, err)
}

func (u *UI) closeTenant(closed bool, notice string) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		return u.onTenant(w, r, notice, func(ctx context.Context, name string) error {
			return u.People.UpdateTenant(ctx, actor(r), name, auth.TenantChange{Closed: &closed})
		})
	}
}

func (u *UI) addGuest(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	roles := chosenRoles(values)
	if len(roles) == 0 {
		err = noRole()
	} else {
		err = u.People.AddMember(r.Context(), actor(r), chi.URLParam(r, "name"), trimmed(values, "home"), trimmed(values, "login"), roles)
	}
	return u.afterTenant(w, r, values, "added", true, err)
}

func (u *UI) removeGuest(w http.ResponseWriter, r *http.Request) error {
	return u.onTenant(w, r, "removed", func(ctx context.Context, name string) error {
		return u.People.RemoveMember(ctx, actor(r), name, chi.URLParam(r, "login"))
	})
}

// onTenant does something to the tenant of the address and leads back to its
// page.
func (u *UI) onTenant(w http.ResponseWriter, r *http.Request, notice string, do func(ctx context.Context, name string) error) error {
	name := chi.URLParam(r, "name")
	if err := do(r.Context(), name); err != nil {
		return err
	}
	return u.redirect(w, r, withNotice(tenantPath(name), notice))
}

// limitFields are the fields of limits in the form, by where a refusal finds
// them.
var limitFields = map[string]string{
	"limits/live": "live", "limits/starts": "starts", "limits/definitions": "definitions", "limits/users": "users", "limits/storage": "storage",
}

// afterTenant leads back to the tenant's page, or shows the form again.
func (u *UI) afterTenant(w http.ResponseWriter, r *http.Request, values url.Values, notice string, member bool, cause error) error {
	path := tenantPath(chi.URLParam(r, "name"))
	if cause == nil {
		return u.redirect(w, r, withNotice(path, notice))
	}
	p := u.adminFrame(r, "tenant.title")
	wrong, ok := faultsOf(p, cause, limitFields)
	if !ok {
		return u.failKeeping(w, r, values, cause)
	}
	p.Problem, p.Current = true, path
	return u.showTenant(w, r, p, wrong.status, typedTenant{member: member, values: values, wrong: wrong})
}
