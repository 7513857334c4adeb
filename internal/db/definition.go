package db

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/workflow"
)

const (
	sqlSaveDefinition = `INSERT INTO definitions (tenant_id, name, version, hash, title, labels, source,
			viewer_users, viewer_groups, created_by, created_at, start_on, search)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, nullif($12, ''), $13) ON CONFLICT (tenant_id, name, version) DO NOTHING`
	// One version of a definition is saved at a time, so that the schedules are
	// those of the latest.
	sqlLockDefinition   = `SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(chr(31), $1::text, $2::text), 8))`
	sqlDefinitionHash   = `SELECT hash FROM definitions WHERE tenant_id = $1 AND name = $2 AND version = $3`
	sqlDeletedHash      = `SELECT hash FROM deleted_versions WHERE tenant_id = $1 AND name = $2 AND version = $3`
	sqlUnburyVersion    = `DELETE FROM deleted_versions WHERE tenant_id = $1 AND name = $2 AND version = $3`
	sqlDefinitionSource = `SELECT source FROM definitions WHERE tenant_id = $1 AND name = $2 AND version = $3`
	sqlNamedVersions    = `SELECT name, version FROM definitions WHERE tenant_id = $1 AND name = ANY ($2) AND is_active LIMIT 100000`
	sqlActiveVersions   = `SELECT version FROM definitions WHERE tenant_id = $1 AND name = $2 AND is_active LIMIT 10000`
	sqlInstanceOfTask   = `SELECT instance_id FROM tasks WHERE tenant_id = $1 AND id = $2`
)

// SaveDefinition implements engine.Store. Of two that save the same version at
// once, one creates it and the other is compared with it.
func (d *DB) SaveDefinition(ctx context.Context, def *workflow.Definition, by workflow.Record, key *workflow.RequestKey) (bool, error) {
	tenant, created := by.Tenant, false
	err := pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) (err error) {
		if created, err = insertDefinition(ctx, tx, tenant, def, by.Actor, by.At); err != nil {
			return err
		}
		if !created {
			return errors.Join(sameDefinition(ctx, tx, tenant, def), claimKey(ctx, tx, key, uuid.Nil))
		}
		if err := errors.Join(claimKey(ctx, tx, key, uuid.Nil), writeRecords(ctx, tx, by)); err != nil {
			return err
		}
		latest, err := latestActive(ctx, tx, tenant, def.Name)
		if err != nil || latest != def.Version {
			return err
		}
		return replaceSchedules(ctx, tx, tenant, def, by.At)
	})
	if err != nil {
		return false, wrap("save definition "+def.Ref.String(), err)
	}
	return created, nil
}

// latestActive is the highest active release, "" for none.
func latestActive(ctx context.Context, tx pgx.Tx, tenant, name string) (string, error) {
	rows, err := tx.Query(ctx, sqlActiveVersions, tenant, name)
	if err != nil {
		return "", err
	}
	versions, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return workflow.Latest(versions), err
}

// sameDefinition refuses other content under a version that is stored.
func sameDefinition(ctx context.Context, tx pgx.Tx, tenant string, def *workflow.Definition) error {
	var hash string
	if err := tx.QueryRow(ctx, sqlDefinitionHash, tenant, def.Name, def.Version).Scan(&hash); err != nil {
		return err
	}
	if hash != def.Hash {
		return workflow.ErrVersionExists
	}
	return nil
}

// insertDefinition refuses other content than a deleted version had.
func insertDefinition(ctx context.Context, tx pgx.Tx, tenant string, def *workflow.Definition, by string, at time.Time) (created bool, err error) {
	if _, err := tx.Exec(ctx, sqlLockDefinition, tenant, def.Name); err != nil {
		return false, err
	}
	if err := unbury(ctx, tx, tenant, def); err != nil {
		return false, err
	}
	p, startOn := def.Permissions, ""
	if def.StartOn != nil {
		startOn = def.StartOn.Message
	}
	tag, err := tx.Exec(ctx, sqlSaveDefinition, tenant, def.Name, def.Version, def.Hash, def.Title,
		filled(def.Labels), string(def.Source), filled(p.View.Users, p.Operate.Users), filled(p.View.Groups, p.Operate.Groups), by, at, startOn, filled(def.Search))
	return tag.RowsAffected() == 1, err
}

// unbury lets a version that was deleted be stored again, with the content that
// it had.
func unbury(ctx context.Context, tx pgx.Tx, tenant string, def *workflow.Definition) error {
	var hash string
	err := tx.QueryRow(ctx, sqlDeletedHash, tenant, def.Name, def.Version).Scan(&hash)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return err
	case hash != def.Hash:
		return workflow.ErrVersionExists
	}
	_, err = tx.Exec(ctx, sqlUnburyVersion, tenant, def.Name, def.Version)
	return err
}

// filled joins lists, never to nil: the columns are NOT NULL.
func filled(lists ...[]string) []string { return append([]string{}, slices.Concat(lists...)...) }

// DefinitionSource implements engine.Store.
func (d *DB) DefinitionSource(ctx context.Context, tenant string, ref workflow.Ref) ([]byte, error) {
	var source string
	err := d.of(tenant).QueryRow(ctx, sqlDefinitionSource, tenant, ref.Name, ref.Version).Scan(&source)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, workflow.ErrDefinitionNotFound
	}
	return []byte(source), wrap("read definition "+ref.String(), err)
}

// ActiveVersions implements engine.Store: the highest first.
func (d *DB) ActiveVersions(ctx context.Context, tenant, name string) ([]string, error) {
	rows, err := d.of(tenant).Query(ctx, sqlActiveVersions, tenant, name)
	if err != nil {
		return nil, wrap("list versions of "+name, err)
	}
	versions, err := pgx.CollectRows(rows, pgx.RowTo[string])
	slices.SortFunc(versions, func(a, b string) int { return workflow.CompareVersions(b, a) })
	return versions, wrap("list versions of "+name, err)
}

// LatestVersions implements engine.Store.
func (d *DB) LatestVersions(ctx context.Context, tenant string, names []string) (map[string]string, error) {
	versions := map[string][]string{}
	var name, version string
	rows, err := d.of(tenant).Query(ctx, sqlNamedVersions, tenant, names)
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&name, &version}, func() error {
			versions[name] = append(versions[name], version)
			return nil
		})
	}
	latest := map[string]string{}
	for name, all := range versions {
		if version := workflow.Latest(all); version != "" {
			latest[name] = version
		}
	}
	return latest, wrap("look for latest versions", err)
}

// InstanceOfTask implements engine.Store.
func (d *DB) InstanceOfTask(ctx context.Context, tenant string, task uuid.UUID) (uuid.UUID, error) {
	var id uuid.UUID
	err := d.engine.QueryRow(ctx, sqlInstanceOfTask, tenant, task).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return uuid.Nil, workflow.ErrTaskNotFound
	}
	return id, wrap("find the instance of a task", err)
}
