package db

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Starts that something may stand in the way of: another live instance under
// the same correlation id, or the same key of a caller. They have statements of
// their own, so that others do not pay for them. Both indexes make a racing
// start wait until the first is committed or undone, and then leave it out:
// its instance is stale.

var (
	startFields = append(slices.Clone(newInstance), field{"unique_running", "boolean"})
	keyFields   = fieldsOf("instance_id uuid, tenant_id text, caller text, method text, path text, key text, body text, created_at timestamptz, expires_at timestamptz, answer json")

	sqlStarts = guarded(insertInto("instances", startFields) + ofActiveVersion + ` ON CONFLICT DO NOTHING RETURNING id`)

	// An instance whose key is taken was written just before: it is undone. It
	// is told from one that had been there by the transaction that wrote it.
	sqlStartKeys = `WITH written AS (` + insertInto("idempotency_keys", keyFields) + ` WHERE ` + rowsOfStale + `
			ON CONFLICT DO NOTHING RETURNING instance_id AS id),
		undone AS (DELETE FROM instances AS i USING unnest($1::uuid[]) AS x(instance_id)
			WHERE i.id = x.instance_id AND i.xmin = pg_current_xact_id()::xid AND i.id NOT IN (SELECT id FROM written))
		` + keepStale

	// Of a request whose key is used already, nothing is written: twins of one
	// request change one instance, so whoever holds its row sees the other's key.
	// The rows of the whole batch are locked first, in their usual order; only
	// batches with such requests pay for it.
	sqlLockKeyed = `WITH locked AS (SELECT id FROM instances WHERE id = ANY ($1) ORDER BY id FOR UPDATE)
		SELECT coalesce(current_setting('tandem.stale', true), '') FROM (SELECT count(*) FROM locked) AS x`
	sqlUsedKeys = `SELECT set_config('tandem.stale', concat_ws(',', nullif(current_setting('tandem.stale', true), ''),
			(SELECT string_agg(x.instance_id::text, ',') FROM ` + unnest(keyFields) + ` WHERE EXISTS (SELECT FROM idempotency_keys AS k
				WHERE k.tenant_id = x.tenant_id AND k.caller = x.caller AND k.method = x.method AND k.path = x.path AND k.key = x.key
					AND (k.expires_at IS NULL OR k.expires_at > now())))), true)`
	sqlKeyedInstances = guarded(sqlUpdateInstances + ` AND t.id <> ALL (coalesce(string_to_array(current_setting('tandem.stale', true), ','), '{}')::uuid[]) RETURNING t.id`)

	// A key whose time is over may be used again before it is dropped.
	sqlKeys = insertInto("idempotency_keys", keyFields) + ` WHERE ` + rowsOfStale + `
		ON CONFLICT (tenant_id, caller, method, path, key) DO UPDATE SET instance_id = excluded.instance_id, body = excluded.body,
			created_at = excluded.created_at, expires_at = excluded.expires_at, answer = excluded.answer
		WHERE idempotency_keys.expires_at <= now()`

	// The same of a key whose effect is not in an instance's transition.
	sqlClaimKey = `INSERT INTO idempotency_keys AS k (instance_id, tenant_id, caller, method, path, key, body, created_at, expires_at, answer)
		VALUES (nullif($1, '00000000-0000-0000-0000-000000000000'::uuid), $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (tenant_id, caller, method, path, key) DO UPDATE SET instance_id = excluded.instance_id, body = excluded.body,
			created_at = excluded.created_at, expires_at = excluded.expires_at, answer = excluded.answer
		WHERE k.expires_at <= now()`

	sqlKeyUse = `SELECT coalesce(instance_id, '00000000-0000-0000-0000-000000000000'), body, answer FROM idempotency_keys
		WHERE tenant_id = $1 AND caller = $2 AND method = $3 AND path = $4 AND key = $5 AND (expires_at IS NULL OR expires_at > now())`
	sqlDropKeys = `DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY (
		SELECT ctid FROM idempotency_keys WHERE expires_at <= now() LIMIT $1 FOR UPDATE SKIP LOCKED))`
	sqlLiveUnique = `SELECT id FROM instances
		WHERE tenant_id = $1 AND definition_name = $2 AND correlation_id = $3 AND unique_running AND completed_at IS NULL`
)

// exclusive reports whether something may stand in the way of a start.
func exclusive(t *workflow.Transition) bool {
	return t.From == 0 && (t.Unique || len(t.Keys) > 0)
}

