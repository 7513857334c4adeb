package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// NewUser is an account to make.
type NewUser struct {
	Login       string // ^[a-z][a-z0-9._-]{0,62}$
	Name        string // empty = the login name
	Email       string
	Lang        string          // tag of a language; empty = what the browser asks for
	Password    string          // empty: cannot sign in with a password
	AnyPassword bool            // take even a password shorter than MinPassword, as the demo's
	Roles       []workflow.Role // empty = user
	Groups      []string        // made when absent
}

// CreateUser makes an account in the actor's tenant. It returns ErrLoginTaken,
// an error of KindForbidden unless the actor is an admin or the system, or one
// of KindInvalid that names each fault.
func (s *Service) CreateUser(ctx context.Context, by workflow.Actor, n NewUser) (User, error) {
	u := n.user(by.Tenant)
	allowed := mayAdminister(by, "users")
	if allowed == nil {
		allowed = n.check(u)
	}
	if allowed == nil && n.Password != "" {
		u.PasswordHash, allowed = s.hasher.hash(ctx, n.Password)
	}
	u.CreatedAt = s.now().UTC()
	err := s.change(ctx, u.created(by), allowed, func(w Writer) error { return insert(ctx, w, u) })
	if err != nil {
		return User{}, fmt.Errorf("create user %s: %w", n.Login, err)
	}
	return u, nil
}

// insert adds a person, if the tenant has room for one more.
func insert(ctx context.Context, w Writer, u User) error {
	if err := w.RoomForUser(ctx, u.Tenant); err != nil {
		return err
	}
	return w.InsertUser(ctx, u)
}

func (n NewUser) check(u User) error {
	faults := append(checkUser(u.Name, u.Email, u.Roles, u.Groups), checkLang(u.Lang), checkLoginName(n.Login))
	if n.Password != "" && !(n.AnyPassword && len(n.Password) <= MaxPassword) {
		faults = append(faults, checkPassword(n.Password))
	}
	return invalid("The account", faults...)
}

func (u User) created(by workflow.Actor) *Record {
	return &Record{By: by, Action: "user.create", Kind: "user", ID: u.Login, After: map[string]any{
		"name": u.Name, "email": u.Email, "roles": u.Roles, "groups": u.Groups,
	}}
}

// EnsureUser makes an account unless its login name is taken; then it changes
// nothing and returns created = false.
func (s *Service) EnsureUser(ctx context.Context, by workflow.Actor, n NewUser) (created bool, err error) {
	// Looking first spares the hash; the insert below is what decides.
	_, err = s.store.UserByLogin(ctx, by.Tenant, n.Login)
	if !errors.Is(err, ErrUserNotFound) {
		return false, err
	}
	_, err = s.CreateUser(ctx, by, n)
	if errors.Is(err, ErrLoginTaken) {
		return false, nil
	}
	return err == nil, err
}

func (n NewUser) user(tenant string) User {
	u := User{Tenant: tenant, Login: n.Login, Name: strings.TrimSpace(n.Name), Email: strings.TrimSpace(n.Email), Lang: n.Lang}
	if u.Name == "" {
		u.Name = n.Login
	}
	u.Roles = sorted(n.Roles)
	if len(u.Roles) == 0 {
		u.Roles = []workflow.Role{workflow.RoleUser}
	}
	u.Groups = sorted(n.Groups)
	return u
}

// UpdateUser changes an account of the actor's tenant, from the next request
// on; c.PasswordHash must be nil: SetPassword is for that. Who is disabled is
// signed out. It returns ErrUserNotFound, ErrDeleted, ErrLastAdmin, an error of
// KindForbidden unless the actor is an admin or the system, or one of
// KindInvalid that names each fault.
func (s *Service) UpdateUser(ctx context.Context, by workflow.Actor, login string, c Change) error {
	if c.PasswordHash != nil {
		return fmt.Errorf("update user %s: a change carries a password hash", login)
	}
	allowed := mayAdminister(by, "users")
	if allowed == nil {
		allowed = invalid("The account", checkChange(&c)...)
	}
	r := &Record{By: by, Action: "user.update", Kind: "user", ID: login}
	err := s.change(ctx, r, allowed, func(w Writer) error { return update(ctx, w, r, by.Tenant, login, c) })
	if err != nil {
		return fmt.Errorf("update user %s: %w", login, err)
	}
	return nil
}

