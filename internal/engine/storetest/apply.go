package storetest

import (
	"sync"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var applyTests = []test{
	{"stale_members_write_nothing", staleMembers},
	{"created_twice_is_stale", createdTwice},
	{"version_may_grow_by_several", versionJump},
	{"one_of_two_appliers_wins", racedAppliers},
	{"one_of_two_creators_wins", racedCreators},
	{"error_writes_nothing_of_the_batch", atomic},
	{"events_keep_their_order", eventOrder},
}

// everything gives a transition that writes one row of each sort.
func (b *bench) everything(t *workflow.Transition) *workflow.Transition {
	in := t.Instance
	t.Instance.Data, t.DataChanged = js(`{"written": true}`), true
	t.Executions, t.Tasks = created(b.execution(in)), created(b.task(in, "written"))
	t.Dues = append(t.Dues, due(in, workflow.DueTimer, b.base))
	t.Hooks = created(workflow.Hook{InstanceID: in.ID, Step: "written", Visit: 1, ReceivedAt: b.base})
	t.Events = append(t.Events, b.event(in, workflow.EventStepStarted))
	return t
}

// untouched fails the test unless the instance is as its start stored it.
func (b *bench) untouched(begin *workflow.Transition) {
	b.Helper()
	got := b.snapshot(begin.InstanceID, engine.Want{})
	b.same("instance", got.Instance, begin.Instance)
	b.same("executions", len(got.Executions), 0)
	b.same("tasks", len(got.Tasks), 0)
	b.same("hooks", len(got.Hooks), 0)
	dues := map[uuid.UUID]workflow.Due{}
	for _, due := range begin.Dues {
		dues[due.ID] = due
	}
	b.same("due rows", got.Dues, dues)
	events, err := b.read.Events(b.Context(), admin, begin.InstanceID, engine.Paging{})
	b.ok("Events", err)
	b.same("events", withoutSeq(events.Items), begin.Events)
}

func (b *bench) startWithDue() *workflow.Transition {
	in := b.instance()
	begin := start(in)
	begin.Dues = []workflow.Due{due(in, workflow.DueTimer, b.base)}
	begin.Events = []workflow.Event{b.event(in, workflow.EventWorkflowStarted)}
	return begin
}

func staleMembers(b *bench) {
	begin, fresh := b.startWithDue(), b.begin()
	b.apply(begin)
	behind := b.everything(next(begin.Instance))
	behind.From, behind.FreezeDues, behind.DuesDone = 7, true, []uuid.UUID{begin.Dues[0].ID}
	ahead, born := b.everything(next(fresh)), b.everything(start(b.instance()))
	unknown := b.everything(next(b.instance()))
	stale, err := b.Apply(b.Context(), []*workflow.Transition{ahead, behind, unknown, born})
	b.ok("Apply", err)
	b.same("stale", stale, map[uuid.UUID]bool{behind.InstanceID: true, unknown.InstanceID: true})
	b.untouched(begin)
	for _, t := range []*workflow.Transition{ahead, born} {
		got := b.snapshot(t.InstanceID, engine.Want{})
		b.same("instance", got.Instance, t.Instance)
		b.same("executions, tasks, due rows, hooks",
			[]int{len(got.Executions), len(got.Tasks), len(got.Dues), len(got.Hooks)}, []int{1, 1, 1, 1})
	}
	snaps, err := b.Load(b.Context(), []uuid.UUID{unknown.InstanceID}, engine.Want{})
	b.ok("Load", err)
	b.same("snapshots of an instance that is not there", len(snaps), 0)

	clears := b.everything(next(begin.Instance))
	clears.From, clears.DeleteAllDues = 9, true
	stale, err = b.Apply(b.Context(), []*workflow.Transition{clears})
	b.ok("Apply", err)
	b.same("stale", stale, map[uuid.UUID]bool{clears.InstanceID: true})
	b.untouched(begin)
}

func createdTwice(b *bench) {
	begin := b.startWithDue()
	b.apply(begin)
	again := b.everything(start(begin.Instance))
	stale, err := b.Apply(b.Context(), []*workflow.Transition{again})
	b.ok("Apply", err)
	b.same("stale", stale, map[uuid.UUID]bool{begin.InstanceID: true})
	b.untouched(begin)
}

func versionJump(b *bench) {
	in := b.begin()
	jump := next(in, func(in *workflow.Instance) { in.Version = 4 })
	b.apply(jump)
	b.same("version", b.snapshot(in.ID, engine.Want{}).Instance.Version, int64(4))
	b.apply(next(jump.Instance))
}

// races is how often appliers are raced.
const races = 200

func racedAppliers(b *bench) {
	x, y := b.begin(), b.begin()
	for range races {
		stale := b.race(
			[]*workflow.Transition{b.eventful(next(x), "ana"), b.eventful(next(y), "ana")},
			[]*workflow.Transition{b.eventful(next(y), "bo"), b.eventful(next(x), "bo")},
		)
		for _, id := range []uuid.UUID{x.ID, y.ID} {
			if stale[0][id] == stale[1][id] {
				b.Fatalf("stale for ana %v, for bo %v: want exactly one", stale[0][id], stale[1][id])
			}
		}
		x.Version, y.Version = x.Version+1, y.Version+1
	}
	for _, in := range []workflow.Instance{x, y} {
		b.same("version", b.snapshot(in.ID, engine.Want{}).Instance.Version, in.Version)
		events, err := b.read.Events(b.Context(), admin, in.ID, engine.Paging{})
		b.ok("Events", err)
		b.same("events, one of each winner", events.Total, races)
	}
}

func racedCreators(b *bench) {
	for range races / 4 {
		in := b.instance()
		stale := b.race(
			[]*workflow.Transition{b.eventful(start(in), "ana")},
			[]*workflow.Transition{b.eventful(start(in), "bo")},
		)
		if stale[0][in.ID] == stale[1][in.ID] {
			b.Fatalf("stale for ana %v, for bo %v: want exactly one", stale[0][in.ID], stale[1][in.ID])
		}
	}
}

func (b *bench) eventful(t *workflow.Transition, actor string) *workflow.Transition {
	e := b.event(t.Instance, workflow.EventStepStarted)
	e.Actor = actor
	t.Events = []workflow.Event{e}
	return t
}

// race applies the batches at the same time and gives what was stale for each.
func (b *bench) race(batches ...[]*workflow.Transition) []map[uuid.UUID]bool {
	b.Helper()
	stale, errs := make([]map[uuid.UUID]bool, len(batches)), make([]error, len(batches))
	var wg sync.WaitGroup
	for i, batch := range batches {
		wg.Go(func() { stale[i], errs[i] = b.Apply(b.Context(), batch) })
	}
	wg.Wait()
	for _, err := range errs {
		b.ok("Apply", err)
	}
	return stale
}

func atomic(b *bench) {
	seed := b.everything(start(b.instance()))
	b.apply(seed)
	for name, collide := range map[string]func(*workflow.Transition){
		"execution": func(t *workflow.Transition) { t.Executions = created(seed.Executions[0].Value) },
		"task":      func(t *workflow.Transition) { t.Tasks = created(seed.Tasks[0].Value) },
		"due row":   func(t *workflow.Transition) { t.Dues = seed.Dues },
		"hook":      func(t *workflow.Transition) { t.Hooks = created(seed.Hooks[0].Value) },
	} {
		fresh, clash := b.everything(start(b.instance())), next(seed.Instance)
		collide(clash)
		bystander := b.startWithDue()
		b.apply(bystander)
		moved := b.everything(next(bystander.Instance))
		if _, err := b.Apply(b.Context(), []*workflow.Transition{fresh, moved, clash}); err == nil {
			b.Errorf("Apply with an %s created twice gave no error", name)
		}
		snaps, err := b.Load(b.Context(), []uuid.UUID{fresh.InstanceID}, engine.Want{})
		b.ok("Load", err)
		b.same("instances made beside the clash of an "+name, len(snaps), 0)
		b.untouched(bystander)
	}
	b.same("version", b.snapshot(seed.InstanceID, engine.Want{}).Instance.Version, seed.Instance.Version)
}

func eventOrder(b *bench) {
	in, other := b.instance(), b.instance()
	begin := start(in)
	begin.Events = []workflow.Event{b.event(in, workflow.EventWorkflowStarted), b.event(in, workflow.EventStepStarted)}
	begin.Events[1].At = begin.Events[0].At // the order is that of writing
	b.apply(begin, b.eventful(start(other), "ana"))
	then := next(in)
	then.Events = []workflow.Event{b.event(in, workflow.EventStepCompleted), b.event(in, workflow.EventStepStarted)}
	then.Events[0].At = b.base // a clock that went back
	b.apply(then)
	events, err := b.read.Events(b.Context(), admin, in.ID, engine.Paging{})
	b.ok("Events", err)
	b.same("events", withoutSeq(events.Items), append(begin.Events, then.Events...))
	for i, e := range events.Items {
		if e.Seq <= 0 || i > 0 && e.Seq <= events.Items[i-1].Seq {
			b.Errorf("event %d has Seq %d, want one that grows", i, e.Seq)
		}
	}
}
