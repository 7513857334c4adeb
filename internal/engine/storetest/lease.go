package storetest

import (
	"context"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var leaseTests = []test{
	{"leases_of_the_living_are_kept", livingLeases},
	{"leases_of_the_silent_are_lost", silentLeases},
	{"leases_of_those_who_left_are_lost_at_once", goodbye},
	{"only_moving_instances_lose_leases", movingLeases},
	{"lost_leases_are_limited", limitedLeases},
	{"scheduled_steps_without_a_lease", scheduled},
	{"listen_ends_with_its_context", listenEnds},
}

// beginWith stores an instance with executions.
func (b *bench) beginWith(in workflow.Instance, executions ...workflow.Execution) {
	b.Helper()
	begin := start(in)
	begin.Executions = created(executions...)
	b.apply(begin)
}

// beginLeased stores an instance with one step that a process runs, and returns
// the lease.
func (b *bench) beginLeased(process uuid.UUID, changes ...func(*workflow.Instance)) engine.LostLease {
	b.Helper()
	in := b.instance(changes...)
	e := b.execution(in, leasedBy(process, 3))
	b.beginWith(in, e)
	return engine.LostLease{InstanceID: in.ID, ExecutionID: e.ID, LeaseNo: 3}
}

func (b *bench) lost(silence time.Duration, limit int) []engine.LostLease {
	b.Helper()
	lost, err := b.LostLeases(b.Context(), silence, limit)
	b.ok("LostLeases", err)
	return lost
}

func (b *bench) beat(process uuid.UUID) {
	b.Helper()
	b.ok("Heartbeat", b.Heartbeat(b.Context(), process, "one"))
}

var sortLeases = cmpopts.SortSlices(func(a, b engine.LostLease) bool { return a.ExecutionID.String() < b.ExecutionID.String() })

func livingLeases(b *bench) {
	process := newID()
	b.beat(process)
	b.beat(process)
	b.beginLeased(process)
	b.same("lost", b.lost(time.Hour, 10), []engine.LostLease{})
}

func silentLeases(b *bench) {
	process, other := newID(), newID()
	b.beat(process)
	lease, never := b.beginLeased(process), b.beginLeased(other)
	b.same("lost of a process that was never heard", b.lost(time.Hour, 10), []engine.LostLease{never})
	b.eventually("the loss after a millisecond's silence", func() bool { return len(b.lost(time.Millisecond, 10)) == 2 })
	b.same("lost", b.lost(time.Millisecond, 10), []engine.LostLease{lease, never}, sortLeases)
	b.beat(process)
	b.same("lost after the process was heard again", b.lost(time.Hour, 10), []engine.LostLease{never})
}

func goodbye(b *bench) {
	process := newID()
	b.beat(process)
	lease := b.beginLeased(process)
	b.ok("Goodbye", b.Goodbye(b.Context(), process))
	b.same("lost", b.lost(time.Hour, 10), []engine.LostLease{lease})
	b.ok("Goodbye again", b.Goodbye(b.Context(), process))
}

func movingLeases(b *bench) {
	gone := newID()
	b.beginLeased(gone, paused(b.base))
	b.beginLeased(gone, failed(b.base, "work", "broken"))
	in := b.instance()
	b.beginWith(in, b.execution(in), b.execution(in, succeeded(b.base)))
	lease := b.beginLeased(gone)
	b.same("lost", b.lost(time.Hour, 10), []engine.LostLease{lease})
}

func limitedLeases(b *bench) {
	for range 3 {
		b.beginLeased(newID())
	}
	b.same("lost of three, at most two", len(b.lost(time.Hour, 2)), 2)
}

func scheduled(b *bench) {
	ready, also, busy := b.instance(), b.instance(), b.instance()
	stuck, broken := b.instance(paused(b.base)), b.instance(failed(b.base, "work", "broken"))
	b.beginWith(ready, b.execution(ready), b.execution(ready), b.execution(ready, leasedBy(newID(), 1)))
	b.beginWith(also, b.execution(also))
	b.beginWith(busy, b.execution(busy, leasedBy(newID(), 1)), b.execution(busy, succeeded(b.base)))
	b.beginWith(stuck, b.execution(stuck))
	b.beginWith(broken, b.execution(broken))
	ids, err := b.Scheduled(b.Context(), 10)
	b.ok("Scheduled", err)
	b.same("scheduled", ids, []uuid.UUID{ready.ID, also.ID}, sortIDs)
	ids, err = b.Scheduled(b.Context(), 1)
	b.ok("Scheduled", err)
	b.same("scheduled, at most one", len(ids), 1)
}

var sortIDs = cmpopts.SortSlices(func(a, b uuid.UUID) bool { return a.String() < b.String() })

func listenEnds(b *bench) {
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = b.Listen(ctx, func([]uuid.UUID) {})
	}()
	cancel()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		b.Error("Listen goes on ten seconds after its context has ended")
	}
}
