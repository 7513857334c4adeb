package auth

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// How long links are good.
const (
	inviteAge = 7 * 24 * time.Hour
	resetAge  = 24 * time.Hour
	setupAge  = 24 * time.Hour
)

// linkLen is the length of a link's secret: 32 random bytes in base64url.
const linkLen = 43

// Invite makes the link with which a person sets his password, once: an
// invitation for a week while he has none, else a reset for a day. It ends the
// link that he has. The secret is kept nowhere and cannot be shown again. It
// returns ErrUserNotFound, ErrDeleted, ErrDisabled, or an error of KindForbidden
// unless the actor is an admin or the system.
func (s *Service) Invite(ctx context.Context, by workflow.Actor, login string) (Link, string, error) {
	return s.InviteTelling(ctx, by, login, func(Link) {})
}

// InviteTelling is Invite; tell hears of the link before it is stored.
func (s *Service) InviteTelling(ctx context.Context, by workflow.Actor, login string, tell func(Link)) (Link, string, error) {
	secret := newSecret()[len(tokenPrefix):]
	now := s.now().UTC()
	l := Link{Tenant: by.Tenant, Login: login, CreatedBy: by.ID, CreatedAt: now, Purpose: PurposeReset, ExpiresAt: now.Add(resetAge)}
	r := &Record{By: by, Action: "user.invite", Kind: "user", ID: login}
	err := s.change(ctx, r, mayAdminister(by, "users"), func(w Writer) error {
		u, err := w.LockUser(ctx, by.Tenant, login)
		switch {
		case err != nil:
			return err
		case u.DeletedAt != nil:
			return ErrDeleted
		case u.Home != "":
			return ErrGuest
		case u.DisabledAt != nil:
			return workflow.Errorf(workflow.KindConflict, ErrDisabled.Code, "This account is disabled. Enable it first.")
		}
		if u.PasswordHash == "" {
			l.Purpose, l.ExpiresAt = PurposeInvite, now.Add(inviteAge)
		}
		r.After = map[string]any{"purpose": l.Purpose, "expires_at": until(&l.ExpiresAt)}
		tell(l)
		return w.SaveLink(ctx, l, hashSecret(secret))
	})
	if err != nil {
		return Link{}, "", fmt.Errorf("invite %s: %w", login, err)
	}
	return l, secret, nil
}

// OpenLink returns what a link is for, and changes nothing. It returns
// ErrLinkNotFound for one that is unknown, used or over, and ErrSetupClosed.
func (s *Service) OpenLink(ctx context.Context, secret string) (Link, error) {
	if len(secret) != linkLen {
		return Link{}, ErrLinkNotFound
	}
	if _, err := base64.RawURLEncoding.DecodeString(secret); err != nil {
		return Link{}, ErrLinkNotFound
	}
	l, err := s.store.Link(ctx, hashSecret(secret), s.now())
	if err != nil || l.Purpose != PurposeSetup {
		return l, err
	}
	if any, err := s.store.AnyAdmin(ctx); err != nil || any {
		return Link{}, errors.Join(err, closedIf(any))
	}
	return l, nil
}

func closedIf(any bool) error {
	if any {
		return ErrSetupClosed
	}
	return nil
}

