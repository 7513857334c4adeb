package db

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"tandem/internal/workflow"
	"tandem/migrations"
)

// Waiting for another process that migrates: every second, for two minutes.
const (
	lockPeriodSeconds = 1
	lockTries         = 120
)

// Migrate brings the schema of the database at url up to date. Processes that
// start together wait for each other; who comes late finds nothing to do.
func Migrate(ctx context.Context, url string) error {
	return migrate(ctx, byURL(url))
}

// MigrateLike is Migrate for the database of somebody else's pool.
func MigrateLike(ctx context.Context, c *pgxpool.Config) error { return migrate(ctx, like(c)) }

func migrate(ctx context.Context, from source) error {
	return withMigrations(from, func(db *sql.DB, p *goose.Provider) error {
		if _, err := p.Up(ctx); err != nil {
			return wrap("migrate", err)
		}
		return buildWall(ctx, db)
	})
}

// Pending reports whether Migrate has something to do.
func Pending(ctx context.Context, url string) (bool, error) {
	var pending bool
	err := withMigrations(byURL(url), func(_ *sql.DB, p *goose.Provider) (err error) {
		pending, err = p.HasPending(ctx)
		return wrap("check migrations", err)
	})
	return pending, err
}

// Ready reports whether the database answers and its schema is that of this
// program, or a later one. Its errors are of KindUnavailable.
func (d *DB) Ready(ctx context.Context) error {
	rows, err := d.pool.Query(ctx, `SELECT version_id FROM goose_db_version WHERE is_applied`)
	if err != nil {
		return wrap("read the schema's version", err)
	}
	applied, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return wrap("read the schema's version", err)
	}
	missing := 0
	for _, version := range numbers() {
		if !slices.Contains(applied, version) {
			missing++
		}
	}
	if missing > 0 {
		return workflow.Errorf(workflow.KindUnavailable, "schema", "The database's schema lacks %d changes that this program needs. Run tandem migrate, or start a process anew.", missing)
	}
	return nil
}

// numbers gives those of all migrations.
var numbers = sync.OnceValue(func() []int64 {
	list := []int64{riverMigration}
	entries, err := migrations.FS.ReadDir(".")
	if err != nil {
		panic(err) // it is in the program
	}
	for _, e := range entries {
		if n, err := goose.NumericComponent(e.Name()); err == nil {
			list = append(list, n)
		}
	}
	return list
})

func withMigrations(from source, run func(*sql.DB, *goose.Provider) error) (err error) {
	db, err := openSQL(from)
	if err != nil {
		return err
	}
	defer db.Close()
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockPeriodSeconds, lockTries))
	if err != nil {
		return fmt.Errorf("lock migrations: %w", err)
	}
	// Numbers are given out before the work is done: one may come after a higher.
	p, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS,
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true),
		goose.WithGoMigrations(migrateRiver(from)))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	return run(db, p)
}

func openSQL(from source) (*sql.DB, error) {
	c, err := from()
	if err != nil {
		return nil, err
	}
	c.ConnConfig.ConnectTimeout = connectTimeout
	if c.BeforeConnect == nil {
		return stdlib.OpenDB(*c.ConnConfig), nil
	}
	return stdlib.OpenDB(*c.ConnConfig, stdlib.OptionBeforeConnect(c.BeforeConnect)), nil
}
