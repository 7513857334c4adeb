package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"tandem"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/web/session"
)

const nowhere = "0190a0a0-0000-7000-8000-000000000000"

func TestErrors(t *testing.T) {
	t.Parallel()
	h := setup(t)
	tooLarge := strings.Repeat("a", 3<<20)
	tests := map[string]struct {
		q      request
		status int
		says   string // part of the sentence
	}{
		"unknown instance, page":     {get("otto", "/instances/"+nowhere), 404, "There is no"},
		"unknown instance, API":      {get("otto", "/api/v1/instances/"+nowhere), 404, "There is no"},
		"unknown task, page":         {get("otto", "/tasks/"+nowhere), 404, "There is no"},
		"unknown task, API":          {get("otto", "/api/v1/tasks/"+nowhere), 404, "There is no"},
		"unknown definition, page":   {get("otto", "/definitions/nothing"), 404, "There is no"},
		"unknown definition, API":    {get("otto", "/api/v1/definitions/nothing"), 404, "There is no"},
		"id that is none, page":      {get("otto", "/instances/banana"), 404, ""},
		"id that is none, API":       {get("otto", "/api/v1/instances/banana"), 404, ""},
		"unknown page":               {get("otto", "/nothing"), 404, "There is nothing at this address"},
		"unknown page, nobody":       {get("", "/nothing"), 404, "There is nothing at this address"},
		"unknown operation":          {get("otto", "/api/v1/nothing"), 404, "There is nothing at this address"},
		"method of a page":           {request{Method: "DELETE", Target: "/tasks", Who: "otto"}, 405, "does not take DELETE"},
		"method of an operation":     {request{Method: "DELETE", Target: "/api/v1/tasks", Who: "otto"}, 405, "does not take DELETE"},
		"bad filter, page":           {get("otto", "/instances?status=banana"), 400, ""},
		"bad filter, API":            {get("otto", "/api/v1/instances?status=banana"), 400, ""},
		"bad cursor, page":           {get("otto", "/instances?cursor=banana"), 400, ""},
		"bad cursor, API":            {get("otto", "/api/v1/instances?cursor=banana"), 400, ""},
		"bad query, page":            {get("otto", "/instances?q=%zz"), 400, "cannot be read"},
		"bad query, API":             {get("otto", "/api/v1/instances?status=%zz"), 400, "cannot be read"},
		"not Unicode, page":          {get("otto", "/definitions/%ff"), 404, "There is nothing at this address"},
		"no text, page":              {get("otto", "/instances?q=%00"), 400, "cannot be read"},
		"too large, page":            {formPost("otto", "/definitions/expense_approval/start", url.Values{"purpose": {tooLarge}}), 413, "shorten what you typed"},
		"too large, sign-in":         {formPost("", "/login", url.Values{"login": {tooLarge}}), 413, "shorten what you typed"},
		"too large, API":             {jsonPost("otto", "/api/v1/instances", `{"definition_name":"`+tooLarge+`"}`), 413, "Send less"},
		"too large, hook":            {jsonPost("", "/hooks/banana", `"`+tooLarge+`"`), 413, "Send less"},
		"form that is none":          {request{Method: "POST", Target: "/login", Body: "%zz=1", Header: formPost("", "/", nil).Header}, 400, "cannot be read"},
		"JSON that is none":          {jsonPost("otto", "/api/v1/instances", `{"definition_name"`), 400, ""},
		"a form of another site":     {from("cross-site", formPost("otto", "/definitions/expense_approval/start", nil)), 403, "another site"},
		"a form of a sister site":    {from("same-site", formPost("otto", "/definitions/expense_approval/start", nil)), 403, "another site"},
		"sign-in from another site":  {from("cross-site", formPost("", "/login", nil)), 403, "another site"},
		"sign-out from another site": {from("cross-site", formPost("otto", "/logout", nil)), 403, "another site"},
		"a script of another site":   {from("cross-site", jsonPost("otto", "/api/v1/instances", expense)), 403, "pages of this server"},
		"another origin":             {origin("https://evil.example", formPost("otto", "/definitions/expense_approval/start", nil)), 403, "another site"},
		"another origin, API":        {origin("https://evil.example", jsonPost("otto", "/api/v1/instances", expense)), 403, "pages of this server"},
		"no origin, API":             {origin("", jsonPost("otto", "/api/v1/instances", expense)), 403, "pages of this server"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := h.on(t).ask(tt.q)
			if a.status != tt.status {
				t.Fatalf("got %d to %q, want %d\n%.1000s", a.status, a.header.Get("Location"), tt.status, a.body)
			}
			sentence := a.body
			if isProgram(tt.q.Target) {
				sentence = a.problem(t).Detail
			} else if got := a.header.Get("Content-Type"); !strings.HasPrefix(got, "text/html") {
				t.Errorf("a page's refusal is %q, want text/html", got)
			}
			if !strings.Contains(sentence, tt.says) {
				t.Errorf("got %.1000q, want %q in it", sentence, tt.says)
			}
			if got := a.header.Get("Allow"); a.status == http.StatusMethodNotAllowed && got != "GET, HEAD" {
				t.Errorf("Allow is %q, want GET, HEAD", got)
			}
		})
	}
	if faults := h.log.take(); len(faults) > 0 {
		t.Errorf("faults in the log: %s", faults)
	}
}

