package engine

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"tandem/internal/action"
	"tandem/internal/workflow"
)

// defaultTimeout bounds an attempt whose step names no timeout.
const defaultTimeout = 5 * time.Minute

// pool runs the machine steps that this process has leased.
type pool struct {
	engine  *Engine
	actions action.Registry
	secrets Secrets // nil = none
	workers int
	limit   int // of running and queued steps

	mu      sync.Mutex
	queue   []item
	running int
	left    int // reserved, queued and running
	idle    sync.Cond
	ctx     context.Context // ends when the pool gives up what still runs
	stop    context.CancelFunc
	starved bool
	closing bool // leases nothing more

	abandoned bool                             // at shutdown: nobody waits any longer
	attempts  map[uuid.UUID]context.CancelFunc // of running actions, by execution
}

// item is one leased step with what its action is told.
type item struct {
	work workflow.Work
	in   workflow.Instance
	step *workflow.Step
	exec workflow.Execution
}

func newPool(e *Engine, actions action.Registry, workers, queue int) *pool {
	p := &pool{engine: e, actions: actions, workers: workers, limit: workers + queue, attempts: map[uuid.UUID]context.CancelFunc{}}
	p.idle.L = &p.mu
	p.ctx, p.stop = context.WithCancel(context.Background())
	return p
}

// reserve gives the room for further steps, all of it to the caller, who gives
// back with release what it does not use.
func (p *pool) reserve() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing {
		return 0
	}
	room := min(max(0, p.limit-p.left), reserveAtMost)
	p.left += room
	return room
}

// reserveAtMost leaves room for the other committers.
const reserveAtMost = 1024

// release gives reserved room back.
func (p *pool) release(room int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free(room)
}

// free ends the use of room and tells those who wait for it. The lock is held.
func (p *pool) free(room int) {
	p.left -= room
	if p.left == 0 {
		p.idle.Broadcast()
	}
	p.signal()
}

// signal has scheduled steps looked for when some were left for want of room and
// there is room again. The lock is held.
func (p *pool) signal() {
	if !p.starved || p.left > p.limit/2 {
		return
	}
	p.starved = false
	select {
	case p.engine.starved <- struct{}{}:
	default:
	}
}

// room is the number of steps that may still be leased.
func (p *pool) room() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing {
		return 0
	}
	return max(0, p.limit-p.left)
}

// start takes the work of a stored transition.
func (p *pool) start(o *outcome) {
	if len(o.t.Work) == 0 && !o.t.NeedsProcesses {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.starved = p.starved || o.t.NeedsProcesses
	for _, w := range o.t.Work {
		exec := o.after.Executions[w.ExecutionID]
		p.queue = append(p.queue, item{work: w, in: o.after.Instance, step: o.def.Step(w.Step), exec: exec})
		if p.running < p.workers {
			p.running++
			go p.work()
		}
	}
	p.signal()
}

// starve has scheduled steps looked for as soon as there is room again.
func (p *pool) starve() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.starved = true
	p.signal()
}

// work runs queued items until there are none.
func (p *pool) work() {
	for {
		p.mu.Lock()
		if len(p.queue) == 0 {
			p.running--
			p.mu.Unlock()
			return
		}
		next := p.queue[0]
		p.queue = p.queue[1:]
		p.mu.Unlock()
		p.run(next)
	}
}

// finished ends an item.
func (p *pool) finished(it item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.attempts, it.work.ExecutionID)
	p.free(1)
}

// cancel ends the attempts of executions that were canceled meanwhile: their
// results would be dropped.
func (p *pool) cancel(rows []workflow.Row[workflow.Execution]) {
	for _, row := range rows {
		if row.Value.Status != workflow.StepCanceled {
			continue
		}
		p.mu.Lock()
		stop := p.attempts[row.Value.ID]
		p.mu.Unlock()
		if stop != nil {
			stop()
		}
	}
}

