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

// Substitute says who stands in for a person, and when.
type Substitute struct {
	ID         string    `json:"id" format:"uuid"`
	Login      string    `json:"login" doc:"Who is away."`
	Substitute string    `json:"substitute" doc:"Who may decide what the other one could."`
	From       time.Time `json:"from"`
	Until      time.Time `json:"until"`
	CreatedBy  string    `json:"created_by"`
	CreatedAt  time.Time `json:"created_at"`
}

type (
	substituteList struct {
		Paging
		Login string `query:"login" maxLength:"63" doc:"Of this person. Without it your own, to administrators everyone's."`
	}
	substitutesAnswer struct{ Body List[Substitute] }
	substituteNew     struct {
		Once
		Body struct {
			Login      string     `json:"login,omitempty" doc:"Who is away; you when absent."`
			Substitute string     `json:"substitute" doc:"Who stands in."`
			From       *time.Time `json:"from,omitempty" doc:"From now on when absent."`
			Until      time.Time  `json:"until" doc:"At most a year after the beginning."`
		}
	}
	substituteEnd struct {
		ID   string `path:"id"`
		Body *struct{}
	}
	substituteAnswer struct {
		Replayed
		Body Substitute
	}
)

func (b *builder) substituteRoutes() {
	own := func(method, pattern string) Route {
		return Route{Method: method, Pattern: pattern, Guard: guard.SignedIn, Resource: "users", Write: method != http.MethodGet}
	}
	handle(b, endpoint{Route: own("GET", "/substitutes"), ID: "list-substitutes", Summary: "List who stands in for whom, soonest first",
		Doc: "At present or later, at most 200."}, b.listSubstitutes)
	handleOnce(b, endpoint{Route: own("POST", "/substitutes"), ID: "create-substitute", Summary: "Have somebody stand in", Status: 201, Refusals: []int{404, 409, 413, 422},
		Doc: "He may decide what the other one could, beside what is his own; the history names both. Administrators name anyone's."}, b.createSubstitute, b.substituteAgain)
	handle(b, endpoint{Route: own("DELETE", "/substitutes/{id}"), ID: "delete-substitute", Summary: "End a substitution", Status: 204, Refusals: []int{404}}, b.deleteSubstitute)
}

func substituteOf(s auth.Substitute) Substitute {
	return Substitute{
		ID: s.ID.String(), Login: s.Login, Substitute: s.Substitute, From: s.From.UTC(), Until: s.Until.UTC(), CreatedBy: s.CreatedBy, CreatedAt: s.CreatedAt.UTC(),
	}
}

func (a *API) listSubstitutes(ctx context.Context, who workflow.Actor, in *substituteList) (*substitutesAnswer, error) {
	login := in.Login
	if login == "" && !who.Is(workflow.RoleAdmin) {
		login = who.ID
	}
	list, err := a.Accounts.Substitutes(ctx, who, login)
	if err != nil {
		return nil, err
	}
	page, err := pageOf(list, in.Paging)
	if err != nil {
		return nil, err
	}
	body, err := listOf(page, func(s auth.Substitute) (Substitute, error) { return substituteOf(s), nil })
	return &substitutesAnswer{body}, err
}

func (a *API) createSubstitute(ctx context.Context, who workflow.Actor, in *substituteNew) (*substituteAnswer, error) {
	login, id := in.Body.Login, uuid.Must(uuid.NewV7())
	if login == "" {
		login = who.ID
	}
	var from time.Time
	if in.Body.From != nil {
		from = *in.Body.From
	}
	engine.Remember(ctx, id)
	s, err := a.Accounts.AddSubstituteAs(ctx, who, id, login, in.Body.Substitute, from, in.Body.Until)
	if err != nil {
		return nil, err
	}
	return &substituteAnswer{Body: substituteOf(s)}, nil
}

// substituteAgain answers a repeated request, with 404 when it has ended
// meanwhile.
func (a *API) substituteAgain(ctx context.Context, who workflow.Actor, in *substituteNew, use workflow.KeyUse) (*substituteAnswer, error) {
	id, err := remembered[uuid.UUID](use)
	if err != nil {
		return nil, err
	}
	login := in.Body.Login
	if login == "" {
		login = who.ID
	}
	list, err := a.Accounts.Substitutes(ctx, who, login)
	for _, s := range list {
		if s.ID == id {
			return &substituteAnswer{Body: substituteOf(s)}, nil
		}
	}
	if err == nil {
		err = auth.ErrSubstituteNotFound
	}
	return nil, err
}

func (a *API) deleteSubstitute(ctx context.Context, who workflow.Actor, in *substituteEnd) (*nothing, error) {
	id, ok := parseID(in.ID)
	if !ok {
		return nil, auth.ErrSubstituteNotFound
	}
	return nil, a.Accounts.RemoveSubstitute(ctx, who, id)
}
