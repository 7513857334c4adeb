package session_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"tandem/internal/auth"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/web/session"
	"tandem/internal/workflow"
)

var secret = []byte(strings.Repeat("s", session.MinSecret))

// house is a manager on a database of its own, with ada in it.
type house struct {
	*session.Manager
	pool   *pgxpool.Pool
	people *auth.Service
}

var root = workflow.SystemActor(workflow.DefaultTenant, "test")

func setup(t *testing.T, change func(*session.Config)) house {
	t.Helper()
	pool := dbtest.New(t, db.Migrate)
	people := auth.New(db.NewPeople(pool), nil)
	if _, err := people.CreateUser(t.Context(), root, auth.NewUser{Login: "ada", Groups: []string{"finance"}}); err != nil {
		t.Fatal(err)
	}
	c := session.Config{
		Store: db.NewSessions(pool, session.Idle), People: people, Secret: secret, Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&c)
	}
	m, err := session.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return house{Manager: m, pool: pool, people: people}
}

// signIn opens a session for ada in a browser that has the cookies.
func (h house) signIn(t *testing.T, cookies ...*http.Cookie) *http.Cookie {
	t.Helper()
	w := httptest.NewRecorder()
	if err := h.SignIn(w, request(cookies...), workflow.Actor{ID: "ada", Tenant: workflow.DefaultTenant}, "password"); err != nil {
		t.Fatal(err)
	}
	return cookieOf(t, w, session.CookieName)
}

func request(cookies ...*http.Cookie) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	return r
}

func cookieOf(t *testing.T, w *httptest.ResponseRecorder, name string) *http.Cookie {
	t.Helper()
	for _, c := range w.Result().Cookies() {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no cookie %s in %v", name, w.Header())
	return nil
}

// who sends the cookies through a middleware and returns who arrives.
func who(middleware func(http.Handler) http.Handler, cookies ...*http.Cookie) (login string, w *httptest.ResponseRecorder) {
	w = httptest.NewRecorder()
	login = "not called"
	middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		a, _ := session.ActorFrom(r.Context())
		login = a.ID
	})).ServeHTTP(w, request(cookies...))
	return login, w
}

func TestManager_Session(t *testing.T) {
	t.Parallel()
	h := setup(t, nil)
	cookie := h.signIn(t)

	t.Run("both middlewares know the person", func(t *testing.T) {
		for name, middleware := range map[string]func(http.Handler) http.Handler{
			"LoadActor": h.LoadActor, "LoadActorStream": h.LoadActorStream,
		} {
			got, w := who(middleware, cookie)
			if got != "ada" {
				t.Errorf("%s: %q, want ada", name, got)
			}
			if got := w.Header().Get("Set-Cookie"); got != "" {
				t.Errorf("%s sets the cookie %q", name, got)
			}
			if got := w.Header().Get("Vary"); got != "Cookie" {
				t.Errorf("%s: Vary %q, want Cookie", name, got)
			}
		}
	})
	t.Run("the store does not hold the cookie", func(t *testing.T) {
		var n int
		err := h.pool.QueryRow(t.Context(), `SELECT count(*) FROM sessions WHERE token = $1 OR position($1 IN encode(data, 'escape')) > 0`, cookie.Value).Scan(&n)
		if err != nil || n != 0 {
			t.Errorf("%d rows with the cookie's value, %v, want none", n, err)
		}
	})
	t.Run("nobody", func(t *testing.T) {
		for name, c := range map[string]*http.Cookie{
			"made up": {Name: session.CookieName, Value: "made-up"},
			"empty":   {Name: session.CookieName, Value: ""},
			"other":   {Name: "other", Value: cookie.Value},
		} {
			if got, w := who(h.LoadActor, c); got != "" || w.Header().Get("Set-Cookie") != "" {
				t.Errorf("%s: %q, cookie %q, want nobody and none", name, got, w.Header().Get("Set-Cookie"))
			}
		}
	})
	t.Run("a login renews the token", func(t *testing.T) {
		again := h.signIn(t, cookie)
		if again.Value == cookie.Value {
			t.Error("the token is the same")
		}
		if got, _ := who(h.LoadActor, cookie); got != "" {
			t.Errorf("the token from before acts for %q, want nobody", got)
		}
		cookie = again
	})
	t.Run("a made-up token is not taken over", func(t *testing.T) {
		if got := h.signIn(t, &http.Cookie{Name: session.CookieName, Value: "fixed"}); got.Value == "fixed" {
			t.Error("the session has the token that the browser came with")
		}
	})
	t.Run("rights are those of this moment", func(t *testing.T) {
		groups := []string{"executives"}
		if err := h.people.UpdateUser(t.Context(), root, "ada", auth.Change{Groups: &groups}); err != nil {
			t.Fatal(err)
		}
		a, ok, err := h.StillSignedIn(request(cookie))
		if err != nil || !ok || !cmp.Equal(a.Groups, groups) {
			t.Errorf("groups %v, %v, %v, want %v", a.Groups, ok, err, groups)
		}
	})
	t.Run("someone disabled is nobody and has to sign in again", func(t *testing.T) {
		for _, off := range []bool{true, false} {
			if err := h.people.UpdateUser(t.Context(), root, "ada", auth.Change{Disabled: &off}); err != nil {
				t.Fatal(err)
			}
			if _, ok, err := h.Actor(request(cookie)); ok || err != nil {
				t.Errorf("disabled %v: signed in %v, %v", off, ok, err)
			}
		}
		if got, _ := who(h.LoadActor, h.signIn(t)); got != "ada" {
			t.Errorf("signed in again, %q arrives, want ada", got)
		}
	})
}

