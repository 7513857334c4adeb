package api

import (
	"context"
	"net/http"
	"time"

	"tandem/internal/auth"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

// Tenant is a house of its own on the server.
type Tenant struct {
	Name      string       `json:"name"`
	Title     string       `json:"title"`
	Active    bool         `json:"active" doc:"false: nobody gets in and nothing is started."`
	Limits    TenantLimits `json:"limits"`
	Usage     TenantUsage  `json:"usage"`
	CreatedAt time.Time    `json:"created_at"`
	CreatedBy string       `json:"created_by"`
}

// TenantLimits bound what a tenant may have.
type TenantLimits struct {
	LiveInstances   *int   `json:"live_instances" required:"false" minimum:"0" doc:"That have not ended. null: no limit."`
	StartsPerMinute *int   `json:"starts_per_minute" required:"false" minimum:"0" doc:"Of each server process. null: no limit."`
	Definitions     *int   `json:"definitions" required:"false" minimum:"0" doc:"Workflows, whatever their versions. null: no limit."`
	Users           *int   `json:"users" required:"false" minimum:"0" doc:"Accounts that are enabled. null: no limit."`
	StorageBytes    *int64 `json:"storage_bytes" required:"false" minimum:"0" doc:"Of attachments. null: no limit."`
}

// TenantUsage is what a tenant has at present.
type TenantUsage struct {
	LiveInstances int   `json:"live_instances"`
	Definitions   int   `json:"definitions"`
	Users         int   `json:"users"`
	StorageBytes  int64 `json:"storage_bytes"`
}

type (
	tenantList    struct{ Paging }
	tenantsAnswer struct{ Body List[Tenant] }
	tenantInput   struct {
		Name string `path:"name"`
	}
	tenantAnswer struct {
		Location string `header:"Location"`
		Replayed
		Body Tenant
	}
	newTenantInput struct {
		Once
		Body struct {
			Name   string       `json:"name" doc:"Small letters, digits and hyphens; it never changes."`
			Title  string       `json:"title,omitempty" doc:"The name when absent."`
			Limits TenantLimits `json:"limits,omitempty"`
		}
	}
	tenantChange struct {
		Name string `path:"name"`
		Body struct {
			Title  *string       `json:"title,omitempty"`
			Active *bool         `json:"active,omitempty"`
			Limits *TenantLimits `json:"limits,omitempty" doc:"All of them: one that is left out is none."`
		}
	}
	guestInput struct {
		Name  string `path:"name"`
		Login string `path:"login"`
		Body  struct {
			Home  string   `json:"home" doc:"The tenant in which the person signs in."`
			Roles []string `json:"roles" maxItems:"5"`
		}
	}
	guestEnd struct {
		Name  string `path:"name"`
		Login string `path:"login"`
		Body  *struct{}
	}
)

func (b *builder) tenantRoutes() {
	serves := func(method, pattern string) Route {
		return Route{Method: method, Pattern: pattern, Guard: guard.Servers, Resource: "tenants", Write: method != http.MethodGet}
	}
	const one = "/tenants/{name}"
	handle(b, endpoint{Route: serves(http.MethodGet, "/tenants"), ID: "list-tenants", Summary: "List tenants"}, b.listTenants)
	handleOnce(b, endpoint{Route: serves(http.MethodPost, "/tenants"), ID: "create-tenant", Summary: "Make a tenant", Status: 201, Refusals: []int{409, 413, 422}}, b.createTenant, b.tenantAgain)
	handle(b, endpoint{Route: serves(http.MethodGet, one), ID: "get-tenant", Summary: "Get a tenant with what it has", Refusals: []int{404}}, b.getTenant)
	handle(b, endpoint{Route: serves(http.MethodPatch, one), ID: "change-tenant", Summary: "Change, close or open a tenant", Refusals: []int{404, 409, 413, 422},
		Doc: "Fields that are left out stay as they are. Limits are followed within 5 s."}, b.changeTenant)
	handle(b, endpoint{Route: serves(http.MethodPut, one+"/members/{login}"), ID: "add-tenant-member", Summary: "Let a person of another tenant in", Status: 204, Refusals: []int{404, 409, 413, 422},
		Doc: "The person gets an account in this tenant, signs in at home and switches. One who is in gets the roles."}, b.addGuest)
	handle(b, endpoint{Route: serves(http.MethodDelete, one+"/members/{login}"), ID: "remove-tenant-member", Summary: "Take a person of another tenant out", Status: 204, Refusals: []int{404}}, b.removeGuest)
}

func tenantOf(t auth.Tenant) (Tenant, error) {
	l, u := t.Limits, t.Usage
	return Tenant{
		Name: t.Name, Title: t.Title, Active: t.DeactivatedAt == nil, CreatedAt: t.CreatedAt.UTC(), CreatedBy: t.CreatedBy,
		Limits: TenantLimits{l.Live, l.Starts, l.Definitions, l.Users, l.Storage},
		Usage:  TenantUsage{u.Live, u.Definitions, u.Users, u.Storage},
	}, nil
}

func (l TenantLimits) limits() workflow.TenantLimits {
	return workflow.TenantLimits{Live: l.LiveInstances, Starts: l.StartsPerMinute, Definitions: l.Definitions, Users: l.Users, Storage: l.StorageBytes}
}

func (a *API) listTenants(ctx context.Context, who workflow.Actor, in *tenantList) (*tenantsAnswer, error) {
	total, err := a.Accounts.CountTenants(ctx, who)
	if err != nil {
		return nil, err
	}
	page, err := pageBy(in.Paging, total, func(t auth.Tenant) string { return t.Name }, func(after string, limit int) ([]auth.Tenant, error) {
		return a.Accounts.Tenants(ctx, who, after, limit)
	})
	if err != nil {
		return nil, err
	}
	list, err := listOf(page, tenantOf)
	return &tenantsAnswer{list}, err
}

func (a *API) createTenant(ctx context.Context, who workflow.Actor, in *newTenantInput) (*tenantAnswer, error) {
	t, err := a.Accounts.CreateTenant(ctx, who, in.Body.Name, in.Body.Title, in.Body.Limits.limits())
	if err != nil {
		return nil, err
	}
	shape, err := tenantOf(t)
	return &tenantAnswer{Location: location(ctx, t.Name), Body: shape}, err
}

// tenantAgain answers a repeated request with the tenant as it is by now.
func (a *API) tenantAgain(ctx context.Context, who workflow.Actor, in *newTenantInput, _ workflow.KeyUse) (*tenantAnswer, error) {
	again, err := a.getTenant(ctx, who, &tenantInput{in.Body.Name})
	if err == nil {
		again.Location = location(ctx, in.Body.Name)
	}
	return again, err
}

func (a *API) getTenant(ctx context.Context, who workflow.Actor, in *tenantInput) (*tenantAnswer, error) {
	t, err := a.Accounts.Tenant(ctx, who, in.Name)
	if err != nil {
		return nil, err
	}
	shape, err := tenantOf(t)
	return &tenantAnswer{Body: shape}, err
}

func (a *API) changeTenant(ctx context.Context, who workflow.Actor, in *tenantChange) (*tenantAnswer, error) {
	c := auth.TenantChange{Title: in.Body.Title}
	if in.Body.Active != nil {
		closed := !*in.Body.Active
		c.Closed = &closed
	}
	if in.Body.Limits != nil {
		limits := in.Body.Limits.limits()
		c.Limits = &limits
	}
	if err := a.Accounts.UpdateTenant(ctx, who, in.Name, c); err != nil {
		return nil, err
	}
	return a.getTenant(ctx, who, &tenantInput{in.Name})
}

func (a *API) addGuest(ctx context.Context, who workflow.Actor, in *guestInput) (*nothing, error) {
	return nil, a.Accounts.AddMember(ctx, who, in.Name, in.Body.Home, in.Login, converted[workflow.Role](in.Body.Roles))
}

func (a *API) removeGuest(ctx context.Context, who workflow.Actor, in *guestEnd) (*nothing, error) {
	return nil, a.Accounts.RemoveMember(ctx, who, in.Name, in.Login)
}
