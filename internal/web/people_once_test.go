package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Accounts, tokens and substitutes are made once under a key; secrets are given
// once.
func TestAPI_people_once(t *testing.T) {
	t.Parallel()
	h := setup(t)
	twice := func(path, body string) (first, again answer) {
		t.Helper()
		q := jsonPost("ada", "/api/v1"+path, body)
		q.Header["Idempotency-Key"] = "once " + path
		first, again = h.ask(q), h.ask(q)
		if first.status/100 != 2 || again.status != first.status || again.header.Get("Idempotency-Replayed") != "true" {
			t.Fatalf("%s: %d, then %d replayed %q\n%.300s\n%.300s", path, first.status, again.status, again.header.Get("Idempotency-Replayed"), first.body, again.body)
		}
		return first, again
	}
	twice("/users", `{"login": "nina", "name": "Nina"}`)
	token, again := twice("/tokens", `{"label": "x", "scopes": ["tasks"]}`)
	if token.field(t, "id") != again.field(t, "id") || token.field(t, "secret") == "" || again.field(t, "secret") != "" {
		t.Errorf("the token: %.300s, then %.300s", token.body, again.body)
	}
	rotated, again := twice("/tokens/"+token.field(t, "id")+"/rotate", `{}`)
	if rotated.field(t, "secret") == "" || again.field(t, "secret") != "" {
		t.Errorf("rotated: %.300s, then %.300s", rotated.body, again.body)
	}
	first, _ := twice("/substitutes", `{"substitute": "otto", "until": "2100-01-01T00:00:00Z", "from": "2099-12-01T00:00:00Z"}`)
	list := h.expect(http.StatusOK, get("ada", "/api/v1/substitutes"))
	if strings.Count(list.body, `"substitute":"otto"`) != 1 || first.field(t, "login") != "ada" {
		t.Errorf("substitutes %.400s", list.body)
	}
	// Others see and end their own alone; administrators name anybody's.
	if got := h.expect(http.StatusOK, get("otto", "/api/v1/substitutes")); strings.Contains(got.body, `"ada"`) {
		t.Errorf("otto sees %.300s", got.body)
	}
	h.expect(http.StatusForbidden, get("otto", "/api/v1/substitutes?login=ada"))
	h.expect(http.StatusForbidden, jsonPost("otto", "/api/v1/substitutes", `{"login": "ada", "substitute": "otto", "until": "2100-01-01T00:00:00Z", "from": "2099-12-01T00:00:00Z"}`))
	h.expect(http.StatusCreated, jsonPost("ada", "/api/v1/substitutes", `{"login": "otto", "substitute": "ada", "until": "2100-01-01T00:00:00Z", "from": "2099-12-01T00:00:00Z"}`))
	end := request{Method: http.MethodDelete, Target: "/api/v1/substitutes/" + first.field(t, "id"), Who: "otto", Header: map[string]string{"Sec-Fetch-Site": "same-origin"}}
	h.expect(http.StatusNotFound, end)
	end.Who = "ada"
	h.expect(http.StatusNoContent, end)
	h.expect(http.StatusUnprocessableEntity, jsonPost("ada", "/api/v1/substitutes", `{"substitute": "ada", "until": "2100-01-01T00:00:00Z"}`))
}

// A double click on a form adds one substitute.
func TestPages_substitute_once(t *testing.T) {
	t.Parallel()
	h := setup(t)
	form := url.Values{"substitute": {"ada"}, "until": {time.Now().AddDate(0, 0, 2).Format(time.DateOnly)}, "_once": {"this form"}}
	for range 2 {
		h.expect(http.StatusSeeOther, formPost("otto", "/profile/substitutes", form))
	}
	if list := h.expect(http.StatusOK, get("otto", "/api/v1/substitutes")); strings.Count(list.body, `"substitute":"ada"`) != 1 {
		t.Errorf("substitutes %.400s", list.body)
	}
}
