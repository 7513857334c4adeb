package auth

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// tenantRule is what names of tenants look like.
var tenantRule = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

// TenantChange is what to change of a tenant; nil leaves it as it is.
type TenantChange struct {
	Title  *string
	Limits *workflow.TenantLimits // replaces them all
	Closed *bool
}

// mayServe returns an error unless the actor administers the server.
func mayServe(by workflow.Actor, write bool) error {
	if by.Serves() && Allows(by, "tenants", write) {
		return nil
	}
	return workflow.Errorf(workflow.KindForbidden, workflow.ErrForbidden.Code,
		"Only an administrator of the tenant %s may manage tenants.", workflow.DefaultTenant)
}

// Tenants returns a page of the server's tenants after a name, with what they
// have, at most 200. It returns an error of KindForbidden unless the actor
// administers the server.
func (s *Service) Tenants(ctx context.Context, by workflow.Actor, after string, limit int) ([]Tenant, error) {
	if err := mayServe(by, false); err != nil {
		return nil, err
	}
	return s.store.Tenants(ctx, after, min(max(limit, 1), maxPage))
}

// CountTenants tells how many tenants the server has, at most MaxCount+1.
func (s *Service) CountTenants(ctx context.Context, by workflow.Actor) (int, error) {
	if err := mayServe(by, false); err != nil {
		return 0, err
	}
	return s.store.CountTenants(ctx, MaxCount+1)
}

// Tenant returns a tenant with what it has. It returns ErrTenantNotFound, or an
// error of KindForbidden unless the actor administers the server.
func (s *Service) Tenant(ctx context.Context, by workflow.Actor, name string) (Tenant, error) {
	if err := mayServe(by, false); err != nil {
		return Tenant{}, err
	}
	if !tenantRule.MatchString(name) {
		return Tenant{}, ErrTenantNotFound
	}
	return s.store.Tenant(ctx, name)
}

// Guests returns the people whom another tenant's administrators let in, in
// order of login, at most 200.
func (s *Service) Guests(ctx context.Context, by workflow.Actor, tenant string) ([]User, error) {
	if err := mayServe(by, false); err != nil {
		return nil, err
	}
	return s.store.Guests(ctx, tenant, maxPage)
}

// CreateTenant makes a tenant; an empty title is the name. It returns
// ErrTenantTaken, an error of KindForbidden unless the actor administers the
// server, or one of KindInvalid.
func (s *Service) CreateTenant(ctx context.Context, by workflow.Actor, name, title string, limits workflow.TenantLimits) (Tenant, error) {
	if title = strings.TrimSpace(title); title == "" {
		title = name
	}
	t := Tenant{Name: name, Title: title, Limits: limits, CreatedAt: s.now().UTC(), CreatedBy: by.ID}
	allowed := mayServe(by, true)
	if allowed == nil {
		allowed = t.check()
	}
	r := &Record{By: by, Action: "tenant.create", Kind: "tenant", ID: name, After: t.facts()}
	if err := s.change(ctx, r, allowed, func(w Writer) error { return w.InsertTenant(ctx, t) }); err != nil {
		return Tenant{}, fmt.Errorf("create tenant %s: %w", name, err)
	}
	return t, nil
}

// UpdateTenant changes a tenant. Who is in a tenant that is closed is nobody
// from the next request on. It returns ErrTenantNotFound, an error of
// KindForbidden unless the actor administers the server, one of KindConflict for
// closing the tenant that every server has, or one of KindInvalid.
func (s *Service) UpdateTenant(ctx context.Context, by workflow.Actor, name string, c TenantChange) error {
	r := &Record{By: by, Action: "tenant.update", Kind: "tenant", ID: name}
	err := s.change(ctx, r, mayServe(by, true), func(w Writer) error {
		t, err := w.LockTenant(ctx, name)
		if err != nil {
			return err
		}
		r.Before = t.facts()
		if err := t.apply(c, s.now); err != nil {
			return err
		}
		r.After = t.facts()
		return w.UpdateTenant(ctx, t)
	})
	if err != nil {
		return fmt.Errorf("update tenant %s: %w", name, err)
	}
	return nil
}

