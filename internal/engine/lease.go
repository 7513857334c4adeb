package engine

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// leaseBatch bounds one look for lost leases or scheduled steps.
const leaseBatch = 1000

// beat stores a heartbeat. It counts from before it was sent.
func (e *Engine) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, e.lease/2)
	defer cancel()
	at := time.Now()
	if err := e.storage.Heartbeat(ctx, e.process, e.name); err != nil {
		return err
	}
	e.lastBeat.Store(&at)
	return nil
}

// alive reports whether a heartbeat was confirmed less than half a lease ago:
// only then may an action begin.
func (e *Engine) alive() bool {
	last := e.lastBeat.Load()
	return last != nil && time.Since(*last) < e.lease/2
}

// beatLoop renews the heartbeat five times a lease.
func (e *Engine) beatLoop(ctx context.Context) {
	for sleep(ctx, e.lease/5) {
		if err := e.beat(ctx); err != nil && ctx.Err() == nil {
			e.log.Warn("a heartbeat was not stored", "error", err)
		}
	}
}

// leaseLoop takes over the leases of silent processes, and scheduled steps that
// nobody leased.
func (e *Engine) leaseLoop(ctx context.Context) {
	var seen time.Time // since when the database answers without a break
	for {
		select {
		case <-time.After(e.lease / 4):
		case <-e.starved:
		case <-ctx.Done():
			return
		}
		if !e.alive() {
			seen = time.Time{}
			continue
		}
		if seen.IsZero() {
			seen = time.Now()
		}
		e.takeScheduled(ctx)
		if time.Since(seen) >= e.lease {
			e.takeLost(ctx)
		}
	}
}

// takeLost reports the leases of silent processes as lost.
func (e *Engine) takeLost(ctx context.Context) {
	lost, err := e.storage.LostLeases(ctx, e.lease, leaseBatch)
	if err != nil {
		return // the next heartbeat says so
	}
	for _, l := range lost {
		e.log.Info("a step's process fell silent; its lease is taken over", "instance", l.InstanceID, "execution", l.ExecutionID)
		e.post(l.InstanceID, workflow.LeaseLost{ExecutionID: l.ExecutionID, LeaseNo: l.LeaseNo}, l.ExecutionID)
	}
}

// takeScheduled leases steps that no process holds, as far as there are slots.
func (e *Engine) takeScheduled(ctx context.Context) {
	room := e.pool.room()
	if room == 0 {
		return
	}
	limit := min(room, leaseBatch)
	ids, err := e.storage.Scheduled(ctx, limit)
	if err != nil {
		return // the next heartbeat says so
	}
	if len(ids) == limit {
		e.pool.starve() // there may be more
	}
	for _, id := range ids {
		e.post(id, workflow.Lease{})
	}
}

// post queues a command that nobody waits for; a full mailbox drops it, and
// the loop that posted it comes by again.
func (e *Engine) post(instance uuid.UUID, cmd workflow.Command, executions ...uuid.UUID) {
	if err := e.mail.put(&request{instance: instance, cmd: cmd, want: Want{Need: workflow.Need{Executions: executions}}}); err != nil {
		e.log.Warn("a command was put off", "instance", instance, "error", err)
	}
}
