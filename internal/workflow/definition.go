package workflow

import (
	"encoding/json"
	"time"

	"tandem/internal/form"
	"tandem/internal/workflow/expr"
)

// StepType is the kind of work a step does.
type StepType string

// The step types.
const (
	StepMachine  StepType = "machine"
	StepHuman    StepType = "human"
	StepTimer    StepType = "timer"
	StepWebhook  StepType = "webhook"
	StepGateway  StepType = "gateway"
	StepWorkflow StepType = "workflow"
	StepGroup    StepType = "group"
)

// JoinMode says when a step with several ways in runs.
type JoinMode string

// The join modes. JoinAll waits until no other live branch of the scope can
// reach the step, JoinAny runs once for each arrival, JoinFirst runs on the
// first arrival and cancels the branches that could still arrive.
const (
	JoinAll   JoinMode = "all"
	JoinAny   JoinMode = "any"
	JoinFirst JoinMode = "first"
)

// GatewayMode says how many ways a gateway opens.
type GatewayMode string

// The gateway modes.
const (
	GatewayExclusive GatewayMode = "exclusive"
	GatewayInclusive GatewayMode = "inclusive"
	GatewayParallel  GatewayMode = "parallel"
)

// DefaultMaxVisits bounds how often a step runs in one instance unless the
// step says otherwise.
const DefaultMaxVisits = 1000

// Ref names one immutable version of a definition.
type Ref struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

func (r Ref) String() string { return r.Name + " " + r.Version }

// Definition is a parsed, validated and compiled workflow document. It is
// immutable once Parse has returned it and safe for concurrent use.
type Definition struct {
	Ref
	Format        int
	Title         string // Name when the document gives none
	Description   string // Markdown
	Labels        []string
	InputSchema   json.RawMessage // nil when the document gives none
	Start         *Principals     // who may start; nil = everyone signed in
	Permissions   Permissions
	InitialStep   string
	TerminalSteps []string
	Steps         []*Step // outside of groups, in document order
	Edges         []*Edge // outside of groups, in document order
	Timeout       *Setting
	Calendar      *Calendar     // of durations in workdays and of cron; nil when absent
	Unique        bool          // one live instance for each correlation id
	Retention     time.Duration // how long finished instances are kept; 0 = for ever
	Schedules     []Schedule
	StartOn       *StartOn // nil = no message starts it
	Search        []string

	Source []byte // the document as it was written
	Hash   string // hex SHA-256 of the canonical JSON of the document

	all         []*Step
	hasItems    bool // a step runs once for each item
	hasChildren bool // a step starts another workflow
	confirms    bool // votes of a step hold for what they were cast on
	graph       *Graph
	byName      map[string]*Step
	startForm   *form.Form
	references  []string
}

// Principals are people and groups.
type Principals struct {
	Users  []string `json:"users,omitempty"`
	Groups []string `json:"groups,omitempty"`
}

// Permissions say who, beside the roles, may view and operate instances.
type Permissions struct {
	View    Principals `json:"view"`
	Operate Principals `json:"operate"`
}

// Step returns the step of that name, nil when there is none. Inside a group a
// step's name begins with the group's: "group.step".
func (d *Definition) Step(name string) *Step { return d.byName[name] }

// AllSteps returns every step in document order, each group before its own.
func (d *Definition) AllSteps() []*Step { return d.all }

// Graph returns the graph of the steps outside of groups.
func (d *Definition) Graph() *Graph { return d.graph }

// graphAround returns the graph of the scope that the step stands in.
func (d *Definition) graphAround(s *Step) *Graph {
	if s.Parent == nil {
		return d.graph
	}
	return s.Parent.Group.graph
}

// StartForm returns the compiled form of the start data; it has no fields when
// the document has no input_schema.
func (d *Definition) StartForm() *form.Form { return d.startForm }

// ReferencedSteps returns the steps whose results any expression of the
// definition may read.
func (d *Definition) ReferencedSteps() []string { return d.references }

// Step is one step of a definition.
type Step struct {
	Name        string // unique in the definition: "group.step" inside a group
	Own         string // its own name, unique among its siblings
	Parent      *Step  // the group around it; nil outside of groups
	Type        StepType
	Title       *expr.Text // nil when absent
	Description *expr.Text
	Label       string // what graphs and lists show: the literal title, else the name in words
	When        *expr.Program
	Join        JoinMode // resolved: never empty
	Output      string   // key, "." to merge, or empty
	Set         []Assignment
	Overwrite   bool
	Timeout     *Setting
	Terminate   bool
	MaxVisits   int // resolved: DefaultMaxVisits when absent
	OnFailure   []Handler
	Terminal    bool // resolved from terminal_steps or the lack of edges

	Each  *Each        // nil unless the step runs once for each item of a list
	Retry *RetryPolicy // nil = one attempt

	Machine  *Machine
	Human    *Human
	Timer    *Timer
	Webhook  *Webhook
	Gateway  *Gateway
	Workflow *Workflow
	Group    *Group
}

// Each holds the keys of a step that runs once for each item of a list.
type Each struct {
	Items           *expr.Program // gives the list; nil when List does
	List            *expr.Value   // a list written out; nil when Items gives it
	MaxParallel     int           // 0 = all at once
	CompleteWhen    *expr.Program // ends early; nil = when all items have ended
	Distinct        bool          // one decision per person and visit
	AllowEmpty      bool          // an empty list is fine on a human step too
	ContinueOnError bool          // an item that fails does not fail the step
}

