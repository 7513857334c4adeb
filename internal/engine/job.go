package engine

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Limits of fetching jobs.
const (
	MaxTopics      = 50
	MaxJobs        = 100 // of one fetch
	MaxJobWait     = 30 * time.Second
	MinJobLock     = time.Second
	MaxJobLock     = 24 * time.Hour
	maxWorkerName  = 200              // bytes
	maxProgress    = 1000             // bytes of a progress message
	maxJobError    = 8 << 10          // bytes of an error's message
	maxErrorCode   = 200              // bytes
	jobCandidates  = 100              // looked at beyond what is asked for: others may be taking the first ones
	jobLockTimeout = 10 * time.Second // of locking what was found, whether or not the caller still waits
)

// Job names a job that waits for a worker.
type Job struct {
	InstanceID  uuid.UUID
	ExecutionID uuid.UUID
	Topic       string
}

// JobQuery says what a worker would take.
type JobQuery struct {
	Topics []string
	Max    int
	Lock   time.Duration
	Wait   time.Duration // for a job to appear; 0 = not at all
	Worker string        // what it calls itself, for history; may be empty
}

// LockedJob is a job that a worker has fetched. ID is what it reports with: it
// is of this lock alone, so that whoever fetches the job later has another.
type LockedJob struct {
	ID             string
	Instance       workflow.Instance
	Execution      workflow.Execution
	IdempotencyKey string
}

// FetchJobs locks jobs for a worker, the oldest first. It waits for one to
// appear as q says, and gives none when that time or ctx has ended.
func (e *Engine) FetchJobs(ctx context.Context, actor workflow.Actor, q JobQuery) ([]LockedJob, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	if err := e.fetched.note(ctx, e.storage, e.now(), actor.Tenant, q.Topics); err != nil {
		return nil, err
	}
	wait, cancel := context.WithTimeout(ctx, q.Wait)
	defer cancel()
	called, leave, err := e.jobs.join(actor.Tenant, q.Topics)
	if err != nil {
		return nil, err
	}
	defer leave()
	for ctx.Err() == nil {
		jobs, err := e.takeJobs(ctx, actor, q)
		switch {
		case len(jobs) == 0 && ctx.Err() != nil:
			return nil, nil
		case err != nil || len(jobs) > 0 || q.Wait == 0:
			return jobs, err
		}
		select {
		case <-called:
		case <-wait.Done():
			return nil, nil
		}
	}
	return nil, nil
}

func (q JobQuery) check() error {
	if len(q.Topics) == 0 || len(q.Topics) > MaxTopics {
		return workflow.Errorf(workflow.KindInvalid, workflow.ErrInvalidInput.Code, "Name 1 to %d topics.", MaxTopics)
	}
	for _, topic := range q.Topics {
		if err := workflow.CheckTopic(topic); err != nil {
			return err
		}
	}
	if q.Max < 1 || q.Max > MaxJobs {
		return workflow.Errorf(workflow.KindInvalid, workflow.ErrInvalidInput.Code, "Fetch 1 to %d jobs at once.", MaxJobs)
	}
	if q.Wait < 0 || q.Wait > MaxJobWait {
		return workflow.Errorf(workflow.KindInvalid, workflow.ErrInvalidInput.Code, "Wait at most %s, then fetch again.", MaxJobWait)
	}
	if len(q.Worker) > maxWorkerName {
		return workflow.Errorf(workflow.KindInvalid, workflow.ErrInvalidInput.Code, "The worker's name has more than %d bytes.", maxWorkerName)
	}
	return errors.Join(checkLock(q.Lock), workflow.CheckText(q.Worker, "worker"))
}

func checkLock(d time.Duration) error {
	if d < MinJobLock || d > MaxJobLock {
		return workflow.Errorf(workflow.KindInvalid, workflow.ErrInvalidInput.Code, "A lock lasts from %s to %s; extend it while you work.", MinJobLock, MaxJobLock)
	}
	return nil
}

