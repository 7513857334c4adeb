package db

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/auth"
)

// codeForeignKey says that a row names another that does not exist.
const codeForeignKey = "23503"

// tokenColumns are the columns of tokens t that tokenTargets reads.
const tokenColumns = `t.id, t.tenant_id, t.login, t.label, t.scopes, t.created_at, t.expires_at, t.last_used_at, t.revoked_at`

func tokenTargets(t *auth.Token) []any {
	return []any{&t.ID, &t.Tenant, &t.Login, &t.Label, &t.Scopes, &t.CreatedAt, &t.ExpiresAt, &t.LastUsedAt, &t.RevokedAt}
}

// InsertToken implements auth.Store.
func (p *People) InsertToken(ctx context.Context, t auth.Token, hash []byte) error {
	_, err := p.pool.Exec(ctx, `
		INSERT INTO tokens (tenant_id, id, login, label, hash, scopes, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		t.Tenant, t.ID, t.Login, t.Label, hash, t.Scopes, t.CreatedAt, t.ExpiresAt)
	if violates(err, codeForeignKey) {
		return auth.ErrUserNotFound
	}
	return wrap("insert token of "+t.Login, err)
}

// UserByToken implements auth.Store. Its update writes only when the last one
// is a minute old; the row that is read is the one before it.
func (p *People) UserByToken(ctx context.Context, hash []byte) (auth.User, auth.Token, error) {
	var (
		u auth.User
		t auth.Token
	)
	err := p.pool.QueryRow(ctx, `
		WITH used AS (
			UPDATE tokens SET last_used_at = now()
			WHERE hash = $1 AND revoked_at IS NULL
			  AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
		)
		SELECT `+userColumns+`, `+tokenColumns+`
		FROM tokens t JOIN users u ON u.tenant_id = t.tenant_id AND u.login = t.login
		WHERE t.hash = $1`, hash).Scan(append(userTargets(&u), tokenTargets(&t)...)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return u, t, auth.ErrTokenNotFound
	}
	return u, t, wrap("user by token", err)
}

// Tokens implements auth.Store. Ids are UUIDv7, so their order is that of time.
func (p *People) Tokens(ctx context.Context, tenant, login string, before uuid.UUID, limit int) ([]auth.Token, error) {
	if before == uuid.Nil {
		before = uuid.Max
	}
	rows, _ := p.pool.Query(ctx, `
		SELECT `+tokenColumns+` FROM tokens t
		WHERE t.tenant_id = $1 AND ($2 = '' OR t.login = $2) AND t.id < $3
		ORDER BY t.id DESC LIMIT $4`, tenant, login, before, limit)
	tokens, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t auth.Token, err error) {
		err = row.Scan(tokenTargets(&t)...)
		return t, err
	})
	return tokens, wrap("tokens", err)
}

// RevokeToken implements auth.Store.
func (p *People) RevokeToken(ctx context.Context, tenant, login string, id uuid.UUID) error {
	tag, err := p.pool.Exec(ctx, `
		UPDATE tokens SET revoked_at = coalesce(revoked_at, now())
		WHERE tenant_id = $1 AND id = $2 AND ($3 = '' OR login = $3)`, tenant, id, login)
	if err == nil && tag.RowsAffected() == 0 {
		return auth.ErrTokenNotFound
	}
	return wrap("revoke token "+id.String(), err)
}
