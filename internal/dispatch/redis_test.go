package dispatch_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tandem/internal/action"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/dispatch"
	"tandem/internal/dispatch/redistest"
	"tandem/internal/engine"
	"tandem/internal/workflow"
)

func address(r *redistest.Server) string { return "redis-socket://" + r.Socket() }

// eventually asks every 20 ms until a thing is so, for at most 20 s: less than
// half of the long lease, after which steps are found by their rows.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick, end := time.NewTicker(20*time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("after 20 s still not: %s", what)
		}
	}
}

// calls counts the attempts of executions.
type calls struct {
	mu  sync.Mutex
	all map[string]int // by idempotency key
}

func (c *calls) Execute(_ context.Context, call action.Call) (json.RawMessage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = map[string]int{}
	}
	c.all[call.IdempotencyKey]++
	return json.RawMessage(`"done"`), nil
}

func (c *calls) counts() (keys int, most int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.all {
		most = max(most, n)
	}
	return len(c.all), most
}

// house is one process: an engine on the database, with jobs over Redis.
type house struct {
	*engine.Engine
	t     *testing.T
	store *db.DB
	calls *calls
	stop  func()
}

func open(t *testing.T, url, redis string, lease time.Duration, queues ...string) *house {
	t.Helper()
	process := uuid.Must(uuid.NewV7())
	store, err := db.Open(t.Context(), url, db.Options{Process: process, MaxConns: 3, EngineConns: 4, NoJobs: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	log := slog.New(slog.DiscardHandler)
	d, err := dispatch.Open(redis, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	h := &house{t: t, store: store, calls: &calls{}}
	h.Engine = engine.New(engine.Config{
		Store: store, Log: log, Process: process, HookKey: []byte("key"), Lease: lease, Queues: queues, Dispatcher: d,
		Actions: action.Registry{"noop": action.BuiltIn()["noop"], "work": h.calls},
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := h.Run(ctx, 5*time.Second); err != nil {
			t.Errorf("engine: %v", err)
		}
	}()
	h.stop = sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(h.stop)
	return h
}

const document = `
format: 1
name: x
version: 1.0.0
steps:
  - {name: before, type: machine, action: noop}
  - {name: work, type: machine, action: work, queue: gpu}
  - {name: after, type: machine, action: noop}
edges: [{source: before, target: work}, {source: work, target: after}]`

var ada = workflow.Actor{ID: "ada", Name: "Ada", Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleAdmin}}

func (h *house) start(n int) []uuid.UUID {
	h.t.Helper()
	var ids []uuid.UUID
	for range n {
		in, err := h.Start(h.t.Context(), ada, engine.StartInput{Definition: "x"})
		if err != nil {
			h.t.Fatal(err)
		}
		ids = append(ids, in.ID)
	}
	return ids
}

func (h *house) save() {
	h.t.Helper()
	if _, _, _, err := h.SaveDefinition(h.t.Context(), ada, []byte(document)); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) completed(ids []uuid.UUID) {
	h.t.Helper()
	eventually(h.t, "all are completed", func() bool {
		return !slices.ContainsFunc(ids, func(id uuid.UUID) bool {
			in, err := h.store.Instance(h.t.Context(), ada, id)
			return err != nil || in.Status != workflow.StatusCompleted
		})
	})
}

// offered waits until the work of an instance lies in the queue.
func (h *house) offered(ids []uuid.UUID) {
	h.t.Helper()
	eventually(h.t, "the steps are offered", func() bool {
		return !slices.ContainsFunc(ids, func(id uuid.UUID) bool {
			list, err := h.store.Executions(h.t.Context(), ada, id, 10)
			return err != nil || !slices.ContainsFunc(list, func(e workflow.Execution) bool { return e.Step == "work" && e.Queue == "gpu" })
		})
	})
}

const (
	longLease  = time.Minute // nothing is found by its row within a test
	shortLease = 2 * time.Second
)

// TestRedis carries steps to the process that serves their queue, each once, and
// leaves nothing behind, neither in Redis nor in River's table.
func TestRedis(t *testing.T) {
	t.Parallel()
	r, url := redistest.Start(t), dbtest.URL(t, db.Migrate)
	pages := open(t, url, address(r), longLease, "default")
	pages.save()
	early := pages.start(10)
	pages.offered(early)
	worker := open(t, url, address(r), longLease, "gpu")
	late := pages.start(30)
	pages.completed(append(early, late...))
	if keys, most := worker.calls.counts(); keys != 40 || most != 1 {
		t.Errorf("the worker ran %d steps, one of them %d times; want 40, each once", keys, most)
	}
	if keys, _ := pages.calls.counts(); keys != 0 {
		t.Errorf("%d steps ran where their queue is not served", keys)
	}
	eventually(t, "no job is left", func() bool {
		left, err := r.Client.Keys(t.Context(), "asynq:{tandem-gpu}:t:*").Result()
		return err == nil && len(left) == 0
	})
	var river int
	if err := pages.store.Pool().QueryRow(t.Context(), `SELECT count(*) FROM river.river_job`).Scan(&river); err != nil || river != 0 {
		t.Errorf("%d jobs in River's table, %v", river, err)
	}
}

// TestRedis_flushed loses every job: the steps are found by their rows.
func TestRedis_flushed(t *testing.T) {
	t.Parallel()
	r, url := redistest.Start(t), dbtest.URL(t, db.Migrate)
	pages := open(t, url, address(r), shortLease, "default")
	pages.save()
	ids := pages.start(30)
	pages.offered(ids)
	eventually(t, "a job lies in Redis", func() bool {
		n, err := r.Client.LLen(t.Context(), "asynq:{tandem-gpu}:pending").Result()
		return err == nil && n > 0
	})
	r.Flush()
	worker := open(t, url, address(r), shortLease, "gpu")
	pages.completed(ids)
	if keys, most := worker.calls.counts(); keys != len(ids) || most != 1 {
		t.Errorf("%d steps ran, one of them %d times; want %d, each once", keys, most, len(ids))
	}
}

// TestRedis_killed is without a Redis while steps become ready: those are found
// by their rows.
func TestRedis_killed(t *testing.T) {
	t.Parallel()
	r, url := redistest.Start(t), dbtest.URL(t, db.Migrate)
	pages := open(t, url, address(r), shortLease, "default")
	worker := open(t, url, address(r), shortLease, "gpu")
	pages.save()
	first := pages.start(10)
	r.Kill()
	second := pages.start(10)
	pages.completed(append(first, second...))
	if keys, most := worker.calls.counts(); keys != 20 || most != 1 {
		t.Errorf("%d steps ran, one of them %d times; want 20, each once", keys, most)
	}
}

// TestRedis_comes_back: a new Redis that knows nothing carries jobs as the one
// before.
func TestRedis_comes_back(t *testing.T) {
	t.Parallel()
	r, url := redistest.Start(t), dbtest.URL(t, db.Migrate)
	pages := open(t, url, address(r), longLease, "default")
	open(t, url, address(r), longLease, "gpu")
	pages.save()
	pages.completed(pages.start(5))
	r.Kill()
	r.Start()
	pages.completed(pages.start(5))
}

// TestRedis_double: a job that comes again, and one of a lease that is over, do
// nothing.
func TestRedis_double(t *testing.T) {
	t.Parallel()
	r, url := redistest.Start(t), dbtest.URL(t, db.Migrate)
	pages := open(t, url, address(r), longLease, "default")
	worker := open(t, url, address(r), longLease, "gpu")
	pages.save()
	ids := pages.start(1)
	pages.completed(ids)
	list, err := pages.store.Executions(t.Context(), ada, ids[0], 10)
	if err != nil {
		t.Fatal(err)
	}
	again, err := dispatch.Open(address(r), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for _, e := range list {
		for lease := range e.LeaseNo + 2 {
			again.Offer([]workflow.Offer{{InstanceID: ids[0], ExecutionID: e.ID, LeaseNo: lease, Queue: "gpu"}, {InstanceID: uuid.New(), ExecutionID: e.ID, LeaseNo: lease, Queue: "gpu"}})
		}
	}
	pages.completed(pages.start(3)) // jobs behind those
	if keys, most := worker.calls.counts(); keys != 4 || most != 1 {
		t.Errorf("%d steps ran, one of them %d times; want 4, each once", keys, most)
	}
}

func TestOpen_refuses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "localhost:6379", "http://localhost"} {
		if _, err := dispatch.Open(address, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%q was taken", address)
		}
	}
}
