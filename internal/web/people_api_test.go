package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// call sends a JSON request of an administrator's page.
func (h *house) call(status int, method, path, body string) answer {
	h.t.Helper()
	q := jsonPost("ada", "/api/v1"+path, body)
	q.Method = method
	return h.expect(status, q)
}

// logins gives a field of each item of a list, with blanks between.
func (a answer) each(t testing.TB, field string) string {
	t.Helper()
	var list struct{ Items []map[string]any }
	if err := json.Unmarshal([]byte(a.body), &list); err != nil {
		t.Fatalf("%v\n%.300s", err, a.body)
	}
	var values []string
	for _, item := range list.Items {
		value, _ := item[field].(string)
		values = append(values, value)
	}
	return strings.Join(values, " ")
}

func TestAPI_People(t *testing.T) {
	t.Parallel()
	h := setup(t)
	made := h.call(http.StatusCreated, "POST", "/users", `{"login": "nina", "name": "Nina New", "groups": ["legal"], "roles": ["author"]}`)
	if got, want := made.header.Get("Location"), "/api/v1/users/nina"; got != want {
		t.Errorf("Location %q, want %q", got, want)
	}
	if got := made.field(t, "status"); got != "invited" {
		t.Errorf("status %q, want invited", got)
	}
	link := h.call(http.StatusCreated, "POST", "/users/nina/link", `{}`).field(t, "url")
	if !strings.HasPrefix(link, "http://127.0.0.1:8080/welcome?token=") {
		t.Errorf("link %q", link)
	}
	h.call(http.StatusConflict, "POST", "/users", `{"login": "nina"}`)
	h.call(http.StatusUnprocessableEntity, "POST", "/users", `{"login": "Nina", "email": "x"}`)
	if got := h.call(http.StatusOK, "PATCH", "/users/nina", `{"name": "Nina N.", "disabled": true}`).field(t, "status"); got != "disabled" {
		t.Errorf("status %q, want disabled", got)
	}
	h.call(http.StatusNotFound, "PATCH", "/users/nobody", `{"name": "x"}`)
	h.call(http.StatusConflict, "PATCH", "/users/ada", `{"roles": ["user"]}`)

	first := h.call(http.StatusOK, "GET", "/users?limit=3", "")
	if got, want := first.each(t, "login"), "ada arno cleo"; got != want {
		t.Errorf("first page %q, want %q", got, want)
	}
	if got, want := h.call(http.StatusOK, "GET", "/users?limit=3&cursor="+first.field(t, "next_cursor"), "").each(t, "login"), "edda finn mia"; got != want {
		t.Errorf("second page %q, want %q", got, want)
	}
	if got, want := h.call(http.StatusOK, "GET", "/users?limit=3&offset=4", "").each(t, "login"), "finn mia nina"; got != want {
		t.Errorf("from the fourth on %q, want %q", got, want)
	}
	if got, want := h.call(http.StatusOK, "GET", "/users?group=legal&q=NEW", "").each(t, "login"), ""; got != want {
		t.Errorf("found %q, want %q", got, want)
	}
	if got, want := h.call(http.StatusOK, "GET", "/users?group=legal&q=nina", "").each(t, "login"), "nina"; got != want {
		t.Errorf("found %q, want %q", got, want)
	}

	h.call(http.StatusNoContent, "PUT", "/groups/legal/members/otto", "")
	if got, want := h.call(http.StatusOK, "GET", "/users?group=legal", "").each(t, "login"), "nina otto"; got != want {
		t.Errorf("members %q, want %q", got, want)
	}
	h.call(http.StatusNotFound, "PUT", "/groups/nothing/members/otto", "")
	h.call(http.StatusNoContent, "DELETE", "/groups/legal/members/otto", "")
	h.call(http.StatusOK, "PATCH", "/groups/legal", `{"title": "Law"}`)
	h.call(http.StatusNoContent, "DELETE", "/groups/legal", "")
	h.call(http.StatusNotFound, "GET", "/groups/legal", "")

	h.session("otto")
	sessions := h.call(http.StatusOK, "GET", "/users/otto/sessions", "")
	if got := sessions.each(t, "address"); got != "192.0.2.1" {
		t.Errorf("addresses %q", got)
	}
	h.call(http.StatusNoContent, "DELETE", "/users/otto/sessions/"+sessions.each(t, "id"), "")
	h.expect(http.StatusUnauthorized, get("otto", "/api/v1/tasks"))
	h.call(http.StatusNoContent, "DELETE", "/users/nina", "")
	if got := h.call(http.StatusOK, "GET", "/users/nina", "").field(t, "status"); got != "deleted" {
		t.Errorf("status %q, want deleted", got)
	}
	h.call(http.StatusConflict, "POST", "/users", `{"login": "nina"}`)
}