func (t *Tenant) apply(c TenantChange, now func() time.Time) error {
	if c.Title != nil {
		t.Title = strings.TrimSpace(*c.Title)
	}
	if c.Limits != nil {
		t.Limits = *c.Limits
	}
	if c.Closed != nil && *c.Closed != (t.DeactivatedAt != nil) {
		if t.Name == workflow.DefaultTenant {
			return workflow.Errorf(workflow.KindConflict, "default_tenant", "The tenant %s stays open: from it the server is administered.", t.Name)
		}
		t.DeactivatedAt = nil
		if *c.Closed {
			at := now().UTC()
			t.DeactivatedAt = &at
		}
	}
	return t.check()
}

// check returns what is wrong with a tenant.
func (t *Tenant) check() error {
	var name *workflow.Problem
	if !tenantRule.MatchString(t.Name) {
		name = problem("/name", "bad_tenant", "%q cannot be a tenant's name: begin with a small letter and go on with small letters, digits and hyphens, 63 in all.", t.Name)
	}
	title := checkName(t.Title)
	if title != nil {
		title.Pointer = "/title"
	}
	faults := []*workflow.Problem{name, title}
	for _, l := range []struct {
		field string
		value *int
	}{{"live", t.Limits.Live}, {"starts", t.Limits.Starts}, {"definitions", t.Limits.Definitions}, {"users", t.Limits.Users}} {
		if l.value != nil && (*l.value < 0 || *l.value > maxLimit) {
			faults = append(faults, problem("/limits/"+l.field, "bad_limit", "A limit is a number from 0 to %d, or nothing.", maxLimit))
		}
	}
	if l := t.Limits.Storage; l != nil && *l < 0 {
		faults = append(faults, problem("/limits/storage", "bad_limit", "A limit is a number of bytes from 0 on, or nothing."))
	}
	return invalid("The tenant", faults...)
}

// maxLimit bounds the numbers that limits can be.
const maxLimit = 1_000_000_000

// facts are what the audit tells of a tenant.
func (t *Tenant) facts() map[string]any {
	l := t.Limits
	return map[string]any{
		"title": t.Title, "closed": t.DeactivatedAt != nil, "max_live": l.Live, "max_starts": l.Starts,
		"max_definitions": l.Definitions, "max_users": l.Users, "max_storage": l.Storage,
	}
}

// AddMember lets a person of a home tenant into another one: he gets an account
// there under his own login, with roles and without a password; he signs in at
// home and switches. One who was let in before gets the roles and is enabled. The line of the audit
// is of the tenant that he comes into. It returns ErrTenantNotFound,
// ErrUserNotFound, ErrTooManyUsers, an error of KindConflict when the login is
// somebody else's there, one of KindForbidden unless the actor administers the
// server, or one of KindInvalid.
func (s *Service) AddMember(ctx context.Context, by workflow.Actor, tenant, home, login string, roles []workflow.Role) error {
	allowed := mayServe(by, true)
	if allowed == nil {
		allowed = invalid("The member", checkRoles(roles), memberOf(tenant, home))
	}
	by.Tenant = tenant
	r := &Record{By: by, Action: "tenant.add_member", Kind: "user", ID: login, After: map[string]any{"home": home, "roles": roles}}
	err := s.change(ctx, r, allowed, func(w Writer) error {
		if _, err := w.LockTenant(ctx, tenant); err != nil {
			return err
		}
		person, err := w.LockUser(ctx, home, login)
		switch {
		case err != nil:
			return err
		case person.Home != "":
			return ErrGuest
		case person.DeletedAt != nil:
			return ErrDeleted
		}
		return s.admitMember(ctx, w, person, tenant, sorted(roles))
	})
	if err != nil {
		return fmt.Errorf("add %s of %s to tenant %s: %w", login, home, tenant, err)
	}
	return nil
}

