package db

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/internal/auth"
)

// UserByIdentity implements auth.Store.
func (p *People) UserByIdentity(ctx context.Context, issuer, subject string) (auth.User, error) {
	rows, _ := p.q.Query(ctx, `
		SELECT `+userColumns+` FROM identities i JOIN users u ON u.tenant_id = i.tenant_id AND u.login = i.login
		WHERE i.issuer = $1 AND i.subject = $2`, issuer, subject)
	u, err := pgx.CollectExactlyOneRow(rows, scanUser)
	if errors.Is(err, pgx.ErrNoRows) {
		return u, auth.ErrUserNotFound
	}
	return u, wrap("user by identity", err)
}

// InsertIdentity implements auth.Writer.
func (p *People) InsertIdentity(ctx context.Context, issuer, subject, tenant, login string, now time.Time) error {
	tag, err := p.q.Exec(ctx, `
		INSERT INTO identities (issuer, subject, tenant_id, login, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (issuer, subject) DO NOTHING`, issuer, subject, tenant, login, now)
	if err == nil && tag.RowsAffected() == 0 {
		return auth.ErrRaced
	}
	return wrap("insert identity of "+login, err)
}

// Identities implements auth.Store.
func (p *People) Identities(ctx context.Context, tenant, login string) ([]auth.Bound, error) {
	rows, _ := p.q.Query(ctx, `
		SELECT issuer, subject, created_at FROM identities WHERE tenant_id = $1 AND login = $2 ORDER BY created_at, issuer, subject LIMIT $3`,
		tenant, login, auth.MaxIdentities)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[auth.Bound])
	return list, wrap("identities of "+login, err)
}

// CountIdentities implements auth.Writer.
func (p *People) CountIdentities(ctx context.Context, tenant, login string) (n int, err error) {
	err = p.q.QueryRow(ctx, `SELECT count(*) FROM identities WHERE tenant_id = $1 AND login = $2`, tenant, login).Scan(&n)
	return n, wrap("count identities of "+login, err)
}

// DeleteIdentity implements auth.Writer.
func (p *People) DeleteIdentity(ctx context.Context, tenant, login, issuer, subject string) error {
	tag, err := p.q.Exec(ctx, `DELETE FROM identities WHERE tenant_id = $1 AND login = $2 AND issuer = $3 AND subject = $4`, tenant, login, issuer, subject)
	if err == nil && tag.RowsAffected() == 0 {
		return auth.ErrUserNotFound
	}
	return wrap("delete an identity of "+login, err)
}
