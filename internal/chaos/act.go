package chaos

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"tandem"
	"tandem/internal/judge"
)

// Action is the name of the action that machine steps run.
const Action = "act"

// act writes down that it acted, outside of the engine, and does what its input
// scripts: be slow, fail the first attempts.
type act struct {
	effects *os.File
	queues  []string // that its process serves
}

// script is the input of act.
type script struct {
	Fail         int    `json:"fail"` // so many attempts
	Code         string `json:"code"`
	Slow         int    `json:"slow"` // milliseconds, half of them before it acts
	SlowAttempts int    `json:"slow_attempts"`
	Index        int    `json:"index"`
}

// Execute acts once and gives the mark of what it did.
func (a act) Execute(ctx context.Context, call tandem.Call) (json.RawMessage, error) {
	var s script
	if err := json.Unmarshal(call.Input, &s); err != nil {
		return nil, err
	}
	slow := time.Duration(s.Slow) * time.Millisecond
	if s.SlowAttempts > 0 && call.Attempt > s.SlowAttempts {
		slow = 0
	}
	if err := pause(ctx, slow/2); err != nil {
		return nil, err
	}
	effect := judge.Effect{
		Key: call.IdempotencyKey, Mark: rand.Text(), Instance: call.Instance.String(), Step: call.Step,
		Visit: call.Visit, Index: s.Index, Attempt: call.Attempt, Queues: a.queues,
	}
	line, err := json.Marshal(effect)
	if err != nil {
		return nil, err
	}
	// A process that is killed while it writes leaves half a line: the next one
	// begins its own.
	if _, err := a.effects.Write(append([]byte{'\n'}, append(line, '\n')...)); err != nil {
		return nil, err
	}
	if err := pause(ctx, slow-slow/2); err != nil {
		return nil, err
	}
	if call.Attempt <= s.Fail {
		return nil, &tandem.ActionError{Code: s.Code, Message: "its script fails this attempt"}
	}
	return json.Marshal(map[string]any{"mark": effect.Mark, "attempt": call.Attempt})
}

// pause waits, at most until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("act: %w", ctx.Err())
	}
}
