package db

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// History implements engine.Reader: by the instance's own key, newest first.
func (d *DB) History(ctx context.Context, viewer workflow.Actor, instance uuid.UUID, f engine.HistoryFilter, p engine.Paging) (engine.Page[workflow.Event], error) {
	var c conditions
	c.add("ev.instance_id = ?", instance)
	addAmong(&c, "split_part(ev.type, '.', 1)", f.Families)
	addAmong(&c, "ev.step", f.Steps)
	addAmong(&c, "ev.actor", f.Actors)
	count := `SELECT count(*) FROM (SELECT FROM events AS ev WHERE ` + c.String() + fmt.Sprintf(` LIMIT %d) AS counted`, engine.MaxTotal+1)
	counted := c.args
	if p.Cursor != "" {
		before, err := decodeCursor[int64]("history", p.Cursor)
		if err != nil {
			return engine.Page[workflow.Event]{}, err
		}
		p.Offset = 0
		c.add("ev.seq < ?", before)
	}
	rows := `SELECT ` + eventColumns + ` FROM events AS ev` + withExecution + ` WHERE ` + c.String() + ` ORDER BY ev.seq DESC`
	page, err := instancePage(ctx, d, viewer, instance, p, scanEvent, query{count, counted}, query{rows, c.args})
	if page.NextCursor != "" {
		page.NextCursor = encodeCursor("history", page.Items[len(page.Items)-1].Seq)
	}
	return page, err
}

// StepPage implements engine.Reader: paged by offset.
func (d *DB) StepPage(ctx context.Context, viewer workflow.Actor, instance, holder uuid.UUID, p engine.Paging) (engine.Page[workflow.Execution], error) {
	var c conditions
	c.add("e.instance_id = ?", instance)
	order := "e.created_at, e.id"
	if holder == uuid.Nil {
		c.add("e.role IS DISTINCT FROM 'item'")
	} else {
		c.add("e.scope = ?", holder)
		order = "e.idx, e.created_at, e.id"
	}
	from := ` FROM executions AS e WHERE ` + c.String()
	count := `SELECT count(*) FROM (SELECT` + from + fmt.Sprintf(` LIMIT %d) AS counted`, engine.MaxTotal+1)
	page, err := instancePage(ctx, d, viewer, instance, p, scanExecution,
		query{count, c.args}, query{`SELECT ` + executionColumns + from + ` ORDER BY ` + order, c.args})
	page.NextCursor = ""
	return page, err
}

// query is a statement with its parameters.
type query struct {
	sql  string
	args []any
}

// instancePage reads a page of what belongs to an instance that the viewer may
// see. NextCursor is not empty when there is more; the caller fills it.
func instancePage[T any](ctx context.Context, d *DB, viewer workflow.Actor, instance uuid.UUID, p engine.Paging, scan pgx.RowToFunc[T], count, rows query) (page engine.Page[T], err error) {
	if page.Limit, err = checkPaging(p); err != nil {
		return page, err
	}
	seen, found := false, 0
	batch := &pgx.Batch{}
	queueSees(batch, viewer, instance, &seen)
	batch.Queue(count.sql, count.args...).QueryRow(func(row pgx.Row) error { return row.Scan(&found) })
	each(batch.Queue(fmt.Sprintf("%s LIMIT %d OFFSET %d", rows.sql, page.Limit+1, p.Offset), rows.args...), scan,
		func(v T) { page.Items = append(page.Items, v) })
	if err := d.of(viewer.Tenant).SendBatch(ctx, batch).Close(); err != nil {
		return engine.Page[T]{}, wrap(fmt.Sprintf("read a page of instance %s", instance), err)
	}
	if !seen {
		return engine.Page[T]{}, workflow.ErrInstanceNotFound
	}
	page.Total, page.TotalIsCapped = min(found, engine.MaxTotal), found > engine.MaxTotal
	if len(page.Items) > page.Limit {
		page.Items = page.Items[:page.Limit]
		page.NextCursor = "more"
	}
	return page, nil
}
