package trial

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Limits of one run.
const (
	MaxMoves      = 300
	maxDecisions  = 3000 // more than moves: plain steps are decided by themselves
	maxExecutions = 1500 // visits of steps, items of lists included
	maxNeeds      = 8    // rounds in which one decision asks for more
)

// tenant is the one in which runs take place.
const tenant = workflow.DefaultTenant

// Start is how a run begins.
type Start struct {
	As    string          `json:"as"` // who starts it
	Input json.RawMessage `json:"input"`
	Key   string          `json:"key,omitempty"` // correlation id
	At    time.Time       `json:"at"`
}

// Verb says what a move does.
type Verb string

// The verbs.
const (
	Answer Verb = "answer" // the outside world gives Output to what waits for it
	Fail   Verb = "fail"   // it fails with Code, Message and Status
	Decide Verb = "decide" // somebody decides a task
	Jump   Verb = "jump"   // time goes on to the next moment at which something is due
	Retry  Verb = "retry"  // an operator takes up what has failed
	Skip   Verb = "skip"   // an operator skips a step that has failed
)

// Place names one visit of a step, or one item of it.
type Place struct {
	Step  string `json:"step,omitempty"`
	Visit int    `json:"visit,omitempty"`
	Index int    `json:"index,omitempty"`
}

// Move is one thing that happens.
type Move struct {
	Do Verb `json:"do"`
	Place
	As      string          `json:"as,omitempty"`
	Outcome string          `json:"outcome,omitempty"`
	Output  json.RawMessage `json:"output,omitempty"`
	Comment string          `json:"comment,omitempty"`
	Code    string          `json:"code,omitempty"`
	Message string          `json:"message,omitempty"`
	Status  int             `json:"status,omitempty"`
}

// Options are what a run needs of the world.
type Options struct {
	// Plain makes an attempt of an action that reaches nothing outside; ok is
	// false for every other one.
	Plain func(action string, input json.RawMessage) (output json.RawMessage, fault *workflow.StepError, ok bool)
	// Enough reports that the run has taken long enough; nil = never.
	Enough func() bool
}

// The refusals of a run.
var (
	ErrTooLong = workflow.Errorf(workflow.KindTooLarge, "trial_too_long",
		"A test run takes at most %d moves and %d steps. Try the workflow with less data, or start over.", MaxMoves, maxExecutions)
	ErrGone = workflow.Errorf(workflow.KindConflict, "trial_gone",
		"This does not wait any more. Look at what the workflow waits for now.")
)

// Run is a workflow on trial.
type Run struct {
	def       *workflow.Definition
	opts      Options
	snap      *workflow.Snapshot
	now       time.Time
	ids       uint64
	decisions int
	children  map[uuid.UUID]workflow.StartChild // by the id that the child would have
	waits     map[uuid.UUID]workflow.MessageWait
	running   map[uuid.UUID]bool // machine steps whose attempts are under way

	Moves  []Move
	Events []workflow.Event
	ended  []int // how many events there were after the start and after each move
}

// New starts a run.
func New(def *workflow.Definition, start Start, opts Options) (*Run, error) {
	r := &Run{
		def: def, opts: opts, snap: &workflow.Snapshot{}, now: start.At.UTC().Truncate(time.Second),
		children: map[uuid.UUID]workflow.StartChild{}, waits: map[uuid.UUID]workflow.MessageWait{}, running: map[uuid.UUID]bool{},
	}
	starter := workflow.Actor{ID: start.As, Tenant: tenant, Roles: []workflow.Role{workflow.RoleOperator}}
	err := r.decide(workflow.Start{InstanceID: r.id(), Actor: starter, Input: start.Input, CorrelationID: start.Key})
	if err != nil {
		return nil, err
	}
	if err := r.settle(); err != nil {
		return nil, err
	}
	r.ended = append(r.ended, len(r.Events))
	return r, nil
}

// Play starts a run and makes the moves. When one of them is refused the run is
// as it was before it, and the error is that of workflow.Decide.
func Play(def *workflow.Definition, start Start, moves []Move, opts Options) (*Run, error) {
	if len(moves) > MaxMoves {
		return nil, ErrTooLong
	}
	r, err := New(def, start, opts)
	if err != nil {
		return nil, err
	}
	for i, m := range moves {
		if err := r.Make(m); err != nil {
			return r, fmt.Errorf("move %d: %w", i+1, err)
		}
	}
	return r, nil
}

