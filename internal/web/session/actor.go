package session

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/google/uuid"

	"tandem/internal/workflow"
)

type (
	actorKey   struct{}
	sessionKey struct{}
)

// Info is what a page may know of the session that it is asked for in.
type Info struct {
	ID   uuid.UUID
	Ends time.Time     // unless it is used, exact to a minute; zero where the host program says who acts
	Last time.Time     // whatever happens
	Idle time.Duration // after which it ends unused
}

// InfoFrom returns the session of a context; it is zero when nobody is signed in
// by one.
func InfoFrom(ctx context.Context) Info {
	info, _ := ctx.Value(sessionKey{}).(Info)
	return info
}

// WithActor returns a context in which an actor acts.
func WithActor(ctx context.Context, a workflow.Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorFrom returns who acts in a context; ok is false when nobody is signed in.
func ActorFrom(ctx context.Context) (a workflow.Actor, ok bool) {
	a, ok = ctx.Value(actorKey{}).(workflow.Actor)
	return a, ok
}

// LoadActor puts the person of the session cookie into the request's context
// and prolongs the session. Without a session, or when its person may no longer
// be signed in, the request goes on with nobody.
func (m *Manager) LoadActor(next http.Handler) http.Handler { return m.load(m.using, next) }

// LoadActorStream is LoadActor without prolonging the session: for streams and
// whatever else a page asks for by itself while nobody looks at it.
func (m *Manager) LoadActorStream(next http.Handler) http.Handler { return m.load(m.peek, next) }

func (m *Manager) load(s *scs.SessionManager, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Cookie")
		a, info, ok, err := m.actor(s, r)
		if err != nil {
			m.fail(w, r, err)
			return
		}
		if ok {
			r = r.WithContext(context.WithValue(WithActor(r.Context(), a), sessionKey{}, info))
		}
		next.ServeHTTP(w, r)
	})
}

// Actor returns the person of a request's session cookie, with his present
// rights, and prolongs the session; ok is false when nobody is signed in. An
// error means that it could not be told.
func (m *Manager) Actor(r *http.Request) (a workflow.Actor, ok bool, err error) {
	a, _, ok, err = m.actor(m.using, r)
	return a, ok, err
}

// StillSignedIn returns the person of a request's session as of this moment,
// without prolonging it: for streams, which outlive the rights that they began
// with.
func (m *Manager) StillSignedIn(r *http.Request) (a workflow.Actor, ok bool, err error) {
	a, _, ok, err = m.actor(m.peek, r)
	return a, ok, err
}

func (m *Manager) actor(s *scs.SessionManager, r *http.Request) (a workflow.Actor, info Info, ok bool, err error) {
	if m.host != nil {
		a, ok = m.host(r)
		return a, info, ok, nil
	}
	token := cookieValue(r)
	if token == "" {
		return a, info, false, nil
	}
	ctx, err := s.Load(r.Context(), token)
	if err != nil {
		return a, info, false, fmt.Errorf("load session: %w", err)
	}
	login := s.GetString(ctx, keyLogin)
	if login == "" {
		return a, info, false, nil
	}
	a, err = m.people.ActorByLogin(ctx, s.GetString(ctx, keyTenant), login)
	switch {
	case workflow.KindOf(err) == workflow.KindUnauthorized:
		return workflow.Actor{}, info, false, nil
	case err != nil:
		return workflow.Actor{}, info, false, fmt.Errorf("load session of %s: %w", login, err)
	}
	info.ID, _ = uuid.Parse(s.GetString(ctx, keyID)) // ours
	info.Last, info.Idle = s.Deadline(ctx), m.idle
	info.Ends = m.now().Add(m.idle)
	if info.Last.Before(info.Ends) {
		info.Ends = info.Last
	}
	return a, info, true, nil
}

// Tokens gives the person that an API token acts for.
type Tokens interface {
	ActorByToken(ctx context.Context, secret string) (workflow.Actor, error)
}

// BearerActor returns the person of the request's Authorization header; ok is
// false when it has none. A header that cannot be read, or a token that is not
// valid, is an error of KindUnauthorized: such a request must not fall back to
// its cookie.
func BearerActor(r *http.Request, tokens Tokens) (a workflow.Actor, ok bool, err error) {
	headers := r.Header.Values("Authorization")
	if len(headers) == 0 {
		return a, false, nil
	}
	scheme, secret, _ := strings.Cut(headers[0], " ")
	if len(headers) > 1 || !strings.EqualFold(scheme, "Bearer") {
		return a, false, workflow.Errorf(workflow.KindUnauthorized, workflow.ErrUnauthorized.Code,
			"The Authorization header cannot be read. Send one, as: Bearer, a space, the token.")
	}
	a, err = tokens.ActorByToken(r.Context(), strings.TrimSpace(secret))
	return a, err == nil, err
}

// failPlainly answers without page or problem document.
func failPlainly(w http.ResponseWriter, _ *http.Request, err error) {
	if workflow.KindOf(err) == workflow.KindUnavailable {
		w.Header().Set("Retry-After", "5")
		http.Error(w, workflow.ErrUnavailable.Message, http.StatusServiceUnavailable)
		return
	}
	http.Error(w, "Something went wrong on the server. Nothing was changed; try again.", http.StatusInternalServerError)
}
