package engine_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"tandem/internal/action"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// cord is a store that can be pulled out, as a process loses its database: the
// engine on it falls silent and knows nothing of what others do.
type cord struct {
	store
	pulled atomic.Bool
	looked atomic.Int64 // snapshots asked for
	ctx    context.Context
	pull   func()
}

func newCord(s store) *cord {
	c := &cord{store: s}
	ctx, cancel := context.WithCancel(context.Background())
	c.ctx, c.pull = ctx, func() { c.pulled.Store(true); cancel() }
	return c
}

// plug puts the cord in again.
func (c *cord) plug() { c.pulled.Store(false) }

func (c *cord) away() error {
	if c.pulled.Load() {
		return workflow.Errorf(workflow.KindUnavailable, "unavailable", "the cord is pulled")
	}
	return nil
}

func (c *cord) Load(ctx context.Context, ids []uuid.UUID, want engine.Want) (map[uuid.UUID]*workflow.Snapshot, error) {
	c.looked.Add(1)
	if err := c.away(); err != nil {
		return nil, err
	}
	return c.store.Load(ctx, ids, want)
}

func (c *cord) Apply(ctx context.Context, batch []*workflow.Transition) (map[uuid.UUID]bool, error) {
	if err := c.away(); err != nil {
		return nil, err
	}
	return c.store.Apply(ctx, batch)
}

func (c *cord) ClaimDue(ctx context.Context, n int, hold time.Duration) ([]workflow.Due, time.Time, error) {
	if err := c.away(); err != nil {
		return nil, time.Time{}, err
	}
	return c.store.ClaimDue(ctx, n, hold)
}

func (c *cord) Heartbeat(ctx context.Context, p engine.Process) error {
	if err := c.away(); err != nil {
		return err
	}
	return c.store.Heartbeat(ctx, p)
}

func (c *cord) Goodbye(ctx context.Context, process uuid.UUID) error {
	if c.away() != nil {
		return nil // a dead process says nothing, and nobody hears
	}
	return c.store.Goodbye(ctx, process)
}

func (c *cord) LostLeases(ctx context.Context, silence time.Duration, n int) ([]engine.LostLease, error) {
	if err := c.away(); err != nil {
		return nil, err
	}
	return c.store.LostLeases(ctx, silence, n)
}

func (c *cord) Scheduled(ctx context.Context, queues []string, n int) ([]engine.ReadyStep, error) {
	if err := c.away(); err != nil {
		return nil, err
	}
	return c.store.Scheduled(ctx, queues, n)
}

func (c *cord) Work(ctx context.Context, queues []string, d engine.Desk) error {
	if err := c.away(); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(c.ctx, stop)()
	if err := c.store.Work(ctx, queues, d); err != nil || c.ctx.Err() == nil {
		return err
	}
	return c.away()
}

func (c *cord) Listen(ctx context.Context, changed func([]uuid.UUID)) error {
	if err := c.away(); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(c.ctx, stop)()
	return c.store.Listen(ctx, changed)
}

// worker is an action that blocks until it is released, and notes its calls.
type worker struct {
	answer   string
	released chan struct{}
	release  func()
	deaf     bool // does not listen to its context

	mu    sync.Mutex
	calls []action.Call
}

func newWorker(answer string) *worker {
	w := &worker{answer: answer, released: make(chan struct{})}
	w.release = sync.OnceFunc(func() { close(w.released) })
	return w
}

// done gives an action that answers at once.
func done(answer string) *worker {
	w := newWorker(answer)
	w.release()
	return w
}

func (w *worker) Execute(ctx context.Context, call action.Call) (json.RawMessage, error) {
	w.mu.Lock()
	w.calls = append(w.calls, call)
	w.mu.Unlock()
	listen := ctx.Done()
	if w.deaf {
		listen = nil
	}
	select {
	case <-w.released:
		return json.Marshal(w.answer)
	case <-listen:
		return nil, ctx.Err()
	}
}

func (w *worker) seen() []action.Call {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.calls)
}

// with gives an engine the action "work".
func with(w *worker) func(*engine.Config) {
	return func(c *engine.Config) { c.Actions["work"] = w }
}

// eventually looks again and again until is holds.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for !is() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not in time: %s", what)
		}
	}
}

// doomed starts an engine whose store can be pulled out; at the test's end it
// is put in again, so that the engine can end.
func doomed(t *testing.T, s store, w *worker, change ...func(*engine.Config)) (*house, *cord) {
	t.Helper()
	c := newCord(s)
	h := run(t, c, append(change, with(w))...)
	t.Cleanup(func() { c.plug(); w.release() })
	return h, c
}

