package db

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"tandem/internal/auth"
	"tandem/internal/workflow"
)

// otherTenants gives where else a user u may act: a JSON list, NULL for nowhere.
// The account at home and those that have it as their home are one person's.
const otherTenants = `(SELECT json_agg(json_build_object('Name', t.tenant_id, 'Title', t.title) ORDER BY t.title, t.tenant_id)
	FROM (SELECT o.tenant_id FROM users o WHERE o.login = u.login AND o.tenant_id <> u.tenant_id AND o.disabled_at IS NULL
			AND o.home_tenant = coalesce(u.home_tenant, u.tenant_id)
		UNION ALL SELECT u.home_tenant WHERE u.home_tenant IS NOT NULL) o
	JOIN tenants t ON t.tenant_id = o.tenant_id AND t.deactivated_at IS NULL)`

// tenantColumns are the columns of tenants t that scanTenant reads, with what
// the tenant has at present. Live instances come from counters.
const tenantColumns = `t.tenant_id, t.title, t.max_live, t.max_starts, t.max_definitions, t.max_users, t.max_storage,
	t.created_at, t.created_by, t.deactivated_at,
	coalesce((SELECT sum(c.n) FROM counters c WHERE c.tenant_id = t.tenant_id AND c.figure = 'status' AND c.bucket NOT IN ('completed', 'canceled')), 0)::bigint,
	(SELECT count(DISTINCT d.name) FROM definitions d WHERE d.tenant_id = t.tenant_id),
	(SELECT count(*) FROM users u WHERE u.tenant_id = t.tenant_id AND u.disabled_at IS NULL),
	coalesce((SELECT sum(a.size) FROM attachments a WHERE a.tenant_id = t.tenant_id), 0)::bigint`

// limitedColumns are tenantColumns without what no limit asks for.
const limitedColumns = `t.tenant_id, t.title, t.max_live, t.max_starts, t.max_definitions, t.max_users, t.max_storage,
	t.created_at, t.created_by, t.deactivated_at,
	CASE WHEN t.max_live IS NULL THEN 0 ELSE coalesce((SELECT sum(c.n) FROM counters c
		WHERE c.tenant_id = t.tenant_id AND c.figure = 'status' AND c.bucket NOT IN ('completed', 'canceled')), 0)::bigint END,
	CASE WHEN t.max_definitions IS NULL THEN 0 ELSE (SELECT count(DISTINCT d.name) FROM definitions d WHERE d.tenant_id = t.tenant_id) END,
	0::bigint,
	CASE WHEN t.max_storage IS NULL THEN 0 ELSE coalesce((SELECT sum(a.size) FROM attachments a WHERE a.tenant_id = t.tenant_id), 0)::bigint END`

func scanTenant(row pgx.CollectableRow) (t auth.Tenant, err error) {
	l, u := &t.Limits, &t.Usage
	err = row.Scan(&t.Name, &t.Title, &l.Live, &l.Starts, &l.Definitions, &l.Users, &l.Storage,
		&t.CreatedAt, &t.CreatedBy, &t.DeactivatedAt, &u.Live, &u.Definitions, &u.Users, &u.Storage)
	return t, err
}

// Tenants implements auth.Store.
func (p *People) Tenants(ctx context.Context, after string, limit int) ([]auth.Tenant, error) {
	rows, _ := p.q.Query(ctx, `SELECT `+tenantColumns+` FROM tenants t WHERE t.tenant_id > $1 ORDER BY t.tenant_id LIMIT $2`, after, limit)
	list, err := pgx.CollectRows(rows, scanTenant)
	return list, wrap("tenants", err)
}

// CountTenants implements auth.Store.
func (p *People) CountTenants(ctx context.Context, most int) (n int, err error) {
	err = p.q.QueryRow(ctx, `SELECT count(*) FROM (SELECT FROM tenants LIMIT $1) few`, most).Scan(&n)
	return n, wrap("count tenants", err)
}

// Tenant implements auth.Store.
func (p *People) Tenant(ctx context.Context, name string) (auth.Tenant, error) {
	return p.tenant(ctx, name, "")
}

