package db

import (
	"cmp"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// withTitle joins the definition d of the instance i; title is what people
// call it.
const (
	withTitle = ` LEFT JOIN definitions AS d ON d.tenant_id = i.tenant_id AND d.name = i.definition_name AND d.version = i.definition_version`
	title     = `coalesce(d.title, i.definition_name)`

	sqlCountEvents = `SELECT count(*) FROM (SELECT FROM events AS ev WHERE ev.instance_id = $1 LIMIT $2) AS counted`
	sqlEventPage   = `SELECT ` + eventColumns + ` FROM events AS ev` + withExecution + `
		WHERE ev.instance_id = $1 AND ev.seq > $2 ORDER BY ev.seq LIMIT $3 OFFSET $4`
)

// Instances implements engine.Reader. The rows hold no documents and no state.
func (d *DB) Instances(ctx context.Context, viewer workflow.Actor, f engine.InstanceFilter, p engine.Paging) (engine.Page[engine.InstanceRow], error) {
	l, err := d.instanceList(ctx, viewer, f, cmp.Or(p.Most, engine.MaxTotal))
	if err != nil {
		return engine.Page[engine.InstanceRow]{}, err
	}
	return l.page(ctx, d, p)
}

func (d *DB) instanceList(ctx context.Context, viewer workflow.Actor, f engine.InstanceFilter, most int) (*listing[engine.InstanceRow, ageKey], error) {
	l := newestInstances(viewer.Tenant)
	if f.Oldest {
		l.name, l.order = "oldest", "i.created_at, i.id"
		l.after = func(c *conditions, last ageKey) { c.add("(i.created_at, i.id) > (?, ?)", last.At, last.ID) }
	}
	sees, err := d.sightOf(ctx, viewer, f.DefinitionNames, f.Statuses...)
	if err != nil {
		return nil, err
	}
	either, least := l.addEitherVisible(viewer, sees, "i")
	if l.either, l.slices = either, l.eachStatus(f); l.either == nil {
		l.either, l.apart, l.slices = l.slices, true, nil
	} else if countedBy(f) {
		l.atLeast(least, func(s seen) int { return s.instances })
	}
	l.addInstanceFilter(viewer, f)
	return l, l.addDataFilters(ctx, d, viewer, sees, f, most)
}

// countedBy reports whether counters tell how many instances fit: those of
// definitions, in states.
func countedBy(f engine.InstanceFilter) bool {
	f.DefinitionNames, f.Statuses, f.Oldest, f.Now = nil, nil, false, time.Time{}
	return reflect.ValueOf(f).IsZero()
}

func newestInstances(tenant string) *listing[engine.InstanceRow, ageKey] {
	return &listing[engine.InstanceRow, ageKey]{
		tenant: tenant, name: "newest", order: "i.created_at DESC, i.id DESC",
		table: "instances AS i", alias: "i", keys: "i.id, i.created_at", join: withTitle, columns: instanceColumns + ", " + title,
		scan: scanInstanceRow, key: func(r engine.InstanceRow) ageKey { return ageKey{r.CreatedAt, r.ID} },
		after: func(c *conditions, last ageKey) { c.add("(i.created_at, i.id) < (?, ?)", last.At, last.ID) },
	}
}

// eachStatus asks for each state of each definition that the filter names, as
// their index has them; nil where there are none, or too many, or where the
// index of who started them or that of what is overdue serves better.
func (c *conditions) eachStatus(f engine.InstanceFilter) []string {
	const most = 5
	if len(f.DefinitionNames) > most || len(f.DefinitionNames) == 0 || len(f.CreatedBy) > 0 || slices.Contains(f.Health, engine.HealthOverdue) {
		return nil
	}
	statuses := f.Statuses
	if len(statuses) == 0 {
		statuses = workflow.Statuses()
	}
	var each []string
	for _, name := range slices.Compact(slices.Sorted(slices.Values(f.DefinitionNames))) {
		definition := c.arg(name)
		for _, status := range slices.Compact(slices.Sorted(slices.Values(statuses))) {
			each = append(each, "i.definition_name = "+definition+" AND i.status = "+c.arg(status))
		}
	}
	return each
}

func (c *conditions) addInstanceFilter(viewer workflow.Actor, f engine.InstanceFilter) {
	if f.Now.IsZero() {
		f.Now = time.Now()
	}
	addAmong(c, "i.id", f.IDs)
	addAmong(c, "i.definition_name", f.DefinitionNames)
	addAmong(c, "i.definition_version", f.Versions)
	addAmong(c, "i.status", f.Statuses)
	addAmong(c, "i.created_by", f.CreatedBy)
	addAmong(c, "i.correlation_id", f.CorrelationIDs)
	if len(f.Steps) > 0 {
		c.add("i.status IN ('pending', 'running', 'waiting', 'paused', 'failed') AND i.current_steps && ?::text[]", f.Steps)
	}
	if len(f.Labels) > 0 {
		c.add("(i.definition_name, i.definition_version) IN (SELECT q.name, q.version FROM definitions AS q WHERE q.tenant_id = ? AND q.labels && ?::text[])",
			viewer.Tenant, f.Labels)
	}
	if len(f.Assignees) > 0 {
		c.add("i.id IN (SELECT t.instance_id FROM tasks AS t WHERE t.tenant_id = ? AND t.assignee = ANY (?) AND t.status = 'pending')",
			viewer.Tenant, f.Assignees)
	}
	c.addFailure(f)
	c.addHealth(viewer, f)
	if id, err := uuid.Parse(f.Query); err == nil && len(f.Query) == 36 {
		c.add("(i.id = ? OR i.correlation_id = ?)", id, f.Query)
	} else {
		c.addContains(f.Query, "i.id::text", "coalesce(i.correlation_id, '')", "i.definition_name")
	}
	c.addWithin("i.started_at", f.StartedAfter, f.StartedBefore)
	c.addWithin("i.completed_at", f.CompletedAfter, f.CompletedBefore)
}

// addFailure adds where and with what an instance failed. A message is found by
// its key; several may have the same.
func (c *conditions) addFailure(f engine.InstanceFilter) {
	const counted = "left(coalesce(i.error ->> '%s', ''), %d)"
	if len(f.FailedWith) > 0 {
		messages := workflow.CountedFailures(f.FailedWith)
		keys := make([]string, len(messages))
		for i, text := range messages {
			keys[i] = fmt.Sprintf("%x", md5.Sum([]byte(text))) // no secret: the column's key
		}
		c.add("i.failure_key = ANY (?)", keys)
		c.add(fmt.Sprintf(counted, "message", workflow.MaxFailure)+" = ANY (?)", messages)
	}
	if len(f.FailedSteps) > 0 {
		c.add("i.status = 'failed'")
		c.add(fmt.Sprintf(counted, "step", workflow.MaxFailure)+" = ANY (?)", workflow.CountedFailures(f.FailedSteps))
	}
}

func scanInstanceRow(row pgx.CollectableRow) (r engine.InstanceRow, err error) {
	err = row.Scan(append(instanceTargets(&r.Instance), &r.DefinitionTitle)...)
	r.State = workflow.State{}
	return r, err
}

// Instance implements engine.Reader.
func (d *DB) Instance(ctx context.Context, viewer workflow.Actor, id uuid.UUID) (workflow.Instance, error) {
	var c conditions
	c.add("i.id = ?", id)
	c.addVisible(viewer)
	rows, err := d.of(viewer.Tenant).Query(ctx, `SELECT `+instanceColumns+documentColumns+`
		FROM instances AS i JOIN instance_data AS d ON d.instance_id = i.id WHERE `+c.String(), c.args...)
	if err != nil {
		return workflow.Instance{}, wrap("read instance", err)
	}
	in, err := pgx.CollectExactlyOneRow(rows, scanInstance)
	if errors.Is(err, pgx.ErrNoRows) {
		return workflow.Instance{}, workflow.ErrInstanceNotFound
	}
	return in, wrap(fmt.Sprintf("read instance %s", id), err)
}

// Executions implements engine.Reader: oldest first.
func (d *DB) Executions(ctx context.Context, viewer workflow.Actor, instance uuid.UUID, limit int) ([]workflow.Execution, error) {
	return partsOf(ctx, d, viewer, instance, scanExecution,
		`SELECT `+executionColumns+` FROM executions AS e WHERE e.instance_id = $1 ORDER BY e.created_at, e.id LIMIT $2`, limit)
}

// Steps implements engine.Reader: oldest first.
func (d *DB) Steps(ctx context.Context, viewer workflow.Actor, instance uuid.UUID, limit int) ([]workflow.Execution, error) {
	return partsOf(ctx, d, viewer, instance, scanExecution,
		`SELECT `+executionColumns+` FROM executions AS e WHERE e.instance_id = $1 AND (e.role IS DISTINCT FROM 'item' OR e.idx < `+
			strconv.Itoa(engine.ShownItems)+`) ORDER BY e.created_at, e.id LIMIT $2`, limit)
}

// ItemCounts implements engine.Reader.
func (d *DB) ItemCounts(ctx context.Context, viewer workflow.Actor, instance uuid.UUID) ([]engine.ItemCount, error) {
	return partsOf(ctx, d, viewer, instance, pgx.RowToStructByPos[engine.ItemCount],
		`SELECT e.scope, e.status, count(*) FROM executions AS e WHERE e.instance_id = $1 AND e.scope IS NOT NULL AND e.role = 'item'
			GROUP BY e.scope, e.status ORDER BY e.scope, e.status LIMIT $2`, engine.MaxItemCounts)
}

// InstanceTasks implements engine.Reader: oldest first; of a list of items the
// first ones.
func (d *DB) InstanceTasks(ctx context.Context, viewer workflow.Actor, instance uuid.UUID, limit int) ([]workflow.Task, error) {
	return partsOf(ctx, d, viewer, instance, scanTask,
		`SELECT `+taskColumns+` FROM tasks AS t WHERE t.instance_id = $1 AND (NOT t.item OR t.idx < `+strconv.Itoa(engine.ShownItems)+`) ORDER BY t.created_at, t.id LIMIT $2`, limit)
}

// partsOf reads what belongs to an instance that the viewer may see; $1 of the
// query is the instance, $2 the limit.
func partsOf[T any](ctx context.Context, d *DB, viewer workflow.Actor, instance uuid.UUID, scan pgx.RowToFunc[T], sql string, limit int) ([]T, error) {
	var list []T
	seen := false
	batch := &pgx.Batch{}
	queueSees(batch, viewer, instance, &seen)
	each(batch.Queue(sql, instance, max(0, limit)), scan, func(v T) { list = append(list, v) })
	if err := d.of(viewer.Tenant).SendBatch(ctx, batch).Close(); err != nil {
		return nil, wrap(fmt.Sprintf("read parts of instance %s", instance), err)
	}
	if !seen {
		return nil, workflow.ErrInstanceNotFound
	}
	return list, nil
}

// queueSees asks whether the viewer may see the instance.
func queueSees(b *pgx.Batch, viewer workflow.Actor, instance uuid.UUID, seen *bool) {
	var c conditions
	c.add("i.id = ?", instance)
	c.addVisible(viewer)
	b.Queue(`SELECT EXISTS (SELECT FROM instances AS i WHERE `+c.String()+`)`, c.args...).
		QueryRow(func(row pgx.Row) error { return row.Scan(seen) })
}

// Events implements engine.Reader: in the order in which they were stored.
func (d *DB) Events(ctx context.Context, viewer workflow.Actor, instance uuid.UUID, p engine.Paging) (engine.Page[workflow.Event], error) {
	seen := false
	batch := &pgx.Batch{}
	queueSees(batch, viewer, instance, &seen)
	if err := d.of(viewer.Tenant).SendBatch(ctx, batch).Close(); err != nil {
		return engine.Page[workflow.Event]{}, wrap(fmt.Sprintf("read events of instance %s", instance), err)
	}
	if !seen {
		return engine.Page[workflow.Event]{}, workflow.ErrInstanceNotFound
	}
	return d.eventPage(ctx, viewer.Tenant, instance, p)
}

// eventPage reads a page of an instance's history.
func (d *DB) eventPage(ctx context.Context, tenant string, instance uuid.UUID, p engine.Paging) (page engine.Page[workflow.Event], err error) {
	if page.Limit, err = checkPaging(p); err != nil {
		return page, err
	}
	after := int64(0)
	if p.Cursor != "" {
		p.Offset = 0
		if after, err = decodeCursor[int64]("events", p.Cursor); err != nil {
			return page, err
		}
	}
	found := 0
	batch := &pgx.Batch{}
	batch.Queue(sqlCountEvents, instance, engine.MaxTotal+1).QueryRow(func(row pgx.Row) error { return row.Scan(&found) })
	each(batch.Queue(sqlEventPage, instance, after, page.Limit+1, p.Offset), scanEvent,
		func(ev workflow.Event) { page.Items = append(page.Items, ev) })
	if err := d.of(tenant).SendBatch(ctx, batch).Close(); err != nil {
		return page, wrap(fmt.Sprintf("read events of instance %s", instance), err)
	}
	page.Total, page.TotalIsCapped = min(found, engine.MaxTotal), found > engine.MaxTotal
	if len(page.Items) > page.Limit {
		page.Items = page.Items[:page.Limit]
		page.NextCursor = encodeCursor("events", page.Items[page.Limit-1].Seq)
	}
	return page, nil
}