const working = `
steps:
  - {name: work, type: machine, action: work, output: answer}
  - {name: after, type: machine, action: noop}
edges: [{source: work, target: after}]`

// executions gives those of a step, oldest first.
func (h *house) executions(id uuid.UUID, step string) []workflow.Execution {
	h.t.Helper()
	all, err := h.store.Executions(h.t.Context(), ada, id, 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(e workflow.Execution) bool { return e.Step != step })
}

func (h *house) count(id uuid.UUID, event workflow.EventType) int {
	h.t.Helper()
	n := 0
	for _, e := range h.events(id) {
		if e.Type == event {
			n++
		}
	}
	return n
}

func TestRestart_a_silent_process_loses_its_step(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		first, second := newWorker("late"), done("in time")
		first.deaf = true
		dead, c := doomed(t, open(), first)
		dead.save("x", working)
		in := dead.start("x", `{}`)
		eventually(t, "the step runs", func() bool { return len(first.seen()) == 1 })
		silent := time.Now()
		c.pull()
		h := run(t, open(), with(second))
		in = h.until(in.ID, workflow.StatusCompleted)
		t.Logf("taken over after %s of silence", time.Since(silent).Round(time.Millisecond))
		h.tookOver(in, first.seen()[0], second.seen())

		// The silent process wakes up: its result comes under a lease that is over.
		looked := c.looked.Load()
		c.plug()
		first.release()
		eventually(t, "the late result is judged", func() bool { return c.looked.Load() > looked })
		dead.stop()
		now, err := h.store.Instance(t.Context(), ada, in.ID)
		if err != nil {
			t.Fatal(err)
		}
		if now.Version != in.Version || string(now.Data) != string(in.Data) {
			t.Errorf("after the late result: version %d, data %s; want version %d, data %s", now.Version, now.Data, in.Version, in.Data)
		}
	})
}

// tookOver checks an instance whose step was begun by a process that fell
// silent and done by another.
func (h *house) tookOver(in workflow.Instance, lost action.Call, calls []action.Call) {
	h.t.Helper()
	if len(calls) != 1 || calls[0].IdempotencyKey != lost.IdempotencyKey || lost.Attempt != 1 || calls[0].Attempt != 2 {
		h.t.Errorf("calls %+v after %+v, want attempt 2 with the key of attempt 1", calls, lost)
	}
	e := h.executions(in.ID, "work")
	if len(e) != 1 || e[0].Lost != 1 || len(e[0].Attempts) != 1 || e[0].Attempts[0].Status != "lost" {
		h.t.Errorf("executions = %+v, want one with one lost attempt", e)
	}
	if n := h.count(in.ID, workflow.EventStepLost); n != 1 {
		h.t.Errorf("%d events of a lost step, want 1", n)
	}
	if want := `{"answer": "in time"}`; !sameJSON(in.Data, want) {
		h.t.Errorf("data = %s, want %s", in.Data, want)
	}
	h.sawSteps(in.ID, "work", "after")
}

func sameJSON(got json.RawMessage, want string) bool {
	var a, b any
	return json.Unmarshal(got, &a) == nil && json.Unmarshal([]byte(want), &b) == nil && fmt.Sprint(a) == fmt.Sprint(b)
}

// TestRestart_the_late_one_meets_a_running_successor is a process that wakes up
// while another one is at its step.
func TestRestart_the_late_one_meets_a_running_successor(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		first, second := newWorker("late"), newWorker("in time")
		first.deaf = true
		dead, c := doomed(t, open(), first)
		dead.save("x", working)
		in := dead.start("x", `{}`)
		eventually(t, "the step runs", func() bool { return len(first.seen()) == 1 })
		c.pull()
		h := run(t, open(), with(second))
		t.Cleanup(second.release)
		eventually(t, "the step runs again", func() bool { return len(second.seen()) == 1 })
		looked := c.looked.Load()
		c.plug()
		first.release()
		eventually(t, "the late result is judged", func() bool { return c.looked.Load() > looked })
		dead.stop()
		if e := h.executions(in.ID, "work")[0]; e.Status != workflow.StepRunning || e.LeaseOwner != h.Process() {
			t.Errorf("after the late result the step is %s, leased by %s; want running, by %s", e.Status, e.LeaseOwner, h.Process())
		}
		second.release()
		in = h.until(in.ID, workflow.StatusCompleted)
		h.tookOver(in, first.seen()[0], second.seen())
	})
}

