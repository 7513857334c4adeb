package workflow

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// tester is what a simulation reports to: *testing.T or *rapid.T.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

// sim runs one instance by Decide alone: it holds the snapshot that a store
// would hold, and checks after every transition that the counters are true and
// that nothing is stuck.
type sim struct {
	t      tester
	def    *Definition
	snap   *Snapshot
	now    time.Time
	ids    uint64
	slots  int
	full   bool   // steps beyond the slots become jobs
	queue  string // the only one that the process serves; empty = all
	events []Event
	all    map[uuid.UUID]Execution // every execution ever
	tasks  map[uuid.UUID]Task
	dues   map[uuid.UUID]Due // every due row that is stored
	sends  []Send
}

func parse(t tester, doc string) *Definition {
	t.Helper()
	def, _, err := Parse([]byte(doc), Options{})
	if err != nil {
		var problems strings.Builder
		if e, ok := err.(*Error); ok {
			for _, p := range e.Fields {
				fmt.Fprintf(&problems, "\n%d:%d %s %s", p.Line, p.Column, p.Pointer, p.Message)
			}
		}
		t.Fatalf("parse: %v%s\n%s", err, problems.String(), doc)
	}
	return def
}

func newSim(t tester, def *Definition) *sim {
	return &sim{
		t: t, def: def, snap: &Snapshot{}, slots: 100,
		now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
		all: map[uuid.UUID]Execution{}, tasks: map[uuid.UUID]Task{}, dues: map[uuid.UUID]Due{},
	}
}

// started begins an instance of a document with the given input.
func started(t tester, doc, input string) *sim {
	t.Helper()
	s := newSim(t, parse(t, "format: 1\nname: test\nversion: 1.0.0\n"+doc))
	s.must(Start{InstanceID: s.id(), Actor: otto, Input: json.RawMessage(input)})
	return s
}

var (
	otto = Actor{ID: "otto", Tenant: DefaultTenant, Groups: []string{"staff"}}
	mia  = Actor{ID: "mia", Tenant: DefaultTenant, Groups: []string{"managers"}}
	finn = Actor{ID: "finn", Tenant: DefaultTenant, Groups: []string{"finance"}}
	olga = Actor{ID: "olga", Tenant: DefaultTenant, Roles: []Role{RoleOperator}}
)

// id gives ids in ascending order, as UUIDv7 do.
func (s *sim) id() uuid.UUID {
	s.ids++
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[8:], s.ids)
	return id
}

func (s *sim) env() Env {
	return Env{
		Now: s.now, NewID: s.id, Owner: uuid.UUID{15: 1}, Slots: s.slots, Full: s.full,
		Serves: func(queue string) bool { return s.queue == "" || s.queue == queue },
		HookURL: func(_ uuid.UUID, step string, visit, index int) string {
			return fmt.Sprintf("https://t/hooks/%s-%d-%d", step, visit, index)
		},
	}
}

func (s *sim) do(cmd Command) (*Transition, error) {
	s.t.Helper()
	snap := s.snap.clone()
	t, err := s.decide(snap, cmd)
	if err != nil {
		return nil, err
	}
	if !t.Changed() {
		return t, nil
	}
	s.snap = snap
	s.snap.Advance(t)
	if m, ok := cmd.(Migrate); ok {
		s.def = m.To
		(&Snapshot{Executions: s.all, Tasks: s.tasks}).rename(t.Moved)
	}
	s.snap.Trim(s.def.ReferencedSteps())
	s.keepDues(t)
	s.sends = append(s.sends, t.Sends...)
	for _, row := range t.Executions {
		s.all[row.Value.ID] = row.Value
	}
	for _, row := range t.Tasks {
		s.tasks[row.Value.ID] = row.Value
		if row.Value.Status != TaskPending {
			s.snap.Tasks[row.Value.ID] = row.Value
		}
	}
	s.events = append(s.events, t.Events...)
	s.check()
	return t, nil
}

