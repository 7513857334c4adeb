package workflow

import (
	"encoding/json"
	"maps"
	"time"

	"github.com/google/uuid"
)

// Status is the state of an instance. Precedence, where several would hold:
// failed, paused, running, waiting.
type Status string

// The states of an instance.
const (
	StatusPending   Status = "pending"   // starts later
	StatusRunning   Status = "running"   // an attempt is in progress, queued or in back-off
	StatusWaiting   Status = "waiting"   // all live branches wait for people, webhooks or timers
	StatusPaused    Status = "paused"    // held by a person
	StatusFailed    Status = "failed"    // a branch failed; retry or cancel ends that
	StatusCompleted Status = "completed" // finished
	StatusCanceled  Status = "canceled"  // finished
)

// Statuses lists every state of an instance, in the order pages show them.
func Statuses() []Status {
	return []Status{StatusPending, StatusRunning, StatusWaiting, StatusPaused, StatusFailed, StatusCompleted, StatusCanceled}
}

// Finished reports whether nothing can happen to the instance any more.
func (s Status) Finished() bool { return s == StatusCompleted || s == StatusCanceled }

// StepStatus is the state of one execution of a step.
type StepStatus string

// The states of an execution.
const (
	StepPending   StepStatus = "pending"   // waits at a join for other branches
	StepScheduled StepStatus = "scheduled" // ready, not yet leased by a process
	StepRunning   StepStatus = "running"   // leased by a process
	StepWaiting   StepStatus = "waiting"   // for a person, a webhook or a time
	StepSucceeded StepStatus = "succeeded"
	StepFailed    StepStatus = "failed"
	StepCanceled  StepStatus = "canceled"
	StepSkipped   StepStatus = "skipped"
)

// Finished reports whether the step's own work is over. Its token may still
// be held there: see Execution.Hold.
func (s StepStatus) Finished() bool {
	return s == StepSucceeded || s == StepFailed || s == StepCanceled || s == StepSkipped
}

// Hold says why an execution keeps its token although nothing is being done.
type Hold string

// The holds.
const (
	HoldNone   Hold = ""
	HoldEntry  Hold = "entry"  // the step begins when the instance moves again
	HoldExit   Hold = "exit"   // the step is done; its exit is taken when the instance moves again
	HoldFailed Hold = "failed" // the step or its exit failed; retry takes it up
)

// StepError is what went wrong in a step: what handlers and retries see as
// `error`, and what history shows.
type StepError struct {
	Code        string        `json:"code"`
	Message     string        `json:"message"`
	Status      int           `json:"status,omitempty"`      // of an HTTP answer
	RetryAfter  time.Duration `json:"retry_after,omitempty"` // in nanoseconds: what the other side asks to wait
	Attempt     int           `json:"attempt,omitempty"`
	Step        string        `json:"step,omitempty"`
	ExecutionID uuid.UUID     `json:"execution_id,omitzero"`
	Exit        bool          `json:"exit,omitempty"` // the step succeeded; its exit failed
}

func (e *StepError) Error() string { return e.Message }

// Instance is one run of a definition.
type Instance struct {
	ID            uuid.UUID
	Tenant        string
	Definition    Ref // pinned for the life of the instance
	Status        Status
	Input         json.RawMessage // the start data
	Data          json.RawMessage // a JSON object
	Metadata      json.RawMessage // the starter's own, never read by the engine
	Trace         string          // traceparent of the request that started it, as W3C has it; empty when traces are off
	CorrelationID string
	CreatedBy     string
	CreatedAt     time.Time
	StartedAt     *time.Time
	CompletedAt   *time.Time
	ExpiresAt     *time.Time // when a finished instance may be deleted; nil = never
	Paused        bool
	FrozenAt      *time.Time // since when nothing moves; nil while it moves
	Error         *StepError // of the last failure
	Parent        Parent     // zero for an instance that somebody started
	Depth         int        // how many workflows stand above it
	WaitingFor    []Waiting  // what the live branches wait for, at most MaxWaiting entries
	CurrentSteps  []string   // the steps of live branches, in document order
	State         State
	Version       int64 // grows by one with every transition
}

