package workflow

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"
)

// failAttempt ends an attempt. Another follows after a while when the step's
// retry says so; otherwise the step has failed.
func (d *decider) failAttempt(e Execution, cause *StepError, status string) {
	cause = ptr(*cause)
	cause.Attempt = e.Attempt
	e.Failures++
	e.Attempts = appendAttempt(e.Attempts, Attempt{
		Attempt: e.Attempt, Status: status, Error: cause, StartedAt: e.StartedAt, EndedAt: d.env.Now,
	})
	at, again, err := d.nextAttempt(e, cause)
	if err != nil {
		cause.Message = fmt.Sprintf("%s; then its retry: %s", cause.Message, err)
	}
	if !again {
		d.fail(e, cause)
		return
	}
	d.backOff(e, cause, at)
}

// appendAttempt keeps the first attempt and the latest.
func appendAttempt(list []Attempt, a Attempt) []Attempt {
	list = append(slices.Clone(list), a)
	if len(list) > MaxAttempts {
		list = slices.Delete(list, 1, 2)
	}
	return list
}

// backOff has the step wait for its next attempt.
func (d *decider) backOff(e Execution, cause *StepError, at time.Time) {
	d.dropDues(e.ID)
	e.Status, e.LeaseOwner = StepScheduled, uuid.Nil
	e.LeaseNo++
	e.Error, e.DueAt = cause, &at
	d.put(e)
	d.closeChild(e, "the step that started it tries again")
	d.addDue(e, DueRetry, at)
	d.stepEvent(EventStepRetrying, e, "", map[string]any{
		"error": cause.Message, "error_type": cause.Code, "next_at": at,
	})
}

// tryAgain ends a back-off.
func (d *decider) tryAgain(e Execution) {
	if e.Status != StepScheduled || e.DueAt == nil {
		return
	}
	e.DueAt = nil
	d.put(e)
	if e.Type == StepWorkflow {
		d.activateWorkflow(e, d.def.Step(e.Step))
	}
}

// maxRetryAfter bounds how long a server may have us wait.
const maxRetryAfter = 24 * time.Hour

// nextAttempt says whether and when a failed attempt is followed by another.
func (d *decider) nextAttempt(e Execution, cause *StepError) (at time.Time, again bool, err error) {
	r := d.def.Step(e.Step).Retry
	if r == nil || e.Failures >= r.MaxAttempts || cause.Code == codeTooDeep {
		return at, false, nil
	}
	if r.On != nil {
		again, err := r.On.EvalBool(noDeadline, d.varsOf(e).with("error", errorValue(cause)))
		if err != nil || !again {
			return at, false, err
		}
	}
	wait, err := d.waitBefore(r, e)
	if err != nil {
		return at, false, err
	}
	at = d.env.Now.Add(max(wait, min(cause.RetryAfter, maxRetryAfter)))
	first := d.firstAttempt(e)
	within, err := d.durationFrom(r.Within, e, first)
	if err != nil {
		return at, false, fmt.Errorf("within: %w", err)
	}
	return at, within == 0 || !at.After(first.Add(within)), nil
}

// waitBefore is the back-off after e.Failures failed attempts: exponential,
// bounded, with a random share.
func (d *decider) waitBefore(r *RetryPolicy, e Execution) (time.Duration, error) {
	initial, err := d.durationOr(r.Initial, e, DefaultRetryInitial)
	if err != nil {
		return 0, fmt.Errorf("initial: %w", err)
	}
	longest, err := d.durationOr(r.Max, e, max(DefaultRetryMax, initial))
	if err != nil {
		return 0, fmt.Errorf("max: %w", err)
	}
	wait := min(float64(initial)*math.Pow(r.Factor, float64(e.Failures-1)), float64(longest))
	wait *= 1 - r.Jitter*d.env.Rand
	return time.Duration(wait).Truncate(time.Microsecond), nil
}

func (d *decider) durationOr(s *Setting, e Execution, otherwise time.Duration) (time.Duration, error) {
	if s == nil {
		return otherwise, nil
	}
	return d.settingDuration(s, e)
}

// firstAttempt is when the first of the attempts began that count.
func (d *decider) firstAttempt(e Execution) time.Time {
	first := max(0, len(e.Attempts)-e.Failures)
	if e.Failures >= len(e.Attempts) {
		first = 0
	}
	if at := e.Attempts[first].StartedAt; at != nil {
		return *at
	}
	return e.CreatedAt
}
