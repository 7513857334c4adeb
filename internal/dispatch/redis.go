package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var _ engine.Dispatcher = (*Redis)(nil)

// Limits of jobs.
const (
	kind         = "tandem:step"
	queuePrefix  = "tandem-"              // before the names of our queues, which others on the same Redis may have
	offerBuffer  = 10_000                 // jobs on their way to Redis; what is more is found by its row
	offerTimeout = 2 * time.Second        // of the sending of one
	offerSenders = 4                      // at once
	takeTimeout  = 30 * time.Second       // of the taking of one
	takeAtOnce   = 16                     // of a queue; a job takes one commit
	poll         = 50 * time.Millisecond  // how often an empty queue is looked at
	pause        = 200 * time.Millisecond // until a job that was refused comes again, at least
	forward      = 500 * time.Millisecond // how often those are looked for
	stopTimeout  = 2 * time.Second
	quietFor     = 10 * time.Second // between two lines of the log about the same trouble
)

// Redis carries jobs over a Redis of version 6 or later. It is safe for
// concurrent use.
type Redis struct {
	conn   asynq.RedisConnOpt
	client *asynq.Client
	log    *slog.Logger
	jobs   chan workflow.Offer
	stop   context.CancelFunc
	wg     sync.WaitGroup

	mu    sync.Mutex
	quiet map[string]time.Time // until when a trouble is not told of
}

// Open reads the address of a Redis: redis://[user:password@]host:port[/db],
// rediss://… with TLS, redis-socket:///path, or redis-sentinel://…. It does not
// connect: a Redis that is away is no reason not to start.
func Open(address string, log *slog.Logger) (*Redis, error) {
	conn, err := asynq.ParseRedisURI(address)
	if err != nil {
		return nil, fmt.Errorf("read the address of Redis: it is none of redis://host:port, rediss://host:port and redis-socket:///path: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &Redis{conn: conn, client: asynq.NewClient(conn), log: log, jobs: make(chan workflow.Offer, offerBuffer), stop: stop, quiet: map[string]time.Time{}}
	for range offerSenders {
		r.wg.Go(func() { r.send(ctx) })
	}
	return r, nil
}

// Close ends what is on its way.
func (r *Redis) Close() error {
	r.stop()
	r.wg.Wait()
	return r.client.Close()
}

// payload is a job as Redis has it.
type payload struct {
	Instance  uuid.UUID `json:"instance"`
	Execution uuid.UUID `json:"execution"`
	Lease     int64     `json:"lease"`
	Queue     string    `json:"queue"`
}

// Offer implements engine.Dispatcher.
func (r *Redis) Offer(jobs []workflow.Offer) {
	for _, j := range jobs {
		select {
		case r.jobs <- j:
		default:
			r.complain("more steps are offered than Redis takes; the others are found by their rows")
			return
		}
	}
}

func (r *Redis) send(ctx context.Context) {
	for {
		select {
		case j := <-r.jobs:
			if err := r.sendOne(ctx, j); err != nil && ctx.Err() == nil {
				r.complain("steps could not be offered over Redis; they are found by their rows", "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// sendOne names a job by its lease, so that the same is there once.
func (r *Redis) sendOne(ctx context.Context, j workflow.Offer) error {
	text, err := json.Marshal(payload{j.InstanceID, j.ExecutionID, j.LeaseNo, j.Queue})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, offerTimeout)
	defer cancel()
	_, err = r.client.EnqueueContext(ctx, asynq.NewTask(kind, text),
		asynq.Queue(queuePrefix+j.Queue), asynq.TaskID(fmt.Sprintf("%s-%d", j.ExecutionID, j.LeaseNo)), asynq.Timeout(takeTimeout))
	if errors.Is(err, asynq.ErrTaskIDConflict) {
		return nil
	}
	return err
}

// Work implements engine.Dispatcher. While the desk is shut nothing is fetched,
// so that other processes get the jobs.
func (r *Redis) Work(ctx context.Context, queues []string, desk engine.Desk) error {
	for desk.Await(ctx, true) {
		server := asynq.NewServer(r.conn, r.config(ctx, queues, desk))
		if err := server.Start(asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error { return take(ctx, task, desk) })); err != nil {
			return fmt.Errorf("take jobs from Redis: %w", err)
		}
		desk.Await(ctx, false)
		server.Shutdown()
	}
	return nil
}

func (r *Redis) config(ctx context.Context, queues []string, desk engine.Desk) asynq.Config {
	weights := map[string]int{}
	for _, q := range queues {
		weights[queuePrefix+q] = 1
	}
	return asynq.Config{
		Queues: weights, Concurrency: max(1, min(takeAtOnce*len(queues), desk.Room())),
		BaseContext:       func() context.Context { return context.WithoutCancel(ctx) },
		TaskCheckInterval: poll, DelayedTaskCheckInterval: forward, ShutdownTimeout: stopTimeout,
		IsFailure:      func(error) bool { return false }, // a job that is refused comes again, however often
		RetryDelayFunc: func(int, error, *asynq.Task) time.Duration { return pause },
		Logger:         logger{r}, LogLevel: asynq.WarnLevel,
	}
}

// take gives a job to the desk. One that nobody can read is dropped.
func take(ctx context.Context, task *asynq.Task, desk engine.Desk) error {
	var p payload
	if err := json.Unmarshal(task.Payload(), &p); err != nil {
		return fmt.Errorf("%w: %w", asynq.RevokeTask, err)
	}
	return desk.Take(ctx, workflow.Offer{InstanceID: p.Instance, ExecutionID: p.Execution, LeaseNo: p.Lease, Queue: p.Queue})
}

// complain writes a line, unless the same was told a moment ago.
func (r *Redis) complain(what string, args ...any) {
	r.mu.Lock()
	now := time.Now()
	silent := now.Before(r.quiet[what])
	if !silent {
		r.quiet[what] = now.Add(quietFor)
	}
	r.mu.Unlock()
	if !silent {
		r.log.Warn(what, args...)
	}
}

// logger passes on that something is wrong with Redis, not each time.
type logger struct{ *Redis }

func (l logger) Debug(...any) {}
func (l logger) Info(...any)  {}

// Warn implements asynq.Logger.
func (l logger) Warn(args ...any) { l.tell(args) }

// Error implements asynq.Logger.
func (l logger) Error(args ...any) { l.tell(args) }

// Fatal implements asynq.Logger. It ends nothing.
func (l logger) Fatal(args ...any) { l.tell(args) }

func (l logger) tell(args []any) {
	l.complain("Redis cannot be reached or refuses; steps that are left to other processes come later", "error", strings.TrimSpace(fmt.Sprint(args...)))
}
