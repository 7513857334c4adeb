package seed

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Target is a running Tandem to fill.
type Target struct {
	Engine    *engine.Engine
	Read      engine.Reader
	Pool      *pgxpool.Pool
	Recount   func(context.Context) error
	Instances int
	Tasks     int // how many of them have an open task
	Progress  io.Writer
}

// Limits of seeding.
const (
	MaxInstances = 10_000_000
	chunk        = 20_000              // instances of one transaction
	history      = 100_000             // of the newest instances every event is written
	span         = 90 * 24 * time.Hour // over which starts are spread
	openSpan     = 53 * time.Hour      // over which those of open tasks are, which are due after 48 h
	Clerks       = 20                  // people who start instances, and who decide in each group
)

// Groups lists the group that decides in each workflow.
func Groups() (names []string) {
	for _, k := range kinds {
		names = append(names, k.group)
	}
	return names
}

// Member is the login of the n-th person of a group, from 0.
func Member(group string, n int) string { return fmt.Sprintf("%s%02d", group, n+1) }

// Clerk is the login of the n-th person who starts instances, from 0.
func Clerk(n int) string { return fmt.Sprintf("clerk%02d", n+1) }

// Run fills the database. What it has written stays when it is interrupted, and
// is counted by the next Recount.
func Run(ctx context.Context, t Target) error {
	patterns, err := t.patterns(ctx)
	if err != nil {
		return err
	}
	begin, now := time.Now(), time.Now().UTC().Truncate(time.Second)
	for from := 0; from < t.Instances; from += chunk {
		if err := t.chunk(ctx, patterns, from, min(from+chunk, t.Instances), now); err != nil {
			return fmt.Errorf("instances from %d: %w", from, err)
		}
		fmt.Fprintf(t.Progress, "%d of %d instances after %s\n", min(from+chunk, t.Instances), t.Instances, time.Since(begin).Round(time.Second))
	}
	if err := t.drop(ctx, patterns); err != nil {
		return err
	}
	if err := t.Recount(ctx); err != nil {
		return err
	}
	fmt.Fprintln(t.Progress, "vacuuming and analyzing")
	_, err = t.Pool.Exec(ctx, `VACUUM (ANALYZE) instances, instance_data, executions, tasks, due, events, search_values, counters, definitions`)
	return err
}

// patterns has the engine run one instance of each workflow and shape.
func (t Target) patterns(ctx context.Context) ([]*pattern, error) {
	setup := workflow.SystemActor(workflow.DefaultTenant, "seed")
	var all []*pattern
	for _, k := range kinds {
		if _, _, _, err := t.Engine.SaveDefinition(ctx, setup, k.document()); err != nil {
			return nil, fmt.Errorf("workflow %s: %w", k.name, err)
		}
		for _, s := range shapes {
			id, err := runOne(ctx, t.Engine, t.Read, k, s)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", k.name, s.name, err)
			}
			p, err := readPattern(ctx, t.Pool, id)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", k.name, s.name, err)
			}
			all = append(all, p)
		}
	}
	return all, nil
}

