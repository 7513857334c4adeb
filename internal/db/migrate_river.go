package db

import (
	"context"
	"database/sql"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// riverSchema is where River keeps its tables.
const riverSchema = "river"

// River's tables come by migrations of River's own. Each of ours that brings
// them to a later version says which.
const (
	riverMigration = 20 // the number among ours
	riverVersion   = 8
)

// migrateRiver is the migration that makes River's tables.
func migrateRiver(from source) *goose.Migration {
	return goose.NewGoMigration(riverMigration, &goose.GoFunc{RunDB: func(ctx context.Context, db *sql.DB) error {
		if _, err := db.ExecContext(ctx, `CREATE SCHEMA IF NOT EXISTS `+riverSchema); err != nil {
			return err
		}
		return onRiver(ctx, from, rivermigrate.DirectionUp, riverVersion)
	}}, &goose.GoFunc{RunDB: func(ctx context.Context, db *sql.DB) error {
		if err := onRiver(ctx, from, rivermigrate.DirectionDown, -1); err != nil {
			return err
		}
		_, err := db.ExecContext(ctx, `DROP SCHEMA `+riverSchema)
		return err
	}})
}

// onRiver runs River's migrations up to a version, on connections of its own:
// it speaks pgx, goose database/sql.
func onRiver(ctx context.Context, from source, direction rivermigrate.Direction, version int) error {
	c, err := poolConfig(from, 1)
	if err != nil {
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return err
	}
	defer pool.Close()
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: riverSchema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, direction, &rivermigrate.MigrateOpts{TargetVersion: version})
	return err
}
