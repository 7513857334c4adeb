package db_test

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// start is a transition that begins an instance with one running step, as the
// engine makes it.
func start(owner uuid.UUID) *workflow.Transition {
	now := time.Now().UTC().Truncate(time.Microsecond)
	id := newID()
	first := running(id, owner, "charge", 1, now)
	return &workflow.Transition{
		InstanceID: id,
		Instance: workflow.Instance{
			ID: id, Tenant: workflow.DefaultTenant, Definition: workflow.Ref{Name: "order", Version: "1.0.0"},
			Status: workflow.StatusRunning, Version: 1, CreatedBy: "otto", CreatedAt: now, StartedAt: &now,
			CurrentSteps: []string{"charge"}, Input: json.RawMessage(`{"amount":6000.10}`), Data: json.RawMessage(`{"amount":6000.10}`),
			State: workflow.State{
				Steps:  map[string]workflow.StepState{"charge": {Visits: 1, Live: 1}},
				Tokens: workflow.Tokens{Running: 1},
			},
		},
		Executions: []workflow.Row[workflow.Execution]{{Value: first, Created: true}},
		Events:     []workflow.Event{eventOf(workflow.EventWorkflowStarted, first, now), eventOf(workflow.EventStepStarted, first, now)},
	}
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func running(instance, owner uuid.UUID, step string, visit int, now time.Time) workflow.Execution {
	return workflow.Execution{
		ID: newID(), InstanceID: instance, Step: step, Type: workflow.StepMachine, Visit: visit,
		Status: workflow.StepRunning, Live: true, Attempt: 1, LeaseOwner: owner, LeaseNo: 1,
		CreatedAt: now, StartedAt: &now,
	}
}

func eventOf(typ workflow.EventType, e workflow.Execution, now time.Time) workflow.Event {
	return workflow.Event{
		InstanceID: e.InstanceID, Type: typ, At: now, ExecutionID: e.ID, Step: e.Step, StepType: e.Type,
		Visit: e.Visit, Attempt: e.Attempt, Detail: json.RawMessage(`{"node":"a1","fired":["ship"]}`),
	}
}

// middle is the transition after t that ends its running step and begins
// another: one instance, one execution updated, one inserted, two events.
func middle(t *workflow.Transition) *workflow.Transition {
	now := time.Now().UTC().Truncate(time.Microsecond)
	done := t.Executions[len(t.Executions)-1].Value
	next := running(t.InstanceID, done.LeaseOwner, "ship", done.Visit+1, now)
	next.ArrivedFrom = []uuid.UUID{done.ID}
	done.Status, done.Live, done.LeaseOwner, done.CompletedAt = workflow.StepSucceeded, false, uuid.Nil, &now
	done.Output = json.RawMessage(`{"ok":true}`)
	in := t.Instance
	in.Version++
	in.CurrentSteps = []string{"ship"}
	in.State = workflow.State{
		Steps:  map[string]workflow.StepState{"charge": {Visits: 1}, "ship": {Visits: next.Visit, Live: 1}},
		Tokens: workflow.Tokens{Running: 1},
	}
	return &workflow.Transition{
		InstanceID: t.InstanceID, From: t.Instance.Version, Instance: in,
		Executions: []workflow.Row[workflow.Execution]{{Value: done}, {Value: next, Created: true}},
		Events:     []workflow.Event{eventOf(workflow.EventStepCompleted, done, now), eventOf(workflow.EventStepStarted, next, now)},
	}
}
