package engine

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"

	"tandem/internal/action"
	"tandem/internal/metrics"
	"tandem/internal/workflow"
)

// Config is what an engine needs. Store and Log must be set; the zero value of
// the others means the default.
type Config struct {
	Store      Store
	Log        *slog.Logger
	Actions    action.Registry           // default: the built-in actions
	Process    uuid.UUID                 // this process; default: a new one
	Name       string                    // of the process, for operators
	Kind       string                    // likewise: serve, worker
	Version    string                    // likewise: of the program
	Queues     []string                  // whose steps it runs; default: those of steps that name no queue
	Now        func() time.Time          // default: time.Now
	Lease      time.Duration             // silence after which leases go to others; default 10 s
	Expiry     time.Duration             // how often expired instances are looked for; default 1 min
	Workers    int                       // machine steps at once; default 64
	Queue      int                       // leased steps that may wait for a worker; default 8,192
	Patience   time.Duration             // of a leased step with no worker free; then steps go to other processes; default 1 s
	Committer  int                       // batches at once; default 4
	HookURL    func(token string) string // absolute URL of a webhook; default: the path alone
	HookKey    []byte                    // signs webhook URLs; the same in every process
	Directory  Directory                 // checks people; nil = everyone exists
	Secrets    Secrets                   // nil = steps have none
	Functions  map[string]workflow.Func  // for expressions, beside what they have; see workflow.CheckFunctions
	Metrics    *metrics.Metrics          // nil = nothing is counted
	Tracer     trace.Tracer              // makes spans; nil = no traces
	Dispatcher Dispatcher                // carries jobs, which the store then does not write; nil = the store does
	Refused    func(workflow.Record)     // hears of what people tried and may not do; it must not wait; nil = nobody
	Quotas     Quotas                    // limits of tenants; nil = there are none
}

// Directory knows people, so that a task cannot be given to nobody.
type Directory interface {
	UserExists(ctx context.Context, tenant, login string) (bool, error)
	GroupExists(ctx context.Context, tenant, name string) (bool, error)
}

// Engine runs workflows on a store. Run must be running for commands to be
// answered. Its methods are safe for concurrent use.
type Engine struct {
	storage     Store
	log         *slog.Logger
	process     uuid.UUID
	self        Process
	now         func() time.Time
	lease       time.Duration
	expiry      time.Duration
	hookLink    func(string) string
	hookKey     []byte
	directory   Directory
	hearRefused func(workflow.Record)
	metrics     *metrics.Metrics
	dispatcher  Dispatcher   // nil = the store
	tracer      trace.Tracer // nil = no traces

	committers int
	mail       *mailbox
	cache      *snapshotCache
	defs       *definitionCache
	pool       *pool
	due        *alarm
	jobs       *jobBoard
	fetched    fetchedTopics
	watch      watchers
	beats      heartbeats
	starved    chan struct{}           // instances were left with scheduled steps, and there are slots again
	waiting    map[ReadyStep]time.Time // scheduled steps, and when the lease loop first saw them
	ready      atomic.Int64            // how many
	draining   chan struct{}           // closed when nothing more is to be begun
	drainOnce  sync.Once
	children   chan workflow.Send // child instances to start
	forgotten  chan uuid.UUID     // due rows to drop
	bulk       chan struct{}      // there is an operation to run
	twins      twins
	tail       feedTail
	matches    chan workflow.MessageKey // under which somebody has begun to wait
	returns    chan returned            // messages that were not wanted
	clock      *alarm                   // of schedules
	quotas     *quotas
}

