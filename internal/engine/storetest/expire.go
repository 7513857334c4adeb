package storetest

import (
	"sync"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var expireTests = []test{
	{"deletes_all_that_belongs_to_an_instance", expireWhole},
	{"the_first_come_first_and_no_more_than_the_limit", expireOrder},
	{"a_child_stays_until_its_parent_has_ended", expireChild},
	{"a_parent_takes_its_children_along_once_they_have_ended", expireParent},
	{"raced_each_goes_once", expireRaced},
}

// ended gives an instance that has ended and expires some time from the bench's
// base on.
func (b *bench) ended(after time.Duration, changes ...func(*workflow.Instance)) workflow.Instance {
	return b.instance(append(changes, completed(b.at(0)), func(in *workflow.Instance) { in.ExpiresAt = ptr(b.at(after)) })...)
}

func childOf(parent workflow.Instance) func(*workflow.Instance) {
	return func(in *workflow.Instance) {
		in.Parent, in.Depth = workflow.Parent{InstanceID: parent.ID, ExecutionID: newID()}, parent.Depth+1
	}
}

// expires expects that as many instances are deleted.
func (b *bench) expires(limit, want int) {
	b.Helper()
	n, err := b.Expire(b.Context(), limit)
	b.ok("Expire", err)
	b.same("expired instances", n, want)
}

// kept fails the test unless just these of the instances are there.
func (b *bench) kept(all []workflow.Instance, want ...workflow.Instance) {
	b.Helper()
	id := func(in workflow.Instance) uuid.UUID { return in.ID }
	snaps, err := b.Load(b.Context(), each(all, id), engine.Want{})
	b.ok("Load", err)
	var left []uuid.UUID
	for _, in := range all {
		if snaps[in.ID] != nil {
			left = append(left, in.ID)
		}
	}
	b.same("instances that are kept", left, each(want, id))
}

func (b *bench) store(instances ...workflow.Instance) {
	b.Helper()
	for _, in := range instances {
		b.apply(start(in))
	}
}

func expireWhole(b *bench) {
	gone := b.everything(start(b.ended(time.Minute)))
	kept := b.everything(start(b.instance(completed(b.at(0)))))
	later := start(b.ended(48 * time.Hour))
	b.apply(gone, kept, later)
	b.same("when it expires", b.snapshot(gone.InstanceID, engine.Want{}).Instance.ExpiresAt, gone.Instance.ExpiresAt)
	b.expires(10, 1)
	b.expires(10, 0)
	b.kept([]workflow.Instance{gone.Instance, kept.Instance, later.Instance}, kept.Instance, later.Instance)
	_, err := b.read.Instance(b.Context(), admin, gone.InstanceID)
	b.is("Instance", err, workflow.ErrInstanceNotFound)
	_, err = b.read.Task(b.Context(), admin, gone.Tasks[0].Value.ID)
	b.is("Task", err, workflow.ErrTaskNotFound)
	_, err = b.InstanceOfTask(b.Context(), workflow.DefaultTenant, gone.Tasks[0].Value.ID)
	b.is("InstanceOfTask", err, workflow.ErrTaskNotFound)
	for _, instance := range []*workflow.Transition{gone, kept} {
		b.hasDue(instance, instance == kept)
	}
}

// hasDue fails the test unless due rows of the instance are there or not.
func (b *bench) hasDue(t *workflow.Transition, want bool) {
	b.Helper()
	dues, _, err := b.ClaimDue(b.Context(), 100, 0)
	b.ok("ClaimDue", err)
	found := false
	for _, due := range dues {
		found = found || due.InstanceID == t.InstanceID
	}
	b.same("due rows are there", found, want)
}

func expireOrder(b *bench) {
	all := []workflow.Instance{b.ended(3 * time.Minute), b.ended(1 * time.Minute), b.ended(2 * time.Minute)}
	b.store(all...)
	b.expires(2, 2)
	b.kept(all, all[0])
	b.expires(2, 1)
	b.kept(all)
}

func expireChild(b *bench) {
	parent := b.instance()
	child := b.ended(time.Minute, childOf(parent))
	orphan := b.ended(time.Minute, childOf(b.instance()))
	all := []workflow.Instance{parent, child, orphan}
	b.store(all...)
	b.expires(10, 1)
	b.kept(all, parent, child)
	b.apply(next(parent, completed(b.at(0))))
	b.expires(10, 1)
	b.kept(all, parent)
}

func expireParent(b *bench) {
	parent := b.ended(time.Minute)
	broken := b.instance(childOf(parent), failed(b.at(0), "work", "broke"))
	child := b.instance(childOf(parent), completed(b.at(0)))
	below := b.ended(48*time.Hour, childOf(child))
	all := []workflow.Instance{parent, broken, child, below}
	b.store(all...)
	b.expires(10, 0)
	b.apply(next(broken, completed(b.at(0)), func(in *workflow.Instance) { in.FrozenAt = nil }))
	b.expires(10, 1)
	b.kept(all, broken, child, below)
	b.expires(10, 2)
	b.expires(10, 1)
	b.kept(all)
}

func expireRaced(b *bench) {
	var all []workflow.Instance
	for range 40 {
		all = append(all, b.ended(time.Minute))
	}
	b.store(all...)
	counts, errs := make([]int, 4), make([]error, 4)
	var wg sync.WaitGroup
	for i := range counts {
		wg.Go(func() {
			for range 20 {
				n, err := b.Expire(b.Context(), 5)
				counts[i], errs[i] = counts[i]+n, err
			}
		})
	}
	wg.Wait()
	sum := 0
	for i := range counts {
		b.ok("Expire", errs[i])
		sum += counts[i]
	}
	b.same("deletions", sum, len(all))
	b.kept(all)
}
