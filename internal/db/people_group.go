package db

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"tandem/internal/auth"
)

// groupColumns are the columns of groups g that scanGroup reads.
const groupColumns = `g.tenant_id, g.name, g.title,
	(SELECT count(*) FROM memberships m WHERE m.tenant_id = g.tenant_id AND m.group_name = g.name)`

func scanGroup(row pgx.CollectableRow) (g auth.Group, err error) {
	err = row.Scan(&g.Tenant, &g.Name, &g.Title, &g.Members)
	return g, err
}

// Groups implements auth.Store.
func (p *People) Groups(ctx context.Context, tenant, after string, limit int) ([]auth.Group, error) {
	rows, _ := p.q.Query(ctx, `
		SELECT `+groupColumns+` FROM groups g WHERE g.tenant_id = $1 AND g.name > $2 ORDER BY g.name LIMIT $3`, tenant, after, limit)
	groups, err := pgx.CollectRows(rows, scanGroup)
	return groups, wrap("groups", err)
}

// CountGroups implements auth.Store.
func (p *People) CountGroups(ctx context.Context, tenant string, most int) (n int, err error) {
	err = p.q.QueryRow(ctx, `SELECT count(*) FROM (SELECT FROM groups WHERE tenant_id = $1 LIMIT $2) few`, tenant, most).Scan(&n)
	return n, wrap("count groups", err)
}

// Group implements auth.Store.
func (p *People) Group(ctx context.Context, tenant, name string) (auth.Group, error) {
	rows, _ := p.q.Query(ctx, `SELECT `+groupColumns+` FROM groups g WHERE g.tenant_id = $1 AND g.name = $2`, tenant, name)
	g, err := pgx.CollectExactlyOneRow(rows, scanGroup)
	if errors.Is(err, pgx.ErrNoRows) {
		return g, auth.ErrGroupNotFound
	}
	return g, wrap("group "+name, err)
}

// GroupExists implements auth.Store.
func (p *People) GroupExists(ctx context.Context, tenant, name string) (exists bool, err error) {
	err = p.q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM groups WHERE tenant_id = $1 AND name = $2)`, tenant, name).Scan(&exists)
	return exists, wrap("group "+name, err)
}

// SaveGroup implements auth.Writer.
func (p *People) SaveGroup(ctx context.Context, g auth.Group) (before string, err error) {
	err = p.q.QueryRow(ctx, `
		WITH was AS (SELECT title FROM groups WHERE tenant_id = $1 AND name = $2)
		INSERT INTO groups (tenant_id, name, title) VALUES ($1, $2, $3)
		ON CONFLICT (tenant_id, name) DO UPDATE SET title = excluded.title
		RETURNING coalesce((SELECT title FROM was), '')`, g.Tenant, g.Name, g.Title).Scan(&before)
	return before, wrap("save group "+g.Name, err)
}

// DeleteGroup implements auth.Writer.
func (p *People) DeleteGroup(ctx context.Context, tenant, name string) error {
	if _, err := p.q.Exec(ctx, `SELECT FROM groups WHERE tenant_id = $1 AND name = $2 FOR UPDATE`, tenant, name); err != nil {
		return wrap("delete group "+name, err)
	}
	if _, err := p.q.Exec(ctx, `DELETE FROM memberships WHERE tenant_id = $1 AND group_name = $2`, tenant, name); err != nil {
		return wrap("delete group "+name, err)
	}
	tag, err := p.q.Exec(ctx, `DELETE FROM groups WHERE tenant_id = $1 AND name = $2`, tenant, name)
	if err == nil && tag.RowsAffected() == 0 {
		return auth.ErrGroupNotFound
	}
	return wrap("delete group "+name, err)
}

// SetMember implements auth.Writer.
func (p *People) SetMember(ctx context.Context, tenant, group, login string, in bool) (bool, error) {
	exists, err := p.GroupExists(ctx, tenant, group)
	switch {
	case err != nil:
		return false, err
	case !exists:
		return false, auth.ErrGroupNotFound
	}
	sql := `DELETE FROM memberships WHERE tenant_id = $1 AND group_name = $2 AND login = $3`
	if in {
		sql = `INSERT INTO memberships (tenant_id, group_name, login) VALUES ($1, $2, $3)
			ON CONFLICT (tenant_id, login, group_name) DO NOTHING`
	}
	tag, err := p.q.Exec(ctx, sql, tenant, group, login)
	if violates(err, codeForeignKey) { // the group was deleted meanwhile
		return false, auth.ErrGroupNotFound
	}
	return tag.RowsAffected() > 0, wrap("set member "+login+" of "+group, err)
}