// UseLink sets the password of the person whom a link is for, ends the link and
// his sessions, and returns his login. addr is where the request came from. Of
// several that use it at once, one does.
// It returns ErrLinkNotFound, ErrBusy, or an error of KindInvalid, after which
// the link still is good.
func (s *Service) UseLink(ctx context.Context, secret, password, addr string) (login string, err error) {
	l, err := s.OpenLink(ctx, secret)
	if err == nil && l.Purpose == PurposeSetup {
		err = ErrLinkNotFound
	}
	if err == nil {
		err = invalid("The password", checkPassword(password))
	}
	if err != nil {
		return "", err
	}
	encoded, err := s.hasher.hash(ctx, password)
	if err != nil {
		return "", fmt.Errorf("use link of %s: %w", l.Login, err)
	}
	by := workflow.Actor{ID: l.Login, Tenant: l.Tenant, Via: "link", Address: addr}
	r := &Record{By: by, Action: "user.use_link", Kind: "user", ID: l.Login}
	err = s.change(ctx, r, nil, func(w Writer) error {
		if _, err := w.TakeLink(ctx, hashSecret(secret), s.now()); err != nil {
			return err
		}
		u, err := w.LockUser(ctx, l.Tenant, l.Login)
		if err == nil && u.DisabledAt != nil {
			err = ErrLinkNotFound
		}
		if err != nil {
			return err
		}
		return setPassword(ctx, w, r, l.Tenant, l.Login, encoded, uuid.Nil)
	})
	if err != nil {
		return "", fmt.Errorf("use link of %s: %w", l.Login, err)
	}
	return l.Login, nil
}

// SetupOpen reports whether there is no administrator yet. Once there is one, it
// asks no more.
func (s *Service) SetupOpen(ctx context.Context) (bool, error) {
	if s.setUp.Load() {
		return false, nil
	}
	any, err := s.store.AnyAdmin(ctx)
	if any {
		s.setUp.Store(true)
	}
	return !any && err == nil, err
}

// BeginSetup makes the link with which the first administrator of a tenant is
// made. It returns an empty secret once there is one.
func (s *Service) BeginSetup(ctx context.Context, tenant string) (secret string, err error) {
	if any, err := s.store.AnyAdmin(ctx); err != nil || any {
		return "", err
	}
	secret = newSecret()[len(tokenPrefix):]
	now := s.now().UTC()
	by := workflow.SystemActor(tenant, "setup")
	l := Link{Tenant: tenant, Purpose: PurposeSetup, CreatedBy: by.ID, CreatedAt: now, ExpiresAt: now.Add(setupAge)}
	r := &Record{By: by, Action: "tenant.begin_setup", Kind: "tenant", ID: tenant}
	err = s.change(ctx, r, nil, func(w Writer) error { return w.SaveLink(ctx, l, hashSecret(secret)) })
	if err != nil {
		return "", fmt.Errorf("begin setup: %w", err)
	}
	return secret, nil
}

// FinishSetup makes the first administrator by the link that BeginSetup gave.
// addr is where the request came from. Of several at once, in however many processes, one does. It returns
// ErrLinkNotFound, ErrSetupClosed, ErrLoginTaken, ErrBusy, or an error of
// KindInvalid.
func (s *Service) FinishSetup(ctx context.Context, secret string, n NewUser, addr string) (User, error) {
	l, err := s.OpenLink(ctx, secret)
	if err == nil && l.Purpose != PurposeSetup {
		err = ErrLinkNotFound
	}
	if err != nil {
		return User{}, err
	}
	n.Roles, n.AnyPassword = []workflow.Role{workflow.RoleAdmin}, false
	u := n.user(l.Tenant)
	if err := invalid("The account", checkName(u.Name), checkEmail(u.Email), checkLoginName(u.Login), checkPassword(n.Password)); err != nil {
		return User{}, err
	}
	if u.PasswordHash, err = s.hasher.hash(ctx, n.Password); err != nil {
		return User{}, fmt.Errorf("finish setup: %w", err)
	}
	u.CreatedAt = s.now().UTC()
	by := workflow.SystemActor(l.Tenant, "setup")
	by.Via, by.Address = "link", addr
	err = s.change(ctx, u.created(by), nil, func(w Writer) error {
		any, err := w.LockPeople(ctx)
		if err != nil || any {
			return errors.Join(err, closedIf(any))
		}
		if _, err := w.TakeLink(ctx, hashSecret(secret), s.now()); err != nil {
			return err
		}
		return w.InsertUser(ctx, u)
	})
	if err != nil {
		return User{}, fmt.Errorf("finish setup: %w", err)
	}
	return u, nil
}
