package db

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/auth"
)

// codeForeignKey says that a row names another that does not exist.
const codeForeignKey = "23503"

// tokenColumns are the columns of tokens t that tokenTargets reads.
const tokenColumns = `t.id, t.tenant_id, t.login, t.label, t.scopes, t.created_by, t.created_at, t.expires_at, t.last_used_at,
	t.rotated_at, t.previous_until, t.revoked_at`

func tokenTargets(t *auth.Token) []any {
	return []any{
		&t.ID, &t.Tenant, &t.Login, &t.Label, &t.Scopes, &t.CreatedBy, &t.CreatedAt, &t.ExpiresAt, &t.LastUsedAt,
		&t.RotatedAt, &t.PreviousUntil, &t.RevokedAt,
	}
}

func scanToken(row pgx.CollectableRow) (t auth.Token, err error) {
	err = row.Scan(tokenTargets(&t)...)
	return t, err
}

// InsertToken implements auth.Writer.
func (p *People) InsertToken(ctx context.Context, t auth.Token, hash []byte) error {
	_, err := p.q.Exec(ctx, `
		INSERT INTO tokens (tenant_id, id, login, label, hash, scopes, created_by, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		t.Tenant, t.ID, t.Login, t.Label, hash, t.Scopes, t.CreatedBy, t.CreatedAt, t.ExpiresAt)
	if violates(err, codeForeignKey) {
		return auth.ErrUserNotFound
	}
	return wrap("insert token of "+t.Login, err)
}

// UserByToken implements auth.Store. Its update writes only when the last one
// is a minute old; the row that is read is the one before it.
func (p *People) UserByToken(ctx context.Context, hash []byte, now time.Time) (auth.User, auth.Token, error) {
	var (
		u auth.User
		t auth.Token
	)
	err := p.q.QueryRow(ctx, `
		WITH used AS (
			UPDATE tokens SET last_used_at = now()
			WHERE (hash = $1 OR previous_hash = $1 AND previous_until > $2) AND revoked_at IS NULL
			  AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
		)
		SELECT `+userColumns+`, `+tokenColumns+`
		FROM tokens t JOIN users u ON u.tenant_id = t.tenant_id AND u.login = t.login
		WHERE t.hash = $1 OR t.previous_hash = $1 AND t.previous_until > $2`, hash, now).Scan(append(userTargets(&u), tokenTargets(&t)...)...)
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
	rows, _ := p.q.Query(ctx, `
		SELECT `+tokenColumns+` FROM tokens t
		WHERE t.tenant_id = $1 AND ($2 = '' OR t.login = $2) AND t.id < $3
		ORDER BY t.id DESC LIMIT $4`, tenant, login, before, limit)
	tokens, err := pgx.CollectRows(rows, scanToken)
	return tokens, wrap("tokens", err)
}

// CountTokens implements auth.Store.
func (p *People) CountTokens(ctx context.Context, tenant, login string, most int) (n int, err error) {
	err = p.q.QueryRow(ctx, `
		SELECT count(*) FROM (SELECT FROM tokens WHERE tenant_id = $1 AND ($2 = '' OR login = $2) LIMIT $3) few`,
		tenant, login, most).Scan(&n)
	return n, wrap("count tokens", err)
}

// Token implements auth.Store.
func (p *People) Token(ctx context.Context, tenant, login string, id uuid.UUID) (auth.Token, error) {
	return p.token(ctx, tenant, login, id, "")
}

// LockToken implements auth.Writer.
func (p *People) LockToken(ctx context.Context, tenant, login string, id uuid.UUID) (auth.Token, error) {
	return p.token(ctx, tenant, login, id, " FOR UPDATE")
}

func (p *People) token(ctx context.Context, tenant, login string, id uuid.UUID, lock string) (auth.Token, error) {
	rows, _ := p.q.Query(ctx, `
		SELECT `+tokenColumns+` FROM tokens t
		WHERE t.tenant_id = $1 AND t.id = $2 AND ($3 = '' OR t.login = $3)`+lock, tenant, id, login)
	t, err := pgx.CollectExactlyOneRow(rows, scanToken)
	if errors.Is(err, pgx.ErrNoRows) {
		return t, auth.ErrTokenNotFound
	}
	return t, wrap("token "+id.String(), err)
}

// RotateToken implements auth.Writer.
func (p *People) RotateToken(ctx context.Context, tenant string, id uuid.UUID, hash []byte, previousUntil *time.Time, now time.Time) error {
	_, err := p.q.Exec(ctx, `
		UPDATE tokens SET hash = $3, rotated_at = $5, previous_until = $4,
			previous_hash = CASE WHEN $4::timestamptz IS NOT NULL THEN hash END
		WHERE tenant_id = $1 AND id = $2`, tenant, id, hash, previousUntil, now)
	return wrap("rotate token "+id.String(), err)
}

// RevokeToken implements auth.Writer.
func (p *People) RevokeToken(ctx context.Context, tenant string, id uuid.UUID) error {
	_, err := p.q.Exec(ctx, `
		UPDATE tokens SET revoked_at = coalesce(revoked_at, now()) WHERE tenant_id = $1 AND id = $2`, tenant, id)
	return wrap("revoke token "+id.String(), err)
}

// RevokeTokens implements auth.Writer. Rows are locked in order of id.
func (p *People) RevokeTokens(ctx context.Context, tenant, login string) (int, error) {
	tag, err := p.q.Exec(ctx, `
		WITH live AS (
			SELECT id FROM tokens WHERE tenant_id = $1 AND login = $2 AND revoked_at IS NULL ORDER BY id FOR UPDATE
		)
		UPDATE tokens t SET revoked_at = now() FROM live WHERE t.tenant_id = $1 AND t.id = live.id`, tenant, login)
	return int(tag.RowsAffected()), wrap("revoke tokens of "+login, err)
}
