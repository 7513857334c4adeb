package db

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tandem/internal/db/dbtest"
	"tandem/internal/workflow"
)

// plan asks how the engine's connections execute a statement.
func plan(t *testing.T, d *DB, sql string, args ...any) string {
	t.Helper()
	rows, err := d.engine.Query(t.Context(), "EXPLAIN "+sql, args...)
	if err != nil {
		t.Fatalf("EXPLAIN %s: %v", sql, err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("EXPLAIN %s: %v", sql, err)
	}
	return strings.Join(lines, "\n")
}

func openInternal(t *testing.T) *DB {
	t.Helper()
	d, err := Open(t.Context(), dbtest.URL(t, Migrate), Options{})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(d.Close)
	return d
}

// full is a transition with rows for every statement of Apply that can stand
// beside the others.
func full(from int64) *workflow.Transition {
	id, now := uuid.New(), time.Now()
	in := workflow.Instance{ID: id, Status: workflow.StatusRunning, Version: from + 1, CreatedAt: now}
	both := []bool{true, false}
	t := &workflow.Transition{
		InstanceID: id, From: from, Instance: in, DataChanged: true, DeleteAllDues: true, ThawDues: true, FreezeDues: true,
		Dues: []workflow.Due{{ID: id, InstanceID: id, Kind: workflow.DueTimer, At: now}}, DuesDone: []uuid.UUID{id},
		Events: []workflow.Event{{Type: workflow.EventStepStarted, At: now}},
	}
	for _, created := range both {
		t.Executions = append(t.Executions, workflow.Row[workflow.Execution]{Created: created, Value: workflow.Execution{ID: id, InstanceID: id}})
		t.Tasks = append(t.Tasks, workflow.Row[workflow.Task]{Created: created, Value: workflow.Task{ID: id, InstanceID: id}})
		t.Hooks = append(t.Hooks, workflow.Row[workflow.Hook]{Created: created, Value: workflow.Hook{InstanceID: id}})
	}
	return t
}

// Statements by key never read a whole table, though every table is empty and
// the planner would rather do so.
func TestApply_plans(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	if _, err := d.engine.Exec(t.Context(), `SELECT set_config('tandem.stale', '', false)`); err != nil {
		t.Fatal(err)
	}
	if _, err := d.engine.Exec(t.Context(), `ANALYZE`); err != nil {
		t.Fatal(err)
	}
	p, err := pack([]*workflow.Transition{full(0), full(1)}, "")
	if err != nil {
		t.Fatalf("pack: %v", err)
	}
	if got := len(p.guards) + len(p.writes); got != 16 {
		t.Errorf("%d statements, want 16: one of each kind", got)
	}
	for _, r := range slices.Concat(p.guards, p.writes) {
		got := plan(t, d, r.sql, r.args()...)
		for _, bad := range []string{"Seq Scan", "Hash Join", "Merge Join", "Sort"} {
			if strings.Contains(got, bad) {
				t.Errorf("%s\nis executed with a %s:\n%s", r.sql, bad, got)
			}
		}
	}
}

// The update of instances goes through the array, which is in the order of ids,
// and looks each row up: that is the order of locks.
func TestApply_locks_in_order(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	p, err := pack([]*workflow.Transition{full(1)}, "")
	if err != nil {
		t.Fatalf("pack: %v", err)
	}
	got := plan(t, d, p.guards[0].sql, p.guards[0].args()...)
	outer, inner := strings.Index(got, "Function Scan on x"), strings.Index(got, "Index Scan using instances_pkey")
	if outer < 0 || inner < outer || !strings.Contains(got, "Nested Loop") {
		t.Errorf("plan of the update of instances, want a nested loop from the array to the key:\n%s", got)
	}
}

func TestHot_queries_use_indexes(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	id := idColumn([]uuid.UUID{uuid.New()})
	word := &column{}
	word.text("step")
	for name, q := range map[string]struct {
		sql   string
		args  []any
		index string
	}{
		"load instances":   {sqlLoadInstances, []any{id}, "instances_pkey"},
		"load live":        {sqlLoadLive, []any{id}, "executions_live"},
		"load executions":  {executionsNamed(namedExecutions), []any{id, id}, "executions_pkey"},
		"load inside":      {executionsNamed(executionsInside), []any{id, id}, "executions_scope"},
		"load live ones":   {executionsNamed(liveInside), []any{id, id}, "executions_scope"},
		"load item":        {executionsNamed(itemsByKey), []any{id, id, &column{}}, "executions_scope"},
		"load their tasks": {tasksNamed(liveInside), []any{id, id}, "tasks_item"},
		"load their dues":  {duesNamed(liveInside), []any{id, id}, "due_item"},
		"load latest":      {sqlLoadLatest, []any{id, word}, "executions_done"},
		"load tasks":       {sqlLoadTasks, []any{id}, "tasks_live"},
		"load dues":        {sqlLoadDues, []any{id}, "due_instance"},
		"load hooks":       {sqlLoadHooks, []any{id}, "hooks_pkey"},
		"claim due":        {sqlClaimDue, []any{10, int64(1000)}, "due_next"},
		"next due":         {sqlNextDue, nil, "due_next"},
		"lost leases":      {sqlLostLeases, []any{int64(1000), 10}, "executions_leased"},
		"expired":          {sqlExpire, []any{10, 100, int64(1)}, "instances_expiry"},
		"jobs":             {sqlJobs, []any{"default", []string{"a"}, 10}, "executions_jobs"},
		"scheduled":        {sqlScheduled, []any{[]string{"", "default"}, 10}, "executions_scheduled"},
	} {
		got := plan(t, d, q.sql, q.args...)
		if !strings.Contains(got, q.index) {
			t.Errorf("%s does not use %s:\n%s", name, q.index, got)
		}
	}
}

// What people are shown of one instance is looked up by its key, also in a
// database that has filled since its statistics were taken.
func TestParts_of_one_instance_in_a_young_database(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	for name, sql := range map[string]string{
		"history":    `SELECT ev.seq FROM events AS ev WHERE ev.instance_id = $1 ORDER BY ev.seq LIMIT 50`,
		"executions": `SELECT e.id FROM executions AS e WHERE e.instance_id = $1 ORDER BY e.created_at, e.id LIMIT 50`,
		"data":       `SELECT data FROM instance_data WHERE instance_id = $1`,
	} {
		rows, err := d.of(workflow.DefaultTenant).Query(t.Context(), "EXPLAIN "+sql, uuid.New())
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if got := strings.Join(lines, "\n"); err != nil || !strings.Contains(got, "SubPlan") || strings.Contains(got, "hashed") {
			t.Errorf("%s gathers instances (%v):\n%s", name, err, got)
		}
	}
}

// Lists are planned for what they are asked: a plan for anything would read a
// million values where a few hundred are enough. What is looked up by key is
// planned once.
func TestPlans_of_pools(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	const shown = `SELECT current_setting('plan_cache_mode') || ', ' || current_setting('enable_seqscan')`
	for _, pool := range []*pgxpool.Pool{d.pool, d.reader, d.engine} {
		var got string
		if err := pool.QueryRow(t.Context(), shown).Scan(&got); err != nil || got != "force_generic_plan, off" {
			t.Errorf("settings = %q, %v", got, err)
		}
	}
	var got string
	batch := &pgx.Batch{}
	batch.Queue(shown).QueryRow(func(row pgx.Row) error { return row.Scan(&got) })
	if err := askList(t.Context(), d.listsOf(workflow.DefaultTenant), batch); err != nil || got != "force_custom_plan, on" {
		t.Errorf("settings of a list = %q, %v", got, err)
	}
}
