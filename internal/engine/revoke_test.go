package engine_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"

	"tandem/internal/action"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// untilStopped is an action that ends only when it is told to.
type untilStopped struct{ began, stopped chan struct{} }

func (a untilStopped) Execute(ctx context.Context, _ action.Call) (json.RawMessage, error) {
	a.began <- struct{}{}
	<-ctx.Done()
	a.stopped <- struct{}{}
	return nil, ctx.Err()
}

func within(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(20 * time.Second):
		t.Fatalf("not within 20 s: %s", what)
	}
}

// An action whose instance is canceled in another process is stopped, not only
// its result dropped.
func TestRevoke_canceled_elsewhere(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, db.Migrate)
	open := func() store {
		d, err := db.Open(t.Context(), url, db.Options{Process: uuid.Must(uuid.NewV7()), MaxConns: 4, EngineConns: 4})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.Close)
		return d
	}
	a := untilStopped{make(chan struct{}, 1), make(chan struct{}, 1)}
	h := run(t, open(), longLease, func(c *engine.Config) { c.Actions["work"] = a })
	other := run(t, open(), longLease, with(done("there")), serving("elsewhere"))
	h.save("x", working)
	in := h.start("x", `{}`)
	within(t, "the action begins", a.began)
	if _, err := other.Pause(t.Context(), ada, in.ID, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Resume(t.Context(), ada, in.ID, ""); err != nil {
		t.Fatal(err)
	}
	select {
	case <-a.stopped:
		t.Fatal("a change that leaves the step alone has stopped its action")
	case <-time.After(2 * revokeLook):
	}
	if _, err := other.Cancel(t.Context(), ada, in.ID, ""); err != nil {
		t.Fatal(err)
	}
	within(t, "the action is stopped", a.stopped)
}

// revokeLook is how often the engine looks for such steps.
const revokeLook = 500 * time.Millisecond

const manyItems = `
steps:
  - {name: work, type: machine, action: work, for_each: "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]"}`

// Steps that were leased ahead and wait for a worker go to a process that is
// idle; one for each worker stays.
func TestShare_what_waits(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		stuck, free := newWorker("here"), done("there")
		t.Cleanup(stuck.release)
		lease := func(c *engine.Config) { c.Lease = 2 * time.Second }
		busy := run(t, open(), lease, with(stuck), func(c *engine.Config) { c.Workers, c.Queue, c.Patience = 1, 50, 20*time.Millisecond })
		busy.save("x", manyItems)
		in := busy.start("x", `{}`)
		eventually(t, "all are leased", func() bool {
			n := 0
			for _, e := range busy.executions(in.ID, "work") {
				if e.Status == "running" {
					n++
				}
			}
			return n == 20
		})
		other := run(t, open(), lease, with(free))
		eventually(t, "the other process does what waits", func() bool { return len(free.seen()) == 18 })
		stuck.release()
		other.until(in.ID, "completed")
		if n := len(stuck.seen()) + len(free.seen()); n != 20 {
			t.Errorf("%d calls, want 20", n)
		}
	})
}

// hearing is a store that tells when its engine has heard of what others did,
// and whose answers to Apply may be slow.
type hearing struct {
	store
	heard  chan uuid.UUID
	stored func(batch []*workflow.Transition)
}

func (s *hearing) Listen(ctx context.Context, changed func([]uuid.UUID)) error {
	return s.store.Listen(ctx, func(ids []uuid.UUID) {
		changed(ids)
		for _, id := range ids {
			s.heard <- id
		}
	})
}

func (s *hearing) Apply(ctx context.Context, batch []*workflow.Transition) (map[uuid.UUID]bool, error) {
	stale, err := s.store.Apply(ctx, batch)
	if s.stored != nil {
		s.stored(batch)
	}
	return stale, err
}

// hear waits until the engine knows that another process changed an instance.
func (s *hearing) hear(t *testing.T, id uuid.UUID) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case got := <-s.heard:
			if got == id {
				return
			}
		case <-deadline:
			t.Fatalf("nothing heard of %s within 20 s", id)
		}
	}
}

// oneWorker makes an engine queue every step but one.
func oneWorker(c *engine.Config) { c.Workers, c.Queue, c.Patience = 1, 50, time.Minute }

// A step that is leased and waits for a worker never begins once its instance
// is canceled, here or in another process.
func TestRevoke_queued(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, db.Migrate)
	open := func() store {
		d, err := db.Open(t.Context(), url, db.Options{Process: uuid.Must(uuid.NewV7()), MaxConns: 4, EngineConns: 4})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.Close)
		return d
	}
	s := &hearing{store: open(), heard: make(chan uuid.UUID, 100)}
	w := newWorker("here")
	h := run(t, s, longLease, oneWorker, with(w))
	t.Cleanup(w.release)
	other := run(t, open(), longLease, with(done("there")), serving("elsewhere"))
	h.save("x", working)
	first := h.start("x", `{}`)
	eventually(t, "a step runs", func() bool { return len(w.seen()) == 1 })
	there, here, last := h.start("x", `{}`), h.start("x", `{}`), h.start("x", `{}`)
	if _, err := other.Cancel(t.Context(), ada, there.ID, ""); err != nil {
		t.Fatal(err)
	}
	s.hear(t, there.ID)
	if _, err := h.Cancel(t.Context(), ada, here.ID, ""); err != nil {
		t.Fatal(err)
	}
	w.release()
	h.until(last.ID, workflow.StatusCompleted)
	h.until(first.ID, workflow.StatusCompleted)
	for _, call := range w.seen() {
		if call.Instance == there.ID || call.Instance == here.ID {
			t.Errorf("the step of a canceled instance has begun: %s (canceled there: %s, here: %s)", call.Instance, there.ID, here.ID)
		}
	}
}

// Another process may cancel an instance before this one knows that it has
// stored the steps that it leased.
func TestRevoke_before_the_answer(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, db.Migrate)
	open := func() store {
		d, err := db.Open(t.Context(), url, db.Options{Process: uuid.Must(uuid.NewV7()), MaxConns: 4, EngineConns: 4})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.Close)
		return d
	}
	other := run(t, open(), longLease, with(done("there")), serving("elsewhere"))
	s := &hearing{store: open(), heard: make(chan uuid.UUID, 100)}
	var canceled uuid.UUID
	s.stored = func(batch []*workflow.Transition) {
		if canceled != uuid.Nil || len(batch[0].Work) == 0 {
			return
		}
		canceled = batch[0].InstanceID
		if _, err := other.Cancel(context.Background(), ada, canceled, ""); err != nil {
			t.Error(err)
		}
		s.hear(t, canceled)
	}
	w := done("here")
	h := run(t, s, longLease, oneWorker, with(w))
	h.save("x", working)
	in := h.start("x", `{}`)
	h.until(in.ID, workflow.StatusCanceled)
	last := h.start("x", `{}`)
	h.until(last.ID, workflow.StatusCompleted)
	if calls := w.seen(); len(calls) != 1 || calls[0].Instance != last.ID {
		t.Errorf("%d calls, want one, of %s: the other instance was canceled before its step began", len(calls), last.ID)
	}
}
