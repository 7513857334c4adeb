package db

import (
	"context"

	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
)

// Each topic gives its oldest jobs by the index; $1 is the tenant, $2 the
// topics, $3 the limit. A back-off has its time in due_at.
const sqlJobs = `SELECT j.instance_id, j.id, j.topic FROM unnest($2::text[]) AS x(topic),
		LATERAL (SELECT e.instance_id, e.id, e.topic, e.created_at FROM executions AS e
			JOIN instances AS i ON i.id = e.instance_id
			WHERE e.topic IS NOT NULL AND e.topic = x.topic AND e.status = 'scheduled' AND e.due_at IS NULL AND e.hold IS NULL
				AND i.tenant_id = $1 AND ` + moves + ` ORDER BY e.topic, e.created_at, e.id LIMIT $3) AS j
	ORDER BY j.created_at, j.id LIMIT $3`

// Jobs implements engine.Store.
func (d *DB) Jobs(ctx context.Context, tenant string, topics []string, limit int) ([]engine.Job, error) {
	rows, err := d.engine.Query(ctx, sqlJobs, tenant, topics, limit)
	if err != nil {
		return nil, wrap("find jobs", err)
	}
	jobs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[engine.Job])
	return jobs, wrap("find jobs", err)
}
