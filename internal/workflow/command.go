package workflow

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Command is one request to change one instance. The set of commands is the
// set of types in this file, and in decide_worker.go those of external
// workers.
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
		At            *time.Time // pending until then; nil = at once
		Parent        Parent     // of a child
		Depth         int        // of a child
		CreatedBy     string     // of a child: who started the first of them; empty = the actor
		Trace         string     // see Instance
	}

	// ChildDone reports to a parent that the child of one of its steps has
	// completed, failed or been canceled.
	ChildDone struct {
		ExecutionID uuid.UUID       `json:"execution_id"`
		Child       uuid.UUID       `json:"child"`
		Status      Status          `json:"status"`
		Output      json.RawMessage `json:"output,omitempty"`
		Err         *StepError      `json:"error,omitempty"`
	}

	// FromAbove does to a child what was done to its parent: cancel, pause or
	// resume.
	FromAbove struct {
		Verb   string `json:"verb"`
		Reason string `json:"reason,omitempty"`
		Actor  string `json:"actor,omitempty"`
	}

	// Lease takes up to Env.Slots scheduled machine steps for this process.
	Lease struct{}

	// LeaseOne takes one scheduled machine step for this process. A LeaseNo other
	// than the execution's own changes nothing.
	LeaseOne struct {
		ExecutionID uuid.UUID
		LeaseNo     int64
	}

	// ReleaseLease gives a lease back whose process ends: the attempt does not
	// count. Begun says that the step's action was called.
	ReleaseLease struct {
		ExecutionID uuid.UUID
		LeaseNo     int64
		Begun       bool
	}

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
		Proof   *HookProof // how its signature was verified; nil = not at all
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

	// DelegateTask has somebody else prepare the decision of a task.
	DelegateTask struct {
		TaskID  uuid.UUID
		Actor   Actor
		To      string
		Reason  string
		Version int64
	}

	// ReturnTask brings a delegated task back to its owner, with what he could
	// decide.
	ReturnTask struct {
		TaskID  uuid.UUID
		Actor   Actor
		Outcome string
		Output  json.RawMessage // an object, which need not fit the form; nil = none
		Comment string
		Version int64
	}

	// CommentTask says something about a task.
	CommentTask struct {
		TaskID    uuid.UUID
		CommentID uuid.UUID
		Actor     Actor
		Text      string
		At        time.Time // when it was said
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

	// Retry takes up all failed branches of a failed instance. With From a token
	// is put at that step in place of those that it could reach; if some of them
	// have not failed, only with Confirm.
	Retry struct {
		Actor   Actor
		Reason  string
		From    string
		Confirm bool
	}

	// Skip ends one live execution as skipped, and the flow goes on. It names
	// either the step, the execution or the task.
	Skip struct {
		Actor       Actor
		Reason      string
		Step        string
		ExecutionID uuid.UUID
		TaskID      uuid.UUID
		Output      json.RawMessage // what stands in for the result; nil = nothing
	}

	// ForceComplete ends an instance as completed: all tokens, tasks, timers and
	// hooks are canceled.
	ForceComplete struct {
		Actor  Actor
		Reason string
	}

	// Migrate moves an instance to another version of its definition.
	Migrate struct {
		Actor  Actor
		Reason string
		To     *Definition
		Steps  map[string]string // steps that have another name there
	}

	// EditData changes an instance's data: by a JSON merge patch (RFC 7396), or
	// by an object that takes its place. With Seen it is refused unless the data
	// is still the one of that DataMark.
	EditData struct {
		Actor  Actor
		Reason string
		Patch  json.RawMessage
		Whole  json.RawMessage // in place of Patch
		Seen   string          // empty = whatever the data is
	}
)

func (Start) command()         {}
func (ChildDone) command()     {}
func (FromAbove) command()     {}
func (Lease) command()         {}
func (LeaseOne) command()      {}
func (ReleaseLease) command()  {}
func (StepDone) command()      {}
func (LeaseLost) command()     {}
func (DueFired) command()      {}
func (ReceiveHook) command()   {}
func (ClaimTask) command()     {}
func (UnclaimTask) command()   {}
func (ReassignTask) command()  {}
func (DelegateTask) command()  {}
func (ReturnTask) command()    {}
func (CommentTask) command()   {}
func (CompleteTask) command()  {}
func (Cancel) command()        {}
func (Pause) command()         {}
func (Resume) command()        {}
func (Retry) command()         {}
func (Skip) command()          {}
func (ForceComplete) command() {}
func (Migrate) command()       {}
func (EditData) command()      {}

