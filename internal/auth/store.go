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
	// UserByLogin returns a person, disabled or not, with his groups, and
	// ErrUserNotFound when there is none.
	UserByLogin(ctx context.Context, tenant, login string) (User, error)

	// Names returns what people are called, by login; unknown ones are left out.
	Names(ctx context.Context, tenant string, logins []string) (map[string]string, error)

	// Users returns up to f.Limit people in order of login.
	Users(ctx context.Context, f UserFilter) ([]User, error)

	// CountUsers, CountGroups and CountTokens tell how many there are: people of a
	// filter, groups of a tenant, tokens of a person or, for an empty login, of
	// everyone. They count no further than to most.
	CountUsers(ctx context.Context, f UserFilter, most int) (int, error)
	CountGroups(ctx context.Context, tenant string, most int) (int, error)
	CountTokens(ctx context.Context, tenant, login string, most int) (int, error)

	// Groups returns up to limit groups after a name, in order of name.
	Groups(ctx context.Context, tenant, after string, limit int) ([]Group, error)

	// Group returns a group, ErrGroupNotFound when there is none.
	Group(ctx context.Context, tenant, name string) (Group, error)

	// GroupExists reports whether a tenant has a group of that name.
	GroupExists(ctx context.Context, tenant, name string) (bool, error)

	// UserByToken returns the token of a hash, or of one that it had before a
	// rotation and that is good still; revoked and expired ones too, with its
	// person, and notes that it was used, at most once a minute. It returns
	// ErrTokenNotFound when there is none.
	UserByToken(ctx context.Context, hash []byte, now time.Time) (User, Token, error)

	// Tokens returns up to limit tokens made before another (uuid.Nil = from the
	// newest), newest first: of one person, or of all when login is empty.
	Tokens(ctx context.Context, tenant, login string, before uuid.UUID, limit int) ([]Token, error)

	// Token returns a token of the person, or anyone's when login is empty, and
	// ErrTokenNotFound when there is none.
	Token(ctx context.Context, tenant, login string, id uuid.UUID) (Token, error)

	// Sessions returns up to limit open sessions of a person after another
	// (uuid.Nil = from the first), in order of id.
	Sessions(ctx context.Context, tenant, login string, after uuid.UUID, limit int) ([]Session, error)

	// UserByIdentity returns the person whom a subject of an issuer is bound to,
	// ErrUserNotFound when there is none.
	UserByIdentity(ctx context.Context, issuer, subject string) (User, error)

	// SecondFactor returns the second factor of a person, one that is being set up
	// too, and ErrNoSecondFactor when there is none.
	SecondFactor(ctx context.Context, tenant, login string) (SecondFactor, error)

	// SecondFactors returns up to limit second factors of a tenant after a login,
	// in order of login.
	SecondFactors(ctx context.Context, tenant, after string, limit int) ([]SecondFactor, error)

	// ResealSecondFactor replaces the box of a second factor whose nonce is still
	// was; one that was changed or removed meanwhile stays as it is.
	ResealSecondFactor(ctx context.Context, f SecondFactor, was []byte) error

	// Identities returns the identities of a person, the oldest first, at most
	// MaxIdentities.
	Identities(ctx context.Context, tenant, login string) ([]Bound, error)

	// Link returns the link of a hash that has not ended at a time, and
	// ErrLinkNotFound when there is none.
	Link(ctx context.Context, hash []byte, now time.Time) (Link, error)

	// Substitutes returns up to limit substitutions that have not ended, soonest
	// first: those of a person, or of everyone when login is empty.
	Substitutes(ctx context.Context, tenant, login string, now time.Time, limit int) ([]Substitute, error)

	// Views returns up to limit views: those of a person, then those that others
	// of the tenant share, each in order of name.
	Views(ctx context.Context, tenant, login string, limit int) ([]View, error)

	// AnyAdmin reports whether an administrator exists in any tenant.
	AnyAdmin(ctx context.Context) (bool, error)

	// Tenants returns up to limit tenants after a name, in order of name, with
	// what they have.
	Tenants(ctx context.Context, after string, limit int) ([]Tenant, error)

	// Tenant returns a tenant with what it has, ErrTenantNotFound when there is
	// none.
	Tenant(ctx context.Context, name string) (Tenant, error)

	// CountTenants tells how many tenants there are, and counts no further than
	// to most.
	CountTenants(ctx context.Context, most int) (int, error)

	// Guests returns up to limit accounts of a tenant whose home is another, in
	// order of login.
	Guests(ctx context.Context, tenant string, limit int) ([]User, error)

	// Change makes what do writes durable, all of it or nothing, together with
	// the record of it, which do may complete until it returns. What do returns
	// undoes all.
	Change(ctx context.Context, r *Record, do func(Writer) error) error
}

