package judge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Case is all that is known of a set of instances.
type Case struct {
	Documents map[string][]byte // by "name version"
	Instances []Instance        // as they were read at the end
	Events    []Event           // those of one instance in order
	Results   []Result          // the executions as they were read at the end
	Effects   []Effect
	Answers   []Answer
	Messages  []Message
	Kept      []string            // the marks of messages that nobody has received yet
	Clocks    []Clock             // the schedules, as they were read at the end
	Groups    map[string][]string // whose members people are
	Actions   []string            // the actions whose results carry the marks of Effects
	Settled   bool                // all that people and machines owed was done: nothing may be left open
}

// Instance is the row of an instance at the end.
type Instance struct {
	ID         string
	Definition string // "name version"
	Status     string
	Data       json.RawMessage
	Started    bool   // its starter was told so
	Key        string // the idempotency key of its start; empty: none

	Correlation string
}

// Event is one line of an instance's history.
type Event struct {
	Seq         int64
	Instance    string
	Type        string
	At          time.Time
	Execution   string // empty for events of the instance
	Step        string // with the groups around it: group.step
	StepType    string
	Visit       int
	Index       int
	Scope       string // the execution of the group or of the list around it
	Attempt     int
	ArrivedFrom []string
	Actor       string
	Detail      Detail
}

// Detail holds an event's own fields, as far as they are judged.
type Detail struct {
	Fired       []string        `json:"fired,omitzero"`
	HandledBy   string          `json:"handled_by,omitzero"`
	ArrivedFrom []string        `json:"arrived_from,omitzero"`
	Output      json.RawMessage `json:"output_data,omitzero"`
	Outcome     string          `json:"outcome,omitzero"`
	ErrorType   string          `json:"error_type,omitzero"`
	InitialData json.RawMessage `json:"initial_data,omitzero"`
	TaskID      string          `json:"task_id,omitzero"`
	CompletedBy string          `json:"completed_by,omitzero"`
	Total       int             `json:"total,omitzero"`
	NextAt      time.Time       `json:"next_at,omitzero"`
	Child       string          `json:"child,omitzero"`
	Parent      *Parent         `json:"parent,omitzero"`
	StartAt     time.Time       `json:"start_at,omitzero"`
	FromStep    string          `json:"from_step,omitzero"`
	Before      map[string]any  `json:"before,omitzero"`
	After       map[string]any  `json:"after,omitzero"`
	Early       bool            `json:"early,omitzero"`
	StepName    string          `json:"step_name,omitzero"`
	MessageID   string          `json:"message_id,omitzero"`
	Name        string          `json:"name,omitzero"`
	Key         string          `json:"key,omitzero"`

	FromVersion string            `json:"from_version,omitzero"`
	ToVersion   string            `json:"to_version,omitzero"`
	StepMap     map[string]string `json:"step_map,omitzero"`

	Assignee        string   `json:"assignee,omitzero"`
	FromAssignee    string   `json:"from_assignee,omitzero"`
	ToAssignee      string   `json:"to_assignee,omitzero"`
	ToGroup         string   `json:"to_group,omitzero"`
	CandidateUsers  []string `json:"candidate_users,omitzero"`
	CandidateGroups []string `json:"candidate_groups,omitzero"`
	Guests          []string `json:"guests,omitzero"`
	Groups          []string `json:"groups,omitzero"`

	Visit  int    `json:"visit,omitzero"`
	Index  int    `json:"index,omitzero"`
	Reason string `json:"reason,omitzero"`
}

// Parent names the execution that started a child instance.
type Parent struct {
	Instance  string `json:"instance_id"`
	Execution string `json:"execution_id"`
}

// Result is what is stored of an execution at the end.
type Result struct {
	Instance  string
	Execution string
	Status    string
	Output    json.RawMessage
}