// New returns an engine; it does nothing until Run.
func New(c Config) *Engine {
	if c.Actions == nil {
		c.Actions = action.BuiltIn()
	}
	if c.Process == uuid.Nil {
		c.Process = uuid.Must(uuid.NewV7())
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.HookURL == nil {
		c.HookURL = func(token string) string { return "/hooks/" + token }
	}
	e := &Engine{
		storage: c.Store, log: c.Log, process: c.Process,
		lease: defaultTo(c.Lease, 10*time.Second), expiry: defaultTo(c.Expiry, time.Minute), hookLink: c.HookURL, hookKey: c.HookKey, directory: c.Directory, hearRefused: c.Refused, metrics: c.Metrics, dispatcher: c.Dispatcher, tracer: c.Tracer,
		committers: defaultTo(c.Committer, 4),
		mail:       newMailbox(100_000),
		cache:      newSnapshotCache(),
		due:        newAlarm(),
		jobs:       newJobBoard(),
		starved:    make(chan struct{}, 1),
		children:   make(chan workflow.Send, childQueue),
		forgotten:  make(chan uuid.UUID, childQueue),
		bulk:       make(chan struct{}, 1),
		draining:   make(chan struct{}),
		matches:    make(chan workflow.MessageKey, childQueue),
		returns:    make(chan returned, childQueue),
		clock:      newAlarm(),
	}
	if len(c.Queues) == 0 {
		c.Queues = []string{workflow.DefaultQueue}
	}
	e.self = Process{ID: c.Process, Name: c.Name, Kind: c.Kind, Version: c.Version, Queues: c.Queues}
	e.now = func() time.Time { return c.Now().UTC().Truncate(time.Microsecond) }
	e.quotas = &quotas{read: c.Quotas, log: c.Log, now: e.now}
	e.defs = newDefinitionCache(c.Actions, c.Functions)
	e.pool = newPool(e, c.Actions, defaultTo(c.Workers, 64), defaultTo(c.Queue, 8192), defaultTo(c.Patience, time.Second))
	e.pool.secrets = c.Secrets
	return e
}

func defaultTo[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

func (e *Engine) newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// Process identifies this process in leases.
func (e *Engine) Process() uuid.UUID { return e.process }

// Run decides commands, runs machine steps and fires due rows until ctx ends;
// then it finishes what it has begun, for at most grace, and returns.
func (e *Engine) Run(ctx context.Context, grace time.Duration) error {
	if err := e.beat(ctx); err != nil {
		e.log.Warn("the first heartbeat was not stored; it is repeated", "error", err)
	}
	// Work outlives ctx: during the grace period results of steps are stored, and
	// heartbeats keep their leases.
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	beating, stopBeating := context.WithCancel(work)
	var committers, loops, beats sync.WaitGroup
	for range e.committers {
		committers.Go(func() { e.commitLoop(work) })
	}
	beats.Go(func() { e.beatLoop(beating) })
	looping, stopLoops := context.WithCancel(ctx)
	defer stopLoops()
	for _, loop := range []func(context.Context){
		e.dueLoop, e.leaseLoop, e.listenLoop, e.jobLoop, e.childLoop, e.childLoop, e.bulkLoop, e.forgetLoop, e.sweepLoop, e.messageLoop, e.messageLoop, e.scheduleLoop, e.expireLoop, e.offerLoop, e.revokeLoop,
	} {
		loops.Go(func() { loop(looping) })
	}
	select {
	case <-ctx.Done():
		e.Drain()
	case <-e.draining:
	}
	stopLoops()
	e.pool.close()
	<-ctx.Done()
	loops.Wait()
	e.pool.drain(grace)
	e.mail.close()
	committers.Wait()
	stopBeating()
	beats.Wait()
	leave, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	return e.storage.Goodbye(leave, e.process)
}

// Drain lets the engine begin nothing more: steps that become ready, and those
// that it has leased and not begun, go to other processes. Commands are still
// answered until Run's context ends.
func (e *Engine) Drain() { e.drainOnce.Do(func() { close(e.draining) }) }

// serves reports whether this process runs steps of a queue.
func (e *Engine) serves(queue string) bool { return slices.Contains(e.self.Queues, queue) }

// submit queues a command, with the key and the demand of its request, and waits
// for its answer.
func (e *Engine) submit(ctx context.Context, r *request) (workflow.Instance, error) {
	if r.key == nil {
		r.key = keyOf(ctx)
	}
	r.span = e.spanFrom(ctx)
	r.version = demandOf(ctx)
	answered := make(chan reply, 1)
	r.reply = func(a reply) { answered <- a }
	if err := e.mail.put(r); err != nil {
		return workflow.Instance{}, err
	}
	select {
	case answer := <-answered:
		if answer.idle {
			idled(ctx)
		}
		return answer.instance, answer.err
	case <-ctx.Done():
		return workflow.Instance{}, ctx.Err()
	}
}

// sleep waits; it reports false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
