package engine_test

import (
	"context"
	"testing"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// longLease makes sure that nothing is taken over by silence or by age: what
// others do they do because a job told them.
func longLease(c *engine.Config) { c.Lease = time.Minute }

func small(c *engine.Config) { c.Workers, c.Queue, c.Patience = 1, 1, 20*time.Millisecond }

func serving(queues ...string) func(*engine.Config) {
	return func(c *engine.Config) { c.Queues = queues }
}

// TestOffer_overflow goes to a process that has room, at once.
func TestOffer_overflow(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		stuck, free := newWorker("here"), done("there")
		full := run(t, open(), longLease, small, with(stuck))
		t.Cleanup(stuck.release)
		other := run(t, open(), longLease, with(free))
		full.save("x", working)
		for range 2 {
			full.start("x", `{}`)
		}
		eventually(t, "a step runs", func() bool { return len(stuck.seen()) == 1 })
		for range 20 {
			in := full.start("x", `{}`)
			if got := other.until(in.ID, workflow.StatusCompleted).Data; !sameJSON(got, `{"answer": "there"}`) {
				t.Errorf("data = %s, want them from the process that has room", got)
			}
			if e := other.executions(in.ID, "work")[0]; e.Lost != 0 || e.Attempt != 1 {
				t.Errorf("attempt %d, lost %d times; want the first, never lost", e.Attempt, e.Lost)
			}
		}
	})
}

// TestOffer_overflow_of_one is a process alone: what is too much for it waits as
// jobs, and it takes them itself.
func TestOffer_overflow_of_one(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		w := newWorker("late")
		h := run(t, open(), longLease, small, with(w))
		t.Cleanup(w.release)
		h.save("x", working)
		var ids []workflow.Instance
		for range 10 {
			ids = append(ids, h.start("x", `{}`))
		}
		eventually(t, "a step beyond the pool lies in the queue", func() bool {
			e := h.executions(ids[9].ID, "work")[0]
			return e.Status == workflow.StepScheduled && e.Queue == workflow.DefaultQueue
		})
		w.release()
		for _, in := range ids {
			h.until(in.ID, workflow.StatusCompleted)
		}
		if n := len(w.seen()); n != len(ids) {
			t.Errorf("%d calls, want %d", n, len(ids))
		}
	})
}

const queued = `
steps:
  - {name: before, type: machine, action: noop}
  - {name: work, type: machine, action: work, queue: gpu, output: answer}
  - {name: after, type: machine, action: noop}
edges: [{source: before, target: work}, {source: work, target: after}]`

// TestOffer_named_queue runs a step only where its queue is served, and those
// around it where theirs is.
func TestOffer_named_queue(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		wrong, right := done("wrong"), done("right")
		h := run(t, open(), longLease, with(wrong))
		h.save("x", queued)
		early := h.start("x", `{}`)
		eventually(t, "the step waits for a process that serves its queue", func() bool {
			e := h.executions(early.ID, "work")
			return len(e) == 1 && e[0].Queue == "gpu"
		})
		worker := run(t, open(), longLease, serving("gpu"), with(right))
		late := worker.start("x", `{}`)
		for _, in := range []workflow.Instance{early, late} {
			if got := h.until(in.ID, workflow.StatusCompleted).Data; !sameJSON(got, `{"answer": "right"}`) {
				t.Errorf("data = %s, want them from the process that serves gpu", got)
			}
			h.sawSteps(in.ID, "before", "work", "after")
		}
		if n := len(wrong.seen()); n != 0 {
			t.Errorf("the process that does not serve gpu was called %d times", n)
		}
	})
}

// TestOffer_lost_job is a step whose job has gone: others find it by its row.
func TestOffer_lost_job(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		first := newWorker("never")
		dead, c := doomed(t, open(), first, small)
		dead.save("x", working)
		for range 2 {
			dead.start("x", `{}`)
		}
		in := dead.start("x", `{}`)
		eventually(t, "the step is offered", func() bool { return dead.executions(in.ID, "work")[0].Queue != "" })
		c.pull()
		// Somebody takes the job and does nothing with it.
		s := open()
		taken := make(chan workflow.Offer, 100)
		go func() { _ = s.Work(t.Context(), []string{"default"}, taker(taken)) }()
		eventually(t, "its job is taken", func() bool { return len(taken) > 0 })
		h := run(t, open(), with(done("found")))
		h.until(in.ID, workflow.StatusCompleted)
		if e := h.executions(in.ID, "work")[0]; e.Lost != 0 {
			t.Errorf("lost %d times, want never: it had no lease", e.Lost)
		}
	})
}

// taker notes jobs and says that they are done.
type taker chan workflow.Offer

func (d taker) Take(_ context.Context, j workflow.Offer) error {
	d <- j
	return nil
}

func (d taker) Room() int { return 1 }

func (d taker) Await(ctx context.Context, open bool) bool {
	if !open {
		<-ctx.Done()
	}
	return ctx.Err() == nil
}

// TestDrain_hands_over is a graceful stop: what runs has its grace, what does not
// end in time and what was not begun goes to others at once, and none of it
// counts as lost, however often it happens.
func TestDrain_hands_over(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		var begun, waits workflow.Instance
		const stops = 4 // more than losses would be allowed
		for n := range stops {
			w := newWorker("never")
			h := grace(t, open(), 10*time.Millisecond, longLease, with(w), func(c *engine.Config) { c.Workers, c.Queue = 1, 8 })
			if n == 0 {
				h.save("x", working)
				begun = h.start("x", `{}`)
				eventually(t, "the step runs", func() bool { return len(w.seen()) == 1 })
				waits = h.start("x", `{}`)
			}
			eventually(t, "a step runs, another is queued", func() bool {
				return len(w.seen()) == 1 && h.executions(begun.ID, "work")[0].LeaseOwner == h.Process() &&
					h.executions(waits.ID, "work")[0].LeaseOwner == h.Process()
			})
			h.stop()
		}
		last := run(t, open(), longLease, with(done("at last")))
		for _, in := range []workflow.Instance{begun, waits} {
			last.until(in.ID, workflow.StatusCompleted)
			if e := last.executions(in.ID, "work")[0]; e.Lost != 0 || e.Attempt != 1 || e.LeaseNo < stops {
				t.Errorf("after %d stops: attempt %d, lost %d times, lease %d; want the first attempt, never lost", stops, e.Attempt, e.Lost, e.LeaseNo)
			}
			if n := last.count(in.ID, workflow.EventStepReleased); n != stops {
				t.Errorf("%d events of a released step, want %d", n, stops)
			}
		}
	})
}
