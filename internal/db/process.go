package db

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
)

const (
	sqlHeartbeat = `INSERT INTO processes (id, name) VALUES ($1, $2)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, seen_at = now()`
	sqlGoodbye = `DELETE FROM processes WHERE id = $1`

	// moves holds for an instance i whose steps may be begun and taken over.
	moves = `i.frozen_at IS NULL AND i.completed_at IS NULL`

	// $1 is the silence in microseconds, $2 the limit. It begins with the
	// leases, which are few.
	sqlLostLeases = `WITH lost AS MATERIALIZED (
			SELECT e.instance_id, e.id, e.lease_no, e.created_at FROM executions AS e
			WHERE e.lease_owner IS NOT NULL AND e.topic IS NULL AND NOT EXISTS (SELECT FROM processes AS p
				WHERE p.id = e.lease_owner AND p.seen_at >= now() - $1 * interval '1 microsecond'))
		SELECT e.instance_id, e.id, e.lease_no FROM lost AS e JOIN instances AS i ON i.id = e.instance_id
		WHERE ` + moves + ` ORDER BY i.created_at, i.id, e.created_at, e.id LIMIT $2`

	// $1 is the limit.
	sqlScheduled = `SELECT i.id FROM instances AS i
		WHERE i.id IN (SELECT e.instance_id FROM executions AS e WHERE e.status = 'scheduled' AND e.type = 'machine' AND e.topic IS NULL)
		AND ` + moves + ` ORDER BY i.created_at, i.id LIMIT $1`
)

// Heartbeat implements engine.Store.
func (d *DB) Heartbeat(ctx context.Context, process uuid.UUID, name string) error {
	_, err := d.engine.Exec(ctx, sqlHeartbeat, process, name)
	return wrap("heartbeat", err)
}

// Goodbye implements engine.Store.
func (d *DB) Goodbye(ctx context.Context, process uuid.UUID) error {
	_, err := d.engine.Exec(ctx, sqlGoodbye, process)
	return wrap("goodbye", err)
}

// LostLeases implements engine.Store. The oldest instances come first.
func (d *DB) LostLeases(ctx context.Context, silence time.Duration, limit int) ([]engine.LostLease, error) {
	rows, err := d.engine.Query(ctx, sqlLostLeases, silence.Microseconds(), limit)
	if err != nil {
		return nil, wrap("find lost leases", err)
	}
	lost, err := pgx.CollectRows(rows, pgx.RowToStructByPos[engine.LostLease])
	return lost, wrap("find lost leases", err)
}

// Scheduled implements engine.Store. The oldest instances come first.
func (d *DB) Scheduled(ctx context.Context, limit int) ([]uuid.UUID, error) {
	rows, err := d.engine.Query(ctx, sqlScheduled, limit)
	if err != nil {
		return nil, wrap("find scheduled steps", err)
	}
	ids, err := pgx.CollectRows(rows, scanID)
	return ids, wrap("find scheduled steps", err)
}
