package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// SecondFactor is the app for codes of a person.
type SecondFactor struct {
	Tenant      string
	Login       string
	Box         Box // the secret that the app shares
	CreatedAt   time.Time
	ConfirmedAt *time.Time // nil: being set up, asks for nothing
	LastStep    int64      // of the last code that was taken
	Salt        []byte
	Recovery    [][]byte // hashes of the recovery codes that are left
}

// Box is a sealed text, as secret.Box is.
type Box struct {
	KeyID      string
	Nonce      []byte
	Ciphertext []byte
}

// Sealer keeps what must be read again from who reads the database. Without a
// master key Seal returns an error of KindInvalid that says what to set.
type Sealer interface {
	Seal(tenant, name, value string) (Box, error)
	Open(tenant, name string, b Box) (string, error)

	// Reseal seals a box with the current master key, if another one sealed it.
	Reseal(tenant, name string, b Box) (sealed Box, changed bool, err error)
}

// SealWith lets people have second factors. Call it before anyone signs in.
func (s *Service) SealWith(sealer Sealer) { s.sealer = sealer }

// CanSeal reports whether people can set up second factors.
func (s *Service) CanSeal() bool {
	if s.sealer == nil {
		return false
	}
	_, err := s.sealer.Seal("", secretName(""), "")
	return err == nil
}

// Errors about second factors.
var (
	ErrNoSecondFactor = &workflow.Error{Kind: workflow.KindNotFound, Code: "no_second_factor", Message: "This account has no second factor."}
	ErrBadCode        = &workflow.Error{Kind: workflow.KindInvalid, Code: "wrong_code", Message: "The code is wrong or was used before. Wait for the next one in your app and type it."}
	ErrHalfOver       = &workflow.Error{Kind: workflow.KindUnauthorized, Code: "sign_in_over", Message: "Too much time has passed since the password. Sign in again."}
	ErrFactorNeeded   = &workflow.Error{Kind: workflow.KindForbidden, Code: "second_factor_needed", Message: "Your role in that tenant needs a second factor. Set one up in the profile of your own account, then switch again."}
	errFactorThere    = &workflow.Error{Kind: workflow.KindConflict, Code: "second_factor_there", Message: "This account has a second factor already. Remove it first."}
	errNoSealer       = &workflow.Error{Kind: workflow.KindInvalid, Code: "second_factor_off", Message: "Second factors need a master key: an administrator sets TANDEM_SECRETS_KEY."}
)

// secretName names the sealed secret of a person. No secret of a workflow can be
// called so.
func secretName(login string) string { return "second factor of " + login }

func (s *Service) openSeed(f SecondFactor) (string, error) {
	if s.sealer == nil {
		return "", errNoSealer
	}
	seed, err := s.sealer.Open(f.Tenant, secretName(f.Login), f.Box)
	if err != nil {
		return "", fmt.Errorf("open the second factor of %s: %w", f.Login, err)
	}
	return seed, nil
}

// SetUp is what an app for codes is told: by an address in a QR code, or by the
// secret, which people can type.
type SetUp struct {
	Secret  string // base32
	Address string // otpauth://
}

func setUpOf(seed, login, issuer string) SetUp {
	label := url.PathEscape(issuer) + ":" + url.PathEscape(login)
	query := url.Values{"secret": {seed}, "issuer": {issuer}}
	return SetUp{Secret: seed, Address: "otpauth://totp/" + label + "?" + query.Encode()}
}

// SecondFactor returns a person's second factor, ErrNoSecondFactor when he has
// none.
func (s *Service) SecondFactor(ctx context.Context, tenant, login string) (SecondFactor, error) {
	if !nameRule.MatchString(login) {
		return SecondFactor{}, ErrNoSecondFactor
	}
	return s.store.SecondFactor(ctx, tenant, login)
}

// BeginSecondFactor makes the secret of a second factor for the actor, who proves
// with his password who he is. It asks for nothing until ConfirmSecondFactor.
// addr is where the request came from. It returns ErrWrongPassword, ErrThrottled,
// ErrBusy, or an error of KindInvalid where there is no master key.
func (s *Service) BeginSecondFactor(ctx context.Context, by workflow.Actor, password, addr string) error {
	if err := bySession(by); err != nil {
		return err
	}
	u, err := s.Confirm(ctx, by, password, addr)
	if err != nil {
		return err
	}
	return s.begin(ctx, by, func(w Writer) error {
		locked, err := w.LockUser(ctx, by.Tenant, by.ID)
		if err == nil && locked.PasswordHash != u.PasswordHash {
			err = ErrRaced
		}
		return err
	})
}

