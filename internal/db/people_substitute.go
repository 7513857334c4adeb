package db

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/auth"
)

// standsFor gives for whom a user u stands in at present, with their groups: a
// JSON list, NULL for nobody.
const standsFor = `(SELECT json_agg(json_build_object('Login', s.login, 'Groups',
		ARRAY(SELECT m.group_name FROM memberships m WHERE m.tenant_id = s.tenant_id AND m.login = s.login ORDER BY m.group_name)))
	FROM (SELECT DISTINCT tenant_id, login FROM substitutes
		WHERE tenant_id = u.tenant_id AND substitute = u.login AND from_at <= now() AND until_at > now() ORDER BY login LIMIT 100) s)`

const substituteColumns = `id, tenant_id, login, substitute, from_at, until_at, created_by, created_at`

// InsertSubstitute implements auth.Writer.
func (p *People) InsertSubstitute(ctx context.Context, s auth.Substitute, now time.Time) (int, error) {
	_, err := p.q.Exec(ctx, `INSERT INTO substitutes (`+substituteColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		s.ID, s.Tenant, s.Login, s.Substitute, s.From, s.Until, s.CreatedBy, s.CreatedAt)
	if err != nil {
		return 0, wrap("insert substitute of "+s.Login, err)
	}
	var n int
	err = p.q.QueryRow(ctx, `SELECT count(*) FROM substitutes WHERE tenant_id = $1 AND login = $2 AND until_at > $3`, s.Tenant, s.Login, now).Scan(&n)
	return n, wrap("count substitutes of "+s.Login, err)
}

// DeleteSubstitute implements auth.Writer.
func (p *People) DeleteSubstitute(ctx context.Context, tenant, login string, id uuid.UUID) (auth.Substitute, error) {
	rows, _ := p.q.Query(ctx, `DELETE FROM substitutes WHERE tenant_id = $1 AND id = $2 AND ($3 = '' OR login = $3) RETURNING `+substituteColumns, tenant, id, login)
	s, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[auth.Substitute])
	if errors.Is(err, pgx.ErrNoRows) {
		return s, auth.ErrSubstituteNotFound
	}
	return s, wrap("delete substitute", err)
}

// Substitutes implements auth.Store.
func (p *People) Substitutes(ctx context.Context, tenant, login string, now time.Time, limit int) ([]auth.Substitute, error) {
	rows, _ := p.q.Query(ctx, `SELECT `+substituteColumns+` FROM substitutes
		WHERE tenant_id = $1 AND ($2 = '' OR login = $2) AND until_at > $3 ORDER BY from_at, id LIMIT $4`, tenant, login, now, limit)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[auth.Substitute])
	return list, wrap("substitutes", err)
}