func TestAPI_Tokens(t *testing.T) {
	t.Parallel()
	h := setup(t)
	made := h.call(http.StatusCreated, "POST", "/tokens", `{"label": "build", "scopes": ["tokens", "tasks:read"]}`)
	secret, id := made.field(t, "secret"), made.field(t, "id")
	read := get("", "/api/v1/tokens/"+id)
	read.Token = secret
	if shown := h.expect(http.StatusOK, read); strings.Contains(shown.body, secret) || shown.field(t, "status") != "active" {
		t.Errorf("the token reads %s", shown.body)
	}
	wider := jsonPost("", "/api/v1/tokens", `{"label": "wider", "scopes": ["tasks"]}`)
	wider.Token = secret
	h.expect(http.StatusForbidden, wider)
	next := h.call(http.StatusOK, "POST", "/tokens/"+id+"/rotate", `{"overlap": 60}`).field(t, "secret")
	h.expect(http.StatusOK, read)
	read.Token = next
	h.expect(http.StatusOK, read)
	if got, want := h.call(http.StatusOK, "GET", "/tokens?login=ada", "").each(t, "label"), "build"; got != want {
		t.Errorf("tokens %q, want %q", got, want)
	}
	h.expect(http.StatusForbidden, get("otto", "/api/v1/tokens?login=ada"))
	if got := h.expect(http.StatusOK, get("otto", "/api/v1/tokens")).each(t, "label"); got != "" {
		t.Errorf("otto sees %q", got)
	}
	h.expect(http.StatusNotFound, get("otto", "/api/v1/tokens/"+id))
	h.call(http.StatusNoContent, "DELETE", "/tokens/"+id, "")
	h.expect(http.StatusUnauthorized, read)
}

// A token with the scope act-as starts for somebody else, with his rights and no
// more than those of a user.
func TestAPI_ActAs(t *testing.T) {
	t.Parallel()
	h := setup(t)
	bot := h.call(http.StatusCreated, "POST", "/tokens", `{"login": "arno", "label": "bot", "scopes": ["instances", "act-as"]}`).field(t, "secret")
	start := func(token, body string) answer {
		q := jsonPost("", "/api/v1/instances", body)
		q.Token = token
		return h.ask(q)
	}
	const asOtto = `{"definition_name": "expense_approval", "user_id": "otto", "input_data": {"purpose": "A printer", "amount": 6000, "category": "equipment"}}`
	made := start(bot, asOtto)
	if made.status != http.StatusCreated || made.field(t, "created_by") != "otto" {
		t.Errorf("got %d %.300s, want otto's instance", made.status, made.body)
	}
	for name, a := range map[string]answer{
		"nobody":          start(bot, strings.Replace(asOtto, "otto", "nobody", 1)),
		"without a scope": start(h.token("arno", "instances"), asOtto),
		"all rights":      start(h.token("ada"), asOtto),
	} {
		if a.status != http.StatusForbidden {
			t.Errorf("%s: got %d, want 403", name, a.status)
		}
	}
	by := h.expect(http.StatusOK, get("ada", "/api/v1/instances/"+made.field(t, "id")))
	_ = by.field(t, "id")
}
