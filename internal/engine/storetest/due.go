package storetest

import (
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var dueTests = []test{
	{"claims_the_oldest_and_tells_the_next", claimOrder},
	{"claimed_rows_are_hidden_for_the_hold", claimHold},
	{"done_rows_are_gone", duesDone},
	{"freeze_and_thaw", freezeThaw},
	{"thaw_and_freeze_in_one_transition", thawFreeze},
	{"inserted_rows_carry_their_own_frozen", insertedFrozen},
	{"delete_all_leaves_what_is_inserted", deleteAll},
	{"raced_claims_share_nothing", racedClaims},
}

// claim claims due rows and returns their ids.
func (b *bench) claim(limit int, hold time.Duration) ([]uuid.UUID, time.Time) {
	b.Helper()
	dues, next, err := b.ClaimDue(b.Context(), limit, hold)
	b.ok("ClaimDue", err)
	return each(dues, func(d workflow.Due) uuid.UUID { return d.ID }), next
}

// beginWithDues stores an instance with due rows and returns its start.
func (b *bench) beginWithDues(rows ...func(workflow.Instance) workflow.Due) *workflow.Transition {
	b.Helper()
	begin := start(b.instance())
	for _, row := range rows {
		begin.Dues = append(begin.Dues, row(begin.Instance))
	}
	b.apply(begin)
	return begin
}

func (b *bench) row(kind workflow.DueKind, after time.Duration) func(workflow.Instance) workflow.Due {
	return func(in workflow.Instance) workflow.Due { return due(in, kind, b.at(after)) }
}

func (b *bench) frozenRow(kind workflow.DueKind, after time.Duration) func(workflow.Instance) workflow.Due {
	return func(in workflow.Instance) workflow.Due {
		d := due(in, kind, b.at(after))
		d.Frozen = true
		return d
	}
}

func (b *bench) sameTime(what string, got, want time.Time) {
	b.Helper()
	if !got.Equal(want) {
		b.Errorf("%s = %v, want %v", what, got, want)
	}
}

func claimOrder(b *bench) {
	ids, next := b.claim(10, time.Hour)
	b.same("claimed of nothing", ids, []uuid.UUID{})
	b.sameTime("next of nothing", next, time.Time{})

	const timer = workflow.DueTimer
	one := b.beginWithDues(b.row(timer, 3*time.Minute), b.row(timer, 1*time.Minute), b.row(timer, 72*time.Hour), b.frozenRow(timer, 0)).Dues
	two := b.beginWithDues(b.row(timer, 2*time.Minute)).Dues
	dues, next, err := b.ClaimDue(b.Context(), 2, time.Hour)
	b.ok("ClaimDue", err)
	b.same("first two", dues, []workflow.Due{one[1], two[0]})
	b.sameTime("next after two", next, one[0].At)
	ids, next = b.claim(10, time.Hour)
	b.same("the third", ids, []uuid.UUID{one[0].ID})
	if next.IsZero() || next.After(one[2].At) {
		b.Errorf("next with one row in the future = %v, want at the latest %v", next, one[2].At)
	}
}

func claimHold(b *bench) {
	row := b.beginWithDues(b.row(workflow.DueTimer, 0)).Dues[0]
	ids, _ := b.claim(10, time.Hour)
	b.same("claimed", ids, []uuid.UUID{row.ID})
	ids, next := b.claim(10, time.Hour)
	b.same("claimed while on hold", ids, []uuid.UUID{})
	if !next.IsZero() && next.Before(b.at(time.Hour)) {
		b.Errorf("next while on hold = %v, want none or the end of the hold", next)
	}

	brief := b.beginWithDues(b.row(workflow.DueStepTimeout, time.Second))
	ids, _ = b.claim(10, time.Millisecond)
	b.same("claimed", ids, []uuid.UUID{brief.Dues[0].ID})
	b.same("the row while on hold", b.snapshot(brief.InstanceID, engine.Want{}).Dues[brief.Dues[0].ID], brief.Dues[0])
	b.eventually("a second claim after the hold", func() bool {
		dues, _, err := b.ClaimDue(b.Context(), 10, time.Hour)
		b.ok("ClaimDue", err)
		if len(dues) == 0 {
			return false
		}
		b.same("claimed after the hold", dues, brief.Dues)
		return true
	})
}

func duesDone(b *bench) {
	begin := b.beginWithDues(b.row(workflow.DueTimer, 0), b.row(workflow.DueTimer, time.Second))
	then := next(begin.Instance)
	then.DuesDone = []uuid.UUID{begin.Dues[0].ID, newID()}
	b.apply(then)
	b.same("due rows", b.snapshot(begin.InstanceID, engine.Want{}).Dues, duesByID(begin.Dues[1]))
	ids, _ := b.claim(10, time.Hour)
	b.same("claimed", ids, []uuid.UUID{begin.Dues[1].ID})
}

func duesByID(rows ...workflow.Due) map[uuid.UUID]workflow.Due {
	byID := map[uuid.UUID]workflow.Due{}
	for _, row := range rows {
		byID[row.ID] = row
	}
	return byID
}

// shifted gives the rows as they are after a thaw by shift.
func shifted(rows []workflow.Due, shift time.Duration, frozen bool) map[uuid.UUID]workflow.Due {
	byID := duesByID(rows...)
	for id, row := range byID {
		if row.Frozen = frozen; row.Kind.Moves() {
			row.At = row.At.Add(shift)
		}
		byID[id] = row
	}
	return byID
}

func (b *bench) threeKinds() *workflow.Transition {
	return b.beginWithDues(b.row(workflow.DueTimer, 0), b.row(workflow.DueStepTimeout, time.Second), b.row(workflow.DueInstanceTimeout, 2*time.Second))
}

func freezeThaw(b *bench) {
	begin := b.threeKinds()
	bystander := b.beginWithDues(b.row(workflow.DueTimer, 0))
	freeze := next(begin.Instance, paused(b.base))
	freeze.FreezeDues = true
	b.apply(freeze)
	b.same("frozen", b.snapshot(begin.InstanceID, engine.Want{}).Dues, shifted(begin.Dues, 0, true))
	ids, _ := b.claim(10, 100*time.Hour)
	b.same("claimed while frozen", ids, []uuid.UUID{bystander.Dues[0].ID})

	const shift = 48 * time.Hour
	thaw := next(freeze.Instance, func(in *workflow.Instance) {
		in.Status, in.Paused, in.FrozenAt = workflow.StatusRunning, false, nil
	})
	thaw.ThawDues, thaw.ThawShift = true, shift
	b.apply(thaw)
	want := shifted(begin.Dues, shift, false)
	b.same("thawed", b.snapshot(begin.InstanceID, engine.Want{}).Dues, want)
	ids, at := b.claim(10, 100*time.Hour)
	b.same("claimed once thawed", ids, []uuid.UUID{begin.Dues[0].ID})
	b.sameTime("next once thawed", at, want[begin.Dues[1].ID].At)
	b.same("the other instance's row", b.snapshot(bystander.InstanceID, engine.Want{}).Dues, duesByID(bystander.Dues...))
}

func thawFreeze(b *bench) {
	begin := b.threeKinds()
	freeze := next(begin.Instance)
	freeze.FreezeDues = true
	b.apply(freeze)
	both := next(freeze.Instance)
	both.ThawDues, both.ThawShift, both.FreezeDues = true, time.Minute, true
	b.apply(both)
	b.same("thawed, then frozen", b.snapshot(begin.InstanceID, engine.Want{}).Dues, shifted(begin.Dues, time.Minute, true))
	ids, _ := b.claim(10, time.Hour)
	b.same("claimed", ids, []uuid.UUID{})
}

func insertedFrozen(b *bench) {
	begin := b.threeKinds()
	freeze := next(begin.Instance)
	free := due(begin.Instance, workflow.DueTimer, b.base)
	freeze.FreezeDues, freeze.Dues = true, []workflow.Due{free}
	b.apply(freeze)
	want := shifted(begin.Dues, 0, true)
	want[free.ID] = free
	b.same("inserted while freezing", b.snapshot(begin.InstanceID, engine.Want{}).Dues, want)

	cold := due(begin.Instance, workflow.DueStepTimeout, b.base)
	cold.Frozen = true
	thaw := next(freeze.Instance)
	thaw.ThawDues, thaw.ThawShift, thaw.Dues = true, time.Minute, []workflow.Due{cold}
	b.apply(thaw)
	want = shifted(begin.Dues, time.Minute, false)
	want[free.ID], want[cold.ID] = free, cold
	b.same("inserted while thawing", b.snapshot(begin.InstanceID, engine.Want{}).Dues, want)
}

func deleteAll(b *bench) {
	begin, bystander := b.threeKinds(), b.threeKinds()
	then := next(begin.Instance)
	kept := due(begin.Instance, workflow.DueTimer, b.base)
	then.DeleteAllDues, then.Dues, then.DuesDone = true, []workflow.Due{kept}, []uuid.UUID{begin.Dues[0].ID}
	b.apply(then)
	b.same("due rows", b.snapshot(begin.InstanceID, engine.Want{}).Dues, duesByID(kept))
	b.same("the other instance's rows", b.snapshot(bystander.InstanceID, engine.Want{}).Dues, duesByID(bystander.Dues...))
}

func racedClaims(b *bench) {
	const rows = 40
	for range rows {
		b.beginWithDues(b.row(workflow.DueTimer, 0))
	}
	claims := make(chan []workflow.Due)
	for range 4 {
		go func() {
			var mine []workflow.Due
			for range rows / 4 {
				dues, _, err := b.ClaimDue(b.Context(), 3, time.Hour)
				if err != nil {
					b.Errorf("ClaimDue = %v", err)
				}
				mine = append(mine, dues...)
			}
			claims <- mine
		}()
	}
	times := map[uuid.UUID]int{}
	for range 4 {
		for _, d := range <-claims {
			times[d.ID]++
		}
	}
	rest, _ := b.claim(rows, time.Hour)
	for _, id := range rest {
		times[id]++
	}
	b.same("rows claimed", len(times), rows)
	for id, n := range times {
		if n != 1 {
			b.Errorf("row %s was claimed %d times, want once", id, n)
		}
	}
}