// LockTenant implements auth.Writer.
func (p *People) LockTenant(ctx context.Context, name string) (auth.Tenant, error) {
	return p.tenant(ctx, name, " FOR NO KEY UPDATE OF t")
}

func (p *People) tenant(ctx context.Context, name, lock string) (auth.Tenant, error) {
	rows, _ := p.q.Query(ctx, `SELECT `+tenantColumns+` FROM tenants t WHERE t.tenant_id = $1`+lock, name)
	t, err := pgx.CollectExactlyOneRow(rows, scanTenant)
	if errors.Is(err, pgx.ErrNoRows) {
		return t, auth.ErrTenantNotFound
	}
	return t, wrap("tenant "+name, err)
}

// InsertTenant implements auth.Writer.
func (p *People) InsertTenant(ctx context.Context, t auth.Tenant) error {
	l := t.Limits
	tag, err := p.q.Exec(ctx, `
		INSERT INTO tenants (tenant_id, title, max_live, max_starts, max_definitions, max_users, max_storage, created_at, created_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (tenant_id) DO NOTHING`,
		t.Name, t.Title, l.Live, l.Starts, l.Definitions, l.Users, l.Storage, t.CreatedAt, t.CreatedBy)
	if err == nil && tag.RowsAffected() == 0 {
		return auth.ErrTenantTaken
	}
	return wrap("insert tenant "+t.Name, err)
}

// UpdateTenant implements auth.Writer.
func (p *People) UpdateTenant(ctx context.Context, t auth.Tenant) error {
	l := t.Limits
	_, err := p.q.Exec(ctx, `
		UPDATE tenants SET title = $2, max_live = $3, max_starts = $4, max_definitions = $5, max_users = $6, max_storage = $7, deactivated_at = $8
		WHERE tenant_id = $1`, t.Name, t.Title, l.Live, l.Starts, l.Definitions, l.Users, l.Storage, t.DeactivatedAt)
	return wrap("update tenant "+t.Name, err)
}

// RoomForUser implements auth.Writer. The row of a tenant that has a limit is
// locked, so that of those who take the last place one gets it.
func (p *People) RoomForUser(ctx context.Context, tenant string) error {
	var most int
	err := p.q.QueryRow(ctx, `SELECT max_users FROM tenants WHERE tenant_id = $1 AND max_users IS NOT NULL FOR NO KEY UPDATE`, tenant).Scan(&most)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return wrap("limit of users", err)
	}
	var n int
	if err := p.q.QueryRow(ctx, `SELECT count(*) FROM users WHERE tenant_id = $1 AND disabled_at IS NULL`, tenant).Scan(&n); err != nil {
		return wrap("count users", err)
	}
	if n >= most {
		return auth.ErrTooManyUsers
	}
	return nil
}

// Guests implements auth.Store.
func (p *People) Guests(ctx context.Context, tenant string, limit int) ([]auth.User, error) {
	rows, _ := p.q.Query(ctx, `SELECT `+userColumns+` FROM users u
		WHERE u.tenant_id = $1 AND u.home_tenant IS NOT NULL AND u.deleted_at IS NULL ORDER BY u.login LIMIT $2`, tenant, limit)
	list, err := pgx.CollectRows(rows, scanUser)
	return list, wrap("guests of "+tenant, err)
}

// TenantsWithLimits gives the tenants that may not do as they like: those with
// limits of what the engine makes, and those that are closed.
func (d *DB) TenantsWithLimits(ctx context.Context) (map[string]workflow.TenantState, error) {
	rows, _ := d.side.Query(ctx, `SELECT `+limitedColumns+` FROM tenants t
		WHERE t.deactivated_at IS NOT NULL OR num_nonnulls(t.max_live, t.max_starts, t.max_definitions, t.max_storage) > 0`)
	list, err := pgx.CollectRows(rows, scanTenant)
	if err != nil {
		return nil, wrap("tenants with limits", err)
	}
	states := make(map[string]workflow.TenantState, len(list))
	for _, t := range list {
		states[t.Name] = workflow.TenantState{Limits: t.Limits, Usage: t.Usage, Closed: t.DeactivatedAt != nil}
	}
	return states, nil
}
