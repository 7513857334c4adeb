package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"

	"tandem/internal/workflow"
)

// Limits of one commit.
const (
	batchJobs     = 256 // instances
	batchRequests = 128 // commands of one instance
	maxTries      = 20  // decisions of one command on snapshots that went stale
	maxLoads      = 100 // loads of one command's instance, each time with more
)

var (
	errBusy    = workflow.Errorf(workflow.KindUnavailable, "busy", "Too much is waiting to be done. Nothing was changed; try again in a moment.")
	errClosing = workflow.Errorf(workflow.KindUnavailable, "closing", "This process is shutting down. Nothing was changed; try again in a moment.")
)

// outcome is what one job came to: a transition to store, the requests that it
// answers, and those that must wait for the next round.
type outcome struct {
	job
	def     *workflow.Definition
	snap    *workflow.Snapshot // before
	after   *workflow.Snapshot
	merger          // t is nil when nothing changes
	replies []reply // one for each of requests
	later   []*request
	fresh   bool              // snap was loaded for this round
	short   bool              // what needs more of the instance waits for the next round
	want    Want              // what decisions turned out to need
	span    trace.SpanContext // of the transition
	acks    []uuid.UUID       // due rows of commands that change nothing
	err     error             // why there is no definition for snap; nil when there is
}

// commitLoop decides and stores whatever has queued, batch by batch, until the
// mailbox is closed and empty.
func (e *Engine) commitLoop(ctx context.Context) {
	for {
		jobs := e.mail.take(batchJobs, batchRequests)
		if jobs == nil {
			return
		}
		e.commit(ctx, jobs)
	}
}

func (e *Engine) commit(ctx context.Context, jobs []job) {
	outcomes, err := e.decideAll(ctx, jobs)
	if err != nil {
		for _, o := range outcomes {
			e.discard(o)
		}
		for _, j := range jobs {
			e.giveUp(j, err)
		}
		return
	}
	e.store(ctx, outcomes)
}

// decideAll decides every job, on cached snapshots where there are some; a job
// that such a snapshot refuses is decided again on a fresh one.
func (e *Engine) decideAll(ctx context.Context, jobs []job) ([]*outcome, error) {
	outcomes := make([]*outcome, 0, len(jobs))
	var missing []*outcome
	for _, j := range jobs {
		o := &outcome{job: j}
		outcomes = append(outcomes, o)
		if !e.prepare(o) || !e.decide(o) {
			missing = append(missing, o)
		}
	}
	if len(missing) == 0 {
		return outcomes, nil
	}
	if err := e.load(ctx, missing); err != nil {
		return outcomes, err
	}
	return outcomes, e.decideLoaded(ctx, missing)
}

// decideLoaded decides on fresh snapshots. Decisions that need more of their
// instance are repeated with it. When many commands of one instance need
// something each, those that come first are stored, and the others have their
// turn afterwards; a command that alone needs too much fails alone.
func (e *Engine) decideLoaded(ctx context.Context, missing []*outcome) error {
	for loads := 0; ; loads++ {
		var lacking []*outcome
		for _, o := range missing {
			o.short = loads == maxLoads
			if !e.decide(o) {
				lacking = append(lacking, o)
			}
		}
		if len(lacking) == 0 {
			return nil
		}
		if loads == maxLoads {
			for _, o := range lacking {
				o.err = errNeedy
				e.log.Error("a decision needs more of its instance again and again", "instance", o.instance)
				e.decide(o)
			}
			return nil
		}
		if err := e.load(ctx, lacking); err != nil {
			return err
		}
		missing = lacking
	}
}

// errNeedy is a fault of ours: a decision that no snapshot is enough for.
var errNeedy = errors.New("decide: the decision needs more of its instance again and again")

// prepare finds a snapshot without asking the store: an empty one for a new
// instance, else the cached one.
func (e *Engine) prepare(o *outcome) bool {
	if _, ok := o.requests[0].cmd.(workflow.Start); ok {
		o.snap, o.def, o.fresh = &workflow.Snapshot{}, o.requests[0].def, true
		return o.requests[0].tries == 0 // a start that is repeated may meet the instance
	}
	if c, ok := e.cache.take(o.instance); ok {
		o.snap, o.def = c.snap, c.def
		return true
	}
	return false
}

