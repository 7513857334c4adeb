package db

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
)

// A lower sequence number may commit later than a higher one. The feed is read
// in the order of (transaction, number), and only below the oldest transaction
// that still runs: what is below is complete and never grows any more.
const (
	sqlFeed = `SELECT ` + eventColumns + `, i.tenant_id, i.definition_name, i.definition_version, ev.xid::text::bigint FROM events AS ev` + withExecution + `
		JOIN instances AS i ON i.id = ev.instance_id
		WHERE (ev.xid, ev.seq) > ($1::text::xid8, $2::bigint) AND ev.xid < pg_snapshot_xmin(pg_current_snapshot())
		ORDER BY ev.xid, ev.seq LIMIT $3`
	// Read after the events, so that a cut between the two is noticed.
	sqlFeedFloor = `SELECT xid::text::bigint, seq FROM feed_floor`
	sqlFeedEnd   = `SELECT ev.xid::text::bigint, ev.seq FROM events AS ev
		WHERE ev.xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY ev.xid DESC, ev.seq DESC LIMIT 1`
)

// Feed implements engine.Store.
func (d *DB) Feed(ctx context.Context, after engine.FeedCursor, limit int) ([]engine.FeedEvent, error) {
	var events []engine.FeedEvent
	var floor engine.FeedCursor
	batch := &pgx.Batch{}
	each(batch.Queue(sqlFeed, strconv.FormatUint(after.Xid, 10), after.Seq, limit), scanFeedEvent, func(ev engine.FeedEvent) { events = append(events, ev) })
	batch.Queue(sqlFeedFloor).QueryRow(func(row pgx.Row) error { return row.Scan(&floor.Xid, &floor.Seq) })
	if err := d.engine.SendBatch(ctx, batch).Close(); err != nil {
		return nil, wrap("read the event feed", err)
	}
	return events, after.Above(floor)
}

func scanFeedEvent(row pgx.CollectableRow) (ev engine.FeedEvent, err error) {
	var xid int64
	err = row.Scan(append(eventTargets(&ev.Event), &ev.Tenant, &ev.Definition.Name, &ev.Definition.Version, &xid)...)
	ev.Cursor = engine.FeedCursor{Xid: uint64(xid), Seq: ev.Seq}
	return ev, err
}

// FeedEnd implements engine.Store.
func (d *DB) FeedEnd(ctx context.Context) (engine.FeedCursor, error) {
	rows, err := d.engine.Query(ctx, sqlFeedEnd)
	if err != nil {
		return engine.FeedCursor{}, wrap("read the end of the event feed", err)
	}
	ends, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c engine.FeedCursor, err error) {
		return c, row.Scan(&c.Xid, &c.Seq)
	})
	if err != nil || len(ends) == 0 {
		return engine.FeedCursor{}, wrap("read the end of the event feed", err)
	}
	return ends[0], nil
}
