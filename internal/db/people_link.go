package db

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/internal/auth"
)

// linkColumns are the columns of account_links that scanLink reads.
const linkColumns = `tenant_id, coalesce(login, ''), purpose, created_by, created_at, expires_at`

func scanLink(row pgx.CollectableRow) (l auth.Link, err error) {
	err = row.Scan(&l.Tenant, &l.Login, &l.Purpose, &l.CreatedBy, &l.CreatedAt, &l.ExpiresAt)
	return l, err
}

// Link implements auth.Store.
func (p *People) Link(ctx context.Context, hash []byte, now time.Time) (auth.Link, error) {
	return p.link(ctx, `SELECT `+linkColumns+` FROM account_links WHERE hash = $1 AND expires_at > $2`, hash, now)
}

// TakeLink implements auth.Writer.
func (p *People) TakeLink(ctx context.Context, hash []byte, now time.Time) (auth.Link, error) {
	return p.link(ctx, `DELETE FROM account_links WHERE hash = $1 AND expires_at > $2 RETURNING `+linkColumns, hash, now)
}

func (p *People) link(ctx context.Context, sql string, hash []byte, now time.Time) (auth.Link, error) {
	rows, _ := p.q.Query(ctx, sql, hash, now)
	l, err := pgx.CollectExactlyOneRow(rows, scanLink)
	if errors.Is(err, pgx.ErrNoRows) {
		return l, auth.ErrLinkNotFound
	}
	return l, wrap("link", err)
}

// SaveLink implements auth.Writer. It also forgets up to 100 links that have
// ended.
func (p *People) SaveLink(ctx context.Context, l auth.Link, hash []byte) error {
	_, err := p.q.Exec(ctx, `
		DELETE FROM account_links WHERE tenant_id = $1 AND login = nullif($2, '')
			OR hash IN (SELECT hash FROM account_links WHERE expires_at <= $3 LIMIT 100 FOR UPDATE SKIP LOCKED)`,
		l.Tenant, l.Login, l.CreatedAt)
	if err != nil {
		return wrap("save link of "+l.Login, err)
	}
	_, err = p.q.Exec(ctx, `
		INSERT INTO account_links (hash, tenant_id, login, purpose, created_by, created_at, expires_at)
		VALUES ($1, $2, nullif($3, ''), $4, $5, $6, $7)`,
		hash, l.Tenant, l.Login, l.Purpose, l.CreatedBy, l.CreatedAt, l.ExpiresAt)
	return wrap("save link of "+l.Login, err)
}
