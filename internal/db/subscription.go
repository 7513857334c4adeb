package db

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tandem/internal/engine"
	"tandem/internal/notify"
	"tandem/internal/workflow"
)

var _ notify.Store = (*Subscriptions)(nil)

// Subscriptions keeps subscriptions and their deliveries.
type Subscriptions struct{ pool *pgxpool.Pool }

// NewSubscriptions returns the store of subscriptions on the connections of a
// pool.
func NewSubscriptions(pool *pgxpool.Pool) *Subscriptions { return &Subscriptions{pool: pool} }

// maxActive bounds the subscriptions that one batch of events is held against.
const maxActive = 10_000

const (
	subscriptionColumns = `s.id, s.tenant_id, s.url, s.description, s.event_types, s.definitions, s.key_id, s.nonce, s.ciphertext, s.is_active,
		coalesce(s.disabled_reason, ''), s.failing_since, s.created_by, s.created_at, s.updated_at`
	deliveryColumns = `d.id, d.subscription_id, d.event_type, d.body, d.status, d.attempts, d.next_at, coalesce(d.last_status, 0), coalesce(d.last_error, ''), d.created_at, d.ended_at`

	sqlAddSubscription = `INSERT INTO subscriptions (id, tenant_id, url, description, event_types, definitions, key_id, nonce, ciphertext, is_active,
			disabled_reason, failing_since, created_by, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, nullif($11, ''), $12, $13, $14, $15)`
	sqlChangeSubscription = `UPDATE subscriptions SET url = $3, description = $4, event_types = $5, definitions = $6, key_id = $7, nonce = $8, ciphertext = $9,
			is_active = $10, disabled_reason = nullif($11, ''), failing_since = $12, updated_at = $15
		WHERE id = $1 AND tenant_id = $2`
	// While nobody listened nothing was read: that is passed over.
	sqlSkipUnheard = `UPDATE delivery_place AS p SET xid = e.xid, seq = e.seq
		FROM (SELECT ev.xid, ev.seq FROM events AS ev WHERE ev.xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY ev.xid DESC, ev.seq DESC LIMIT 1) AS e
		WHERE p.single AND NOT EXISTS (SELECT FROM subscriptions WHERE is_active) AND (e.xid, e.seq) > (p.xid, p.seq)`

	sqlHeard      = `SELECT EXISTS (SELECT FROM subscriptions WHERE is_active)`
	sqlTakePlace  = `SELECT xid::text::bigint, seq FROM delivery_place WHERE single FOR UPDATE SKIP LOCKED`
	sqlMovePlace  = `UPDATE delivery_place SET xid = $1::text::xid8, seq = $2 WHERE single`
	sqlActive     = `SELECT ` + subscriptionColumns + ` FROM subscriptions AS s WHERE s.is_active ORDER BY s.id LIMIT $1`
	sqlDeliveries = `INSERT INTO deliveries (id, subscription_id, event_type, body, status, next_at, created_at)
		SELECT x.id, x.subscription_id, x.event_type, x.body, 'pending', x.next_at, x.created_at
		FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::json[], $5::timestamptz[], $6::timestamptz[]) AS x(id, subscription_id, event_type, body, next_at, created_at)
		WHERE EXISTS (SELECT FROM subscriptions AS s WHERE s.id = x.subscription_id FOR KEY SHARE)`

	sqlClaimDeliveries = `WITH claimed AS (
			SELECT d.id FROM deliveries AS d JOIN subscriptions AS s ON s.id = d.subscription_id AND s.is_active
			WHERE d.status = 'pending' AND d.next_at <= now() ORDER BY d.next_at LIMIT $1 FOR UPDATE OF d SKIP LOCKED)
		UPDATE deliveries AS d SET next_at = now() + $2 FROM claimed AS c, subscriptions AS s
		WHERE d.id = c.id AND s.id = d.subscription_id RETURNING ` + deliveryColumns + `, ` + subscriptionColumns + `,
			coalesce((SELECT i.trace FROM instance_data AS i WHERE i.instance_id = (d.body->'data'->>'instance_id')::uuid), '')`
	// An outcome that comes late says nothing once a later attempt has one.
	sqlSettle = `UPDATE deliveries SET status = $2, attempts = $3, next_at = $4, last_status = nullif($5, 0), last_error = nullif($6, ''), ended_at = $7
		WHERE id = $1 AND status = 'pending' AND attempts < $3`
	sqlResealSubscription = `UPDATE subscriptions SET key_id = $3, nonce = $4, ciphertext = $5 WHERE tenant_id = $1 AND id = $2 AND nonce = $6`

	sqlHealthy = `UPDATE subscriptions SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL`
	sqlFailing = `UPDATE subscriptions SET failing_since = $2 WHERE id = $1 AND failing_since IS NULL`
	sqlDisable = `UPDATE subscriptions SET is_active = false, disabled_reason = $2, updated_at = $3 WHERE id = $1 AND is_active`

	sqlRedeliver = `UPDATE deliveries AS d SET status = 'pending', attempts = 0, next_at = $3, ended_at = NULL
		FROM subscriptions AS s WHERE s.id = d.subscription_id AND s.tenant_id = $1 AND d.id = $2 RETURNING ` + deliveryColumns
	deliveriesOf      = ` FROM deliveries AS d JOIN subscriptions AS s ON s.id = d.subscription_id WHERE s.tenant_id = $1 AND d.subscription_id = $2`
	sqlListDeliveries = `SELECT ` + deliveryColumns + deliveriesOf + `%s AND ($3 = ` + noID + ` OR d.id < $3) ORDER BY d.id DESC LIMIT $4`
	sqlDeadLettersOf  = `SELECT s.id, d.n FROM subscriptions AS s, LATERAL (
			SELECT count(*) AS n FROM (SELECT FROM deliveries WHERE subscription_id = s.id AND status = 'dead' LIMIT $3) AS dead) AS d
		WHERE s.tenant_id = $1 AND s.id = ANY ($2) AND d.n > 0`
	sqlDropDeliveries = `DELETE FROM deliveries WHERE id = ANY (ARRAY (
		SELECT id FROM deliveries WHERE ended_at < $1 ORDER BY ended_at LIMIT $2 FOR UPDATE SKIP LOCKED))`
)