// Writer changes people inside a transaction of Change.
type Writer interface {
	// LockUser returns a person, whom nobody else changes until the transaction
	// ends, and ErrUserNotFound when there is none.
	LockUser(ctx context.Context, tenant, login string) (User, error)

	// LockAdmins returns the logins of the administrators who can act, whom
	// nobody else changes until the transaction ends.
	LockAdmins(ctx context.Context, tenant string) ([]string, error)

	// LockPeople keeps everyone else from making accounts until the transaction
	// ends, and reports whether an administrator exists in any tenant.
	LockPeople(ctx context.Context) (anyAdmin bool, err error)

	// InsertTenant adds a tenant, ErrTenantTaken when the name is or was one's.
	InsertTenant(ctx context.Context, t Tenant) error

	// LockTenant returns a tenant, which nobody else changes until the
	// transaction ends, and ErrTenantNotFound when there is none.
	LockTenant(ctx context.Context, name string) (Tenant, error)

	// UpdateTenant stores title, limits and end of a tenant.
	UpdateTenant(ctx context.Context, t Tenant) error

	// RoomForUser returns ErrTooManyUsers when a tenant may have no further
	// enabled account; nobody else takes the place until the transaction ends.
	RoomForUser(ctx context.Context, tenant string) error

	// InsertUser adds a person with his groups, which are made when absent. It
	// returns ErrLoginTaken when the login is or was anyone's.
	InsertUser(ctx context.Context, u User) error

	// UpdateUser applies a change to a person, ErrUserNotFound when there is
	// none.
	UpdateUser(ctx context.Context, tenant, login string, c Change) error

	// WipeUser marks a person as deleted and forgets all but his login, his
	// tokens and his sessions' history.
	WipeUser(ctx context.Context, tenant, login string, now time.Time) error

	// InsertIdentity binds a subject of an issuer to a person, ErrRaced when it is
	// bound already.
	InsertIdentity(ctx context.Context, issuer, subject, tenant, login string, now time.Time) error

	// CountIdentities tells how many identities a person has.
	CountIdentities(ctx context.Context, tenant, login string) (int, error)

	// DeleteIdentity removes an identity of a person, ErrUserNotFound when it is
	// not his.
	DeleteIdentity(ctx context.Context, tenant, login, issuer, subject string) error

	// LockSecondFactor is Store.SecondFactor; nobody else changes it until the
	// transaction ends.
	LockSecondFactor(ctx context.Context, tenant, login string) (SecondFactor, error)

	// SaveSecondFactor adds a second factor, or replaces the person's.
	SaveSecondFactor(ctx context.Context, f SecondFactor) error

	// DeleteSecondFactor removes a person's second factor; none is fine.
	DeleteSecondFactor(ctx context.Context, tenant, login string) error

	// SaveGroup makes a group or gives it another title, and tells the title
	// before, empty for a group that was made.
	SaveGroup(ctx context.Context, g Group) (before string, err error)

	// DeleteGroup removes a group with its memberships, ErrGroupNotFound when
	// there is none.
	DeleteGroup(ctx context.Context, tenant, name string) error

	// SetMember puts a person into a group or takes him out, and reports whether
	// that changed anything. It returns ErrUserNotFound or ErrGroupNotFound.
	SetMember(ctx context.Context, tenant, group, login string, in bool) (changed bool, err error)

	// InsertToken adds a token under the hash of its secret, ErrUserNotFound
	// when there is no such person.
	InsertToken(ctx context.Context, t Token, hash []byte) error

	// LockToken is Store.Token; nobody else changes the token until the
	// transaction ends.
	LockToken(ctx context.Context, tenant, login string, id uuid.UUID) (Token, error)

	// RotateToken gives a token another secret. The one before it stays good
	// until a time; nil ends it at once.
	RotateToken(ctx context.Context, tenant string, id uuid.UUID, hash []byte, previousUntil *time.Time, now time.Time) error

	// RevokeToken ends a token; ending it twice is fine.
	RevokeToken(ctx context.Context, tenant string, id uuid.UUID) error

	// RevokeTokens ends all tokens of a person and tells how many it were.
	RevokeTokens(ctx context.Context, tenant, login string) (int, error)

	// SaveLink adds a link under the hash of its secret, in the place of the
	// person's open one.
	SaveLink(ctx context.Context, l Link, hash []byte) error

	// TakeLink removes the link of a hash and returns it, ErrLinkNotFound when
	// there is none or it has ended: of several that take it, one gets it.
	TakeLink(ctx context.Context, hash []byte, now time.Time) (Link, error)

	// UpsertView keeps a view, in the place of the person's one of its name, and
	// tells how many he has.
	UpsertView(ctx context.Context, v View) (int, error)

	// DeleteView removes a view of the person, or with shared also one that
	// somebody shares, and returns it; ErrViewNotFound when there is none.
	DeleteView(ctx context.Context, tenant, login string, shared bool, id uuid.UUID) (View, error)

	// InsertSubstitute adds a substitution and tells how many of the person's have
	// not ended.
	InsertSubstitute(ctx context.Context, s Substitute, now time.Time) (int, error)

	// DeleteSubstitute removes a substitution of the person, or anyone's when
	// login is empty, and returns it. It returns ErrSubstituteNotFound.
	DeleteSubstitute(ctx context.Context, tenant, login string, id uuid.UUID) (Substitute, error)

	// EndSession ends an open session of a person and returns it,
	// ErrSessionNotFound when there is none.
	EndSession(ctx context.Context, tenant, login string, id uuid.UUID) (Session, error)

	// EndSessions ends a person's sessions but one (uuid.Nil = all), in all
	// tenants if the account is his own, and tells how many it were.
	EndSessions(ctx context.Context, tenant, login string, but uuid.UUID) (int, error)
}

