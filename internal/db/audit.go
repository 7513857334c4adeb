package db

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"tandem/internal/audit"
	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var (
	_ audit.Store = (*DB)(nil)
	_ audit.Chain = (*DB)(nil)
)

// recordFields are the columns of a line in the order in which record writes
// them.
var recordFields = fieldsOf("tenant_id text, instance_id uuid, at timestamptz, actor text, caller text, via text, token_id text, address text, " +
	"request_id text, action text, object text, object_id text, definition text, refused text, reason text, before json, after json")

// sqlRecords adds lines and has them sealed; sqlRecordsOf does so for those of a
// batch of transitions, without the stale ones.
var (
	sqlRecords   = recordsInto("")
	sqlRecordsOf = recordsInto(" WHERE " + rowsOfStale)
)

func recordsInto(where string) string {
	return `WITH added AS (` + insertInto("audit", recordFields) + where + ` RETURNING tenant_id, seq)
		INSERT INTO audit_pending SELECT tenant_id, seq FROM added`
}

// record adds a line.
func record(r *rows, line *workflow.Record) {
	r.next().text(line.Tenant)
	r.next().id(line.InstanceID)
	r.next().time(line.At)
	r.next().text(line.Actor)
	r.next().word(line.Caller)
	r.next().text(line.Via)
	r.next().word(line.Token)
	r.next().word(line.Address)
	r.next().word(line.Request)
	r.next().text(line.Action)
	r.next().text(line.Object)
	r.next().text(line.ObjectID)
	r.next().word(line.Definition)
	r.next().word(line.Refused)
	r.next().word(line.Reason)
	r.next().raw(line.Before)
	r.next().raw(line.After)
}

// execer is a connection, a pool or a transaction.
type execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// WriteRecords implements audit.Store.
func (d *DB) WriteRecords(ctx context.Context, lines []workflow.Record) error {
	return wrap("write to the audit", writeRecords(ctx, d.pool, lines...))
}

// writeRecords adds lines, within the transaction of what they tell of.
func writeRecords(ctx context.Context, tx execer, lines ...workflow.Record) error {
	r := newRows(sqlRecords, recordFields)
	for i := range lines {
		record(r, &lines[i])
	}
	_, err := tx.Exec(ctx, r.sql, r.args()...)
	return err
}

// recorded does something in a transaction together with its line of the audit.
func recorded(ctx context.Context, pool *pgxpool.Pool, line workflow.Record, do func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		return writeRecords(ctx, tx, line)
	})
}

const (
	// sealLock is the key of the advisory lock that the sealer holds.
	sealLock = 0x7461_6e64_7365_616c // "tandseal"

	sqlTakePending = `WITH taken AS (SELECT ctid FROM audit_pending WHERE (SELECT pg_try_advisory_xact_lock($2))
			ORDER BY tenant_id, seq LIMIT $1)
		DELETE FROM audit_pending WHERE ctid = ANY (ARRAY (SELECT ctid FROM taken)) RETURNING tenant_id, seq`
	sqlLastSeal = `SELECT no, hash FROM audit_seals WHERE tenant_id = $1 ORDER BY no DESC LIMIT 1`
	sqlAddSeal  = `INSERT INTO audit_seals (tenant_id, no, at, lines, hash) VALUES ($1, $2, $3, $4, $5)`

	recordColumns = `a.seq, a.tenant_id, a.at, a.actor, coalesce(a.caller, ''), a.via, coalesce(a.token_id, ''), coalesce(a.address, ''),
		coalesce(a.request_id, ''), a.action, a.object, a.object_id, a.instance_id, coalesce(a.definition, ''),
		coalesce(a.refused, ''), coalesce(a.reason, ''), a.before, a.after`
	sqlLines = `SELECT ` + recordColumns + ` FROM audit AS a WHERE a.tenant_id = $1 AND a.seq = ANY ($2) ORDER BY a.seq`
)

