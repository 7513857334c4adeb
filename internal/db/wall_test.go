package db

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tandem/internal/db/dbtest"
	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// nobodys are the tables in which nothing is a tenant's.
var nobodys = []string{"delivery_place", "feed_floor", "goose_db_version", "processes", "server_keys", "tenant_wall"}

// holders are the columns that tell whose a row is, where it is not tenant_id.
var holders = map[string]string{
	"instance_data": "instance_id", "executions": "instance_id", "due": "instance_id", "hooks": "instance_id", "events": "instance_id",
	"operation_items": "operation_id", "deliveries": "subscription_id",
}

// column is one of a table, as the catalogue has it.
type tableColumn struct {
	Table, Name, Type string
	Needed            bool // neither NULL nor made by the database
}

// tablesOf reads the catalogue.
func tablesOf(t *testing.T, conn *pgx.Conn) map[string][]tableColumn {
	t.Helper()
	rows, _ := conn.Query(t.Context(), `SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL), a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
		FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum`)
	columns, err := pgx.CollectRows(rows, pgx.RowToStructByPos[tableColumn])
	if err != nil || len(columns) < 100 {
		t.Fatalf("%d columns, %v", len(columns), err)
	}
	tables := map[string][]tableColumn{}
	for _, c := range columns {
		tables[c.Table] = append(tables[c.Table], c)
	}
	return tables
}

// thing is the id of whatever a tenant has: its instance, operation and
// subscription are called alike.
func thing(tenant string) string {
	return map[string]string{"ours": "00000000-0000-7000-8000-00000000000a", "theirs": "00000000-0000-7000-8000-00000000000b"}[tenant]
}

// rowOf is a statement that adds a tenant's row to a table.
func rowOf(t *testing.T, table string, columns []tableColumn, tenant string) string {
	t.Helper()
	var names, values []string
	for _, c := range columns {
		value := ""
		switch {
		case c.Name == "tenant_id":
			value = tenant
		case c.Name == holders[table] || c.Name == "id" && c.Type == "uuid":
			value = thing(tenant)
		case !c.Needed:
			continue
		case strings.HasSuffix(c.Type, "[]"):
			value = "{}"
		default:
			value = map[string]string{
				"text": "x " + tenant, "uuid": thing(tenant), "timestamp with time zone": "2026-01-01", "integer": "1", "bigint": "1", "smallint": "1",
				"boolean": "true", "json": "{}", "bytea": tenant, "numeric": "1", "xid8": "1",
			}[c.Type]
		}
		if value == "" {
			t.Fatalf("%s.%s is %s: say which value to give it", table, c.Name, c.Type)
		}
		names, values = append(names, c.Name), append(values, "'"+value+"'")
	}
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, strings.Join(names, ", "), strings.Join(values, ", "))
}

func exec(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%.300s: %v", sql, err)
	}
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// newRole makes a role that goes with the test.
func newRole(t *testing.T, conn *pgx.Conn, options string) string {
	t.Helper()
	name := "tries_" + strings.ToLower(rand.Text())
	exec(t, conn, "CREATE ROLE "+name+" "+options)
	t.Cleanup(func() {
		if _, err := conn.Exec(context.Background(), "RESET ROLE; DROP OWNED BY "+name+"; DROP ROLE "+name); err != nil {
			t.Errorf("drop the role: %v", err)
		}
	})
	return name
}

// refusedBy reports whether the database's rules refuse a statement.
func refusedBy(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "42501"
}