func TestManager_SignOut(t *testing.T) {
	t.Parallel()
	h := setup(t, nil)
	cookie := h.signIn(t)

	// A request is in progress while the browser signs out in another tab.
	var arrived string
	slow := h.LoadActor(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := httptest.NewRecorder()
		if err := h.SignOut(out, request(cookie)); err != nil {
			t.Error(err)
		}
		if c := cookieOf(t, out, session.CookieName); c.MaxAge >= 0 || c.Value != "" {
			t.Errorf("cookie %v, want it taken back", c)
		}
		a, _ := session.ActorFrom(r.Context())
		arrived = a.ID
		_, _ = io.WriteString(w, "page")
	}))
	w := httptest.NewRecorder()
	slow.ServeHTTP(w, request(cookie))
	if arrived != "ada" {
		t.Fatalf("the slow request came from %q, want ada", arrived)
	}
	if got := w.Header().Get("Set-Cookie"); got != "" {
		t.Errorf("the slow request sets %q", got)
	}
	if got, _ := who(h.LoadActor, cookie); got != "" {
		t.Errorf("after signing out: %q, want nobody", got)
	}
	if err := h.SignOut(httptest.NewRecorder(), request()); err != nil {
		t.Errorf("signing out without a session: %v", err)
	}
}

func TestManager_Idle(t *testing.T) {
	t.Parallel()
	h := setup(t, nil)
	cookie := h.signIn(t)
	minutesLeft := func() (n int) {
		t.Helper()
		if err := h.pool.QueryRow(t.Context(), `SELECT round(extract(epoch FROM expiry - now()) / 60) FROM sessions`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if _, err := h.pool.Exec(t.Context(), `UPDATE sessions SET expiry = now() + interval '10 minutes'`); err != nil {
		t.Fatal(err)
	}
	who(h.LoadActorStream, cookie)
	if got := minutesLeft(); got != 10 {
		t.Errorf("after a stream %d minutes are left, want 10", got)
	}
	who(h.LoadActor, cookie)
	if got := minutesLeft(); got != 120 {
		t.Errorf("after a page %d minutes are left, want 120", got)
	}
}

func TestManager_Cookie(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		url, prefix string
		want        http.Cookie
	}{
		{"http://127.0.0.1:8080", "", http.Cookie{Path: "/"}},
		{"https://tandem.example/x", "/x", http.Cookie{Path: "/x", Secure: true}},
	} {
		h := setup(t, func(c *session.Config) { c.PublicURL, c.Prefix = tt.url, tt.prefix })
		w := httptest.NewRecorder()
		if err := h.SaveReturn(w, request(), "/tasks"); err != nil {
			t.Fatal(err)
		}
		for _, got := range []*http.Cookie{h.signIn(t), cookieOf(t, w, session.LoginCookieName)} {
			if got.Path != tt.want.Path || got.Secure != tt.want.Secure || !got.HttpOnly || got.SameSite != http.SameSiteLaxMode {
				t.Errorf("at %s: %v", tt.url, got)
			}
		}
	}
}

func TestManager_HostActor(t *testing.T) {
	t.Parallel()
	h := setup(t, func(c *session.Config) {
		c.Actor = func(r *http.Request) (workflow.Actor, bool) {
			name := r.URL.Query().Get("as")
			return workflow.Actor{ID: name}, name != ""
		}
	})
	cookie := h.signIn(t)
	r := request(cookie)
	if a, ok, err := h.Actor(r); ok || err != nil {
		t.Errorf("the host says nobody, yet %q acts, %v", a.ID, err)
	}
	r.URL.RawQuery = "as=grace"
	if a, ok, err := h.Actor(r); !ok || a.ID != "grace" || err != nil {
		t.Errorf("%q acts, %v, %v, want grace", a.ID, ok, err)
	}
}

func TestManager_DatabaseGone(t *testing.T) {
	t.Parallel()
	h := setup(t, nil)
	cookie := h.signIn(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := httptest.NewRecorder()
	h.LoadActor(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the request goes on")
	})).ServeHTTP(w, request(cookie).WithContext(ctx))
	if got := w.Code; got != http.StatusInternalServerError && got != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 500 or 503", got)
	}
	if got := w.Body.String(); strings.Contains(got, "context") {
		t.Errorf("the answer shows the cause: %q", got)
	}
	if err := h.SignIn(httptest.NewRecorder(), request(cookie).WithContext(ctx), workflow.Actor{ID: "ada"}, "password"); err == nil {
		t.Error("a sign-in that could not be stored gives no error")
	}
}