// sqlRecoverPending has lines sealed that no seal names and that do not wait for
// one: a crash of the database empties audit_pending. It looks back $1 seals, and
// for what committed late as far again.
const sqlRecoverPending = `INSERT INTO audit_pending
	SELECT a.tenant_id, a.seq FROM (SELECT DISTINCT tenant_id FROM audit) AS t,
		LATERAL (SELECT coalesce((SELECT s.lines[cardinality(s.lines)] FROM audit_seals AS s
			WHERE s.tenant_id = t.tenant_id ORDER BY s.no DESC OFFSET $1 LIMIT 1), 0) AS low) AS w,
		LATERAL (SELECT tenant_id, seq FROM audit WHERE tenant_id = t.tenant_id AND seq > w.low
			EXCEPT SELECT tenant_id, unnest(lines) FROM (SELECT tenant_id, lines FROM audit_seals
				WHERE tenant_id = t.tenant_id ORDER BY no DESC LIMIT 2 * $1) AS recent) AS a
	ON CONFLICT DO NOTHING`

// recoverSeals is how many seals are compared with their lines after a crash.
const recoverSeals = 200

// Seal implements audit.Store.
func (d *DB) Seal(ctx context.Context, at time.Time, limit int) (sealed int, err error) {
	var since time.Time
	err = pgx.BeginFunc(ctx, d.side, func(tx pgx.Tx) error {
		if since, err = d.recoverPending(ctx, tx); err != nil {
			return err
		}
		taken, err := takePending(ctx, tx, limit)
		if err != nil {
			return err
		}
		for tenant, seqs := range taken {
			sealed += len(seqs)
			if err := addSeal(ctx, tx, tenant, seqs, at); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		d.sealing.Store(&since)
	}
	return sealed, wrap("seal the audit", err)
}

// recoverPending looks for lines that a crash took out of audit_pending, once
// after each start of the database, and tells when that was.
func (d *DB) recoverPending(ctx context.Context, tx pgx.Tx) (since time.Time, err error) {
	if err := tx.QueryRow(ctx, `SELECT pg_postmaster_start_time()`).Scan(&since); err != nil {
		return since, err
	}
	if known := d.sealing.Load(); known != nil && known.Equal(since) {
		return since, nil
	}
	_, err = tx.Exec(ctx, sqlRecoverPending, recoverSeals)
	return since, err
}

func takePending(ctx context.Context, tx pgx.Tx, limit int) (map[string][]int64, error) {
	rows, err := tx.Query(ctx, sqlTakePending, limit, int64(sealLock))
	if err != nil {
		return nil, err
	}
	taken := map[string][]int64{}
	var tenant string
	var seq int64
	_, err = pgx.ForEachRow(rows, []any{&tenant, &seq}, func() error {
		taken[tenant] = append(taken[tenant], seq)
		return nil
	})
	return taken, err
}

func addSeal(ctx context.Context, tx pgx.Tx, tenant string, seqs []int64, at time.Time) error {
	slices.Sort(seqs)
	var no int64
	var before []byte
	if err := tx.QueryRow(ctx, sqlLastSeal, tenant).Scan(&no, &before); err != nil && err != pgx.ErrNoRows {
		return err
	}
	lines, err := linesOf(ctx, tx, tenant, seqs)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, sqlAddSeal, tenant, no+1, at, seqs, audit.Hash(before, no+1, lines))
	return err
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func linesOf(ctx context.Context, q querier, tenant string, seqs []int64) ([]workflow.Record, error) {
	rows, err := q.Query(ctx, sqlLines, tenant, seqs)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanRecord)
}

func scanRecord(row pgx.CollectableRow) (r workflow.Record, err error) {
	var instance *uuid.UUID
	err = row.Scan(&r.Seq, &r.Tenant, &r.At, &r.Actor, &r.Caller, &r.Via, &r.Token, &r.Address, &r.Request,
		&r.Action, &r.Object, &r.ObjectID, &instance, &r.Definition, &r.Refused, &r.Reason,
		(*[]byte)(&r.Before), (*[]byte)(&r.After))
	if instance != nil {
		r.InstanceID = *instance
	}
	return r, err
}

// Seals implements audit.Chain.
func (d *DB) Seals(ctx context.Context, tenant string, after int64, limit int) ([]audit.Seal, error) {
	rows, err := d.pool.Query(ctx, `SELECT tenant_id, no, at, lines, hash FROM audit_seals
		WHERE tenant_id = $1 AND no > $2 ORDER BY no LIMIT $3`, tenant, after, limit)
	if err != nil {
		return nil, wrap("read seals", err)
	}
	seals, err := pgx.CollectRows(rows, pgx.RowToStructByPos[audit.Seal])
	return seals, wrap("read seals", err)
}

// Lines implements audit.Chain.
func (d *DB) Lines(ctx context.Context, tenant string, seqs []int64) ([]workflow.Record, error) {
	lines, err := linesOf(ctx, d.pool, tenant, seqs)
	return lines, wrap("read sealed lines", err)
}

// Loose implements audit.Chain.
func (d *DB) Loose(ctx context.Context, tenant string) (int, error) {
	var n int
	err := d.pool.QueryRow(ctx, `SELECT count(*) FROM (
			SELECT seq FROM audit WHERE tenant_id = $1
			EXCEPT SELECT unnest(lines) FROM audit_seals WHERE tenant_id = $1
			EXCEPT SELECT seq FROM audit_pending WHERE tenant_id = $1) AS loose`, tenant).Scan(&n)
	return n, wrap("count lines without a seal", err)
}

// Pending implements audit.Chain.
func (d *DB) Pending(ctx context.Context, tenant string) (int, error) {
	var n int
	err := d.pool.QueryRow(ctx, `SELECT count(*) FROM audit_pending WHERE tenant_id = $1`, tenant).Scan(&n)
	return n, wrap("count lines that wait for a seal", err)
}

// AuditedTenants lists the tenants that the audit knows.
func (d *DB) AuditedTenants(ctx context.Context) ([]string, error) {
	rows, err := d.pool.Query(ctx, `SELECT tenant_id FROM audit_seals WHERE no = 1 UNION SELECT tenant_id FROM audit_pending ORDER BY 1`)
	if err != nil {
		return nil, wrap("list audited tenants", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return names, wrap("list audited tenants", err)
}

// Audit implements engine.Reader.
func (d *DB) Audit(ctx context.Context, viewer workflow.Actor, f engine.AuditFilter, p engine.Paging) (engine.Page[workflow.Record], error) {
	if err := engine.MayAudit(viewer); err != nil {
		return engine.Page[workflow.Record]{}, err
	}
	l := &listing[workflow.Record, int64]{
		tenant: viewer.Tenant, name: "audit", order: "a.seq DESC", columns: recordColumns, table: "audit AS a", alias: "a", keys: "a.tenant_id, a.seq",
		id: "seq", idType: "bigint", scan: scanRecord,
		key:   func(r workflow.Record) int64 { return r.Seq },
		after: func(c *conditions, last int64) { c.add("a.seq < ?", last) },
	}
	l.among = "a.tenant_id = " + l.arg(viewer.Tenant)
	l.add(l.among)
	addAmong(&l.conditions, "a.actor", f.Actors)
	addAmong(&l.conditions, "a.action", f.Actions)
	addAmong(&l.conditions, "a.object", f.Objects)
	addAmong(&l.conditions, "a.object_id", f.ObjectIDs)
	addAmong(&l.conditions, "a.definition", f.Definitions)
	if f.InstanceID != nil {
		l.add("a.instance_id = ?", *f.InstanceID)
	}
	switch {
	case f.Refused == nil:
	case *f.Refused:
		l.add("a.refused IS NOT NULL")
	default:
		l.add("a.refused IS NULL")
	}
	l.addWithin("a.at", f.After, f.Before)
	return l.page(ctx, d, p)
}