// A role with every right on every table, but whose they are not, gets at one
// tenant's rows alone. Tables and rows are made from the catalogue: a table
// without a policy fails here.
func TestWall_role_that_tries(t *testing.T) {
	t.Parallel()
	conn := connect(t, dbtest.URL(t, Migrate))
	tables := tablesOf(t, conn)
	for _, name := range nobodys {
		if _, there := tables[name]; !there {
			t.Errorf("there is no table %s", name)
		}
		delete(tables, name)
	}
	names := slices.Sorted(maps.Keys(tables))
	loosen(t, conn, names)
	for _, name := range names {
		exec(t, conn, "DELETE FROM "+name)
	}
	for _, name := range names {
		exec(t, conn, rowOf(t, name, tables[name], "ours"))
		exec(t, conn, rowOf(t, name, tables[name], "theirs"))
	}
	role := newRole(t, conn, "NOLOGIN")
	exec(t, conn, "GRANT ALL ON ALL TABLES IN SCHEMA public TO "+role+"; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO "+role+"; SET ROLE "+role)

	for _, unset := range []string{"", "SET tandem.tenant = ''"} {
		exec(t, conn, unset)
		for _, name := range append(names, "countable") {
			wantRows(t, conn, name, 0)
		}
	}
	exec(t, conn, "SET tandem.tenant = 'ours'")
	wantRows(t, conn, "(SELECT DISTINCT instance_id FROM countable) AS counted", 1)
	for _, name := range names {
		wantRows(t, conn, name, 1)
		holder := holders[name]
		theirs := thing("theirs")
		if holder == "" {
			holder, theirs = "tenant_id", "theirs"
		}
		for _, sql := range []string{
			fmt.Sprintf("SELECT 1 FROM %s WHERE %s = '%s'", name, holder, theirs),
			fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s = '%s'", name, holder, holder, holder, theirs),
			fmt.Sprintf("DELETE FROM %s WHERE %s = '%s'", name, holder, theirs),
		} {
			if tag, err := conn.Exec(t.Context(), sql); err != nil || tag.RowsAffected() != 0 {
				t.Errorf("%s: %s, %v; want no row", sql, tag, err)
			}
		}
		for _, sql := range []string{
			fmt.Sprintf("UPDATE %s SET %s = '%s'", name, holder, theirs),
			rowOf(t, name, tables[name], "theirs"),
		} {
			if _, err := conn.Exec(t.Context(), sql); !refusedBy(err) {
				t.Errorf("%s: %v, want a refusal", sql, err)
			}
		}
	}
	exec(t, conn, "RESET ROLE")
	for _, name := range names {
		wantRows(t, conn, name, 2)
	}
}

// loosen takes away what rows made of nothing would break, but no policy.
func loosen(t *testing.T, conn *pgx.Conn, tables []string) {
	t.Helper()
	rows, _ := conn.Query(t.Context(), `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint
		WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f') ORDER BY contype DESC`)
	drops, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(drops) < 50 {
		t.Fatalf("%d constraints, %v", len(drops), err)
	}
	for _, sql := range drops {
		exec(t, conn, sql)
	}
	for _, name := range tables {
		exec(t, conn, "ALTER TABLE "+name+" DISABLE TRIGGER USER")
	}
}

func wantRows(t *testing.T, conn *pgx.Conn, table string, want int) {
	t.Helper()
	var got int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&got); err != nil || got != want {
		t.Errorf("%s has %d rows, %v; want %d", table, got, err, want)
	}
}

// What people are shown is read by a role that may write nothing, and read no
// secrets and no accounts, even of its own tenant.
func TestWall_reader(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	if d.wall != engine.WallComplete {
		t.Fatalf("the wall is %q, want it complete", d.wall)
	}
	for _, table := range []string{"secrets", "server_keys", "tokens", "sessions", "second_factors", "account_links", "users", "identities", "subscriptions", "audit_seals"} {
		if _, err := d.reader.Exec(t.Context(), "SELECT FROM "+table); !refusedBy(err) {
			t.Errorf("reading %s: %v, want a refusal", table, err)
		}
	}
	for _, sql := range []string{
		"DELETE FROM instances", "UPDATE tasks SET title = 'x'", "INSERT INTO topics VALUES ('default', 'x', now())", "TRUNCATE events",
		"CREATE TABLE mine (id int)", "ALTER TABLE instances DISABLE ROW LEVEL SECURITY", "DROP POLICY tenant ON instances",
	} {
		if _, err := d.reader.Exec(t.Context(), sql); !refusedBy(err) {
			t.Errorf("%s: %v, want a refusal", sql, err)
		}
	}
}

