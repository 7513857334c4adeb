// Package action holds what machine steps run: the Action interface that the
// engine calls, the registry of actions by name, and those that are built in.
//
// It may import internal/workflow for errors. It must not know the engine, a
// store or HTTP.
package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"

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
	Code    string
	Message string
	Status  int // of an HTTP answer; 0 otherwise
	Err     error
}

func (e *Error) Error() string { return e.Message }

func (e *Error) Unwrap() error { return e.Err }

// StepError turns any error of an action into what the engine stores.
func StepError(err error) *workflow.StepError {
	var e *Error
	switch {
	case errors.As(err, &e):
		return &workflow.StepError{Code: e.Code, Message: e.Message, Status: e.Status}
	case errors.Is(err, context.DeadlineExceeded):
		return &workflow.StepError{Code: "timeout", Message: "the attempt took longer than its timeout allows"}
	}
	return &workflow.StepError{Code: "action_failed", Message: err.Error()}
}

// Registry is the actions of a process by name. It is read-only once the
// engine runs.
type Registry map[string]Action

// BuiltIn returns a registry of the built-in actions.
func BuiltIn() Registry {
	return Registry{"noop": Func(noop), "set": Func(set), "log": Func(logLine), "fail": Func(fail)}
}

// Names returns the names of the actions, sorted.
func (r Registry) Names() []string {
	names := make([]string, 0, len(r))
	for name := range r {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Execute runs the action of that name. A panic in it is an error of the step,
// never of the process.
func (r Registry) Execute(ctx context.Context, name string, call Call) (out json.RawMessage, err error) {
	a, ok := r[name]
	if !ok {
		return nil, &Error{Code: "unknown_action", Message: fmt.Sprintf("this process has no action %q", name)}
	}
	defer func() {
		if p := recover(); p != nil {
			call.Log.Error("action panicked", "action", name, "panic", p)
			out, err = nil, &Error{Code: "panic", Message: fmt.Sprintf("the action %q broke off", name)}
		}
	}()
	return a.Execute(ctx, call)
}

func noop(context.Context, Call) (json.RawMessage, error) { return nil, nil }

func set(_ context.Context, call Call) (json.RawMessage, error) { return call.Input, nil }

// logLine writes {message, level} to the process's log.
func logLine(ctx context.Context, call Call) (json.RawMessage, error) {
	var in struct {
		Message string `json:"message"`
		Level   string `json:"level"`
	}
	if err := decode(call.Input, &in); err != nil {
		return nil, err
	}
	var level slog.Level
	if in.Level != "" {
		if err := level.UnmarshalText([]byte(in.Level)); err != nil {
			return nil, &Error{Code: "bad_input", Message: fmt.Sprintf("level %q is none of debug, info, warn, error", in.Level)}
		}
	}
	call.Log.Log(ctx, level, in.Message, "instance", call.Instance, "step", call.Step)
	return nil, nil
}

// fail fails with {message, code}.
func fail(_ context.Context, call Call) (json.RawMessage, error) {
	in := struct {
		Message string `json:"message"`
		Code    string `json:"code"`
	}{Message: "the workflow asked for this failure", Code: "failed"}
	if err := decode(call.Input, &in); err != nil {
		return nil, err
	}
	return nil, &Error{Code: in.Code, Message: in.Message}
}

func decode(input json.RawMessage, into any) error {
	if len(input) == 0 {
		return nil
	}
	if err := json.Unmarshal(input, into); err != nil {
		return &Error{Code: "bad_input", Message: "`with` does not fit the action: " + err.Error(), Err: err}
	}
	return nil
}