// Parent is the workflow step that started a child instance.
type Parent struct {
	InstanceID  uuid.UUID
	ExecutionID uuid.UUID
}

// MaxDepth is how many workflows may stand above one another.
const MaxDepth = 16

// MaxWaiting bounds Instance.WaitingFor.
const MaxWaiting = 20

// Waiting is one thing that an instance waits for.
type Waiting struct {
	Step   string     `json:"step"`
	Kind   string     `json:"kind"` // human, timer, webhook, workflow, group, join, retry, start, worker
	Users  []string   `json:"users,omitempty"`
	Groups []string   `json:"groups,omitempty"`
	TaskID *uuid.UUID `json:"task_id,omitempty"`
	Since  time.Time  `json:"since"`
	Until  *time.Time `json:"until,omitempty"`
	Child  *uuid.UUID `json:"child,omitempty"` // the instance that a workflow step waits for
	Count  int        `json:"count,omitempty"` // items of a for_each that have not ended
	Topic  string     `json:"topic,omitempty"` // that no external worker has taken
}

// State holds an instance's counters: what decisions need to know of the
// executions without reading them.
type State struct {
	Steps  map[string]StepState `json:"steps,omitempty"`
	Scopes map[uuid.UUID]*Scope `json:"scopes,omitempty"` // of live groups and lists of items; a Scope is never changed in place
	Tokens Tokens               `json:"tokens"`
	Failed bool                 `json:"failed,omitempty"` // the instance itself failed, whatever its branches do
	Above  bool                 `json:"above,omitempty"`  // paused by the workflow above
	Tasks  TaskCounts           `json:"tasks,omitzero"`
	// Aliases leads from names under which addresses of webhooks were given out
	// to the steps that have another name since a migration. Never changed in place.
	Aliases map[string]string `json:"aliases,omitempty"`
}

// Clone copies all that could be changed in place.
func (s State) Clone() State {
	s.Steps = maps.Clone(s.Steps)
	s.Scopes = maps.Clone(s.Scopes)
	s.Aliases = maps.Clone(s.Aliases)
	s.Tasks.Groups = maps.Clone(s.Tasks.Groups)
	for id, scope := range s.Scopes {
		s.Scopes[id] = scope.clone()
	}
	return s
}

// StepState counts the executions of one step, in all scopes.
type StepState struct {
	Visits  int       `json:"v"`
	Live    int       `json:"l,omitempty"` // executions that hold a token
	Joining uuid.UUID `json:"j,omitzero"`  // outside of groups: the execution that collects arrivals
}

// Scope counts what lives inside one execution: of a group, or of a step that
// runs once for each item.
type Scope struct {
	Live  int                  `json:"l,omitempty"` // executions inside that hold a token
	Steps map[string]StepState `json:"s,omitempty"` // of a group: live and joining inside; Visits stay 0
	Last  uuid.UUID            `json:"e,omitzero"`  // of a group: the execution inside that ended well last
	Error *StepError           `json:"x,omitempty"` // of a race: of the step that failed last
	Items *Items               `json:"i,omitempty"` // nil for a group
}

// Items counts the items of one visit of a step that runs once for each.
type Items struct {
	Total    int            `json:"t"`
	Next     int            `json:"n,omitempty"` // the first index that has not begun
	Again    []int          `json:"a,omitempty"` // indexes before Next that are to begin once more
	Done     int            `json:"d,omitempty"` // that have ended, in whatever way
	Failed   int            `json:"f,omitempty"` // of these
	Outcomes map[string]int `json:"o,omitempty"`
	Voters   []string       `json:"v,omitempty"` // who has decided, under distinct: see vote
	Over     bool           `json:"c,omitempty"` // complete_when holds
	Confirm  []string       `json:"k,omitempty"` // digests of what confirm_on gave when the votes were cast
}