func isProgram(target string) bool {
	return strings.HasPrefix(target, "/api/") || strings.HasPrefix(target, "/hooks/")
}

// from makes a browser say from where a request comes.
func from(site string, q request) request {
	q.Header["Sec-Fetch-Site"] = site
	return q
}

// origin is from for browsers that do not know Sec-Fetch-Site.
func origin(name string, q request) request {
	delete(q.Header, "Sec-Fetch-Site")
	if name != "" {
		q.Header["Origin"] = name
	}
	return q
}

const callback = `
format: 1
name: callback
version: 1.0.0
steps:
  - {name: tell, type: machine, action: set, with: {url: "{{ hooks.ready.url }}"}, set: {url: result.url}}
  - {name: ready, type: webhook, output: machine}
edges: [{source: tell, target: ready}]
`

// TestHook_only_post lets a mail scanner open a webhook's link.
func TestHook_only_post(t *testing.T) {
	t.Parallel()
	h := setup(t)
	if _, err := h.app.Apply(t.Context(), []byte(callback)); err != nil {
		t.Fatal(err)
	}
	q := jsonPost("otto", "/api/v1/instances", `{"definition_name": "callback"}`)
	q.Header["Prefer"] = "wait=10"
	started := h.expect(http.StatusCreated, q)
	this := "/api/v1/instances/" + started.field(t, "id")
	link := hookIn(t, h.expect(http.StatusOK, get("otto", this)))
	before := h.expect(http.StatusOK, get("otto", this)).body
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "PUT", "DELETE"} {
		a := h.expect(http.StatusMethodNotAllowed, request{Method: method, Target: link})
		if got := a.header.Get("Allow"); got != http.MethodPost {
			t.Errorf("%s: Allow is %q, want POST", method, got)
		}
	}
	if after := h.expect(http.StatusOK, get("otto", this)).body; after != before {
		t.Errorf("the instance changed\nbefore %s\nafter  %s", before, after)
	}
	h.expect(http.StatusAccepted, jsonPost("", link, `{"ok": true}`))
	h.eventually("the instance completes", func() bool {
		return h.expect(http.StatusOK, get("otto", this)).field(t, "status") == "completed"
	})
}

// hookIn finds the path of the webhook that an instance waits for.
func hookIn(t *testing.T, a answer) string {
	t.Helper()
	_, rest, found := strings.Cut(a.body, "/hooks/")
	token, _, closed := strings.Cut(rest, `"`)
	if !found || !closed {
		t.Fatalf("the instance tells no webhook: %s", a.body)
	}
	return "/hooks/" + token
}

