package engine

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"tandem/internal/action"
	"tandem/internal/workflow"
)

// defaultTimeout bounds an attempt whose step names no timeout.
const defaultTimeout = 5 * time.Minute

// pool runs the machine steps that this process has leased.
type pool struct {
	engine  *Engine
	actions action.Registry
	workers int
	limit   int // of running and queued steps

	mu      sync.Mutex
	queue   []item
	running int
	left    int // queued and running
	idle    sync.Cond
	ctx     context.Context // ends when the pool gives up what still runs
	stop    context.CancelFunc
	starved bool
	closing bool // leases nothing more
}

// item is one leased step with what its action is told.
type item struct {
	work workflow.Work
	in   workflow.Instance
	step *workflow.Step
	exec workflow.Execution
}

func newPool(e *Engine, actions action.Registry, workers, queue int) *pool {
	p := &pool{engine: e, actions: actions, workers: workers, limit: workers + queue}
	p.idle.L = &p.mu
	p.ctx, p.stop = context.WithCancel(context.Background())
	return p
}

// free is the number of steps that may still be leased.
func (p *pool) free() int {
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
		p.left++
		p.queue = append(p.queue, item{work: w, in: o.after.Instance, step: o.def.Step(w.Step), exec: exec})
		if p.running < p.workers {
			p.running++
			go p.work()
		}
	}
}

// starve has scheduled steps looked for as soon as there is room again.
func (p *pool) starve() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.starved = true
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

func (p *pool) finished() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left--
	if p.left == 0 {
		p.idle.Broadcast()
	}
	if p.starved && p.left <= p.limit/2 {
		p.starved = false
		select {
		case p.engine.starved <- struct{}{}:
		default:
		}
	}
}

// run does one attempt and stores its result, as often as it takes.
func (p *pool) run(it item) {
	e := p.engine
	for !e.alive() {
		if !sleep(p.ctx, e.lease/10) {
			p.finished()
			return
		}
	}
	done := workflow.StepDone{ExecutionID: it.work.ExecutionID, LeaseNo: it.work.LeaseNo}
	output, err := p.attempt(it)
	if err != nil {
		if p.ctx.Err() != nil {
			p.finished()
			return // given up at shutdown: another process takes the lease
		}
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
	out, err := p.actions.Execute(ctx, it.step.Machine.Action, action.Call{
		Instance: it.in.ID, Tenant: it.in.Tenant, Definition: it.in.Definition, Step: it.work.Step,
		Visit: it.exec.Visit, Attempt: it.work.Attempt, IdempotencyKey: it.work.ExecutionID.String(),
		Input: it.work.Input, Log: p.engine.log,
	})
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
		p.finished()
		return
	case kind != workflow.KindUnavailable && kind != workflow.KindInternal:
		p.engine.log.Error("a step's result was refused", "instance", it.in.ID, "step", it.work.Step, "error", err)
		p.finished()
		return
	}
	p.engine.log.Warn("a step's result was not stored; this is repeated", "instance", it.in.ID, "step", it.work.Step, "error", err)
	go func() {
		if !sleep(p.ctx, wait) {
			p.finished()
			return
		}
		p.report(it, done, min(2*wait, longestWait))
	}()
}

// drain leases nothing more and waits until everything leased has been reported,
// at most for grace; then it gives up what still runs.
func (p *pool) drain(grace time.Duration) {
	timer := time.AfterFunc(grace, p.stop)
	defer timer.Stop()
	p.mu.Lock()
	p.closing = true
	for p.left > 0 {
		p.idle.Wait()
	}
	p.mu.Unlock()
	p.stop()
}
