package workflow

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// A run is a simulation that holds every transition to what must always be true.
type run struct {
	*sim
	t       *rapid.T
	story   story
	retries int
	rerun   map[string]bool // steps from which somebody retried
	twin    *Definition     // the same document as another version
}

const manyExecutions = 250 // at which a story that multiplies its branches is left

func begin(t *rapid.T, f flavour, slots int) *run {
	s := drawStory(t, f)
	return beginStory(t, s, slots, rapid.IntRange(0, 2).Draw(t, "x"))
}

func beginStory(t *rapid.T, s story, slots, x int) *run {
	r := &run{sim: newSim(t, parse(t, "format: 1\nname: test\nversion: 1.0.0\n"+s.doc)), t: t, story: s, rerun: map[string]bool{}}
	r.twin = parse(t, "format: 1\nname: test\nversion: 2.0.0\n"+s.doc)
	r.slots = slots
	input := map[string]int{"x": x}
	for i := range 12 {
		input[fmt.Sprintf("c%d", i)] = 0
	}
	raw, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	r.step(Start{InstanceID: r.id(), Actor: otto, Input: raw})
	return r
}

// fail reports a broken property with the definition.
func (r *run) fail(format string, args ...any) {
	r.t.Fatalf("%s\n%s", fmt.Sprintf(format, args...), r.story.doc)
}

// step decides one command: on the snapshot, once more, and on one that a store
// would load. The three must agree and change nothing that they read.
func (r *run) step(cmd Command) *Transition {
	snap, ids, past := r.snap, r.ids, len(r.events)
	before, asked, rows := inJSON(r.t, snap), inJSON(r.t, cmd), maps.Clone(r.all)
	decide := func(snap *Snapshot) string {
		r.ids = ids
		t, err := r.decide(snap, cmd)
		return inJSON(r.t, t) + fmt.Sprint(err)
	}
	stored, first := decide(r.loaded(cmd)), decide(snap.clone())
	r.ids = ids
	tr, err := r.do(cmd)
	if got := inJSON(r.t, snap); got != before {
		r.fail("%T changed its snapshot from\n%s\nto\n%s", cmd, before, got)
	}
	if got := inJSON(r.t, cmd); got != asked {
		r.fail("%T was changed from %s to %s", cmd, asked, got)
	}
	got := inJSON(r.t, tr) + fmt.Sprint(err)
	if got != first {
		r.fail("%T decided twice:\n%s\n%s", cmd, first, got)
	}
	if got != stored {
		r.fail("%T on a loaded snapshot:\n%s\non the one kept:\n%s", cmd, stored, got)
	}
	if err != nil {
		r.fail("%T: %v (instance %s)", cmd, err, r.snap.Instance.Status)
	}
	if tr.Changed() {
		r.hold(rows, r.events[past:], snap.Instance.FrozenAt != nil, tr)
	}
	return tr
}

func inJSON(t *rapid.T, v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("encode %T: %v", v, err)
	}
	return string(raw)
}

// through gives a column's value back from its JSON.
func through[T any](t *rapid.T, v T) T {
	var out T
	if err := json.Unmarshal([]byte(inJSON(t, v)), &out); err != nil {
		t.Fatalf("decode %T: %v", v, err)
	}
	return out
}

// loaded is the snapshot that a store would load for a command: live
// executions, what the command names, the latest of each step that expressions
// refer to, and JSON columns read back.
func (r *run) loaded(cmd Command) *Snapshot {
	snap := &Snapshot{
		Instance: r.snap.Instance, Hooks: slices.Clone(r.snap.Hooks), Dues: maps.Clone(r.snap.Dues),
		Executions: map[uuid.UUID]Execution{}, Tasks: map[uuid.UUID]Task{},
	}
	in := &snap.Instance
	in.State, in.Error, in.WaitingFor = through(r.t, in.State), through(r.t, in.Error), through(r.t, in.WaitingFor)
	latest := map[string]Execution{}
	for _, e := range r.all {
		if e.Live || e.ID == named(cmd) {
			snap.Executions[e.ID] = e
		} else if e.Visit > latest[e.Step].Visit && slices.Contains(r.def.ReferencedSteps(), e.Step) {
			latest[e.Step] = e
		}
	}
	for _, e := range latest {
		snap.Executions[e.ID] = e
	}
	for id, e := range snap.Executions {
		e.Error, e.Attempts, e.ArrivedFrom = through(r.t, e.Error), through(r.t, e.Attempts), through(r.t, e.ArrivedFrom)
		snap.Executions[id] = e
	}
	for id, task := range r.tasks {
		if task.Status == TaskPending || id == named(cmd) {
			snap.Tasks[id] = task
		}
	}
	return snap
}