// RetryPolicy says whether and when a failed attempt is followed by another.
type RetryPolicy struct {
	MaxAttempts int
	Initial     *Setting // the first wait; nil = DefaultRetryInitial
	Factor      float64
	Max         *Setting // the longest wait; nil = DefaultRetryMax
	Jitter      float64  // the share of a wait that is random, 0 to 1
	Within      *Setting // no attempt begins later than this after the first; nil = no bound
	On          *expr.Program
}

// What a retry says nothing about.
const (
	DefaultRetryAttempts = 3
	DefaultRetryInitial  = time.Second
	DefaultRetryFactor   = 2
	DefaultRetryMax      = 5 * time.Minute
	DefaultRetryJitter   = 0.2
	MaxRetryAttempts     = 1000
)

// Workflow holds the keys of a step that runs another workflow.
type Workflow struct {
	Definition *Setting
	Version    *Setting    // nil = the latest active release
	Input      *expr.Value // nil = {}

	CorrelationID *Setting // of the child; nil = none
}

// GroupMode says in which way the steps of a group run.
type GroupMode string

// The group modes.
const (
	GroupSequential  GroupMode = "sequential"
	GroupParallel    GroupMode = "parallel"
	GroupConditional GroupMode = "conditional"
	GroupRace        GroupMode = "race"
	GroupGraph       GroupMode = "graph"
)

// Group holds the keys of a group: a scope with steps of its own.
type Group struct {
	Mode      GroupMode
	Steps     []*Step // in document order; branches under conditional, the callback last
	Edges     []*Edge // as written under graph, as the mode means them otherwise
	Callback  *Step   // parallel: runs after all others; nil = none
	Condition *expr.Program
	Branches  map[string]*Step // conditional: by key

	graph *Graph
}

// Graph returns the graph of the group's own steps.
func (g *Group) Graph() *Graph { return g.graph }

// Assignment is one key of `set` with its expression.
type Assignment struct {
	Key   string
	Value *expr.Program
}

// Handler is one entry of on_failure. When is nil for "any error".
type Handler struct {
	When *expr.Program
	Step string
}

// Machine holds the keys of a machine step.
type Machine struct {
	Action      string
	Topic       *Setting    // of the action worker: which programs take it; nil otherwise
	With        *expr.Value // nil when absent
	SuccessWhen *expr.Program
	OnLost      string // "retry" (default) or "fail"
	Queue       string // only processes that serve it run the step; DefaultQueue when absent

	secrets []string // see Secrets
}

// Human holds the keys of a human step.
type Human struct {
	Assignee        *Setting
	CandidateUsers  []*Setting
	CandidateGroups []*Setting
	Anyone          bool
	Guests          []*Setting // e-mail addresses of people without an account
	Exclude         []*Setting
	Outcomes        []Outcome
	FormSchema      json.RawMessage
	FormUI          json.RawMessage
	Form            *form.Form
	Due             *Setting
	Remind          *Setting
	Escalate        *Escalate // nil when absent
	Priority        *Setting
	OnTimeout       *OnTimeout
	ConfirmOn       []*expr.Program // whose change makes earlier votes void
}

// Outcome returns the outcome of that name, nil when there is none.
func (h *Human) Outcome(name string) *Outcome {
	for i := range h.Outcomes {
		if h.Outcomes[i].Name == name {
			return &h.Outcomes[i]
		}
	}
	return nil
}

// Escalate says when more people get a task, and who.
type Escalate struct {
	After  *Setting
	Users  []*Setting
	Groups []*Setting
}

// Outcome is one named button of a human step.
type Outcome struct {
	Name       string
	Title      string
	SkipSchema bool       // validate: none
	Form       *form.Form // validate: an own schema; nil = the step's form
}

// OnTimeout says what happens when a wait has timed out: an outcome or a step.
type OnTimeout struct {
	Outcome string
	Step    string
}

// Timer holds the keys of a timer step; exactly one is set.
type Timer struct {
	Duration *Setting
	Until    *Setting
	Cron     *Setting // the next time that it matches, by the calendar's clock
}

// Webhook holds the keys of a webhook step.
type Webhook struct {
	Schema    json.RawMessage
	Form      *form.Form // compiled Schema, for validation; nil when absent
	OnTimeout *OnTimeout
	Message   *StepMessage // nil = none
	Verify    *Verify      // how a call must be signed; nil = the address is enough
}

// Verify says how calls of a webhook's address are signed.
type Verify struct {
	Scheme    string        // tandem, github, stripe, slack or standard
	Secret    string        // name of the secret that is the key
	Tolerance time.Duration // between a call's time and now; 0 = the scheme's default
}

// Gateway holds the keys of a gateway step.
type Gateway struct {
	Mode      GatewayMode
	Condition *expr.Program // names the target (exclusive) or targets (inclusive)
}

// Edge leads from one step to another.
type Edge struct {
	Source    string
	Target    string
	Condition *expr.Program // nil = unconditional
	Text      string        // the condition as written
	Default   bool
	OnSkip    bool
	Loop      bool // resolved: a loop edge, which joins ignore

	loopOverride *bool // `loop` as written; nil when absent
}

// Setting is a value that is literal unless it is wholly `{{ expression }}`.
type Setting struct {
	Literal any           // when Program is nil
	Program *expr.Program // nil for a literal
	Text    string        // as written
}

// Duration is a parsed duration of the document of fixed length: `90s`, `2d`,
// `P1DT2H`.
type Duration = time.Duration