// exclusive writes such starts and all keys, each sort in the order of what is
// claimed: two batches that claim the same meet in the same order.
func (w *writer) exclusive(changes []*workflow.Transition) error {
	var starts []*workflow.Transition
	for _, t := range changes {
		if exclusive(t) {
			starts = append(starts, t)
		}
	}
	slices.SortStableFunc(starts, func(a, b *workflow.Transition) int {
		return cmp.Or(compareUnique(a, b), bytes.Compare(a.InstanceID[:], b.InstanceID[:]))
	})
	for _, t := range starts {
		if err := newInstanceRow(w.starts, &t.Instance); err != nil {
			return err
		}
		w.starts.next().bool(t.Unique)
	}
	w.allKeys(changes)
	if w.keys.len() > 0 {
		w.guardKeys(changes)
	}
	return nil
}

// guardKeys has the keys of requests checked before their instances are
// written.
func (w *writer) guardKeys(changes []*workflow.Transition) {
	w.oldInstances.sql = sqlKeyedInstances
	w.usedKeys.cols, w.usedKeys.at = w.keys.cols, w.keys.at
	for _, t := range changes {
		if t.From > 0 {
			w.lockKeyed.next().id(t.InstanceID)
		}
	}
}

func compareUnique(a, b *workflow.Transition) int {
	if !a.Unique || !b.Unique {
		return cmp.Compare(number(a.Unique), number(b.Unique))
	}
	return cmp.Or(cmp.Compare(a.Instance.Tenant, b.Instance.Tenant), cmp.Compare(a.Instance.Definition.Name, b.Instance.Definition.Name),
		cmp.Compare(a.Instance.CorrelationID, b.Instance.CorrelationID))
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (w *writer) allKeys(changes []*workflow.Transition) {
	type claim struct {
		instance uuid.UUID
		rows     *rows
		workflow.RequestKey
	}
	var claims []claim
	for _, t := range changes {
		r := w.keys
		if t.From == 0 {
			r = w.startKeys
		}
		for _, k := range t.Keys {
			claims = append(claims, claim{t.InstanceID, r, k})
		}
	}
	slices.SortStableFunc(claims, func(a, b claim) int { return compareKeys(a.RequestKey, b.RequestKey) })
	for _, c := range claims {
		keyRow(c.rows, c.instance, c.RequestKey)
	}
}

func compareKeys(a, b workflow.RequestKey) int {
	return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Caller, b.Caller), cmp.Compare(a.Method, b.Method),
		cmp.Compare(a.Path, b.Path), cmp.Compare(a.Key, b.Key))
}

func keyRow(r *rows, instance uuid.UUID, k workflow.RequestKey) {
	r.next().id(instance)
	r.next().text(k.Tenant)
	r.next().text(k.Caller)
	r.next().text(k.Method)
	r.next().text(k.Path)
	r.next().text(k.Key)
	r.next().text(k.Body)
	r.next().time(k.At)
	r.next().when(k.Until)
	r.next().raw(k.Answer)
}

// claimKey writes a key, if there is one, in the transaction of an effect; the
// instance may be zero. ErrKeyTaken says that the effect must be undone.
func claimKey(ctx context.Context, tx pgx.Tx, k *workflow.RequestKey, instance uuid.UUID) error {
	if k == nil {
		return nil
	}
	tag, err := tx.Exec(ctx, sqlClaimKey, instance, k.Tenant, k.Caller, k.Method, k.Path, k.Key, k.Body, k.At, k.Until, []byte(k.Answer))
	if err == nil && tag.RowsAffected() == 0 {
		err = engine.ErrKeyTaken
	}
	return err
}

// KeyUse implements engine.Store.
func (d *DB) KeyUse(ctx context.Context, k workflow.RequestKey) (use workflow.KeyUse, used bool, err error) {
	err = d.engine.QueryRow(ctx, sqlKeyUse, k.Tenant, k.Caller, k.Method, k.Path, k.Key).Scan(&use.InstanceID, &use.Body, document(&use.Answer))
	if errors.Is(err, pgx.ErrNoRows) {
		return use, false, nil
	}
	return use, err == nil, wrap("look a key up", err)
}

// DropKeys implements engine.Store.
func (d *DB) DropKeys(ctx context.Context, limit int) (int, error) {
	tag, err := d.engine.Exec(ctx, sqlDropKeys, limit)
	return int(tag.RowsAffected()), wrap("drop keys", err)
}

// LiveUnique implements engine.Store.
func (d *DB) LiveUnique(ctx context.Context, tenant, definition, correlation string) (id uuid.UUID, err error) {
	err = d.engine.QueryRow(ctx, sqlLiveUnique, tenant, definition, correlation).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return id, workflow.ErrInstanceNotFound
	}
	return id, wrap("look for a live instance", err)
}
