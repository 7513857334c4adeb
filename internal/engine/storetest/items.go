package storetest

import (
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var itemTests = []test{
	{"items_are_loaded_only_when_they_are_named", itemsNamed},
	{"the_latest_of_a_step_is_never_an_item", latestIsNoItem},
	{"freezing_and_deleting_reach_the_rows_of_items", itemRows},
}

// listed is an instance with a list of items.
type listed struct {
	begin      *workflow.Transition
	holder     workflow.Execution
	live, done workflow.Execution
	task       workflow.Task
	due        workflow.Due
}

// list stores an instance whose step holds one item that lives, with a task and
// a due row, and one that has ended.
func (b *bench) list() listed {
	b.Helper()
	begin := start(b.instance())
	in := begin.Instance
	around := func(e *workflow.Execution) {
		e.Role, e.Status, e.Type = workflow.EachHolder, workflow.StepWaiting, workflow.StepHuman
	}
	l := listed{begin: begin, holder: b.execution(in, around)}
	item := func(index int) func(*workflow.Execution) {
		return func(e *workflow.Execution) {
			around(e)
			e.Role, e.Scope, e.Index = workflow.EachItem, l.holder.ID, index
		}
	}
	l.live, l.done = b.execution(in, item(0)), b.execution(in, item(1), succeeded(b.tick()))
	l.task = b.task(in, "one of many", func(t *workflow.Task) { t.Item, t.ExecutionID = true, l.live.ID })
	l.due = due(in, workflow.DueStepTimeout, b.at(time.Minute))
	l.due.Item, l.due.ExecutionID = true, l.live.ID
	begin.Executions, begin.Tasks = created(l.holder, l.live, l.done), created(l.task)
	begin.Dues = []workflow.Due{l.due}
	b.apply(begin)
	return l
}

func itemsNamed(b *bench) {
	l := b.list()
	need := func(n workflow.Need) engine.Want { return engine.Want{Need: n} }
	ids := []uuid.UUID{l.holder.ID}
	for name, one := range map[string]struct {
		want      engine.Want
		live, end bool
	}{
		"nothing":   {engine.Want{}, false, false},
		"execution": {need(workflow.Need{Executions: []uuid.UUID{l.live.ID}}), true, false},
		"task":      {engine.Want{Tasks: []uuid.UUID{l.task.ID}}, true, false},
		"due row":   {engine.Want{Dues: []uuid.UUID{l.due.ID}}, true, false},
		"live":      {need(workflow.Need{Live: ids}), true, false},
		"scope":     {need(workflow.Need{Scopes: ids}), true, true},
		"item":      {need(workflow.Need{Items: []workflow.ItemKey{{Scope: l.holder.ID, Index: 0}}}), true, false},
		"ended":     {need(workflow.Need{Items: []workflow.ItemKey{{Scope: l.holder.ID, Index: 1}}}), false, false},
	} {
		want := &workflow.Snapshot{
			Instance: l.begin.Instance, Executions: map[uuid.UUID]workflow.Execution{l.holder.ID: l.holder},
			Tasks: map[uuid.UUID]workflow.Task{}, Dues: map[uuid.UUID]workflow.Due{}, Loaded: one.want.Need,
		}
		if one.live {
			want.Executions[l.live.ID], want.Tasks[l.task.ID], want.Dues[l.due.ID] = l.live, l.task, l.due
		}
		if one.end {
			want.Executions[l.done.ID] = l.done
		}
		b.same(name, b.snapshot(l.begin.InstanceID, one.want), want)
	}
}

func latestIsNoItem(b *bench) {
	l := b.list()
	end := next(l.begin.Instance)
	l.holder.Status, l.holder.Live, l.holder.CompletedAt = workflow.StepSucceeded, false, ptr(b.tick())
	end.Executions = updated(l.holder)
	b.apply(end)
	got := b.snapshot(l.begin.InstanceID, engine.Want{Steps: func(string, workflow.Ref) ([]string, error) {
		return []string{l.holder.Step}, nil
	}})
	b.same("latest", got.Executions, map[uuid.UUID]workflow.Execution{l.holder.ID: l.holder})
}

func itemRows(b *bench) {
	l := b.list()
	in := l.begin.Instance
	freeze := next(in)
	freeze.FreezeDues = true
	b.apply(freeze)
	ids, _ := b.claim(10, time.Hour)
	b.same("claimed of frozen rows", ids, []uuid.UUID{})
	thaw := next(freeze.Instance)
	thaw.ThawDues = true
	b.apply(thaw)
	ids, _ = b.claim(10, time.Hour)
	b.same("claimed of thawed rows", ids, []uuid.UUID{l.due.ID})
	clear := next(thaw.Instance)
	clear.DeleteAllDues = true
	b.apply(clear)
	got := b.snapshot(in.ID, engine.Want{Need: workflow.Need{Live: []uuid.UUID{l.holder.ID}}})
	b.same("rows left", got.Dues, map[uuid.UUID]workflow.Due{})
}

var sendTests = []test{
	{"a_send_is_claimed_after_its_hold_and_goes_with_its_command", sendGoes},
	{"a_send_of_a_stale_transition_is_not_stored", staleSend},
	{"sends_to_an_instance_are_neither_frozen_nor_deleted_with_it", sendStays},
	{"drop_due", dropDue},
}

// send returns a command for an instance whose hold is over.
func (b *bench) send(to uuid.UUID) workflow.Send {
	return workflow.Send{ID: newID(), To: to, At: b.at(0), Kind: workflow.SendAbove, Payload: js(`{"verb":"cancel"}`)}
}

func sendGoes(b *bench) {
	from, to := start(b.instance()), start(b.instance())
	send := b.send(newID()) // nobody is there yet
	late := b.send(to.InstanceID)
	late.At = time.Now().UTC().Truncate(time.Microsecond)
	from.Sends = []workflow.Send{send, late}
	b.apply(from, to)
	dues, next, err := b.ClaimDue(b.Context(), 10, time.Hour)
	b.ok("ClaimDue", err)
	b.same("claimed", dues, []workflow.Due{send.Due()})
	if next.Before(late.At.Add(engine.SendHold)) {
		b.Errorf("the held send is visible at %v, it was sent at %v", next, late.At)
	}
	got, err := workflow.SendOf(dues[0])
	b.ok("SendOf", err)
	b.same("the send", got, send)
	taken := then(to.Instance)
	taken.DuesDone = []uuid.UUID{send.ID, late.ID}
	b.apply(taken)
	if _, next, _ := b.ClaimDue(b.Context(), 10, time.Hour); !next.IsZero() {
		b.Errorf("a row is left: %v", next)
	}
}

// then is next under a name that no local variable hides.
func then(in workflow.Instance) *workflow.Transition { return next(in) }

func staleSend(b *bench) {
	begin := start(b.instance())
	b.apply(begin)
	stale := next(begin.Instance)
	stale.From = 7
	stale.Instance.Version = 8
	stale.Sends = []workflow.Send{b.send(newID())}
	if _, err := b.Apply(b.Context(), []*workflow.Transition{stale}); err != nil {
		b.Fatal(err)
	}
	ids, _ := b.claim(10, time.Hour)
	b.same("claimed", ids, []uuid.UUID{})
}

func sendStays(b *bench) {
	from, to := start(b.instance()), start(b.instance())
	send := b.send(to.InstanceID)
	from.Sends = []workflow.Send{send}
	b.apply(from, to)
	freeze := next(to.Instance)
	freeze.FreezeDues = true
	b.apply(freeze)
	clear := next(freeze.Instance)
	clear.DeleteAllDues = true
	b.apply(clear)
	b.same("in the snapshot", b.snapshot(to.InstanceID, engine.Want{}).Dues, map[uuid.UUID]workflow.Due{})
	ids, _ := b.claim(10, time.Hour)
	b.same("claimed", ids, []uuid.UUID{send.ID})
}

func dropDue(b *bench) {
	from := start(b.instance())
	send, other := b.send(newID()), b.send(newID())
	from.Sends = []workflow.Send{send, other}
	b.apply(from)
	b.ok("DropDue", b.DropDue(b.Context(), []uuid.UUID{send.ID, newID()}))
	ids, _ := b.claim(10, time.Hour)
	b.same("claimed", ids, []uuid.UUID{other.ID})
}