// Tokens counts the live executions by what they do.
type Tokens struct {
	Running int `json:"r,omitempty"` // scheduled or running
	Ready   int `json:"s,omitempty"` // of these, machine steps that wait for a lease and lie in no queue
	Waiting int `json:"w,omitempty"`
	Joining int `json:"j,omitempty"`
	Held    int `json:"h,omitempty"` // until the instance moves again
	Failed  int `json:"f,omitempty"`
	Around  int `json:"g,omitempty"` // that hold others inside: groups and lists of items
}

// Total is the number of live branches.
func (t Tokens) Total() int {
	return t.Running + t.Waiting + t.Joining + t.Held + t.Failed + t.Around
}

// Execution is one visit of a step.
type Execution struct {
	ID          uuid.UUID
	InstanceID  uuid.UUID
	Step        string
	Type        StepType
	Scope       uuid.UUID // the execution around it, of a group or a list of items; zero = the instance itself
	Role        EachRole  // in a for_each
	Visit       int       // from 1, counted through the whole instance
	Index       int       // of the item in a for_each; 0 otherwise
	Child       uuid.UUID // the instance that a workflow step started
	Status      StepStatus
	Hold        Hold
	Live        bool // holds a token
	ArrivedFrom []uuid.UUID
	Attempt     int       // from 1; 0 before the first
	Lost        int       // attempts whose process fell silent
	Failures    int       // attempts that failed since the step began or was retried by hand
	Attempts    []Attempt // those that ended without success
	Topic       string    // of a job for external workers; empty otherwise
	Progress    *Progress // that the worker has reported of this attempt; nil = nothing
	LeaseOwner  uuid.UUID // the process, or the lock of an external worker; zero = none
	LeaseNo     int64     // grows with every lease: a late result names an older one
	Queue       string    // of the job that offers it while it is scheduled; empty = there is none
	Input       json.RawMessage
	Output      json.RawMessage
	Outcome     string
	Error       *StepError
	CompletedBy string
	DueAt       *time.Time
	CreatedAt   time.Time
	StartedAt   *time.Time
	CompletedAt *time.Time
}

// EachRole tells the executions of a step that runs once for each item apart.
type EachRole string

// The roles in a for_each.
const (
	EachNone   EachRole = ""
	EachHolder EachRole = "each" // holds the items; it is the one that other steps see
	EachItem   EachRole = "item"
)

// MaxAttempts bounds Execution.Attempts; of more, the first and the latest are
// kept.
const MaxAttempts = 50

// Attempt is one try of a machine step that did not succeed.
type Attempt struct {
	Attempt   int        `json:"attempt"`
	Status    string     `json:"status"` // failed, lost
	Error     *StepError `json:"error,omitempty"`
	StartedAt *time.Time `json:"started_at,omitempty"`
	EndedAt   time.Time  `json:"ended_at"`
}

// TaskStatus is the state of a task.
type TaskStatus string

// The states of a task.
const (
	TaskPending   TaskStatus = "pending"
	TaskCompleted TaskStatus = "completed"
	TaskCanceled  TaskStatus = "canceled"
)

// Task is what a person is asked to do.
type Task struct {
	ID              uuid.UUID
	InstanceID      uuid.UUID
	ExecutionID     uuid.UUID
	Step            string
	Scope           uuid.UUID
	Item            bool // of a for_each
	Visit           int
	Index           int
	Status          TaskStatus
	Title           string
	Description     string // Markdown
	Assignee        string
	CandidateUsers  []string
	CandidateGroups []string
	Excluded        []string
	Anyone          bool
	Guests          []string   // e-mail addresses of people without an account who may decide it by a link
	ClaimedAt       *time.Time // nil unless the assignee claimed it himself
	ActsFor         string     // in whose place the assignee claimed it; empty = his own right
	Owner           string     // who has delegated it to the assignee and decides once it comes back; empty = it is not delegated
	Proposal        *Proposal  // of somebody to whom it was delegated
	Priority        int        // higher is more urgent; 0 by default
	DueAt           *time.Time
	ReminderAt      *time.Time
	CreatedAt       time.Time
	CompletedAt     *time.Time
	CompletedBy     string
	Outcome         string
	Output          json.RawMessage
	Comment         string
	Version         int64
}

