package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"tandem/internal/workflow"
)

// HalfAge is how long one may take for the code after the password.
const HalfAge = 5 * time.Minute

// setUpAge is how long one may take to set up the app that a role demands.
const setUpAge = 20 * time.Minute

// Half is somebody who has proved to know his password and has to type a code
// yet. It is kept where only the server can read it.
type Half struct {
	Tenant string
	Login  string
	At     time.Time
	Mark   string // of the password that was right: another one ends it
	SetUp  bool   // there is no second factor: one has to be set up first
}

// NeedsCode is what SignIn returns for somebody who has a second factor.
type NeedsCode struct{ Half Half }

func (n *NeedsCode) Error() string {
	return "the password of " + n.Half.Login + " is right; a code is needed"
}

// markOf tells passwords apart without telling anything about them.
func markOf(u User) string {
	sum := sha256.Sum256([]byte("half\x00" + u.PasswordHash))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// afterPassword says whether a right password is enough: nil, or a *NeedsCode.
func (s *Service) afterPassword(ctx context.Context, u User) error {
	f, err := s.store.SecondFactor(ctx, u.Tenant, u.Login)
	half := Half{Tenant: u.Tenant, Login: u.Login, At: s.now(), Mark: markOf(u)}
	switch {
	case err == nil && f.ConfirmedAt != nil:
		return &NeedsCode{half}
	case err != nil && !errors.Is(err, ErrNoSecondFactor):
		return err
	case s.mustHave(u.Roles):
		half.SetUp = true
		return &NeedsCode{half}
	}
	return nil
}

// Require demands a second factor of people with certain roles who sign in with a
// password, or switch to a tenant where they hold one. Call it before anyone
// signs in.
func (s *Service) Require(roles ...workflow.Role) { s.demanded = roles }

func (s *Service) mustHave(roles []workflow.Role) bool {
	return slices.ContainsFunc(s.demanded, func(r workflow.Role) bool { return slices.Contains(roles, r) })
}

// factorFor returns ErrFactorNeeded for somebody who switches to a tenant where
// his role demands a second factor, and who could sign in without one. Password
// and second factor are those of his home; who has no password there comes from
// an identity provider, which asks for what it wants.
func (s *Service) factorFor(ctx context.Context, there workflow.Actor) error {
	if !s.mustHave(there.Roles) {
		return nil
	}
	f, err := s.store.SecondFactor(ctx, there.HomeTenant(), there.ID)
	switch {
	case err == nil && f.ConfirmedAt != nil:
		return nil
	case err != nil && !errors.Is(err, ErrNoSecondFactor):
		return err
	}
	home, err := s.store.UserByLogin(ctx, there.HomeTenant(), there.ID)
	if err != nil || home.PasswordHash == "" {
		return err
	}
	return ErrFactorNeeded
}

// SignInCode finishes what SignIn has begun: with a code of the app or, once, a
// recovery code. It returns ErrBadCode, ErrHalfOver, ErrDisabled, or ErrThrottled
// with a [Wait] as its cause.
func (s *Service) SignInCode(ctx context.Context, half Half, code, addr string) (workflow.Actor, error) {
	if half.Login == "" || half.SetUp || s.now().Sub(half.At) > HalfAge || half.At.After(s.now().Add(time.Minute)) {
		return workflow.Actor{}, ErrHalfOver
	}
	by := workflow.Actor{ID: half.Login, Tenant: half.Tenant, Via: "session", Address: addr}
	r := &Record{By: by, Action: "user.enter_code", Kind: "user", ID: half.Login}
	var u User
	err := s.guessCode(half.Tenant, half.Login, addr, func() error {
		return s.change(ctx, r, nil, func(w Writer) (err error) {
			if u, err = s.lockHalf(ctx, w, half); err != nil {
				return err
			}
			return s.takeCode(ctx, w, r, half.Tenant, half.Login, code)
		})
	})
	if err != nil {
		return workflow.Actor{}, fmt.Errorf("code of %s: %w", half.Login, err)
	}
	return actorOf(u, "session"), nil
}

// lockHalf returns the person who is half signed in, if nothing has changed since
// his password was right.
func (s *Service) lockHalf(ctx context.Context, w Writer, half Half) (User, error) {
	u, err := w.LockUser(ctx, half.Tenant, half.Login)
	switch {
	case err != nil:
		return u, err
	case u.DisabledAt != nil:
		return u, ErrDisabled
	case subtle.ConstantTimeCompare([]byte(markOf(u)), []byte(half.Mark)) != 1:
		return u, ErrHalfOver
	}
	return u, nil
}

// guessCode judges a code, which counts as a guess until it was right: 10 in a
// quarter of an hour, from wherever they come.
func (s *Service) guessCode(tenant, login, addr string, judge func() error) error {
	now := s.now()
	who, where := attempt{tenant: tenant, login: login}, attempt{addr: addrKey(addr)}
	if wait := s.guesses.addresses.take(where, now); wait > 0 {
		return throttled(login, wait)
	}
	if wait := s.guesses.codes.take(who, now); wait > 0 {
		s.guesses.addresses.giveBack(where)
		return throttled(login, wait)
	}
	err := judge()
	switch {
	case err == nil:
		s.guesses.codes.forget(who)
		s.guesses.addresses.giveBack(where)
	case !errors.Is(err, ErrBadCode):
		s.guesses.codes.giveBack(who)
		s.guesses.addresses.giveBack(where)
	}
	return err
}

// takeCode uses a code up in a transaction, ErrBadCode when it is none.
func (s *Service) takeCode(ctx context.Context, w Writer, r *Record, tenant, login, typed string) error {
	f, err := w.LockSecondFactor(ctx, tenant, login)
	if err != nil || f.ConfirmedAt == nil {
		return errors.Join(err, noneIf(err == nil))
	}
	seed, err := s.openSeed(f)
	if err != nil {
		return err
	}
	code := plainCode(typed)
	if step, ok := codeStep(seed, code, s.now(), f.LastStep); ok {
		f.LastStep = step
		r.After = map[string]any{"code": "app"}
		return w.SaveSecondFactor(ctx, f)
	}
	rest, ok := useRecovery(f.Salt, f.Recovery, code)
	if !ok {
		return ErrBadCode
	}
	f.Recovery = rest
	r.After = map[string]any{"code": "recovery", "recovery_codes_left": len(rest)}
	return w.SaveSecondFactor(ctx, f)
}

func noneIf(none bool) error {
	if none {
		return ErrNoSecondFactor
	}
	return nil
}

// BeginHalf is BeginSecondFactor for somebody who must set one up to sign in.
func (s *Service) BeginHalf(ctx context.Context, half Half, addr string) error {
	if !s.halfGood(half) {
		return ErrHalfOver
	}
	by := workflow.Actor{ID: half.Login, Tenant: half.Tenant, Via: "session", Address: addr}
	return s.begin(ctx, by, func(w Writer) error {
		_, err := s.lockHalf(ctx, w, half)
		return err
	})
}

func (s *Service) halfGood(half Half) bool {
	age := s.now().Sub(half.At)
	return half.Login != "" && half.SetUp && age <= setUpAge && age > -time.Minute
}

// ConfirmHalf is ConfirmSecondFactor for somebody who must set one up to sign in,
// and signs him in.
func (s *Service) ConfirmHalf(ctx context.Context, half Half, code, addr string) (workflow.Actor, []string, error) {
	if !s.halfGood(half) {
		return workflow.Actor{}, nil, ErrHalfOver
	}
	var u User
	by := workflow.Actor{ID: half.Login, Tenant: half.Tenant, Via: "session", Address: addr}
	codes, err := s.confirm(ctx, by, code, addr, func(w Writer) (err error) {
		u, err = s.lockHalf(ctx, w, half)
		return err
	})
	if err != nil {
		return workflow.Actor{}, nil, err
	}
	return actorOf(u, "session"), codes, nil
}