// load gives the outcomes fresh snapshots.
func (e *Engine) load(ctx context.Context, outcomes []*outcome) error {
	ids := make([]uuid.UUID, 0, len(outcomes))
	want := Want{Steps: func(tenant string, ref workflow.Ref) ([]string, error) {
		def, err := e.definition(ctx, tenant, ref)
		if err != nil {
			return []string{}, nil // said below, of this instance alone
		}
		return def.ReferencedSteps(), nil
	}}
	for _, o := range outcomes {
		ids = append(ids, o.instance)
		want.add(o.want)
		for _, r := range o.requests {
			want.add(r.want)
		}
	}
	snaps, err := e.storage.Load(ctx, ids, want)
	if err != nil {
		return err
	}
	for _, o := range outcomes {
		o.fresh, o.snap, o.def, o.err = true, snaps[o.instance], nil, nil
		if o.snap == nil {
			if o.def = o.requests[0].def; o.def != nil {
				o.snap = &workflow.Snapshot{} // it is to be started
			}
			continue
		}
		if o.def, err = e.definition(ctx, o.snap.Instance.Tenant, o.snap.Instance.Definition); err != nil {
			o.err = brokenDefinition(err)
			e.log.Error("an instance's definition cannot be loaded", "instance", o.instance, "error", err)
		}
	}
	return nil
}

// brokenDefinition says that a stored definition cannot be loaded: a fault of
// ours, unless the database is away.
func brokenDefinition(err error) error {
	if workflow.KindOf(err) == workflow.KindUnavailable {
		return err
	}
	return &workflow.Error{Kind: workflow.KindInternal, Code: "internal", Err: err,
		Message: "The workflow's definition cannot be loaded; it has been noted. Nothing was changed."}
}

// decide decides a job's requests one after another, each on what the one
// before has made of the snapshot. It returns false when the snapshot must be
// loaded first: a cached one refuses a request, which only a fresh one may do,
// or a decision needs more of the instance.
func (e *Engine) decide(o *outcome) bool {
	e.discard(o)
	o.merger, o.replies, o.after = merger{}, nil, o.snap
	o.requests, o.later = append(o.requests, o.later...), nil
	for i, r := range o.requests {
		if o.snap == nil || o.err != nil {
			o.replies = append(o.replies, reply{err: cmp.Or(o.err, error(workflow.ErrInstanceNotFound))})
			continue
		}
		t, err := e.decideOne(o, r)
		var need *workflow.NeedError
		if errors.As(err, &need) {
			o.want.add(Want{Need: need.Need})
			if !o.short || i == 0 {
				return false
			}
			o.later, o.requests = o.requests[i:], o.requests[:i]
			return true
		}
		if err != nil || !t.Changed() {
			if !o.fresh {
				return false
			}
			if err == nil && o.left() {
				e.pool.leave(o.instance)
			}
			o.ack(r, err)
			o.replies = append(o.replies, reply{instance: o.after.Instance, err: err, idle: true})
			continue
		}
		if o.t != nil && !joins(t) {
			e.pool.release(len(t.Work))
			o.later, o.requests = o.requests[i:], o.requests[:i]
			return true
		}
		if r.ack != uuid.Nil {
			t.DuesDone = append(t.DuesDone, r.ack)
		}
		if r.key != nil {
			t.Keys = append(t.Keys, *r.key)
		}
		o.after.Advance(t)
		if m, ok := r.cmd.(workflow.Migrate); ok {
			o.def = m.To
		}
		leased := len(t.Work)
		if o.t != nil {
			leased += len(o.t.Work)
		}
		o.merger.add(t)
		e.pool.release(leased - len(o.t.Work))
		o.replies = append(o.replies, reply{instance: o.after.Instance})
		if !joins(t) {
			o.later, o.requests = o.requests[i+1:], o.requests[:i+1]
			return true
		}
	}
	return true
}

// left reports whether the instance has ready steps without a lease.
func (o *outcome) left() bool {
	in := &o.after.Instance
	return in.FrozenAt == nil && in.State.Tokens.Ready > 0
}

// ack notes that a command from another instance was taken and changes nothing.
// A start that was refused stays until the parent has been told.
func (o *outcome) ack(r *request, err error) {
	if _, message := r.cmd.(workflow.MessageArrived); message {
		return // it goes back: see Engine.bring
	}
	_, start := r.cmd.(workflow.Start)
	if r.ack != uuid.Nil && (!start || errors.Is(err, workflow.ErrInvalidTransition)) {
		o.acks = append(o.acks, r.ack)
	}
}

// decideOne decides one command and reserves room for the steps it leases. A
// panic is a fault of ours that must not end the process: it would come again
// in the next one.
func (e *Engine) decideOne(o *outcome, r *request) (t *workflow.Transition, err error) {
	cmd := r.cmd
	if err := r.demanded(&o.after.Instance); err != nil {
		return nil, err
	}
	slots, full := e.pool.reserve()
	defer func() {
		if p := recover(); p != nil {
			e.log.Error("a decision panicked", "instance", o.instance, "command", fmt.Sprintf("%T", cmd), "panic", p, "stack", string(debug.Stack()))
			t, err = nil, fmt.Errorf("decide %T: panic: %v", cmd, p)
		}
		used := 0
		if t != nil {
			used = len(t.Work)
		}
		e.pool.release(slots - used)
	}()
	return workflow.Decide(o.def, o.after, cmd, workflow.Env{
		Now: e.now(), NewID: e.newID, HookURL: e.hookURL, Owner: e.process, Slots: slots, Full: full, Serves: e.serves, Rand: rand.Float64(),
	})
}

