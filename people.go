package tandem

import (
	"context"

	"tandem/internal/auth"
	"tandem/internal/workflow"
)

// NewUser is an account to create.
type NewUser struct {
	Tenant   string // default: the one that every server has
	Login    string // lower-case letters, digits, dots and dashes
	Name     string // default: the login
	Email    string
	Groups   []string // made when they are not there
	Roles    []string // admin, operator, author, auditor, user; default: user
	Password string
}

// CreateUser creates an account. Logins are never reused.
func (t *Tandem) CreateUser(ctx context.Context, u NewUser) error {
	roles := make([]workflow.Role, len(u.Roles))
	for i, r := range u.Roles {
		roles[i] = workflow.Role(r)
	}
	_, err := t.people.CreateUser(ctx, setupIn(u.Tenant), auth.NewUser{
		Login: u.Login, Name: u.Name, Email: u.Email, Groups: u.Groups, Roles: roles, Password: u.Password,
	})
	return err
}

// SetupURL gives the address at which the first administrator is made, for a
// day; it is empty once there is one.
func (t *Tandem) SetupURL(ctx context.Context) (string, error) {
	secret, err := t.people.BeginSetup(ctx, workflow.DefaultTenant)
	if err != nil || secret == "" {
		return "", err
	}
	return t.config.PublicURL + "/setup?token=" + secret, nil
}

// CreateToken creates an API token of a person and returns its secret, which
// cannot be read again. No scopes mean all that the person may do.
func (t *Tandem) CreateToken(ctx context.Context, login, label string, scopes []string) (string, error) {
	return t.CreateTokenIn(ctx, "", login, label, scopes)
}

// CreateTokenIn is CreateToken of a person of a tenant.
func (t *Tandem) CreateTokenIn(ctx context.Context, tenant, login, label string, scopes []string) (string, error) {
	_, secret, err := t.people.CreateToken(ctx, setupIn(tenant), auth.NewToken{
		Login: login, Label: label, Scopes: scopes,
	})
	return secret, err
}
