package action

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
)

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