func subscriptionTargets(s *notify.Subscription) []any {
	return []any{
		&s.ID, &s.Tenant, &s.URL, &s.Description, &s.EventTypes, &s.Definitions, &s.Keys.KeyID, &s.Keys.Nonce, &s.Keys.Ciphertext, &s.IsActive,
		&s.DisabledReason, &s.FailingSince, &s.CreatedBy, &s.CreatedAt, &s.UpdatedAt,
	}
}

func scanSubscription(row pgx.CollectableRow) (s notify.Subscription, err error) {
	return s, row.Scan(subscriptionTargets(&s)...)
}

func deliveryTargets(d *notify.Delivery) []any {
	return []any{
		&d.ID, &d.Subscription, &d.EventType, document(&d.Body), &d.Status, &d.Attempts, &d.NextAt, &d.LastStatus, &d.LastError, &d.CreatedAt, &d.EndedAt,
	}
}

func scanDelivery(row pgx.CollectableRow) (d notify.Delivery, err error) {
	return d, row.Scan(deliveryTargets(&d)...)
}

func subscriptionValues(s notify.Subscription) []any {
	return []any{
		s.ID, s.Tenant, s.URL, s.Description, filled(s.EventTypes), filled(s.Definitions), s.Keys.KeyID, s.Keys.Nonce, s.Keys.Ciphertext, s.IsActive,
		s.DisabledReason, s.FailingSince, s.CreatedBy, s.CreatedAt, s.UpdatedAt,
	}
}

// CreateSubscription implements notify.Store.
func (d *Subscriptions) CreateSubscription(ctx context.Context, s notify.Subscription, line workflow.Record) error {
	return wrap("create a subscription", d.change(ctx, line, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sqlSkipUnheard); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, sqlAddSubscription, subscriptionValues(s)...)
		return err
	}))
}

// change does something with its line of the audit and the key of its request.
func (d *Subscriptions) change(ctx context.Context, line workflow.Record, do func(pgx.Tx) error) error {
	return recorded(ctx, d.pool, line, func(tx pgx.Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		return claimKey(ctx, tx, engine.KeyOf(ctx), uuid.Nil)
	})
}

// UpdateSubscription implements notify.Store.
func (d *Subscriptions) UpdateSubscription(ctx context.Context, s notify.Subscription, line workflow.Record) error {
	return wrap("change a subscription", d.change(ctx, line, func(tx pgx.Tx) error {
		if s.IsActive {
			if _, err := tx.Exec(ctx, sqlSkipUnheard); err != nil {
				return err
			}
		}
		// The statement has no use for who made it and when.
		tag, err := tx.Exec(ctx, sqlChangeSubscription+` AND created_by = $13 AND created_at = $14`, subscriptionValues(s)...)
		return orMissing(tag.RowsAffected(), err, notify.ErrNotFound)
	}))
}

// ResealSubscription implements notify.Store.
func (d *Subscriptions) ResealSubscription(ctx context.Context, s notify.Subscription, was []byte) error {
	_, err := d.pool.Exec(ctx, sqlResealSubscription, s.Tenant, s.ID, s.Keys.KeyID, s.Keys.Nonce, s.Keys.Ciphertext, was)
	return wrap("reseal a subscription", err)
}

// orMissing gives missing when no row was changed.
func orMissing(n int64, err, missing error) error {
	if err == nil && n == 0 {
		return missing
	}
	return err
}