func (s *Service) begin(ctx context.Context, by workflow.Actor, lock func(Writer) error) error {
	if s.sealer == nil {
		return errNoSealer
	}
	box, err := s.sealer.Seal(by.Tenant, secretName(by.ID), newSeed())
	if err != nil {
		var e *workflow.Error
		if errors.As(err, &e) && e.Kind == workflow.KindInvalid {
			return errNoSealer
		}
		return fmt.Errorf("begin second factor of %s: %w", by.ID, err)
	}
	r := &Record{By: by, Action: "user.begin_second_factor", Kind: "user", ID: by.ID}
	err = s.change(ctx, r, nil, func(w Writer) error {
		if err := lock(w); err != nil {
			return err
		}
		f, err := w.LockSecondFactor(ctx, by.Tenant, by.ID)
		switch {
		case err == nil && f.ConfirmedAt != nil:
			return errFactorThere
		case err != nil && !errors.Is(err, ErrNoSecondFactor):
			return err
		}
		salt := make([]byte, 16)
		rand.Read(salt)
		return w.SaveSecondFactor(ctx, SecondFactor{Tenant: by.Tenant, Login: by.ID, Box: box, CreatedAt: s.now().UTC(), Salt: salt})
	})
	if err != nil {
		return fmt.Errorf("begin second factor of %s: %w", by.ID, err)
	}
	return nil
}

// PendingSetUp tells what the actor's app needs while a second factor is being
// set up. issuer is the name that the app shows. It returns ErrNoSecondFactor.
func (s *Service) PendingSetUp(ctx context.Context, tenant, login, issuer string) (SetUp, error) {
	f, err := s.store.SecondFactor(ctx, tenant, login)
	if err == nil && f.ConfirmedAt != nil {
		err = ErrNoSecondFactor
	}
	if err != nil {
		return SetUp{}, err
	}
	seed, err := s.openSeed(f)
	if err != nil {
		return SetUp{}, err
	}
	return setUpOf(seed, login, issuer), nil
}

// ConfirmSecondFactor turns the actor's second factor on, by a code that proves
// that the app has the secret, and returns the recovery codes, which cannot be
// shown again. It returns ErrBadCode, ErrNoSecondFactor or ErrThrottled.
func (s *Service) ConfirmSecondFactor(ctx context.Context, by workflow.Actor, code, addr string) ([]string, error) {
	if err := bySession(by); err != nil {
		return nil, err
	}
	return s.confirm(ctx, by, code, addr, func(w Writer) error {
		_, err := w.LockUser(ctx, by.Tenant, by.ID)
		return err
	})
}

