package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tandem/internal/workflow"
)

// Bound is an identity by which a person signs in.
type Bound struct {
	Issuer  string
	Subject string
	Since   time.Time
}

// MaxIdentities bounds how many identities a person has.
const MaxIdentities = 10

// Errors about identities.
var (
	ErrIdentityTaken  = &workflow.Error{Kind: workflow.KindConflict, Code: "identity_taken", Message: "This identity signs in to an account already. Unlink it there first."}
	errManyIdentities = workflow.Errorf(workflow.KindConflict, "too_many_identities", "An account has at most %d identities. Unlink one first.", MaxIdentities)
	errLastWay        = &workflow.Error{Kind: workflow.KindConflict, Code: "last_way_in", Message: "This is the only way in which you sign in. Ask an administrator for a password link first."}
)

// Identities lists the identities of the actor, the oldest first.
func (s *Service) Identities(ctx context.Context, by workflow.Actor) ([]Bound, error) {
	if err := bySession(by); err != nil {
		return nil, err
	}
	return s.store.Identities(ctx, by.Tenant, by.ID)
}

// LinkIdentity binds an identity to the actor's account, for which he has to know
// his password, if he has one. addr is where the request came from. It returns
// ErrIdentityTaken, ErrWrongPassword, ErrThrottled or ErrBusy.
func (s *Service) LinkIdentity(ctx context.Context, by workflow.Actor, who Identity, password, addr string) error {
	if err := bySession(by); err != nil {
		return err
	}
	u, err := s.store.UserByLogin(ctx, by.Tenant, by.ID)
	if err == nil && u.PasswordHash != "" {
		u, err = s.Confirm(ctx, by, password, addr)
	}
	if err != nil {
		return err
	}
	r := &Record{By: by, Action: "user.link_identity", Kind: "user", ID: by.ID, After: map[string]any{"issuer": who.Issuer, "subject": who.Subject}}
	err = s.change(ctx, r, nil, func(w Writer) error {
		locked, err := w.LockUser(ctx, by.Tenant, by.ID)
		switch {
		case err != nil:
			return err
		case locked.PasswordHash != u.PasswordHash || locked.DisabledAt != nil:
			return ErrRaced
		}
		err = w.InsertIdentity(ctx, who.Issuer, who.Subject, by.Tenant, by.ID, s.now().UTC())
		if errors.Is(err, ErrRaced) {
			return ErrIdentityTaken
		}
		if err != nil {
			return err
		}
		n, err := w.CountIdentities(ctx, by.Tenant, by.ID)
		if err == nil && n > MaxIdentities {
			err = errManyIdentities
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("link an identity of %s: %w", by.ID, err)
	}
	return nil
}

// UnlinkIdentity ends that an identity signs in to the actor's account. It returns
// ErrUserNotFound for one that is not his, and refuses the only way to sign in.
func (s *Service) UnlinkIdentity(ctx context.Context, by workflow.Actor, issuer, subject string) error {
	r := &Record{By: by, Action: "user.unlink_identity", Kind: "user", ID: by.ID, Before: map[string]any{"issuer": issuer, "subject": subject}}
	err := s.change(ctx, r, bySession(by), func(w Writer) error {
		u, err := w.LockUser(ctx, by.Tenant, by.ID)
		if err != nil {
			return err
		}
		if err := w.DeleteIdentity(ctx, by.Tenant, by.ID, issuer, subject); err != nil {
			return err
		}
		n, err := w.CountIdentities(ctx, by.Tenant, by.ID)
		if err == nil && n == 0 && u.PasswordHash == "" {
			err = errLastWay
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("unlink an identity of %s: %w", by.ID, err)
	}
	return nil
}