// sqlClones lays out the instances from $1 to below $2 of $3, $4 of which have
// an open task: these are among the newest. Starts are spread evenly over $6
// before $5. What is drawn for an instance follows from its number.
const sqlClones = `CREATE TEMP TABLE clones ON COMMIT DROP AS
	SELECT s.n, s.kind * $7::int + s.shape + 1 AS pattern, a.at,
		-- A UUIDv7 around the three digits of what it is the id of: milliseconds
		-- before them; behind them the instance's number, scrambled.
		substr(ms, 1, 8) || '-' || substr(ms, 9, 4) || '-7' AS prefix,
		'-8' || substr(md5(s.n::text), 1, 3) || '-' || substr(md5(s.n::text), 4, 4) || lpad(to_hex(s.n * 2654435761 & 4294967295), 8, '0') AS suffix,
		'Customer ' || lpad((abs(hashint8(s.n * 7 + 1)) % 5000)::text, 4, '0') AS customer,
		(ARRAY['north', 'south', 'east', 'west'])[1 + abs(hashint8(s.n * 7 + 2)) % 4] AS region,
		(abs(hashint8(s.n * 7 + 3)) % 1000000)::text || '.25' AS amount,
		'clerk' || lpad((1 + abs(hashint8(s.n * 7 + 4)) % $8::int)::text, 2, '0') AS starter,
		($14::text[])[s.kind + 1] || lpad((1 + abs(hashint8(s.n * 7 + 8)) % $8::int)::text, 2, '0') AS decider
	FROM (SELECT n, abs(hashint8(n * 7 + 5)) % $9::int AS kind, $5::timestamptz - $6::interval * (1 - n::float8 / $3::int) AS at,
			CASE WHEN n >= $3::int - $11::int AND abs(hashint8(n * 7 + 6)) % 1000000 < $4::int * 1000000.0 / $11::int THEN
				(SELECT o.no FROM unnest($10::int[], $12::int[], $13::bool[]) AS o(no, upto, open) WHERE o.open AND abs(hashint8(n * 7 + 7)) % 1000 < o.upto ORDER BY o.upto LIMIT 1)
			ELSE (SELECT o.no FROM unnest($10::int[], $12::int[], $13::bool[]) AS o(no, upto, open) WHERE NOT o.open AND abs(hashint8(n * 7 + 7)) % 1000 < o.upto ORDER BY o.upto LIMIT 1)
			END AS shape
		FROM generate_series($1::bigint, $2::bigint - 1) AS n) AS s, LATERAL (SELECT CASE WHEN ($13::bool[])[s.shape + 1] THEN $5::timestamptz - $15::interval * (abs(hashint8(s.n * 7 + 9)) % 100000 / 100000.0) ELSE s.at END AS at) AS a,
		lpad(to_hex((extract(epoch FROM a.at) * 1000)::bigint), 12, '0') AS ms`

// chunk writes a part of the instances in one transaction.
func (t Target) chunk(ctx context.Context, patterns []*pattern, from, to int, now time.Time) error {
	return pgx.BeginFunc(ctx, t.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL synchronous_commit = off; SET LOCAL jit = off`); err != nil {
			return err
		}
		no, upto, open := drawn()
		newest := max(t.Tasks+t.Tasks/4, t.Instances/5)
		if newest = min(newest, t.Instances); newest == 0 {
			newest = 1
		}
		_, err := tx.Exec(ctx, sqlClones, from, to, t.Instances, t.Tasks, now, span, len(shapes), Clerks, len(kinds), no, newest, upto, open, Groups(), openSpan)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `ALTER TABLE clones ADD shift interval; CREATE INDEX ON clones (pattern, n); ANALYZE clones`); err != nil {
			return err
		}
		for i, p := range patterns {
			if err := p.write(ctx, tx, i+1, from >= t.Instances-history || shapes[i%len(shapes)].name != "completed"); err != nil {
				return err
			}
		}
		return nil
	})
}

// drawn gives the shapes with their shares, added up.
func drawn() (no, upto []int, open []bool) {
	sums := map[bool]int{}
	for i, s := range shapes {
		sums[s.open] += s.share
		no, upto, open = append(no, i), append(upto, sums[s.open]), append(open, s.open)
	}
	return no, upto, open
}

// write copies the pattern for each of its clones.
func (p *pattern) write(ctx context.Context, tx pgx.Tx, number int, allEvents bool) error {
	_, err := tx.Exec(ctx, `UPDATE clones AS c SET shift = c.at - i.created_at FROM instances AS i WHERE i.id = $2 AND c.pattern = $1`, number, p.instance)
	if err != nil {
		return err
	}
	for _, table := range tables {
		sql := p.inserts[table]
		if table == "events" && !allEvents {
			sql = p.first
		}
		if sql == "" {
			continue
		}
		if _, err := tx.Exec(ctx, sql, number); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	return nil
}

// drop deletes the instances that were copied.
func (t Target) drop(ctx context.Context, patterns []*pattern) error {
	var ids []uuid.UUID
	for _, p := range patterns {
		ids = append(ids, p.instance)
	}
	return pgx.BeginFunc(ctx, t.Pool, func(tx pgx.Tx) error {
		for _, table := range tables[1:] {
			if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE instance_id = ANY ($1)`, ids); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `DELETE FROM instances WHERE id = ANY ($1)`, ids)
		return err
	})
}
