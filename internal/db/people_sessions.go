package db

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/auth"
)

// EndSession implements auth.Writer.
func (p *People) EndSession(ctx context.Context, tenant, login string, id uuid.UUID) (auth.Session, error) {
	rows, _ := p.q.Query(ctx, `
		DELETE FROM sessions s WHERE tenant_id = $1 AND login = $2 AND id = $3 AND now() < expiry
		RETURNING `+sessionColumns, tenant, login, id)
	s, err := pgx.CollectExactlyOneRow(rows, scanSession)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, auth.ErrSessionNotFound
	}
	return s, wrap("end session of "+login, err)
}

// EndSessions implements auth.Writer.
func (p *People) EndSessions(ctx context.Context, tenant, login string, but uuid.UUID) (int, error) {
	tag, err := p.q.Exec(ctx, `
		DELETE FROM sessions s WHERE s.login = $2 AND s.id <> $3 AND (s.tenant_id = $1 OR s.tenant_id IN (
			SELECT u.tenant_id FROM users u WHERE u.home_tenant = $1 AND u.login = $2))`, tenant, login, but)
	return int(tag.RowsAffected()), wrap("end sessions of "+login, err)
}

// Sessions implements auth.Store.
func (p *People) Sessions(ctx context.Context, tenant, login string, after uuid.UUID, limit int) ([]auth.Session, error) {
	rows, _ := p.q.Query(ctx, `
		SELECT `+sessionColumns+` FROM sessions s
		WHERE s.tenant_id = $1 AND s.login = $2 AND s.id > $3 AND now() < s.expiry
		ORDER BY s.id LIMIT $4`, tenant, login, after, limit)
	list, err := pgx.CollectRows(rows, scanSession)
	return list, wrap("sessions of "+login, err)
}

// sessionColumns are the columns of sessions s that scanSession reads.
const sessionColumns = `s.id, s.tenant_id, s.login, s.created_at, s.used_at, s.expiry, s.deadline, s.address, s.agent`

func scanSession(row pgx.CollectableRow) (s auth.Session, err error) {
	err = row.Scan(&s.ID, &s.Tenant, &s.Login, &s.CreatedAt, &s.UsedAt, &s.EndsAt, &s.Deadline, &s.Address, &s.Agent)
	return s, err
}