// update changes a person in a transaction and keeps at least one administrator.
func update(ctx context.Context, w Writer, r *Record, tenant, login string, c Change) error {
	off := c.Disabled != nil && *c.Disabled
	if off || c.Roles != nil && !slices.Contains(c.Roles, workflow.RoleAdmin) {
		if err := keepAdmin(ctx, w, tenant, login); err != nil {
			return err
		}
	}
	u, err := w.LockUser(ctx, tenant, login)
	switch {
	case err != nil:
		return err
	case u.DeletedAt != nil:
		return ErrDeleted
	}
	if c.Disabled != nil && !off && u.DisabledAt != nil {
		if err := w.RoomForUser(ctx, tenant); err != nil {
			return err
		}
	}
	r.differ(u, c)
	if err := w.UpdateUser(ctx, tenant, login, c); err != nil || !off {
		return err
	}
	_, err = w.EndSessions(ctx, tenant, login, uuid.Nil)
	return err
}

// keepAdmin refuses to take the last administrator who can act away.
func keepAdmin(ctx context.Context, w Writer, tenant, login string) error {
	admins, err := w.LockAdmins(ctx, tenant)
	if err == nil && len(admins) == 1 && admins[0] == login {
		err = ErrLastAdmin
	}
	return err
}

// DeleteUser closes an account for good: its name, e-mail, password, groups and
// links are forgotten, its tokens and sessions end. Its login stays taken, so
// that history keeps meaning the same person. Deleting twice is fine. It returns
// ErrUserNotFound, ErrLastAdmin, or an error of KindForbidden unless the actor is
// an admin or the system.
func (s *Service) DeleteUser(ctx context.Context, by workflow.Actor, login string) error {
	r := &Record{By: by, Action: "user.delete", Kind: "user", ID: login}
	err := s.change(ctx, r, mayAdminister(by, "users"), func(w Writer) error {
		if err := keepAdmin(ctx, w, by.Tenant, login); err != nil {
			return err
		}
		u, err := w.LockUser(ctx, by.Tenant, login)
		if err != nil || u.DeletedAt != nil {
			return err
		}
		r.Before = map[string]any{"name": u.Name, "email": u.Email, "roles": u.Roles, "groups": u.Groups}
		if _, err := w.RevokeTokens(ctx, by.Tenant, login); err != nil {
			return err
		}
		if _, err := w.EndSessions(ctx, by.Tenant, login, uuid.Nil); err != nil {
			return err
		}
		return w.WipeUser(ctx, by.Tenant, login, s.now().UTC())
	})
	if err != nil {
		return fmt.Errorf("delete user %s: %w", login, err)
	}
	return nil
}

// User returns an account of a tenant, ErrUserNotFound when there is none.
func (s *Service) User(ctx context.Context, tenant, login string) (User, error) {
	if !nameRule.MatchString(login) {
		return User{}, ErrUserNotFound
	}
	return s.store.UserByLogin(ctx, tenant, login)
}

// Names returns what people are called, by login, of the first 1,000 logins;
// unknown ones are left out.
func (s *Service) Names(ctx context.Context, tenant string, logins []string) (map[string]string, error) {
	return s.store.Names(ctx, tenant, logins[:min(len(logins), maxNames)])
}

// Users returns a page of accounts in order of login, at most 200.
func (s *Service) Users(ctx context.Context, f UserFilter) ([]User, error) {
	f.Limit = min(max(f.Limit, 1), maxPage)
	return s.store.Users(ctx, f)
}

// UserExists reports whether a login name is someone's who can act: known, and
// not disabled.
func (s *Service) UserExists(ctx context.Context, tenant, login string) (bool, error) {
	if !nameRule.MatchString(login) {
		return false, nil
	}
	u, err := s.store.UserByLogin(ctx, tenant, login)
	if errors.Is(err, ErrUserNotFound) {
		return false, nil
	}
	return err == nil && u.DisabledAt == nil, err
}
