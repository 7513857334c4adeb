package db

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var (
	commentFields = fieldsOf("tenant_id text, id uuid, instance_id uuid, task_id uuid, author text, text text, at timestamptz")
	sqlComments   = insertInto("comments", commentFields) + " WHERE " + rowsOfStale
)

func (w *writer) comment(tenant string, c *workflow.Comment) {
	r := w.comments
	r.next().text(tenant)
	r.next().id(c.ID)
	r.next().id(c.InstanceID)
	r.next().id(c.TaskID)
	r.next().text(c.Author)
	r.next().text(c.Text)
	r.next().time(c.At)
}

// Comments implements engine.Reader.
func (d *DB) Comments(ctx context.Context, viewer workflow.Actor, task uuid.UUID) ([]workflow.Comment, error) {
	var c conditions
	c.add("t.id = ?", task)
	c.addVisible(viewer)
	rows, err := d.of(viewer.Tenant).Query(ctx, `SELECT m.id, m.instance_id, m.task_id, m.author, m.text, m.at
		FROM tasks AS t JOIN instances AS i ON i.id = t.instance_id JOIN comments AS m ON m.task_id = t.id AND m.tenant_id = t.tenant_id
		WHERE `+c.String()+` ORDER BY m.at, m.id LIMIT `+c.arg(workflow.MaxComments), c.args...)
	if err != nil {
		return nil, wrap("read comments", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[workflow.Comment])
	return list, wrap("read comments", err)
}

// Workload implements engine.Reader, up to engine.MaxTotal for each person.
func (d *DB) Workload(ctx context.Context, viewer workflow.Actor, logins []string) (map[string]int, error) {
	rows, err := d.of(viewer.Tenant).Query(ctx, `SELECT x.login, n.n FROM unnest($2::text[]) AS x(login), LATERAL (SELECT count(*) AS n FROM (
			SELECT FROM tasks AS t WHERE t.tenant_id = $1 AND t.assignee = x.login AND t.status = 'pending' LIMIT $3) AS few) AS n
		WHERE n.n > 0`, viewer.Tenant, filled(logins), engine.MaxTotal)
	if err != nil {
		return nil, wrap("count the tasks of people", err)
	}
	load := map[string]int{}
	var login string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&login, &n}, func() error {
		load[login] = n
		return nil
	})
	return load, wrap("count the tasks of people", err)
}