// named is the execution or task that a command names.
func named(cmd Command) uuid.UUID {
	switch c := cmd.(type) {
	case StepDone:
		return c.ExecutionID
	case LeaseLost:
		return c.ExecutionID
	case CompleteTask:
		return c.TaskID
	case Skip:
		if c.TaskID != uuid.Nil {
			return c.TaskID
		}
		return c.ExecutionID
	case DueFired:
		return c.DueID
	case FetchJob:
		return c.ExecutionID
	case EndJob:
		return c.ExecutionID
	case ExtendJob:
		return c.ExecutionID
	case ReportJob:
		return c.ExecutionID
	}
	return uuid.Nil
}

// hold judges a transition by the rows before it, those after it, and its
// events.
func (r *run) hold(before map[uuid.UUID]Execution, events []Event, wasFrozen bool, tr *Transition) {
	in := r.snap.Instance
	switch in.Status {
	case StatusPaused, StatusFailed:
		if in.FrozenAt == nil {
			r.fail("%s and moving", in.Status)
		}
		if wasFrozen && !tr.ThawDues && len(tr.Work) > 0 {
			r.fail("work begins while nothing moves: %+v", tr.Work)
		}
	default:
		if in.FrozenAt != nil {
			r.fail("%s and frozen: nobody can thaw it", in.Status)
		}
	}
	r.holdVisits()
	r.holdWaits()
	for _, row := range tr.Executions {
		r.holdArrivals(row.Value)
		r.holdJoin(before, events, row.Value)
	}
}

// holdVisits finds visits that are there twice or missing.
func (r *run) holdVisits() {
	seen := map[string]bool{}
	count := map[string]int{}
	for _, e := range r.all {
		key := fmt.Sprint(e.Step, " ", e.Visit)
		if seen[key] {
			r.fail("two executions of %s", key)
		}
		seen[key] = true
		count[e.Step]++
	}
	for step, s := range r.snap.Instance.State.Steps {
		if count[step] != s.Visits {
			r.fail("%d executions of %s, counter says %d", count[step], step, s.Visits)
		}
	}
}

// holdWaits checks that whatever waits has what ends its wait, and that nothing
// else is left lying about.
func (r *run) holdWaits() {
	timers, tasks := map[uuid.UUID]int{}, map[uuid.UUID]int{}
	for _, due := range r.snap.Dues {
		e := r.all[due.ExecutionID]
		if !e.Live || e.Status != StepWaiting {
			r.fail("due row %s of %s, which is %s (live %v)", due.Kind, e.Step, e.Status, e.Live)
		}
		if due.Frozen != (r.snap.Instance.FrozenAt != nil) {
			r.fail("due row of %s: frozen %v, instance %s", e.Step, due.Frozen, r.snap.Instance.Status)
		}
		timers[e.ID]++
	}
	for _, task := range r.tasks {
		if task.Status == TaskPending {
			tasks[task.ExecutionID]++
		}
	}
	for _, e := range r.all {
		waits := e.Status == StepWaiting
		switch {
		case waits && e.Type == StepTimer && timers[e.ID] != 1:
			r.fail("timer %s has %d due rows", e.Step, timers[e.ID])
		case (waits && e.Type == StepHuman) != (tasks[e.ID] == 1):
			r.fail("%s is %s and has %d open tasks", e.Step, e.Status, tasks[e.ID])
		}
	}
}

