package db_test

import (
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/db"
	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// count runs a query for one number beside the stores.
func count(t *testing.T, url, sql string, args ...any) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

func mustApply(t *testing.T, store *db.DB, batch ...*workflow.Transition) {
	t.Helper()
	if stale, err := store.Apply(t.Context(), batch); err != nil || len(stale) > 0 {
		t.Fatalf("Apply = %v stale, error %v, want none", stale, err)
	}
}

// everything adds a row of each kind, so that a stale transition could write
// in every table.
func everything(t *workflow.Transition) *workflow.Transition {
	now, exec := time.Now().UTC(), t.Executions[len(t.Executions)-1].Value
	t.DataChanged = true
	t.Instance.Data = json.RawMessage(`{"touched":true}`)
	t.Tasks = []workflow.Row[workflow.Task]{{Created: true, Value: workflow.Task{
		ID: newID(), InstanceID: t.InstanceID, ExecutionID: exec.ID, Step: "ask", Visit: 1,
		Status: workflow.TaskPending, Title: "Ask", CreatedAt: now, Version: 1,
	}}}
	t.Dues = []workflow.Due{{ID: newID(), InstanceID: t.InstanceID, Kind: workflow.DueTimer, At: now.Add(time.Hour)}}
	t.Hooks = []workflow.Row[workflow.Hook]{{Created: true, Value: workflow.Hook{
		InstanceID: t.InstanceID, Step: "call", Visit: 1, Payload: json.RawMessage(`{}`), ReceivedAt: now,
	}}}
	return t
}

func TestApply_stale_members_write_nothing(t *testing.T) {
	t.Parallel()
	store, url := open(t)
	owner := newID()
	var batch []*workflow.Transition
	want := map[uuid.UUID]bool{}
	for i := range 200 {
		first := start(owner)
		switch i % 4 {
		case 0: // new
			batch = append(batch, everything(first))
			continue
		case 1: // new, but its id is taken
			mustApply(t, store, first)
			again := everything(start(owner))
			again.InstanceID, again.Instance.ID = first.InstanceID, first.InstanceID
			again.Executions[0].Value.InstanceID = first.InstanceID
			again.Tasks[0].Value.InstanceID, again.Hooks[0].Value.InstanceID, again.Dues[0].InstanceID = first.InstanceID, first.InstanceID, first.InstanceID
			batch, want[first.InstanceID] = append(batch, again), true
			continue
		}
		mustApply(t, store, first)
		then := everything(middle(first))
		if i%4 == 3 { // decided on a version that is not the stored one
			mustApply(t, store, middle(first))
			want[first.InstanceID] = true
		}
		batch = append(batch, then)
	}
	stale, err := store.Apply(t.Context(), batch)
	if err != nil {
		t.Fatalf("Apply = %v", err)
	}
	if diff := cmp.Diff(want, stale); diff != "" {
		t.Errorf("stale (-want +got):\n%s", diff)
	}
	ids := make([]uuid.UUID, 0, len(stale))
	for id := range stale {
		ids = append(ids, id)
	}
	for _, table := range []string{"tasks", "due", "hooks"} {
		if n := count(t, url, `SELECT count(*) FROM `+table+` WHERE instance_id = ANY ($1)`, ids); n != 0 {
			t.Errorf("%s holds %d rows of stale transitions, want 0", table, n)
		}
		if n := count(t, url, `SELECT count(*) FROM `+table); n != 100 {
			t.Errorf("%s holds %d rows, want the 100 of the others", table, n)
		}
	}
	if n := count(t, url, `SELECT count(*) FROM instance_data WHERE data::text LIKE '%touched%' AND instance_id = ANY ($1)`, ids); n != 0 {
		t.Errorf("%d stale transitions changed data, want 0", n)
	}
	// The start of each is an execution; so is the middle that made one stale.
	if n := count(t, url, `SELECT count(*) FROM executions WHERE instance_id = ANY ($1)`, ids); n != 150 {
		t.Errorf("stale instances have %d executions, want 150", n)
	}
	if n := count(t, url, `SELECT count(*) FROM events WHERE instance_id = ANY ($1)`, ids); n != 300 {
		t.Errorf("stale instances have %d events, want 300", n)
	}
}

// Two processes decide on the same versions at once, and send their batches in
// opposite orders: of each pair exactly one is stored, whole.
func TestApply_race(t *testing.T) {
	t.Parallel()
	one, url := open(t)
	two := openAt(t, url)
	const instances, rounds = 60, 15
	current := make([]*workflow.Transition, instances)
	for i := range current {
		current[i] = start(newID())
	}
	mustApply(t, one, current...)
	for range rounds {
		a, b := make([]*workflow.Transition, instances), make([]*workflow.Transition, instances)
		for i, tr := range current {
			a[i], b[i] = middle(tr), middle(tr)
		}
		slices.Reverse(b)
		staleA, staleB := applyBoth(t, one, two, a, b)
		slices.Reverse(b)
		for i := range current {
			id := current[i].InstanceID
			if staleA[id] == staleB[id] {
				t.Fatalf("instance %s: stale in one %v, in two %v, want exactly one winner", id, staleA[id], staleB[id])
			}
			current[i] = a[i]
			if staleA[id] {
				current[i] = b[i]
			}
		}
	}
	if n := count(t, url, `SELECT count(*) FROM events`); n != instances*2*(rounds+1) {
		t.Errorf("%d events, want %d: two for each transition that won", n, instances*2*(rounds+1))
	}
	if n := count(t, url, `SELECT count(*) FROM executions WHERE live`); n != instances {
		t.Errorf("%d live executions, want one per instance, %d", n, instances)
	}
	if n := count(t, url, `SELECT count(*) FROM instances WHERE version = $1`, rounds+1); n != instances {
		t.Errorf("%d instances at version %d, want %d", n, rounds+1, instances)
	}
}

func applyBoth(t *testing.T, one, two *db.DB, a, b []*workflow.Transition) (staleA, staleB map[uuid.UUID]bool) {
	t.Helper()
	var errA, errB error
	var wg sync.WaitGroup
	wg.Go(func() { staleA, errA = one.Apply(t.Context(), a) })
	wg.Go(func() { staleB, errB = two.Apply(t.Context(), b) })
	wg.Wait()
	if errA != nil || errB != nil {
		t.Fatalf("Apply = %v and %v, want no errors", errA, errB)
	}
	return staleA, staleB
}

func TestApply_refuses_an_instance_twice(t *testing.T) {
	t.Parallel()
	store, url := open(t)
	first := start(newID())
	if _, err := store.Apply(t.Context(), []*workflow.Transition{first, first}); err == nil {
		t.Error("Apply of one instance twice gave no error, want one")
	}
	if n := count(t, url, `SELECT count(*) FROM instances`); n != 0 {
		t.Errorf("%d instances are stored, want 0", n)
	}
}

func TestApply_invariants(t *testing.T) {
	t.Parallel()
	store, url := open(t)
	for name, breakIt := range map[string]func(*workflow.Transition){
		"completed without a time": func(tr *workflow.Transition) { tr.Instance.Status = workflow.StatusCompleted },
		"running without a lease":  func(tr *workflow.Transition) { tr.Executions[0].Value.LeaseOwner = uuid.Nil },
		"unknown status":           func(tr *workflow.Transition) { tr.Instance.Status = "lost" },
		"finished but running":     func(tr *workflow.Transition) { tr.Executions[0].Value.Live = false },
		"data that is not JSON":    func(tr *workflow.Transition) { tr.Instance.Data = json.RawMessage(`{`) },
	} {
		broken, whole := start(newID()), start(newID())
		breakIt(broken)
		if _, err := store.Apply(t.Context(), []*workflow.Transition{whole, broken}); err == nil {
			t.Errorf("%s: Apply gave no error, want one", name)
		}
	}
	if n := count(t, url, `SELECT count(*) FROM instances`); n != 0 {
		t.Errorf("%d instances of failed batches are stored, want 0", n)
	}
	mustApply(t, store, start(newID()))
}

// Middle transitions touch no index of instances, or throughput suffers. When
// an indexed column changes, no update at all stays on its page; how many do
// otherwise depends on what else the server does, since that holds back the
// clearing of pages: from half of them to all.
func TestApply_keeps_updates_on_their_page(t *testing.T) {
	t.Parallel()
	store, url := open(t)
	batch := make([]*workflow.Transition, 100)
	for i := range batch {
		batch[i] = start(newID())
	}
	mustApply(t, store, batch...)
	for range 5 {
		for i, tr := range batch {
			batch[i] = middle(tr)
		}
		mustApply(t, store, batch...)
	}
	store.Close() // a connection reports its statistics at its end
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(15 * time.Second); ; <-tick.C {
		updates := count(t, url, `SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'instances'`)
		if updates < 500 && time.Now().Before(deadline) {
			continue
		}
		hot := count(t, url, `SELECT n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'instances'`)
		if updates != 500 || hot < 100 {
			t.Errorf("%d of %d updates stayed on their page, want at least 100 of 500", hot, updates)
		}
		return
	}
}

func TestLoad_after_the_connection_broke(t *testing.T) {
	t.Parallel()
	store, url := open(t)
	first := start(newID())
	mustApply(t, store, first)
	count(t, url, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	for range 20 {
		snaps, err := store.Load(t.Context(), []uuid.UUID{first.InstanceID}, engine.Want{})
		if err == nil {
			if snaps[first.InstanceID] == nil {
				t.Error("the instance is gone")
			}
			return
		}
		if workflow.KindOf(err) != workflow.KindUnavailable {
			t.Fatalf("Load = %v, want an error of KindUnavailable", err)
		}
	}
	t.Error("Load does not recover")
}
