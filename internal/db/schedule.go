package db

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

const (
	scheduleColumns = `s.tenant_id, s.definition_name, s.definition_version, s.idx, s.cron, s.zone, s.overlap, s.catch_up,
		s.next_at, s.queued_at, s.look_at, s.last_at, coalesce(s.last_instance, ` + noID + `), coalesce(s.last_error, '')`

	sqlClaimSchedules = `WITH claimed AS (
			SELECT tenant_id, definition_name, idx FROM schedules WHERE look_at <= now() ORDER BY look_at LIMIT $1 FOR UPDATE SKIP LOCKED)
		UPDATE schedules AS s SET look_at = now() + $2 * interval '1 microsecond' FROM claimed AS c
		WHERE s.tenant_id = c.tenant_id AND s.definition_name = c.definition_name AND s.idx = c.idx RETURNING ` + scheduleColumns
	sqlNextSchedule = `SELECT min(look_at) FROM schedules WHERE look_at IS NOT NULL`
	sqlMoveSchedule = `UPDATE schedules SET next_at = $6, queued_at = $7, look_at = $8, last_at = $9, last_instance = nullif($10::uuid, ` + noID + `), last_error = nullif($11, '')
		WHERE tenant_id = $1 AND definition_name = $2 AND idx = $3 AND definition_version = $4 AND next_at = $5`
	sqlSchedules = `SELECT ` + scheduleColumns + ` FROM schedules AS s WHERE s.tenant_id = $1 ORDER BY s.definition_name, s.idx LIMIT $2`

	sqlDropSchedules = `DELETE FROM schedules WHERE tenant_id = $1 AND definition_name = $2`
	sqlAddSchedule   = `INSERT INTO schedules (tenant_id, definition_name, definition_version, idx, cron, zone, overlap, catch_up, next_at, look_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`
)

// replaceSchedules puts the schedules of a definition's version in the place of
// those of another.
func replaceSchedules(ctx context.Context, tx pgx.Tx, tenant string, def *workflow.Definition, now time.Time) error {
	return writeSchedules(ctx, tx, tenant, def.Name, engine.SchedulesOf(tenant, def, now))
}

func writeSchedules(ctx context.Context, tx pgx.Tx, tenant, name string, rows []engine.ScheduleRow) error {
	batch := &pgx.Batch{}
	batch.Queue(sqlDropSchedules, tenant, name)
	for _, s := range rows {
		batch.Queue(sqlAddSchedule, tenant, name, s.Definition.Version, s.Index, s.Cron, s.Zone, s.Overlap, s.CatchUp, orNull(s.NextAt))
	}
	return tx.SendBatch(ctx, batch).Close()
}

// orNull gives nil for no time.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func scanSchedule(row pgx.CollectableRow) (s engine.ScheduleRow, err error) {
	var next, look *time.Time
	err = row.Scan(&s.Tenant, &s.Definition.Name, &s.Definition.Version, &s.Index, &s.Cron, &s.Zone, &s.Overlap, &s.CatchUp,
		&next, &s.QueuedAt, &look, &s.LastAt, &s.LastInstance, &s.LastError)
	if next != nil {
		s.NextAt = *next
	}
	if look != nil {
		s.LookAt = *look
	}
	return s, err
}

// ClaimSchedules implements engine.Store. Times are compared with the
// database's clock.
func (d *DB) ClaimSchedules(ctx context.Context, limit int, hold time.Duration) ([]engine.ScheduleRow, time.Time, error) {
	var rows []engine.ScheduleRow
	var next *time.Time
	batch := &pgx.Batch{}
	each(batch.Queue(sqlClaimSchedules, limit, hold.Microseconds()), scanSchedule, func(s engine.ScheduleRow) { rows = append(rows, s) })
	batch.Queue(sqlNextSchedule).QueryRow(func(row pgx.Row) error { return row.Scan(&next) })
	if err := d.engine.SendBatch(ctx, batch).Close(); err != nil {
		return nil, time.Time{}, wrap("claim schedules", err)
	}
	if next == nil {
		return rows, time.Time{}, nil
	}
	return rows, *next, nil
}

// MoveSchedule implements engine.Store.
func (d *DB) MoveSchedule(ctx context.Context, s engine.ScheduleRow, from time.Time) error {
	_, err := d.engine.Exec(ctx, sqlMoveSchedule, s.Tenant, s.Definition.Name, s.Index, s.Definition.Version, from,
		orNull(s.NextAt), s.QueuedAt, orNull(s.LookAt), s.LastAt, s.LastInstance, s.LastError)
	return wrap("move a schedule", err)
}

// Schedules implements engine.Reader.
func (d *DB) Schedules(ctx context.Context, viewer workflow.Actor) ([]engine.ScheduleRow, error) {
	rows, err := d.of(viewer.Tenant).Query(ctx, sqlSchedules, viewer.Tenant, engine.MaxTotal)
	if err != nil {
		return nil, wrap("list schedules", err)
	}
	list, err := pgx.CollectRows(rows, scanSchedule)
	return list, wrap("list schedules", err)
}
