package workflow

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// Command is one request to change one instance. The set of commands is the
// set of types in this file.
type Command interface{ command() }

type (
	// Start begins an instance. Input is a JSON object that fits the
	// definition's input_schema.
	Start struct {
		InstanceID    uuid.UUID
		Actor         Actor
		Input         json.RawMessage
		CorrelationID string
		Metadata      json.RawMessage
	}

	// Lease takes up to Env.Slots scheduled machine steps for this process.
	Lease struct{}

	// StepDone reports the end of an attempt of a machine step: its result, Err,
	// or that the action had nothing to do. A LeaseNo other than the execution's
	// own changes nothing.
	StepDone struct {
		ExecutionID uuid.UUID
		LeaseNo     int64
		Output      json.RawMessage
		Err         *StepError
		Skipped     bool
		Reason      string // of Skipped
	}

	// LeaseLost reports that the process that held a lease fell silent.
	LeaseLost struct {
		ExecutionID uuid.UUID
		LeaseNo     int64
	}

	// DueFired reports that a due row's time has come.
	DueFired struct{ DueID uuid.UUID }

	// ReceiveHook delivers a webhook's payload to one visit of a step.
	ReceiveHook struct {
		Step    string
		Visit   int
		Index   int
		Payload json.RawMessage
	}

	// ClaimTask makes the actor the assignee.
	ClaimTask struct {
		TaskID  uuid.UUID
		Actor   Actor
		Version int64 // 0 = any
	}

	// UnclaimTask gives a claimed task back to its candidates.
	UnclaimTask struct {
		TaskID  uuid.UUID
		Actor   Actor
		Version int64
	}

	// ReassignTask gives a task to another person or group.
	ReassignTask struct {
		TaskID  uuid.UUID
		Actor   Actor
		User    string
		Group   string
		Reason  string
		Version int64
	}

	// CompleteTask decides a task.
	CompleteTask struct {
		TaskID  uuid.UUID
		Actor   Actor
		Output  json.RawMessage // an object; nil = {}
		Outcome string
		Comment string
		Version int64 // 0 = any
	}

	// Cancel ends an instance: all tokens, tasks, timers and hooks.
	Cancel struct {
		Actor  Actor
		Reason string
	}

	// Pause holds an instance.
	Pause struct {
		Actor  Actor
		Reason string
	}

	// Resume lets a paused instance move again.
	Resume struct {
		Actor  Actor
		Reason string
	}

	// Retry takes up all failed branches of a failed instance.
	Retry struct {
		Actor  Actor
		Reason string
	}
)

func (Start) command()        {}
func (Lease) command()        {}
func (StepDone) command()     {}
func (LeaseLost) command()    {}
func (DueFired) command()     {}
func (ReceiveHook) command()  {}
func (ClaimTask) command()    {}
func (UnclaimTask) command()  {}
func (ReassignTask) command() {}
func (CompleteTask) command() {}
func (Cancel) command()       {}
func (Pause) command()        {}
func (Resume) command()       {}
func (Retry) command()        {}

// Env is what a decision knows of the world.
type Env struct {
	Now     time.Time        // UTC
	NewID   func() uuid.UUID // UUIDv7
	HookURL func(instance uuid.UUID, step string, visit, index int) string
	Owner   uuid.UUID // the deciding process, which leases machine steps
	Slots   int       // how many machine steps it may lease in this decision
}

// Work is a machine step that the deciding process has leased and must run
// once the transition is durable.
type Work struct {
	ExecutionID uuid.UUID
	LeaseNo     int64
	Step        string
	Attempt     int
	Input       json.RawMessage
	Timeout     time.Duration // of this attempt; 0 = the engine's default
}

// Transition is the whole change of one instance, as plain data. Rows are as
// they are after it; Created tells inserts from updates.
type Transition struct {
	InstanceID     uuid.UUID
	From           int64 // the version it was decided on; 0 = a new instance
	Instance       Instance
	DataChanged    bool
	Executions     []Row[Execution]
	Tasks          []Row[Task]
	Dues           []Due       // to insert
	DuesDone       []uuid.UUID // to delete
	DeleteAllDues  bool
	FreezeDues     bool          // takes every due row out of the due index
	ThawDues       bool          // puts them back
	ThawShift      time.Duration // by how much those that move are moved
	Hooks          []Row[Hook]
	Events         []Event
	Work           []Work
	NeedsProcesses bool // machine steps were left scheduled for any process
}

// Row is a row after a transition.
type Row[T any] struct {
	Value   T
	Created bool
}

// Changed reports whether the transition changes anything.
func (t *Transition) Changed() bool { return t != nil && t.Instance.Version != t.From }