// Env is what a decision knows of the world.
type Env struct {
	Now     time.Time        // UTC
	NewID   func() uuid.UUID // UUIDv7
	HookURL func(instance uuid.UUID, step string, visit, index int) string
	Owner   uuid.UUID               // the deciding process, which leases machine steps
	Slots   int                     // how many machine steps it may lease in this decision
	Full    bool                    // steps beyond these become jobs; otherwise they wait for its next slots
	Serves  func(queue string) bool // whether it runs steps of the queue; nil = of every one
	Rand    float64                 // from 0 to below 1, drawn for this decision: the jitter of back-offs
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

// Offer offers a ready machine step to any process that serves its queue. The
// execution is the truth: a job whose lease number is not the execution's own
// any more says nothing.
type Offer struct {
	InstanceID  uuid.UUID
	ExecutionID uuid.UUID
	LeaseNo     int64
	Queue       string
}

// Transition is the whole change of one instance, as plain data. Rows are as
// they are after it; Created tells inserts from updates.
type Transition struct {
	InstanceID     uuid.UUID
	From           int64    // the version it was decided on; 0 = a new instance
	Was            Standing // that the instance had then; zero for a new one
	Instance       Instance
	DataChanged    bool
	SearchChanged  bool // Search replaces what the instance is found by
	Search         []SearchValue
	Executions     []Row[Execution]
	Tasks          []Row[Task]
	Dues           []Due       // to insert
	DuesDone       []uuid.UUID // to delete
	DeleteAllDues  bool
	FreezeDues     bool          // takes every due row out of the due index
	ThawDues       bool          // puts them back
	ThawShift      time.Duration // by how much those that move are moved
	Hooks          []Row[Hook]
	Sends          []Send
	Waits          []MessageWait
	WaitsDone      []uuid.UUID  // executions that wait for no message any more; gone before Waits come
	Unique         bool         // of a start: stale too while another instance lives under its correlation id
	Keys           []RequestKey // stale too when one is used already
	Events         []Event
	Records        []Record // of the audit
	Comments       []Comment
	Work           []Work
	Moved          *Moved  // by a migration; nil otherwise
	Offers         []Offer // machine steps that are left to other processes
	NeedsProcesses bool    // machine steps were left scheduled until this process has slots
}

// Send is a command for another instance, stored with the transition that
// wants it done: it is delivered at least once, and has its effect once.
type Send struct {
	ID      uuid.UUID // of the due row
	To      uuid.UUID
	At      time.Time
	Kind    SendKind
	Payload json.RawMessage // the command
}

// Due is the row that holds the command until it has been taken.
func (s Send) Due() Due {
	return Due{ID: s.ID, InstanceID: s.To, Kind: DueSend, At: s.At, Payload: mustJSON(sendEnvelope{s.Kind, s.Payload})}
}

// SendOf gives back the command of a due row.
func SendOf(d Due) (Send, error) {
	var e sendEnvelope
	if err := json.Unmarshal(d.Payload, &e); err != nil {
		return Send{}, fmt.Errorf("read the command of due row %s: %w", d.ID, err)
	}
	return Send{ID: d.ID, To: d.InstanceID, At: d.At, Kind: e.Kind, Payload: e.Command}, nil
}

type sendEnvelope struct {
	Kind    SendKind        `json:"kind"`
	Command json.RawMessage `json:"command"`
}

// SendKind says what a Send asks for.
type SendKind string

// The kinds of sends.
const (
	SendStart SendKind = "start"      // StartChild
	SendDone  SendKind = "child_done" // ChildDone
	SendAbove SendKind = "from_above" // FromAbove

	SendMessage SendKind = "message" // MessageArrived
)

// StartChild asks for a child instance: the engine resolves the definition and
// starts it, or tells the parent why not.
type StartChild struct {
	Definition string          `json:"definition"`
	Version    string          `json:"version,omitempty"` // empty = the latest active release
	Input      json.RawMessage `json:"input"`
	Parent     Parent          `json:"parent"`
	Depth      int             `json:"depth"`
	CreatedBy  string          `json:"created_by"`
	Tenant     string          `json:"tenant"`
	Trace      string          `json:"trace,omitempty"`

	CorrelationID string `json:"correlation_id,omitempty"`
}

// Row is a row after a transition.
type Row[T any] struct {
	Value   T
	Created bool
}

// Changed reports whether the transition changes anything.
func (t *Transition) Changed() bool { return t != nil && t.Instance.Version != t.From }
