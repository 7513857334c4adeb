package seed

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// What copies replace by values of their own.
const (
	markStarter  = "seed-starter"
	markDecider  = "seed-decider"
	markCustomer = "seed-customer"
	markRegion   = "seed-region"
	markAmount   = "770077.25"
)

// shape is a way in which an instance may stand.
type shape struct {
	name  string
	open  bool // it has an open task
	share int  // of those that have none, in thousandths; of open ones, weight
	input string
	make  func(ctx context.Context, e *engine.Engine, k kind, in workflow.Instance, task uuid.UUID) error
}

// shapes lists all of them.
var shapes = []shape{
	{name: "completed", share: 940, make: decide},
	{name: "failed", share: 30, input: `, "carrier": "none"`, make: decide},
	{name: "canceled", share: 30, make: func(ctx context.Context, e *engine.Engine, _ kind, in workflow.Instance, _ uuid.UUID) error {
		_, err := e.Cancel(ctx, starter, in.ID, "")
		return err
	}},
	{name: "waiting", open: true, share: 780, make: func(context.Context, *engine.Engine, kind, workflow.Instance, uuid.UUID) error { return nil }},
	{name: "claimed", open: true, share: 200, make: func(ctx context.Context, e *engine.Engine, k kind, _ workflow.Instance, task uuid.UUID) error {
		_, err := e.ClaimTask(ctx, decider(k), task, 0)
		return err
	}},
	{name: "paused", open: true, share: 20, make: func(ctx context.Context, e *engine.Engine, _ kind, in workflow.Instance, _ uuid.UUID) error {
		_, err := e.Pause(ctx, watcher, in.ID, "Waits for the new price list")
		return err
	}},
}

var (
	starter = workflow.Actor{ID: markStarter, Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleUser}}
	watcher = workflow.Actor{ID: "olga", Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleOperator}}
)

func decider(k kind) workflow.Actor {
	return workflow.Actor{ID: markDecider, Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleUser}, Groups: []string{k.group}}
}

func decide(ctx context.Context, e *engine.Engine, k kind, in workflow.Instance, task uuid.UUID) error {
	_, err := e.CompleteTask(ctx, decider(k), task, engine.Completion{Output: json.RawMessage(`{}`), Outcome: "approve"})
	return err
}

// runOne has the engine bring an instance into a shape.
func runOne(ctx context.Context, e *engine.Engine, read engine.Reader, k kind, s shape) (uuid.UUID, error) {
	in, err := e.Start(ctx, starter, engine.StartInput{
		Definition: k.name, Version: "1.0.0",
		Input: json.RawMessage(`{"customer": "` + markCustomer + `", "region": "` + markRegion + `", "amount": ` + markAmount + s.input + `}`),
	})
	if err != nil {
		return uuid.Nil, err
	}
	if err := settled(ctx, e, read, in.ID, workflow.StatusWaiting); err != nil {
		return uuid.Nil, err
	}
	tasks, err := read.InstanceTasks(ctx, starter, in.ID, 1)
	if err != nil || len(tasks) != 1 {
		return uuid.Nil, fmt.Errorf("%d tasks: %w", len(tasks), err)
	}
	if err := s.make(ctx, e, k, in, tasks[0].ID); err != nil {
		return uuid.Nil, err
	}
	want := map[string]workflow.Status{
		"completed": workflow.StatusCompleted, "failed": workflow.StatusFailed, "canceled": workflow.StatusCanceled,
		"waiting": workflow.StatusWaiting, "claimed": workflow.StatusWaiting, "paused": workflow.StatusPaused,
	}[s.name]
	return in.ID, settled(ctx, e, read, in.ID, want)
}

// settleTime is how long an instance may take to come to a state.
const settleTime = 20 * time.Second

// settled waits until an instance has come to a state.
func settled(ctx context.Context, e *engine.Engine, read engine.Reader, id uuid.UUID, want workflow.Status) error {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	changed, stop := e.Watch(id)
	defer stop()
	for {
		in, err := read.Instance(ctx, watcher, id)
		if err != nil || in.Status == want {
			return err
		}
		select {
		case <-changed:
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("instance %s is %s, want %s", id, in.Status, want)
		}
	}
}
