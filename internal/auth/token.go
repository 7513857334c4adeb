package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// A secret is tokenPrefix, which secret scanners can look for, and 32 random
// bytes in base64url.
const (
	tokenPrefix = "tdm_"
	secretLen   = len(tokenPrefix) + 43
)

// NewToken is a token to make.
type NewToken struct {
	Login     string    // whose rights it carries
	Label     string    // what it is for
	ID        uuid.UUID // uuid.Nil = one is made
	Scopes    []string  // empty = all of the person's rights
	ExpiresAt time.Time // zero = until revoked
}

// CreateToken makes a token and returns its secret, which is kept nowhere and
// cannot be shown again. People make tokens for themselves, admins and the
// system for anyone of their tenant. A token makes tokens that reach no further
// than it does itself, if it has the scope tokens. The scope act-as takes an
// admin before a browser, or the system.
func (s *Service) CreateToken(ctx context.Context, by workflow.Actor, n NewToken) (Token, string, error) {
	now := s.now().UTC()
	t := Token{Tenant: by.Tenant, Login: n.Login, Label: strings.TrimSpace(n.Label), Scopes: sorted(n.Scopes), CreatedBy: by.ID, CreatedAt: now}
	if len(t.Scopes) == 0 {
		t.Scopes = nil
	}
	if !n.ExpiresAt.IsZero() {
		at := n.ExpiresAt.UTC()
		t.ExpiresAt = &at
	}
	t.ID = n.ID
	if t.ID == uuid.Nil {
		t.ID = uuid.Must(uuid.NewV7())
	}
	allowed := mayHoldTokens(by, n.Login, true)
	if allowed == nil {
		allowed = mayReach(by, t.Scopes)
	}
	if allowed == nil {
		allowed = invalid("The token", checkToken(t)...)
	}
	secret := newSecret()
	err := s.change(ctx, t.record(by, "token.create"), allowed, func(w Writer) error {
		u, err := w.LockUser(ctx, t.Tenant, t.Login)
		if err == nil && u.DeletedAt != nil {
			err = ErrDeleted
		}
		if err != nil {
			return err
		}
		return w.InsertToken(ctx, t, hashSecret(secret))
	})
	if err != nil {
		return Token{}, "", fmt.Errorf("create token of %s: %w", n.Login, err)
	}
	return t, secret, nil
}

// record tells of a change of a token.
func (t Token) record(by workflow.Actor, action string) *Record {
	return &Record{By: by, Action: action, Kind: "token", ID: t.ID.String(), After: map[string]any{
		"login": t.Login, "label": t.Label, "scopes": t.Scopes, "expires_at": until(t.ExpiresAt),
	}}
}

func checkToken(t Token) []*workflow.Problem {
	label := checkName(t.Label)
	if label != nil {
		label = problem("/label", "required", "Say in 1 to %d characters what the token is for.", maxName)
	}
	var expiry *workflow.Problem
	if t.ExpiresAt != nil && !t.ExpiresAt.After(t.CreatedAt) {
		expiry = problem("/expires_at", "past", "Let the token end at a time to come.")
	}
	return []*workflow.Problem{label, checkScopes(t.Scopes), expiry}
}

// mayReach returns an error when the actor would make a token that reaches
// further than he does.
func mayReach(by workflow.Actor, scopes []string) error {
	switch {
	case slices.Contains(scopes, ScopeActAs) && !by.System && !(by.Via == "session" && by.Is(workflow.RoleAdmin)):
		return workflow.Errorf(workflow.KindForbidden, workflow.ErrForbidden.Code, "Only an administrator may make a token that acts as others, with a browser.")
	case by.Scopes != nil && !covers(by.Scopes, scopes):
		return workflow.Errorf(workflow.KindForbidden, workflow.ErrForbidden.Code, "A token makes only tokens that reach no further than itself. Name scopes that it has.")
	}
	return nil
}

