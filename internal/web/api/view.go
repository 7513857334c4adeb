package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"tandem/internal/auth"
	"tandem/internal/workflow"
)

// View is a filter of the list of instances that somebody keeps under a name.
type View struct {
	ID        string    `json:"id" format:"uuid"`
	Login     string    `json:"login" doc:"Whose it is."`
	Name      string    `json:"name"`
	Query     string    `json:"query" doc:"The filter as the address of the page /instances has it."`
	Shared    bool      `json:"shared" doc:"Offered to everybody of the tenant."`
	URL       string    `json:"url" doc:"Of the page with this filter."`
	CreatedAt time.Time `json:"created_at"`
}

type (
	viewList    struct{ Paging }
	viewsAnswer struct{ Body List[View] }
	newView     struct {
		Once
		Body struct {
			Name   string `json:"name" minLength:"1" maxLength:"80" doc:"Takes the place of your view of that name."`
			Query  string `json:"query" maxLength:"4000" example:"status=failed&definition=expense_approval" doc:"What stands behind the question mark of the page /instances."`
			Shared bool   `json:"shared,omitempty" doc:"Offer it to everybody of the tenant."`
		}
	}
	viewAnswer struct {
		Location string `header:"Location"`
		Replayed
		Body View
	}
	viewEnd struct {
		ID   string `path:"id"`
		Body *struct{}
	}
)

func (b *builder) viewRoutes() {
	drop := changes("/views/{id}", "instances")
	drop.Method = http.MethodDelete
	handle(b, endpoint{Route: reads("/views", "instances"), ID: "list-views", Summary: "List saved views: yours, then those that others share",
		Doc: "Each by name, at most 200."}, b.listViews)
	handleOnce(b, endpoint{Route: changes("/views", "instances"), ID: "save-view", Summary: "Keep a filter of instances under a name", Status: 201, Refusals: []int{409, 413, 422}}, b.saveView, b.viewAgain)
	handle(b, endpoint{Route: drop, ID: "delete-view", Summary: "Delete a saved view", Status: 204, Refusals: []int{404},
		Doc: "Your own; operators delete shared ones of others too."}, b.deleteView)
}

func (a *API) viewOf(v auth.View) View {
	return View{
		ID: v.ID.String(), Login: v.Login, Name: v.Name, Query: v.Query, Shared: v.Shared, URL: a.PublicURL + "/instances?" + v.Query, CreatedAt: v.CreatedAt.UTC(),
	}
}

func (a *API) listViews(ctx context.Context, who workflow.Actor, in *viewList) (*viewsAnswer, error) {
	rows, err := a.Accounts.Views(ctx, who)
	if err != nil {
		return nil, err
	}
	page, err := pageOf(rows, in.Paging)
	if err != nil {
		return nil, err
	}
	list, err := listOf(page, func(v auth.View) (View, error) { return a.viewOf(v), nil })
	return &viewsAnswer{list}, err
}

func (a *API) saveView(ctx context.Context, who workflow.Actor, in *newView) (*viewAnswer, error) {
	saved, err := a.Accounts.SaveView(ctx, who, in.Body.Name, in.Body.Query, in.Body.Shared)
	if err != nil {
		return nil, err
	}
	return a.ownView(ctx, who, saved.Name)
}

func (a *API) viewAgain(ctx context.Context, who workflow.Actor, in *newView, _ workflow.KeyUse) (*viewAnswer, error) {
	return a.ownView(ctx, who, in.Body.Name)
}

// ownView gives the caller's view of a name.
func (a *API) ownView(ctx context.Context, who workflow.Actor, name string) (*viewAnswer, error) {
	rows, err := a.Accounts.Views(ctx, who)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(rows, func(v auth.View) bool { return v.Login == who.ID && v.Name == name })
	if i < 0 {
		return nil, auth.ErrViewNotFound
	}
	return &viewAnswer{Location: location(ctx, rows[i].ID.String()), Body: a.viewOf(rows[i])}, nil
}

func (a *API) deleteView(ctx context.Context, who workflow.Actor, in *viewEnd) (*nothing, error) {
	id, ok := parseID(in.ID)
	if !ok {
		return nil, auth.ErrViewNotFound
	}
	return nil, a.Accounts.DeleteView(ctx, who, id)
}