func (s *Service) confirm(ctx context.Context, by workflow.Actor, code, addr string, lock func(Writer) error) (codes []string, err error) {
	r := &Record{By: by, Action: "user.set_second_factor", Kind: "user", ID: by.ID, After: map[string]any{"second_factor": "app", "recovery_codes": recoveryCodes}}
	err = s.guessCode(by.Tenant, by.ID, addr, func() error {
		return s.change(ctx, r, nil, func(w Writer) error {
			if err := lock(w); err != nil {
				return err
			}
			f, err := w.LockSecondFactor(ctx, by.Tenant, by.ID)
			if err != nil {
				return err
			}
			if f.ConfirmedAt != nil {
				return errFactorThere
			}
			seed, err := s.openSeed(f)
			if err != nil {
				return err
			}
			step, ok := codeStep(seed, plainCode(code), s.now(), f.LastStep)
			if !ok {
				return ErrBadCode
			}
			now := s.now().UTC()
			f.ConfirmedAt, f.LastStep = &now, step
			codes, f.Recovery = newRecovery(f.Salt)
			return w.SaveSecondFactor(ctx, f)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("confirm second factor of %s: %w", by.ID, err)
	}
	return codes, nil
}

// NewRecoveryCodes gives the actor, who proves with a code who he is, other
// recovery codes; those before are good no longer. It returns ErrBadCode,
// ErrNoSecondFactor or ErrThrottled.
func (s *Service) NewRecoveryCodes(ctx context.Context, by workflow.Actor, code, addr string) (codes []string, err error) {
	if err := bySession(by); err != nil {
		return nil, err
	}
	r := &Record{By: by, Action: "user.renew_recovery_codes", Kind: "user", ID: by.ID}
	err = s.guessCode(by.Tenant, by.ID, addr, func() error {
		return s.change(ctx, r, nil, func(w Writer) error {
			if err := s.takeCode(ctx, w, r, by.Tenant, by.ID, code); err != nil {
				return err
			}
			f, err := w.LockSecondFactor(ctx, by.Tenant, by.ID)
			if err != nil {
				return err
			}
			codes, f.Recovery = newRecovery(f.Salt)
			return w.SaveSecondFactor(ctx, f)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("new recovery codes of %s: %w", by.ID, err)
	}
	return codes, nil
}

// RemoveSecondFactor ends the actor's second factor, for which he has to know the
// password and a code. It returns ErrWrongPassword, ErrBadCode, ErrNoSecondFactor,
// ErrThrottled or ErrBusy.
func (s *Service) RemoveSecondFactor(ctx context.Context, by workflow.Actor, password, code, addr string) error {
	if err := bySession(by); err != nil {
		return err
	}
	u, err := s.Confirm(ctx, by, password, addr)
	if err != nil {
		return err
	}
	r := &Record{By: by, Action: "user.remove_second_factor", Kind: "user", ID: by.ID}
	err = s.guessCode(by.Tenant, by.ID, addr, func() error {
		return s.change(ctx, r, nil, func(w Writer) error {
			locked, err := w.LockUser(ctx, by.Tenant, by.ID)
			if err == nil && locked.PasswordHash != u.PasswordHash {
				err = ErrRaced
			}
			if err != nil {
				return err
			}
			if err := s.takeCode(ctx, w, r, by.Tenant, by.ID, code); err != nil {
				return err
			}
			return w.DeleteSecondFactor(ctx, by.Tenant, by.ID)
		})
	})
	if err != nil {
		return fmt.Errorf("remove second factor of %s: %w", by.ID, err)
	}
	return nil
}

// CancelSecondFactor forgets a second factor that the actor has begun to set up.
func (s *Service) CancelSecondFactor(ctx context.Context, by workflow.Actor) error {
	r := &Record{By: by, Action: "user.cancel_second_factor", Kind: "user", ID: by.ID}
	err := s.change(ctx, r, bySession(by), func(w Writer) error {
		f, err := w.LockSecondFactor(ctx, by.Tenant, by.ID)
		if err == nil && f.ConfirmedAt != nil {
			err = errFactorThere
		}
		if err != nil {
			return err
		}
		return w.DeleteSecondFactor(ctx, by.Tenant, by.ID)
	})
	if err != nil {
		return fmt.Errorf("cancel second factor of %s: %w", by.ID, err)
	}
	return nil
}

// ResetSecondFactor ends the second factor of a person who has lost it, and his
// sessions. It returns ErrUserNotFound, ErrNoSecondFactor, or an error of
// KindForbidden unless the actor is an admin or the system, or for his own.
func (s *Service) ResetSecondFactor(ctx context.Context, by workflow.Actor, login string) error {
	allowed := mayAdminister(by, "users")
	if allowed == nil && by.ID == login && !by.System {
		allowed = workflow.Errorf(workflow.KindForbidden, workflow.ErrForbidden.Code, "Remove your own second factor in your profile, with your password and a code.")
	}
	r := &Record{By: by, Action: "user.reset_second_factor", Kind: "user", ID: login}
	err := s.change(ctx, r, allowed, func(w Writer) error {
		if _, err := w.LockUser(ctx, by.Tenant, login); err != nil {
			return err
		}
		if _, err := w.LockSecondFactor(ctx, by.Tenant, login); err != nil {
			return err
		}
		if err := w.DeleteSecondFactor(ctx, by.Tenant, login); err != nil {
			return err
		}
		ended, err := w.EndSessions(ctx, by.Tenant, login, uuid.Nil)
		r.After = map[string]any{"second_factor": "none", "sessions_ended": ended}
		return err
	})
	if err != nil {
		return fmt.Errorf("reset second factor of %s: %w", login, err)
	}
	return nil
}

// ResealFactors seals the second factors of the actor's tenant with the current
// master key and tells how many had another one. It is for the system.
func (s *Service) ResealFactors(ctx context.Context, by workflow.Actor) (changed int, err error) {
	if !by.System || s.sealer == nil {
		return 0, mayAdminister(workflow.Actor{}, "users")
	}
	after := ""
	for {
		page, err := s.store.SecondFactors(ctx, by.Tenant, after, maxPage)
		if err != nil {
			return changed, fmt.Errorf("reseal second factors: %w", err)
		}
		for _, f := range page {
			was, did := f.Box.Nonce, false
			if f.Box, did, err = s.sealer.Reseal(f.Tenant, secretName(f.Login), f.Box); err == nil && did {
				err = s.store.ResealSecondFactor(ctx, f, was)
				changed++
			}
			if err != nil {
				return changed, fmt.Errorf("reseal the second factor of %s: %w", f.Login, err)
			}
			after = f.Login
		}
		if len(page) < maxPage {
			return changed, nil
		}
	}
}
