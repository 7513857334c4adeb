package db

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Limits of jobs. Nothing about a step depends on River's own rescue: what a
// lost job offered is found by Scheduled.
const (
	offerTimeout  = 30 * time.Second // of the taking of a job
	offerRescue   = time.Minute
	offerCooldown = time.Millisecond
	offerPoll     = time.Second            // when a note was missed
	offerKept     = time.Minute            // after its end
	offerPause    = 200 * time.Millisecond // until a job that was refused comes again
	offerStop     = 2 * time.Second
	offersAtOnce  = 16 // of a queue; a job takes one commit
)

// sqlOffers inserts jobs as River would, in the transaction of what they are
// about, and wakes the processes that wait for them.
var (
	offerFields = fieldsOf("instance_id uuid, execution_id uuid, lease_no bigint, queue text")
	sqlOffers   = `WITH jobs AS (
			INSERT INTO ` + riverSchema + `.river_job (kind, args, queue, max_attempts)
			SELECT 'step', jsonb_build_object('instance', x.instance_id, 'execution', x.execution_id, 'lease', x.lease_no), x.queue, 25
			FROM ` + unnest(offerFields) + ` WHERE ` + rowsOfStale + ` RETURNING queue)
		SELECT pg_notify('` + riverSchema + `.river_insert', json_build_object('queue', queue)::text)
		FROM (SELECT DISTINCT queue FROM jobs) AS queues`
)

func (w *writer) offer(j workflow.Offer) {
	w.offers.next().id(j.InstanceID)
	w.offers.next().id(j.ExecutionID)
	w.offers.next().int64(j.LeaseNo)
	w.offers.next().text(j.Queue)
}

// stepJob is a job as River carries it.
type stepJob struct {
	Instance  uuid.UUID `json:"instance"`
	Execution uuid.UUID `json:"execution"`
	Lease     int64     `json:"lease"`
}

// Kind implements river.JobArgs.
func (stepJob) Kind() string { return "step" }

// stepWorker gives River's jobs to a desk.
type stepWorker struct {
	river.WorkerDefaults[stepJob]
	desk engine.Desk
}

// Work implements river.Worker. A job that is refused rests a little, and that
// does not count against it.
func (w *stepWorker) Work(ctx context.Context, job *river.Job[stepJob]) error {
	err := w.desk.Take(ctx, workflow.Offer{
		InstanceID: job.Args.Instance, ExecutionID: job.Args.Execution, LeaseNo: job.Args.Lease, Queue: job.Queue,
	})
	if err != nil {
		return river.JobSnooze(offerPause)
	}
	return nil
}

// Work implements engine.Store. While the desk is shut the client has no
// queues, so that other processes get the jobs.
func (d *DB) Work(ctx context.Context, queues []string, desk engine.Desk) error {
	if !desk.Await(ctx, true) {
		return nil
	}
	client, err := d.riverClient(queues, desk)
	if err != nil {
		return wrap("take jobs", err)
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return wrap("take jobs", err)
	}
	defer stopRiver(ctx, client)
	for desk.Await(ctx, false) {
		for _, q := range queues {
			if err := closeQueue(ctx, client, q); err != nil {
				return wrap("leave the jobs of "+q, err)
			}
		}
		if !desk.Await(ctx, true) {
			break
		}
		for _, q := range queues {
			if err := client.Queues().Add(q, queueConfig(desk)); err != nil {
				return wrap("take jobs of "+q, err)
			}
		}
	}
	return nil
}

// queueConfig fetches no more than can be taken: a job that is refused comes
// again only when somebody polls.
func queueConfig(desk engine.Desk) river.QueueConfig {
	return river.QueueConfig{MaxWorkers: max(1, min(offersAtOnce, desk.Room()))}
}

func (d *DB) riverClient(queues []string, desk engine.Desk) (*river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &stepWorker{desk: desk})
	config := &river.Config{
		Schema: riverSchema, Workers: workers, Queues: map[string]river.QueueConfig{}, Logger: slog.New(warnings{d.log.Handler()}),
		FetchCooldown: offerCooldown, FetchPollInterval: offerPoll, JobTimeout: offerTimeout, RescueStuckJobsAfter: offerRescue,
		CompletedJobRetentionPeriod: offerKept,
	}
	for _, q := range queues {
		config.Queues[q] = queueConfig(desk)
	}
	return river.NewClient(riverpgxv5.New(d.side), config)
}

// closeQueue waits for the jobs that are being taken.
func closeQueue(ctx context.Context, client *river.Client[pgx.Tx], queue string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), offerStop)
	defer cancel()
	return client.Queues().Remove(ctx, queue)
}

// stopRiver ends a client. Jobs that are left come again elsewhere.
func stopRiver(ctx context.Context, client *river.Client[pgx.Tx]) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), offerStop)
	defer cancel()
	if client.Stop(ctx) != nil {
		_ = client.StopAndCancel(ctx)
	}
}

// warnings passes on what is at least a warning: River tells much.
type warnings struct{ slog.Handler }

// Enabled implements slog.Handler.
func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }
