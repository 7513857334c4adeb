package db

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tandem/internal/workflow"
)

// How a batch is stored.
//
// All transitions of a batch travel as a few multi-row statements in one
// pipeline: one round trip, one transaction, one commit. The first statements
// write the instances, each row only if its version is the one that its
// transition was decided on, and keep the ids whose row was not written in
// tandem.stale, a setting that ends with the transaction. Every later
// statement leaves the rows of those out. So a stale member writes nothing,
// while the others commit.
//
// A setting costs one expression per statement. The alternatives were tried
// with batches of 256: joining every later row to the instances that the
// transaction wrote (xmin = pg_current_xact_id()) costs an index look-up per
// row, some 15 % of the database's time; raising an error when a guard fails
// costs nothing until it happens, and then the whole batch once more. With
// several processes, each with its cache of snapshots, it happens often.
//
// Instances are locked in the order of their ids, first all that are new, then
// all that are not; every later row belongs to a locked instance. Starts that
// others may stand in the way of come in between, in the order of what they
// claim (start.go). So two batches cannot wait for each other in a circle.
const (
	applyAttempts = 3
	applyBackoff  = 5 * time.Millisecond
)

// rowsOfStale is false for the rows of instances that were not written.
const rowsOfStale = `x.instance_id <> ALL ((SELECT string_to_array(current_setting('tandem.stale'), ',')::uuid[])::uuid[])`

// guarded makes a statement that writes instances keep the ids of those that
// it did not write. $1 holds the ids of all.
func guarded(write string) string {
	return `WITH written AS (` + write + `)
		` + keepStale
}

const keepStale = `SELECT set_config('tandem.stale', concat_ws(',', nullif(current_setting('tandem.stale', true), ''),
			(SELECT string_agg(x.id::text, ',') FROM unnest($1::uuid[]) AS x(id) WHERE x.id NOT IN (SELECT id FROM written))), true)`

// Apply implements engine.Store. It keeps times to the microsecond. When the
// connection breaks while the database commits, the outcome is unknown: the
// error says so, and sending the batch again is safe, since the guard then
// finds it done and calls it stale.
func (d *DB) Apply(ctx context.Context, batch []*workflow.Transition) (map[uuid.UUID]bool, error) {
	changes, err := inOrder(batch)
	if err != nil || len(changes) == 0 {
		return nil, err
	}
	p, err := pack(changes, note(d.process, changes))
	if err != nil {
		return nil, fmt.Errorf("apply: %w", err)
	}
	if d.noJobs {
		p.writes = slices.DeleteFunc(p.writes, func(r *rows) bool { return r.sql == sqlOffers })
	}
	lane, give, err := d.lane(ctx)
	if err != nil {
		return nil, fmt.Errorf("apply: %w", err)
	}
	defer give()
	for attempt := 1; ; attempt++ {
		stale, err := p.send(ctx, d, lane)
		if err == nil || !retriable(err) || attempt == applyAttempts {
			return stale, applyError(err)
		}
		if err := pause(ctx, time.Duration(attempt)*applyBackoff); err != nil {
			return nil, fmt.Errorf("apply: %w", err)
		}
	}
}

// inOrder gives the transitions that change something, by instance id.
func inOrder(batch []*workflow.Transition) ([]*workflow.Transition, error) {
	changes := make([]*workflow.Transition, 0, len(batch))
	for _, t := range batch {
		if t.Changed() {
			changes = append(changes, t)
		}
	}
	slices.SortFunc(changes, func(a, b *workflow.Transition) int {
		return bytes.Compare(a.InstanceID[:], b.InstanceID[:])
	})
	for i := 1; i < len(changes); i++ {
		if changes[i].InstanceID == changes[i-1].InstanceID {
			return nil, fmt.Errorf("apply: instance %s is twice in one batch", changes[i].InstanceID)
		}
	}
	return changes, nil
}

// applyError tells a batch that surely was not stored from one that may have
// been.
func applyError(err error) error {
	err = wrap("apply", err)
	var refusal *workflow.Error
	if errors.As(err, &refusal) && !errors.As(err, new(*pgconn.PgError)) && !pgconn.SafeToRetry(err) {
		refusal.Message = "The connection to the database broke while the change was being stored. Look whether it is there before you repeat it."
	}
	return err
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// parcel is a batch as statements: guards first.
type parcel struct {
	guards []*rows
	writes []*rows
	counts []any // nil = nothing to count
	note   string
}

// pack encodes the transitions. Statements without rows are left out.
func pack(changes []*workflow.Transition, note string) (*parcel, error) {
	w := newWriter()
	for _, t := range changes {
		if err := w.transition(t); err != nil {
			return nil, fmt.Errorf("instance %s: %w", t.InstanceID, err)
		}
	}
	if err := w.exclusive(changes); err != nil {
		return nil, err
	}
	empty := func(r *rows) bool { return r.len() == 0 }
	return &parcel{
		guards: slices.DeleteFunc(w.guards(), empty),
		writes: slices.DeleteFunc(w.writes(), empty),
		counts: w.counts.args(),
		note:   note,
	}, nil
}

func (p *parcel) send(ctx context.Context, d *DB, lane int16) (map[uuid.UUID]bool, error) {
	batch := &pgx.Batch{}
	for _, r := range slices.Concat(p.guards, p.writes) {
		batch.Queue(r.sql, r.args()...)
	}
	if p.counts != nil {
		batch.Queue(sqlCount, append(slices.Clone(p.counts), d.process, lane)...)
	}
	batch.Queue(`SELECT pg_notify($1, $2)`, channel, p.note)
	results := d.engine.SendBatch(ctx, batch)
	stale, err := p.read(results)
	if closing := results.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return nil, err
	}
	return parseStale(stale)
}

// read gives the list of stale instances as the last guard knows it.
func (p *parcel) read(results pgx.BatchResults) (stale string, err error) {
	for range p.guards {
		if err := results.QueryRow().Scan(&stale); err != nil {
			return "", err
		}
	}
	rest := len(p.writes) + 1 // the note
	if p.counts != nil {
		rest++
	}
	for range rest {
		if _, err := results.Exec(); err != nil {
			return "", err
		}
	}
	return stale, nil
}

func parseStale(list string) (map[uuid.UUID]bool, error) {
	if list == "" {
		return nil, nil
	}
	stale := map[uuid.UUID]bool{}
	for text := range strings.SplitSeq(list, ",") {
		id, err := uuid.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("read stale instances: %w", err)
		}
		stale[id] = true
	}
	return stale, nil
}

// channel is where a batch is announced to other processes.
const channel = "tandem"

// maxNote is how many bytes of Postgres's 8,000 a note may have.
const maxNote = 7_900

// everything stands in a note that would be too long.
const everything = "*"

// note says who changed what: the process's id, then those of the instances.
func note(process uuid.UUID, changes []*workflow.Transition) string {
	encode := base64.RawURLEncoding.EncodeToString
	if (len(changes)+1)*23 > maxNote {
		return encode(process[:]) + "," + everything
	}
	parts := make([]string, 0, len(changes)+1)
	parts = append(parts, encode(process[:]))
	for _, t := range changes {
		parts = append(parts, encode(t.InstanceID[:]))
	}
	return strings.Join(parts, ",")
}