// TestRestart_the_late_one_begins_nothing is a process that wakes up with a step
// that it had leased and not begun: it is another's by then.
func TestRestart_the_late_one_begins_nothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		first := newWorker("late")
		dead, c := doomed(t, open(), first, func(c *engine.Config) { c.Workers, c.Patience = 1, time.Minute })
		dead.save("x", working)
		ins := []workflow.Instance{dead.start("x", `{}`), dead.start("x", `{}`)}
		eventually(t, "one step runs, the other is queued", func() bool {
			return len(first.seen()) == 1 && dead.executions(ins[1].ID, "work")[0].LeaseOwner == dead.Process()
		})
		c.pull()
		second := done("in time")
		h := run(t, open(), with(second))
		for _, in := range ins {
			h.until(in.ID, workflow.StatusCompleted)
		}
		h.stop() // so that what follows is done by the one that wakes up
		c.plug()
		first.release()
		in := dead.start("x", `{}`) // comes after the queued step
		eventually(t, "the process works again", func() bool { return dead.executions(in.ID, "work")[0].Status == workflow.StepSucceeded })
		for _, call := range first.seen()[1:] {
			if call.Instance != in.ID {
				t.Errorf("the process that woke up began a step that another had done: %+v", call)
			}
		}
	})
}

// TestRestart_three_losses fail the step, so that a step that kills its process
// does not kill all others one by one; a retry tries it again.
func TestRestart_three_losses(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		var id uuid.UUID
		for n := range 3 {
			w := newWorker("never")
			h, c := doomed(t, open(), w)
			if n == 0 {
				h.save("x", working)
				id = h.start("x", `{}`).ID
			}
			eventually(t, "the step runs", func() bool { return len(w.seen()) == 1 })
			c.pull()
		}
		h := run(t, open(), with(done("at last")))
		in := h.until(id, workflow.StatusFailed)
		if in.Error == nil || in.Error.Code != "lost" || in.Error.Attempt != 3 {
			t.Errorf("error = %+v, want lost at attempt 3", in.Error)
		}
		if _, err := h.Retry(t.Context(), olga, id, "on another machine"); err != nil {
			t.Fatal(err)
		}
		h.until(id, workflow.StatusCompleted)
	})
}

// TestRestart_steps_that_wait_for_room are taken at once by a process that has
// room, those of the silent one after its silence.
func TestRestart_steps_that_wait_for_room(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		first := newWorker("never")
		dead, c := doomed(t, open(), first, func(c *engine.Config) { c.Workers, c.Queue = 1, 1 })
		dead.save("x", working)
		var ids []uuid.UUID
		for range 5 {
			ids = append(ids, dead.start("x", `{}`).ID)
		}
		eventually(t, "a step runs", func() bool { return len(first.seen()) == 1 })
		scheduled := slices.DeleteFunc(slices.Clone(ids), func(id uuid.UUID) bool {
			return dead.executions(id, "work")[0].Status != workflow.StepScheduled
		})
		if len(scheduled) != 3 {
			t.Fatalf("%d steps wait for room, want 3: one runs, one is queued", len(scheduled))
		}
		c.pull()
		second := done("in time")
		h := run(t, open(), with(second))
		for _, id := range ids {
			h.until(id, workflow.StatusCompleted)
			want := 1
			if slices.Contains(scheduled, id) {
				want = 0
			}
			if e := h.executions(id, "work")[0]; e.Lost != want || e.Attempt != want+1 {
				t.Errorf("lost %d times, attempt %d; want %d and %d", e.Lost, e.Attempt, want, want+1)
			}
		}
		if n := len(second.seen()); n != len(ids) {
			t.Errorf("%d calls, want %d", n, len(ids))
		}
	})
}

