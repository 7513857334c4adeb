package db

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// The queries of Load; $1 holds the instances.
const (
	sqlBegin  = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`
	sqlCommit = `COMMIT`

	sqlLoadInstances = `SELECT ` + instanceColumns + documentColumns + `
		FROM unnest($1::uuid[]) AS x(id) JOIN instances AS i ON i.id = x.id JOIN instance_data AS d ON d.instance_id = i.id`
	sqlLoadLive = `SELECT ` + executionColumns + ` FROM executions AS e
		WHERE e.instance_id = ANY ($1) AND e.live AND e.role IS DISTINCT FROM 'item'`
	// Open tasks are those that have no end; asking for their status would let
	// the planner prefer the index of all open tasks while that is empty.
	sqlLoadTasks = `SELECT ` + taskColumns + ` FROM tasks AS t
		WHERE t.instance_id = ANY ($1) AND t.completed_at IS NULL AND NOT t.item`
	sqlLoadNamedTasks = `SELECT ` + taskColumns + ` FROM tasks AS t WHERE t.id = ANY ($2) AND t.instance_id = ANY ($1)`
	sqlLoadDues       = `SELECT ` + dueColumns + ` FROM due AS d WHERE d.instance_id = ANY ($1) AND NOT d.item AND d.kind <> 'send'`
	sqlLoadHooks      = `SELECT ` + hookColumns + ` FROM hooks AS h WHERE h.instance_id = ANY ($1) AND NOT h.consumed
		ORDER BY h.received_at, h.step, h.visit, h.idx`

	// $1 and $2 pair instances with steps.
	sqlLoadLatest = `SELECT ` + executionColumns + ` FROM unnest($1::uuid[], $2::text[]) AS x(instance_id, step),
		LATERAL (SELECT * FROM executions AS p WHERE p.instance_id = x.instance_id AND p.step = x.step AND NOT p.live
				AND p.role IS DISTINCT FROM 'item' ORDER BY p.visit DESC LIMIT 1) AS e`
)

// Load implements engine.Store. All parts of a snapshot are of one moment. It
// takes one round trip, two when want.Steps names steps.
func (d *DB) Load(ctx context.Context, ids []uuid.UUID, want engine.Want) (map[uuid.UUID]*workflow.Snapshot, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	l := &loading{ids: idColumn(ids), want: want, snaps: make(map[uuid.UUID]*workflow.Snapshot, len(ids))}
	err := d.engine.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		return l.run(ctx, conn)
	})
	if err != nil {
		return nil, wrap("load instances", err)
	}
	return l.snaps, nil
}

func idColumn(ids []uuid.UUID) *column {
	c := &column{}
	for _, id := range ids {
		c.id(id)
	}
	return c
}

// loading is one call of Load.
type loading struct {
	ids   *column
	want  engine.Want
	snaps map[uuid.UUID]*workflow.Snapshot
}

// run leaves a failed transaction open: the pool closes such a connection.
func (l *loading) run(ctx context.Context, conn *pgxpool.Conn) error {
	batch := &pgx.Batch{}
	batch.Queue(sqlBegin)
	l.queueParts(batch)
	if l.want.Steps == nil && len(l.want.Latest) == 0 {
		batch.Queue(sqlCommit)
		return conn.SendBatch(ctx, batch).Close()
	}
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	latest := &pgx.Batch{}
	if err := l.queueLatest(latest); err != nil {
		return err
	}
	latest.Queue(sqlCommit)
	return conn.SendBatch(ctx, latest).Close()
}

func (l *loading) queueParts(b *pgx.Batch) {
	each(b.Queue(sqlLoadInstances, l.ids), scanInstance, l.addInstance)
	each(b.Queue(sqlLoadLive, l.ids), scanExecution, l.addExecution)
	each(b.Queue(sqlLoadTasks, l.ids), scanTask, l.addTask)
	each(b.Queue(sqlLoadDues, l.ids), scanDue, l.addDue)
	each(b.Queue(sqlLoadHooks, l.ids), scanHook, l.addHook)
	if len(l.want.Tasks) > 0 {
		each(b.Queue(sqlLoadNamedTasks, l.ids, idColumn(l.want.Tasks)), scanTask, l.addTask)
	}
	l.queueItems(b)
}

// each reads the rows of a queued query one by one.
func each[T any](q *pgx.QueuedQuery, scan pgx.RowToFunc[T], add func(T)) {
	q.Query(func(rows pgx.Rows) error {
		defer rows.Close()
		for rows.Next() {
			v, err := scan(rows)
			if err != nil {
				return err
			}
			add(v)
		}
		return rows.Err()
	})
}

// queueLatest asks for the latest execution of the steps that each instance's
// definition refers to.
func (l *loading) queueLatest(b *pgx.Batch) error {
	var ids, steps column
	for id, snap := range l.snaps {
		in := &snap.Instance
		var names []string
		if l.want.Steps != nil {
			var err error
			if names, err = l.want.Steps(in.Tenant, in.Definition); err != nil {
				return fmt.Errorf("instance %s: %w", id, err)
			}
		}
		for _, name := range slices.Concat(names, l.want.Latest) {
			ids.id(id)
			steps.text(name)
		}
	}
	if ids.n > 0 {
		each(b.Queue(sqlLoadLatest, &ids, &steps), scanExecution, l.addLatest)
	}
	return nil
}

func (l *loading) addInstance(in workflow.Instance) {
	l.snaps[in.ID] = &workflow.Snapshot{
		Instance:   in,
		Executions: map[uuid.UUID]workflow.Execution{},
		Tasks:      map[uuid.UUID]workflow.Task{},
		Dues:       map[uuid.UUID]workflow.Due{},
		Loaded:     l.want.Need,
	}
}

func (l *loading) addExecution(e workflow.Execution) { l.snaps[e.InstanceID].Executions[e.ID] = e }

// addLatest adds a finished execution unless a later one of its step lives.
func (l *loading) addLatest(e workflow.Execution) {
	for _, other := range l.snaps[e.InstanceID].Executions {
		if other.Live && other.Role != workflow.EachItem && other.Step == e.Step && other.Visit > e.Visit {
			return
		}
	}
	l.addExecution(e)
}

func (l *loading) addTask(t workflow.Task) { l.snaps[t.InstanceID].Tasks[t.ID] = t }

func (l *loading) addDue(due workflow.Due) { l.snaps[due.InstanceID].Dues[due.ID] = due }

func (l *loading) addHook(h workflow.Hook) {
	snap := l.snaps[h.InstanceID]
	snap.Hooks = append(snap.Hooks, h)
}
