package storetest

import (
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var draftTests = []test{
	{"one_for_each_task_and_person", draftKept},
	{"goes_with_the_wait_of_its_task", draftEnds},
	{"is_refused_for_a_task_that_waits_no_more", draftRefused},
	{"an_earlier_one_does_not_overtake", draftOrder},
	{"is_dropped", draftDropped},
	{"of_another_tenant_is_not_found", draftTenant},
}

func (b *bench) draft(t workflow.Task, person, typed string) engine.Draft {
	return engine.Draft{Task: t.ID, Person: person, Data: js(`{"amount": 1.50}`), Typed: typed, SavedAt: b.tick()}
}

func (b *bench) saveDraft(t workflow.Task, person, typed string) engine.Draft {
	b.Helper()
	d := b.draft(t, person, typed)
	b.ok("SaveDraft", b.SaveDraft(b.Context(), workflow.DefaultTenant, d))
	return d
}

func (b *bench) hasDraft(want engine.Draft) {
	b.Helper()
	got, err := b.Draft(b.Context(), workflow.DefaultTenant, want.Task, want.Person)
	b.ok("Draft", err)
	b.same("draft", got, want)
}

func (b *bench) hasNoDraft(t workflow.Task, person string) {
	b.Helper()
	_, err := b.Draft(b.Context(), workflow.DefaultTenant, t.ID, person)
	b.is("Draft", err, engine.ErrDraftNotFound)
}

func draftKept(b *bench) {
	one, two := b.ask("one", forAnyone), b.ask("two", forAnyone)
	b.hasNoDraft(one, "ana")
	b.saveDraft(one, "ana", "a=1")
	ofBo, ofTwo := b.saveDraft(one, "bo", "a=2"), b.saveDraft(two, "ana", "")
	b.hasDraft(b.saveDraft(one, "ana", "a=3&b=%C3%A4"))
	b.hasDraft(ofBo)
	b.hasDraft(ofTwo)
}

// end ends the wait of a task.
func (b *bench) end(t workflow.Task, how func(*workflow.Task)) {
	b.Helper()
	in := b.snapshot(t.InstanceID, engine.Want{}).Instance
	how(&t)
	then := next(in)
	then.Tasks = updated(t)
	b.apply(then)
}

func draftEnds(b *bench) {
	for _, how := range []func(*workflow.Task){decidedBy("ana"), canceled} {
		t, other := b.ask("ends", forAnyone), b.ask("stays", forAnyone)
		b.saveDraft(t, "ana", "a=1")
		b.saveDraft(t, "bo", "a=1")
		stays := b.saveDraft(other, "ana", "a=1")
		b.end(t, how)
		b.hasNoDraft(t, "ana")
		b.hasNoDraft(t, "bo")
		b.hasDraft(stays)
	}
	t := b.ask("given back", offered("finance"), claimed("ana"))
	d := b.saveDraft(t, "ana", "a=1")
	b.end(t, func(t *workflow.Task) { t.Assignee, t.ClaimedAt, t.Version = "", nil, 2 })
	b.hasDraft(d)
}

func draftRefused(b *bench) {
	t := b.ask("done", decidedBy("ana"))
	b.is("SaveDraft", b.SaveDraft(b.Context(), workflow.DefaultTenant, b.draft(t, "ana", "")), workflow.ErrTaskNotFound)
	unknown := workflow.Task{ID: newID()}
	b.is("SaveDraft", b.SaveDraft(b.Context(), workflow.DefaultTenant, b.draft(unknown, "ana", "")), workflow.ErrTaskNotFound)
}

func draftOrder(b *bench) {
	t := b.ask("one", forAnyone)
	late := b.saveDraft(t, "ana", "a=2")
	early := b.draft(t, "ana", "a=1")
	early.SavedAt = late.SavedAt.Add(-time.Second)
	b.ok("SaveDraft", b.SaveDraft(b.Context(), workflow.DefaultTenant, early))
	b.hasDraft(late)
}

func draftDropped(b *bench) {
	t := b.ask("one", forAnyone)
	kept := b.saveDraft(t, "bo", "a=2")
	b.saveDraft(t, "ana", "a=1")
	for range 2 {
		b.ok("DropDraft", b.DropDraft(b.Context(), workflow.DefaultTenant, t.ID, "ana"))
		b.hasNoDraft(t, "ana")
	}
	b.hasDraft(kept)
}

func draftTenant(b *bench) {
	t := b.ask("one", forAnyone)
	d := b.saveDraft(t, "ana", "a=1")
	b.is("SaveDraft", b.SaveDraft(b.Context(), "other", d), workflow.ErrTaskNotFound)
	b.ok("DropDraft", b.DropDraft(b.Context(), "other", t.ID, "ana"))
	_, err := b.Draft(b.Context(), "other", t.ID, "ana")
	b.is("Draft", err, engine.ErrDraftNotFound)
	b.hasDraft(d)
}