// DeleteSubscription implements notify.Store.
func (d *Subscriptions) DeleteSubscription(ctx context.Context, tenant string, id uuid.UUID, line workflow.Record) error {
	return wrap("delete a subscription", d.change(ctx, line, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM subscriptions WHERE tenant_id = $1 AND id = $2`, tenant, id)
		return orMissing(tag.RowsAffected(), err, notify.ErrNotFound)
	}))
}

// Subscription implements notify.Store.
func (d *Subscriptions) Subscription(ctx context.Context, tenant string, id uuid.UUID) (notify.Subscription, error) {
	rows, _ := d.pool.Query(ctx, `SELECT `+subscriptionColumns+` FROM subscriptions AS s WHERE s.tenant_id = $1 AND s.id = $2`, tenant, id)
	s, err := pgx.CollectExactlyOneRow(rows, scanSubscription)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, notify.ErrNotFound
	}
	return s, wrap("read a subscription", err)
}

// Subscriptions implements notify.Store.
func (d *Subscriptions) Subscriptions(ctx context.Context, tenant string, after uuid.UUID, limit int) ([]notify.Subscription, error) {
	rows, _ := d.pool.Query(ctx, `SELECT `+subscriptionColumns+` FROM subscriptions AS s WHERE s.tenant_id = $1 AND s.id > $2 ORDER BY s.id LIMIT $3`, tenant, after, limit)
	list, err := pgx.CollectRows(rows, scanSubscription)
	return list, wrap("list subscriptions", err)
}

// CountSubscriptions implements notify.Store.
func (d *Subscriptions) CountSubscriptions(ctx context.Context, tenant string, most int) (n int, err error) {
	err = d.pool.QueryRow(ctx, `SELECT count(*) FROM (SELECT FROM subscriptions WHERE tenant_id = $1 LIMIT $2) AS few`, tenant, most).Scan(&n)
	return n, wrap("count subscriptions", err)
}

// Dispatch implements notify.Store. Whoever holds the row of the place reads on.
func (d *Subscriptions) Dispatch(ctx context.Context, limit int, deliver func([]notify.Subscription, []engine.FeedEvent) []notify.Delivery) (n int, err error) {
	heard := false
	if err := d.pool.QueryRow(ctx, sqlHeard).Scan(&heard); err != nil || !heard {
		return 0, wrap("look for subscriptions", err)
	}
	err = pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		var at engine.FeedCursor
		if err := tx.QueryRow(ctx, sqlTakePlace).Scan(&at.Xid, &at.Seq); errors.Is(err, pgx.ErrNoRows) {
			return nil // another process reads
		} else if err != nil {
			return err
		}
		// What retention has deleted meanwhile cannot be told any more; the rest is.
		rows, _ := tx.Query(ctx, sqlFeed, strconv.FormatUint(at.Xid, 10), at.Seq, limit)
		events, err := pgx.CollectRows(rows, scanFeedEvent)
		if err != nil || len(events) == 0 {
			return err
		}
		rows, _ = tx.Query(ctx, sqlActive, maxActive)
		subs, err := pgx.CollectRows(rows, scanSubscription)
		if err != nil {
			return err
		}
		if err := addDeliveries(ctx, tx, deliver(subs, events)); err != nil {
			return err
		}
		n, at = len(events), events[len(events)-1].Cursor
		_, err = tx.Exec(ctx, sqlMovePlace, strconv.FormatUint(at.Xid, 10), at.Seq)
		return err
	})
	if err != nil {
		return 0, wrap("make deliveries of events", err)
	}
	return n, nil
}

func addDeliveries(ctx context.Context, tx pgx.Tx, list []notify.Delivery) error {
	if len(list) == 0 {
		return nil
	}
	ids, subs, kinds := make([]uuid.UUID, len(list)), make([]uuid.UUID, len(list)), make([]string, len(list))
	bodies, next, created := make([]string, len(list)), make([]time.Time, len(list)), make([]time.Time, len(list))
	for i, v := range list {
		ids[i], subs[i], kinds[i], bodies[i], next[i], created[i] = v.ID, v.Subscription, v.EventType, string(v.Body), *v.NextAt, v.CreatedAt
	}
	_, err := tx.Exec(ctx, sqlDeliveries, ids, subs, kinds, bodies, next, created)
	return err
}

// AddDelivery implements notify.Store.
func (d *Subscriptions) AddDelivery(ctx context.Context, _ string, v notify.Delivery, line workflow.Record) error {
	return wrap("add a delivery", d.change(ctx, line, func(tx pgx.Tx) error { return addDeliveries(ctx, tx, []notify.Delivery{v}) }))
}

// ClaimDeliveries implements notify.Store.
func (d *Subscriptions) ClaimDeliveries(ctx context.Context, limit int, hold time.Duration) ([]notify.Claimed, error) {
	rows, _ := d.pool.Query(ctx, sqlClaimDeliveries, limit, hold)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c notify.Claimed, err error) {
		return c, row.Scan(append(append(deliveryTargets(&c.Delivery), subscriptionTargets(&c.To)...), &c.Trace)...)
	})
	return list, wrap("claim deliveries", err)
}

// SettleDelivery implements notify.Store.
func (d *Subscriptions) SettleDelivery(ctx context.Context, o notify.Outcome) error {
	err := pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sqlSettle, o.ID, o.Status, o.Attempts, o.NextAt, o.LastStatus, o.LastError, o.EndedAt); err != nil {
			return err
		}
		if o.Status == notify.Delivered {
			_, err := tx.Exec(ctx, sqlHealthy, o.Subscription)
			return err
		}
		if _, err := tx.Exec(ctx, sqlFailing, o.Subscription, time.Now().UTC()); err != nil || o.Disable == "" {
			return err
		}
		_, err := tx.Exec(ctx, sqlDisable, o.Subscription, o.Disable, time.Now().UTC())
		return err
	})
	return wrap(fmt.Sprintf("settle delivery %s", o.ID), err)
}

// Redeliver implements notify.Store.
func (d *Subscriptions) Redeliver(ctx context.Context, tenant string, id uuid.UUID, at time.Time, line workflow.Record) (again notify.Delivery, err error) {
	err = d.change(ctx, line, func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, sqlRedeliver, tenant, id, at)
		again, err = pgx.CollectExactlyOneRow(rows, scanDelivery)
		if errors.Is(err, pgx.ErrNoRows) {
			return notify.ErrNoDelivery
		}
		return err
	})
	return again, wrap("deliver again", err)
}

// Delivery implements notify.Store.
func (d *Subscriptions) Delivery(ctx context.Context, tenant string, id uuid.UUID) (notify.Delivery, error) {
	rows, _ := d.pool.Query(ctx, `SELECT `+deliveryColumns+` FROM deliveries AS d JOIN subscriptions AS s ON s.id = d.subscription_id
		WHERE s.tenant_id = $1 AND d.id = $2`, tenant, id)
	v, err := pgx.CollectExactlyOneRow(rows, scanDelivery)
	if errors.Is(err, pgx.ErrNoRows) {
		return v, notify.ErrNoDelivery
	}
	return v, wrap("read a delivery", err)
}

// Deliveries implements notify.Store.
func (d *Subscriptions) Deliveries(ctx context.Context, tenant string, subscription uuid.UUID, statuses []notify.DeliveryStatus, before uuid.UUID, limit int) ([]notify.Delivery, error) {
	rows, _ := d.pool.Query(ctx, fmt.Sprintf(sqlListDeliveries, inStatus(statuses)), tenant, subscription, before, limit)
	list, err := pgx.CollectRows(rows, scanDelivery)
	return list, wrap("list deliveries", err)
}

// CountDeliveries implements notify.Store.
func (d *Subscriptions) CountDeliveries(ctx context.Context, tenant string, subscription uuid.UUID, statuses []notify.DeliveryStatus, most int) (n int, err error) {
	err = d.pool.QueryRow(ctx, `SELECT count(*) FROM (SELECT`+deliveriesOf+inStatus(statuses)+` LIMIT $3) AS few`, tenant, subscription, most).Scan(&n)
	return n, wrap("count deliveries", err)
}

// inStatus is the condition on the status of deliveries d. The words stand in
// the statement, so that the index of those that have not arrived is found.
func inStatus(statuses []notify.DeliveryStatus) string {
	words := make([]string, len(statuses))
	for i, status := range statuses {
		words[i] = "'" + strings.ReplaceAll(string(status), "'", "''") + "'"
	}
	if len(words) == 0 {
		return ""
	}
	return " AND d.status IN (" + strings.Join(words, ", ") + ")"
}

// DeadLetters implements notify.Store.
func (d *Subscriptions) DeadLetters(ctx context.Context, tenant string, subscriptions []uuid.UUID, most int) (map[uuid.UUID]int, error) {
	rows, _ := d.pool.Query(ctx, sqlDeadLettersOf, tenant, subscriptions, most)
	dead := map[uuid.UUID]int{}
	var id uuid.UUID
	var n int
	_, err := pgx.ForEachRow(rows, []any{&id, &n}, func() error { dead[id] = n; return nil })
	return dead, wrap("count dead deliveries", err)
}

// DropDeliveries implements notify.Store.
func (d *Subscriptions) DropDeliveries(ctx context.Context, before time.Time, limit int) (int, error) {
	tag, err := d.pool.Exec(ctx, sqlDropDeliveries, before, limit)
	return int(tag.RowsAffected()), wrap("drop deliveries", err)
}
