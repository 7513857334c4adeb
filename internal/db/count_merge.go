package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// countLock is the key of the advisory lock that one process holds while it
// adds counters up.
const countLock = 0x7461_6e64_636f_756e // "tandcoun"

const (
	sqlCountTurn = `SELECT pg_try_advisory_xact_lock($1)`

	// Rows of processes that have gone come under the zero id, at most $1 at
	// once. One that wakes up late begins rows anew.
	sqlCountMerge = `WITH gone AS MATERIALIZED (
			SELECT c.ctid FROM counters AS c WHERE c.node <> ` + noID + ` AND NOT EXISTS (SELECT FROM processes AS p WHERE p.id = c.node)
			LIMIT $1 FOR UPDATE OF c SKIP LOCKED),
		dropped AS (DELETE FROM counters AS c USING gone WHERE c.ctid = gone.ctid RETURNING c.*),
		merged AS (
			INSERT INTO counters AS c (tenant_id, definition_name, definition_version, figure, bucket, audience_key, audience, node, lane, n, total)
			SELECT tenant_id, definition_name, definition_version, figure, bucket, audience_key, audience, ` + noID + `, 0, sum(n), sum(total)
			FROM dropped GROUP BY tenant_id, definition_name, definition_version, figure, bucket, audience_key, audience
			ON CONFLICT (tenant_id, definition_name, definition_version, figure, bucket, audience_key, node, lane)
				DO UPDATE SET n = c.n + excluded.n, total = c.total + excluded.total)
		SELECT count(*) FROM gone`

	// What counts nothing, and completions before the day $2 and the hour $3, which
	// nobody asks for any more.
	sqlCountDrop = `WITH gone AS MATERIALIZED (
			SELECT c.ctid FROM counters AS c WHERE c.n = 0 AND c.total = 0 OR c.figure = 'took' AND c.bucket < $2 OR c.figure = 'hour' AND c.bucket < $3
			LIMIT $1 FOR UPDATE SKIP LOCKED)
		DELETE FROM counters AS c USING gone WHERE c.ctid = gone.ctid`

	// Buckets that somebody may ask for: of completions those since the day $1 and
	// the hour $2.
	askedFor = `(figure <> 'took' OR bucket >= $1) AND (figure <> 'hour' OR bucket >= $2)`

	sqlRecount = `INSERT INTO counters (tenant_id, definition_name, definition_version, figure, bucket, audience, audience_key, node, lane, n, total)
		SELECT tenant_id, definition_name, definition_version, figure, bucket, audience, coalesce(md5(audience::text), ''), ` + noID + `, 0, sum(n), sum(total)
		FROM countable WHERE ` + askedFor + `
		GROUP BY tenant_id, definition_name, definition_version, figure, bucket, audience`

	sqlMiscounted = `SELECT count(*) FROM (
			SELECT tenant_id, definition_name, definition_version, figure, bucket, audience FROM (
				SELECT tenant_id, definition_name, definition_version, figure, bucket, audience, n, total FROM counters
				UNION ALL SELECT tenant_id, definition_name, definition_version, figure, bucket, audience, -n, -total FROM countable) AS sides
			WHERE ` + askedFor + `
			GROUP BY tenant_id, definition_name, definition_version, figure, bucket, audience
			HAVING sum(n) <> 0 OR sum(total) <> 0) AS wrong`
)

// keptDay is the first day whose completions stay counted.
func keptDay(now time.Time) string {
	return engine.StatsWeek(now).AddDate(0, 0, -1).Format(time.DateOnly)
}

// keptHour is the first hour of which the same is true.
func keptHour(now time.Time) string {
	return engine.StatsDay(now).Add(-time.Hour).Format(workflow.HourForm)
}

// MergeCounters implements engine.Store.
func (d *DB) MergeCounters(ctx context.Context, now time.Time, limit int) (merged int, err error) {
	err = pgx.BeginFunc(ctx, d.side, func(tx pgx.Tx) error {
		var turn bool
		if err := tx.QueryRow(ctx, sqlCountTurn, int64(countLock)).Scan(&turn); err != nil || !turn {
			return err
		}
		if err := tx.QueryRow(ctx, sqlCountMerge, limit).Scan(&merged); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, sqlCountDrop, limit, keptDay(now), keptHour(now))
		merged += int(tag.RowsAffected())
		return err
	})
	return merged, wrap("add counters up", err)
}

// Recount counts everything anew. Changes of instances wait until it is done:
// some seconds for a million.
func (d *DB) Recount(ctx context.Context) error {
	err := pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		for _, sql := range []string{`LOCK TABLE instances, tasks IN SHARE MODE`, `DELETE FROM counters`} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		now := time.Now()
		_, err := tx.Exec(ctx, sqlRecount, keptDay(now), keptHour(now))
		return err
	})
	return wrap("count anew", err)
}

// Miscounted gives how many buckets do not hold what plain counting finds.
func (d *DB) Miscounted(ctx context.Context, now time.Time) (n int, err error) {
	err = d.pool.QueryRow(ctx, sqlMiscounted, keptDay(now), keptHour(now)).Scan(&n)
	return n, wrap("check counters", err)
}

// uncount takes deleted instances out of the counters.
func uncount(ctx context.Context, tx pgx.Tx, gone []workflow.Instance, d *DB) error {
	var c tally
	for i := range gone {
		c.add(gone[i].ID, gone[i].Standing(), workflow.Standing{})
	}
	args := c.args()
	if args == nil {
		return nil
	}
	lane, give, err := d.lane(ctx)
	if err != nil {
		return fmt.Errorf("count deleted instances: %w", err)
	}
	defer give()
	if _, err := tx.Exec(ctx, `SELECT set_config('tandem.stale', '', true)`); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, sqlCount, append(args, d.process, lane)...)
	return err
}
