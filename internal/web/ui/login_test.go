package ui_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"tandem/internal/auth"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/engine"
	"tandem/internal/memory"
	"tandem/internal/web/session"
	"tandem/internal/web/ui"
	"tandem/internal/workflow"
)

// browser keeps cookies between requests.
type browser struct {
	t       *testing.T
	pages   http.Handler
	ui      *ui.UI
	people  *auth.Service
	pool    *pgxpool.Pool
	cookies map[string]*http.Cookie
}

func (b *browser) send(r *http.Request) answer {
	b.t.Helper()
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	a := ask(b.t, b.pages, r, "")
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		b.cookies[c.Name] = c
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return a
}

func (b *browser) get(path string) answer {
	b.t.Helper()
	return b.send(httptest.NewRequest(http.MethodGet, path, nil))
}

func (b *browser) post(path string, form url.Values) answer {
	b.t.Helper()
	return b.send(postOf(path, form))
}

const goodPassword = "correct horse battery"

// openBrowser gives a browser on pages with real sessions, in which otto has an
// account.
func openBrowser(t *testing.T, prefix string) *browser {
	t.Helper()
	pool := dbtest.New(t, db.Migrate)
	people := auth.New(db.NewPeople(pool), nil)
	if _, err := people.CreateUser(t.Context(), workflow.SystemActor(workflow.DefaultTenant, "test"), auth.NewUser{
		Login: "otto", Name: "Otto Office", Password: goodPassword, Groups: []string{"staff"},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := people.CreateUser(t.Context(), workflow.SystemActor(workflow.DefaultTenant, "test"), auth.NewUser{
		Login: "ada", Name: "Ada Admin", Password: goodPassword, Roles: []workflow.Role{workflow.RoleAdmin},
	}); err != nil {
		t.Fatal(err)
	}
	return browse(t, pool, people, prefix)
}

// browse gives another browser on the pages of a database.
func browse(t *testing.T, pool *pgxpool.Pool, people *auth.Service, prefix string) *browser {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	sessions, err := session.New(session.Config{
		Store: db.NewSessions(pool, session.Idle), People: people, Prefix: prefix,
		Secret: []byte(strings.Repeat("s", session.MinSecret)), Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	store := memory.New(memory.Options{})
	pages := ui.New(ui.Config{
		Engine: engine.New(engine.Config{Store: store, Log: log}), Read: store, People: people, Sessions: sessions,
		Prefix: prefix, Tenant: workflow.DefaultTenant, PublicURL: "https://tandem.example" + prefix, Closing: t.Context(), Log: log, Now: time.Now,
	})
	pages.ShowDemoPerson("otto", "starts expenses")
	return &browser{t: t, pages: mount(prefix, sessions, pages), ui: pages, people: people, pool: pool, cookies: map[string]*http.Cookie{}}
}

// another is a browser without cookies on the same pages.
func (b *browser) another() *browser {
	other := *b
	other.cookies = map[string]*http.Cookie{}
	return &other
}

// signIn signs somebody with the good password in.
func (b *browser) signIn(login string) *browser {
	b.t.Helper()
	delete(b.cookies, session.LoginCookieName) // which may know where one wanted to go
	b.post("/login", url.Values{"login": {login}, "password": {goodPassword}}).expect(b.t, http.StatusSeeOther, "/")
	return b
}

func TestLogin_LeadsToWhereOneWanted(t *testing.T) {
	t.Parallel()
	b := openBrowser(t, "/x")
	b.get("/x/tasks?view=unassigned").expect(t, http.StatusSeeOther, "/x/login")
	page := b.get("/x/login")
	page.expect(t, http.StatusOK, "")
	page.has(t, "form[action='/x/login'] input[name=password][type=password][autocomplete=current-password]", 1)
	page.says(t, "#demo-people-part", "otto starts expenses")
	as, _ := page.page.Find("#demo-people-part a").Attr("href")
	b.get(as).has(t, "input[name=login][value=otto]", 1)

	b.post("/x/login", url.Values{"login": {"otto"}, "password": {goodPassword}}).
		expect(t, http.StatusSeeOther, "/x/tasks?view=unassigned")
	b.get("/x/tasks").expect(t, http.StatusOK, "")
	b.get("/x/login").expect(t, http.StatusSeeOther, "/x/")
	profile := b.get("/x/profile")
	profile.has(t, "input[name=name][value='Otto Office']", 1)
	profile.says(t, "main .facts", "staff")
	profile.says(t, "main .facts", "User")

	b.post("/x/logout", nil).expect(t, http.StatusSeeOther, "/x/login?notice=signed_out")
	b.get("/x/tasks").expect(t, http.StatusSeeOther, "/x/login")
	b.get("/x/login?notice=signed_out").says(t, ".notice", "You are signed out.")
}

func TestLogin_WithoutAWish(t *testing.T) {
	t.Parallel()
	b := openBrowser(t, "")
	b.post("/login", url.Values{"login": {" OTTO "}, "password": {goodPassword}}).expect(t, http.StatusSeeOther, "/")
}

func TestLogin_Refusals(t *testing.T) {
	t.Parallel()
	b := openBrowser(t, "")
	tests := []struct {
		name, login, password string
		want                  string
		wrong                 string
	}{
		{"wrong password", "otto", "guess", "The name or the password is wrong.", ""},
		{"unknown name", "<b>", "guess", "The name or the password is wrong.", ""},
		{"no name", "", "guess", "Enter your login name.", "input[name=login][aria-invalid=true]"},
		{"no password", "otto", "", "Enter your password.", "input[name=password][aria-invalid=true]"},
	}
	for _, tt := range tests {
		got := b.post("/login", url.Values{"login": {tt.login}, "password": {tt.password}})
		got.expect(t, http.StatusUnprocessableEntity, "")
		got.says(t, ".problems", tt.want)
		got.says(t, "title", "Error:")
		if tt.wrong != "" {
			got.has(t, tt.wrong, 1)
		}
		if kept := got.page.Find("input[name=login]").AttrOr("value", ""); kept != tt.login {
			t.Errorf("%s: the name holds %q, want %q", tt.name, kept, tt.login)
		}
		if kept := got.page.Find("input[name=password]").AttrOr("value", ""); kept != "" {
			t.Errorf("%s: the page shows the password %q", tt.name, kept)
		}
	}
	if len(b.cookies) != 0 {
		t.Errorf("cookies %v, want none", b.cookies)
	}
}

func TestLogin_TooManyAttempts(t *testing.T) {
	t.Parallel()
	b := openBrowser(t, "")
	var got answer
	for range 11 {
		got = b.post("/login", url.Values{"login": {"otto"}, "password": {"guess"}})
	}
	got.expect(t, http.StatusTooManyRequests, "")
	got.says(t, ".problems", "Wait a quarter of an hour")
	if got.header.Get("Retry-After") == "" {
		t.Error("the answer says not when to try again")
	}
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	b := openBrowser(t, "/x")
	b.post("/x/preferences", url.Values{"theme": {"dark"}, "back": {"/login?as=otto"}}).expect(t, http.StatusSeeOther, "/x/login?as=otto")
	b.post("/x/preferences", url.Values{"lang": {"de"}, "back": {"//evil.example"}}).expect(t, http.StatusSeeOther, "/x/")
	page := b.get("/x/login")
	page.has(t, "html[lang=de][data-theme=dark]", 1)
	page.says(t, "h1", "Anmelden")
	b.post("/x/preferences", url.Values{"theme": {"auto"}, "lang": {"xx"}, "back": {`/\evil.example`}}).expect(t, http.StatusSeeOther, "/x/")
	page = b.get("/x/login")
	page.has(t, "html[lang=de]:not([data-theme])", 1)
}
