package db

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/workflow"
)

const (
	// $1 is the limit, $2 for how long the rows are hidden, in microseconds.
	// Rows that another process is claiming are skipped, not waited for.
	sqlClaimDue = `WITH claimed AS (
			SELECT id FROM due WHERE NOT frozen AND visible_at <= now()
			ORDER BY visible_at LIMIT $1 FOR UPDATE SKIP LOCKED)
		UPDATE due AS d SET visible_at = now() + $2 * interval '1 microsecond'
		FROM claimed WHERE d.id = claimed.id RETURNING ` + dueColumns
	sqlNextDue = `SELECT min(visible_at) FROM due WHERE NOT frozen`
)

// ClaimDue implements engine.Store. Times are compared with the database's
// clock. The next time is that of any row, also of one that is hidden: when
// the process that claimed it is lost, it comes back then.
func (d *DB) ClaimDue(ctx context.Context, limit int, hold time.Duration) ([]workflow.Due, time.Time, error) {
	var claimed []workflow.Due
	var next *time.Time
	batch := &pgx.Batch{}
	each(batch.Queue(sqlClaimDue, limit, hold.Microseconds()), scanDue, func(due workflow.Due) { claimed = append(claimed, due) })
	batch.Queue(sqlNextDue).QueryRow(func(row pgx.Row) error { return row.Scan(&next) })
	if err := d.engine.SendBatch(ctx, batch).Close(); err != nil {
		return nil, time.Time{}, wrap("claim due rows", err)
	}
	sortDues(claimed)
	if next == nil {
		return claimed, time.Time{}, nil
	}
	return claimed, *next, nil
}

// DropDue implements engine.Store.
func (d *DB) DropDue(ctx context.Context, ids []uuid.UUID) error {
	_, err := d.engine.Exec(ctx, `DELETE FROM due WHERE id = ANY ($1)`, idColumn(ids))
	return wrap("drop due rows", err)
}

// sortDues puts the oldest first: an UPDATE returns its rows in any order.
func sortDues(dues []workflow.Due) {
	slices.SortFunc(dues, func(a, b workflow.Due) int {
		return cmp.Or(a.At.Compare(b.At), bytes.Compare(a.ID[:], b.ID[:]))
	})
}
