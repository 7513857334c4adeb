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
