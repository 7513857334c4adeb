package db

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"tandem/internal/engine"
)

var (
	_ engine.Store  = (*DB)(nil)
	_ engine.Reader = (*DB)(nil)
)

// Options are the settings of Open; the zero value serves tests.
type Options struct {
	Process     uuid.UUID       // of this program: Listen leaves its own notes out
	MaxConns    int             // of pages and API; 0 = DefaultMaxConns
	EngineConns int             // of the engine; 0 = DefaultEngineConns
	Log         *slog.Logger    // of what goes wrong with jobs; nil = nobody hears
	Like        *pgxpool.Config // how connections are made, in the place of a URL; nil = by the URL
	NoJobs      bool            // steps are left to other processes without a job: an engine.Dispatcher carries them
	Tracer      pgx.QueryTracer // of statements; nil = none
}

// The sizes of the pools. One more connection listens.
const (
	DefaultMaxConns    = 10
	DefaultEngineConns = 6
	sideConns          = 4 // one of which listens too
)

// connectTimeout bounds the making of one connection.
const connectTimeout = 5 * time.Second

// DB is Tandem's database. It is safe for concurrent use.
type DB struct {
	pool    *pgxpool.Pool // pages, API, people
	engine  *pgxpool.Pool // Store: statements by key
	side    *pgxpool.Pool // heartbeats and jobs, which must not wait for the others
	reader  *pgxpool.Pool // what one tenant is shown: see of; nil = the database has no role for it
	wall    engine.Wall   // what is read so
	process uuid.UUID
	lanes   chan int16 // of counters, that no batch has
	noJobs  bool       // jobs travel by another way
	log     *slog.Logger
	sealing atomic.Pointer[time.Time] // start of the database that the sealer knows
	audited chan struct{}             // lines of the audit wait for their seal
}

// Open connects to the database at a URL or key=value string as libpq takes
// them. The schema must be there: see Migrate. It returns a *workflow.Error of
// KindUnavailable when the database cannot be reached.
func Open(ctx context.Context, url string, opts Options) (*DB, error) {
	from := byURL(url)
	if opts.Like != nil {
		from = like(opts.Like)
	}
	pages, err := poolConfig(from, orDefault(opts.MaxConns, DefaultMaxConns))
	if err != nil {
		return nil, err
	}
	eng, err := poolConfig(from, orDefault(opts.EngineConns, DefaultEngineConns))
	if err != nil {
		return nil, err
	}
	planByKey(eng.ConnConfig)
	pages.ConnConfig.Tracer, eng.ConnConfig.Tracer = opts.Tracer, opts.Tracer
	side, err := poolConfig(from, sideConns)
	if err != nil {
		return nil, err
	}
	d := &DB{process: opts.Process, noJobs: opts.NoJobs, lanes: newLanes(int(eng.MaxConns)), log: opts.Log, audited: make(chan struct{}, 1)}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	if d.pool, err = pgxpool.NewWithConfig(ctx, pages); err != nil {
		return nil, wrap("open database", err)
	}
	if d.engine, err = pgxpool.NewWithConfig(ctx, eng); err != nil {
		d.pool.Close()
		return nil, wrap("open database", err)
	}
	if d.side, err = pgxpool.NewWithConfig(ctx, side); err != nil {
		d.pool.Close()
		d.engine.Close()
		return nil, wrap("open database", err)
	}
	if err := d.Ping(ctx); err != nil {
		d.Close()
		return nil, err
	}
	if err := d.divide(ctx, from, int(pages.MaxConns)); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func orDefault(n, fallback int) int {
	if n > 0 {
		return n
	}
	return fallback
}

// source gives how connections are made.
type source func() (*pgxpool.Config, error)

// byURL reads an address.
func byURL(url string) source {
	return func() (*pgxpool.Config, error) {
		c, err := pgxpool.ParseConfig(url)
		if err != nil {
			return nil, fmt.Errorf("read the database's address: %w", err)
		}
		return c, nil
	}
}

// like takes what a pool of somebody else does to connect, and nothing of what
// he does with the connections.
func like(c *pgxpool.Config) source {
	return func() (*pgxpool.Config, error) {
		c := c.Copy()
		c.PrepareConn, c.AfterRelease, c.BeforeClose = nil, nil, nil
		c.BeforeAcquire = nil //lint:ignore SA1019 the other pool may use it still
		c.MinConns, c.MinIdleConns = 0, 0
		return c, nil
	}
}

func poolConfig(from source, conns int) (*pgxpool.Config, error) {
	c, err := from()
	if err != nil {
		return nil, err
	}
	c.MaxConns = int32(conns)
	c.ConnConfig.ConnectTimeout = connectTimeout
	c.PingTimeout = connectTimeout
	c.ConnConfig.RuntimeParams["application_name"] = "tandem"
	c.ConnConfig.RuntimeParams["timezone"] = "UTC"
	c.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	c.ConnConfig.RuntimeParams["enable_seqscan"] = "off"   // what is not asked by askList is looked up by key, in tables that grow
	c.ConnConfig.RuntimeParams["random_page_cost"] = "1.1" // what is looked at often is in memory, or on a disk without arms
	c.ConnConfig.RuntimeParams["jit"] = "off"              // compiling takes longer than any statement here
	c.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		registerTypes(conn.TypeMap())
		return nil
	}
	return c, nil
}

// planByKey makes the planner look rows up by key and in the order of the
// arrays that name them, whatever it believes about the size of tables: they
// grow from nothing within seconds, and a plan that was right for an empty
// table would read a full one from end to end. The order also is the order of
// locks.
func planByKey(c *pgx.ConnConfig) {
	for name, value := range map[string]string{
		"enable_hashjoin":      "off",
		"enable_mergejoin":     "off",
		"max_parallel_workers": "0",
	} {
		c.RuntimeParams[name] = value
	}
}

// registerTypes reads times as UTC and writes whole columns of rows.
func registerTypes(m *pgtype.Map) {
	m.RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID,
		Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	registerColumns(m)
}

// Ping reports whether the database answers.
func (d *DB) Ping(ctx context.Context) error { return wrap("ping database", d.pool.Ping(ctx)) }

// Close waits for statements that run and closes all connections.
func (d *DB) Close() {
	d.pool.Close()
	d.engine.Close()
	d.side.Close()
	if d.reader != nil {
		d.reader.Close()
	}
}

// PoolStat is what the connections of one pool are at.
type PoolStat struct {
	Name string // pages, engine, side or reader
	*pgxpool.Stat
}

// PoolStats tells what the connections are at.
func (d *DB) PoolStats() []PoolStat {
	list := []PoolStat{{"pages", d.pool.Stat()}, {"engine", d.engine.Stat()}, {"side", d.side.Stat()}}
	if d.reader != nil {
		list = append(list, PoolStat{"reader", d.reader.Stat()})
	}
	return list
}

// Pool gives the connections of pages and API to packages that bring their own
// tables, such as the session store.
func (d *DB) Pool() *pgxpool.Pool { return d.pool }
