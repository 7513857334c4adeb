package auth

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Store keeps people. Every method returns a *workflow.Error of
// KindUnavailable when the database cannot be reached, and sees only the
// tenant it is given.
type Store interface {
	// InsertUser adds a person with his groups, which are made when absent. It
	// returns ErrLoginTaken when the login is or was anyone's.
	InsertUser(ctx context.Context, u User) error

	// UpdateUser applies a change to a person, ErrUserNotFound when there is
	// none.
	UpdateUser(ctx context.Context, tenant, login string, c Change) error

	// UserByLogin returns a person, disabled or not, with his groups, and
	// ErrUserNotFound when there is none.
	UserByLogin(ctx context.Context, tenant, login string) (User, error)

	// Users returns up to f.Limit people in order of login.
	Users(ctx context.Context, f UserFilter) ([]User, error)

	// SaveGroup makes a group or gives it another title.
	SaveGroup(ctx context.Context, g Group) error

	// Groups returns up to limit groups after a name, in order of name.
	Groups(ctx context.Context, tenant, after string, limit int) ([]Group, error)

	// GroupExists reports whether a tenant has a group of that name.
	GroupExists(ctx context.Context, tenant, name string) (bool, error)

	// InsertToken adds a token under the hash of its secret, ErrUserNotFound
	// when there is no such person.
	InsertToken(ctx context.Context, t Token, hash []byte) error

	// UserByToken returns the token of a hash, revoked and expired ones too,
	// with its person, and notes that it was used, at most once a minute. It
	// returns ErrTokenNotFound when there is none.
	UserByToken(ctx context.Context, hash []byte) (User, Token, error)

	// Tokens returns up to limit tokens made before another (uuid.Nil = from the
	// newest), newest first: of one person, or of all when login is empty.
	Tokens(ctx context.Context, tenant, login string, before uuid.UUID, limit int) ([]Token, error)

	// RevokeToken ends a token of the person, or anyone's when login is empty.
	// Ending it twice is fine. It returns ErrTokenNotFound when there is none.
	RevokeToken(ctx context.Context, tenant, login string, id uuid.UUID) error
}

// User is a person's account.
type User struct {
	Tenant       string
	Login        string // never reused
	Name         string // as shown to people
	Email        string // empty when unknown
	PasswordHash string // empty: cannot sign in with a password
	Roles        []workflow.Role
	Groups       []string // in order of name
	CreatedAt    time.Time
	DisabledAt   *time.Time // nil: enabled
}

// Change is what to change of a person; nil leaves it as it is.
type Change struct {
	Name         *string
	Email        *string
	PasswordHash *string
	Roles        []workflow.Role
	Groups       *[]string // replaces them all
	Disabled     *bool
}

// UserFilter chooses a page of people.
type UserFilter struct {
	Tenant string
	Group  string // only its members; empty = everyone
	After  string // login of the last one seen
	Limit  int
}

// Group is a group of people.
type Group struct {
	Tenant  string
	Name    string
	Title   string
	Members int // filled by lists
}

// Token is an API token without its secret.
type Token struct {
	ID         uuid.UUID
	Tenant     string
	Login      string
	Label      string
	Scopes     []string // nil = all of the person's rights
	CreatedAt  time.Time
	ExpiresAt  *time.Time // nil = until revoked
	LastUsedAt *time.Time // exact to a minute
	RevokedAt  *time.Time
}
