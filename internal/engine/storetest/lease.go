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
	{"scheduled_steps_in_queues", scheduledJobs},
	{"processes_and_their_leases", processes},
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
	b.ok("Heartbeat", b.Heartbeat(b.Context(), engine.Process{ID: process, Name: "one", Kind: "worker", Version: "1", Queues: []string{"default", "big"}}))
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
	one, two, third := b.execution(ready), b.execution(ready), b.execution(also)
	b.beginWith(ready, one, two, b.execution(ready, leasedBy(newID(), 1)))
	b.beginWith(also, third, b.execution(also, inBackOff(b.base)))
	b.beginWith(busy, b.execution(busy, leasedBy(newID(), 1)), b.execution(busy, succeeded(b.base)))
	b.beginWith(stuck, b.execution(stuck))
	b.beginWith(broken, b.execution(broken))
	b.same("ready", b.ready(10, "default"), readySteps(one, two, third))
	b.same("ready, at most two", b.ready(2, "default"), readySteps(one, two))
}

// scheduledJobs are steps that lie in a queue as jobs: only those who serve it
// look for them.
func scheduledJobs(b *bench) {
	in := b.instance()
	free, mine, big := b.execution(in), b.execution(in, queued("default", 4)), b.execution(in, queued("big", 1))
	b.beginWith(in, free, mine, big)
	b.same("ready for one who serves default", b.ready(10, "default"), readySteps(free, mine))
	b.same("ready for one who serves both", b.ready(10, "big", "default"), readySteps(free, mine, big))
	b.same("ready for one who serves another", b.ready(10, "gpu"), readySteps(free))
}

func (b *bench) ready(limit int, queues ...string) []engine.ReadyStep {
	b.Helper()
	steps, err := b.Scheduled(b.Context(), queues, limit)
	b.ok("Scheduled", err)
	return steps
}

func readySteps(executions ...workflow.Execution) []engine.ReadyStep {
	var steps []engine.ReadyStep
	for _, e := range executions {
		steps = append(steps, engine.ReadyStep{InstanceID: e.InstanceID, ExecutionID: e.ID, LeaseNo: e.LeaseNo})
	}
	return steps
}

// processes lists who was heard lately, with what they hold.
func processes(b *bench) {
	first, second, silent := newID(), newID(), newID()
	b.beat(silent)
	b.beginLeased(silent)
	b.eventually("its silence", func() bool { return len(b.processes(time.Millisecond, 10)) == 0 })
	b.beat(first)
	b.beat(second)
	b.beat(first)
	b.beginLeased(second)
	b.ok("Goodbye", b.Goodbye(b.Context(), silent))
	rows := b.processes(time.Hour, 10)
	if len(rows) != 2 || rows[0].ID != first || rows[1].ID != second {
		b.Fatalf("processes = %+v, want %s and %s", rows, first, second)
	}
	b.same("process", rows[1].Process, engine.Process{ID: second, Name: "one", Kind: "worker", Version: "1", Queues: []string{"default", "big"}})
	if rows[0].Leases != 0 || rows[1].Leases != 1 || rows[0].SeenAt.Before(rows[0].StartedAt) {
		b.Errorf("processes = %+v, want the second with one lease, and the first seen after its start", rows)
	}
	b.same("processes, at most one", len(b.processes(time.Hour, 1)), 1)
}

func (b *bench) processes(silence time.Duration, limit int) []engine.ProcessRow {
	b.Helper()
	rows, err := b.Processes(b.Context(), silence, limit)
	b.ok("Processes", err)
	return rows
}

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
