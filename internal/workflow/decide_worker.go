package workflow

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// A machine step with the action worker is a job of its topic. External
// programs fetch it: the step is leased to a lock instead of to a process, and
// the lock ends by a due row instead of by silence. Everything else, what
// follows an attempt that failed or was lost, is as for any machine step.

// WaitingWorker is the kind of Waiting of a job that nobody has fetched.
const WaitingWorker = "worker"

// Progress is what a worker says of an attempt under way.
type Progress struct {
	Percent *float64  `json:"percent,omitempty"` // 0 to 100; nil = unknown
	Message string    `json:"message,omitempty"`
	At      time.Time `json:"at"`
}

// JobLock is what a worker holds of a job: it counts as long as the execution
// has that lease number.
type JobLock struct {
	ExecutionID uuid.UUID
	LeaseNo     int64
}

type (
	// FetchJob locks a job that waits for a worker.
	FetchJob struct {
		ExecutionID uuid.UUID
		Lock        uuid.UUID // a new one for every fetch
		For         time.Duration
		Worker      string // what the worker calls itself; may be empty
		Actor       Actor
	}

	// EndJob reports the end of an attempt by a worker. The same success again
	// changes nothing.
	EndJob struct {
		JobLock
		Output json.RawMessage
		Err    *StepError
		Actor  Actor
	}

	// ExtendJob has the lock end that much later than now.
	ExtendJob struct {
		JobLock
		For   time.Duration
		Actor Actor
	}

	// ReportJob keeps what a worker says of its progress.
	ReportJob struct {
		JobLock
		Progress Progress
		Actor    Actor
	}
)

func (FetchJob) command()  {}
func (EndJob) command()    {}
func (ExtendJob) command() {}
func (ReportJob) command() {}

// WaitsForWorker reports whether the execution is a job that may be fetched,
// as far as its instance moves.
func (e Execution) WaitsForWorker() bool {
	return e.Topic != "" && e.Status == StepScheduled && e.Hold == HoldNone && e.DueAt == nil
}

// topicOf gives the topic under which workers fetch a step.
func (d *decider) topicOf(e Execution, step *Step) (string, error) {
	topic, err := step.Machine.Topic.String(d.varsOf(e))
	if err == nil {
		err = CheckTopic(topic)
	}
	if err != nil {
		return "", fmt.Errorf("topic: %w", err)
	}
	return topic, nil
}

func (d *decider) fetchJob(c FetchJob) error {
	e, ok := d.exec(c.ExecutionID)
	if !ok || !e.WaitsForWorker() || !d.moving() || c.Actor.Tenant != d.in.Tenant {
		return ErrJobLost
	}
	until := d.env.Now.Add(c.For)
	e.Status, e.LeaseOwner = StepRunning, c.Lock
	e.LeaseNo++
	e.Attempt++
	e.StartedAt, e.DueAt, e.Progress = &d.env.Now, &until, nil
	d.put(e)
	d.fetched(e, c)
	d.addDue(e, DueLock, until)
	step := d.def.Step(e.Step)
	if step.Timeout == nil {
		return nil
	}
	timeout, err := d.settingDuration(step.Timeout, e)
	if err != nil {
		d.fail(e, evaluationError(err))
		return nil
	}
	d.addDue(e, DueStepTimeout, d.env.Now.Add(timeout))
	return nil
}

// fetched writes the step.started event of an attempt by a worker.
func (d *decider) fetched(e Execution, c FetchJob) {
	detail := map[string]any{"arrived_from": e.ArrivedFrom, "topic": e.Topic}
	if e.Input != nil {
		detail["input_data"] = e.Input
	}
	if c.Worker != "" {
		detail["worker"] = c.Worker
	}
	d.stepEvent(EventStepStarted, e, c.Actor.ID, detail)
}

// job returns the execution that a worker has locked.
func (d *decider) job(l JobLock, a Actor) (Execution, error) {
	e, ok := d.exec(l.ExecutionID)
	switch {
	case !ok || e.Topic == "" || a.Tenant != d.in.Tenant:
		return e, ErrJobLost
	case e.Status == StepCanceled:
		return e, ErrJobCanceled
	case e.Status != StepRunning || e.LeaseNo != l.LeaseNo:
		return e, ErrJobLost
	}
	return e, nil
}

func (d *decider) endJob(c EndJob) error {
	e, err := d.job(c.JobLock, c.Actor)
	if err != nil {
		if c.Err == nil && e.Status == StepSucceeded && e.LeaseNo == c.LeaseNo {
			return nil // told before; the answer was lost
		}
		return err
	}
	e.DueAt, e.Progress = nil, nil
	d.put(e)
	return d.stepDone(StepDone{ExecutionID: e.ID, LeaseNo: e.LeaseNo, Output: c.Output, Err: c.Err})
}

func (d *decider) extendJob(c ExtendJob) error {
	e, err := d.job(c.JobLock, c.Actor)
	if err != nil {
		return err
	}
	until := d.env.Now.Add(c.For)
	for id, due := range d.snap.Dues {
		if due.ExecutionID == e.ID && due.Kind == DueLock {
			d.t.DuesDone = append(d.t.DuesDone, id)
		}
	}
	e.DueAt = &until
	d.put(e)
	d.addDue(e, DueLock, until)
	return nil
}

func (d *decider) reportJob(c ReportJob) error {
	e, err := d.job(c.JobLock, c.Actor)
	if err != nil {
		return err
	}
	c.Progress.At = d.env.Now
	e.Progress = &c.Progress
	d.put(e)
	return nil
}

// jobDue ends an attempt whose lock or whose time has run out.
func (d *decider) jobDue(e Execution, due Due) {
	e.DueAt, e.Progress = nil, nil
	switch due.Kind {
	case DueLock:
		d.lose(e, "the worker did not report before its lock ended")
	case DueStepTimeout:
		d.failAttempt(e, &StepError{Code: codeTimeout, Message: "the worker took longer than the step's timeout allows"}, "failed")
	}
}

// waitingItems says what the items of a list wait for.
func (d *decider) waitingItems(e Execution, w Waiting) (Waiting, bool) {
	s := d.in.State.Scopes[e.ID]
	if s == nil {
		return w, false
	}
	w.Count = s.Items.Total - s.Items.Done
	if e.Type != StepMachine {
		return w, true
	}
	topic := d.def.Step(e.Step).Machine.Topic
	if topic == nil {
		return w, false
	}
	w.Kind = WaitingWorker
	if topic.Program == nil {
		w.Topic = topic.Text
	}
	return w, true
}
