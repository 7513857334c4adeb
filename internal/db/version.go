package db

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

const (
	sqlVersionActive   = `SELECT is_active FROM definitions WHERE tenant_id = $1 AND name = $2 AND version = $3`
	sqlActivateVersion = `UPDATE definitions SET is_active = $4 WHERE tenant_id = $1 AND name = $2 AND version = $3`
	sqlScheduledOf     = `SELECT coalesce(min(definition_version), '') FROM schedules WHERE tenant_id = $1 AND definition_name = $2`

	// Whoever writes instances holds the table in a mode that this one waits for:
	// a start that found the version active is then committed or undone, and
	// later ones find it not active.
	sqlAwaitStarts  = `SET LOCAL lock_timeout = '5s'; LOCK TABLE instances IN SHARE MODE`
	sqlVersionInUse = `SELECT EXISTS (SELECT FROM instances WHERE tenant_id = $1 AND definition_name = $2 AND definition_version = $3)`
	sqlBuryVersion  = `INSERT INTO deleted_versions (tenant_id, name, version, hash, deleted_at)
		SELECT tenant_id, name, version, hash, $4 FROM definitions WHERE tenant_id = $1 AND name = $2 AND version = $3`
	sqlDeleteVersion = `DELETE FROM definitions WHERE tenant_id = $1 AND name = $2 AND version = $3`
)

// codeLockTimeout is the SQLSTATE of a lock that was not had in time.
const codeLockTimeout = "55P03"

// ActivateVersion implements engine.Store.
func (d *DB) ActivateVersion(ctx context.Context, by workflow.Record, ref workflow.Ref, active bool, schedules engine.ScheduleReader) (changed bool, err error) {
	err = pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		was, err := lockVersion(ctx, tx, by.Tenant, ref)
		if err != nil || was == active {
			return err
		}
		changed = true
		if _, err := tx.Exec(ctx, sqlActivateVersion, by.Tenant, ref.Name, ref.Version, active); err != nil {
			return err
		}
		return errors.Join(settleSchedules(ctx, tx, by.Tenant, ref.Name, schedules), writeRecords(ctx, tx, by))
	})
	return changed, wrap("activate "+ref.String(), err)
}

// lockVersion lets nobody else change versions of the definition, and gives
// whether this one is active.
func lockVersion(ctx context.Context, tx pgx.Tx, tenant string, ref workflow.Ref) (active bool, err error) {
	if _, err := tx.Exec(ctx, sqlLockDefinition, tenant, ref.Name); err != nil {
		return false, err
	}
	err = tx.QueryRow(ctx, sqlVersionActive, tenant, ref.Name, ref.Version).Scan(&active)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, workflow.ErrDefinitionNotFound
	}
	return active, err
}

// settleSchedules makes a definition's schedules those of its latest active
// release. Those that are of it already go on as they are.
func settleSchedules(ctx context.Context, tx pgx.Tx, tenant, name string, read engine.ScheduleReader) error {
	latest, err := latestActive(ctx, tx, tenant, name)
	if err != nil {
		return err
	}
	var scheduled, source string
	if err := tx.QueryRow(ctx, sqlScheduledOf, tenant, name).Scan(&scheduled); err != nil {
		return err
	}
	if scheduled == latest {
		return nil
	}
	if latest == "" {
		return writeSchedules(ctx, tx, tenant, name, nil)
	}
	if err := tx.QueryRow(ctx, sqlDefinitionSource, tenant, name, latest).Scan(&source); err != nil {
		return err
	}
	rows, err := read([]byte(source))
	if err != nil {
		return err
	}
	return writeSchedules(ctx, tx, tenant, name, rows)
}

// DeleteVersion implements engine.Store.
func (d *DB) DeleteVersion(ctx context.Context, by workflow.Record, ref workflow.Ref) error {
	err := pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		active, err := lockVersion(ctx, tx, by.Tenant, ref)
		if err != nil {
			return err
		}
		if active {
			return workflow.ErrVersionActive
		}
		if _, err := tx.Exec(ctx, sqlAwaitStarts); err != nil {
			return err
		}
		var used bool
		if err := tx.QueryRow(ctx, sqlVersionInUse, by.Tenant, ref.Name, ref.Version).Scan(&used); err != nil {
			return err
		}
		if used {
			return workflow.ErrVersionInUse
		}
		if _, err := tx.Exec(ctx, sqlBuryVersion, by.Tenant, ref.Name, ref.Version, by.At); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlDeleteVersion, by.Tenant, ref.Name, ref.Version); err != nil {
			return err
		}
		return writeRecords(ctx, tx, by)
	})
	if hasCode(err, codeLockTimeout) {
		return workflow.Errorf(workflow.KindUnavailable, "busy", "Instances are being changed all the time, so it could not be seen that none uses this version. Nothing was deleted; try again in a moment.")
	}
	return wrap("delete "+ref.String(), err)
}
