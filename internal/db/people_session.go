package db

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tandem/internal/auth"
)

// sessionTimeout bounds each statement of a call that brings no context.
const sessionTimeout = 5 * time.Second

// Sessions is a store for scs. Beside scs's own pgxstore it ends a session that
// is idle without rewriting it at each request: looking a session up prolongs
// it, at most once a minute and never one that is gone. A request that runs
// while its session ends can therefore not bring it back.
type Sessions struct {
	pool *pgxpool.Pool
	idle time.Duration
}

// NewSessions returns the sessions of a database. One that is not used for the
// time of idle, exact to a minute, ends.
func NewSessions(pool *pgxpool.Pool, idle time.Duration) *Sessions {
	return &Sessions{pool: pool, idle: idle}
}

// FindCtx returns the data of a session and prolongs it; found is false when it
// is unknown or over.
func (s *Sessions) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	return s.find(ctx, `
		WITH used AS (
			UPDATE sessions SET expiry = least(deadline, now() + $2), used_at = now()
			WHERE token = $1 AND now() < expiry AND expiry < least(deadline, now() + $2 - interval '1 minute')
		)
		SELECT data FROM sessions WHERE token = $1 AND now() < expiry`, token, s.idle)
}

// Peek is FindCtx without prolonging: for what a browser asks by itself.
func (s *Sessions) Peek(ctx context.Context, token string) (data []byte, found bool, err error) {
	return s.find(ctx, `SELECT data FROM sessions WHERE token = $1 AND now() < expiry`, token)
}

func (s *Sessions) find(ctx context.Context, sql string, args ...any) (data []byte, found bool, err error) {
	err = s.pool.QueryRow(ctx, sql, args...).Scan(&data)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, wrap("find session", err)
}

// Open stores a session of a person that ends at deadline, or earlier when idle,
// with its line of the audit.
func (s *Sessions) Open(ctx context.Context, token string, data []byte, deadline time.Time, n auth.NewSession) error {
	line, err := n.Record(time.Now()).Line()
	if err != nil {
		return err
	}
	err = recorded(ctx, s.pool, line, func(tx pgx.Tx) error {
		registerTypes(tx.Conn().TypeMap()) // the pool may be another's
		_, err := tx.Exec(ctx, `
			INSERT INTO sessions (token, data, expiry, deadline, id, tenant_id, login, address, agent)
			VALUES ($1, $2, least($3, now() + $4), $3, $5, $6, $7, $8, $9)`,
			token, data, deadline, s.idle, n.ID, n.Tenant, n.Login, n.Address, n.Agent)
		return err
	})
	return wrap("open session of "+n.Login, err)
}

// CommitCtx changes the data of a session, if it is there still: Open alone
// begins one.
func (s *Sessions) CommitCtx(ctx context.Context, token string, data []byte, deadline time.Time) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE sessions SET data = $2, expiry = least($3, now() + $4), deadline = $3 WHERE token = $1 AND now() < expiry`,
		token, data, deadline, s.idle)
	return wrap("commit session", err)
}

// DeleteCtx ends a session; one that is unknown is fine.
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	_, err := s.pool.Exec(ctx, `DELETE FROM sessions WHERE token = $1`, token)
	return wrap("delete session", err)
}

// DeleteExpired deletes up to limit sessions that are over and returns how many.
func (s *Sessions) DeleteExpired(ctx context.Context, limit int) (int, error) {
	tag, err := s.pool.Exec(ctx, `
		DELETE FROM sessions WHERE token IN (
			SELECT token FROM sessions WHERE expiry <= now() ORDER BY expiry LIMIT $1 FOR UPDATE SKIP LOCKED)`, limit)
	return int(tag.RowsAffected()), wrap("delete expired sessions", err)
}

// Find is FindCtx with a time limit of its own.
func (s *Sessions) Find(token string) ([]byte, bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), sessionTimeout)
	defer cancel()
	return s.FindCtx(ctx, token)
}

// Commit is CommitCtx with a time limit of its own.
func (s *Sessions) Commit(token string, data []byte, deadline time.Time) error {
	ctx, cancel := context.WithTimeout(context.Background(), sessionTimeout)
	defer cancel()
	return s.CommitCtx(ctx, token, data, deadline)
}

// Delete is DeleteCtx with a time limit of its own.
func (s *Sessions) Delete(token string) error {
	ctx, cancel := context.WithTimeout(context.Background(), sessionTimeout)
	defer cancel()
	return s.DeleteCtx(ctx, token)
}
