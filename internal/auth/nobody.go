package auth

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Nobody is a Store without people: who acts is for the program around Tandem to
// say. It refuses every change.
type Nobody struct{}

var _ Store = Nobody{}

// ErrNoAccounts answers changes of accounts where there are none.
var ErrNoAccounts = workflow.Errorf(workflow.KindConflict, "no_accounts", "Tandem keeps no accounts here: people, groups and tokens are those of the program around it.")

// Tenants implements Store.
func (Nobody) Tenants(context.Context, string, int) ([]Tenant, error) { return nil, nil }

// Tenant implements Store.
func (Nobody) Tenant(context.Context, string) (Tenant, error) { return Tenant{}, ErrTenantNotFound }

// CountTenants implements Store.
func (Nobody) CountTenants(context.Context, int) (int, error) { return 0, nil }

// Guests implements Store.
func (Nobody) Guests(context.Context, string, int) ([]User, error) { return nil, nil }

// UserByLogin implements Store.
func (Nobody) UserByLogin(context.Context, string, string) (User, error) {
	return User{}, ErrUserNotFound
}

// Names implements Store.
func (Nobody) Names(context.Context, string, []string) (map[string]string, error) { return nil, nil }

// Users implements Store.
func (Nobody) Users(context.Context, UserFilter) ([]User, error) { return nil, nil }

// CountUsers implements Store.
func (Nobody) CountUsers(context.Context, UserFilter, int) (int, error) { return 0, nil }

// CountGroups implements Store.
func (Nobody) CountGroups(context.Context, string, int) (int, error) { return 0, nil }

// CountTokens implements Store.
func (Nobody) CountTokens(context.Context, string, string, int) (int, error) { return 0, nil }

// Groups implements Store.
func (Nobody) Groups(context.Context, string, string, int) ([]Group, error) { return nil, nil }

// Group implements Store.
func (Nobody) Group(context.Context, string, string) (Group, error) { return Group{}, ErrGroupNotFound }

// GroupExists implements Store.
func (Nobody) GroupExists(context.Context, string, string) (bool, error) { return false, nil }

// UserByToken implements Store.
func (Nobody) UserByToken(context.Context, []byte, time.Time) (User, Token, error) {
	return User{}, Token{}, ErrTokenNotFound
}

// Tokens implements Store.
func (Nobody) Tokens(context.Context, string, string, uuid.UUID, int) ([]Token, error) {
	return nil, nil
}

// Token implements Store.
func (Nobody) Token(context.Context, string, string, uuid.UUID) (Token, error) {
	return Token{}, ErrTokenNotFound
}

// Sessions implements Store.
func (Nobody) Sessions(context.Context, string, string, uuid.UUID, int) ([]Session, error) {
	return nil, nil
}

// UserByIdentity implements Store.
func (Nobody) UserByIdentity(context.Context, string, string) (User, error) {
	return User{}, ErrUserNotFound
}

// Identities implements Store.
func (Nobody) Identities(context.Context, string, string) ([]Bound, error) { return nil, nil }

// Link implements Store.
func (Nobody) Link(context.Context, []byte, time.Time) (Link, error) { return Link{}, ErrLinkNotFound }

// Substitutes implements Store.
func (Nobody) Substitutes(context.Context, string, string, time.Time, int) ([]Substitute, error) {
	return nil, nil
}

// Views implements Store.
func (Nobody) Views(context.Context, string, string, int) ([]View, error) { return nil, nil }

// AnyAdmin implements Store. There is no administrator to be made.
func (Nobody) AnyAdmin(context.Context) (bool, error) { return true, nil }

// Change implements Store.
func (Nobody) Change(context.Context, *Record, func(Writer) error) error { return ErrNoAccounts }

// SecondFactor implements Store. Nobody has one.
func (Nobody) SecondFactor(context.Context, string, string) (SecondFactor, error) {
	return SecondFactor{}, ErrNoSecondFactor
}

// SecondFactors implements Store.
func (Nobody) SecondFactors(context.Context, string, string, int) ([]SecondFactor, error) {
	return nil, nil
}

// ResealSecondFactor implements Store.
func (Nobody) ResealSecondFactor(context.Context, SecondFactor, []byte) error { return nil }
