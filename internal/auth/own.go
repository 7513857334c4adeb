package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// ErrWrongPassword refuses a change for which the present password was asked.
var ErrWrongPassword = &workflow.Error{Kind: workflow.KindInvalid, Code: "wrong_password", Message: "The present password is wrong. Type it again."}

// ErrRaced refuses a change of something that was changed meanwhile.
var ErrRaced = &workflow.Error{Kind: workflow.KindConflict, Code: "account_changed", Message: "The account was changed meanwhile. Look at it again, then repeat."}

// UpdateOwn changes the actor's own name, e-mail or language. The rest of c must
// be nil.
func (s *Service) UpdateOwn(ctx context.Context, by workflow.Actor, c Change) error {
	if c.Roles != nil || c.Groups != nil || c.Disabled != nil || c.PasswordHash != nil {
		return fmt.Errorf("update own account of %s: a change of rights", by.ID)
	}
	allowed := bySession(by)
	if allowed == nil {
		allowed = invalid("The account", checkChange(&c)...)
	}
	r := &Record{By: by, Action: "user.update", Kind: "user", ID: by.ID}
	err := s.change(ctx, r, allowed, func(w Writer) error { return update(ctx, w, r, by.Tenant, by.ID, c) })
	if err != nil {
		return fmt.Errorf("update own account of %s: %w", by.ID, err)
	}
	return nil
}

// ChangePassword gives the actor another password, for which he has to know the
// present one, and ends his sessions but the one of keep. addr is where the
// request came from: wrong guesses count as those of SignIn do. It returns
// ErrWrongPassword, ErrThrottled, ErrBusy, ErrRaced, or an error of KindInvalid.
func (s *Service) ChangePassword(ctx context.Context, by workflow.Actor, present, next string, keep uuid.UUID, addr string) error {
	if err := bySession(by); err != nil {
		return err
	}
	if err := invalid("The password", checkPassword(next)); err != nil {
		return err
	}
	u, err := s.Confirm(ctx, by, present, addr)
	if err != nil {
		return err
	}
	encoded, err := s.hasher.hash(ctx, next)
	if err != nil {
		return fmt.Errorf("change password of %s: %w", by.ID, err)
	}
	r := &Record{By: by, Action: "user.change_password", Kind: "user", ID: by.ID}
	err = s.change(ctx, r, nil, func(w Writer) error {
		locked, err := w.LockUser(ctx, by.Tenant, by.ID)
		switch {
		case err != nil:
			return err
		case locked.PasswordHash != u.PasswordHash:
			return ErrRaced
		}
		return setPassword(ctx, w, r, by.Tenant, by.ID, encoded, keep)
	})
	if err != nil {
		return fmt.Errorf("change password of %s: %w", by.ID, err)
	}
	return nil
}

// Confirm proves again that the actor knows his password. It returns
// ErrWrongPassword, ErrThrottled or ErrBusy.
func (s *Service) Confirm(ctx context.Context, by workflow.Actor, password, addr string) (User, error) {
	try := attempt{by.Tenant, by.ID, addrKey(addr)}
	if wait := s.guesses.take(try, s.now()); wait > 0 {
		return User{}, throttled(by.ID, wait)
	}
	u, err := s.checkLogin(ctx, by.Tenant, by.ID, password)
	switch {
	case err == nil:
		s.guesses.forget(try, s.now())
	case errors.Is(err, ErrBadLogin):
		return User{}, ErrWrongPassword
	default:
		s.guesses.giveBack(try, s.now())
	}
	return u, err
}

// setPassword sets a password in a transaction and ends all sessions but one.
func setPassword(ctx context.Context, w Writer, r *Record, tenant, login, encoded string, keep uuid.UUID) error {
	r.After = map[string]any{"password": "set"}
	if err := w.UpdateUser(ctx, tenant, login, Change{PasswordHash: &encoded}); err != nil {
		return err
	}
	ended, err := w.EndSessions(ctx, tenant, login, keep)
	r.After["sessions_ended"] = ended
	return err
}

// SetPassword gives an account of the actor's tenant another password and ends
// its sessions. It returns ErrUserNotFound, ErrDeleted, ErrBusy, an error of
// KindForbidden unless the actor is an admin or the system, or one of
// KindInvalid.
func (s *Service) SetPassword(ctx context.Context, by workflow.Actor, login, password string) error {
	allowed := mayAdminister(by, "users")
	if allowed == nil {
		allowed = invalid("The password", checkPassword(password))
	}
	if allowed != nil {
		return allowed
	}
	encoded, err := s.hasher.hash(ctx, password)
	if err != nil {
		return fmt.Errorf("set password of %s: %w", login, err)
	}
	r := &Record{By: by, Action: "user.set_password", Kind: "user", ID: login}
	err = s.change(ctx, r, nil, func(w Writer) error {
		u, err := w.LockUser(ctx, by.Tenant, login)
		if err == nil && u.DeletedAt != nil {
			err = ErrDeleted
		} else if err == nil && u.Home != "" {
			err = ErrGuest
		}
		if err != nil {
			return err
		}
		return setPassword(ctx, w, r, by.Tenant, login, encoded, uuid.Nil)
	})
	if err != nil {
		return fmt.Errorf("set password of %s: %w", login, err)
	}
	return nil
}
