package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tandem/internal/workflow"
)

// Limits of accounts.
const (
	maxName   = 200 // characters
	maxEmail  = 254 // bytes
	maxGroups = 200 // of one person
	maxPage   = 200 // rows of a list
)

// NewUser is an account to make.
type NewUser struct {
	Login       string // ^[a-z][a-z0-9._-]{0,62}$
	Name        string // empty = the login name
	Email       string
	Password    string          // empty: cannot sign in with a password
	AnyPassword bool            // take even a password shorter than MinPassword, as the demo's
	Roles       []workflow.Role // empty = user
	Groups      []string        // made when absent
}

// CreateUser makes an account in the actor's tenant. It returns ErrLoginTaken,
// an error of KindForbidden unless the actor is an admin or the system, or one
// of KindInvalid that names each fault.
func (s *Service) CreateUser(ctx context.Context, by workflow.Actor, n NewUser) (User, error) {
	if err := mayAdminister(by); err != nil {
		return User{}, err
	}
	u := n.user(by.Tenant)
	faults := append(checkUser(u.Name, u.Email, u.Roles, u.Groups), checkLoginName(n.Login))
	if n.Password != "" && !(n.AnyPassword && len(n.Password) <= MaxPassword) {
		faults = append(faults, checkPassword(n.Password))
	}
	if err := invalid("The account", faults...); err != nil {
		return User{}, err
	}
	if n.Password != "" {
		var err error
		if u.PasswordHash, err = s.hasher.hash(ctx, n.Password); err != nil {
			return User{}, fmt.Errorf("create user %s: %w", n.Login, err)
		}
	}
	u.CreatedAt = s.now().UTC()
	if err := s.store.InsertUser(ctx, u); err != nil {
		return User{}, fmt.Errorf("create user %s: %w", n.Login, err)
	}
	return u, nil
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
	u := User{Tenant: tenant, Login: n.Login, Name: strings.TrimSpace(n.Name), Email: strings.TrimSpace(n.Email)}
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
// on; c.PasswordHash must be nil: SetPassword is for that. It returns
// ErrUserNotFound, an error of KindForbidden unless the actor is an admin or
// the system, or one of KindInvalid that names each fault.
func (s *Service) UpdateUser(ctx context.Context, by workflow.Actor, login string, c Change) error {
	if err := mayAdminister(by); err != nil {
		return err
	}
	if c.PasswordHash != nil {
		return fmt.Errorf("update user %s: a change carries a password hash", login)
	}
	if err := invalid("The account", checkChange(&c)...); err != nil {
		return err
	}
	if err := s.store.UpdateUser(ctx, by.Tenant, login, c); err != nil {
		return fmt.Errorf("update user %s: %w", login, err)
	}
	return nil
}

// SetPassword gives an account of the actor's tenant another password. It
// returns ErrUserNotFound, ErrBusy, an error of KindForbidden unless the actor
// is an admin or the system, or one of KindInvalid.
func (s *Service) SetPassword(ctx context.Context, by workflow.Actor, login, password string) error {
	if err := mayAdminister(by); err != nil {
		return err
	}
	if err := invalid("The password", checkPassword(password)); err != nil {
		return err
	}
	encoded, err := s.hasher.hash(ctx, password)
	if err != nil {
		return fmt.Errorf("set password of %s: %w", login, err)
	}
	if err := s.store.UpdateUser(ctx, by.Tenant, login, Change{PasswordHash: &encoded}); err != nil {
		return fmt.Errorf("set password of %s: %w", login, err)
	}
	return nil
}

// User returns an account of a tenant, ErrUserNotFound when there is none.
func (s *Service) User(ctx context.Context, tenant, login string) (User, error) {
	return s.store.UserByLogin(ctx, tenant, login)
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

// checkChange tidies a change and returns its faults.
func checkChange(c *Change) []*workflow.Problem {
	name, email, roles, groups := "-", "", []workflow.Role{workflow.RoleUser}, []string(nil)
	if c.Name != nil {
		name = strings.TrimSpace(*c.Name)
		c.Name = &name
	}
	if c.Email != nil {
		email = strings.TrimSpace(*c.Email)
		c.Email = &email
	}
	if c.Roles != nil {
		roles = sorted(c.Roles)
		c.Roles = roles
	}
	if c.Groups != nil {
		groups = sorted(*c.Groups)
		c.Groups = &groups
	}
	return checkUser(name, email, roles, groups)
}

func checkUser(name, email string, roles []workflow.Role, groups []string) []*workflow.Problem {
	faults := []*workflow.Problem{checkName(name), checkEmail(email), checkRoles(roles)}
	if len(groups) > maxGroups {
		return append(faults, problem("/groups", "too_many", "A person can be in at most %d groups.", maxGroups))
	}
	for _, g := range groups {
		if !nameRule.MatchString(g) {
			faults = append(faults, problem("/groups", "bad_name", "%q cannot be a group's name: %s", g, nameAdvice))
		}
	}
	return faults
}

const nameAdvice = "begin with a small letter and go on with small letters, digits, dots, underscores and hyphens, 63 in all."

func checkLoginName(login string) *workflow.Problem {
	if nameRule.MatchString(login) {
		return nil
	}
	return problem("/login", "bad_name", "%q cannot be a login name: %s", login, nameAdvice)
}

func checkName(name string) *workflow.Problem {
	if name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, unicode.IsControl) {
		return problem("/name", "bad_name", "Give a name of 1 to %d characters on one line.", maxName)
	}
	return nil
}

func checkEmail(email string) *workflow.Problem {
	if email == "" {
		return nil
	}
	local, host, _ := strings.Cut(email, "@")
	odd := func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("<>,;@", r)
	}
	if local == "" || host == "" || len(email) > maxEmail || !utf8.ValidString(email) || strings.ContainsFunc(local+host, odd) {
		return problem("/email", "bad_email", "%q is not an e-mail address. Write it as name@example.com, or leave it out.", email)
	}
	return nil
}

func checkRoles(roles []workflow.Role) *workflow.Problem {
	if len(roles) == 0 {
		return problem("/roles", "required", "Give at least one role; user is the smallest.")
	}
	for _, r := range roles {
		if !slices.Contains(workflow.Roles(), r) {
			return problem("/roles", "unknown_role", "There is no role %q. Take some of %v.", r, workflow.Roles())
		}
	}
	return nil
}

// sorted returns the distinct values in order, never nil.
func sorted[T ~string](values []T) []T {
	out := append([]T{}, values...)
	slices.Sort(out)
	return slices.Compact(out)
}