// discard gives back what a decision that is not stored had reserved.
func (e *Engine) discard(o *outcome) {
	if o.t != nil {
		e.pool.unexpect(o)
		e.pool.release(len(o.t.Work))
		o.t = nil
	}
}

// store applies the outcomes and lets their effects begin.
func (e *Engine) store(ctx context.Context, outcomes []*outcome) {
	var changed []*outcome
	for _, o := range outcomes {
		if o.t == nil {
			e.settle(o)
			continue
		}
		changed = append(changed, o)
	}
	if len(changed) > 0 {
		ctx, end := e.traceCommit(ctx, changed)
		e.apply(ctx, changed)
		end()
	}
}

// apply stores a batch. One that errors is bisected, so that only the culprit
// fails.
func (e *Engine) apply(ctx context.Context, batch []*outcome) {
	transitions := make([]*workflow.Transition, len(batch))
	for i, o := range batch {
		transitions[i] = o.t
	}
	begun := time.Now()
	e.pool.expect(batch)
	stale, err := e.storage.Apply(ctx, transitions)
	switch {
	case err == nil:
		e.metrics.Committed(len(batch)-len(stale), len(stale), time.Since(begun))
		e.applied(batch, stale)
	case len(batch) > 1 && workflow.KindOf(err) != workflow.KindUnavailable:
		e.apply(ctx, batch[:len(batch)/2])
		e.apply(ctx, batch[len(batch)/2:])
	default:
		for _, o := range batch {
			e.discard(o)
			e.cache.drop(o.instance)
			o.requests = append(o.requests, o.later...)
			e.giveUp(o.job, fmt.Errorf("apply %s: %w", o.instance, err))
		}
	}
}

// applied answers what was stored and decides again what met a stale version.
func (e *Engine) applied(batch []*outcome, stale map[uuid.UUID]bool) {
	changed := make([]uuid.UUID, 0, len(batch))
	for _, o := range batch {
		if stale[o.instance] {
			e.again(o)
			continue
		}
		e.remember(o)
		e.pool.cancel(o.t.Executions)
		changed = append(changed, o.instance)
		e.metrics.Stored(o.t.Instance.Definition.Name, o.t)
		if e.dispatcher != nil && len(o.t.Offers) > 0 {
			e.dispatcher.Offer(o.t.Offers)
		}
		e.due.wake(o.t.Dues, o.t.ThawDues)
		e.jobs.stored(o.t)
		e.pool.start(o)
		e.deliver(o.t.Sends)
		e.match(o.t.Waits)
		e.settle(o)
	}
	e.changed(changed)
}

// settle answers the requests of an outcome and gives the instance back.
func (e *Engine) settle(o *outcome) {
	if o.t == nil {
		e.remember(o)
	}
	e.mail.release(o.instance, o.later)
	e.forget(o.acks)
	for i, r := range o.requests {
		r.tell(o.replies[i])
	}
}

// again has the requests decided on a fresh snapshot, a bounded number of
// times. Those with a key, and starts that something stands in the way of, are
// told instead: whether their key is used by now is not for a decision to say.
func (e *Engine) again(o *outcome) {
	begins := o.t.From == 0
	e.discard(o)
	e.cache.drop(o.instance)
	var again []*request
	for _, r := range append(o.requests, o.later...) {
		if _, start := r.cmd.(workflow.Start); start && begins || r.key != nil {
			r.answer(workflow.Instance{}, ErrKeyTaken)
			continue
		}
		if r.tries++; r.tries >= maxTries {
			r.answer(workflow.Instance{}, workflow.ErrStale)
			continue
		}
		again = append(again, r)
	}
	e.mail.release(o.instance, again)
}

// giveUp answers all requests of a job with an error.
func (e *Engine) giveUp(j job, err error) {
	e.mail.release(j.instance, nil)
	var kind *workflow.Error
	if !errors.As(err, &kind) {
		e.log.Error("commit", "instance", j.instance, "error", err)
	}
	for _, r := range j.requests {
		r.answer(workflow.Instance{}, err)
	}
}

// remember keeps the snapshot of an instance that goes on.
func (e *Engine) remember(o *outcome) {
	if o.after == nil || o.def == nil || o.after.Instance.Version == 0 || o.after.Instance.Status.Finished() {
		return
	}
	o.after.Trim(o.def.ReferencedSteps())
	e.cache.put(o.instance, cached{tenant: o.after.Instance.Tenant, snap: o.after, def: o.def})
}
