package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gorilla/sessions"

	"tandem/internal/workflow"
)

// How long a session lasts: unused, and at all. The store measures Idle, the
// Manager Lifetime.
const (
	Idle     = 2 * time.Hour
	Lifetime = 12 * time.Hour
)

// The names of the cookies.
const (
	CookieName      = "tandem_session"
	LoginCookieName = "tandem_login"
)

// MinSecret is the least length of Config.Secret in bytes.
const MinSecret = 32

// Store keeps sessions under the hash of their token. FindCtx prolongs the
// session that it finds, Peek does not.
type Store interface {
	scs.CtxStore
	Peek(ctx context.Context, token string) (data []byte, found bool, err error)
	DeleteExpired(ctx context.Context, limit int) (int, error)
}

// People gives a person with his present rights; an error of KindUnauthorized
// means that he may no longer be signed in.
type People interface {
	ActorByLogin(ctx context.Context, tenant, login string) (workflow.Actor, error)
}

// Config is what a Manager needs.
type Config struct {
	Store     Store
	People    People
	PublicURL string // as browsers see the server; https makes the cookies Secure
	Prefix    string // path under which all pages lie, such as "/x"; empty = all
	Secret    []byte // at least MinSecret bytes; the keys of the login cookie come from it
	Log       *slog.Logger

	// Actor, when set, takes the place of sessions: what it says is who acts.
	Actor func(*http.Request) (workflow.Actor, bool)

	// Error answers a request whose actor cannot be told because something is
	// broken; nil answers in plain text.
	Error func(http.ResponseWriter, *http.Request, error)
}

// Manager reads and writes sessions. It is safe for concurrent use.
type Manager struct {
	store  Store
	people People
	log    *slog.Logger
	host   func(*http.Request) (workflow.Actor, bool)
	fail   func(http.ResponseWriter, *http.Request, error)
	using  *scs.SessionManager // loading prolongs
	peek   *scs.SessionManager // loading does not
	login  *sessions.CookieStore
}

// New returns a Manager, or an error that says which setting is wrong.
func New(c Config) (*Manager, error) {
	secure, err := isHTTPS(c.PublicURL)
	if err != nil {
		return nil, err
	}
	login, err := loginCookies(c.Secret, cookiePath(c.Prefix), secure)
	if err != nil {
		return nil, err
	}
	m := &Manager{store: c.Store, people: c.People, log: c.Log, host: c.Actor, fail: c.Error, login: login}
	if m.fail == nil {
		m.fail = failPlainly
	}
	m.using = newSCS(c.Store, cookiePath(c.Prefix), secure)
	m.peek = newSCS(peeking{c.Store}, cookiePath(c.Prefix), secure)
	return m, nil
}

// newSCS leaves scs's own idle time-out off: with it, every request would write
// its session anew, also one that has ended meanwhile.
func newSCS(store scs.Store, path string, secure bool) *scs.SessionManager {
	s := scs.New()
	s.Store = store
	s.Lifetime = Lifetime
	s.HashTokenInStore = true
	s.Cookie.Name = CookieName
	s.Cookie.Path = path
	s.Cookie.Secure = secure
	s.Cookie.HttpOnly = true
	s.Cookie.SameSite = http.SameSiteLaxMode
	return s
}

// peeking is a store whose FindCtx does not prolong.
type peeking struct{ Store }

func (p peeking) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	return p.Peek(ctx, token)
}

func cookiePath(prefix string) string {
	if prefix == "" {
		return "/"
	}
	return prefix
}

func isHTTPS(publicURL string) (bool, error) {
	u, err := url.Parse(publicURL)
	if err != nil {
		return false, fmt.Errorf("public URL %q: %w", publicURL, err)
	}
	return u.Scheme == "https", nil
}

// The keys of a session's data.
const (
	keyTenant = "tenant"
	keyLogin  = "login"
)

// SignIn opens a session for the actor under a token of its own, ends the one
// that the browser came with, and sets the cookie. Call it before writing the
// answer.
func (m *Manager) SignIn(w http.ResponseWriter, r *http.Request, a workflow.Actor) error {
	ctx, err := m.using.Load(r.Context(), cookieValue(r))
	if err != nil {
		return fmt.Errorf("sign in %s: load session: %w", a.ID, err)
	}
	if err := m.using.RenewToken(ctx); err != nil {
		return fmt.Errorf("sign in %s: renew token: %w", a.ID, err)
	}
	m.using.Put(ctx, keyTenant, a.Tenant)
	m.using.Put(ctx, keyLogin, a.ID)
	token, expiry, err := m.using.Commit(ctx)
	if err != nil {
		return fmt.Errorf("sign in %s: commit session: %w", a.ID, err)
	}
	m.using.WriteSessionCookie(ctx, w, token, expiry)
	return nil
}

// SignOut ends the browser's session and takes its cookie back. Without a
// session it does nothing else. Call it before writing the answer.
func (m *Manager) SignOut(w http.ResponseWriter, r *http.Request) error {
	ctx, err := m.using.Load(r.Context(), cookieValue(r))
	if err != nil {
		return fmt.Errorf("sign out: load session: %w", err)
	}
	if err := m.using.Destroy(ctx); err != nil {
		return fmt.Errorf("sign out: destroy session: %w", err)
	}
	m.using.WriteSessionCookie(ctx, w, "", time.Time{})
	return nil
}

func cookieValue(r *http.Request) string {
	c, err := r.Cookie(CookieName)
	if err != nil {
		return ""
	}
	return c.Value
}

// Run deletes sessions that are over, every 5 minutes, until ctx ends.
func (m *Manager) Run(ctx context.Context) {
	tick := time.NewTicker(5 * time.Minute)
	defer tick.Stop()
	for {
		if err := m.sweep(ctx); err != nil && !errors.Is(err, context.Canceled) {
			m.log.WarnContext(ctx, "delete expired sessions", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// sweep deletes in bounded batches; what is left after the last one waits for
// the next time.
func (m *Manager) sweep(ctx context.Context) error {
	const batch, batches = 1000, 20
	for range batches {
		n, err := m.store.DeleteExpired(ctx, batch)
		if err != nil || n < batch {
			return err
		}
	}
	return nil
}
