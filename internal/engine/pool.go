package engine

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"

	"tandem/internal/action"
	"tandem/internal/metrics"
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

	mu      sync.Mutex
	queue   []item
	running int
	idle    sync.Cond
	ctx     context.Context // ends when the pool gives up what still runs
	stop    context.CancelFunc
	closing bool // leases and begins nothing more
	room

	abandoned bool                  // at shutdown: nobody waits any longer
	attempts  map[uuid.UUID]attempt // running actions, by execution
	suspects  map[uuid.UUID]bool    // executions of attempts that others may have ended
	storing   map[uuid.UUID]bool    // instances whose steps will be queued once they are stored; true: others have changed them since
	alarmed   chan struct{}         // there are suspects
	done      int                   // attempts that ended since counted
	counted   time.Time
}

// item is one leased step with what its action is told.
type item struct {
	work workflow.Work
	in   workflow.Instance
	step *workflow.Step
	exec workflow.Execution
	at   time.Time         // when it was queued
	span trace.SpanContext // of the transition that made it ready, then of its attempt

	doubtful bool // others have changed the instance since it was queued
}

// attempt is an item that a worker has taken: its action runs, or is about to.
type attempt struct {
	item
	stop context.CancelFunc
}

func newPool(e *Engine, actions action.Registry, workers, queue int, patience time.Duration) *pool {
	p := &pool{engine: e, actions: actions, workers: workers, room: newRoom(workers+queue, patience), attempts: map[uuid.UUID]attempt{},
		suspects: map[uuid.UUID]bool{}, storing: map[uuid.UUID]bool{}, alarmed: make(chan struct{}, 1), counted: time.Now()}
	p.idle.L = &p.mu
	p.ctx, p.stop = context.WithCancel(context.Background())
	return p
}

// start takes the work of a stored transition.
func (p *pool) start(o *outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note(o.instance, o.left())
	p.reserved -= len(o.t.Work)
	p.leased += len(o.t.Work)
	now, doubtful := time.Now(), p.storing[o.instance]
	delete(p.storing, o.instance)
	for _, w := range o.t.Work {
		it := item{work: w, in: o.after.Instance, step: o.def.Step(w.Step), exec: o.after.Executions[w.ExecutionID], at: now, span: o.span, doubtful: doubtful}
		if p.closing {
			go p.handBack(it, false)
			continue
		}
		p.queue = append(p.queue, it)
		if p.running < p.workers {
			p.running++
			go p.work()
		}
	}
	p.watch()
	p.freed()
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
		ctx, stop := context.WithCancel(p.ctx)
		p.attempts[next.work.ExecutionID] = attempt{next, stop}
		p.mu.Unlock()
		p.run(ctx, next)
		stop()
	}
}

// finished ends an item.
func (p *pool) finished(it item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.attempts, it.work.ExecutionID)
	p.leased--
	p.freed()
}

// cancel ends the attempts of executions that were canceled meanwhile: their
// results would be dropped. Those that are queued never begin.
func (p *pool) cancel(rows []workflow.Row[workflow.Execution]) {
	canceled := map[uuid.UUID]bool{}
	for _, row := range rows {
		if row.Value.Status == workflow.StepCanceled {
			canceled[row.Value.ID] = true
		}
	}
	if len(canceled) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for id := range canceled {
		if running, ok := p.attempts[id]; ok {
			running.stop()
		}
	}
	queued := len(p.queue)
	p.queue = slices.DeleteFunc(p.queue, func(it item) bool { return canceled[it.work.ExecutionID] })
	if gone := queued - len(p.queue); gone > 0 {
		p.leased -= gone
		p.freed()
	}
}

// run does one attempt and stores its result, as often as it takes.
func (p *pool) run(ctx context.Context, it item) {
	e := p.engine
	for !e.alive() {
		if !sleep(ctx, e.lease/10) {
			break
		}
	}
	if p.ctx.Err() != nil {
		p.handBack(it, false)
		return
	}
	if !p.stillOurs(ctx, it) {
		p.finished(it)
		return
	}
	done := workflow.StepDone{ExecutionID: it.work.ExecutionID, LeaseNo: it.work.LeaseNo}
	begun, result := time.Now(), metrics.StepOK
	ctx, end := e.traceStep(ctx, &it)
	output, err := p.attempt(ctx, it)
	end(err)
	var skipped *action.Skipped
	switch {
	case err != nil && p.ctx.Err() != nil:
		p.handBack(it, true)
		return
	case errors.As(err, &skipped):
		done.Skipped, done.Reason, result = true, skipped.Reason, metrics.StepSkipped
	case err != nil:
		done.Err, result = action.StepError(err), metrics.StepFailed
	}
	p.mu.Lock()
	p.done++
	p.mu.Unlock()
	e.metrics.Step(p.label(it), result, time.Since(begun))
	done.Output = output
	p.report(it, done, firstWait)
}

func (p *pool) attempt(ctx context.Context, it item) (json.RawMessage, error) {
	timeout := it.work.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	call := action.Call{
		Instance: it.in.ID, Tenant: it.in.Tenant, Definition: it.in.Definition, Step: it.work.Step,
		Visit: it.exec.Visit, Attempt: it.work.Attempt, IdempotencyKey: idempotencyKey(it.exec),
		Input: it.work.Input, Judged: it.step.Machine.SuccessWhen != nil, Log: p.logger(it),
	}
	if err := p.reveal(ctx, it, &call); err != nil {
		return nil, err
	}
	out, err := call.Secrets.Conceal(p.actions.Execute(ctx, it.step.Machine.Action, call))
	if err == nil && ctx.Err() != nil && p.ctx.Err() == nil {
		err = ctx.Err() // at shutdown a result is a result
	}
	return out, err
}

// label names the action of an item among those that this process has.
func (p *pool) label(it item) string {
	if _, known := p.actions[it.step.Machine.Action]; !known {
		return "unknown"
	}
	return it.step.Machine.Action
}

// The waits between tries to store a result.
const (
	firstWait   = 50 * time.Millisecond
	longestWait = 5 * time.Second
)

// report has a result stored; the worker goes on meanwhile. While the database
// is away it is tried again: the lease is ours as long as nobody took it over.
func (p *pool) report(it item, done workflow.StepDone, wait time.Duration) {
	r := &request{instance: it.in.ID, cmd: done, span: it.span}
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
		p.engine.log.Error("a step's result was refused", "instance", it.in.ID, "execution", it.work.ExecutionID, "step", it.work.Step, "error", err)
		p.finished(it)
		return
	}
	p.engine.log.Warn("a step's result was not stored; this is repeated", "instance", it.in.ID, "execution", it.work.ExecutionID, "step", it.work.Step, "error", err)
	go func() {
		if !sleep(p.ctx, wait) {
			p.finished(it)
			return
		}
		p.report(it, done, min(2*wait, longestWait))
	}()
}
