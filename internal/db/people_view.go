package db

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/auth"
)

const viewColumns = `id, tenant_id, login, name, query, shared, created_at`

// Views implements auth.Store.
func (p *People) Views(ctx context.Context, tenant, login string, limit int) ([]auth.View, error) {
	rows, _ := p.q.Query(ctx, `(SELECT `+viewColumns+` FROM saved_views WHERE tenant_id = $1 AND login = $2 ORDER BY name LIMIT $3)
		UNION ALL
		(SELECT `+viewColumns+` FROM saved_views WHERE tenant_id = $1 AND shared AND login <> $2 ORDER BY name LIMIT $3)
		LIMIT $3`, tenant, login, limit)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[auth.View])
	return list, wrap("views", err)
}

// UpsertView implements auth.Writer.
func (p *People) UpsertView(ctx context.Context, v auth.View) (n int, err error) {
	_, err = p.q.Exec(ctx, `INSERT INTO saved_views (`+viewColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (tenant_id, login, name) DO UPDATE SET query = excluded.query, shared = excluded.shared`,
		v.ID, v.Tenant, v.Login, v.Name, v.Query, v.Shared, v.CreatedAt)
	if err == nil {
		err = p.q.QueryRow(ctx, `SELECT count(*) FROM saved_views WHERE tenant_id = $1 AND login = $2`, v.Tenant, v.Login).Scan(&n)
	}
	return n, wrap("save view", err)
}

// DeleteView implements auth.Writer.
func (p *People) DeleteView(ctx context.Context, tenant, login string, shared bool, id uuid.UUID) (auth.View, error) {
	rows, _ := p.q.Query(ctx, `DELETE FROM saved_views WHERE tenant_id = $1 AND id = $2 AND (login = $3 OR $4 AND shared) RETURNING `+viewColumns,
		tenant, id, login, shared)
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[auth.View])
	if errors.Is(err, pgx.ErrNoRows) {
		return v, auth.ErrViewNotFound
	}
	return v, wrap("delete view", err)
}
