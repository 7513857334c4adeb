package workflow

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// EventType is the wire name of an event.
type EventType string

// The events of an instance.
const (
	EventWorkflowStarted   EventType = "workflow.started"
	EventWorkflowCompleted EventType = "workflow.completed"
	EventWorkflowFailed    EventType = "workflow.failed"
	EventWorkflowCanceled  EventType = "workflow.canceled"
	EventWorkflowPaused    EventType = "workflow.paused"
	EventWorkflowResumed   EventType = "workflow.resumed"
	EventWorkflowRetried   EventType = "workflow.retried"
	EventWorkflowScheduled EventType = "workflow.scheduled"
	EventStepStarted       EventType = "step.started"
	EventStepCompleted     EventType = "step.completed"
	EventStepFailed        EventType = "step.failed"
	EventStepSkipped       EventType = "step.skipped"
	EventStepCanceled      EventType = "step.canceled"
	EventStepLost          EventType = "step.lost"
	EventStepReleased      EventType = "step.released"
	EventStepRetrying      EventType = "step.retrying"
	EventTaskCreated       EventType = "task.created"
	EventTaskClaimed       EventType = "task.claimed"
	EventTaskUnclaimed     EventType = "task.unclaimed"
	EventTaskReassigned    EventType = "task.reassigned"
	EventTaskCompleted     EventType = "task.completed"
	EventTaskOverdue       EventType = "task.overdue"
	EventTaskReminded      EventType = "task.reminded"
	EventTaskEscalated     EventType = "task.escalated"
	EventTaskReopened      EventType = "task.reopened"
	EventTaskDelegated     EventType = "task.delegated"
	EventTaskReturned      EventType = "task.returned"
	EventTaskCommented     EventType = "task.commented"
	EventHookReceived      EventType = "hook.received"
	EventDataEdited        EventType = "data.edited"
	EventInstanceMigrated  EventType = "instance.migrated"
	EventMessageReceived   EventType = "message.received"
)

// Event is one line of an instance's history. Detail holds the event's own
// fields under the names of the JSON contract.
type Event struct {
	Seq         int64 // given by the store
	InstanceID  uuid.UUID
	Type        EventType
	At          time.Time
	ExecutionID uuid.UUID // zero for events of the instance
	Step        string
	StepType    StepType
	Visit       int
	Index       int
	Scope       uuid.UUID
	Role        EachRole // in a for_each
	Attempt     int
	ArrivedFrom []uuid.UUID // the executions that led to the event's
	Node        uuid.UUID   // the process that decided
	Actor       string
	Detail      json.RawMessage // an object, or nil
}
