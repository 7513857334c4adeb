package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
)

// Each statement looks at few rows by an index, or stops at a limit: $1 is the
// tenant where there is one.
var (
	sqlLostCount = fmt.Sprintf(`SELECT count(*) FROM (SELECT FROM executions AS e
		WHERE e.lease_owner IS NOT NULL AND e.topic IS NULL AND NOT EXISTS (SELECT FROM processes AS p
			WHERE p.id = e.lease_owner AND p.seen_at >= now() - $1::interval) LIMIT %d) AS lost`, engine.MaxTotal)
	sqlQueueStates = fmt.Sprintf(`SELECT r.queue, count(*), (SELECT count(*) FROM processes AS p
			WHERE (r.queue = '' OR r.queue = ANY (p.queues)) AND p.seen_at >= now() - $1::interval)
		FROM (SELECT coalesce(queue, '') AS queue FROM executions WHERE status = 'scheduled' AND due_at IS NULL AND topic IS NULL LIMIT %d) AS r
		GROUP BY r.queue ORDER BY 2 DESC, 1 LIMIT %d`, engine.MaxTotal, engine.MaxSystemRows)
	sqlTopicStates = fmt.Sprintf(`SELECT j.topic, count(*), min(j.created_at), (SELECT k.fetched_at FROM topics AS k WHERE k.tenant_id = $1 AND k.topic = j.topic)
		FROM (SELECT e.topic, e.created_at FROM executions AS e JOIN instances AS i ON i.id = e.instance_id
			WHERE e.topic IS NOT NULL AND e.status = 'scheduled' AND i.tenant_id = $1 LIMIT %d) AS j
		GROUP BY j.topic ORDER BY 2 DESC, 1 LIMIT %d`, engine.MaxTotal, engine.MaxSystemRows)
	sqlJobStates = fmt.Sprintf(`SELECT j.queue, j.state::text, count(*) FROM (SELECT queue, state FROM %s.river_job
			WHERE state IN ('available', 'running', 'retryable', 'scheduled', 'discarded') LIMIT %d) AS j
		GROUP BY 1, 2 ORDER BY 1, 2 LIMIT %d`, riverSchema, engine.MaxTotal, engine.MaxSystemRows)
	sqlDueLate = fmt.Sprintf(`SELECT count(*), min(visible_at) FROM (SELECT visible_at FROM due
		WHERE NOT frozen AND visible_at < now() - $1::interval ORDER BY visible_at LIMIT %d) AS late`, engine.MaxTotal)
	sqlDeadLetters = fmt.Sprintf(`SELECT s.url, d.n, NOT s.is_active FROM subscriptions AS s, LATERAL (
			SELECT count(*) AS n FROM (SELECT FROM deliveries WHERE subscription_id = s.id AND status = 'dead' LIMIT %d) AS dead) AS d
		WHERE s.tenant_id = $1 AND (d.n > 0 OR NOT s.is_active) ORDER BY d.n DESC, s.id LIMIT %d`, engine.MaxTotal, engine.MaxSystemRows)
	sqlSeals = fmt.Sprintf(`SELECT (SELECT count(*) FROM (SELECT FROM audit_pending WHERE tenant_id = $1 LIMIT %d) AS p),
		s.at, coalesce(s.no, 0) FROM (SELECT 1) AS one LEFT JOIN (SELECT at, no FROM audit_seals WHERE tenant_id = $1 ORDER BY no DESC LIMIT 1) AS s ON true`, engine.MaxTotal)
	sqlDatabase = `SELECT current_setting('server_version'), (SELECT max(version_id) FROM goose_db_version WHERE is_applied), pg_database_size(current_database())`
	sqlTables   = `SELECT c.relname, pg_total_relation_size(c.oid), c.reltuples::bigint FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 2 DESC, 1 LIMIT 12`
)

// System implements engine.Reader.
func (d *DB) System(ctx context.Context, tenant string) (engine.System, error) {
	var s engine.System
	var err error
	if s.Processes, err = d.Processes(ctx, 24*time.Hour, engine.MaxSystemRows); err != nil {
		return s, err
	}
	db := &engine.Database{}
	batch := &pgx.Batch{}
	batch.Queue(sqlLostCount, engine.QueueSilence).QueryRow(func(row pgx.Row) error { return row.Scan(&s.Lost) })
	each(batch.Queue(sqlQueueStates, engine.QueueSilence), pgx.RowToStructByPos[engine.QueueState], func(q engine.QueueState) { s.Queues = append(s.Queues, q) })
	each(batch.Queue(sqlTopicStates, tenant), pgx.RowToStructByPos[engine.TopicState], func(t engine.TopicState) { s.Topics = append(s.Topics, t) })
	each(batch.Queue(sqlJobStates), pgx.RowToStructByPos[engine.JobState], func(j engine.JobState) { s.Jobs = append(s.Jobs, j) })
	batch.Queue(sqlDueLate, engine.LateDue).QueryRow(func(row pgx.Row) error { return row.Scan(&s.DueLate, &s.DueOldest) })
	each(batch.Queue(sqlDeadLetters, tenant), pgx.RowToStructByPos[engine.DeadLetters], func(l engine.DeadLetters) { s.Dead = append(s.Dead, l) })
	batch.Queue(sqlSeals, tenant).QueryRow(func(row pgx.Row) error { return row.Scan(&s.Pending, &s.Sealed, &s.Seals) })
	batch.Queue(sqlDatabase).QueryRow(func(row pgx.Row) error { return row.Scan(&db.Version, &db.Schema, &db.Bytes) })
	each(batch.Queue(sqlTables), pgx.RowToStructByPos[engine.TableSize], func(t engine.TableSize) { db.Tables = append(db.Tables, t) })
	if err := askList(ctx, d.pool, batch); err != nil {
		return engine.System{}, wrap("read the system's state", err)
	}
	db.Wall = d.wall
	s.Database = db
	return s, nil
}