// Proposal is what somebody to whom a task was delegated proposes to decide.
type Proposal struct {
	By      string          `json:"by"`
	Outcome string          `json:"outcome,omitempty"`
	Output  json.RawMessage `json:"output,omitempty"`
	Comment string          `json:"comment,omitempty"`
}

// Comment is what somebody says about a task. It changes nothing.
type Comment struct {
	ID         uuid.UUID
	InstanceID uuid.UUID
	TaskID     uuid.UUID
	Author     string
	Text       string // Markdown
	At         time.Time
}

// DueKind says what happens when a due row's time has come.
type DueKind string

// The kinds of due rows.
const (
	DueTimer           DueKind = "timer"
	DueStepTimeout     DueKind = "step_timeout"
	DueInstanceTimeout DueKind = "instance_timeout"
	DueRetry           DueKind = "retry"    // the back-off of a failed attempt is over
	DueLock            DueKind = "lock"     // of an external worker, unless it has extended it
	DueStart           DueKind = "start"    // of an instance that starts later
	DueTask            DueKind = "task_due" // a task is overdue from here on
	DueRemind          DueKind = "remind"
	DueEscalate        DueKind = "escalate"
	DueSend            DueKind = "send" // a command for the instance waits in Payload
)

// DueKinds lists every kind.
func DueKinds() []DueKind {
	return []DueKind{DueTimer, DueStepTimeout, DueInstanceTimeout, DueRetry, DueLock, DueStart, DueTask, DueRemind, DueEscalate, DueSend}
}

// Moves reports whether the due time moves by the time an instance was frozen:
// people get the time that they lost.
func (k DueKind) Moves() bool {
	switch k {
	case DueStepTimeout, DueInstanceTimeout, DueTask, DueRemind, DueEscalate:
		return true
	}
	return false
}

// Due is a time at which the engine has to act on an instance.
type Due struct {
	ID          uuid.UUID
	InstanceID  uuid.UUID
	ExecutionID uuid.UUID // zero for the instance's own
	Kind        DueKind
	At          time.Time
	Frozen      bool
	Item        bool            // of an item of a for_each
	Payload     json.RawMessage // of DueSend
}

// Hook is a received webhook payload that waits for its step.
type Hook struct {
	InstanceID uuid.UUID
	Step       string
	Visit      int
	Index      int
	Payload    json.RawMessage
	ReceivedAt time.Time
	Consumed   bool
}

// Snapshot is what a decision reads: the instance, its live executions with
// their open tasks and due rows, the executions and tasks that a command
// names, the latest execution of each step that expressions refer to, and the
// received webhooks that were not consumed yet. Items of a for_each are in it
// only as far as Loaded says; a decision that needs more asks for it with a
// NeedError.
type Snapshot struct {
	Instance   Instance
	Executions map[uuid.UUID]Execution
	Tasks      map[uuid.UUID]Task
	Dues       map[uuid.UUID]Due
	Hooks      []Hook
	Loaded     Need                // what was asked for, whether or not it was there
	Lists      map[uuid.UUID][]any // decoded items by the execution that holds them; filled by Decide, for the next
}

// Need names parts of an instance that a snapshot does not hold of itself.
type Need struct {
	Executions []uuid.UUID // with their open tasks and due rows
	Live       []uuid.UUID // scopes: what lives directly inside, with open tasks and due rows
	Scopes     []uuid.UUID // scopes: the same, and all that has ended there
	Items      []ItemKey   // live items, with open tasks and due rows
	Latest     []string    // steps: the latest execution of each that has ended
}

// ItemKey identifies one item of a for_each.
type ItemKey struct {
	Scope uuid.UUID // the execution that holds the items
	Index int
}

// NeedError is what Decide returns when the snapshot does not hold enough: it
// is to be repeated with more.
type NeedError struct{ Need }

func (*NeedError) Error() string { return "the decision needs more of the instance" }
