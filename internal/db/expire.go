package db

import (
	"context"

	"github.com/jackc/pgx/v5"

	"tandem/internal/workflow"
)

// expireLock is the key of the advisory lock that one process holds while it
// deletes expired instances.
const expireLock = 0x7461_6e64_6578_7072 // "tandexpr"

// expireRows is about how many events one batch deletes; an instance has
// hardly more rows of any other kind.
const expireRows = 20_000

// Tables that belong to an instance without a foreign key that cascades: those
// that a decision writes often.
var ofExpired = []string{"instance_data", "executions", "events", "due", "search_values", "attachments"}

// sqlExpire deletes up to $1 instances. Of those whose time has come it leaves
// out children of a parent that has not ended, parents of a child that has not,
// and what is locked. Children go after their parents, whatever their own
// definitions say. A batch ends when it has $2 events, so that a few large
// instances do not make a long transaction. Parents and children are looked up one by one:
// of a join the planner could read all instances.
var sqlExpire = func() string {
	sql := `WITH expired AS MATERIALIZED (
			SELECT i.id, i.expires_at FROM instances AS i
			WHERE (SELECT pg_try_advisory_xact_lock($3)) AND i.expires_at <= now()
				AND (SELECT p.completed_at IS NULL FROM instances AS p WHERE p.id = i.parent_instance) IS NOT TRUE
				AND (SELECT true FROM instances AS c WHERE c.parent_instance = i.id AND c.completed_at IS NULL LIMIT 1) IS NULL
			ORDER BY i.expires_at LIMIT $1 FOR UPDATE OF i SKIP LOCKED),
		weighed AS (SELECT x.id, row_number() OVER w AS n, sum(rows) OVER w AS total
			FROM expired AS x, LATERAL (SELECT count(*) AS rows FROM
				(SELECT FROM events AS ev WHERE ev.instance_id = x.id LIMIT $2 + 1) AS few) AS weight
			WINDOW w AS (ORDER BY x.expires_at, x.id)),
		gone AS MATERIALIZED (SELECT id FROM weighed WHERE n = 1 OR total <= $2),
		orphans AS (UPDATE instances AS c SET expires_at = now() FROM gone
			WHERE c.parent_instance = gone.id AND NOT EXISTS (SELECT FROM gone AS g WHERE g.id = c.id))`
	for _, table := range ofExpired {
		returning := ""
		if table == "events" {
			returning = " RETURNING t.xid, t.seq"
		}
		sql += `, ` + table + `_gone AS (DELETE FROM ` + table + ` AS t USING gone WHERE t.instance_id = gone.id` + returning + `)`
	}
	sql += `, cut AS (UPDATE feed_floor AS f SET xid = last.xid, seq = last.seq
		FROM (SELECT xid, seq FROM events_gone ORDER BY xid DESC, seq DESC LIMIT 1) AS last WHERE f.single AND (last.xid, last.seq) > (f.xid, f.seq))`
	return sql + ` DELETE FROM instances AS t USING gone WHERE t.id = gone.id
		RETURNING t.id, t.tenant_id, t.definition_name, t.definition_version, t.status, t.started_at, t.completed_at, t.state`
}()

// Expire implements engine.Store.
func (d *DB) Expire(ctx context.Context, limit int) (int, error) {
	return d.expire(ctx, limit, expireRows)
}

func (d *DB) expire(ctx context.Context, limit, events int) (n int, err error) {
	err = pgx.BeginFunc(ctx, d.engine, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sqlExpire, limit, events, int64(expireLock))
		if err != nil {
			return err
		}
		gone, err := pgx.CollectRows(rows, scanExpired)
		n = len(gone)
		if err != nil || n == 0 {
			return err
		}
		return uncount(ctx, tx, gone, d)
	})
	return n, wrap("delete expired instances", err)
}

// scanExpired reads what counters know of a finished instance.
func scanExpired(row pgx.CollectableRow) (in workflow.Instance, err error) {
	return in, row.Scan(&in.ID, &in.Tenant, &in.Definition.Name, &in.Definition.Version, &in.Status, &in.StartedAt, &in.CompletedAt, &in.State)
}
