package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tandem/internal/auth"
	"tandem/internal/engine"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

// Token is an API token without its secret.
type Token struct {
	ID            string     `json:"id" format:"uuid"`
	Login         string     `json:"login" doc:"For whom it acts."`
	Label         string     `json:"label"`
	Scopes        *[]string  `json:"scopes" doc:"What it reaches; null for all of the person's rights."`
	Status        string     `json:"status" enum:"active,expired,revoked"`
	CreatedBy     string     `json:"created_by"`
	CreatedAt     time.Time  `json:"created_at"`
	ExpiresAt     *time.Time `json:"expires_at"`
	LastUsedAt    *time.Time `json:"last_used_at" doc:"Exact to a minute."`
	RotatedAt     *time.Time `json:"rotated_at"`
	PreviousUntil *time.Time `json:"previous_until" doc:"Until when the secret before the last rotation is good."`
	RevokedAt     *time.Time `json:"revoked_at"`
}

// TokenSecret is a token with its secret, which is shown in this answer alone.
type TokenSecret struct {
	Token
	Secret string `json:"secret" doc:"Shown in this answer alone; empty when the request is repeated."`
}

type (
	tokenList struct {
		Paging
		Login string `query:"login" maxLength:"63" doc:"Of this person. Without it your own, to administrators everyone's."`
	}
	tokensAnswer  struct{ Body List[Token] }
	newTokenInput struct {
		Once
		Body struct {
			Login     string     `json:"login,omitempty" doc:"For whom it acts; you when absent."`
			Label     string     `json:"label" doc:"What it is for."`
			Scopes    []string   `json:"scopes,omitempty" maxItems:"50" doc:"Resources, alone or with :read or :write, or act-as; all of the person's rights when absent."`
			ExpiresAt *time.Time `json:"expires_at,omitempty"`
		}
	}
	tokenSecretAnswer struct {
		Location string `header:"Location"`
		Replayed
		Body TokenSecret
	}
	tokenInput struct {
		ID string `path:"id"`
	}
	tokenEnd struct {
		ID   string `path:"id"`
		Body *struct{}
	}
	tokenAnswer struct{ Body Token }
	rotateInput struct {
		ID string `path:"id"`
		Once
		Body *struct {
			Overlap int `json:"overlap,omitempty" minimum:"0" maximum:"2592000" doc:"Seconds for which the present secret stays good; it ends at once when absent."`
		}
	}
)

func (b *builder) tokenRoutes() {
	const one = "/tokens/{id}"
	holds := func(method, pattern string) Route {
		return Route{Method: method, Pattern: pattern, Guard: guard.SignedIn, Resource: "tokens", Write: method != http.MethodGet}
	}
	handle(b, endpoint{Route: holds(http.MethodGet, "/tokens"), ID: "list-tokens", Summary: "List API tokens, newest first"}, b.listTokens)
	handleOnce(b, endpoint{Route: holds(http.MethodPost, "/tokens"), ID: "create-token", Summary: "Make an API token", Status: 201, Refusals: []int{404, 409, 413, 422},
		Doc: "A token makes tokens that reach no further than it does itself."}, b.createToken, b.tokenAgain)
	handle(b, endpoint{Route: holds(http.MethodGet, one), ID: "get-token", Summary: "Get an API token", Refusals: []int{404}}, b.getToken)
	handleOnce(b, endpoint{Route: holds(http.MethodPost, one+"/rotate"), ID: "rotate-token", Summary: "Give a token another secret", Refusals: []int{404, 409, 422}}, b.rotateToken, b.rotatedBefore)
	handle(b, endpoint{Route: holds(http.MethodDelete, one), ID: "revoke-token", Summary: "Revoke a token at once", Status: 204, Refusals: []int{404}}, b.revokeToken)
}

func (a *API) tokenOf(t auth.Token) Token {
	shape := Token{
		ID: t.ID.String(), Login: t.Login, Label: t.Label, Status: "active", CreatedBy: t.CreatedBy, CreatedAt: t.CreatedAt.UTC(),
		ExpiresAt: t.ExpiresAt, LastUsedAt: t.LastUsedAt, RotatedAt: t.RotatedAt, PreviousUntil: t.PreviousUntil, RevokedAt: t.RevokedAt,
	}
	if t.Scopes != nil {
		shape.Scopes = &t.Scopes
	}
	switch {
	case t.RevokedAt != nil:
		shape.Status = "revoked"
	case t.ExpiresAt != nil && !a.Now().Before(*t.ExpiresAt):
		shape.Status = "expired"
	}
	return shape
}