// decide decides as the engine does: what the snapshot lacks is loaded into it.
func (s *sim) decide(snap *Snapshot, cmd Command) (*Transition, error) {
	s.t.Helper()
	s.load(snap, Need{Executions: []uuid.UUID{named(cmd)}})
	for range 5 {
		ids := s.ids
		t, err := Decide(s.def, snap, cmd, s.env())
		need, lacks := err.(*NeedError)
		if !lacks {
			return t, err
		}
		s.ids = ids
		s.load(snap, need.Need)
	}
	s.t.Fatalf("%T needs more again and again", cmd)
	return nil, nil
}

// load puts parts of the instance into a snapshot that it lacks.
func (s *sim) load(snap *Snapshot, n Need) {
	for id, e := range s.all {
		names := slices.Contains(n.Executions, id)
		for _, task := range s.tasks {
			names = names || task.ExecutionID == id && slices.Contains(n.Executions, task.ID)
		}
		for _, due := range s.dues {
			names = names || due.ExecutionID == id && slices.Contains(n.Executions, due.ID)
		}
		key := ItemKey{Scope: e.Scope, Index: e.Index}
		if names || slices.Contains(n.Scopes, e.Scope) || e.Live && (slices.Contains(n.Live, e.Scope) || slices.Contains(n.Items, key)) {
			s.loadOne(snap, e)
		}
	}
	for _, step := range n.Latest {
		var latest Execution
		for _, e := range s.all {
			if e.Step == step && !e.Live && e.Role != EachItem && e.Visit > latest.Visit {
				latest = e
			}
		}
		if latest.ID != uuid.Nil {
			s.loadOne(snap, latest)
		}
	}
	l := &snap.Loaded
	l.Latest = append(l.Latest, n.Latest...)
	l.Executions, l.Scopes = append(l.Executions, n.Executions...), append(l.Scopes, n.Scopes...)
	l.Live, l.Items = append(l.Live, n.Live...), append(l.Items, n.Items...)
}

func (s *sim) loadOne(snap *Snapshot, e Execution) {
	if snap.Executions == nil {
		return
	}
	snap.Executions[e.ID] = e
	for id, task := range s.tasks {
		if task.ExecutionID == e.ID {
			snap.Tasks[id] = task
		}
	}
	for id, due := range s.dues {
		if due.ExecutionID == e.ID {
			snap.Dues[id] = due
		}
	}
}

// keepDues follows what a store does with due rows.
func (s *sim) keepDues(t *Transition) {
	all := Snapshot{Dues: s.dues}
	all.advanceDues(t)
}

func (s *Snapshot) clone() *Snapshot {
	c := *s
	c.Executions, c.Tasks, c.Dues = maps.Clone(s.Executions), maps.Clone(s.Tasks), maps.Clone(s.Dues)
	c.Loaded, c.Lists = Need{}, nil
	return &c
}

func (s *sim) must(cmd Command) *Transition {
	s.t.Helper()
	t, err := s.do(cmd)
	if err != nil {
		s.t.Fatalf("%T: %v", cmd, err)
	}
	return t
}

// check holds the snapshot against what its counters say.
func (s *sim) check() {
	s.t.Helper()
	in := s.snap.Instance
	var tokens Tokens
	live := map[string]int{}
	for _, e := range s.all {
		if !e.Live {
			continue
		}
		if e.Role != EachItem {
			live[e.Step]++
		}
		switch {
		case e.Hold == HoldFailed:
			tokens.Failed++
		case e.Hold != HoldNone:
			tokens.Held++
		case e.Status == StepPending:
			tokens.Joining++
		case e.Type == StepGroup || e.Role == EachHolder:
			tokens.Around++
		case e.Status == StepWaiting:
			tokens.Waiting++
		default:
			tokens.Running++
			if e.Type == StepMachine && e.Status == StepScheduled && e.DueAt == nil && e.Topic == "" && e.Queue == "" {
				tokens.Ready++
			}
		}
	}
	if diff := cmp.Diff(tokens, in.State.Tokens); diff != "" {
		s.t.Fatalf("token counters (-counted +kept):\n%s", diff)
	}
	for name, state := range in.State.Steps {
		if state.Live != live[name] {
			s.t.Fatalf("step %s: %d live executions, counter says %d", name, live[name], state.Live)
		}
	}
	s.checkStuck(tokens)
}

