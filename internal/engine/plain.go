package engine

import (
	"context"
	"encoding/json"
	"log/slog"

	"tandem/internal/action"
	"tandem/internal/workflow"
)

// plain are the actions of which a test run makes real attempts.
var plain = action.Plain()

// Plain makes an attempt of an action that reaches nothing outside of the
// program; ok is false for every other one. Nothing is logged.
func (e *Engine) Plain(name string, input json.RawMessage) (output json.RawMessage, fault *workflow.StepError, ok bool) {
	if _, ok := plain[name]; !ok {
		return nil, nil, false
	}
	output, err := plain.Execute(context.Background(), name, action.Call{Input: input, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, action.StepError(err), true
	}
	return output, nil, true
}
