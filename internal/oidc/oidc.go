// Package oidc asks identity providers who somebody is: OpenID Connect's
// authorization code flow with PKCE, state and nonce.
//
// It may import auth for what an identity is. It must not know pages, sessions
// or the database.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"tandem/internal/auth"
)

// Config is one identity provider.
type Config struct {
	Name         string // in addresses: small letters, digits and hyphens
	Title        string // as people read it; default: the name
	Issuer       string // https, or http on loopback
	ClientID     string
	ClientSecret string
	Scopes       []string // beside openid; default: profile and email
	LoginClaim   string   // default: preferred_username
	GroupsClaim  string   // default: groups
	Admission    auth.Admission
}

var nameRule = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// callTimeout bounds each call of a provider.
const callTimeout = 10 * time.Second

// Provider is one identity provider. It is asked for its configuration when it is
// first needed. It is safe for concurrent use.
type Provider struct {
	Config
	redirect string
	client   *http.Client

	mu    sync.Mutex
	known *gooidc.Provider
}

// New returns a provider that sends people back to an address, or an error that
// says which setting is wrong.
func New(c Config, redirect string) (*Provider, error) {
	issuer, err := url.Parse(c.Issuer)
	switch {
	case !nameRule.MatchString(c.Name):
		return nil, fmt.Errorf("oidc: the name %q must be small letters, digits and hyphens", c.Name)
	case err != nil || issuer.Host == "" || issuer.Scheme != "https" && !(issuer.Scheme == "http" && isLoopback(issuer.Hostname())):
		return nil, fmt.Errorf("oidc: the issuer of %s must be an https address", c.Name)
	case c.ClientID == "":
		return nil, fmt.Errorf("oidc: %s has no client id", c.Name)
	}
	if err := c.Admission.Check(); err != nil {
		return nil, fmt.Errorf("oidc: %s: %w", c.Name, err)
	}
	if c.Title == "" {
		c.Title = c.Name
	}
	if c.Scopes == nil {
		c.Scopes = []string{"profile", "email"}
	}
	if c.LoginClaim == "" {
		c.LoginClaim = "preferred_username"
	}
	if c.GroupsClaim == "" {
		c.GroupsClaim = "groups"
	}
	return &Provider{Config: c, redirect: redirect, client: &http.Client{Timeout: callTimeout}}, nil
}

func isLoopback(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}

// Attempt is what has to be remembered, where nobody can read it, between the way
// to a provider and back.
type Attempt struct {
	Provider string
	State    string
	Nonce    string
	Verifier string
}

// Begin gives the address at a provider where somebody signs in.
func (p *Provider) Begin(ctx context.Context) (address string, a Attempt, err error) {
	config, _, err := p.config(ctx)
	if err != nil {
		return "", a, err
	}
	a = Attempt{Provider: p.Name, State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	return config.AuthCodeURL(a.State, gooidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)), a, nil
}

// Errors of Finish that a person can do something about.
var (
	ErrDenied = errors.New("the identity provider did not let them in")
	ErrStale  = errors.New("the answer is not one to this browser's request")
)

// Finish takes the answer of a provider, the query of the address to which it
// sends people back, and says who they are.
func (p *Provider) Finish(ctx context.Context, a Attempt, answer url.Values) (auth.Identity, error) {
	if a.Provider != p.Name || a.State == "" || subtle.ConstantTimeCompare([]byte(a.State), []byte(answer.Get("state"))) != 1 {
		return auth.Identity{}, ErrStale
	}
	if answer.Get("error") != "" || answer.Get("code") == "" {
		return auth.Identity{}, fmt.Errorf("%w: %.100q", ErrDenied, answer.Get("error"))
	}
	config, known, err := p.config(ctx)
	if err != nil {
		return auth.Identity{}, err
	}
	ctx = gooidc.ClientContext(ctx, p.client)
	token, err := config.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return auth.Identity{}, fmt.Errorf("exchange the code at %s: %w", p.Name, err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := known.Verifier(&gooidc.Config{ClientID: p.ClientID}).Verify(ctx, raw)
	if err != nil {
		return auth.Identity{}, fmt.Errorf("verify the ID token of %s: %w", p.Name, err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(a.Nonce)) != 1 {
		return auth.Identity{}, ErrStale
	}
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		return auth.Identity{}, fmt.Errorf("read the claims of %s: %w", p.Name, err)
	}
	if err := p.addUserInfo(ctx, known, token, id.Subject, claims); err != nil {
		return auth.Identity{}, err
	}
	return p.identity(id, claims), nil
}

// addUserInfo adds the claims that the provider tells only when asked.
func (p *Provider) addUserInfo(ctx context.Context, known *gooidc.Provider, token *oauth2.Token, subject string, claims map[string]any) error {
	if known.UserInfoEndpoint() == "" {
		return nil
	}
	info, err := known.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return fmt.Errorf("ask %s for claims: %w", p.Name, err)
	}
	if info.Subject != subject {
		return fmt.Errorf("%s tells of another person than it signed in", p.Name)
	}
	more := map[string]any{}
	if err := info.Claims(&more); err != nil {
		return fmt.Errorf("read the claims of %s: %w", p.Name, err)
	}
	for name, value := range more {
		if _, signed := claims[name]; !signed {
			claims[name] = value
		}
	}
	return nil
}

func (p *Provider) identity(id *gooidc.IDToken, claims map[string]any) auth.Identity {
	text := func(name string) string { s, _ := claims[name].(string); return s }
	who := auth.Identity{Issuer: id.Issuer, Subject: id.Subject, Login: text(p.LoginClaim), Name: text("name"), Email: text("email")}
	if who.Login == "" {
		who.Login = who.Email
	}
	switch groups := claims[p.GroupsClaim].(type) {
	case string:
		who.Groups = []string{groups}
	case []any:
		for _, g := range groups {
			if name, ok := g.(string); ok {
				who.Groups = append(who.Groups, name)
			}
		}
	}
	return who
}

// EndSession gives the address at which people sign out of the provider, too, and
// are led to another one; empty when it has none.
func (p *Provider) EndSession(ctx context.Context, after string) string {
	_, known, err := p.config(ctx)
	if err != nil {
		return ""
	}
	var meta struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if err := known.Claims(&meta); err != nil || meta.EndSession == "" {
		return ""
	}
	query := url.Values{"client_id": {p.ClientID}, "post_logout_redirect_uri": {after}}
	separator := "?"
	if strings.Contains(meta.EndSession, "?") {
		separator = "&"
	}
	return meta.EndSession + separator + query.Encode()
}

// config asks the provider for its configuration, once.
func (p *Provider) config(ctx context.Context) (*oauth2.Config, *gooidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		// What it answers is kept, with its client, beyond this request.
		known, err := gooidc.NewProvider(gooidc.ClientContext(context.WithoutCancel(ctx), p.client), p.Issuer)
		if err != nil {
			return nil, nil, fmt.Errorf("ask the identity provider %s for its configuration: %w", p.Name, err)
		}
		p.known = known
	}
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: p.known.Endpoint(), RedirectURL: p.redirect,
		Scopes: append([]string{gooidc.ScopeOpenID}, slices.Clone(p.Scopes)...),
	}, p.known, nil
}
