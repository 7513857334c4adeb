package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Checker is an Action that may have nothing to do: when CanExecute gives false
// the step is skipped and the flow goes on. An error fails the attempt.
type Checker interface {
	CanExecute(ctx context.Context, call Call) (bool, error)
}

// SuccessHook is an Action that is told of its success, before the result is
// stored. The effect has happened by then: an error is logged and changes
// nothing.
type SuccessHook interface {
	OnSuccess(ctx context.Context, call Call, output json.RawMessage) error
}

// FailureHook is an Action that is told why an attempt failed, its time limit
// included; each attempt is told apart, and ctx has hookTimeout of its own. An
// error of the hook is added to the message of the step's error and takes
// nothing from it. Canceled work and a process that shuts down are no failures.
type FailureHook interface {
	OnFailure(ctx context.Context, call Call, err error) error
}

// hookTimeout bounds OnSuccess and OnFailure.
const hookTimeout = 10 * time.Second

// Skipped is the error of an attempt that had nothing to do.
type Skipped struct{ Reason string }

func (s *Skipped) Error() string { return s.Reason }

// attempt is one call of an action.
type attempt struct {
	action Action
	name   string
	call   Call
}

func (a attempt) run(ctx context.Context) (json.RawMessage, error) {
	out, err := a.execute(ctx)
	if err == nil {
		err = ctx.Err()
	}
	var skipped *Skipped
	switch {
	case err == nil:
		a.succeeded(ctx, out)
		return out, nil
	case errors.As(err, &skipped) || errors.Is(ctx.Err(), context.Canceled):
		return nil, err
	}
	return nil, a.failed(ctx, err)
}

func (a attempt) execute(ctx context.Context) (json.RawMessage, error) {
	if c, ok := a.action.(Checker); ok {
		var can bool
		err := a.guarded(func() (err error) { can, err = c.CanExecute(ctx, a.call); return err })
		if err != nil {
			return nil, err
		}
		if !can {
			return nil, &Skipped{Reason: fmt.Sprintf("the action %q had nothing to do", a.name)}
		}
	}
	var out json.RawMessage
	err := a.guarded(func() (err error) { out, err = a.action.Execute(ctx, a.call); return err })
	return out, err
}

func (a attempt) succeeded(ctx context.Context, out json.RawMessage) {
	h, ok := a.action.(SuccessHook)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, hookTimeout)
	defer cancel()
	if err := a.guarded(func() error { return h.OnSuccess(ctx, a.call, out) }); err != nil {
		a.call.Log.Error("OnSuccess failed; the step's result stands", "action", a.name, "error", err)
	}
}

// failed tells the action and gives the error of the attempt.
func (a attempt) failed(ctx context.Context, err error) error {
	h, ok := a.action.(FailureHook)
	if !ok {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), hookTimeout)
	defer cancel()
	also := a.guarded(func() error { return h.OnFailure(ctx, a.call, err) })
	if also == nil {
		return err
	}
	cause := StepError(err)
	return &Error{
		Code: cause.Code, Message: fmt.Sprintf("%s; then OnFailure: %s", cause.Message, also),
		Status: cause.Status, RetryAfter: cause.RetryAfter, Err: errors.Join(err, also),
	}
}

// guarded makes a panic an error.
func (a attempt) guarded(run func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			a.call.Log.Error("action panicked", "action", a.name, "panic", p)
			err = &Error{Code: "panic", Message: fmt.Sprintf("the action %q broke off", a.name)}
		}
	}()
	return run()
}