// TestB20_whatever_waits_goes_on starts another engine on instances that rest: it
// is all the same to them.
func TestB20_whatever_waits_goes_on(t *testing.T) {
	t.Parallel()
	const hooked = `
steps:
  - {name: tell, type: machine, action: set, with: {url: "{{ hooks.answer.url }}"}, output: told}
  - {name: ask, type: human, anyone: true}
  - {name: answer, type: webhook, output: answer}
edges: [{source: tell, target: ask}, {source: ask, target: answer}]`
	for name, tt := range map[string]struct {
		doc    string
		before func(h *house, id uuid.UUID)
		rest   workflow.Status
		after  func(h *house, id uuid.UUID)
	}{
		"a person": {
			doc:   `steps: [{name: ask, type: human, anyone: true, outcomes: [yes, no], output: said}]`,
			rest:  workflow.StatusWaiting,
			after: func(h *house, id uuid.UUID) { h.complete(otto, id, "ask", "yes", `{}`) },
		},
		"a timer that comes due meanwhile": {
			doc:    `steps: [{name: wait, type: timer, duration: 300ms}]`,
			before: func(h *house, id uuid.UUID) { h.until(id, workflow.StatusWaiting) },
			rest:   workflow.StatusWaiting,
			after: func(h *house, id uuid.UUID) {
				e := h.executions(id, "wait")[0]
				h.until(id, workflow.StatusCompleted)
				if at := h.executions(id, "wait")[0].CompletedAt; at.Before(*e.DueAt) {
					h.t.Errorf("fired at %s, before its time %s", at, e.DueAt)
				}
			},
		},
		"a webhook that was called early": {
			doc: hooked,
			before: func(h *house, id uuid.UUID) {
				if _, err := h.ReceiveHook(h.t.Context(), h.told(id), json.RawMessage(`"early"`)); err != nil {
					h.t.Fatal(err)
				}
			},
			rest: workflow.StatusWaiting,
			after: func(h *house, id uuid.UUID) {
				h.complete(otto, id, "ask", "", `{}`)
				h.answered(id, "early")
			},
		},
		"a webhook": {
			doc:    hooked,
			before: func(h *house, id uuid.UUID) { h.told(id); h.complete(otto, id, "ask", "", `{}`) },
			rest:   workflow.StatusWaiting,
			after: func(h *house, id uuid.UUID) {
				if _, err := h.ReceiveHook(h.t.Context(), h.told(id), json.RawMessage(`"late"`)); err != nil {
					h.t.Fatal(err)
				}
				h.answered(id, "late")
			},
		},
		"paused": {
			doc: `steps: [{name: ask, type: human, anyone: true}, {name: wait, type: timer, duration: 1ms}]
edges: [{source: ask, target: wait}]`,
			before: func(h *house, id uuid.UUID) { mustDo(h, h.Pause, id) },
			rest:   workflow.StatusPaused,
			after: func(h *house, id uuid.UUID) {
				_, err := h.CompleteTask(h.t.Context(), otto, h.task(id, "ask").ID, engine.Completion{})
				if workflow.KindOf(err) != workflow.KindConflict {
					h.t.Errorf("a task of a paused instance: %v, want a conflict", err)
				}
				mustDo(h, h.Resume, id)
				h.complete(otto, id, "ask", "", `{}`)
			},
		},
		"failed": {
			doc:    `steps: [{name: work, type: machine, action: work}]`,
			before: func(h *house, id uuid.UUID) { h.until(id, workflow.StatusFailed) },
			rest:   workflow.StatusFailed,
			after:  func(h *house, id uuid.UUID) { mustDo(h, h.Retry, id) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, open func() store) {
				c := newCord(open())
				dead := run(t, c, func(c *engine.Config) {
					c.Actions["work"] = action.Func(func(context.Context, action.Call) (json.RawMessage, error) {
						return nil, errors.New("the till is shut")
					})
				})
				t.Cleanup(c.plug)
				dead.save("x", tt.doc)
				id := dead.start("x", `{}`).ID
				if tt.before != nil {
					tt.before(dead, id)
				}
				dead.until(id, tt.rest)
				c.pull()
				h := run(t, open(), with(done("ok")))
				tt.after(h, id)
				h.until(id, workflow.StatusCompleted)
			})
		})
	}
}

func mustDo(h *house, verb func(context.Context, workflow.Actor, uuid.UUID, string) (workflow.Instance, error), id uuid.UUID) {
	h.t.Helper()
	if _, err := verb(h.t.Context(), ada, id, "to see"); err != nil {
		h.t.Fatal(err)
	}
}

// told gives the webhook's token that the first step has noted.
func (h *house) told(id uuid.UUID) string {
	h.t.Helper()
	in := h.until(id, workflow.StatusWaiting)
	var data struct{ Told struct{ URL string } }
	if err := json.Unmarshal(in.Data, &data); err != nil || data.Told.URL == "" {
		h.t.Fatalf("data %s hold no URL: %v", in.Data, err)
	}
	return strings.TrimPrefix(data.Told.URL, "/hooks/")
}

func (h *house) answered(id uuid.UUID, want string) {
	h.t.Helper()
	in := h.until(id, workflow.StatusCompleted)
	var data struct{ Answer string }
	if err := json.Unmarshal(in.Data, &data); err != nil || data.Answer != want {
		h.t.Errorf("data = %s, want the answer %q", in.Data, want)
	}
}