// holdArrivals checks that an execution arrived from finished ones, each along
// an edge or a handler.
func (r *run) holdArrivals(e Execution) {
	if len(e.ArrivedFrom) == 0 && e.Step != r.def.InitialStep && !r.rerun[e.Step] {
		r.fail("%s arrived from nowhere", e.Step)
	}
	for _, id := range e.ArrivedFrom {
		from, ok := r.all[id]
		if !ok || from.Live || !from.Status.Finished() || from.Status == StepCanceled {
			r.fail("%s arrived from %s, which is %s (live %v)", e.Step, from.Step, from.Status, from.Live)
		}
		if ways := r.ways(from.Step, from.Status == StepFailed, true); !slices.Contains(ways, e.Step) {
			r.fail("%s arrived from %s, which leads to %v only", e.Step, from.Step, ways)
		}
	}
}

// ways lists the steps that one edge, or one handler, of a step leads to.
func (r *run) ways(step string, handlers, loops bool) []string {
	var to []string
	if handlers {
		for _, name := range r.def.Step(step).handlers() {
			if loops || !r.def.Graph().IsLoopHandler(step, name) {
				to = append(to, name)
			}
		}
		return to
	}
	for _, e := range r.def.Edges {
		if e.Source == step && (loops || !e.Loop) {
			to = append(to, e.Target)
		}
	}
	return to
}

// leads searches for a way from one step to another without loop edges.
func (r *run) leads(from, to string) bool {
	seen := map[string]bool{}
	queue := []string{from}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, next := range append(r.ways(at, false, false), r.ways(at, true, false)...) {
			if next == to {
				return true
			}
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return false
}

// holdJoin judges a `join: all` that this transition has run: no branch that
// was alive then may have led to it. A branch was alive then if it, or the
// execution that it came from over edges that are no loops, was there before
// the transition and outlived the join's beginning.
func (r *run) holdJoin(before map[uuid.UUID]Execution, events []Event, e Execution) {
	byHand := e.Status == StepSkipped && e.CompletedBy == olga.ID
	if byHand || r.def.Step(e.Step).Join != JoinAll || !r.ranJust(before, e) {
		return
	}
	begun := slices.IndexFunc(events, func(ev Event) bool { return ev.ExecutionID == e.ID })
	for _, other := range r.all {
		if other.ID == e.ID || !r.leads(other.Step, e.Step) || !r.wasThere(before, other, e.ID) {
			continue
		}
		ended := slices.IndexFunc(events, func(ev Event) bool {
			return ev.ExecutionID == other.ID && (ev.Type == EventStepCompleted || ev.Type == EventStepFailed || ev.Type == EventStepSkipped)
		})
		if other.Live || begun >= 0 && ended > begun {
			r.fail("%s (visit %d) ran although %s (visit %d) could still reach it", e.Step, e.Visit, other.Step, other.Visit)
		}
	}
}

// ranJust reports whether a collecting execution has begun in this transition.
func (r *run) ranJust(before map[uuid.UUID]Execution, e Execution) bool {
	collects := func(e Execution) bool { return e.Live && e.Status == StepPending && e.Hold == HoldNone }
	was, known := before[e.ID]
	if known {
		return collects(was) && !collects(e) && e.Status != StepCanceled
	}
	overLoop := slices.ContainsFunc(e.ArrivedFrom, func(id uuid.UUID) bool { return r.loopArrival(id, e.Step) })
	return !collects(e) && e.Status != StepCanceled && !overLoop
}

func (r *run) loopArrival(from uuid.UUID, to string) bool {
	e := r.all[from]
	return !slices.Contains(r.ways(e.Step, e.Status == StepFailed, false), to)
}

// wasThere reports whether an execution, or an ancestor of it that is not the
// one excluded, was alive before the transition, with no loop edge in between.
func (r *run) wasThere(before map[uuid.UUID]Execution, e Execution, excluded uuid.UUID) bool {
	if was, known := before[e.ID]; known || e.ID == excluded {
		return known && was.Live
	}
	return slices.ContainsFunc(e.ArrivedFrom, func(id uuid.UUID) bool {
		return !r.loopArrival(id, e.Step) && r.wasThere(before, r.all[id], excluded)
	})
}
