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
	Scopes    []string  // empty = all of the person's rights
	ExpiresAt time.Time // zero = until revoked
}

// CreateToken makes a token and returns its secret, which is kept nowhere and
// cannot be shown again. People make tokens for themselves, admins and the
// system for anyone of their tenant. A token with scopes makes none, because
// the new one could reach further.
func (s *Service) CreateToken(ctx context.Context, by workflow.Actor, n NewToken) (Token, string, error) {
	if err := mayHoldTokens(by, n.Login); err != nil {
		return Token{}, "", err
	}
	now := s.now().UTC()
	t := Token{Tenant: by.Tenant, Login: n.Login, Label: strings.TrimSpace(n.Label), Scopes: sorted(n.Scopes), CreatedAt: now}
	if len(t.Scopes) == 0 {
		t.Scopes = nil
	}
	if !n.ExpiresAt.IsZero() {
		at := n.ExpiresAt.UTC()
		t.ExpiresAt = &at
	}
	if err := invalid("The token", checkToken(t)...); err != nil {
		return Token{}, "", err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Token{}, "", fmt.Errorf("create token of %s: %w", n.Login, err)
	}
	t.ID = id
	secret := newSecret()
	if err := s.store.InsertToken(ctx, t, hashSecret(secret)); err != nil {
		return Token{}, "", fmt.Errorf("create token of %s: %w", n.Login, err)
	}
	return t, secret, nil
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

// Tokens returns a page of tokens, newest first, at most 200: of one person,
// or of the actor's whole tenant when login is empty. before is the last one
// seen, uuid.Nil for the first page.
func (s *Service) Tokens(ctx context.Context, by workflow.Actor, login string, before uuid.UUID, limit int) ([]Token, error) {
	if err := mayHoldTokens(by, login); err != nil {
		return nil, err
	}
	return s.store.Tokens(ctx, by.Tenant, login, before, min(max(limit, 1), maxPage))
}

// RevokeToken ends a token; the next call with it is refused, by every process.
// People revoke their own, admins and the system anyone's of their tenant.
func (s *Service) RevokeToken(ctx context.Context, by workflow.Actor, id uuid.UUID) error {
	owner := by.ID
	if mayAdminister(by) == nil {
		owner = ""
	} else if err := mayHoldTokens(by, owner); err != nil {
		return err
	}
	if err := s.store.RevokeToken(ctx, by.Tenant, owner, id); err != nil {
		return fmt.Errorf("revoke token %s: %w", id, err)
	}
	return nil
}

// mayHoldTokens returns an error unless the actor may make, see and revoke
// tokens of a person.
func mayHoldTokens(by workflow.Actor, login string) error {
	switch {
	case by.Scopes != nil:
		return workflow.Errorf(workflow.KindForbidden, workflow.ErrForbidden.Code, "A token with scopes cannot manage tokens. Sign in, or use one without scopes.")
	case by.ID != "" && by.ID == login || mayAdminister(by) == nil:
		return nil
	}
	return workflow.Errorf(workflow.KindForbidden, workflow.ErrForbidden.Code, "Only an administrator may manage other people's tokens.")
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
	u, t, err := s.store.UserByToken(ctx, []byte(hash))
	switch {
	case errors.Is(err, ErrTokenNotFound):
		return workflow.Actor{}, errUnknownToken
	case err != nil:
		return workflow.Actor{}, fmt.Errorf("actor by token: %w", err)
	case t.RevokedAt != nil:
		return workflow.Actor{}, unauthorized("The token %q was revoked. Make another one.", t.Label)
	case t.ExpiresAt != nil && !s.now().Before(*t.ExpiresAt):
		return workflow.Actor{}, unauthorized("The token %q ended at %s. Make another one.", t.Label, t.ExpiresAt.UTC().Format(time.RFC3339))
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