// takeJobs locks what waits at present. Fetchers of this process never try for
// the same job; of those in different processes the first to commit has it.
func (e *Engine) takeJobs(ctx context.Context, actor workflow.Actor, q JobQuery) ([]LockedJob, error) {
	found, err := e.storage.Jobs(ctx, actor.Tenant, q.Topics, q.Max+jobCandidates)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	mine, left := e.jobs.reserve(found, q.Max)
	defer e.jobs.free(mine)
	for _, j := range left {
		e.jobs.call(actor.Tenant, j.Topic)
	}
	// From here on the jobs are locked, even if the caller leaves: then their
	// locks run out.
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), jobLockTimeout)
	defer cancel()
	lock := e.newID()
	won, err := e.lockJobs(work, mine, workflow.FetchJob{Lock: lock, For: q.Lock, Worker: q.Worker, Actor: actor})
	if len(won) == 0 {
		return nil, err
	}
	return e.readJobs(work, won, lock)
}

// lockJobs sends a command for every job at once, so that one commit stores
// many, and gives those that were won. The error is that of a job that could
// not be tried for.
func (e *Engine) lockJobs(ctx context.Context, jobs []Job, c workflow.FetchJob) (won []Job, err error) {
	type answer struct {
		Job
		error
	}
	answers := make(chan answer, len(jobs))
	for _, j := range jobs {
		c.ExecutionID = j.ExecutionID
		r := &request{instance: j.InstanceID, cmd: c, want: wantExecution(j.ExecutionID)}
		r.reply = func(a reply) { answers <- answer{j, a.err} }
		if err := e.mail.put(r); err != nil {
			answers <- answer{j, err}
		}
	}
	for range jobs {
		select {
		case a := <-answers:
			switch kind := workflow.KindOf(a.error); {
			case a.error == nil:
				won = append(won, a.Job)
			case kind != workflow.KindConflict && kind != workflow.KindNotFound:
				err = a.error
			}
		case <-ctx.Done():
			return won, workflow.ErrUnavailable
		}
	}
	return won, err
}

func wantExecution(id uuid.UUID) Want {
	return Want{Need: workflow.Need{Executions: []uuid.UUID{id}}}
}

// readJobs gives what workers are told of the jobs that they have locked.
func (e *Engine) readJobs(ctx context.Context, won []Job, lock uuid.UUID) ([]LockedJob, error) {
	var ids []uuid.UUID
	var want Want
	for _, j := range won {
		want.add(wantExecution(j.ExecutionID))
		if !slices.Contains(ids, j.InstanceID) {
			ids = append(ids, j.InstanceID)
		}
	}
	snaps, err := e.storage.Load(ctx, ids, want)
	if err != nil {
		return nil, err
	}
	var jobs []LockedJob
	for _, j := range won {
		snap := snaps[j.InstanceID]
		if snap == nil {
			continue
		}
		if x := snap.Executions[j.ExecutionID]; x.Status == workflow.StepRunning && x.LeaseOwner == lock {
			jobs = append(jobs, LockedJob{
				ID: e.jobID(j.InstanceID, workflow.JobLock{ExecutionID: x.ID, LeaseNo: x.LeaseNo}), Instance: snap.Instance, Execution: x,
				IdempotencyKey: idempotencyKey(x),
			})
		}
	}
	slices.SortFunc(jobs, func(a, b LockedJob) int { return a.Execution.CreatedAt.Compare(b.Execution.CreatedAt) })
	return jobs, nil
}

// CompleteJob reports the result of a job: JSON, nil = null. One that is too
// large ends the attempt as failed.
func (e *Engine) CompleteJob(ctx context.Context, actor workflow.Actor, id string, output json.RawMessage) error {
	if len(output) > workflow.MaxResult {
		message := fmt.Sprintf("the result has %d bytes; at most %d are kept. Return a reference instead of the content", len(output), workflow.MaxResult)
		if err := e.FailJob(ctx, actor, id, workflow.StepError{Code: "too_large", Message: message}); err != nil {
			return err
		}
		return workflow.Errorf(workflow.KindTooLarge, "too_large", "The attempt has failed: %s.", message)
	}
	return e.onJob(ctx, id, func(l workflow.JobLock) workflow.Command {
		return workflow.EndJob{JobLock: l, Output: output, Actor: actor}
	})
}

