package tandem

import (
	"context"

	"tandem/internal/auth"
	"tandem/internal/workflow"
)

// Tenant is a house of its own on a server, with what it may have and has.
type Tenant = auth.Tenant

// TenantLimits are what a tenant may have; nil is as much as it likes.
type TenantLimits = workflow.TenantLimits

// setupIn is who acts in commands about a tenant; empty is the one that every
// server has.
func setupIn(tenant string) Actor {
	if tenant == "" {
		tenant = workflow.DefaultTenant
	}
	return workflow.SystemActor(tenant, "setup")
}

// CreateTenant makes a tenant. An empty title is the name.
func (t *Tandem) CreateTenant(ctx context.Context, name, title string, limits TenantLimits) error {
	_, err := t.people.CreateTenant(ctx, setup(), name, title, limits)
	return err
}

// Tenants lists up to limit tenants, at most 200, after a name, in order of name.
func (t *Tandem) Tenants(ctx context.Context, after string, limit int) ([]Tenant, error) {
	return t.people.Tenants(ctx, setup(), after, limit)
}

// Tenant gives one tenant.
func (t *Tandem) Tenant(ctx context.Context, name string) (Tenant, error) {
	return t.people.Tenant(ctx, setup(), name)
}

// LimitTenant replaces what a tenant may have.
func (t *Tandem) LimitTenant(ctx context.Context, name string, limits TenantLimits) error {
	return t.people.UpdateTenant(ctx, setup(), name, auth.TenantChange{Limits: &limits})
}

// ResetSecondFactor ends the second factor and the sessions of a person who has
// lost it; an empty tenant is the one that every server has.
func (t *Tandem) ResetSecondFactor(ctx context.Context, tenant, login string) error {
	return t.people.ResetSecondFactor(ctx, setupIn(tenant), login)
}

// tenantNames lists the tenants; in memory there is one.
func (t *Tandem) tenantNames(ctx context.Context) (names []string, err error) {
	if t.db == nil {
		return []string{workflow.DefaultTenant}, nil
	}
	const page = 200
	for after := ""; ; after = names[len(names)-1] {
		list, err := t.Tenants(ctx, after, page)
		if err != nil {
			return nil, err
		}
		for _, one := range list {
			names = append(names, one.Name)
		}
		if len(list) < page {
			return names, nil
		}
	}
}
