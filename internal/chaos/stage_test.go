package chaos_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/judge"
	"tandem/internal/story"
	"tandem/internal/workflow"
)

// A stage runs instances by Decide alone, on one store or on two at once, with
// its own clock and ids. On two, every decision must be the same.
type stage struct {
	t       *testing.T
	rand    *rand.Rand
	stores  []store
	seed    uint64
	now     time.Time
	ids     uint64
	def     *workflow.Definition
	story   story.Story
	effects []judge.Effect
	answers []judge.Answer
	patience,
	retries int
}

// store is what a stage runs on.
type store interface {
	engine.Store
	engine.Reader
}

var (
	otto = workflow.Actor{ID: "otto", Tenant: workflow.DefaultTenant}
	mia  = workflow.Actor{ID: "mia", Tenant: workflow.DefaultTenant}
	olga = workflow.Actor{ID: "olga", Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleAdmin}}
)

// known gives the parts of the language that the engine reads.
func known() []story.Part {
	var parts []story.Part
	for _, p := range story.Parts() {
		if _, _, err := workflow.Parse(story.Probe(p), workflow.Options{}); err == nil {
			parts = append(parts, p)
		}
	}
	return parts
}

// begin puts the story of a seed on stage and starts it.
func begin(t *testing.T, seed uint64, stores ...store) (*stage, uuid.UUID) {
	t.Helper()
	s := &stage{
		t: t, seed: seed, stores: stores, rand: rand.New(rand.NewPCG(seed, 0x57a9e)), ids: seed << 24,
		now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), patience: 400,
	}
	s.story = story.Cast{Parts: known(), Action: "act"}.Tell(seed)
	def, _, err := workflow.Parse(s.story.Document, workflow.Options{Actions: map[string]bool{"act": true}})
	if err != nil {
		t.Fatalf("seed %d: parse: %v\n%s", seed, err, s.story.Document)
	}
	s.def = def
	id := s.id()
	s.do(id, workflow.Start{InstanceID: id, Actor: otto, Input: s.story.Input})
	return s, id
}

// id gives ids in ascending order, as UUIDv7 do.
func (s *stage) id() uuid.UUID {
	s.ids++
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[8:], s.ids)
	return id
}

// load reads an instance from a store.
func (s *stage) load(from store, id uuid.UUID, cmd workflow.Command) *workflow.Snapshot {
	s.t.Helper()
	want := engine.Want{Steps: func(string, workflow.Ref) ([]string, error) { return s.def.ReferencedSteps(), nil }}
	switch c := cmd.(type) {
	case workflow.Start:
		return &workflow.Snapshot{}
	case workflow.StepDone:
		want.Executions = append(want.Executions, c.ExecutionID)
	case workflow.LeaseLost:
		want.Executions = append(want.Executions, c.ExecutionID)
	case workflow.CompleteTask:
		want.Tasks = append(want.Tasks, c.TaskID)
	}
	snaps, err := from.Load(s.t.Context(), []uuid.UUID{id}, want)
	if err != nil || snaps[id] == nil {
		s.t.Fatalf("seed %d: load: %v", s.seed, err)
	}
	return snaps[id]
}

// do decides a command on every store and applies it there. It reports whether
// it was accepted.
func (s *stage) do(id uuid.UUID, cmd workflow.Command) bool {
	s.t.Helper()
	s.now = s.now.Add(time.Duration(1+s.rand.IntN(20)) * time.Millisecond)
	before, slots := s.ids, s.rand.IntN(4)
	var first *workflow.Transition
	var firstErr error
	for i, on := range s.stores {
		s.ids = before
		t, err := workflow.Decide(s.def, s.load(on, id, cmd), cmd, workflow.Env{
			Now: s.now, NewID: s.id, Owner: uuid.UUID{15: 1}, Slots: slots,
			HookURL: func(_ uuid.UUID, step string, visit, index int) string { return fmt.Sprint("/", step, visit, index) },
		})
		if i == 0 {
			first, firstErr = t, err
		} else if diff := cmp.Diff(first, t, cmpopts.EquateEmpty()); diff != "" || fmt.Sprint(err) != fmt.Sprint(firstErr) {
			s.t.Fatalf("seed %d: %T differs between the stores, %v and %v:\n%s", s.seed, cmd, firstErr, err, diff)
		}
		if err != nil || !t.Changed() {
			continue
		}
		if stale, err := on.Apply(s.t.Context(), []*workflow.Transition{t}); err != nil || len(stale) > 0 {
			s.t.Fatalf("seed %d: apply %T: %v, stale %v", s.seed, cmd, err, stale)
		}
	}
	return firstErr == nil
}

// play does random things until the instance has ended.
func (s *stage) play(id uuid.UUID) {
	s.t.Helper()
	for range 3000 {
		snap := s.load(s.stores[0], id, nil)
		if snap.Instance.Status.Finished() {
			return
		}
		s.patience--
		s.act(id, snap)
	}
	s.t.Fatalf("seed %d: the instance does not end:\n%s", s.seed, s.story.Document)
}

