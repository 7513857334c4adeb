package api

import (
	"context"
	"net/http"

	"tandem/internal/auth"
	"tandem/internal/workflow"
)

// Group is a group of people.
type Group struct {
	Name    string `json:"name"`
	Title   string `json:"title"`
	Members int    `json:"members" doc:"How many people are in it. GET /users?group= lists them."`
}

type (
	groupList    struct{ Paging }
	groupsAnswer struct{ Body List[Group] }
	groupInput   struct {
		Name string `path:"name"`
	}
	newGroupInput struct {
		Once
		Body struct {
			Name  string `json:"name" doc:"As workflows write it."`
			Title string `json:"title,omitempty" doc:"The name when absent."`
		}
	}
	groupChange struct {
		Name string `path:"name"`
		Body struct {
			Title string `json:"title,omitempty" doc:"The name when absent."`
		}
	}
	groupAnswer struct {
		Location string `header:"Location"`
		Replayed
		Body Group
	}
	groupEnd struct {
		Name string `path:"name"`
		Body *struct{}
	}
	memberInput struct {
		Name  string `path:"name"`
		Login string `path:"login"`
		Body  *struct{}
	}
)

func (b *builder) groupRoutes() {
	const one = "/groups/{name}"
	handle(b, endpoint{Route: administers(http.MethodGet, "/groups", "groups"), ID: "list-groups", Summary: "List groups"}, b.listGroups)
	handleOnce(b, endpoint{Route: administers(http.MethodPost, "/groups", "groups"), ID: "create-group", Summary: "Make a group", Status: 201, Refusals: []int{413, 422},
		Doc: "One that is there gets the title."}, b.createGroup, b.groupAgain)
	handle(b, endpoint{Route: administers(http.MethodGet, one, "groups"), ID: "get-group", Summary: "Get a group", Refusals: []int{404}}, b.getGroup)
	handle(b, endpoint{Route: administers(http.MethodPatch, one, "groups"), ID: "change-group", Summary: "Give a group another title", Refusals: []int{404, 413, 422}}, b.changeGroup)
	handle(b, endpoint{Route: administers(http.MethodDelete, one, "groups"), ID: "delete-group", Summary: "Delete a group", Status: 204, Refusals: []int{404},
		Doc: "Tasks that are offered to it alone then wait for somebody to reassign them."}, b.deleteGroup)
	handle(b, endpoint{Route: administers(http.MethodPut, one+"/members/{login}", "groups"), ID: "add-member", Summary: "Put a person into a group", Status: 204, Refusals: []int{404, 409, 422}}, b.member(true))
	handle(b, endpoint{Route: administers(http.MethodDelete, one+"/members/{login}", "groups"), ID: "remove-member", Summary: "Take a person out of a group", Status: 204, Refusals: []int{404}}, b.member(false))
}

func groupOf(g auth.Group) (Group, error) {
	return Group{Name: g.Name, Title: g.Title, Members: g.Members}, nil
}

func (a *API) listGroups(ctx context.Context, who workflow.Actor, in *groupList) (*groupsAnswer, error) {
	total, err := a.Accounts.CountGroups(ctx, who.Tenant)
	if err != nil {
		return nil, err
	}
	page, err := pageBy(in.Paging, total, func(g auth.Group) string { return g.Name }, func(after string, limit int) ([]auth.Group, error) {
		return a.Accounts.Groups(ctx, who.Tenant, after, limit)
	})
	if err != nil {
		return nil, err
	}
	list, err := listOf(page, groupOf)
	return &groupsAnswer{list}, err
}

func (a *API) createGroup(ctx context.Context, who workflow.Actor, in *newGroupInput) (*groupAnswer, error) {
	if err := a.Accounts.SaveGroup(ctx, who, in.Body.Name, in.Body.Title); err != nil {
		return nil, err
	}
	return a.groupAgain(ctx, who, in, workflow.KeyUse{})
}

// groupAgain gives a group that was made, as it is by now.
func (a *API) groupAgain(ctx context.Context, who workflow.Actor, in *newGroupInput, _ workflow.KeyUse) (*groupAnswer, error) {
	answer, err := a.getGroup(ctx, who, &groupInput{in.Body.Name})
	if err == nil {
		answer.Location = location(ctx, in.Body.Name)
	}
	return answer, err
}

func (a *API) getGroup(ctx context.Context, who workflow.Actor, in *groupInput) (*groupAnswer, error) {
	g, err := a.Accounts.Group(ctx, who.Tenant, in.Name)
	if err != nil {
		return nil, err
	}
	shape, err := groupOf(g)
	return &groupAnswer{Body: shape}, err
}

func (a *API) changeGroup(ctx context.Context, who workflow.Actor, in *groupChange) (*groupAnswer, error) {
	if _, err := a.Accounts.Group(ctx, who.Tenant, in.Name); err != nil {
		return nil, err
	}
	if err := a.Accounts.SaveGroup(ctx, who, in.Name, in.Body.Title); err != nil {
		return nil, err
	}
	return a.getGroup(ctx, who, &groupInput{in.Name})
}

func (a *API) deleteGroup(ctx context.Context, who workflow.Actor, in *groupEnd) (*nothing, error) {
	return nil, a.Accounts.DeleteGroup(ctx, who, in.Name)
}

func (a *API) member(in bool) func(context.Context, workflow.Actor, *memberInput) (*nothing, error) {
	return func(ctx context.Context, who workflow.Actor, m *memberInput) (*nothing, error) {
		return nil, a.Accounts.SetMember(ctx, who, m.Name, m.Login, in)
	}
}