// Tokens returns a page of tokens, newest first, at most 200: of one person,
// or of the actor's whole tenant when login is empty. before is the last one
// seen, uuid.Nil for the first page.
func (s *Service) Tokens(ctx context.Context, by workflow.Actor, login string, before uuid.UUID, limit int) ([]Token, error) {
	if err := mayHoldTokens(by, login, false); err != nil {
		return nil, err
	}
	return s.store.Tokens(ctx, by.Tenant, login, before, min(max(limit, 1), maxPage))
}

// Token returns one of the actor's tokens, or anyone's for admins and the
// system, and ErrTokenNotFound when there is none.
func (s *Service) Token(ctx context.Context, by workflow.Actor, id uuid.UUID) (Token, error) {
	owner, err := tokenOwner(by, false)
	if err != nil {
		return Token{}, err
	}
	return s.store.Token(ctx, by.Tenant, owner, id)
}

// maxOverlap bounds how long the secret before a rotation stays good.
const maxOverlap = 30 * 24 * time.Hour

// RotateToken gives a token another secret and returns it; it is kept nowhere
// and cannot be shown again. The one before it stays good for the overlap, at
// most 30 days, or ends at once with 0; one that was left from a rotation before
// ends in any case. People rotate their own, admins and the system anyone's. It
// returns ErrTokenNotFound, or an error of KindConflict for a token that has
// ended.
func (s *Service) RotateToken(ctx context.Context, by workflow.Actor, id uuid.UUID, overlap time.Duration) (Token, string, error) {
	owner, allowed := tokenOwner(by, true)
	if allowed == nil && (overlap < 0 || overlap > maxOverlap) {
		allowed = invalid("The token", problem("/overlap", "out_of_range", "Let the old secret be good for at most 30 days more."))
	}
	secret, now := newSecret(), s.now().UTC()
	var t Token
	r := &Record{By: by, Action: "token.rotate", Kind: "token", ID: id.String()}
	err := s.change(ctx, r, allowed, func(w Writer) (err error) {
		if t, err = w.LockToken(ctx, by.Tenant, owner, id); err != nil {
			return err
		}
		if err := mayReach(by, t.Scopes); err != nil {
			return err
		}
		if t.RevokedAt != nil || t.ExpiresAt != nil && !now.Before(*t.ExpiresAt) {
			return workflow.Errorf(workflow.KindConflict, "token_ended", "The token %q has ended. Make another one.", t.Label)
		}
		t.RotatedAt, t.PreviousUntil = &now, nil
		if overlap > 0 {
			end := now.Add(overlap)
			t.PreviousUntil = &end
		}
		r.After = map[string]any{"login": t.Login, "label": t.Label, "previous_until": until(t.PreviousUntil)}
		return w.RotateToken(ctx, by.Tenant, id, hashSecret(secret), t.PreviousUntil, now)
	})
	if err != nil {
		return Token{}, "", fmt.Errorf("rotate token %s: %w", id, err)
	}
	return t, secret, nil
}

// RevokeToken ends a token; the next call with it is refused, by every process.
// People revoke their own, admins and the system anyone's of their tenant.
func (s *Service) RevokeToken(ctx context.Context, by workflow.Actor, id uuid.UUID) error {
	owner, allowed := tokenOwner(by, true)
	r := &Record{By: by, Action: "token.revoke", Kind: "token", ID: id.String()}
	err := s.change(ctx, r, allowed, func(w Writer) error {
		t, err := w.LockToken(ctx, by.Tenant, owner, id)
		if err != nil {
			return err
		}
		r.Before = map[string]any{"login": t.Login, "label": t.Label, "scopes": t.Scopes}
		return w.RevokeToken(ctx, by.Tenant, id)
	})
	if err != nil {
		return fmt.Errorf("revoke token %s: %w", id, err)
	}
	return nil
}

// tokenOwner gives the person whose tokens the actor may reach, empty for
// everyone's.
func tokenOwner(by workflow.Actor, write bool) (login string, err error) {
	if mayHoldTokens(by, "", write) == nil {
		return "", nil
	}
	return by.ID, mayHoldTokens(by, by.ID, write)
}