// run does one attempt and stores its result, as often as it takes.
func (p *pool) run(it item) {
	e := p.engine
	if p.ctx.Err() != nil {
		p.finished(it)
		return
	}
	for !e.alive() {
		if !sleep(p.ctx, e.lease/10) {
			p.finished(it)
			return
		}
	}
	done := workflow.StepDone{ExecutionID: it.work.ExecutionID, LeaseNo: it.work.LeaseNo}
	output, err := p.attempt(it)
	var skipped *action.Skipped
	switch {
	case err != nil && p.ctx.Err() != nil:
		p.finished(it)
		return // given up at shutdown: another process takes the lease
	case errors.As(err, &skipped):
		done.Skipped, done.Reason = true, skipped.Reason
	case err != nil:
		done.Err = action.StepError(err)
	}
	done.Output = output
	p.report(it, done, firstWait)
}

func (p *pool) attempt(it item) (json.RawMessage, error) {
	timeout := it.work.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeout(p.ctx, timeout)
	defer cancel()
	p.mu.Lock()
	p.attempts[it.work.ExecutionID] = cancel
	p.mu.Unlock()
	call := action.Call{
		Instance: it.in.ID, Tenant: it.in.Tenant, Definition: it.in.Definition, Step: it.work.Step,
		Visit: it.exec.Visit, Attempt: it.work.Attempt, IdempotencyKey: idempotencyKey(it.exec),
		Input: it.work.Input, Judged: it.step.Machine.SuccessWhen != nil, Log: p.engine.log,
	}
	if err := p.reveal(ctx, it, &call); err != nil {
		return nil, err
	}
	out, err := call.Secrets.Conceal(p.actions.Execute(ctx, it.step.Machine.Action, call))
	if err == nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return out, err
}

// The waits between tries to store a result.
const (
	firstWait   = 50 * time.Millisecond
	longestWait = 5 * time.Second
)

// report has a result stored; the worker goes on meanwhile. While the database
// is away it is tried again: the lease is ours as long as nobody took it over.
func (p *pool) report(it item, done workflow.StepDone, wait time.Duration) {
	r := &request{instance: it.in.ID, cmd: done}
	r.want.Executions = append(r.want.Executions, it.work.ExecutionID)
	r.reply = func(a reply) { p.reported(it, done, wait, a.err) }
	if err := p.engine.mail.put(r); err != nil {
		p.reported(it, done, wait, err)
	}
}

// reported ends an item whose result is stored or refused, and tries again
// what could not be stored.
func (p *pool) reported(it item, done workflow.StepDone, wait time.Duration, err error) {
	kind := workflow.KindOf(err)
	switch {
	case err == nil:
		p.finished(it)
		return
	case kind != workflow.KindUnavailable && kind != workflow.KindInternal && !errors.Is(err, workflow.ErrStale):
		p.engine.log.Error("a step's result was refused", "instance", it.in.ID, "step", it.work.Step, "error", err)
		p.finished(it)
		return
	}
	p.engine.log.Warn("a step's result was not stored; this is repeated", "instance", it.in.ID, "step", it.work.Step, "error", err)
	go func() {
		if !sleep(p.ctx, wait) {
			p.finished(it)
			return
		}
		p.report(it, done, min(2*wait, longestWait))
	}()
}

// stopWait is how long drain waits for actions that it has given up.
const stopWait = 2 * time.Second

// drain leases nothing more and waits until everything leased has been reported,
// at most for grace; then it gives up what still runs, and after a moment also
// those actions that do not listen.
func (p *pool) drain(grace time.Duration) {
	stop := time.AfterFunc(grace, p.stop)
	defer stop.Stop()
	abandon := time.AfterFunc(grace+stopWait, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.abandoned = true
		p.idle.Broadcast()
	})
	defer abandon.Stop()
	p.mu.Lock()
	p.closing = true
	for p.left > 0 && !p.abandoned {
		p.idle.Wait()
	}
	p.mu.Unlock()
	p.stop()
}