func TestNew_Refuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]session.Config{
		"a short secret":   {Secret: secret[:31]},
		"an address of no": {Secret: secret, PublicURL: "http://[::1"},
	} {
		if _, err := session.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// tokens knows one secret.
type tokens struct{}

func (tokens) ActorByToken(_ context.Context, secret string) (workflow.Actor, error) {
	if secret == "good" {
		return workflow.Actor{ID: "ada", Via: "token"}, nil
	}
	return workflow.Actor{}, workflow.ErrUnauthorized
}

func TestBearerActor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		headers []string
		ok      bool
		err     error
	}{
		{"none", nil, false, nil},
		{"good", []string{"Bearer good"}, true, nil},
		{"small letters, more space", []string{"bearer  good "}, true, nil},
		{"bad", []string{"Bearer bad"}, false, workflow.ErrUnauthorized},
		{"empty", []string{""}, false, workflow.ErrUnauthorized},
		{"scheme alone", []string{"Bearer"}, false, workflow.ErrUnauthorized},
		{"another scheme", []string{"Basic good"}, false, workflow.ErrUnauthorized},
		{"two", []string{"Bearer good", "Bearer good"}, false, workflow.ErrUnauthorized},
	} {
		r := request()
		r.Header["Authorization"] = tt.headers
		a, ok, err := session.BearerActor(r, tokens{})
		if ok != tt.ok || !errors.Is(err, tt.err) || ok != (a.ID == "ada") {
			t.Errorf("%s: %q, %v, %v, want %v, %v", tt.name, a.ID, ok, err, tt.ok, tt.err)
		}
	}
}