// FailJob reports that an attempt has failed.
func (e *Engine) FailJob(ctx context.Context, actor workflow.Actor, id string, cause workflow.StepError) error {
	if cause.Code == "" || cause.Message == "" {
		return workflow.Errorf(workflow.KindInvalid, workflow.ErrInvalidInput.Code, "Say what went wrong: a code for programs and a message for people.")
	}
	cause.Code, cause.Message = shortened(cause.Code, maxErrorCode), shortened(cause.Message, maxJobError)
	if err := errors.Join(workflow.CheckText(cause.Code, "code"), workflow.CheckText(cause.Message, "message")); err != nil {
		return err
	}
	return e.onJob(ctx, id, func(l workflow.JobLock) workflow.Command {
		return workflow.EndJob{JobLock: l, Err: &cause, Actor: actor}
	})
}

// ExtendJob has a lock last that much longer from now, and gives until when.
func (e *Engine) ExtendJob(ctx context.Context, actor workflow.Actor, id string, lock time.Duration) (time.Time, error) {
	if err := checkLock(lock); err != nil {
		return time.Time{}, err
	}
	until := e.now().Add(lock)
	Remember(ctx, until)
	return until, e.onJob(ctx, id, func(l workflow.JobLock) workflow.Command {
		return workflow.ExtendJob{JobLock: l, For: lock, Actor: actor}
	})
}

// ReportJob keeps how far a worker is: percent from 0 to 100, nil = unknown.
func (e *Engine) ReportJob(ctx context.Context, actor workflow.Actor, id string, percent *float64, message string) error {
	if percent != nil && !(*percent >= 0 && *percent <= 100) {
		return workflow.Errorf(workflow.KindInvalid, workflow.ErrInvalidInput.Code, "The percentage is a number from 0 to 100.")
	}
	message = shortened(message, maxProgress)
	if err := workflow.CheckText(message, "message"); err != nil {
		return err
	}
	return e.onJob(ctx, id, func(l workflow.JobLock) workflow.Command {
		return workflow.ReportJob{JobLock: l, Actor: actor, Progress: workflow.Progress{Percent: percent, Message: message}}
	})
}

// shortened cuts a text to a number of bytes, between characters.
func shortened(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit] + "…"
}

// onJob submits what a worker reports. What is not there any more is lost.
func (e *Engine) onJob(ctx context.Context, id string, command func(workflow.JobLock) workflow.Command) error {
	instance, lock, err := e.readJobID(id)
	if err != nil {
		return err
	}
	_, err = e.submit(ctx, &request{instance: instance, cmd: command(lock), want: wantExecution(lock.ExecutionID)})
	if workflow.KindOf(err) == workflow.KindNotFound {
		return workflow.ErrJobLost
	}
	return err
}

// jobID names one lock of one job, signed: the ids of instance and execution,
// the lease number as a varint, and the first bytes of an HMAC-SHA256.
func (e *Engine) jobID(instance uuid.UUID, l workflow.JobLock) string {
	raw := slices.Concat(instance[:], l.ExecutionID[:])
	raw = binary.AppendUvarint(raw, uint64(l.LeaseNo))
	return base64.RawURLEncoding.EncodeToString(append(raw, e.jobMAC(raw)...))
}

// jobMAC signs other texts than hookMAC, so that neither passes for the other.
func (e *Engine) jobMAC(raw []byte) []byte { return e.hookMAC(slices.Concat([]byte("job\x00"), raw)) }

// maxJobID bounds the length of a job's id.
const maxJobID = 100

func (e *Engine) readJobID(id string) (uuid.UUID, workflow.JobLock, error) {
	var lock workflow.JobLock
	if len(id) > maxJobID {
		return uuid.Nil, lock, workflow.ErrJobNotFound
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(id)
	if err != nil || len(raw) < 2*len(uuid.Nil)+1+macSize {
		return uuid.Nil, lock, workflow.ErrJobNotFound
	}
	body, mac := raw[:len(raw)-macSize], raw[len(raw)-macSize:]
	if !hmac.Equal(mac, e.jobMAC(body)) {
		return uuid.Nil, lock, workflow.ErrJobNotFound
	}
	no, n := binary.Uvarint(body[32:])
	if n <= 0 {
		return uuid.Nil, lock, workflow.ErrJobNotFound
	}
	return uuid.UUID(body[:16]), workflow.JobLock{ExecutionID: uuid.UUID(body[16:32]), LeaseNo: int64(no)}, nil
}
