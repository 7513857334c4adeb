package db

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Limits of the dashboard's lists.
const (
	maxLongest  = 10
	maxFailures = 10
)

// Stats implements engine.Reader. All figures are of one moment.
func (d *DB) Stats(ctx context.Context, viewer workflow.Actor, now time.Time) (engine.Stats, error) {
	c := &counting{now: now.UTC(), byName: map[string]int{}}
	c.stats.ByStatus = map[workflow.Status]int{}
	c.addVisible(viewer)
	batch := &pgx.Batch{}
	batch.Queue(sqlBegin)
	c.queueStatuses(batch)
	c.queueTasks(batch)
	c.queueWeek(batch)
	c.queueWaiting(batch)
	c.queueFailures(batch)
	batch.Queue(sqlCommit)
	if err := d.pool.SendBatch(ctx, batch).Close(); err != nil {
		return engine.Stats{}, wrap("count for the dashboard", err)
	}
	return c.stats, nil
}

// counting gathers the figures of the instances that its conditions let pass.
type counting struct {
	conditions
	now    time.Time
	stats  engine.Stats
	byName map[string]int // the place of each definition in stats.ByDefinition
}

// with gives the parameters of a query: those of the conditions, then others.
func (c *counting) with(args ...any) []any {
	return append(c.args[:len(c.args):len(c.args)], args...)
}

// n is the placeholder of the i-th parameter after those of the conditions.
func (c *counting) n(i int) string {
	extra := conditions{args: make([]any, len(c.args)+i-1)}
	return extra.arg(nil)
}

func (c *counting) queueStatuses(b *pgx.Batch) {
	sql := `SELECT i.definition_name, i.status, count(*) FROM instances AS i WHERE ` + c.String() + `
		GROUP BY i.definition_name, i.status ORDER BY i.definition_name COLLATE "C"`
	var name string
	var status workflow.Status
	var count int
	b.Queue(sql, c.args...).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&name, &status, &count}, func() error {
			c.stats.ByStatus[status] += count
			c.definition(name).ByStatus[status] = count
			return nil
		})
		return err
	})
}

func (c *counting) definition(name string) *engine.DefinitionStats {
	i, ok := c.byName[name]
	if !ok {
		i = len(c.stats.ByDefinition)
		c.byName[name] = i
		c.stats.ByDefinition = append(c.stats.ByDefinition,
			engine.DefinitionStats{Name: name, ByStatus: map[workflow.Status]int{}})
	}
	return &c.stats.ByDefinition[i]
}

func (c *counting) queueTasks(b *pgx.Batch) {
	sql := `SELECT count(*), count(*) FILTER (WHERE o.due_at < ` + c.n(1) + `)
		FROM tasks AS o JOIN instances AS i ON i.id = o.instance_id
		WHERE o.status = 'pending' AND o.tenant_id = i.tenant_id AND ` + c.String()
	b.Queue(sql, c.with(c.now)...).QueryRow(func(row pgx.Row) error {
		return row.Scan(&c.stats.OpenTasks, &c.stats.OverdueTasks)
	})
}

// queueWeek asks for what the last seven days completed; quantiles are the
// nearest rank.
func (c *counting) queueWeek(b *pgx.Batch) {
	took := `(extract(epoch FROM i.completed_at - i.started_at) * 1000000)::bigint`
	sql := `SELECT i.definition_name, count(*), count(*) FILTER (WHERE i.completed_at >= ` + c.n(2) + `),
			coalesce(percentile_disc(0.5) WITHIN GROUP (ORDER BY ` + took + `), 0),
			coalesce(percentile_disc(0.95) WITHIN GROUP (ORDER BY ` + took + `), 0)
		FROM instances AS i
		WHERE i.status = 'completed' AND i.completed_at >= ` + c.n(1) + ` AND i.completed_at <= ` + c.n(3) + ` AND ` + c.String() + `
		GROUP BY i.definition_name`
	var name string
	var week, today int
	var p50, p95 int64
	args := c.with(c.now.AddDate(0, 0, -7), c.now.Truncate(24*time.Hour), c.now)
	b.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&name, &week, &today, &p50, &p95}, func() error {
			def := c.definition(name)
			def.CompletedWeek = week
			def.P50, def.P95 = time.Duration(p50)*time.Microsecond, time.Duration(p95)*time.Microsecond
			c.stats.CompletedToday += today
			return nil
		})
		return err
	})
}

func (c *counting) queueWaiting(b *pgx.Batch) {
	sql := `SELECT ` + instanceColumns + `, ` + title + ` FROM instances AS i` + withTitle + `
		WHERE i.status = 'waiting' AND ` + c.String() + ` ORDER BY i.waiting_since, i.created_at, i.id LIMIT ` + c.n(1)
	each(b.Queue(sql, c.with(maxLongest)...), scanInstanceRow, func(r engine.InstanceRow) {
		c.stats.LongestWaiting = append(c.stats.LongestWaiting, r)
	})
}

func (c *counting) queueFailures(b *pgx.Batch) {
	sql := `SELECT i.definition_name, step, message, count(*)
		FROM instances AS i, coalesce(i.error ->> 'step', '') AS step, coalesce(i.error ->> 'message', '') AS message
		WHERE i.status = 'failed' AND ` + c.String() + `
		GROUP BY i.definition_name, step, message
		ORDER BY count(*) DESC, i.definition_name COLLATE "C", step COLLATE "C", message COLLATE "C" LIMIT ` + c.n(1)
	each(b.Queue(sql, c.with(maxFailures)...), pgx.RowToStructByPos[engine.FailureStats], func(f engine.FailureStats) {
		c.stats.Failures = append(c.stats.Failures, f)
	})
}
