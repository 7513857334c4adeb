package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// matchBatch bounds how many messages are given to those who wait in one
// transaction.
const matchBatch = 100

var (
	waitFields = fieldsOf("instance_id uuid, execution_id uuid, attempt integer, tenant_id text, name text, key text, since timestamptz")
	waitsDone  = fieldsOf("instance_id uuid, execution_id uuid")

	sqlNewWaits  = insertInto("message_waits", waitFields) + " WHERE " + rowsOfStale
	sqlDoneWaits = `DELETE FROM message_waits AS t USING ` + unnest(waitsDone) + ` WHERE t.execution_id = x.execution_id AND ` + rowsOfStale
)

const (
	// Whoever looks at a name and key sees, once it has the lock, all that others
	// have committed there; of two that come at once, the later sees the other.
	sqlLockMessages = `SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(chr(31), $1::text, $2::text, $3::text), 7))`

	sqlKeptMessages = `SELECT id, data, sent_by, sent_at, expires_at FROM messages
		WHERE tenant_id = $1 AND name = $2 AND key = $3 AND expires_at > now() ORDER BY id LIMIT $4`
	// A wait that is being ended is locked by its transition: it is left out.
	sqlMessageWaits = `SELECT instance_id, execution_id, attempt FROM message_waits
		WHERE tenant_id = $1 AND name = $2 AND key = $3 ORDER BY since, execution_id LIMIT $4 FOR UPDATE SKIP LOCKED`
	sqlCountMessages = `SELECT count(*) FROM (SELECT FROM messages WHERE tenant_id = $1 AND name = $2 AND key = $3 AND expires_at > now() LIMIT $4) AS kept`

	sqlKeepMessage = `INSERT INTO messages (id, tenant_id, name, key, data, sent_by, sent_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
	sqlTakeMessage = `DELETE FROM messages WHERE id = ANY ($1)`
	sqlTakeWaits   = `DELETE FROM message_waits WHERE execution_id = ANY ($1)`
	sqlStoreSend   = `INSERT INTO due (id, instance_id, kind, at, visible_at, payload) VALUES ($1, $2, 'send', $3, $4, $5)`
	sqlDropSend    = `DELETE FROM due WHERE id = $1 AND kind = 'send'`

	sqlDropMessages = `DELETE FROM messages WHERE id = ANY (ARRAY (
		SELECT id FROM messages WHERE expires_at <= now() LIMIT $1 FOR UPDATE SKIP LOCKED))`
	sqlUnmatched = `SELECT DISTINCT w.tenant_id, w.name, w.key FROM message_waits AS w WHERE EXISTS (
		SELECT FROM messages AS m WHERE m.tenant_id = w.tenant_id AND m.name = w.name AND m.key = w.key AND m.expires_at > now()) LIMIT $1`
	sqlStartedBy = `SELECT DISTINCT name FROM definitions WHERE tenant_id = $1 AND start_on = $2 AND is_active ORDER BY name LIMIT $3`
)

func (w *writer) waits(t *workflow.Transition) {
	for _, id := range t.WaitsDone {
		w.doneWaits.next().id(t.InstanceID)
		w.doneWaits.next().id(id)
	}
	for _, wait := range t.Waits {
		r := w.newWaits
		r.next().id(wait.InstanceID)
		r.next().id(wait.ExecutionID)
		r.next().int32(wait.Attempt)
		r.next().text(wait.Tenant)
		r.next().text(wait.Name)
		r.next().text(wait.Key)
		r.next().time(wait.Since)
	}
}

// meeting is what is kept and who waits under one name and key, locked.
type meeting struct {
	tx       pgx.Tx
	key      workflow.MessageKey
	messages []workflow.Message
	waits    []workflow.MessageWait
}

// meet locks a name and key and reads what is there.
func meet(ctx context.Context, tx pgx.Tx, key workflow.MessageKey) (*meeting, error) {
	m := &meeting{tx: tx, key: key}
	batch := &pgx.Batch{}
	batch.Queue(sqlLockMessages, key.Tenant, key.Name, key.Key)
	each(batch.Queue(sqlKeptMessages, key.Tenant, key.Name, key.Key, matchBatch), m.scanMessage, func(v workflow.Message) { m.messages = append(m.messages, v) })
	each(batch.Queue(sqlMessageWaits, key.Tenant, key.Name, key.Key, matchBatch), m.scanWait, func(v workflow.MessageWait) { m.waits = append(m.waits, v) })
	return m, tx.SendBatch(ctx, batch).Close()
}

func (m *meeting) scanMessage(row pgx.CollectableRow) (v workflow.Message, err error) {
	v.MessageKey = m.key
	return v, row.Scan(&v.ID, document(&v.Data), &v.SentBy, &v.SentAt, &v.ExpiresAt)
}

func (m *meeting) scanWait(row pgx.CollectableRow) (v workflow.MessageWait, err error) {
	v.MessageKey = m.key
	return v, row.Scan(&v.InstanceID, &v.ExecutionID, &v.Attempt)
}

// pair gives messages to those who wait and stores that.
func (m *meeting) pair(ctx context.Context) ([]workflow.Send, error) {
	sends := workflow.PairMessages(m.messages, m.waits, newID, time.Now().UTC().Truncate(time.Microsecond))
	if len(sends) == 0 {
		return nil, nil
	}
	var messages, waits []uuid.UUID
	batch := &pgx.Batch{}
	for i, s := range sends {
		messages, waits = append(messages, m.messages[i].ID), append(waits, m.waits[i].ExecutionID)
		due := s.Due()
		batch.Queue(sqlStoreSend, due.ID, due.InstanceID, due.At, due.At.Add(engine.SendHold), []byte(due.Payload))
	}
	batch.Queue(sqlTakeMessage, messages)
	batch.Queue(sqlTakeWaits, waits)
	return sends, m.tx.SendBatch(ctx, batch).Close()
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// SendMessage implements engine.Store.
func (d *DB) SendMessage(ctx context.Context, m workflow.Message, keep bool, key *workflow.RequestKey) (sends []workflow.Send, to uuid.UUID, err error) {
	err = pgx.BeginFunc(ctx, d.engine, func(tx pgx.Tx) error {
		at, err := meet(ctx, tx, m.MessageKey)
		if err != nil {
			return err
		}
		before := len(at.messages)
		at.messages = append(at.messages, m)
		if sends, err = at.pair(ctx); err != nil {
			return err
		}
		if len(sends) > before {
			to = sends[before].To
			return claimKey(ctx, tx, key, to)
		}
		if !keep {
			return nil
		}
		return errors.Join(keepMessage(ctx, tx, m), claimKey(ctx, tx, key, uuid.Nil))
	})
	if err != nil {
		return nil, uuid.Nil, wrap("send a message", err)
	}
	return sends, to, nil
}

// keepMessage keeps one more message.
func keepMessage(ctx context.Context, tx pgx.Tx, m workflow.Message) error {
	kept := 0
	if err := tx.QueryRow(ctx, sqlCountMessages, m.Tenant, m.Name, m.Key, workflow.MaxMessages).Scan(&kept); err != nil {
		return err
	}
	if kept >= workflow.MaxMessages {
		return engine.ErrTooManyMessages
	}
	return insertMessage(ctx, tx, m)
}

func insertMessage(ctx context.Context, tx pgx.Tx, m workflow.Message) error {
	_, err := tx.Exec(ctx, sqlKeepMessage, m.ID, m.Tenant, m.Name, m.Key, []byte(m.Data), m.SentBy, m.SentAt, m.ExpiresAt)
	return err
}

// MatchMessages implements engine.Store.
func (d *DB) MatchMessages(ctx context.Context, key workflow.MessageKey) (sends []workflow.Send, err error) {
	err = pgx.BeginFunc(ctx, d.engine, func(tx pgx.Tx) error {
		at, err := meet(ctx, tx, key)
		if err != nil {
			return err
		}
		sends, err = at.pair(ctx)
		return err
	})
	if err != nil {
		return nil, wrap("match messages", err)
	}
	return sends, nil
}

// ReturnMessage implements engine.Store.
func (d *DB) ReturnMessage(ctx context.Context, send uuid.UUID, m workflow.Message) error {
	err := pgx.BeginFunc(ctx, d.engine, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sqlDropSend, send)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return insertMessage(ctx, tx, m)
	})
	return wrap(fmt.Sprintf("return message %s", m.ID), err)
}

// SweepMessages implements engine.Store.
func (d *DB) SweepMessages(ctx context.Context, limit int) ([]workflow.MessageKey, error) {
	var keys []workflow.MessageKey
	batch := &pgx.Batch{}
	batch.Queue(sqlDropMessages, limit)
	each(batch.Queue(sqlUnmatched, limit), pgx.RowToStructByPos[workflow.MessageKey], func(k workflow.MessageKey) { keys = append(keys, k) })
	return keys, wrap("sweep messages", d.engine.SendBatch(ctx, batch).Close())
}

// StartedBy implements engine.Store.
func (d *DB) StartedBy(ctx context.Context, tenant, message string, limit int) ([]string, error) {
	rows, err := d.engine.Query(ctx, sqlStartedBy, tenant, message, limit)
	if err != nil {
		return nil, wrap("find what a message starts", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return slices.Clip(names), wrap("find what a message starts", err)
}
