package engine

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// leaseBatch bounds one look for lost leases or scheduled steps.
const leaseBatch = 1000

// heartbeats knows what this process has told of itself, on its own clocks.
type heartbeats struct {
	mu     sync.Mutex
	last   time.Time // when the last one that was confirmed was sent
	steady time.Time // the first since which none was missing
}

// confirmed notes a heartbeat that was sent at a time. One that comes later
// than half a lease after the one before begins a new count.
func (h *heartbeats) confirmed(at time.Time, lease time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.last.IsZero() || elapsed(h.last, at) >= lease/2 {
		h.steady = at
	}
	h.last = at
}

// fresh reports whether the last one was sent less than half a lease ago.
func (h *heartbeats) fresh(lease time.Duration) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.last.IsZero() && elapsed(h.last, time.Now()) < lease/2
}

// since gives the first heartbeat after which none was missing.
func (h *heartbeats) since() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.steady
}

// elapsed is the time between two readings of the clock, by the wall or by the
// machine's uptime, whichever says more: uptime stands still while a machine
// sleeps, and the wall can be set back.
func elapsed(from, to time.Time) time.Duration {
	return max(to.Sub(from), to.Round(0).Sub(from.Round(0)))
}

// beat stores a heartbeat. It counts from before it was sent.
func (e *Engine) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, e.lease/2)
	defer cancel()
	at := time.Now()
	if err := e.storage.Heartbeat(ctx, e.self); err != nil {
		return err
	}
	e.beats.confirmed(at, e.lease)
	return nil
}

// alive reports whether a heartbeat was confirmed less than half a lease ago:
// only then may steps be leased and actions begin.
func (e *Engine) alive() bool { return e.beats.fresh(e.lease) }

// steady reports whether the database has answered for a whole lease without a
// break. Only then is the silence of others their own: when the database was
// away, nobody could be heard.
func (e *Engine) steady() bool {
	return e.alive() && elapsed(e.beats.since(), time.Now()) >= e.lease
}

// beatLoop renews the heartbeat five times a lease, and tries more often what
// was not stored.
func (e *Engine) beatLoop(ctx context.Context) {
	pause := e.lease / 5
	for sleep(ctx, pause) {
		pause = e.lease / 5
		if err := e.beat(ctx); err != nil && ctx.Err() == nil {
			e.log.Warn("a heartbeat was not stored; this is repeated", "error", err)
			pause = e.lease / 20
		}
	}
}

// leaseLoop takes over the leases of silent processes, and scheduled steps that
// nobody has leased.
func (e *Engine) leaseLoop(ctx context.Context) {
	tick := time.NewTicker(e.lease / 4)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-e.starved:
			e.leaseLeft()
			continue
		case <-ctx.Done():
			return
		}
		if e.alive() {
			e.takeScheduled(ctx)
			e.share(ctx)
		}
		if e.steady() {
			e.takeLost(ctx)
		}
	}
}

// takeLost reports the leases of silent processes as lost.
func (e *Engine) takeLost(ctx context.Context) {
	lost, err := e.storage.LostLeases(ctx, e.lease, leaseBatch)
	if err != nil || !e.steady() {
		return // of an error the next heartbeat tells
	}
	for _, l := range lost {
		e.log.Info("a step's process fell silent; its lease is taken over", "instance", l.InstanceID, "execution", l.ExecutionID)
		e.post(l.InstanceID, workflow.LeaseLost{ExecutionID: l.ExecutionID, LeaseNo: l.LeaseNo}, l.ExecutionID)
	}
}

// leaseLeft leases steps that were left scheduled until there were slots.
func (e *Engine) leaseLeft() {
	for _, id := range e.pool.hungry() {
		e.post(id, workflow.Lease{})
	}
}

// takeScheduled takes steps that were ready and had no lease for half a lease,
// whatever has become of the process that left them or of their job.
func (e *Engine) takeScheduled(ctx context.Context) {
	ready, err := e.storage.Scheduled(ctx, e.self.Queues, leaseBatch)
	if err != nil {
		return // the next heartbeat says so
	}
	now, room := time.Now(), e.pool.open()
	waiting := make(map[ReadyStep]time.Time, len(ready))
	for _, step := range ready {
		since, known := e.waiting[step]
		if !known {
			since = now
		}
		waiting[step] = since
		if room > 0 && now.Sub(since) >= e.lease/2 {
			room--
			e.post(step.InstanceID, workflow.LeaseOne{ExecutionID: step.ExecutionID, LeaseNo: step.LeaseNo}, step.ExecutionID)
		}
	}
	e.waiting = waiting
	e.ready.Store(int64(len(ready)))
}

// post queues a command that nobody waits for; a full mailbox drops it, and
// the loop that posted it comes by again.
func (e *Engine) post(instance uuid.UUID, cmd workflow.Command, executions ...uuid.UUID) {
	if err := e.mail.put(&request{instance: instance, cmd: cmd, want: Want{Need: workflow.Need{Executions: executions}}}); err != nil {
		e.log.Warn("a command was put off", "instance", instance, "error", err)
	}
}

// stillOurs reports whether a step that has not begun is leased by us. Only when
// others have changed its instance since it was queued, or after a gap in our
// heartbeats, may it have been canceled or taken, so only then the store is
// asked.
func (p *pool) stillOurs(ctx context.Context, it item) bool {
	e := p.engine
	for p.doubted(&it) || elapsed(it.at, e.beats.since()) > 0 {
		var want Want
		want.Executions = []uuid.UUID{it.work.ExecutionID}
		snaps, err := e.storage.Load(ctx, []uuid.UUID{it.in.ID}, want)
		if err == nil {
			return holds(snaps[it.in.ID], it)
		}
		it.doubtful = true
		if !sleep(ctx, e.lease/10) {
			return false
		}
	}
	return ctx.Err() == nil
}
