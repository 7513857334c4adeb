package db

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tandem/internal/engine"
)

// The second wall between tenants. Statements name the tenant; beside that, what
// people are shown is read under a role of the database that sees the rows of
// one tenant alone (migrations/00205), whatever a statement asks for. Which one,
// the connection is told when it serves another tenant than before: within one
// tenant the wall costs no round trip.

//go:embed wall.sql
var sqlWall string

// sqlWallRole tells under which role one reads, and whether lists can be: the
// functions that their indexes need may be used below the policies.
const sqlWallRole = `SELECT role, NOT EXISTS (SELECT FROM pg_proc WHERE NOT proleakproof AND oid = ANY (ARRAY[
	'arrayoverlap(anyarray,anyarray)', 'arraycontains(anyarray,anyarray)', 'numeric_ge(numeric,numeric)', 'int4um(integer)']::regprocedure[]::oid[]))
	FROM tenant_wall`

// buildWall makes the role, as far as one may.
func buildWall(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, sqlWall)
	return wrap("make the role that reads for one tenant", err)
}

// divide makes sure that one's own account sees everything, and that what people
// are shown is read by one that does not.
func (d *DB) divide(ctx context.Context, from source, conns int) error {
	if err := d.checkSight(ctx); err != nil {
		return err
	}
	c, err := poolConfig(from, conns)
	if err != nil {
		return err
	}
	c.ConnConfig.Tracer = d.pool.Config().ConnConfig.Tracer
	return d.openWall(ctx, c)
}

// openWall opens the pool that reads for one tenant at a time; without the
// role, or the right to take it on, there is none.
func (d *DB) openWall(ctx context.Context, c *pgxpool.Config) error {
	var role string
	var lists bool
	if err := d.pool.QueryRow(ctx, sqlWallRole).Scan(&role, &lists); err != nil {
		d.log.Warn("tenants are told apart by statements alone: the database has no role that reads for one tenant", "error", err)
		return nil
	}
	setRole := "SET ROLE " + pgx.Identifier{role}.Sanitize()
	after := c.AfterConnect
	c.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if err := after(ctx, conn); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, setRole)
		return err
	}
	c.PrepareConn = setTenant
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return wrap("open database", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		d.log.Warn("tenants are told apart by statements alone: the database's role may not be taken on", "role", role, "error", err)
		return nil
	}
	d.reader, d.wall = pool, engine.WallComplete
	if !lists {
		d.wall = engine.WallThings
		d.log.Info("lists are kept apart by tenant in statements alone: a superuser has to allow their indexes once, see docs/operations.md")
	}
	return nil
}

// tenantKey is where a context has the tenant that is read for.
type tenantKey struct{}

// settingTenant is the setting that the policies compare with.
const settingTenant = "tandem.tenant"

// setTenant sets a connection to the context's tenant, if it has another one.
func setTenant(ctx context.Context, conn *pgx.Conn) (bool, error) {
	tenant, _ := ctx.Value(tenantKey{}).(string)
	known := conn.PgConn().CustomData()
	if is, set := known[settingTenant]; set && is == tenant {
		return true, nil
	}
	delete(known, settingTenant)
	if _, err := conn.Exec(ctx, `SELECT set_config($1, $2, false)`, settingTenant, tenant); err != nil {
		return false, err
	}
	known[settingTenant] = tenant
	return true, nil
}

// reading is what one asks to be told.
type reading interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// of gives the connections that show a tenant's rows alone.
func (d *DB) of(tenant string) reading {
	if d.reader == nil {
		return d.pool
	}
	return ofTenant{d.reader, tenant}
}

// listsOf is of for lists, whose indexes more is needed for.
func (d *DB) listsOf(tenant string) reading {
	if d.wall != engine.WallComplete {
		return d.pool
	}
	return d.of(tenant)
}

// ofTenant reads for one tenant.
type ofTenant struct {
	pool   *pgxpool.Pool
	tenant string
}

func (o ofTenant) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, tenantKey{}, o.tenant)
}

func (o ofTenant) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return o.pool.Query(o.in(ctx), sql, args...)
}

func (o ofTenant) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return o.pool.QueryRow(o.in(ctx), sql, args...)
}

func (o ofTenant) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return o.pool.SendBatch(o.in(ctx), b)
}

// checkSight refuses an account of the database that policies hide rows from:
// the engine would see nothing and say nothing.
func (d *DB) checkSight(ctx context.Context) error {
	var hidden bool
	var who, owner string
	err := d.pool.QueryRow(ctx, `SELECT row_security_active(oid), current_user, pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'instances'::regclass`).
		Scan(&hidden, &who, &owner)
	if err != nil {
		return wrap("look at the database's account", err)
	}
	if hidden {
		return fmt.Errorf("the database shows its account %[1]s no rows: its tables belong to %[2]s. GRANT %[2]s TO %[1]s, or ALTER ROLE %[1]s BYPASSRLS", who, owner)
	}
	return nil
}
