package chaos_test

import (
	"encoding/binary"
	"encoding/json"
	"errors"
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

// A stage runs a story's instances by Decide alone, on one store or on two at
// once, with its own clock and ids. On two, every decision must be the same.
type stage struct {
	t         *testing.T
	rand      *rand.Rand
	stores    []store
	seed      uint64
	now       time.Time
	ids       uint64
	story     story.Story
	defs      map[string]*workflow.Definition // by name
	later     map[string]*workflow.Definition // likewise, those that there are
	instances []uuid.UUID
	plays     map[uuid.UUID]*workflow.Definition
	sends     []delivery            // that nobody has delivered yet
	matches   []workflow.MessageKey // for which somebody has begun to wait
	messages  []judge.Message
	kept      map[string]bool // marks of messages that no store has given to anybody
	drawn     map[string]int  // commands that were accepted, by type
	effects   []judge.Effect
	answers   []judge.Answer
	late      []func() // results of attempts that were given up
	patience,
	decided,
	retries int
}

// delivery is what one instance wants of another, with the ids that the stores
// know it by.
type delivery struct {
	workflow.Send
	acks []uuid.UUID
}

// store is what a stage runs on.
type store interface {
	engine.Store
	engine.Reader
}

var (
	otto = workflow.Actor{ID: "otto", Tenant: workflow.DefaultTenant, Groups: []string{story.Group}}
	mia  = workflow.Actor{ID: "mia", Tenant: workflow.DefaultTenant, Groups: []string{story.Group}}
	gil  = workflow.GuestActor(workflow.DefaultTenant, story.Guest)
	olga = workflow.Actor{ID: "olga", Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleAdmin}}
)

// opening is when every stage begins.
var opening = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

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
func begin(t *testing.T, seed uint64, stores ...store) *stage {
	t.Helper()
	s := &stage{
		t: t, seed: seed, stores: stores, rand: rand.New(rand.NewPCG(seed, 0x57a9e)), ids: seed << 24,
		now: opening, patience: 600,
		defs: map[string]*workflow.Definition{}, later: map[string]*workflow.Definition{}, plays: map[uuid.UUID]*workflow.Definition{},
		kept: map[string]bool{}, drawn: map[string]int{},
	}
	s.story = story.Cast{Parts: known(), Action: "act", Long: true}.Tell(seed)
	for _, one := range s.story.All() {
		s.defs[one.Name] = s.parse(one.Document)
		if one.Later != nil {
			s.later[one.Name] = s.parse(one.Later)
		}
	}
	s.start(s.story.Name, workflow.Start{InstanceID: s.id(), Actor: otto, Input: s.story.Input, CorrelationID: s.correlation()})
	if s.story.Unique {
		s.rival()
	}
	return s
}

// correlation is the correlation id of the first instance.
func (s *stage) correlation() string { return fmt.Sprint("c", s.seed) }

func (s *stage) parse(document []byte) *workflow.Definition {
	s.t.Helper()
	def, _, err := workflow.Parse(document, workflow.Options{Actions: map[string]bool{"act": true}})
	if err != nil {
		s.t.Fatalf("seed %d: parse: %v\n%s", s.seed, err, document)
	}
	return def
}

// rival starts another instance where one lives under the correlation id: no
// store may take it.
func (s *stage) rival() {
	s.t.Helper()
	if s.whole(s.instances[0]).Instance.Status.Finished() {
		return
	}
	id := s.id()
	cmd := workflow.Start{InstanceID: id, Actor: mia, Input: s.story.Input, CorrelationID: s.correlation()}
	t, err := workflow.Decide(s.defs[s.story.Name], &workflow.Snapshot{}, cmd, s.env(0, true, 0))
	if err != nil {
		s.t.Fatalf("seed %d: start a rival: %v", s.seed, err)
	}
	for _, on := range s.stores {
		if stale, err := on.Apply(s.t.Context(), []*workflow.Transition{t}); err != nil || !stale[id] {
			s.t.Fatalf("seed %d: a second instance lives under %s: %v, stale %v", s.seed, cmd.CorrelationID, err, stale)
		}
	}
}

func (s *stage) start(name string, cmd workflow.Start, acks ...uuid.UUID) {
	s.plays[cmd.InstanceID] = s.defs[name]
	if s.do(cmd.InstanceID, cmd, acks...) {
		s.instances = append(s.instances, cmd.InstanceID)
	}
}

// id gives ids in ascending order, as UUIDv7 do.
func (s *stage) id() uuid.UUID {
	s.ids++
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[8:], s.ids)
	return id
}

// load reads an instance from a store, with what is needed beside what lives.
func (s *stage) load(from store, id uuid.UUID, want engine.Want) *workflow.Snapshot {
	s.t.Helper()
	want.Steps = func(string, workflow.Ref) ([]string, error) { return s.plays[id].ReferencedSteps(), nil }
	snaps, err := from.Load(s.t.Context(), []uuid.UUID{id}, want)
	if err != nil {
		s.t.Fatalf("seed %d: load: %v", s.seed, err)
	}
	if snaps[id] == nil {
		return &workflow.Snapshot{}
	}
	return snaps[id]
}