// TestRun_ends lets a step finish, and hands over what comes after it.
func TestRun_ends(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		w := newWorker("in grace")
		h := run(t, open(), with(w))
		h.save("x", working)
		in := h.start("x", `{}`)
		eventually(t, "the step runs", func() bool { return len(w.seen()) == 1 })
		ended := make(chan struct{})
		go func() { h.stop(); close(ended) }()
		later := h.startUntilScheduled("x")
		w.release()
		<-ended
		if e := h.executions(in.ID, "work")[0]; e.Status != workflow.StepSucceeded || e.Lost != 0 {
			t.Errorf("after the end the step is %s, lost %d times; want succeeded, never lost", e.Status, e.Lost)
		}
		next := run(t, open(), with(done("elsewhere")))
		in = next.until(in.ID, workflow.StatusCompleted)
		if want := `{"answer": "in grace"}`; !sameJSON(in.Data, want) {
			t.Errorf("data = %s, want %s", in.Data, want)
		}
		next.until(later, workflow.StatusCompleted)
	})
}

// startUntilScheduled starts instances of an engine that is ending, until the
// step of one is left to others.
func (h *house) startUntilScheduled(name string) (id uuid.UUID) {
	h.t.Helper()
	eventually(h.t, "it leases nothing more", func() bool {
		id = h.start(name, `{}`).ID
		return h.executions(id, "work")[0].Status == workflow.StepScheduled
	})
	return id
}

// TestRun_gives_up hands a step that does not finish in time to another
// process, which does not wait for a silence.
func TestRun_gives_up(t *testing.T) {
	t.Parallel()
	const lease = 4 * time.Second
	patient := func(c *engine.Config) { c.Lease = lease }
	onBoth(t, func(t *testing.T, open func() store) {
		next := run(t, open(), patient, with(done("elsewhere")))
		began := time.Now()
		s, w := open(), newWorker("never")
		c := engine.Config{Store: s, Log: slog.New(slog.DiscardHandler), Actions: action.BuiltIn()}
		patient(&c)
		with(w)(&c)
		h := &house{Engine: engine.New(c), t: t, store: s}
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- h.Run(ctx, 50*time.Millisecond) }()
		h.save("x", working)
		in := h.start("x", `{}`)
		eventually(t, "the step runs, and the other has looked on for a lease", func() bool {
			return len(w.seen()) == 1 && time.Since(began) > lease+lease/4
		})
		stopped := time.Now()
		stop()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("run: %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("the engine does not end")
		}
		in = next.until(in.ID, workflow.StatusCompleted)
		if took := time.Since(stopped); took >= lease-lease/5 {
			t.Errorf("taken over after %s, want less than a lease, %s", took, lease)
		}
		if want := `{"answer": "elsewhere"}`; !sameJSON(in.Data, want) {
			t.Errorf("data = %s, want %s", in.Data, want)
		}
	})
}

// childEnv makes the test binary an engine on the database that it names: a
// process that can be killed.
const childEnv = "ENGINE_TEST_URL"

func TestMain(m *testing.M) {
	if url := os.Getenv(childEnv); url != "" {
		fmt.Println(child(url))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// child runs an engine whose steps never end and says which it has begun.
func child(url string) error {
	ctx := context.Background()
	process := uuid.Must(uuid.NewV7())
	store, err := db.Open(ctx, url, db.Options{Process: process})
	if err != nil {
		return err
	}
	actions := action.BuiltIn()
	actions["work"] = action.Func(func(ctx context.Context, call action.Call) (json.RawMessage, error) {
		fmt.Println("begun", call.IdempotencyKey)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	return engine.New(engine.Config{
		Store: store, Log: slog.New(slog.DiscardHandler), Process: process, Lease: time.Second, Actions: actions,
	}).Run(ctx, 0)
}

// TestB20_killed kills a process in the middle of a step, as kill -9 does.
func TestB20_killed(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, db.Migrate)
	d, err := db.Open(t.Context(), url, db.Options{Process: uuid.Must(uuid.NewV7()), MaxConns: 4, EngineConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	// An engine without room starts the instance and leaves the step to others.
	full := newWorker("never")
	starter := run(t, d, with(full), func(c *engine.Config) { c.Workers, c.Queue = 1, 1 })
	t.Cleanup(full.release)
	starter.save("x", working)
	for range 2 {
		starter.start("x", `{}`)
	}
	in := starter.start("x", `{}`)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+url)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	key := starter.executions(in.ID, "work")[0].ID.String()
	if line != "begun "+key+"\n" {
		t.Fatalf("the process said %q, want that it has begun %s", line, key)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	second := done("in time")
	h := run(t, d, with(second))
	in = h.until(in.ID, workflow.StatusCompleted)
	t.Logf("taken over %s after the kill", time.Since(killed).Round(time.Millisecond))
	h.tookOver(in, action.Call{IdempotencyKey: key, Attempt: 1}, second.seen())
}