// mayHoldTokens returns an error unless the actor may see the tokens of a
// person, and to write make and end them. The empty login is everyone's.
func mayHoldTokens(by workflow.Actor, login string, write bool) error {
	switch {
	case by.System:
		return nil
	case !Allows(by, "tokens", write):
		return workflow.Errorf(workflow.KindForbidden, workflow.ErrForbidden.Code, "This token cannot manage tokens. Sign in, or use one with the scope tokens.")
	case by.Caller != "":
		return workflow.Errorf(workflow.KindForbidden, workflow.ErrForbidden.Code, "Tokens are not managed on behalf of others.")
	case by.ID != "" && by.ID == login || by.Is(workflow.RoleAdmin):
		return nil
	}
	return workflow.Errorf(workflow.KindForbidden, workflow.ErrForbidden.Code, "Only an administrator may manage other people's tokens.")
}

// MayActAs reports whether the actor's token may act as others.
func MayActAs(by workflow.Actor) bool {
	return slices.Contains(by.Scopes, ScopeActAs) && by.Caller == ""
}

// ActAs returns the person whom a call claims to be by, for a token that has the
// scope act-as: with his groups, and at most with the rights of the role user.
// Caller tells who it really is. Someone unknown or disabled, and any other
// caller, is an error of KindForbidden.
func (s *Service) ActAs(ctx context.Context, by workflow.Actor, login string) (workflow.Actor, error) {
	if !MayActAs(by) {
		return workflow.Actor{}, workflow.Errorf(workflow.KindForbidden, workflow.ErrForbidden.Code,
			"You act as %s; only a token with the scope %s can act as %q.", by.ID, ScopeActAs, login)
	}
	if !nameRule.MatchString(login) {
		login = ""
	}
	a, err := s.ActorByLogin(ctx, by.Tenant, login)
	switch {
	case workflow.KindOf(err) == workflow.KindUnauthorized:
		return workflow.Actor{}, workflow.Errorf(workflow.KindForbidden, workflow.ErrForbidden.Code, "There is nobody %q who can act here.", login)
	case err != nil:
		return workflow.Actor{}, err
	}
	a.Roles, a.Via, a.Caller = []workflow.Role{workflow.RoleUser}, by.Via, by.ID
	a.Token, a.Address, a.Request = by.Token, by.Address, by.Request
	a.Scopes = slices.DeleteFunc(slices.Clone(by.Scopes), func(scope string) bool { return scope == ScopeActAs })
	return a, nil
}

// ActorByToken returns the person that a token acts for, with the token's
// scopes. A token that is unknown, revoked or expired, or whose person is
// disabled, is an error of KindUnauthorized that says which.
func (s *Service) ActorByToken(ctx context.Context, secret string) (workflow.Actor, error) {
	if len(secret) != secretLen || !strings.HasPrefix(secret, tokenPrefix) {
		return workflow.Actor{}, errUnknownToken
	}
	return s.byToken.get(ctx, string(hashSecret(secret)))
}

var errUnknownToken = unauthorized("The token is not known. Check that it is whole: %s and 43 characters.", tokenPrefix)

func (s *Service) findByToken(ctx context.Context, hash string) (workflow.Actor, error) {
	u, t, err := s.store.UserByToken(ctx, []byte(hash), s.now())
	switch {
	case errors.Is(err, ErrTokenNotFound):
		return workflow.Actor{}, errUnknownToken
	case err != nil:
		return workflow.Actor{}, fmt.Errorf("actor by token: %w", err)
	case t.RevokedAt != nil:
		return workflow.Actor{}, unauthorized("The token %q was revoked. Make another one.", t.Label)
	case t.ExpiresAt != nil && !s.now().Before(*t.ExpiresAt):
		return workflow.Actor{}, unauthorized("The token %q ended at %s. Make another one.", t.Label, t.ExpiresAt.UTC().Format(time.RFC3339))
	case u.TenantClosed:
		return workflow.Actor{}, ErrTenantClosed
	case u.DisabledAt != nil:
		return workflow.Actor{}, ErrDisabled
	}
	a := actorOf(u, "token")
	a.Scopes, a.Token = slices.Clip(t.Scopes), t.ID.String()
	return a, nil
}

func newSecret() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails: it ends the program instead
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(b)
}

func hashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
