package db

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
)

const (
	sqlHeartbeat = `INSERT INTO processes (id, name, kind, version, queues) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET seen_at = now()`
	sqlGoodbye = `DELETE FROM processes WHERE id = $1`
	// Of processes that were killed nobody says goodbye. A lease whose process is
	// not in the table is lost, so that this is safe.
	sqlForget = `DELETE FROM processes WHERE seen_at < now() - interval '1 day'`

	// $1 is the silence in microseconds, $2 the limit.
	sqlProcesses = `SELECT p.id, p.name, p.kind, p.version, p.queues, p.started_at, p.seen_at,
			(SELECT count(*) FROM executions AS e WHERE e.lease_owner = p.id)
		FROM processes AS p WHERE p.seen_at >= now() - $1 * interval '1 microsecond' ORDER BY p.started_at, p.id LIMIT $2`

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

	// $1 are the queues, with the empty one, $2 is the limit.
	sqlScheduled = `SELECT e.instance_id, e.id, e.lease_no FROM executions AS e
		WHERE e.status = 'scheduled' AND e.due_at IS NULL AND coalesce(e.queue, '') = ANY ($1) AND e.topic IS NULL
		AND EXISTS (SELECT FROM instances AS i WHERE i.id = e.instance_id AND ` + moves + `)
		ORDER BY e.id LIMIT $2`
)

// Heartbeat implements engine.Store.
func (d *DB) Heartbeat(ctx context.Context, p engine.Process) error {
	_, err := d.side.Exec(ctx, sqlHeartbeat, p.ID, p.Name, p.Kind, p.Version, filled(p.Queues))
	return wrap("heartbeat", err)
}

// Processes implements engine.Store.
func (d *DB) Processes(ctx context.Context, silence time.Duration, limit int) ([]engine.ProcessRow, error) {
	rows, err := d.pool.Query(ctx, sqlProcesses, silence.Microseconds(), limit)
	if err != nil {
		return nil, wrap("list processes", err)
	}
	list, err := pgx.CollectRows(rows, scanProcess)
	return list, wrap("list processes", err)
}

func scanProcess(row pgx.CollectableRow) (p engine.ProcessRow, err error) {
	return p, row.Scan(&p.ID, &p.Name, &p.Kind, &p.Version, &p.Queues, &p.StartedAt, &p.SeenAt, &p.Leases)
}

// Goodbye implements engine.Store.
func (d *DB) Goodbye(ctx context.Context, process uuid.UUID) error {
	if _, err := d.side.Exec(ctx, sqlGoodbye, process); err != nil {
		return wrap("goodbye", err)
	}
	_, err := d.side.Exec(ctx, sqlForget)
	return wrap("forget silent processes", err)
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

// Scheduled implements engine.Store.
func (d *DB) Scheduled(ctx context.Context, queues []string, limit int) ([]engine.ReadyStep, error) {
	rows, err := d.engine.Query(ctx, sqlScheduled, append([]string{""}, queues...), limit)
	if err != nil {
		return nil, wrap("find scheduled steps", err)
	}
	ready, err := pgx.CollectRows(rows, pgx.RowToStructByPos[engine.ReadyStep])
	return ready, wrap("find scheduled steps", err)
}