func (s *Service) admitMember(ctx context.Context, w Writer, person User, tenant string, roles []workflow.Role) error {
	guest, err := w.LockUser(ctx, tenant, person.Login)
	switch {
	case errors.Is(err, ErrUserNotFound):
		return insert(ctx, w, User{
			Tenant: tenant, Login: person.Login, Name: person.Name, Lang: person.Lang, Roles: roles,
			CreatedAt: s.now().UTC(), Home: person.Tenant,
		})
	case err != nil:
		return err
	case guest.Home != person.Tenant:
		return workflow.Errorf(workflow.KindConflict, ErrLoginTaken.Code,
			"In the tenant %s the login %s is somebody else's. Make an account there under another name.", tenant, person.Login)
	}
	on := false
	if guest.DisabledAt != nil {
		if err := w.RoomForUser(ctx, tenant); err != nil {
			return err
		}
	}
	return w.UpdateUser(ctx, tenant, person.Login, Change{Roles: roles, Disabled: &on})
}

func memberOf(tenant, home string) *workflow.Problem {
	if tenant == home {
		return problem("/home", "same_tenant", "Who belongs to this tenant is in it already. Name the tenant in which the person has an account.")
	}
	return nil
}

// RemoveMember takes a guest's account in a tenant away: his sessions and tokens
// there end, and he cannot switch to it. It returns ErrUserNotFound for one who
// is no guest, or an error of KindForbidden unless the actor administers the
// server.
func (s *Service) RemoveMember(ctx context.Context, by workflow.Actor, tenant, login string) error {
	allowed := mayServe(by, true)
	by.Tenant = tenant
	r := &Record{By: by, Action: "tenant.remove_member", Kind: "user", ID: login}
	err := s.change(ctx, r, allowed, func(w Writer) error {
		guest, err := w.LockUser(ctx, tenant, login)
		switch {
		case err != nil:
			return err
		case guest.Home == "":
			return ErrUserNotFound
		}
		r.Before = map[string]any{"home": guest.Home, "roles": guest.Roles}
		off := true
		if err := w.UpdateUser(ctx, tenant, login, Change{Disabled: &off}); err != nil {
			return err
		}
		if _, err := w.RevokeTokens(ctx, tenant, login); err != nil {
			return err
		}
		_, err = w.EndSessions(ctx, tenant, login, uuid.Nil)
		return err
	})
	if err != nil {
		return fmt.Errorf("remove %s from tenant %s: %w", login, tenant, err)
	}
	return nil
}

// Switch returns who the actor is in another tenant, for a session that goes on
// there. It returns ErrTenantNotFound for one in which he has no account,
// ErrFactorNeeded when his role there demands a second factor that he has not,
// and an error of KindForbidden for who does not sit before a browser.
func (s *Service) Switch(ctx context.Context, by workflow.Actor, tenant string) (workflow.Actor, error) {
	if err := bySession(by); err != nil {
		return workflow.Actor{}, err
	}
	if !reaches(by, tenant) {
		return workflow.Actor{}, ErrTenantNotFound
	}
	there, err := s.ActorByLogin(ctx, tenant, by.ID)
	if workflow.KindOf(err) == workflow.KindUnauthorized || err == nil && there.HomeTenant() != by.HomeTenant() {
		return workflow.Actor{}, ErrTenantNotFound
	}
	if err == nil {
		err = s.factorFor(ctx, there)
	}
	if err != nil {
		return workflow.Actor{}, err
	}
	there.Address, there.Request = by.Address, by.Request
	return there, nil
}

// reaches reports whether the actor has an account in a tenant beside the
// present one.
func reaches(by workflow.Actor, tenant string) bool {
	for _, t := range by.Tenants {
		if t.Name == tenant {
			return true
		}
	}
	return false
}

// SplitLogin reads what somebody types to sign in: TENANT/LOGIN, or a login of
// the tenant that is given.
func SplitLogin(typed, tenant string) (in, login string) {
	if before, after, cut := strings.Cut(strings.TrimSpace(typed), "/"); cut {
		if in = strings.ToLower(strings.TrimSpace(before)); !tenantRule.MatchString(in) {
			in = "" // nobody's; all such names share one count
		}
		return in, after
	}
	return tenant, typed
}
