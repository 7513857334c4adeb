package auth

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tandem/internal/workflow"
)

// Identity is what an identity provider says of somebody who has signed in there.
type Identity struct {
	Issuer  string
	Subject string // the person at the issuer, for good
	Login   string // the name that he would like to have here
	Name    string
	Email   string
	Groups  []string // values of the claim that tells groups and roles
}

// Admission says what a provider's people may become here.
type Admission struct {
	Create bool                     // an account at the first sign-in
	Groups map[string]string        // value of the claim → group; groups that are named here are kept as the claim says
	Roles  map[string]workflow.Role // value of the claim → role; empty: roles are given here
	// Value of the claim → tenant in which the account is made; the first that the
	// claim has counts. Without one it is made in the tenant of the page.
	Tenants map[string]string
}

// ErrNotAdmitted refuses somebody whom an identity provider knows and nobody
// here.
var ErrNotAdmitted = &workflow.Error{Kind: workflow.KindForbidden, Code: "not_admitted", Message: "You have no account here. Ask an administrator for one."}

// maxLogins bounds how many names are tried for somebody whose own is taken.
const maxLogins = 50

// Admit returns the person whom an identity is bound to. An identity that is not
// known gets an account of its own, if the admission says so: never one that is
// there, whatever e-mail address or name it claims. Groups and roles that the
// admission names are brought up to date; the last administrator stays one. addr
// is where the request came from. It returns ErrNotAdmitted or ErrDisabled.
func (s *Service) Admit(ctx context.Context, tenant string, who Identity, a Admission, addr string) (workflow.Actor, error) {
	u, err := s.store.UserByIdentity(ctx, who.Issuer, who.Subject)
	switch {
	case errors.Is(err, ErrUserNotFound) && a.Create:
		u, err = s.provision(ctx, tenant, who, a, addr)
	case errors.Is(err, ErrUserNotFound):
		return workflow.Actor{}, ErrNotAdmitted
	case err == nil && u.TenantClosed:
		return workflow.Actor{}, ErrTenantClosed
	case err == nil && u.DisabledAt != nil:
		return workflow.Actor{}, ErrDisabled
	case err == nil:
		u, err = s.follow(ctx, u, who, a, addr)
	}
	if err != nil {
		return workflow.Actor{}, fmt.Errorf("admit %s of %s: %w", who.Subject, who.Issuer, err)
	}
	return actorOf(u, "session"), nil
}

// provision makes an account for an identity under the first name that is free.
func (s *Service) provision(ctx context.Context, tenant string, who Identity, a Admission, addr string) (User, error) {
	tenant, err := s.tenantFor(ctx, tenant, who, a)
	if err != nil {
		return User{}, err
	}
	base := loginOf(who.Login)
	by := workflow.SystemActor(tenant, "oidc")
	by.Address = addr
	for i := range maxLogins {
		n := NewUser{Login: numbered(base, i), Name: who.Name, Email: who.Email, Roles: a.roles(who), Groups: a.groups(who)}
		u := n.user(tenant)
		if checkName(u.Name) != nil {
			u.Name = u.Login
		}
		if checkEmail(u.Email) != nil {
			u.Email = ""
		}
		u.CreatedAt = s.now().UTC()
		r := u.created(by)
		r.After["issuer"], r.After["subject"] = who.Issuer, who.Subject
		err := s.change(ctx, r, nil, func(w Writer) error {
			if err := insert(ctx, w, u); err != nil {
				return err
			}
			return w.InsertIdentity(ctx, who.Issuer, who.Subject, tenant, u.Login, u.CreatedAt)
		})
		switch {
		case errors.Is(err, ErrLoginTaken):
			continue
		case errors.Is(err, ErrRaced): // another request was faster
			return s.store.UserByIdentity(ctx, who.Issuer, who.Subject)
		}
		return u, err
	}
	return User{}, ErrLoginTaken
}

// tenantFor gives the tenant in which an identity gets its account, and
// ErrNotAdmitted for one that is not there or closed.
func (s *Service) tenantFor(ctx context.Context, tenant string, who Identity, a Admission) (string, error) {
	for _, value := range who.Groups {
		name, is := a.Tenants[value]
		if !is {
			continue
		}
		t, err := s.store.Tenant(ctx, name)
		if errors.Is(err, ErrTenantNotFound) || err == nil && t.DeactivatedAt != nil {
			err = ErrNotAdmitted
		}
		return name, err
	}
	return tenant, nil
}

// follow brings groups and roles of a person up to date with his identity.
func (s *Service) follow(ctx context.Context, u User, who Identity, a Admission, addr string) (User, error) {
	var c Change
	if groups := a.keep(u.Groups, who); !slices.Equal(groups, u.Groups) {
		c.Groups = &groups
	}
	if roles := a.roles(who); len(a.Roles) > 0 && !slices.Equal(roles, u.Roles) {
		c.Roles = roles
	}
	if c.Groups == nil && c.Roles == nil {
		return u, nil
	}
	by := workflow.SystemActor(u.Tenant, "oidc")
	by.Address = addr
	err := s.UpdateUser(ctx, by, u.Login, c)
	if errors.Is(err, ErrLastAdmin) {
		c.Roles = nil
		err = s.UpdateUser(ctx, by, u.Login, c)
	}
	if err != nil {
		return u, err
	}
	return s.store.UserByLogin(ctx, u.Tenant, u.Login)
}

// roles gives the roles of an identity, user when it has none.
func (a Admission) roles(who Identity) []workflow.Role {
	var roles []workflow.Role
	for _, value := range who.Groups {
		if role, ok := a.Roles[value]; ok {
			roles = append(roles, role)
		}
	}
	if len(roles) == 0 {
		return []workflow.Role{workflow.RoleUser}
	}
	return sorted(roles)
}

// groups gives the groups that an identity's claim is mapped to.
func (a Admission) groups(who Identity) []string {
	var groups []string
	for _, value := range who.Groups {
		if group, ok := a.Groups[value]; ok {
			groups = append(groups, group)
		}
	}
	return sorted(groups)
}

// keep gives a person's groups: those that are mapped as the claim says, the
// others as they are.
func (a Admission) keep(have []string, who Identity) []string {
	mapped := slices.Collect(maps.Values(a.Groups))
	own := slices.DeleteFunc(slices.Clone(have), func(g string) bool { return slices.Contains(mapped, g) })
	return sorted(append(own, a.groups(who)...))
}

// loginOf makes a login name of what somebody is called elsewhere: small letters,
// what is before an @, other characters as hyphens.
func loginOf(name string) string {
	name, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(name)), "@")
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-' {
			return r
		}
		return '-'
	}, name)
	name = strings.TrimLeft(name, "0123456789._-")
	if len(name) > 50 {
		name = name[:50]
	}
	if name == "" {
		return "person"
	}
	return name
}

func numbered(base string, i int) string {
	if i == 0 {
		return base
	}
	return fmt.Sprintf("%s-%d", base, i+1)
}

// Check returns what is wrong with an admission, nil when nothing is.
func (a Admission) Check() error {
	for _, group := range a.Groups {
		if !nameRule.MatchString(group) {
			return fmt.Errorf("%q cannot be a group's name: %s", group, nameAdvice)
		}
	}
	for _, tenant := range a.Tenants {
		if !tenantRule.MatchString(tenant) {
			return fmt.Errorf("%q cannot be a tenant's name", tenant)
		}
	}
	for _, role := range a.Roles {
		if !slices.Contains(workflow.Roles(), role) {
			return fmt.Errorf("there is no role %q; take some of %v", role, workflow.Roles())
		}
	}
	return nil
}
