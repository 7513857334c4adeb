package chaos

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/internal/judge"
)

// asleep is how long the schedules of a pair have had nobody to run them when
// its nodes start, darkness how long a blackout takes: longer than a time of a
// schedule may be late.
const (
	asleep   = 6 * time.Minute
	darkness = 75 * time.Second
)

// sleepClocks makes the schedules look as if nobody had run since they were
// stored.
func (p *pair) sleepClocks(ctx context.Context, conn *pgx.Conn) error {
	now := time.Now()
	rows, err := conn.Query(ctx, `UPDATE schedules SET next_at = next_at - $1 * interval '1 microsecond', look_at = next_at - $1 * interval '1 microsecond'
		RETURNING definition_name, idx, next_at`, asleep.Microseconds())
	if err != nil {
		return err
	}
	p.clocks, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (c judge.Clock, err error) {
		c.Downs = []judge.Down{{From: now.Add(-asleep), To: now}}
		return c, row.Scan(&c.Definition, &c.Index, &c.From)
	})
	return err
}

// blackOut lets no node run for a while.
func (p *pair) blackOut(ctx context.Context) {
	down := judge.Down{From: time.Now()}
	for _, node := range p.nodes {
		node.kill()
		p.report.Kills++
	}
	p.report.Blackouts++
	_ = pause(ctx, darkness)
	for _, node := range p.nodes {
		p.revive(ctx, node, 0)
	}
	down.To = time.Now()
	for i := range p.clocks {
		p.clocks[i].Downs = append(p.clocks[i].Downs, down)
	}
}

// stopClocks lets schedules start nothing more.
func (p *pair) stopClocks(ctx context.Context) {
	_, _ = p.pool.Exec(ctx, `UPDATE schedules SET look_at = NULL WHERE look_at IS NOT NULL`) // it is repeated
}

// readClocks gives the schedules with the time that they look at next: all times
// before it are owed.
func (p *pair) readClocks(ctx context.Context) ([]judge.Clock, error) {
	rows, err := p.pool.Query(ctx, `SELECT definition_name, idx, next_at FROM schedules`)
	if err != nil {
		return nil, err
	}
	rough := judge.Down{From: p.began, To: p.calmed}
	var name string
	var index int
	var next *time.Time
	clocks := slices.Clone(p.clocks)
	_, err = pgx.ForEachRow(rows, []any{&name, &index, &next}, func() error {
		for i := range clocks {
			if clocks[i].Definition == name && clocks[i].Index == index && next != nil {
				clocks[i].To, clocks[i].Rough = *next, []judge.Down{rough}
			}
		}
		return nil
	})
	return clocks, err
}

// readKept gives the marks of messages that nobody has received yet: that are
// kept, or on their way.
func (p *pair) readKept(ctx context.Context) ([]string, error) {
	rows, err := p.pool.Query(ctx, `SELECT data->>'mark' FROM messages UNION ALL
		SELECT payload->'command'->'message'->'data'->>'mark' FROM due WHERE kind = 'send' AND payload->>'kind' = 'message'`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