// Make makes one move. A refusal leaves the run as it was.
func (r *Run) Make(m Move) error {
	if len(r.Moves) >= MaxMoves {
		return ErrTooLong
	}
	cmds, at, err := r.commands(m)
	if err != nil {
		return err
	}
	before := *r
	r.snap, r.waits, r.running = cloned(r.snap), maps.Clone(r.waits), maps.Clone(r.running)
	for _, cmd := range cmds {
		r.now = at
		if err := r.decide(cmd); err != nil {
			*r = before
			return err
		}
	}
	if err := r.settle(); err != nil {
		*r = before
		return err
	}
	r.Moves = append(slices.Clip(r.Moves), m)
	r.ended = append(slices.Clip(r.ended), len(r.Events))
	return nil
}

// id gives ids in ascending order, the same in every run.
func (r *Run) id() uuid.UUID {
	r.ids++
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[8:], r.ids)
	id[6], id[8] = 0x70, id[8]|0x80 // as a UUIDv7
	return id
}

func (r *Run) env() workflow.Env {
	return workflow.Env{
		Now: r.now, NewID: r.id, Owner: uuid.UUID{15: 1}, Slots: maxExecutions, Rand: 0.5,
		HookURL: func(_ uuid.UUID, step string, visit, index int) string {
			return fmt.Sprintf("https://tandem.invalid/hooks/%s-%d-%d", step, visit, index)
		},
	}
}

// decide makes one decision and keeps what it changes. The snapshot holds the
// whole run; a decision that asks for more of it is told that it is there.
func (r *Run) decide(cmd workflow.Command) error {
	if r.decisions++; r.decisions > maxDecisions || r.opts.Enough != nil && r.opts.Enough() {
		return ErrTooLong
	}
	t, err := r.transition(cmd)
	if err != nil || !t.Changed() {
		return err
	}
	r.snap.Advance(t)
	if len(r.snap.Executions) > maxExecutions {
		return ErrTooLong
	}
	for _, row := range t.Executions {
		delete(r.running, row.Value.ID)
		if e := row.Value; e.Status == workflow.StepRunning && e.Type == workflow.StepMachine && e.Role != workflow.EachHolder && e.Topic == "" {
			r.running[e.ID] = true
		}
	}
	for _, s := range t.Sends {
		r.send(s)
	}
	for _, id := range t.WaitsDone {
		delete(r.waits, id)
	}
	for _, w := range t.Waits {
		r.waits[w.ExecutionID] = w
	}
	r.Events = append(slices.Clip(r.Events), t.Events...)
	return nil
}

func (r *Run) transition(cmd workflow.Command) (*workflow.Transition, error) {
	r.snap.Loaded = workflow.Need{}
	for range maxNeeds {
		ids := r.ids
		t, err := workflow.Decide(r.def, r.snap, cmd, r.env())
		need, lacks := err.(*workflow.NeedError)
		if !lacks {
			return t, err
		}
		r.ids = ids
		l := &r.snap.Loaded
		l.Executions, l.Live = append(l.Executions, need.Executions...), append(l.Live, need.Live...)
		l.Scopes, l.Items = append(l.Scopes, need.Scopes...), append(l.Items, need.Items...)
		l.Latest = append(l.Latest, need.Latest...)
	}
	return nil, ErrTooLong
}

// send takes up what would be sent to other instances: children are not started,
// but waited for.
func (r *Run) send(s workflow.Send) {
	var child workflow.StartChild
	if s.Kind == workflow.SendStart && json.Unmarshal(s.Payload, &child) == nil {
		r.children[s.To] = child
	}
}

// settle lets plain steps run, one after another, until none is left.
func (r *Run) settle() error {
	for {
		e, done := r.plain()
		if !done.ok {
			return nil
		}
		if err := r.decide(workflow.StepDone{ExecutionID: e.ID, LeaseNo: e.LeaseNo, Output: done.output, Err: done.fault}); err != nil {
			return err
		}
	}
}

type result struct {
	output json.RawMessage
	fault  *workflow.StepError
	ok     bool
}

// plain makes the attempt of the first running step whose action is plain.
func (r *Run) plain() (workflow.Execution, result) {
	ids := slices.SortedFunc(maps.Keys(r.running), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	for _, id := range ids {
		e := r.snap.Executions[id]
		output, fault, ok := r.opts.Plain(r.def.Step(e.Step).Machine.Action, e.Input)
		if ok {
			return e, result{output, fault, true}
		}
	}
	return workflow.Execution{}, result{}
}
