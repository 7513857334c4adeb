package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tandem/internal/web/session"
)

// People of several tenants switch in the menu, by a form that needs no script.
func TestTenants_switch(t *testing.T) {
	t.Parallel()
	h := setup(t)
	if page := h.expect(http.StatusOK, get("otto", "/tasks")).body; strings.Contains(page, `action="/tenant"`) {
		t.Error("somebody of one tenant is offered to switch")
	}
	h.expect(http.StatusSeeOther, formPost("ada", "/admin/tenants", url.Values{"tenant": {"acme"}, "title": {"Acme Corp"}}))
	h.expect(http.StatusUnprocessableEntity, formPost("ada", "/admin/tenants", url.Values{"tenant": {"acme"}}))
	h.expect(http.StatusSeeOther, formPost("ada", "/admin/tenants/acme/members", url.Values{"home": {"default"}, "login": {"ada"}, "roles": {"admin"}}))
	h.expect(http.StatusUnprocessableEntity, formPost("ada", "/admin/tenants/acme/members", url.Values{"home": {"default"}, "login": {"nobody"}, "roles": {"admin"}}))
	h.expect(http.StatusSeeOther, formPost("ada", "/admin/tenants/acme", url.Values{"title": {"Acme"}, "live": {"3"}, "starts": {""}, "storage": {"5"}}))
	page := h.expect(http.StatusOK, get("ada", "/admin/tenants/acme")).body
	for _, want := range []string{"0 of 3", " of 5", "Ada"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of acme does not say %q", want)
		}
	}
	instance, _ := h.startExpense()
	h.expect(http.StatusOK, get("ada", "/instances/"+instance))

	before := h.session("ada")
	after := h.switchTo("ada", "acme")
	if after.Value == before.Value {
		t.Error("the session's token is the one from before")
	}
	old := get("", "/tasks")
	old.Header = map[string]string{"Cookie": before.Name + "=" + before.Value}
	if got := h.ask(old); got.status != http.StatusSeeOther {
		t.Errorf("the token from before is good still: %d", got.status)
	}
	h.expect(http.StatusNotFound, get("ada", "/instances/"+instance))
	h.expect(http.StatusForbidden, get("ada", "/admin/tenants")) // an admin there, not of the server
	people := h.expect(http.StatusOK, get("ada", "/admin/users")).body
	if strings.Contains(people, "otto") || !strings.Contains(people, `value="default"`) {
		t.Error("the people of acme are not those of acme, or there is no way back")
	}
	h.expect(http.StatusNotFound, formPost("ada", "/tenant", url.Values{"tenant": {"nowhere"}}))
	h.expect(http.StatusForbidden, jsonPost("ada", "/api/v1/instances", `{"definition_name": "expense_approval", "tenant_id": "default"}`))
	h.switchTo("ada", "default")
	h.expect(http.StatusOK, get("ada", "/instances/"+instance))
}

// switchTo goes on in another tenant with a person's session.
func (h *house) switchTo(login, tenant string) *http.Cookie {
	h.t.Helper()
	c := h.expect(http.StatusSeeOther, formPost(login, "/tenant", url.Values{"tenant": {tenant}})).cookie(h.t, session.CookieName)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cookies[login] = c
	return c
}

func TestAPI_Tenants(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.call(http.StatusCreated, "POST", "/tenants", `{"name": "acme", "limits": {"users": 2}}`)
	h.call(http.StatusConflict, "POST", "/tenants", `{"name": "acme"}`)
	h.call(http.StatusUnprocessableEntity, "POST", "/tenants", `{"name": "A b"}`)
	if got, want := h.call(http.StatusOK, "GET", "/tenants", "").each(t, "name"), "acme default"; got != want {
		t.Errorf("tenants %q, want %q", got, want)
	}
	h.call(http.StatusNoContent, "PUT", "/tenants/acme/members/otto", `{"home": "default", "roles": ["user"]}`)
	if got := h.call(http.StatusOK, "GET", "/tenants/acme", "").body; !strings.Contains(got, `"users":1`) || !strings.Contains(got, `"users":2`) {
		t.Errorf("usage and limit of users: %s", got)
	}
	if got := h.call(http.StatusOK, "PATCH", "/tenants/acme", `{"active": false}`).body; !strings.Contains(got, `"active":false`) || !strings.Contains(got, `"users":2`) {
		t.Errorf("closed: %s", got)
	}
	h.call(http.StatusConflict, "PATCH", "/tenants/default", `{"active": false}`)
	h.call(http.StatusNoContent, "DELETE", "/tenants/acme/members/otto", "")
	h.call(http.StatusNotFound, "DELETE", "/tenants/acme/members/otto2", "")
	h.call(http.StatusNotFound, "GET", "/tenants/nowhere", "")
}