func (a *API) listTokens(ctx context.Context, who workflow.Actor, in *tokenList) (*tokensAnswer, error) {
	login := in.Login
	if login == "" && !who.Is(workflow.RoleAdmin) {
		login = who.ID
	}
	total, err := a.Accounts.CountTokens(ctx, who, login)
	if err != nil {
		return nil, err
	}
	page, err := pageBy(in.Paging, total, func(t auth.Token) string { return t.ID.String() }, func(after string, limit int) ([]auth.Token, error) {
		before, err := uuidKey(after)
		if err != nil {
			return nil, err
		}
		return a.Accounts.Tokens(ctx, who, login, before, limit)
	})
	if err != nil {
		return nil, err
	}
	list, err := listOf(page, func(t auth.Token) (Token, error) { return a.tokenOf(t), nil })
	return &tokensAnswer{list}, err
}

func (a *API) createToken(ctx context.Context, who workflow.Actor, in *newTokenInput) (*tokenSecretAnswer, error) {
	n := auth.NewToken{ID: uuid.Must(uuid.NewV7()), Login: in.Body.Login, Label: in.Body.Label, Scopes: in.Body.Scopes}
	if n.Login == "" {
		n.Login = who.ID
	}
	if in.Body.ExpiresAt != nil {
		n.ExpiresAt = *in.Body.ExpiresAt
	}
	engine.Remember(ctx, n.ID)
	t, secret, err := a.Accounts.CreateToken(ctx, who, n)
	if err != nil {
		return nil, err
	}
	return &tokenSecretAnswer{Location: location(ctx, t.ID.String()), Body: TokenSecret{a.tokenOf(t), secret}}, nil
}

// tokenAgain answers a repeated request with the token as it is by now, without
// its secret.
func (a *API) tokenAgain(ctx context.Context, who workflow.Actor, _ *newTokenInput, use workflow.KeyUse) (*tokenSecretAnswer, error) {
	id, err := remembered[uuid.UUID](use)
	if err != nil {
		return nil, err
	}
	t, err := a.Accounts.Token(ctx, who, id)
	if err != nil {
		return nil, err
	}
	return &tokenSecretAnswer{Location: location(ctx, id.String()), Body: TokenSecret{Token: a.tokenOf(t)}}, nil
}

func (a *API) rotatedBefore(ctx context.Context, who workflow.Actor, in *rotateInput, _ workflow.KeyUse) (*tokenSecretAnswer, error) {
	again, err := a.getToken(ctx, who, &tokenInput{in.ID})
	if err != nil {
		return nil, err
	}
	return &tokenSecretAnswer{Body: TokenSecret{Token: again.Body}}, nil
}

func (a *API) getToken(ctx context.Context, who workflow.Actor, in *tokenInput) (*tokenAnswer, error) {
	id, ok := parseID(in.ID)
	if !ok {
		return nil, auth.ErrTokenNotFound
	}
	t, err := a.Accounts.Token(ctx, who, id)
	if err != nil {
		return nil, err
	}
	return &tokenAnswer{a.tokenOf(t)}, nil
}

func (a *API) rotateToken(ctx context.Context, who workflow.Actor, in *rotateInput) (*tokenSecretAnswer, error) {
	id, ok := parseID(in.ID)
	if !ok {
		return nil, auth.ErrTokenNotFound
	}
	var overlap time.Duration
	if in.Body != nil {
		overlap = time.Duration(in.Body.Overlap) * time.Second
	}
	t, secret, err := a.Accounts.RotateToken(ctx, who, id, overlap)
	if err != nil {
		return nil, err
	}
	return &tokenSecretAnswer{Body: TokenSecret{a.tokenOf(t), secret}}, nil
}

func (a *API) revokeToken(ctx context.Context, who workflow.Actor, in *tokenEnd) (*nothing, error) {
	id, ok := parseID(in.ID)
	if !ok {
		return nil, auth.ErrTokenNotFound
	}
	return nil, a.Accounts.RevokeToken(ctx, who, id)
}
