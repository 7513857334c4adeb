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
	Steps         []*Step // in document order
	Edges         []*Edge // in document order
	Timeout       *Setting
	Search        []string

	Source []byte // the document as it was written
	Hash   string // hex SHA-256 of the canonical JSON of the document

	graph      *Graph
	byName     map[string]*Step
	startForm  *form.Form
	references []string
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

// Step returns the step of that name, nil when there is none.
func (d *Definition) Step(name string) *Step { return d.byName[name] }

// Graph returns the definition's graph.
func (d *Definition) Graph() *Graph { return d.graph }

// StartForm returns the compiled form of the start data; it has no fields when
// the document has no input_schema.
func (d *Definition) StartForm() *form.Form { return d.startForm }

// ReferencedSteps returns the steps whose results any expression of the
// definition may read.
func (d *Definition) ReferencedSteps() []string { return d.references }

// Step is one step of a definition.
type Step struct {
	Name        string
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

	Machine *Machine
	Human   *Human
	Timer   *Timer
	Webhook *Webhook
	Gateway *Gateway
}

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
	With        *expr.Value // nil when absent
	SuccessWhen *expr.Program
	OnLost      string // "retry" (default) or "fail"
}

// Human holds the keys of a human step.
type Human struct {
	Assignee        *Setting
	CandidateUsers  []*Setting
	CandidateGroups []*Setting
	Anyone          bool
	Exclude         []*Setting
	Outcomes        []Outcome
	FormSchema      json.RawMessage
	FormUI          json.RawMessage
	Form            *form.Form
	Due             *Setting
	Priority        *Setting
	OnTimeout       *OnTimeout
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
}

// Webhook holds the keys of a webhook step.
type Webhook struct {
	Schema    json.RawMessage
	Form      *form.Form // compiled Schema, for validation; nil when absent
	OnTimeout *OnTimeout
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

// Duration is a parsed duration of the document: `90s`, `2d`, `P1DT2H`.
type Duration = time.Duration
