package db

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// crowd fills a database with 20,000 instances, each with an open task: half are
// seen by the group "many", one in a thousand by "few", twenty are of a
// definition that "vera" and the group "viewers" may view.
func crowd(t *testing.T) *DB {
	t.Helper()
	d := openInternal(t)
	for _, sql := range []string{
		`INSERT INTO definitions (tenant_id, name, version, title, source, hash, created_by, created_at)
			SELECT 'default', 'common', '1.0.' || g, 'Common', '', '', 'ada', now() FROM generate_series(0, 200) AS g`,
		`INSERT INTO definitions (tenant_id, name, version, title, source, hash, created_by, created_at, viewer_users, viewer_groups)
			SELECT 'default', 'rare', '1.0.0', 'Rare', '', '', 'ada', now(), '{vera}', '{viewers}'`,
	} {
		if _, err := d.pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	in := workflow.Instance{
		ID: uuid.Must(uuid.NewV7()), Tenant: workflow.DefaultTenant, Definition: workflow.Ref{Name: "common", Version: "1.0.0"},
		Status: workflow.StatusWaiting, Version: 1, CreatedBy: "ada", CreatedAt: time.Now(), Input: json.RawMessage(`{}`), Data: json.RawMessage(`{}`),
	}
	task := workflow.Task{ID: uuid.Must(uuid.NewV7()), InstanceID: in.ID, ExecutionID: uuid.New(), Step: "ask", Visit: 1, Status: workflow.TaskPending, Title: "Ask", CreatedAt: in.CreatedAt, Version: 1}
	if _, err := d.Apply(t.Context(), []*workflow.Transition{{InstanceID: in.ID, Instance: in, DataChanged: true, Tasks: []workflow.Row[workflow.Task]{{Value: task, Created: true}}}}); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`ALTER TABLE instances ALTER COLUMN failure_key DROP EXPRESSION`, // so that rows can be copied whole
		`INSERT INTO instances SELECT r.* FROM instances AS i, generate_series(1, 20000) AS g, LATERAL jsonb_populate_record(i, jsonb_build_object(
			'id', gen_random_uuid(), 'created_at', i.created_at - g * interval '1 minute', 'created_by', 'c' || g % 20,
			'definition_name', CASE WHEN g % 1000 = 7 THEN 'rare' ELSE 'common' END,
			'audience', CASE WHEN g % 2 = 0 THEN '["many"]'::jsonb WHEN g % 1000 = 1 THEN '["few"]' ELSE '["others"]' END)) AS r`,
		`INSERT INTO tasks SELECT r.* FROM tasks AS t, instances AS i, LATERAL jsonb_populate_record(t, jsonb_build_object(
			'id', gen_random_uuid(), 'instance_id', i.id, 'definition_name', i.definition_name, 'execution_id', gen_random_uuid(), 'created_at', i.created_at,
			'candidate_groups', to_jsonb(i.audience))) AS r WHERE i.id <> t.instance_id`,
		`DELETE FROM counters`,
		`INSERT INTO counters (tenant_id, definition_name, definition_version, figure, bucket, audience_key, node, lane, audience, n, total)
			SELECT tenant_id, definition_name, definition_version, figure, bucket, coalesce(md5(audience::text), ''), gen_random_uuid(), 0, audience, sum(n), sum(total)
			FROM countable GROUP BY tenant_id, definition_name, definition_version, figure, bucket, audience`,
		`ANALYZE`,
	} {
		if _, err := d.pool.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	return d
}

// planNode is a part of an executed plan.
type planNode struct {
	Kind     string     `json:"Node Type"`
	Relation string     `json:"Relation Name"`
	Rows     float64    `json:"Actual Rows"`
	Loops    float64    `json:"Actual Loops"`
	Removed  float64    `json:"Rows Removed by Filter"`
	Plans    []planNode `json:"Plans"`
}

// read counts the rows that were read of a table, whether they were wanted or
// not, and tells whether all of it was read.
func (n planNode) read(table string) (rows float64, whole bool) {
	if n.Relation == table {
		rows, whole = (n.Rows+n.Removed)*n.Loops, n.Kind == "Seq Scan" && n.Loops > 0
	}
	for _, below := range n.Plans {
		r, w := below.read(table)
		rows, whole = rows+r, whole || w
	}
	return rows, whole
}

// executed runs the statements of a page and gives their plans.
func executed[T, K any](t *testing.T, d *DB, l *listing[T, K]) planNode {
	t.Helper()
	l.total = engine.ShownTotal
	explained := func(sql string, args []any) planNode {
		t.Helper()
		var raw []byte
		batch := &pgx.Batch{}
		batch.Queue("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) "+sql, args...).QueryRow(func(row pgx.Row) error { return row.Scan(&raw) })
		if err := askList(t.Context(), d.listsOf(l.tenant), batch, l.settings(l.either == nil)...); err != nil {
			t.Fatalf("%v: %s", err, sql)
		}
		var plans []struct{ Plan planNode }
		if err := json.Unmarshal(raw, &plans); err != nil || len(plans) != 1 {
			t.Fatalf("plan: %v\n%s", err, raw)
		}
		return plans[0].Plan
	}
	const limit = engine.DefaultLimit + 1
	found, err := l.gather(t.Context(), d, conditions{args: l.args}, 0, limit)
	if err != nil {
		t.Fatal(err)
	}
	return planNode{Plans: []planNode{
		explained(l.gathering(conditions{args: l.args}, 0, limit)),
		explained(l.reading(found, conditions{args: l.args}, 0, limit)),
	}}
}

// What a list reads depends on what the viewer sees of it and on the page, not
// on how many rows there are.
func TestLists_of_some(t *testing.T) {
	t.Parallel()
	d := crowd(t)
	who := func(login string, groups ...string) workflow.Actor {
		return workflow.Actor{ID: login, Tenant: workflow.DefaultTenant, Groups: groups}
	}
	for _, tt := range []struct {
		viewer workflow.Actor
		sees   int     // instances, and as many tasks
		most   float64 // rows of a table that may be read; 0 = any, for who sees a large part of all
	}{
		{who("nora"), 0, 1},
		{who("nora", "few"), 20, 400},
		{who("vera"), 20, 400},
		{who("nora", "viewers"), 20, 400},
		{who("nora", "few", "viewers"), 40, 800},
		{who("c7"), 1000, 0},
		{who("nora", "many"), 10_000, 0},
	} {
		t.Run(fmt.Sprint(tt.viewer.ID, tt.viewer.Groups), func(t *testing.T) {
			check := func(table string, plan planNode) {
				if rows, whole := plan.read(table); tt.most > 0 && (rows > tt.most || whole) {
					t.Errorf("the list reads %.0f rows of %s, want at most %.0f; reads from its begin: %t", rows, table, tt.most, whole)
				}
			}
			instances, err := d.instanceList(t.Context(), tt.viewer, engine.InstanceFilter{}, engine.ShownTotal)
			if err != nil {
				t.Fatal(err)
			}
			plan := executed(t, d, instances)
			check("instances", plan)
			check("tasks", plan)
			page, err := d.Instances(t.Context(), tt.viewer, engine.InstanceFilter{}, engine.Paging{})
			if err != nil || page.Total != tt.sees || len(page.Items) != min(tt.sees, engine.DefaultLimit) {
				t.Errorf("%d instances, %d on the page, %v; want %d", page.Total, len(page.Items), err, tt.sees)
			}
			for _, f := range []engine.TaskFilter{{}, {View: engine.TasksUnassigned}} {
				sees, err := d.sightOf(t.Context(), tt.viewer, nil)
				if err != nil {
					t.Fatal(err)
				}
				tasks, err := taskList(tt.viewer, f, sees)
				if err != nil {
					t.Fatal(err)
				}
				plan = executed(t, d, tasks)
				check("instances", plan)
				check("tasks", plan)
				open, err := d.Tasks(t.Context(), tt.viewer, f, engine.Paging{})
				if err != nil || open.Total != tt.sees || len(open.Items) != min(tt.sees, engine.DefaultLimit) {
					t.Errorf("view %q: %d tasks, %d on the page, %v; want %d", f.View, open.Total, len(open.Items), err, tt.sees)
				}
			}
		})
	}
}

// Who sees more than is counted is shown all of it, page by page, each once and
// in order, whichever way he sees it: by much of it or by little.
func TestLists_of_many(t *testing.T) {
	t.Parallel()
	d := crowd(t)
	viewer := workflow.Actor{ID: "nora", Tenant: workflow.DefaultTenant, Groups: []string{"many", "few", "viewers"}}
	for _, view := range []engine.TaskView{"", engine.TasksUnassigned} {
		seen, p := map[uuid.UUID]bool{}, engine.Paging{Limit: engine.MaxLimit, Most: 100}
		for {
			page, err := d.Tasks(t.Context(), viewer, engine.TaskFilter{View: view}, p)
			if err != nil || !page.TotalIsCapped && len(seen) == 0 {
				t.Fatalf("view %q: %v, a total of %d", view, err, page.Total)
			}
			for _, task := range page.Items {
				seen[task.ID] = true
			}
			if p.Cursor = page.NextCursor; p.Cursor == "" {
				break
			}
		}
		if len(seen) != 10_040 {
			t.Errorf("view %q shows %d tasks, want 10040", view, len(seen))
		}
	}
	seen, p := map[uuid.UUID]bool{}, engine.Paging{Limit: engine.MaxLimit, Most: 100}
	for last := time.Now().Add(time.Hour); ; {
		page, err := d.Instances(t.Context(), viewer, engine.InstanceFilter{}, p)
		if err != nil || !page.TotalIsCapped {
			t.Fatalf("%v, a total of %d", err, page.Total)
		}
		for _, in := range page.Items {
			if seen[in.ID] = true; in.CreatedAt.After(last) {
				t.Fatalf("%s comes after an older one", in.ID)
			}
			last = in.CreatedAt
		}
		if p.Cursor = page.NextCursor; p.Cursor == "" {
			break
		}
	}
	if len(seen) != 10_040 {
		t.Errorf("%d instances are shown, want 10040", len(seen))
	}
}

// What counters know to be more than is counted is not counted again: only what
// fits few is looked for, so that it is not missed.
func TestLists_known_to_be_long(t *testing.T) {
	t.Parallel()
	d := crowd(t)
	viewer := workflow.Actor{ID: "c7", Tenant: workflow.DefaultTenant, Groups: []string{"many", "few"}}
	sees, err := d.sightOf(t.Context(), viewer, nil)
	if err != nil || sees.inMuch.instances+sees.inSome.instances < 10_000 || sees.inMuch.openTasks+sees.inSome.openTasks < 10_000 {
		t.Fatalf("his groups see %+v and %+v, %v; want all that many sees", sees.inMuch, sees.inSome, err)
	}
	counted := func(f engine.InstanceFilter) (gathered, bool) {
		t.Helper()
		l, err := d.instanceList(t.Context(), viewer, f, 100)
		if err != nil {
			t.Fatal(err)
		}
		l.total = 100
		found, err := l.gather(t.Context(), d, conditions{args: l.args}, 0, 11)
		if err != nil || found.n != 101 {
			t.Errorf("%d fit, %v; want more than 100", found.n, err)
		}
		return found, l.least == nil
	}
	if found, byRows := counted(engine.InstanceFilter{Statuses: []workflow.Status{workflow.StatusWaiting}}); byRows || len(found.walk) == 0 {
		t.Errorf("counted by rows: %t, to walk: %v", byRows, found.walk)
	}
	if _, byRows := counted(engine.InstanceFilter{CreatedBy: []string{"c7"}}); !byRows {
		t.Error("counters are asked, which know nothing of people")
	}
	tasks, err := taskList(viewer, engine.TaskFilter{}, sees)
	if err != nil || tasks.least == nil {
		t.Errorf("his tasks are counted by rows, %v", err)
	}
	late := true
	if tasks, err = taskList(viewer, engine.TaskFilter{Overdue: &late}, sees); err != nil || tasks.least != nil {
		t.Errorf("counters are asked for what is late, which they do not know, %v", err)
	}
}

// Two values of data at once, which many have alone and together: the total is
// true as far as it is counted, and the page is in order.
func TestLists_of_two_values(t *testing.T) {
	t.Parallel()
	d := crowd(t)
	for _, sql := range []string{
		`UPDATE definitions SET search = '{kind,amount}'`,
		`INSERT INTO search_values (tenant_id, instance_id, idx, path, value) SELECT 'default', i.id, 0, 'kind', CASE WHEN n % 4 = 0 THEN 'b' ELSE 'a' END FROM
			(SELECT id, row_number() OVER (ORDER BY created_at) AS n FROM instances) AS i`,
		`INSERT INTO search_values (tenant_id, instance_id, idx, path, value, number) SELECT 'default', i.id, 1, 'amount', n::text, n FROM
			(SELECT id, row_number() OVER (ORDER BY created_at) AS n FROM instances) AS i`,
		`ANALYZE`,
	} {
		if _, err := d.pool.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	is := func(path string, op engine.DataOp, values ...string) engine.DataFilter {
		return engine.DataFilter{Path: path, Op: op, Values: values}
	}
	watcher := workflow.Actor{ID: "olga", Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleOperator}}
	reader := workflow.Actor{ID: "nora", Tenant: workflow.DefaultTenant, Groups: []string{"many", "viewers"}}
	for name, tt := range map[string]struct {
		viewer workflow.Actor
		filter engine.InstanceFilter
		holds  string // of n, the instance's number, and def, its definition
	}{
		"many":               {watcher, engine.InstanceFilter{Data: []engine.DataFilter{is("kind", engine.OpEqual, "a"), is("amount", engine.OpMore, "2000")}}, "n % 4 <> 0 AND n > 2000"},
		"less than counted":  {watcher, engine.InstanceFilter{Data: []engine.DataFilter{is("kind", engine.OpEqual, "a"), is("amount", engine.OpMore, "9000")}}, "n % 4 <> 0 AND n > 9000"},
		"of two definitions": {watcher, engine.InstanceFilter{DefinitionNames: []string{"common", "rare"}, Data: []engine.DataFilter{is("kind", engine.OpEqual, "a"), is("amount", engine.OpMore, "2000")}}, "n % 4 <> 0 AND n > 2000"},
		"not equal":          {watcher, engine.InstanceFilter{Data: []engine.DataFilter{is("kind", engine.OpNotEqual, "a", "c"), is("amount", engine.OpLess, "15000")}}, "n < 15000"},
		"one of few":         {watcher, engine.InstanceFilter{Data: []engine.DataFilter{is("kind", engine.OpEqual, "a", "b"), is("amount", engine.OpMore, "19500")}}, "n > 19500"},
		"what a group sees":  {reader, engine.InstanceFilter{Data: []engine.DataFilter{is("kind", engine.OpEqual, "a"), is("amount", engine.OpMore, "2000")}}, "n % 4 <> 0 AND n > 2000 AND (audience @> '[\"many\"]' OR def = 'rare')"},
	} {
		t.Run(name, func(t *testing.T) {
			var total int
			var want, got []string
			of := ` FROM (SELECT id, created_at, to_jsonb(audience) AS audience, definition_name AS def, row_number() OVER (ORDER BY created_at) AS n FROM instances) AS i WHERE ` + tt.holds
			err := d.pool.QueryRow(t.Context(), `SELECT (SELECT count(*)`+of+`), ARRAY(SELECT i.id::text`+of+` ORDER BY i.created_at DESC LIMIT 20)`).Scan(&total, &want)
			if err != nil {
				t.Fatal(err)
			}
			page, err := d.Instances(t.Context(), tt.viewer, tt.filter, engine.Paging{Limit: 20})
			for _, row := range page.Items {
				got = append(got, row.ID.String())
			}
			if err != nil || page.Total != min(total, engine.MaxTotal) || page.TotalIsCapped != (total > engine.MaxTotal) {
				t.Errorf("%d instances, capped: %t, %v; want %d", page.Total, page.TotalIsCapped, err, total)
			}
			if !slices.Equal(got, want) {
				t.Errorf("the page has %v, want %v", got, want)
			}
		})
	}
}

// A process of an older version makes a task and does not say of which workflow
// it is: the list of that workflow's tasks has it all the same.
func TestTasks_of_older_processes(t *testing.T) {
	t.Parallel()
	d := crowd(t)
	if _, err := d.pool.Exec(t.Context(), `INSERT INTO tasks SELECT r.* FROM (SELECT t FROM tasks AS t WHERE definition_name = 'rare' LIMIT 1) AS one,
		LATERAL jsonb_populate_record(one.t, jsonb_build_object('id', gen_random_uuid(), 'execution_id', gen_random_uuid(), 'definition_name', NULL)) AS r`); err != nil {
		t.Fatal(err)
	}
	var rare int
	if err := d.pool.QueryRow(t.Context(), `SELECT count(*) FROM tasks WHERE definition_name = 'rare'`).Scan(&rare); err != nil || rare != 21 {
		t.Errorf("rare has %d tasks (%v), want 20 and the new one", rare, err)
	}
}

// A list without values of data is counted as before: each state by its index,
// also where many are counted.
func TestLists_without_data(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	watcher := workflow.Actor{ID: "olga", Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleOperator}}
	l, err := d.instanceList(t.Context(), watcher, engine.InstanceFilter{DefinitionNames: []string{"common"}}, engine.MaxTotal)
	if err != nil || !l.apart || len(l.either) != len(workflow.Statuses()) {
		t.Errorf("the list has %d alternatives, apart: %t, %v; want one for each state", len(l.either), l.apart, err)
	}
}