func TestHead_answers_as_get(t *testing.T) {
	t.Parallel()
	h := setup(t)
	for _, target := range []string{"/", "/tasks", "/instances", "/login", "/api/v1/tasks", "/healthz", "/readyz", "/openapi.json"} {
		want := h.ask(get("otto", target)).status
		if got := h.ask(request{Method: http.MethodHead, Target: target, Who: "otto"}).status; got != want {
			t.Errorf("HEAD %s = %d, want %d as GET", target, got, want)
		}
	}
	h.expect(http.StatusMethodNotAllowed, request{Method: http.MethodHead, Target: "/logout", Who: "otto"})
	h.expect(http.StatusOK, get("otto", "/tasks"))
}

// TestPanic lets whoever says who acts panic.
func TestPanic(t *testing.T) {
	t.Parallel()
	h := open(t, tandem.Config{
		DatabaseURL: dbtest.URL(t, db.Migrate),
		Actor:       func(*http.Request) (tandem.Actor, bool) { panic("the secret is xyzzy") },
	})
	for _, target := range []string{"/tasks", "/tasks/live", "/api/v1/tasks", "/nothing"} {
		a := h.expect(http.StatusInternalServerError, get("", target))
		if strings.Contains(a.body, "xyzzy") {
			t.Errorf("%s shows the panic: %.500s", target, a.body)
		}
		if isProgram(target) {
			a.problem(t)
		} else if got := a.header.Get("Content-Type"); !strings.HasPrefix(got, "text/html") {
			t.Errorf("%s is %q, want text/html", target, got)
		}
		faults := h.log.take()
		if len(faults) != 1 || !strings.Contains(faults[0], "the secret is xyzzy") || !strings.Contains(faults[0], "errors_test.go") {
			t.Errorf("%s: the log has %q, want the panic once, with its stack", target, faults)
		}
	}
	h.expect(http.StatusOK, get("", "/healthz"))
}

func TestSessionCookie(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		public, prefix, path string
		secure               bool
	}{
		"plain":  {"http://127.0.0.1:8080", "", "/", false},
		"https":  {"https://tandem.example", "", "/", true},
		"prefix": {"https://tandem.example/x", "/x", "/x", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, tandem.Config{DatabaseURL: dbtest.URL(t, db.Migrate), PublicURL: tt.public, PathPrefix: tt.prefix})
			form := formPost("", tt.prefix+"/login", url.Values{"login": {"otto"}, "password": {tandem.DemoPassword}})
			first := h.expect(http.StatusSeeOther, form).cookie(t, session.CookieName)
			if !first.HttpOnly || first.SameSite != http.SameSiteLaxMode || first.Secure != tt.secure || first.Path != tt.path || first.Domain != "" {
				t.Errorf("cookie %s, want HttpOnly, SameSite=Lax, Secure=%t, Path=%s, no Domain", first, tt.secure, tt.path)
			}
			form.Header["Cookie"] = session.CookieName + "=" + first.Value
			second := h.expect(http.StatusSeeOther, form).cookie(t, session.CookieName)
			if first.Value == second.Value {
				t.Error("signing in again kept the token, want another one")
			}
			old := get("", tt.prefix+"/tasks")
			old.Header = map[string]string{"Cookie": session.CookieName + "=" + first.Value}
			h.expect(http.StatusSeeOther, old)
			old.Header["Cookie"] = session.CookieName + "=" + second.Value
			h.expect(http.StatusOK, old)
		})
	}
}

func TestSignedOut_session_is_over(t *testing.T) {
	t.Parallel()
	h := setup(t)
	c := h.session("otto")
	h.expect(http.StatusOK, get("otto", "/tasks"))
	out := h.expect(http.StatusSeeOther, formPost("otto", "/logout", nil)).cookie(t, c.Name)
	if out.MaxAge >= 0 || out.Value != "" {
		t.Errorf("signing out sets %s, want the cookie taken back", out)
	}
	h.expect(http.StatusSeeOther, get("otto", "/tasks"))
	h.expect(http.StatusUnauthorized, get("otto", "/api/v1/tasks"))
	if fields := strings.Split(out.String(), "; "); !slices.Contains(fields, "HttpOnly") {
		t.Errorf("the cookie that is taken back is %s, want HttpOnly", out)
	}
}
