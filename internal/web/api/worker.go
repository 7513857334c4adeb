package api

import (
	"context"
	"net/http"
	"time"

	"tandem/internal/engine"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

// What a worker gets when it does not say otherwise.
const (
	defaultLock = time.Minute
	defaultJobs = 1
)

// Job is a step that an external worker has fetched.
type Job struct {
	ID                string    `json:"id" doc:"Report with it. It is of this lock alone: fetched again, the same step has another."`
	Topic             string    `json:"topic"`
	InstanceID        string    `json:"instance_id" format:"uuid"`
	DefinitionName    string    `json:"definition_name"`
	DefinitionVersion string    `json:"definition_version"`
	CorrelationID     *string   `json:"correlation_id"`
	StepName          string    `json:"step_name"`
	ExecutionID       string    `json:"execution_id" format:"uuid"`
	Visit             int       `json:"visit" doc:"From 1."`
	Index             int       `json:"index" doc:"Of the item in a for_each, from 0."`
	Attempt           int       `json:"attempt" doc:"From 1."`
	IdempotencyKey    string    `json:"idempotency_key" doc:"The same for every attempt: pass it on to what the job changes."`
	InputData         Any       `json:"input_data" doc:"The step's with; null when it has none."`
	LockedUntil       time.Time `json:"locked_until"`
	Traceparent       *string   `json:"traceparent" doc:"Of the trace that the job belongs to, as W3C has it; null when traces are off."`
}

// JobState is what became of a job by a worker's report.
type JobState struct {
	ID          string     `json:"id"`
	Status      string     `json:"status" enum:"locked,completed,failed"`
	LockedUntil *time.Time `json:"locked_until" doc:"Null unless the job is locked until another time."`
}

type (
	fetchInput struct {
		Body struct {
			Topics  []string `json:"topics" minItems:"1" maxItems:"50" nullable:"false"`
			Max     int      `json:"max,omitempty" minimum:"1" maximum:"100" doc:"1 when left out."`
			LockFor string   `json:"lock_for,omitempty" example:"60s" doc:"From 1s to 24h; 1m when left out. A job that is neither reported nor extended by then goes to another worker."`
			Wait    string   `json:"wait,omitempty" example:"20s" doc:"For a job to appear, at most 30s; not at all when left out."`
			Worker  string   `json:"worker,omitempty" maxLength:"200" doc:"What the worker calls itself, for the history."`
		}
	}
	completeJobInput struct {
		ID string `path:"id"`
		Once
		Body struct {
			OutputData Any `json:"output_data,omitempty" doc:"The step's result, any JSON; null when left out."`
		}
	}
	failJobInput struct {
		ID string `path:"id"`
		Once
		Body struct {
			Code       string `json:"code" minLength:"1" doc:"For on_failure and retry_on."`
			Message    string `json:"message" minLength:"1" doc:"For people."`
			Status     int    `json:"status,omitempty" minimum:"100" maximum:"599" doc:"Of an HTTP answer, where there was one."`
			RetryAfter string `json:"retry_after,omitempty" example:"30s" doc:"The next attempt begins no sooner. Whether there is one is said by the step's retry."`
		}
	}
	extendJobInput struct {
		ID string `path:"id"`
		Once
		Body struct {
			LockFor string `json:"lock_for" example:"60s" doc:"From now, 1s to 24h."`
		}
	}
	progressJobInput struct {
		ID string `path:"id"`
		Once
		Body struct {
			Percent *float64 `json:"percent,omitempty" minimum:"0" maximum:"100"`
			Message string   `json:"message,omitempty"`
		}
	}
	jobsAnswer struct{ Body List[Job] }
	jobAnswer  struct {
		Replayed
		Body JobState
	}
)

func (b *builder) workerRoutes() {
	const one = "/worker/jobs/{id}"
	handle(b, endpoint{Route: works("/worker/jobs/fetch"), ID: "fetch-jobs", Summary: "Fetch jobs and lock them", Unkeyed: "each fetch is for other jobs; one whose answer is lost comes again when its lock ends",
		Refusals: []int{413, 422},
		Doc:      "Gives the oldest jobs of the topics; an empty list when none appeared in time."}, b.fetchJobs)
	handleOnce(b, endpoint{Route: works(one + "/complete"), ID: "complete-job", Summary: "Report a job's result", Refusals: jobRefusals,
		Doc: "May be repeated: the same lock's result is taken once."}, b.completeJob, jobAgain[completeJobInput]("completed"))
	handleOnce(b, endpoint{Route: works(one + "/fail"), ID: "fail-job", Summary: "Report that an attempt has failed", Refusals: jobRefusals}, b.failJob, jobAgain[failJobInput]("failed"))
	handleOnce(b, endpoint{Route: works(one + "/extend"), ID: "extend-job", Summary: "Keep a job's lock longer", Refusals: jobRefusals}, b.extendJob, b.extendedBefore)
	handleOnce(b, endpoint{Route: works(one + "/progress"), ID: "report-job", Summary: "Say how far a job is", Refusals: jobRefusals}, b.reportJob, jobAgain[progressJobInput]("locked"))
}

var jobRefusals = []int{404, 409, 413, 422}

// works declares a route for workers, who get the data of every workflow that
// has jobs.
func works(pattern string) Route {
	return Route{Method: http.MethodPost, Pattern: pattern, Guard: guard.Operators, Resource: "worker", Write: true}
}

func (a *API) fetchJobs(ctx context.Context, who workflow.Actor, in *fetchInput) (*jobsAnswer, error) {
	q := engine.JobQuery{Topics: in.Body.Topics, Max: max(in.Body.Max, defaultJobs), Worker: in.Body.Worker}
	var err error
	if q.Lock, err = duration("lock_for", in.Body.LockFor, defaultLock); err != nil {
		return nil, err
	}
	if q.Wait, err = duration("wait", in.Body.Wait, 0); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(a.Closing, stop)()
	jobs, err := a.Engine.FetchJobs(ctx, who, q)
	if err != nil {
		return nil, err
	}
	list := List[Job]{Items: []Job{}, Total: len(jobs), Limit: q.Max}
	for _, j := range jobs {
		list.Items = append(list.Items, jobOf(j))
	}
	return &jobsAnswer{list}, nil
}

func jobOf(j engine.LockedJob) Job {
	e, in := j.Execution, j.Instance
	shape := Job{
		ID: j.ID, Topic: e.Topic, InstanceID: in.ID.String(), DefinitionName: in.Definition.Name, DefinitionVersion: in.Definition.Version,
		CorrelationID: orNull(in.CorrelationID), StepName: e.Step, ExecutionID: e.ID.String(), Visit: e.Visit, Index: e.Index,
		Attempt: e.Attempt, IdempotencyKey: j.IdempotencyKey, Traceparent: orNull(in.Trace), InputData: Any(e.Input),
	}
	if e.DueAt != nil {
		shape.LockedUntil = *e.DueAt
	}
	return shape
}

func (a *API) completeJob(ctx context.Context, who workflow.Actor, in *completeJobInput) (*jobAnswer, error) {
	err := a.Engine.CompleteJob(ctx, who, in.ID, []byte(in.Body.OutputData))
	return jobState(in.ID, "completed", err)
}

func (a *API) failJob(ctx context.Context, who workflow.Actor, in *failJobInput) (*jobAnswer, error) {
	after, err := duration("retry_after", in.Body.RetryAfter, 0)
	if err != nil {
		return nil, err
	}
	err = a.Engine.FailJob(ctx, who, in.ID, workflow.StepError{
		Code: in.Body.Code, Message: in.Body.Message, Status: in.Body.Status, RetryAfter: after,
	})
	return jobState(in.ID, "failed", err)
}

func (a *API) extendJob(ctx context.Context, who workflow.Actor, in *extendJobInput) (*jobAnswer, error) {
	lock, err := duration("lock_for", in.Body.LockFor, defaultLock)
	if err != nil {
		return nil, err
	}
	until, err := a.Engine.ExtendJob(ctx, who, in.ID, lock)
	answer, err := jobState(in.ID, "locked", err)
	if answer != nil {
		answer.Body.LockedUntil = &until
	}
	return answer, err
}

func (a *API) reportJob(ctx context.Context, who workflow.Actor, in *progressJobInput) (*jobAnswer, error) {
	err := a.Engine.ReportJob(ctx, who, in.ID, in.Body.Percent, in.Body.Message)
	return jobState(in.ID, "locked", err)
}

func jobState(id, status string, err error) (*jobAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &jobAnswer{Body: JobState{ID: id, Status: status}}, nil
}

// jobAgain answers a repeated report.
func jobAgain[I any](status string) func(context.Context, workflow.Actor, *I, workflow.KeyUse) (*jobAnswer, error) {
	return func(ctx context.Context, _ workflow.Actor, _ *I, _ workflow.KeyUse) (*jobAnswer, error) {
		return jobState(pathID(ctx), status, nil)
	}
}

func (a *API) extendedBefore(_ context.Context, _ workflow.Actor, in *extendJobInput, use workflow.KeyUse) (*jobAnswer, error) {
	until, err := remembered[time.Time](use)
	answer, err := jobState(in.ID, "locked", err)
	if answer != nil {
		answer.Body.LockedUntil = &until
	}
	return answer, err
}

// duration reads a field in the way that documents write durations.
func duration(field, text string, otherwise time.Duration) (time.Duration, error) {
	if text == "" {
		return otherwise, nil
	}
	d, err := workflow.ParseDuration(text)
	if err != nil {
		return 0, invalid(field, err.Error())
	}
	return d, nil
}
