package db

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

const sqlTopicsFetched = `INSERT INTO topics AS t (tenant_id, topic, fetched_at) SELECT $1, x.topic, now() FROM unnest($2::text[]) AS x(topic) ORDER BY x.topic
	ON CONFLICT (tenant_id, topic) DO UPDATE SET fetched_at = greatest(t.fetched_at, excluded.fetched_at)`

// TopicsFetched implements engine.Store.
func (d *DB) TopicsFetched(ctx context.Context, tenant string, topics []string) error {
	_, err := d.side.Exec(ctx, sqlTopicsFetched, tenant, topics)
	return wrap("note fetched topics", err)
}

// Topics implements engine.Reader.
func (d *DB) Topics(ctx context.Context, tenant string, topics []string) (map[string]time.Time, error) {
	asked := map[string]time.Time{}
	var topic string
	var at time.Time
	rows, err := d.of(tenant).Query(ctx, `SELECT topic, fetched_at FROM topics WHERE tenant_id = $1 AND topic = ANY ($2)`, tenant, topics)
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&topic, &at}, func() error { asked[topic] = at; return nil })
	}
	return asked, wrap("read topics", err)
}

// moving holds for an instance i whose steps go on. Few instances do.
const moving = `i.frozen_at IS NULL AND i.status IN ('pending', 'running', 'waiting')`

// addHealth adds that one of the conditions of health holds of the instance i.
func (c *conditions) addHealth(viewer workflow.Actor, f engine.InstanceFilter) {
	var any []string
	for _, h := range f.Health {
		switch h {
		case engine.HealthFailed:
			any = append(any, `i.status = 'failed'`)
		case engine.HealthRetrying:
			any = append(any, moving+` AND i.id IN (SELECT e.instance_id FROM executions AS e WHERE e.status = 'scheduled' AND e.due_at IS NOT NULL)`)
		case engine.HealthOverdue:
			any = append(any, `i.status IN ('pending', 'running', 'waiting', 'paused', 'failed') AND i.id = ANY (ARRAY(SELECT t.instance_id FROM tasks AS t WHERE `+
				c.overdue(viewer.Tenant, f)+`))`) // an array: found once, whatever order the instances are read in
		case engine.HealthNoWorker:
			any = append(any, c.noWorker(viewer.Tenant))
		case engine.HealthOnHold:
			any = append(any, `i.paused AND i.status IN ('paused', 'failed')`)
		}
	}
	if len(any) > 0 {
		c.add("(" + strings.Join(any, " OR ") + ")")
	}
}

// overdue is the condition that the task t is overdue, as tasks_listed tells,
// and may be one of the instances that the filter asks for.
func (c *conditions) overdue(tenant string, f engine.InstanceFilter) string {
	due := conditions{args: c.args}
	due.add("t.tenant_id = ? AND t.status = 'pending' AND "+taskDue+" < ?", tenant, f.Now)
	addAmong(&due, "t.definition_name", f.DefinitionNames)
	c.args = due.args
	return due.String()
}

// noWorker is the condition that a ready step of the instance i has nobody who
// would do it.
func (c *conditions) noWorker(tenant string) string {
	return moving + ` AND i.id IN (SELECT e.instance_id FROM executions AS e WHERE e.status = 'scheduled' AND e.due_at IS NULL AND
		CASE WHEN e.topic IS NOT NULL THEN NOT EXISTS (SELECT FROM topics AS k WHERE k.tenant_id = ` + c.arg(tenant) + ` AND k.topic = e.topic
				AND k.fetched_at >= now() - ` + c.arg(engine.TopicSilence) + `::interval)
			ELSE e.queue IS NOT NULL AND NOT EXISTS (SELECT FROM processes AS p WHERE e.queue = ANY (p.queues)
				AND p.seen_at >= now() - ` + c.arg(engine.QueueSilence) + `::interval) END)`
}
