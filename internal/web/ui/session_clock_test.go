package ui_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// asScript is a request of a page's own script.
func (b *browser) asScript(method, path string) answer {
	b.t.Helper()
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.send(r)
}

type secondsLeft struct{ Left, Last int }

func (b *browser) left(method string) (got secondsLeft) {
	b.t.Helper()
	a := b.asScript(method, "/session")
	a.expect(b.t, http.StatusOK, "")
	if err := json.Unmarshal([]byte(a.page.Text()), &got); err != nil {
		b.t.Fatal(err)
	}
	return got
}

// Pages know when their session ends; asking for it puts nothing off, staying
// does.
func TestSessionClock(t *testing.T) {
	t.Parallel()
	b := openBrowser(t, "").signIn("otto")
	page := b.get("/profile")
	page.has(t, "[data-session='/session'][data-left][data-last][data-warn='300']", 1)
	page.has(t, "[data-session-idle][hidden] form[method=post][action='/session'] input[name=back][value='/profile']", 1)
	page.has(t, "[data-session-last][hidden]", 1)
	page.has(t, "[data-session] [role=status]", 1)
	b.get("/login").has(t, "[data-session]", 0)

	if _, err := b.pool.Exec(t.Context(), `UPDATE sessions SET expiry = now() + interval '3 minutes', deadline = now() + interval '1 hour'`); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := b.left(http.MethodGet); got.Left > 180 || got.Left < 60 || got.Last < 3000 {
			t.Errorf("asked: %+v, want about three minutes of an hour", got)
		}
	}
	b.post("/session", url.Values{"back": {"/profile?x=1"}}).expect(t, http.StatusSeeOther, "/profile?x=1")
	if got := b.left(http.MethodGet); got.Left < 3000 {
		t.Errorf("after staying: %+v, want the rest of the hour", got)
	}
	b.post("/session", url.Values{"back": {"https://evil.example"}}).expect(t, http.StatusSeeOther, "/")

	// The end that nothing puts off is said by the page itself.
	if _, err := b.pool.Exec(t.Context(), `UPDATE sessions SET expiry = now() + interval '2 minutes', deadline = now() + interval '2 minutes'`); err != nil {
		t.Fatal(err)
	}
	if got := b.left(http.MethodPost); got.Left > 120 || got.Last > 120 {
		t.Errorf("staying puts the last end off: %+v", got)
	}
	if _, err := b.pool.Exec(t.Context(), `DELETE FROM sessions`); err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		b.asScript(method, "/session").expect(t, http.StatusUnauthorized, "")
	}
}
