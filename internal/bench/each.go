package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// forEach measures one list, and one half as long: what an item takes must not
// depend on the length.
func (t Target) forEach(ctx context.Context, r *Report) error {
	half, err := t.list(ctx, items/2)
	if err != nil {
		return err
	}
	whole, err := t.list(ctx, items)
	if err != nil {
		return err
	}
	r.ForEach = ForEach{
		Items: items, PerItem: float64(whole.Microseconds()) / items,
		Doubling: float64(whole) / float64(half) / 2,
	}
	return nil
}

// list runs a list of n items and gives the time until it is done.
func (t Target) list(ctx context.Context, n int) (time.Duration, error) {
	begin := time.Now()
	in, err := t.Engine.Start(ctx, actor, engine.StartInput{
		Definition: "bench_each", Version: "1.0.0",
		Input: json.RawMessage(`{"items":[` + strings.Repeat("1,", n-1) + `1]}`),
	})
	if err != nil {
		return 0, err
	}
	in, err = t.Engine.Wait(ctx, in, time.Minute)
	if err == nil && in.Status != workflow.StatusCompleted {
		err = fmt.Errorf("the list of %d items is %s", n, in.Status)
	}
	return time.Since(begin), err
}

// idle measures what a process costs that has nothing to do. Postgres counts the
// transactions of a connection late, and the process gives its memory back within
// twenty seconds: both are waited for.
func (t Target) idle(ctx context.Context, r *Report) error {
	select {
	case <-time.After(idleSettle):
	case <-ctx.Done():
		return ctx.Err()
	}
	before, err := t.idleUsage(ctx)
	if err != nil {
		return err
	}
	select {
	case <-time.After(idleTime):
	case <-ctx.Done():
		return ctx.Err()
	}
	after, err := t.idleUsage(ctx)
	if err != nil {
		return err
	}
	r.Idle.CPU = float64(after.cpu-before.cpu) / float64(idleTime) * 100
	r.Idle.Transactions = float64(after.transactions-before.transactions) / idleTime.Seconds()
	return nil
}

type idleUsage struct {
	cpu          time.Duration
	transactions int64
}

func (t Target) idleUsage(ctx context.Context) (idleUsage, error) {
	var u idleUsage
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return u, err
	}
	u.cpu = time.Duration(own.Utime.Nano() + own.Stime.Nano())
	err := t.Pool.QueryRow(ctx, `SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()`).Scan(&u.transactions)
	return u, err
}
