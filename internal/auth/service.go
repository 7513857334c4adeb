package auth

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"tandem/internal/workflow"
)

// Service knows people. It is safe for concurrent use.
type Service struct {
	store   Store
	now     func() time.Time
	hasher  *hasher
	guesses *guesses
	guests  *guestLimits
	byLogin *gather[workflow.Actor]
	byToken *gather[workflow.Actor]
	setUp   atomic.Bool // an administrator exists

	sealer   Sealer          // nil: no second factors
	demanded []workflow.Role // who must have one
}

// New returns a Service on a store. now gives the time that expiry and
// throttling are judged by; nil is time.Now.
//
// At most 2 passwords are hashed at once, and who has waited 5 s for that is
// refused; 10 failures in 15 minutes close an account to an address for the
// rest of them, 100 to all addresses from which it was not used before, and 300
// close an address to all accounts.
func New(store Store, now func() time.Time) *Service {
	if now == nil {
		now = time.Now
	}
	s := &Service{
		store:   store,
		now:     now,
		hasher:  newHasher(2, 5*time.Second),
		guesses: newGuesses(),
		guests:  newGuestLimits(),
	}
	s.byLogin = newGather(5*time.Second, s.findByLogin)
	s.byToken = newGather(5*time.Second, s.findByToken)
	return s
}

// nameRule is what login names and group names look like.
var nameRule = regexp.MustCompile(`^[a-z][a-z0-9._-]{0,62}$`)

// SignIn returns the person of a login name and a password. addr is where the
// request came from, an IP with or without a port. It returns ErrBadLogin,
// ErrDisabled, ErrBusy, ErrThrottled with a [Wait] as its cause, or a *NeedsCode
// for somebody whom SignInCode has to sign in.
func (s *Service) SignIn(ctx context.Context, tenant, login, password, addr string) (workflow.Actor, error) {
	login = strings.ToLower(strings.TrimSpace(login))
	if !nameRule.MatchString(login) {
		login = "" // nobody's; all such names share one count
	}
	try := attempt{tenant, login, addrKey(addr)}
	if wait := s.guesses.take(try, s.now()); wait > 0 {
		return workflow.Actor{}, throttled(login, wait)
	}
	u, err := s.checkLogin(ctx, tenant, login, password)
	switch {
	case err == nil:
		s.guesses.forget(try, s.now())
		if err := s.afterPassword(ctx, u); err != nil {
			return workflow.Actor{}, err
		}
		return actorOf(u, "session"), nil
	case !errors.Is(err, ErrBadLogin):
		s.guesses.giveBack(try, s.now())
	}
	return workflow.Actor{}, err
}

// checkLogin takes as long for a name that does not exist as for a wrong
// password.
func (s *Service) checkLogin(ctx context.Context, tenant, login, password string) (User, error) {
	u, err := s.userToCheck(ctx, tenant, login)
	if err != nil {
		return User{}, fmt.Errorf("sign in %s: %w", login, err)
	}
	if len(password) > MaxPassword {
		u, password = User{}, ""
	}
	match, err := s.hasher.verify(ctx, password, u.PasswordHash)
	switch {
	case err != nil:
		return User{}, fmt.Errorf("sign in %s: %w", login, err)
	case !match:
		return User{}, ErrBadLogin
	case u.TenantClosed:
		return User{}, ErrTenantClosed
	case u.DisabledAt != nil:
		return User{}, ErrDisabled
	}
	return u, nil
}

func (s *Service) userToCheck(ctx context.Context, tenant, login string) (User, error) {
	u, err := s.store.UserByLogin(ctx, tenant, login)
	if errors.Is(err, ErrUserNotFound) {
		return User{}, nil
	}
	return u, err
}

// ActorByLogin returns the person of a login name with his present rights, as
// an open session needs them at each request. Someone unknown or disabled is
// an error of KindUnauthorized.
func (s *Service) ActorByLogin(ctx context.Context, tenant, login string) (workflow.Actor, error) {
	return s.byLogin.get(ctx, tenant+"\x00"+login)
}

func (s *Service) findByLogin(ctx context.Context, key string) (workflow.Actor, error) {
	tenant, login, _ := strings.Cut(key, "\x00")
	u, err := s.store.UserByLogin(ctx, tenant, login)
	switch {
	case errors.Is(err, ErrUserNotFound):
		return workflow.Actor{}, unauthorized("The account %q does not exist. Sign in again.", login)
	case err != nil:
		return workflow.Actor{}, fmt.Errorf("actor %s: %w", login, err)
	case u.TenantClosed:
		return workflow.Actor{}, ErrTenantClosed
	case u.DisabledAt != nil:
		return workflow.Actor{}, ErrDisabled
	}
	return actorOf(u, "session"), nil
}

// actorOf gives the actor that a person is. Its slices are shared by those who
// asked together; clipped, so that appending to them copies.
func actorOf(u User, via string) workflow.Actor {
	return workflow.Actor{
		ID: u.Login, Name: u.Name, Tenant: u.Tenant, Via: via,
		Roles: slices.Clip(u.Roles), Groups: slices.Clip(u.Groups), For: slices.Clip(u.StandsFor),
		Home: u.Home, Tenants: slices.Clip(u.Tenants),
	}
}

// mayAdminister returns an error unless the actor may change people, or of them
// what the scopes of a token call a resource.
func mayAdminister(by workflow.Actor, resource string) error {
	if by.System || by.Is(workflow.RoleAdmin) && Allows(by, resource, true) {
		return nil
	}
	return workflow.Errorf(workflow.KindForbidden, workflow.ErrForbidden.Code, "Only an administrator may change people and groups.")
}

// bySession returns an error unless the actor sits before a browser: what proves
// who somebody is cannot be changed with a token.
func bySession(by workflow.Actor) error {
	if by.Via == "session" && by.ID != "" {
		return nil
	}
	return workflow.Errorf(workflow.KindForbidden, workflow.ErrForbidden.Code, "Sign in with a browser to change this.")
}

func unauthorized(format string, args ...any) error {
	return workflow.Errorf(workflow.KindUnauthorized, workflow.ErrUnauthorized.Code, format, args...)
}

func problem(pointer, code, format string, args ...any) *workflow.Problem {
	return &workflow.Problem{Pointer: pointer, Code: code, Message: fmt.Sprintf(format, args...)}
}

// invalid gathers faults into one error, nil when there are none.
func invalid(what string, faults ...*workflow.Problem) error {
	e := &workflow.Error{Kind: workflow.KindInvalid, Code: workflow.ErrInvalidInput.Code}
	for _, f := range faults {
		if f != nil {
			e.Fields = append(e.Fields, *f)
		}
	}
	if e.Fields == nil {
		return nil
	}
	e.Message = what + " was not saved. " + e.Fields[0].Message
	return e
}