// wanted names what a command is about.
func wanted(cmd workflow.Command) engine.Want {
	var want engine.Want
	switch c := cmd.(type) {
	case workflow.StepDone:
		want.Executions = append(want.Executions, c.ExecutionID)
	case workflow.LeaseLost:
		want.Executions = append(want.Executions, c.ExecutionID)
	case workflow.FetchJob:
		want.Executions = append(want.Executions, c.ExecutionID)
	case workflow.EndJob:
		want.Executions = append(want.Executions, c.ExecutionID)
	case workflow.Skip:
		want.Executions = append(want.Executions, c.ExecutionID)
	case workflow.ChildDone:
		want.Executions = append(want.Executions, c.ExecutionID)
	case workflow.LeaseOne:
		want.Executions = append(want.Executions, c.ExecutionID)
	case workflow.ReleaseLease:
		want.Executions = append(want.Executions, c.ExecutionID)
	case workflow.ExtendJob:
		want.Executions = append(want.Executions, c.ExecutionID)
	case workflow.ReportJob:
		want.Executions = append(want.Executions, c.ExecutionID)
	case workflow.MessageArrived:
		want.Executions = append(want.Executions, c.ExecutionID)
	case workflow.CompleteTask:
		want.Tasks = append(want.Tasks, c.TaskID)
	case workflow.ClaimTask:
		want.Tasks = append(want.Tasks, c.TaskID)
	case workflow.UnclaimTask:
		want.Tasks = append(want.Tasks, c.TaskID)
	case workflow.ReassignTask:
		want.Tasks = append(want.Tasks, c.TaskID)
	case workflow.DelegateTask:
		want.Tasks = append(want.Tasks, c.TaskID)
	case workflow.ReturnTask:
		want.Tasks = append(want.Tasks, c.TaskID)
	case workflow.CommentTask:
		want.Tasks = append(want.Tasks, c.TaskID)
	case workflow.DueFired:
		want.Dues = append(want.Dues, c.DueID)
	}
	return want
}

// env is what a decision knows of a process with so many slots, which serves all
// queues or only the common one.
func (s *stage) env(slots int, serves bool, chance float64) workflow.Env {
	return workflow.Env{
		Now: s.now, NewID: s.id, Owner: uuid.UUID{15: 1}, Slots: slots, Rand: chance,
		Serves:  func(queue string) bool { return serves || queue != story.Queue },
		HookURL: func(_ uuid.UUID, step string, visit, index int) string { return fmt.Sprint("/", step, visit, index) },
	}
}

// do decides a command on every store and applies it there, with the rows that
// brought it, if any did: one for all stores, or one for each. It reports whether
// it was accepted.
func (s *stage) do(id uuid.UUID, cmd workflow.Command, acks ...uuid.UUID) bool {
	s.t.Helper()
	s.now = s.now.Add(time.Duration(1+s.rand.IntN(20)) * time.Millisecond)
	before, slots, serves, chance := s.ids, s.rand.IntN(4), s.rand.IntN(4) > 0, s.rand.Float64()
	var first *workflow.Transition
	var firstErr error
	for i, on := range s.stores {
		s.ids = before
		t, err := s.decideOn(on, id, cmd, s.env(slots, serves, chance))
		if i == 0 {
			first, firstErr = t, err
		} else if diff := cmp.Diff(first, t, cmpopts.EquateEmpty()); diff != "" || fmt.Sprint(err) != fmt.Sprint(firstErr) {
			s.t.Fatalf("seed %d: %T differs between the stores, %v and %v:\n%s", s.seed, cmd, firstErr, err, diff)
		}
		if _, unwanted := cmd.(workflow.MessageArrived); !unwanted || err == nil {
			s.apply(on, cmd, t, ackOf(acks, i))
		}
	}
	if firstErr != nil {
		return false
	}
	if s.decided++; s.decided%7 == 0 {
		s.count(id)
	}
	for _, send := range first.Sends {
		s.sends = append(s.sends, delivery{send, []uuid.UUID{send.ID}})
	}
	for _, wait := range first.Waits {
		s.matches = append(s.matches, wait.MessageKey)
	}
	if m, ok := cmd.(workflow.Migrate); ok {
		s.plays[id] = m.To
	}
	if first.Changed() {
		s.drawn[fmt.Sprintf("%T", cmd)]++
	}
	return true
}

// ackOf gives the row that brought a command on a store.
func ackOf(acks []uuid.UUID, store int) uuid.UUID {
	switch len(acks) {
	case 0:
		return uuid.Nil
	case 1:
		return acks[0]
	}
	return acks[store]
}

