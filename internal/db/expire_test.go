package db

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"tandem/internal/workflow"
)

// Every table that belongs to an instance is emptied with it: by a foreign key
// that cascades, or because sqlExpire names it.
func TestExpire_knows_every_table(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	rows, err := d.pool.Query(t.Context(), `SELECT c.table_name::text, EXISTS (
			SELECT FROM pg_constraint AS k WHERE k.contype = 'f' AND k.confdeltype = 'c'
				AND k.conrelid = to_regclass(c.table_name) AND k.confrelid = 'instances'::regclass) AS cascades
		FROM information_schema.columns AS c JOIN information_schema.tables AS b USING (table_schema, table_name)
		WHERE b.table_type = 'BASE TABLE' AND c.table_schema = 'public' AND c.column_name = 'instance_id' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	type table struct {
		Name     string
		Cascades bool
	}
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByPos[table])
	if err != nil || len(tables) < 6 {
		t.Fatalf("tables of an instance: %v, %v", tables, err)
	}
	for _, one := range tables {
		if one.Name == "operation_items" || one.Name == "audit" {
			continue // what an operation was asked to do goes with the operation; what the audit tells stays
		}
		if deleted := slices.Contains(ofExpired, one.Name); one.Cascades == deleted {
			t.Errorf("rows of %s: cascade %v, deleted by sqlExpire %v; want one of both", one.Name, one.Cascades, deleted)
		}
	}
}

// What one batch costs does not grow with what is kept.
func TestExpire_plan(t *testing.T) {
	t.Parallel()
	got := plan(t, openInternal(t), sqlExpire, 100, expireRows, int64(expireLock))
	for _, bad := range []string{"Seq Scan", "Hash Join", "Merge Join", "Materialize"} {
		if strings.Contains(got, bad) {
			t.Errorf("expired instances are deleted with a %s:\n%s", bad, got)
		}
	}
	t.Log(got)
}

// A batch ends at a number of events, but takes one instance at least.
func TestExpire_batches(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	for range 3 {
		one := full(0)
		one.Executions, one.Tasks, one.Hooks, one.DuesDone = nil, nil, nil, nil
		one.Events = append(one.Events, one.Events[0])
		one.Instance.Status, one.Instance.CompletedAt, one.Instance.ExpiresAt = workflow.StatusCompleted, &one.Instance.CreatedAt, &one.Instance.CreatedAt
		if stale, err := d.Apply(t.Context(), []*workflow.Transition{one}); err != nil || len(stale) > 0 {
			t.Fatalf("Apply: %v, %v", stale, err)
		}
	}
	for _, want := range []struct{ events, gone int }{{1, 1}, {4, 2}, {4, 0}} {
		n, err := d.expire(t.Context(), 10, want.events)
		if err != nil || n != want.gone {
			t.Errorf("a batch of %d events took %d instances, %v; want %d", want.events, n, err, want.gone)
		}
	}
}
