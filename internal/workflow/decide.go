package workflow

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
)

// Decide turns one command into the change it makes to one instance. It reads
// only its arguments and changes none of them. A command that the state does
// not allow gives an *Error and no transition; one that comes too late to
// matter (a stale lease, a due row that is gone) gives a transition that is
// not Changed. A snapshot that does not hold enough gives a *NeedError.
func Decide(def *Definition, snap *Snapshot, cmd Command, env Env) (*Transition, error) {
	d := newDecider(def, snap, env)
	err := asking(func() error {
		if err := checkGuest(cmd); err != nil {
			return err
		}
		if err := d.command(cmd); err != nil {
			return err
		}
		d.finish()
		d.recordDeeds(cmd)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return d.t, nil
}

// asking turns the panic by which a decision asks for more of the instance into
// its error.
func asking(decide func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			need, ok := p.(*NeedError)
			if !ok {
				panic(p)
			}
			err = need
		}
	}()
	return decide()
}

// decider is one decision in progress: a private copy of the rows it changes,
// laid over the snapshot.
type decider struct {
	def  *Definition
	snap *Snapshot
	env  Env
	t    *Transition
	in   *Instance // &t.Instance

	execs   map[uuid.UUID]*Row[Execution] // changed executions
	order   []uuid.UUID                   // of execs, in the order of their change
	tasks   map[uuid.UUID]*Row[Task]
	torder  []uuid.UUID
	hooks   []Row[Hook]
	arrived []arrival                 // tokens on their way
	own     map[uuid.UUID]bool        // scopes that are this decision's own copies
	taskBy  map[uuid.UUID]uuid.UUID   // open tasks by execution; nil until it is needed
	duesBy  map[uuid.UUID][]uuid.UUID // stored due rows by execution that stand; nil until it is needed
	steps   map[string]any            // the value of `steps`; nil until it is needed and after a step has changed
	touched bool
	shown   bool           // something has changed that lists show of what is waited for
	data    map[string]any // decoded, never changed in place: Instance.Data, nil until it is needed
}

// arrival is a token on its way to a step of a scope.
type arrival struct {
	scope uuid.UUID
	step  string
	from  uuid.UUID
	loop  bool
}

func newDecider(def *Definition, snap *Snapshot, env Env) *decider {
	d := &decider{
		def: def, snap: snap, env: env,
		t: &Transition{
			InstanceID: snap.Instance.ID,
			From:       snap.Instance.Version,
			Instance:   snap.Instance,
		},
		execs: map[uuid.UUID]*Row[Execution]{},
		tasks: map[uuid.UUID]*Row[Task]{},
		own:   map[uuid.UUID]bool{},
	}
	d.in = &d.t.Instance
	d.in.State.Steps = maps.Clone(d.in.State.Steps)
	d.in.State.Scopes = maps.Clone(d.in.State.Scopes)
	d.in.State.Tasks.Groups = maps.Clone(d.in.State.Tasks.Groups)
	if d.t.From > 0 {
		d.t.Was = snap.Instance.Standing()
	}
	return d
}

