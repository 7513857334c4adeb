package action_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/action"
)

// whole is an action with every optional part; it notes what was called.
type whole struct {
	can       bool
	canErr    error
	execute   func(ctx context.Context) (json.RawMessage, error)
	onSuccess func() error
	onFailure func(ctx context.Context) error
	called    []string
}

func (w *whole) CanExecute(context.Context, action.Call) (bool, error) {
	w.called = append(w.called, "can")
	return w.can, w.canErr
}

func (w *whole) Execute(ctx context.Context, _ action.Call) (json.RawMessage, error) {
	w.called = append(w.called, "execute")
	return w.execute(ctx)
}

func (w *whole) OnSuccess(_ context.Context, _ action.Call, output json.RawMessage) error {
	w.called = append(w.called, "success "+string(output))
	return w.onSuccess()
}

func (w *whole) OnFailure(ctx context.Context, _ action.Call, err error) error {
	w.called = append(w.called, "failure "+action.StepError(err).Code)
	return w.onFailure(ctx)
}

func TestRegistry_Execute_optional_parts(t *testing.T) {
	t.Parallel()
	gives := func(out string, err error) func(context.Context) (json.RawMessage, error) {
		return func(context.Context) (json.RawMessage, error) { return json.RawMessage(out), err }
	}
	declined := &action.Error{Code: "declined", Message: "the card was declined", Status: 402, RetryAfter: time.Minute}
	tests := map[string]struct {
		action  whole
		called  []string
		out     string
		code    string
		message string
		log     string
	}{
		"success": {
			action: whole{can: true, execute: gives(`1`, nil)},
			called: []string{"can", "execute", "success 1"}, out: `1`,
		},
		"nothing to do": {
			action: whole{can: false},
			called: []string{"can"}, message: `the action "whole" had nothing to do`,
		},
		"cannot tell": {
			action: whole{canErr: declined},
			called: []string{"can", "failure declined"}, code: "declined", message: "the card was declined",
		},
		"failure": {
			action: whole{can: true, execute: gives("", declined)},
			called: []string{"can", "execute", "failure declined"}, code: "declined", message: "the card was declined",
		},
		"OnFailure fails too": {
			action: whole{can: true, execute: gives("", declined), onFailure: func(context.Context) error { return errors.New("no line to the bank") }},
			called: []string{"can", "execute", "failure declined"}, code: "declined",
			message: "the card was declined; then OnFailure: no line to the bank",
		},
		"OnFailure panics": {
			action: whole{can: true, execute: gives("", declined), onFailure: func(context.Context) error { panic("hook") }},
			called: []string{"can", "execute", "failure declined"}, code: "declined",
			message: `the card was declined; then OnFailure: the action "whole" broke off`, log: "hook",
		},
		"OnSuccess fails": {
			action: whole{can: true, execute: gives(`1`, nil), onSuccess: func() error { return errors.New("no pen") }},
			called: []string{"can", "execute", "success 1"}, out: `1`, log: "no pen",
		},
		"OnSuccess panics": {
			action: whole{can: true, execute: gives(`1`, nil), onSuccess: func() error { panic("ink") }},
			called: []string{"can", "execute", "success 1"}, out: `1`, log: "ink",
		},
		"Execute panics": {
			action: whole{can: true, execute: func(context.Context) (json.RawMessage, error) { panic("boom") }},
			called: []string{"can", "execute", "failure panic"}, code: "panic", message: `the action "whole" broke off`, log: "boom",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.action.onSuccess == nil {
				tt.action.onSuccess = func() error { return nil }
			}
			if tt.action.onFailure == nil {
				tt.action.onFailure = func(context.Context) error { return nil }
			}
			var log strings.Builder
			call := action.Call{Log: slog.New(slog.NewTextHandler(&log, nil))}
			out, err := action.Registry{"whole": &tt.action}.Execute(t.Context(), "whole", call)
			if diff := cmp.Diff(tt.called, tt.action.called); diff != "" {
				t.Errorf("called (-want +got):\n%s", diff)
			}
			if string(out) != tt.out || (err == nil) != (tt.message == "") || err != nil && err.Error() != tt.message {
				t.Errorf("gave %s and %v, want %s and %q", out, err, tt.out, tt.message)
			}
			var skipped *action.Skipped
			if tt.code != "" && action.StepError(err).Code != tt.code || errors.As(err, &skipped) != (tt.code == "" && tt.message != "") {
				t.Errorf("error %+v, want code %q", action.StepError(err), tt.code)
			}
			if tt.code == "declined" {
				if got := action.StepError(err); got.Status != 402 || got.RetryAfter != time.Minute {
					t.Errorf("status %d, retry after %s: the hook's error took them", got.Status, got.RetryAfter)
				}
			}
			if !strings.Contains(log.String(), tt.log) || tt.log == "" && log.Len() > 0 {
				t.Errorf("log %q, want %q in it", log.String(), tt.log)
			}
		})
	}
}

func TestRegistry_Execute_time(t *testing.T) {
	t.Parallel()
	waits := func(ctx context.Context) (json.RawMessage, error) { <-ctx.Done(); return nil, ctx.Err() }
	t.Run("over: OnFailure has time of its own", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var left time.Duration
			a := &whole{can: true, execute: waits, onFailure: func(ctx context.Context) error {
				end, _ := ctx.Deadline()
				left = time.Until(end)
				return ctx.Err()
			}}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := action.Registry{"a": a}.Execute(ctx, "a", action.Call{Log: slog.New(slog.DiscardHandler)})
			if got := action.StepError(err); got.Code != "timeout" || left != 10*time.Second {
				t.Errorf("error %+v and %s left, want timeout and 10s", got, left)
			}
		})
	})
	t.Run("canceled: no failure", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		a := &whole{can: true, execute: func(context.Context) (json.RawMessage, error) { cancel(); return nil, nil }}
		_, err := action.Registry{"a": a}.Execute(ctx, "a", action.Call{Log: slog.New(slog.DiscardHandler)})
		if diff := cmp.Diff([]string{"can", "execute"}, a.called); diff != "" || !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, called (-want +got):\n%s", err, diff)
		}
	})
}