// decideOn decides a command on what a store holds, and asks it for more as
// long as the decision does.
func (s *stage) decideOn(on store, id uuid.UUID, cmd workflow.Command, env workflow.Env) (*workflow.Transition, error) {
	s.t.Helper()
	want, ids := wanted(cmd), s.ids
	for range 20 {
		s.ids = ids
		t, err := workflow.Decide(s.plays[id], s.load(on, id, want), cmd, env)
		var need *workflow.NeedError
		if !errors.As(err, &need) {
			return t, err
		}
		want.Executions = append(want.Executions, need.Executions...)
		want.Live = append(want.Live, need.Live...)
		want.Scopes = append(want.Scopes, need.Scopes...)
		want.Items = append(want.Items, need.Items...)
		want.Latest = append(want.Latest, need.Latest...)
	}
	s.t.Fatalf("seed %d: %T needs more again and again: %+v", s.seed, cmd, want)
	return nil, nil
}

func (s *stage) apply(on store, cmd workflow.Command, t *workflow.Transition, ack uuid.UUID) {
	s.t.Helper()
	if t.Changed() {
		if ack != uuid.Nil {
			copied := *t
			copied.DuesDone = append(slices.Clone(t.DuesDone), ack)
			t = &copied
		}
		if stale, err := on.Apply(s.t.Context(), []*workflow.Transition{t}); err != nil || len(stale) > 0 {
			s.t.Fatalf("seed %d: apply %T: %v, stale %v", s.seed, cmd, err, stale)
		}
		return
	}
	if ack != uuid.Nil {
		if err := on.DropDue(s.t.Context(), []uuid.UUID{ack}); err != nil {
			s.t.Fatalf("seed %d: drop the due row of %T: %v", s.seed, cmd, err)
		}
	}
}

// play does random things until every instance has ended.
func (s *stage) play() {
	s.t.Helper()
	for range 6000 {
		var open []*workflow.Snapshot
		for _, id := range s.instances {
			if snap := s.whole(id); !snap.Instance.Status.Finished() {
				open = append(open, snap)
			}
		}
		if len(open) == 0 && len(s.sends) == 0 {
			for _, id := range s.instances {
				s.count(id)
			}
			return
		}
		if s.speak(len(open) > 0) {
			continue
		}
		s.patience--
		if len(open) == 0 || len(s.sends) > 0 && s.rand.IntN(3) == 0 {
			s.deliver()
			continue
		}
		if len(s.late) > 0 && s.rand.IntN(4) == 0 {
			s.late[0]()
			s.late = s.late[1:]
			continue
		}
		s.act(open[s.rand.IntN(len(open))])
	}
	s.t.Fatalf("seed %d: it does not end:\n%s", s.seed, s.story.Document)
}

// whole loads an instance with all its items.
func (s *stage) whole(id uuid.UUID) *workflow.Snapshot {
	s.t.Helper()
	snap := s.load(s.stores[0], id, engine.Want{})
	var lists []uuid.UUID
	for scope, in := range snap.Instance.State.Scopes {
		if in.Items != nil {
			lists = append(lists, scope)
		}
	}
	if len(lists) == 0 {
		return snap
	}
	return s.load(s.stores[0], id, engine.Want{Need: workflow.Need{Live: lists}})
}

// deliver takes what one instance wants of another there, at times twice.
func (s *stage) deliver() {
	s.t.Helper()
	at := s.rand.IntN(len(s.sends))
	send := s.sends[at]
	if s.rand.IntN(6) > 0 || send.Kind == workflow.SendMessage {
		s.sends = slices.Delete(s.sends, at, at+1)
	}
	switch send.Kind {
	case workflow.SendMessage:
		var c workflow.MessageArrived
		s.read(send.Payload, &c)
		s.bring(send, c)
	case workflow.SendStart:
		var c workflow.StartChild
		s.read(send.Payload, &c)
		s.start(c.Definition, workflow.Start{
			InstanceID: send.To, Actor: workflow.SystemActor(c.Tenant, "parent"), Input: c.Input,
			Parent: c.Parent, Depth: c.Depth, CreatedBy: c.CreatedBy, CorrelationID: c.CorrelationID,
		}, send.acks...)
	case workflow.SendDone:
		var c workflow.ChildDone
		s.read(send.Payload, &c)
		s.do(send.To, c, send.acks...)
	case workflow.SendAbove:
		var c workflow.FromAbove
		s.read(send.Payload, &c)
		if slices.Contains(s.instances, send.To) {
			s.do(send.To, c, send.acks...)
		} else {
			s.sends = append(s.sends, send) // it has not been started yet
		}
	}
}

func (s *stage) read(payload json.RawMessage, into any) {
	s.t.Helper()
	if err := json.Unmarshal(payload, into); err != nil {
		s.t.Fatalf("seed %d: %s: %v", s.seed, payload, err)
	}
}