// act does one thing that an instance waits for, or that somebody fancies.
func (s *stage) act(id uuid.UUID, snap *workflow.Snapshot) {
	s.t.Helper()
	in := snap.Instance
	switch {
	case s.patience < 0 || s.rand.IntN(300) == 0:
		s.do(id, workflow.Cancel{Actor: olga})
		return
	case in.Paused && s.rand.IntN(3) == 0:
		s.do(id, workflow.Resume{Actor: olga})
		return
	case !in.Paused && s.rand.IntN(30) == 0:
		s.do(id, workflow.Pause{Actor: olga})
		return
	case in.Status == workflow.StatusFailed && s.rand.IntN(3) == 0:
		if s.retries++; s.retries > 8 {
			s.patience = 0
		}
		s.do(id, workflow.Retry{Actor: olga})
		return
	}
	moves := s.moves(id, snap)
	if len(moves) == 0 {
		s.do(id, workflow.Lease{})
		return
	}
	moves[s.rand.IntN(len(moves))]()
}

// moves lists what can be done to an instance, in an order that depends on
// nothing but its rows.
func (s *stage) moves(id uuid.UUID, snap *workflow.Snapshot) []func() {
	var moves []func()
	add := func(cmd workflow.Command) { moves = append(moves, func() { s.do(id, cmd) }) }
	for _, e := range sorted(snap.Executions, func(e workflow.Execution) uuid.UUID { return e.ID }) {
		switch {
		case !e.Live:
		case e.Status == workflow.StepScheduled:
			add(workflow.Lease{})
		case e.Status == workflow.StepRunning:
			moves = append(moves, func() { s.work(id, e) })
		case e.Status == workflow.StepWaiting && e.Type == workflow.StepWebhook:
			add(workflow.ReceiveHook{Step: e.Step, Visit: e.Visit, Index: e.Index, Payload: fmt.Appendf(nil, `{"hook": %d}`, s.rand.IntN(9))})
		}
	}
	for _, task := range sorted(snap.Tasks, func(t workflow.Task) uuid.UUID { return t.ID }) {
		moves = append(moves, func() { s.decide(id, task) })
	}
	if due := sorted(snap.Dues, func(d workflow.Due) uuid.UUID { return d.ID }); len(due) > 0 {
		next := slices.MinFunc(due, func(a, b workflow.Due) int { return a.At.Compare(b.At) })
		moves = append(moves, func() {
			if next.At.After(s.now) {
				s.now = next.At
			}
			s.do(id, workflow.DueFired{DueID: next.ID})
		})
	}
	return moves
}

// sorted gives the values of a map in the order of their ids.
func sorted[T any](m map[uuid.UUID]T, id func(T) uuid.UUID) []T {
	list := make([]T, 0, len(m))
	for _, v := range m {
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b T) int { x, y := id(a), id(b); return slices.Compare(x[:], y[:]) })
	return list
}

// decide lets two people decide a task, one after the other.
func (s *stage) decide(id uuid.UUID, task workflow.Task) {
	for _, who := range []workflow.Actor{otto, mia} {
		outcome := []string{"yes", "no"}[s.rand.IntN(2)]
		accepted := s.do(id, workflow.CompleteTask{TaskID: task.ID, Actor: who, Outcome: outcome})
		s.answers = append(s.answers, judge.Answer{
			Task: task.ID.String(), Instance: id.String(), Actor: who.ID, Outcome: outcome, Accepted: accepted,
		})
	}
}

// work runs an attempt of a machine step as its story scripts it, or loses it.
func (s *stage) work(id uuid.UUID, e workflow.Execution) {
	if s.rand.IntN(12) == 0 {
		s.do(id, workflow.LeaseLost{ExecutionID: e.ID, LeaseNo: e.LeaseNo})
		return
	}
	var script struct {
		Fail  int    `json:"fail"`
		Code  string `json:"code"`
		Slow  int    `json:"slow_attempts"`
		Index int    `json:"index"`
	}
	if err := json.Unmarshal(e.Input, &script); err != nil {
		s.t.Fatalf("seed %d: input of %s: %v", s.seed, e.Step, err)
	}
	effect := judge.Effect{
		Key: e.ID.String(), Mark: fmt.Sprint("m", s.seed, "-", len(s.effects)), Instance: id.String(),
		Step: e.Step, Visit: e.Visit, Index: script.Index, Attempt: e.Attempt,
	}
	s.effects = append(s.effects, effect)
	done := workflow.StepDone{ExecutionID: e.ID, LeaseNo: e.LeaseNo, Output: fmt.Appendf(nil, `{"mark":%q,"attempt":%d}`, effect.Mark, e.Attempt)}
	switch {
	case e.Attempt <= script.Fail:
		done.Output, done.Err = nil, &workflow.StepError{Code: script.Code, Message: "as scripted"}
	case e.Attempt <= script.Slow:
		s.now = s.now.Add(time.Second)
		done.Output, done.Err = nil, &workflow.StepError{Code: "timeout", Message: "as scripted"}
	}
	s.do(id, done)
}
