package db

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/pressly/goose/v3"

	"tandem/internal/db/dbtest"
	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// The program and the database put durations into the same slots.
func TestTookSlot(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	times := []int64{-5, 0, 1, 7, 8, 9, 15, 16, 17, 18, 1000, 999_999, 300_000_000, math.MaxInt64}
	for shift := range 62 {
		times = append(times, 1<<shift-1, 1<<shift, 1<<shift+1)
	}
	for _, us := range times {
		var got int
		if err := d.pool.QueryRow(t.Context(), `SELECT took_slot($1)`, us).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if want := workflow.TookSlot(us); got != want {
			t.Errorf("took_slot(%d) = %d, want %d", us, got, want)
		}
	}
}

// counterRows reads what is stored, by node and bucket.
func counterRows(t *testing.T, d *DB) map[string]int {
	t.Helper()
	rows, err := d.pool.Query(t.Context(), `SELECT node, figure, bucket, n FROM counters`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := map[string]int{}
	for rows.Next() {
		var node uuid.UUID
		var figure, bucket string
		var n int
		if err := rows.Scan(&node, &figure, &bucket, &n); err != nil {
			t.Fatal(err)
		}
		found[fmt.Sprint(node, figure, bucket)] += n
	}
	return found
}

// ended is a start of an instance that has ended at a time.
func ended(at time.Time) *workflow.Transition {
	in := workflow.Instance{
		ID: uuid.Must(uuid.NewV7()), Tenant: "default", Definition: workflow.Ref{Name: "a", Version: "1.0.0"}, Version: 1,
		Status: workflow.StatusCanceled, CreatedAt: at, CompletedAt: &at,
	}
	return &workflow.Transition{InstanceID: in.ID, Instance: in}
}

// Rows of processes that have gone come together under the zero id, also when
// one of them writes once more; those of the living stay.
func TestMergeCounters(t *testing.T) {
	t.Parallel()
	url, now := dbtest.URL(t, Migrate), time.Now()
	var nodes []*DB
	for range 3 {
		d, err := Open(t.Context(), url, Options{Process: uuid.Must(uuid.NewV7())})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.Close)
		nodes = append(nodes, d)
	}
	alive := nodes[0]
	if _, err := alive.pool.Exec(t.Context(), `INSERT INTO processes (id, name) VALUES ($1, 'alive')`, alive.process); err != nil {
		t.Fatal(err)
	}
	write := func(d *DB) {
		if _, err := d.Apply(t.Context(), []*workflow.Transition{ended(now), ended(now)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range nodes {
		write(d)
	}
	want := map[string]int{fmt.Sprint(alive.process, "statuscanceled"): 2, fmt.Sprint(uuid.Nil, "statuscanceled"): 4}
	for round := range 2 {
		if _, err := alive.MergeCounters(t.Context(), now, 100); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, counterRows(t, alive)); diff != "" {
			t.Errorf("round %d: rows (-want +got):\n%s", round, diff)
		}
		write(nodes[2])
		want[fmt.Sprint(uuid.Nil, "statuscanceled")] += 2
	}
}

// What counts nothing and what nobody asks for goes.
func TestMergeCounters_drops(t *testing.T) {
	t.Parallel()
	d, now := openInternal(t), time.Now()
	d.process = uuid.Must(uuid.NewV7())
	old := ended(now.AddDate(0, 0, -20))
	old.Instance.Status = workflow.StatusCompleted
	back := ended(now)
	back.Instance.Status, back.Instance.CompletedAt = workflow.StatusRunning, nil
	if _, err := d.Apply(t.Context(), []*workflow.Transition{old, back}); err != nil {
		t.Fatal(err)
	}
	next := *back
	next.From, next.Was, next.Instance.Version, next.Instance.Status = 1, back.Instance.Standing(), 2, workflow.StatusWaiting
	if _, err := d.Apply(t.Context(), []*workflow.Transition{&next}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.MergeCounters(t.Context(), now, 100); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{fmt.Sprint(uuid.Nil, "statuscompleted"): 1, fmt.Sprint(uuid.Nil, "statuswaiting"): 1}
	if diff := cmp.Diff(want, counterRows(t, d)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if n, err := d.Miscounted(t.Context(), now); n != 0 || err != nil {
		t.Errorf("Miscounted = %d, %v, want 0", n, err)
	}
}

// Counters that were spoiled are found out and counted anew.
func TestRecount(t *testing.T) {
	t.Parallel()
	d, now := openInternal(t), time.Now()
	if _, err := d.Apply(t.Context(), []*workflow.Transition{ended(now), ended(now)}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.pool.Exec(t.Context(), `UPDATE counters SET n = n + 1`); err != nil {
		t.Fatal(err)
	}
	if n, err := d.Miscounted(t.Context(), now); n != 1 || err != nil {
		t.Errorf("Miscounted = %d, %v, want 1", n, err)
	}
	if err := d.Recount(context.Background()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{fmt.Sprint(uuid.Nil, "statuscanceled"): 2}, counterRows(t, d)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// Batches of one process that run at the same time do not wait for each other's
// rows.
func TestApply_counts_beside_each_other(t *testing.T) {
	t.Parallel()
	d, now := openInternal(t), time.Now()
	tx, err := d.side.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	lane, give, err := d.lane(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer give()
	p, err := pack([]*workflow.Transition{ended(now)}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SELECT set_config('tandem.stale', '', true)`); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), sqlCount, append(p.counts, d.process, lane)...); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := d.Apply(ctx, []*workflow.Transition{ended(now)}); err != nil {
		t.Errorf("Apply beside a batch that is not committed: %v", err)
	}
}

// What a database holds from before counters is counted when it is migrated.
func TestMigrate_counts(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, Migrate)
	d, err := Open(t.Context(), url, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	begin := ended(time.Now())
	begin.Instance.Status, begin.Instance.CompletedAt = workflow.StatusWaiting, nil
	for i, groups := range [][]string{{"board", "staff"}, {"staff"}, nil} {
		task := workflow.Task{
			ID: uuid.Must(uuid.NewV7()), InstanceID: begin.InstanceID, ExecutionID: uuid.New(), Visit: i + 1, Status: workflow.TaskPending, Title: "t",
			CandidateGroups: groups, Anyone: groups == nil, CreatedAt: time.Now(), Version: 1,
		}
		begin.Tasks = append(begin.Tasks, workflow.Row[workflow.Task]{Value: task, Created: true})
	}
	want := workflow.TaskCounts{Open: 3, Groups: map[string]int{"board": 1, "staff": 2, workflow.Anyone: 1}}
	begin.Instance.State.Tasks = want
	if _, err := d.Apply(t.Context(), []*workflow.Transition{begin}); err != nil {
		t.Fatal(err)
	}
	err = withMigrations(byURL(url), func(_ *sql.DB, p *goose.Provider) error {
		if _, err := p.DownTo(t.Context(), 69); err != nil {
			return err
		}
		_, err := p.Up(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	snaps, err := d.Load(t.Context(), []uuid.UUID{begin.InstanceID}, engine.Want{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, snaps[begin.InstanceID].Instance.State.Tasks); diff != "" {
		t.Errorf("counts of tasks (-want +got):\n%s", diff)
	}
	var audience []string
	if err := d.pool.QueryRow(t.Context(), `SELECT audience FROM instances`).Scan(&audience); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"", "board", "staff"}, audience); diff != "" {
		t.Errorf("audience (-want +got):\n%s", diff)
	}
	if n, err := d.Miscounted(t.Context(), time.Now()); n != 0 || err != nil {
		t.Errorf("Miscounted = %d, %v, want 0", n, err)
	}
}