// User is a person's account.
type User struct {
	Tenant       string
	Login        string // never reused
	Name         string // as shown to people
	Email        string // empty when unknown
	Lang         string // tag of the language; empty = what the browser asks for
	PasswordHash string // empty: cannot sign in with a password
	Roles        []workflow.Role
	Groups       []string             // in order of name
	StandsFor    []workflow.StandsFor // at present; their groups with them
	CreatedAt    time.Time
	DisabledAt   *time.Time // nil: enabled
	DeletedAt    *time.Time // nil: there

	Home         string               // tenant of the person's own account; empty = Tenant
	Tenants      []workflow.TenantRef // where else the person has an account that is open
	TenantClosed bool                 // nobody gets in
}

// Tenant is a house of its own on the server.
type Tenant struct {
	Name          string
	Title         string
	Limits        workflow.TenantLimits
	Usage         workflow.TenantUsage
	CreatedAt     time.Time
	CreatedBy     string
	DeactivatedAt *time.Time // nil: open
}

// Change is what to change of a person; nil leaves it as it is.
type Change struct {
	Name         *string
	Email        *string
	Lang         *string
	PasswordHash *string
	Roles        []workflow.Role
	Groups       *[]string // replaces them all
	Disabled     *bool
}

// UserFilter chooses a page of people.
type UserFilter struct {
	Tenant  string
	Query   string // a part of the login, name or e-mail; empty = everyone
	Group   string // only its members; empty = everyone
	Role    workflow.Role
	Deleted bool   // deleted accounts too
	After   string // login of the last one seen
	Limit   int
}

// Group is a group of people.
type Group struct {
	Tenant  string
	Name    string
	Title   string
	Members int // of accounts that are not deleted
}

// Token is an API token without its secret.
type Token struct {
	ID            uuid.UUID
	Tenant        string
	Login         string
	Label         string
	Scopes        []string // nil = all of the person's rights
	CreatedBy     string
	CreatedAt     time.Time
	ExpiresAt     *time.Time // nil = until revoked
	LastUsedAt    *time.Time // exact to a minute
	RotatedAt     *time.Time // when it got its present secret; nil = when it was made
	PreviousUntil *time.Time // until when the secret before that is good; nil = it is not
	RevokedAt     *time.Time
}

// Session is a browser in which a person is signed in.
type Session struct {
	ID        uuid.UUID
	Tenant    string
	Login     string
	CreatedAt time.Time
	UsedAt    time.Time // exact to a minute
	EndsAt    time.Time // unless it is used
	Deadline  time.Time // whatever happens
	Address   string    // from where it was begun
	Agent     string    // what the browser said of itself
}

// NewSession is a session to begin.
type NewSession struct {
	ID      uuid.UUID
	Tenant  string
	Login   string
	Address string
	Agent   string
	By      string // what proved who it is: password, code, set-up, or the name of an identity provider
	Request string // id of the request that begins it
}

// Record is the line of the audit that the store writes with the session.
func (n NewSession) Record(at time.Time) *Record {
	by := workflow.Actor{ID: n.Login, Tenant: n.Tenant, Via: "session", Address: n.Address, Request: n.Request}
	return &Record{By: by, At: at, Action: "session.begin", Kind: "session", ID: n.ID.String(), After: map[string]any{"by": n.By, "agent": n.Agent}}
}

// Purpose is what a link is for.
type Purpose string

// The purposes of links.
const (
	PurposeInvite Purpose = "invite" // sets the first password of an account
	PurposeReset  Purpose = "reset"  // sets another one
	PurposeSetup  Purpose = "setup"  // makes the first administrator
)

// Link is an address that sets a password once.
type Link struct {
	Tenant    string
	Login     string // empty for PurposeSetup
	Purpose   Purpose
	CreatedBy string
	CreatedAt time.Time
	ExpiresAt time.Time
}
