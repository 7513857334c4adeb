package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/google/uuid"
	"github.com/gorilla/sessions"

	"tandem/internal/auth"
	"tandem/internal/workflow"
)

// How long a session lasts unless Config says otherwise: unused, and at all. The
// store measures the first, the Manager the second.
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
// session that it finds, Peek does not; Open begins one, CommitCtx changes one
// that is there.
type Store interface {
	scs.CtxStore
	Open(ctx context.Context, token string, data []byte, deadline time.Time, n auth.NewSession) error
	Peek(ctx context.Context, token string) (data []byte, found bool, err error)
	DeleteExpired(ctx context.Context, limit int) (int, error)
}

// People gives a person with his present rights; an error of KindUnauthorized
// means that he may no longer be signed in.
type People interface {
	ActorByLogin(ctx context.Context, tenant, login string) (workflow.Actor, error)

	// SignOut ends a session, auth.ErrSessionNotFound when it is over.
	SignOut(ctx context.Context, by workflow.Actor, id uuid.UUID) error
}

// Config is what a Manager needs.
type Config struct {
	Store     Store
	People    People
	PublicURL string        // as browsers see the server; https makes the cookies Secure
	Prefix    string        // path under which all pages lie, such as "/x"; empty = all
	Secret    []byte        // at least MinSecret bytes; the keys of the login cookie come from it
	Idle      time.Duration // the store's; 0 = Idle
	Lifetime  time.Duration // 0 = Lifetime
	Log       *slog.Logger
	Now       func() time.Time // nil = time.Now

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
	idle   time.Duration
	now    func() time.Time
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
	m := &Manager{
		store: c.Store, people: c.People, log: c.Log, host: c.Actor, fail: c.Error, login: login,
		idle: cmp.Or(c.Idle, Idle), now: c.Now,
	}
	if m.fail == nil {
		m.fail = failPlainly
	}
	if m.now == nil {
		m.now = time.Now
	}
	lifetime := cmp.Or(c.Lifetime, Lifetime)
	m.using = newSCS(c.Store, cookiePath(c.Prefix), secure, lifetime)
	m.peek = newSCS(peeking{c.Store}, cookiePath(c.Prefix), secure, lifetime)
	return m, nil
}

// newSCS leaves scs's own idle time-out off: with it, every request would write
// its session anew, also one that has ended meanwhile.
func newSCS(store scs.Store, path string, secure bool, lifetime time.Duration) *scs.SessionManager {
	s := scs.New()
	s.Store = store
	s.Lifetime = lifetime
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

// opening is a store whose CommitCtx begins a session.
type opening struct {
	Store
	session auth.NewSession
}

func (o opening) CommitCtx(ctx context.Context, token string, data []byte, deadline time.Time) error {
	return o.Open(ctx, token, data, deadline, o.session)
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
	keyID     = "id"
)

// SignIn opens a session for the actor under a token of its own, ends the one
// that the browser came with, and sets the cookie. by names for the audit what
// proved who it is. Call it before writing the answer.
func (m *Manager) SignIn(w http.ResponseWriter, r *http.Request, a workflow.Actor, by string) error {
	return m.begin(w, r, a, by, time.Time{})
}

// Switch goes on as another account of the person, in another tenant: under a
// token of its own, until the time at which the session would have ended. Call
// it before writing the answer.
func (m *Manager) Switch(w http.ResponseWriter, r *http.Request, a workflow.Actor) error {
	return m.begin(w, r, a, "tenant", InfoFrom(r.Context()).Last)
}

// begin opens a session that lasts until a time, its whole life for the zero
// time.
func (m *Manager) begin(w http.ResponseWriter, r *http.Request, a workflow.Actor, by string, last time.Time) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("sign in %s: %w", a.ID, err)
	}
	begin := *m.using
	begin.Store = opening{m.store, auth.NewSession{
		ID: id, Tenant: a.Tenant, Login: a.ID, Address: Address(r), Agent: clean(r.UserAgent(), maxAgent),
		By: by, Request: middleware.GetReqID(r.Context()),
	}}
	ctx, err := begin.Load(r.Context(), cookieValue(r))
	if err != nil {
		return fmt.Errorf("sign in %s: load session: %w", a.ID, err)
	}
	if err := begin.Destroy(ctx); err != nil {
		return fmt.Errorf("sign in %s: end the session before: %w", a.ID, err)
	}
	if err := begin.RenewToken(ctx); err != nil {
		return fmt.Errorf("sign in %s: renew token: %w", a.ID, err)
	}
	if !last.IsZero() {
		begin.SetDeadline(ctx, last)
	}
	begin.Put(ctx, keyTenant, a.Tenant)
	begin.Put(ctx, keyLogin, a.ID)
	begin.Put(ctx, keyID, id.String())
	token, expiry, err := begin.Commit(ctx)
	if err != nil {
		return fmt.Errorf("sign in %s: commit session: %w", a.ID, err)
	}
	begin.WriteSessionCookie(ctx, w, token, expiry)
	return nil
}

// maxAgent bounds what is kept of a browser's name, in characters.
const maxAgent = 300

// Address is where a request came from, without its port.
func Address(r *http.Request) string {
	if ip := middleware.GetClientIP(r.Context()); ip != "" {
		return clean(ip, maxAddress)
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return clean(host, maxAddress)
}

const maxAddress = 64

// clean makes a text of a client fit to be kept: valid, on one line, not longer
// than that many characters.
func clean(s string, most int) string {
	s = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return -1
		}
		return c
	}, strings.ToValidUTF8(s, ""))
	if letters := []rune(s); len(letters) > most {
		s = string(letters[:most])
	}
	return s
}

// SignOut ends the browser's session and takes its cookie back. Without a
// session it does nothing else. Call it before writing the answer.
func (m *Manager) SignOut(w http.ResponseWriter, r *http.Request) error {
	ctx, err := m.using.Load(r.Context(), cookieValue(r))
	if err != nil {
		return fmt.Errorf("sign out: load session: %w", err)
	}
	if err := m.noteSignOut(ctx, r); err != nil {
		return err
	}
	if err := m.using.Destroy(ctx); err != nil {
		return fmt.Errorf("sign out: destroy session: %w", err)
	}
	m.using.WriteSessionCookie(ctx, w, "", time.Time{})
	return nil
}

// noteSignOut ends the session of a context with a line of the audit.
func (m *Manager) noteSignOut(ctx context.Context, r *http.Request) error {
	id, err := uuid.Parse(m.using.GetString(ctx, keyID))
	if err != nil {
		return nil // there is none
	}
	by := workflow.Actor{
		ID: m.using.GetString(ctx, keyLogin), Tenant: m.using.GetString(ctx, keyTenant), Via: "session",
		Address: Address(r), Request: middleware.GetReqID(r.Context()),
	}
	err = m.people.SignOut(ctx, by, id)
	if errors.Is(err, auth.ErrSessionNotFound) {
		return nil
	}
	return err
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
