package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Call is one attempt of a machine step. An attempt may be repeated after a
// crash: IdempotencyKey stays the same over all attempts of one visit.
type Call struct {
	Instance       uuid.UUID
	Tenant         string
	Definition     workflow.Ref
	Step           string
	Visit          int
	Attempt        int
	IdempotencyKey string
	Input          json.RawMessage // the evaluated `with`; nil when there is none
	Judged         bool            // the step has success_when: a bad answer is a result, not an error
	Secrets        Secrets         // those that Input holds
	Log            *slog.Logger
}

// Action does a machine step's work. It returns the result as JSON (nil =
// null) and must stop when ctx ends. An Error it returns is what handlers see;
// any other error gets the code "action_failed".
type Action interface {
	Execute(ctx context.Context, call Call) (json.RawMessage, error)
}

// Func adapts a function to Action.
type Func func(ctx context.Context, call Call) (json.RawMessage, error)

// Execute calls f.
func (f Func) Execute(ctx context.Context, call Call) (json.RawMessage, error) { return f(ctx, call) }

// Error is a failure with a code that on_failure can test.
type Error struct {
	Code       string
	Message    string
	Status     int           // of an HTTP answer; 0 otherwise
	RetryAfter time.Duration // what the other side asks to wait before the next attempt; 0 = nothing
	Err        error
}

func (e *Error) Error() string { return e.Message }

func (e *Error) Unwrap() error { return e.Err }

// StepError turns any error of an action into what the engine stores.
func StepError(err error) *workflow.StepError {
	step := &workflow.StepError{Code: "action_failed", Message: err.Error()}
	var e *Error
	switch {
	case errors.As(err, &e):
		step = &workflow.StepError{Code: e.Code, Message: e.Message, Status: e.Status, RetryAfter: e.RetryAfter}
	case errors.Is(err, context.DeadlineExceeded):
		step.Code, step.Message = "timeout", "the attempt took longer than its timeout allows"
	}
	step.Code, step.Message = storable(step.Code, maxCode), storable(step.Message, maxMessage)
	return step
}

// The longest code and message of an error that are kept, in bytes.
const (
	maxCode    = 200
	maxMessage = 8 << 10
)

// storable makes a text of others fit to be kept: no U+0000, whole characters,
// and not endless.
func storable(text string, limit int) string {
	text = clean(text)
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "…"
	}
	return text
}

// Registry is the actions of a process by name. It is read-only once the
// engine runs.
type Registry map[string]Action

// Options says what definitions may use of the registry.
func (r Registry) Options() workflow.Options {
	o := workflow.Options{Actions: map[string]bool{}, SecretActions: map[string]bool{}}
	for name, a := range r {
		o.Actions[name] = true
		u, ok := a.(UsesSecrets)
		o.SecretActions[name] = ok && u.UsesSecrets()
	}
	return o
}

// Execute makes one attempt with the action of that name. Its error is a
// *Skipped when the action had nothing to do. A panic is an error of the step,
// never of the process.
func (r Registry) Execute(ctx context.Context, name string, call Call) (json.RawMessage, error) {
	a, ok := r[name]
	if !ok {
		return nil, &Error{Code: "unknown_action", Message: fmt.Sprintf("this process has no action %q", name)}
	}
	return attempt{a, name, call}.run(ctx)
}