// Effect is one side effect of a machine step, written down by the action
// itself.
type Effect struct {
	Key      string // the idempotency key
	Mark     string // unique to this effect; the action gave it back as its result's "mark"
	Instance string
	Step     string
	Visit    int
	Index    int
	Attempt  int
	Told     bool     // its result was reported and taken
	Queues   []string // that the process serves which acted; nil: an external worker
}

// Answer is what somebody who did something to a task, edited data or sent a
// webhook was told.
type Answer struct {
	Verb     string // claim, unclaim, reassign, delegate, return, edit, migrate; empty: he decided a task or sent a webhook
	Task     string // empty for a webhook and for what is done to an instance
	Instance string
	Step     string // of a webhook
	Visit    int
	Index    int
	Actor    string
	Outcome  string
	Payload  json.RawMessage // of a webhook, of an edit
	Accepted bool            // false: refused; answers that never came are no Answers
}

// Message is one that somebody has sent. Its data are an object whose "mark" is
// its own.
type Message struct {
	Name, Key, Mark string
	Data            json.RawMessage
	Accepted        bool // its sender was told so
	Refused         bool // its sender was told so
}

// Clock is a schedule of a workflow.
type Clock struct {
	Definition string // the name
	Index      int
	From, To   time.Time // of the times from the one to before the other, each is owed
	Downs      []Down    // when no process ran
	Rough      []Down    // when processes came and went: a time may pass that need not be made up for
}

// Down is a span of time.
type Down struct{ From, To time.Time }

// Finding is one breach.
type Finding struct {
	Rule      string
	Instance  string
	Execution string
	Message   string
}

func (f Finding) String() string {
	return fmt.Sprintf("%s: instance %s execution %s: %s", f.Rule, f.Instance, f.Execution, f.Message)
}

// Report is the verdict.
type Report struct {
	Findings []Finding
	Judged   map[string]int // how often each rule had something to judge
}

// Audit judges a case.
func Audit(c Case) Report {
	r := Report{Judged: map[string]int{}}
	trial := newTrial(c, &r)
	for _, h := range trial.histories {
		h.judge()
	}
	trial.outside()
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return slices.Compare([]string{a.Instance, a.Rule}, []string{b.Instance, b.Rule})
	})
	return r
}

// trial is a case sorted by instance.
type trial struct {
	Case
	report    *Report
	defs      map[string]*definition
	histories []*history
	byID      map[string]*history
	results   map[string]Result // by execution
}

func newTrial(c Case, r *Report) *trial {
	t := &trial{Case: c, report: r, defs: map[string]*definition{}, byID: map[string]*history{}, results: map[string]Result{}}
	for _, r := range c.Results {
		t.results[r.Execution] = r
	}
	for key, source := range c.Documents {
		def, err := readDefinition(source)
		if err != nil {
			t.find("document", "", "", "%s: %v", key, err)
			continue
		}
		def.Name, def.Version, _ = strings.Cut(key, " ")
		t.defs[key] = def
	}
	for _, in := range c.Instances {
		h := &history{trial: t, row: in, id: in.ID, def: t.defs[in.Definition]} // by the version that it ended with
		if h.def == nil {
			t.find("document", in.ID, "", "its definition %q is not among the documents", in.Definition)
			continue
		}
		t.histories = append(t.histories, h)
		t.byID[in.ID] = h
	}
	for _, e := range c.Events {
		h := t.byID[e.Instance]
		if h == nil {
			t.find("order", e.Instance, e.Execution, "%s belongs to an instance that does not exist", e.Type)
			continue
		}
		if e.ArrivedFrom == nil {
			e.ArrivedFrom = e.Detail.ArrivedFrom
		}
		h.events = append(h.events, e)
	}
	return t
}

// judged counts one application of a rule.
func (t *trial) judged(rule string) { t.report.Judged[rule]++ }

func (t *trial) find(rule, instance, execution, format string, args ...any) {
	t.report.Findings = append(t.report.Findings, Finding{rule, instance, execution, fmt.Sprintf(format, args...)})
}