// A statement that forgets the tenant shows nothing of another's, also when one
// connection serves several in turn.
func TestWall_forgotten_tenant(t *testing.T) {
	t.Parallel()
	d, err := Open(t.Context(), dbtest.URL(t, Migrate), Options{MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	started := map[string]uuid.UUID{}
	for _, tenant := range []string{"default", "other"} {
		begin := begun(tenant)
		if _, err := d.Apply(t.Context(), []*workflow.Transition{begin}); err != nil {
			t.Fatal(err)
		}
		started[tenant] = begin.InstanceID
	}
	for _, tenant := range []string{"default", "other", "other", "default", "", "default", "nobody"} {
		for _, sql := range []string{"SELECT id FROM instances", "SELECT instance_id FROM instance_data", "SELECT instance_id FROM events", "SELECT instance_id FROM tasks"} {
			rows, _ := d.of(tenant).Query(t.Context(), sql)
			got, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
			if err != nil {
				t.Fatal(err)
			}
			want := []uuid.UUID{}
			if id, is := started[tenant]; is {
				want = append(want, id)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s for %q gives %v, want %v", sql, tenant, got, want)
			}
		}
	}
}

// An account that may make no role works with the statements' own wall; one that
// may make roles has lists apart as well once a superuser has allowed it.
func TestWall_smaller_accounts(t *testing.T) {
	t.Parallel()
	root := dbtest.URL(t, nil)
	conn := connect(t, root)
	for _, tt := range []struct {
		options string
		want    engine.Wall
	}{{"LOGIN", engine.WallNone}, {"LOGIN CREATEROLE", engine.WallThings}} {
		t.Run(tt.options, func(t *testing.T) {
			role := newRole(t, conn, tt.options)
			exec(t, conn, "CREATE DATABASE "+role+" OWNER "+role+" TEMPLATE template0")
			t.Cleanup(func() {
				if _, err := conn.Exec(context.Background(), "DROP DATABASE "+role+" WITH (FORCE)"); err != nil {
					t.Error(err)
				}
				_, _ = conn.Exec(context.Background(), "DROP ROLE IF EXISTS "+role+"_reader")
			})
			address := as(t, root, role, role)
			for range 2 {
				if err := Migrate(t.Context(), address); err != nil {
					t.Fatal(err)
				}
			}
			if d := readsAs(t, address, tt.want); d.wall == engine.WallNone {
				return
			}
			exec(t, connect(t, as(t, root, "", role)), `ALTER FUNCTION pg_catalog.arrayoverlap(anyarray, anyarray) LEAKPROOF;
				ALTER FUNCTION pg_catalog.arraycontains(anyarray, anyarray) LEAKPROOF;
				ALTER FUNCTION pg_catalog.numeric_ge(numeric, numeric) LEAKPROOF;
				ALTER FUNCTION pg_catalog.int4um(integer) LEAKPROOF`)
			readsAs(t, address, engine.WallComplete)
		})
	}
}

// readsAs opens the database, wants a wall, and reads.
func readsAs(t *testing.T, address string, want engine.Wall) *DB {
	t.Helper()
	d, err := Open(t.Context(), address, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	state, err := d.System(t.Context(), workflow.DefaultTenant)
	if err != nil || state.Database.Wall != want {
		t.Errorf("the wall is %q, %v; want %q", state.Database.Wall, err, want)
	}
	begin := begun(workflow.DefaultTenant)
	if _, err := d.Apply(t.Context(), []*workflow.Transition{begin}); err != nil {
		t.Fatal(err)
	}
	viewer := workflow.Actor{ID: "ada", Tenant: workflow.DefaultTenant}
	if _, err := d.Instance(t.Context(), viewer, begin.InstanceID); err != nil {
		t.Error(err)
	}
	if page, err := d.Instances(t.Context(), viewer, engine.InstanceFilter{}, engine.Paging{}); err != nil || len(page.Items) == 0 {
		t.Errorf("%d instances, %v", len(page.Items), err)
	}
	return d
}

// as gives an address with another account and database.
func as(t *testing.T, address, role, database string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + database
	if q := u.Query(); role != "" && q.Has("user") {
		q.Set("user", role)
		u.RawQuery = q.Encode()
	} else if role != "" {
		u.User = url.User(role)
	}
	return u.String()
}

// An account that the policies hide rows from is refused: the engine would see
// nothing.
func TestOpen_account_that_sees_nothing(t *testing.T) {
	t.Parallel()
	address := dbtest.URL(t, Migrate)
	conn := connect(t, address)
	role := newRole(t, conn, "LOGIN")
	exec(t, conn, "GRANT ALL ON ALL TABLES IN SCHEMA public TO "+role)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Open(t.Context(), as(t, address, role, strings.TrimPrefix(u.Path, "/")), Options{})
	if err == nil {
		d.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "BYPASSRLS") {
		t.Errorf("Open = %v, want a refusal that says what to grant", err)
	}
}

// begun is a start whose instance waits for a person.
func begun(tenant string) *workflow.Transition {
	now := time.Now()
	in := workflow.Instance{
		ID: uuid.Must(uuid.NewV7()), Tenant: tenant, Definition: workflow.Ref{Name: "common", Version: "1.0.0"}, Status: workflow.StatusWaiting,
		Version: 1, CreatedBy: "ada", CreatedAt: now, Input: json.RawMessage(`{}`), Data: json.RawMessage(`{}`),
	}
	task := workflow.Task{ID: uuid.Must(uuid.NewV7()), InstanceID: in.ID, ExecutionID: uuid.New(), Step: "ask", Visit: 1, Status: workflow.TaskPending, Title: "Ask", CreatedAt: now, Version: 1}
	return &workflow.Transition{
		InstanceID: in.ID, Instance: in, DataChanged: true, Tasks: []workflow.Row[workflow.Task]{{Value: task, Created: true}},
		Events: []workflow.Event{{Type: workflow.EventStepStarted, At: now}},
	}
}