// finish settles what the command set in motion and closes the transition. A
// command that came too late sets nothing in motion, not even other branches.
func (d *decider) finish() {
	if !d.touched {
		return
	}
	d.settle()
	d.refreshStatus()
	d.refreshWaiting()
	d.expire()
	d.in.Version = d.t.From + 1
	for _, id := range d.order {
		d.t.Executions = append(d.t.Executions, *d.execs[id])
	}
	for _, id := range d.torder {
		d.t.Tasks = append(d.t.Tasks, *d.tasks[id])
	}
	d.t.Hooks = d.hooks
	d.t.Work = slices.DeleteFunc(d.t.Work, func(w Work) bool {
		e, _ := d.exec(w.ExecutionID)
		return e.Status != StepRunning
	})
	slices.SortFunc(d.t.DuesDone, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	d.t.DuesDone = slices.Compact(d.t.DuesDone)
	d.t.Offers = slices.DeleteFunc(d.t.Offers, func(j Offer) bool {
		e, _ := d.exec(j.ExecutionID)
		return e.Status != StepScheduled
	})
	for i := range d.t.Dues {
		d.t.Dues[i].Frozen = d.in.FrozenAt != nil
	}
	if d.t.DataChanged {
		d.in.Data = d.dataText()
	}
	d.refreshSearch()
}

// expire says how long an instance that has ended is kept.
func (d *decider) expire() {
	if d.in.Status.Finished() && d.in.ExpiresAt == nil && d.def.Retention > 0 {
		d.in.ExpiresAt = ptr(d.in.CompletedAt.Add(d.def.Retention))
	}
}

// settle moves tokens until every branch waits, runs or has ended, leases what
// became ready, and completes an instance without branches. Tokens already on
// their way arrive even when another branch has just failed: what one decision
// does must not depend on the order of its branches.
func (d *decider) settle() {
	for moves := 0; ; moves++ {
		switch {
		case moves == maxMoves:
			d.failWhole(&StepError{Code: "too_many_moves", Message: fmt.Sprintf(
				"more than %d steps passed without anything to wait for; check the loops of the definition", maxMoves)})
		case len(d.arrived) > 0:
			next := d.arrived[0]
			d.arrived = d.arrived[1:]
			d.arrive(next)
		case !d.moving():
			return
		case d.confirmVotes(), d.openJoin(), d.advanceScopes(), d.leaseScheduled():
		default:
			if d.in.State.Tokens.Total() == 0 && d.in.StartedAt != nil {
				d.complete()
			}
			return
		}
	}
}

// maxMoves bounds the steps that one decision passes through, so that a loop of
// gateways ends.
const maxMoves = 20_000

// moving reports whether tokens may move.
func (d *decider) moving() bool {
	return !d.in.Status.Finished() && d.in.FrozenAt == nil
}

// exec returns the execution as this decision sees it.
func (d *decider) exec(id uuid.UUID) (Execution, bool) {
	if row, ok := d.execs[id]; ok {
		return row.Value, true
	}
	e, ok := d.snap.Executions[id]
	return e, ok
}

// need gives up this decision: it is to be repeated with more of the instance.
func (d *decider) need(n Need) { panic(&NeedError{n}) }

// allLive returns every execution that holds a token, oldest first.
func (d *decider) allLive() []Execution {
	var missing []uuid.UUID
	for id, s := range d.snap.Instance.State.Scopes {
		if s.Items != nil && s.Live > 0 && !d.liveLoaded(id) {
			missing = append(missing, id)
		}
	}
	if missing != nil {
		d.need(Need{Live: missing})
	}
	return d.liveExecs()
}

// liveExecs returns the executions that hold a token, oldest first: all but
// items that the snapshot does not hold.
func (d *decider) liveExecs() []Execution {
	var live []Execution
	for id, e := range d.snap.Executions {
		if _, changed := d.execs[id]; !changed && e.Live {
			live = append(live, e)
		}
	}
	for _, row := range d.execs {
		if row.Value.Live {
			live = append(live, row.Value)
		}
	}
	slices.SortFunc(live, func(a, b Execution) int { return slices.Compare(a.ID[:], b.ID[:]) })
	return live
}

// readyExecs returns the executions at hand that are ready for a lease, oldest
// first. Most often all of them were made ready by this very decision; then
// nothing else is looked at.
func (d *decider) readyExecs() []uuid.UUID {
	var ready []uuid.UUID
	for _, id := range d.order {
		if d.execs[id].Value.ready() {
			ready = append(ready, id)
		}
	}
	if len(ready) < d.in.State.Tokens.Ready {
		for id := range d.snap.Executions {
			if _, changed := d.execs[id]; !changed && d.snap.Executions[id].Status == StepScheduled && d.snap.Executions[id].ready() {
				ready = append(ready, id)
			}
		}
	}
	slices.SortFunc(ready, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return ready
}

// outerExecs returns the executions that hold a token and are no items, oldest
// first.
func (d *decider) outerExecs() []Execution {
	var live []Execution
	for id := range d.snap.Executions {
		if _, changed := d.execs[id]; !changed && d.snap.Executions[id].Role != EachItem && d.snap.Executions[id].Live {
			live = append(live, d.snap.Executions[id])
		}
	}
	for _, row := range d.execs {
		if row.Value.Live && row.Value.Role != EachItem {
			live = append(live, row.Value)
		}
	}
	slices.SortFunc(live, func(a, b Execution) int { return slices.Compare(a.ID[:], b.ID[:]) })
	return live
}

// refreshStatus derives the instance's state from its counters.
func (d *decider) refreshStatus() {
	tokens := d.in.State.Tokens
	switch {
	case d.in.Status.Finished():
	case d.in.StartedAt == nil && d.in.Paused:
		d.in.Status = StatusPaused
	case d.in.StartedAt == nil:
		d.in.Status = StatusPending
	case d.failedNow():
		d.in.Status = StatusFailed
	case d.in.Paused:
		d.in.Status = StatusPaused
	case tokens.Running > 0:
		d.in.Status = StatusRunning
	default:
		d.in.Status = StatusWaiting
	}
}

// failedNow reports whether the instance or one of its branches has failed.
func (d *decider) failedNow() bool {
	return d.in.State.Failed || d.in.State.Tokens.Failed > 0
}