func (s *sim) checkStuck(tokens Tokens) {
	s.t.Helper()
	in := s.snap.Instance
	switch in.Status {
	case StatusRunning:
		if tokens.Running == 0 {
			s.t.Fatalf("running, but nothing runs: %+v", tokens)
		}
	case StatusWaiting:
		if tokens.Waiting == 0 {
			s.t.Fatalf("waiting, but nothing is waited for: %+v", tokens)
		}
	case StatusCompleted, StatusCanceled:
		if tokens.Total() != 0 {
			s.t.Fatalf("%s with live branches: %+v", in.Status, tokens)
		}
	case StatusFailed:
		if in.Error == nil || in.FrozenAt == nil {
			s.t.Fatalf("failed without error or still moving: %+v", in)
		}
	}
	for _, task := range s.tasks {
		if task.Status == TaskPending && !s.all[task.ExecutionID].Live {
			s.t.Fatalf("task %s of a step that is over is still open", task.Step)
		}
	}
}

// running gives the leased machine executions, oldest first.
func (s *sim) running() []Execution {
	var list []Execution
	for _, e := range s.all {
		if e.Status == StepRunning {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b Execution) int { return slices.Compare(a.ID[:], b.ID[:]) })
	return list
}

// finish reports the end of a running machine step.
func (s *sim) finish(step string, output string, cause *StepError) {
	s.t.Helper()
	for _, e := range s.running() {
		if e.Step == step {
			s.must(StepDone{ExecutionID: e.ID, LeaseNo: e.LeaseNo, Output: json.RawMessage(output), Err: cause})
			return
		}
	}
	s.t.Fatalf("step %s does not run; %v do", step, s.snap.Instance.CurrentSteps)
}

// machines finishes machine steps, each with its input as the result, until
// none runs.
func (s *sim) machines() {
	s.t.Helper()
	for range 10_000 {
		list := s.running()
		if len(list) == 0 {
			return
		}
		s.finish(list[0].Step, string(list[0].Input), nil)
	}
	s.t.Fatalf("machine steps go on and on")
}

// open gives the open task of a step, the oldest of several.
func (s *sim) open(step string) Task {
	s.t.Helper()
	var oldest Task
	for _, task := range s.tasks {
		older := oldest.ID == uuid.Nil || slices.Compare(task.ID[:], oldest.ID[:]) < 0
		if task.Step == step && task.Status == TaskPending && older {
			oldest = task
		}
	}
	if oldest.ID == uuid.Nil {
		s.t.Fatalf("no open task of %s; the instance is %s at %v", step, s.snap.Instance.Status, s.snap.Instance.CurrentSteps)
	}
	return oldest
}

func (s *sim) complete(actor Actor, step, outcome, output string) {
	s.t.Helper()
	s.must(CompleteTask{TaskID: s.open(step).ID, Actor: actor, Outcome: outcome, Output: json.RawMessage(output)})
}

// fire moves the clock to the next due row and fires it.
func (s *sim) fire() bool {
	s.t.Helper()
	var next *Due
	for _, due := range s.dues {
		if !due.Frozen && (next == nil || due.At.Before(next.At)) {
			next = &due
		}
	}
	if next == nil {
		return false
	}
	if next.At.After(s.now) {
		s.now = next.At
	}
	s.must(DueFired{DueID: next.ID})
	return true
}

// visited lists the steps that succeeded, in order.
func (s *sim) visited() []string {
	var steps []string
	for _, e := range s.events {
		if e.Type == EventStepCompleted {
			steps = append(steps, e.Step)
		}
	}
	return steps
}

func (s *sim) status(t *testing.T, want Status) {
	t.Helper()
	if got := s.snap.Instance.Status; got != want {
		t.Fatalf("status = %s (error %v), want %s; visited %v", got, s.snap.Instance.Error, want, s.visited())
	}
}

func (s *sim) visits(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, s.visited()); diff != "" {
		t.Fatalf("completed steps (-want +got):\n%s", diff)
	}
}

// data gives one key of the instance's data as JSON text.
func (s *sim) data(key string) string {
	var m map[string]json.RawMessage
	_ = json.Unmarshal(s.snap.Instance.Data, &m)
	return string(m[key])
}
