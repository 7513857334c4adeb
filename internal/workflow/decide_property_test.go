package workflow

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// A story is a random definition, with what its author knows of it.
type story struct {
	doc     string
	broken  map[string]bool // steps that can never succeed
	failing map[string]bool // steps whose action always fails, and is always handled
}

// A flavour says what the definitions of a test may contain.
type flavour struct {
	loops, races, broken, timeouts bool
}

// storyteller draws one definition: steps s0, s1, … with edges that go forward,
// so that every step is reached and reaches an end, and loop edges from
// exclusive gateways, each bounded by a counter in data.
type storyteller struct {
	t     *rapid.T
	f     flavour
	n     int
	types []StepType
	modes []GatewayMode
	edges map[int][]int // forward targets
	story story
}

func drawStory(t *rapid.T, f flavour) story {
	d := &storyteller{t: t, f: f, edges: map[int][]int{}}
	d.story.broken, d.story.failing = map[string]bool{}, map[string]bool{}
	d.n = rapid.IntRange(3, 12).Draw(t, "steps")
	for i := range d.n {
		d.types = append(d.types, rapid.SampledFrom([]StepType{
			StepMachine, StepMachine, StepGateway, StepGateway, StepHuman, StepTimer, StepWebhook}).Draw(t, "type"))
		d.modes = append(d.modes, rapid.SampledFrom([]GatewayMode{GatewayExclusive, GatewayInclusive, GatewayParallel, GatewayParallel}).Draw(t, "mode"))
		if i > 0 {
			d.link(rapid.IntRange(max(0, i-4), i-1).Draw(t, "parent"), i)
		}
	}
	for range rapid.IntRange(0, d.n).Draw(t, "more edges") {
		from := rapid.IntRange(0, d.n-2).Draw(t, "from")
		d.link(from, rapid.IntRange(from+1, d.n-1).Draw(t, "to"))
	}
	var steps, edges strings.Builder
	for i := range d.n {
		steps.WriteString("  - {" + d.step(i) + "}\n")
		for _, e := range d.leaving(i) {
			edges.WriteString("  - {" + e + "}\n")
		}
	}
	d.story.doc = "steps:\n" + steps.String() + "edges:\n" + edges.String()
	return d.story
}

func (d *storyteller) link(from, to int) {
	if !slices.Contains(d.edges[from], to) {
		d.edges[from] = append(d.edges[from], to)
	}
}

// chance is true once in n times; rapid shrinks it to false.
func (d *storyteller) chance(n int, label string) bool {
	return rapid.IntRange(0, n-1).Draw(d.t, label) == n-1
}

func (d *storyteller) later(i int) string {
	return fmt.Sprintf("s%d", rapid.IntRange(i+1, d.n-1).Draw(d.t, "handler"))
}

func (d *storyteller) step(i int) string {
	name := fmt.Sprintf("s%d", i)
	keys := []string{"name: " + name, "type: " + string(d.types[i])}
	add := func(format string, args ...any) { keys = append(keys, fmt.Sprintf(format, args...)) }
	switch d.types[i] {
	case StepMachine:
		add("action: noop")
	case StepHuman:
		add("anyone: true, outcomes: [yes, no]")
	case StepTimer:
		add("duration: %dm", rapid.IntRange(1, 90).Draw(d.t, "minutes"))
	case StepGateway:
		add("mode: %s", d.modes[i])
	}
	d.handlers(i, name, add)
	if d.chance(6, "guard") {
		add("when: %s", d.condition())
	}
	if d.f.broken {
		d.breakStep(i, name, add)
	}
	if d.f.races && d.chance(4, "join") {
		add("join: %s", rapid.SampledFrom([]string{"all", "any", "first"}).Draw(d.t, "mode of join"))
	}
	if d.f.races && d.chance(15, "terminate") {
		add("terminate: true")
	}
	if d.loops(i) {
		add("set: {c%d: data.c%d + 1}", i, i)
	}
	return strings.Join(keys, ", ")
}

func (d *storyteller) handlers(i int, name string, add func(string, ...any)) {
	if i == d.n-1 {
		return
	}
	switch {
	case d.types[i] == StepMachine && d.chance(3, "on_failure"):
		if d.f.races && d.chance(2, "only soft") {
			add(`on_failure: [{when: 'error.code == "soft"', step: %s}]`, d.later(i))
			return
		}
		d.story.failing[name] = d.chance(2, "fails")
		add("on_failure: [{step: %s}]", d.later(i))
	case !d.f.timeouts || !d.chance(3, "timeout"):
	case d.types[i] == StepHuman && d.chance(2, "outcome"):
		add("timeout: 20m, on_timeout: {outcome: no}")
	case d.types[i] == StepHuman || d.types[i] == StepWebhook:
		add("timeout: 20m, on_timeout: {step: %s}", d.later(i))
	}
}

// breakStep spoils the entry, the lease or the exit of a few steps.
func (d *storyteller) breakStep(i int, name string, add func(string, ...any)) {
	if d.loops(i) || !d.chance(12, "broken") {
		return
	}
	d.story.broken[name] = true
	switch kind := rapid.IntRange(0, 2).Draw(d.t, "kind"); {
	case kind == 0 && d.types[i] == StepMachine:
		add(`timeout: "{{ data.gone }}"`)
	case kind == 1 && d.types[i] == StepMachine:
		add(`with: {v: "{{ data.gone }}"}`)
	default:
		add("set: {k%d: data.gone}", i)
	}
}

func (d *storyteller) condition() string {
	return rapid.SampledFrom([]string{`"true"`, `"false"`, "data.x > 0", "data.x > 1", "data.x == 2"}).Draw(d.t, "condition")
}

// loops reports whether the step has an edge that goes back.
func (d *storyteller) loops(i int) bool {
	return d.f.loops && d.types[i] == StepGateway && d.modes[i] == GatewayExclusive && len(d.edges[i]) > 0 && i%2 == 1
}

// leaving gives the edges of a step; one of them always fires.
func (d *storyteller) leaving(i int) []string {
	var list []string
	edge := func(to int, rest string) { list = append(list, fmt.Sprintf("source: s%d, target: s%d%s", i, to, rest)) }
	if d.loops(i) {
		edge(rapid.IntRange(0, i).Draw(d.t, "back to"),
			fmt.Sprintf(", condition: data.c%d < %d", i, rapid.IntRange(1, 3).Draw(d.t, "rounds")))
	}
	sure := false
	for k, to := range d.edges[i] {
		last := k == len(d.edges[i])-1
		switch {
		case d.types[i] == StepGateway && d.modes[i] == GatewayParallel:
			edge(to, "")
		case last && !sure:
			edge(to, ", default: true")
		case d.chance(5, "on_skip"):
			edge(to, ", on_skip: true")
		case d.chance(2, "conditional"):
			edge(to, ", condition: "+d.condition())
		default:
			sure = true
			edge(to, "")
		}
	}
	return list
}

// A run is a simulation that holds every transition to what must always be true.
type run struct {
	*sim
	t       *rapid.T
	story   story
	retries int
}

const manyExecutions = 250 // at which a story that multiplies its branches is left

func begin(t *rapid.T, f flavour, slots int) *run {
	s := drawStory(t, f)
	return beginStory(t, s, slots, rapid.IntRange(0, 2).Draw(t, "x"))
}

func beginStory(t *rapid.T, s story, slots, x int) *run {
	r := &run{sim: newSim(t, parse(t, "format: 1\nname: test\nversion: 1.0.0\n"+s.doc)), t: t, story: s}
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
		t, err := Decide(r.def, snap, cmd, r.env())
		return inJSON(r.t, t) + fmt.Sprint(err)
	}
	stored, first := decide(r.loaded(cmd)), decide(snap)
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
		if wasFrozen && len(tr.Work) > 0 {
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
	if len(e.ArrivedFrom) == 0 && e.Step != r.def.InitialStep {
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
	if r.def.Step(e.Step).Join != JoinAll || !r.ranJust(before, e) {
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

// choices lists what the world could do next.
func (r *run) choices() []func() {
	in := r.snap.Instance
	var list []func()
	add := func(cmd Command) { list = append(list, func() { r.step(cmd) }) }
	if in.Status.Finished() {
		return nil
	}
	for _, e := range r.live() {
		switch {
		case e.Status == StepRunning:
			add(r.result(e, false))
			if !r.story.failing[e.Step] {
				add(r.result(e, true))
			}
			add(LeaseLost{ExecutionID: e.ID, LeaseNo: e.LeaseNo})
		case e.Status == StepWaiting && e.Type == StepWebhook:
			add(ReceiveHook{Step: e.Step, Visit: e.Visit, Payload: json.RawMessage(`{"hook":1}`)})
		}
		if task, ok := r.taskOf(e); ok && !in.Paused {
			outcome := rapid.SampledFrom([]string{"yes", "no"})
			list = append(list, func() {
				r.step(CompleteTask{TaskID: task.ID, Actor: otto, Outcome: outcome.Draw(r.t, "outcome")})
			})
		}
	}
	if due, ok := r.nextDue(); ok {
		list = append(list, func() { r.fireDue(due) })
	}
	if in.Paused {
		add(Resume{Actor: olga})
	} else {
		add(Pause{Actor: olga})
	}
	if r.failedNow() {
		add(Retry{Actor: olga})
	}
	list = append(list, r.earlyHook, r.stale, func() { r.now = r.now.Add(7 * time.Minute) }, func() {
		r.slots = rapid.IntRange(0, 3).Draw(r.t, "slots")
		r.step(Lease{})
	})
	return list
}

func (r *run) failedNow() bool {
	return r.snap.Instance.State.Failed || r.snap.Instance.State.Tokens.Failed > 0
}

// result is what the action of a step reports, or an error.
func (r *run) result(e Execution, fails bool) StepDone {
	done := StepDone{ExecutionID: e.ID, LeaseNo: e.LeaseNo, Output: json.RawMessage(`{"n":1}`)}
	if fails || r.story.failing[e.Step] {
		code := []string{"soft", "hard"}[(e.Visit+e.Attempt)%2]
		done.Output, done.Err = nil, &StepError{Code: code, Message: "it went wrong"}
	}
	return done
}

func (r *run) live() []Execution {
	var list []Execution
	for _, e := range r.all {
		if e.Live {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b Execution) int { return slices.Compare(a.ID[:], b.ID[:]) })
	return list
}

func (r *run) taskOf(e Execution) (Task, bool) {
	for _, task := range r.tasks {
		if task.ExecutionID == e.ID && task.Status == TaskPending {
			return task, true
		}
	}
	return Task{}, false
}

func (r *run) nextDue() (Due, bool) {
	var next Due
	for _, due := range r.snap.Dues {
		if !due.Frozen && (next.At.IsZero() || due.At.Before(next.At) || due.At.Equal(next.At) && slices.Compare(due.ID[:], next.ID[:]) < 0) {
			next = due
		}
	}
	return next, !next.At.IsZero()
}

func (r *run) fireDue(due Due) {
	if due.At.After(r.now) {
		r.now = due.At
	}
	r.step(DueFired{DueID: due.ID})
}

// earlyHook delivers the payload of a webhook's next visit, once.
func (r *run) earlyHook() {
	for _, step := range r.def.Steps {
		visit := r.snap.Instance.State.Steps[step.Name].Visits + 1
		known := slices.ContainsFunc(r.snap.Hooks, func(h Hook) bool { return h.Step == step.Name && h.Visit == visit })
		if step.Webhook != nil && !known {
			r.step(ReceiveHook{Step: step.Name, Visit: visit, Payload: json.RawMessage(`{"hook":2}`)})
			return
		}
	}
}

// stale reports results of leases that are over.
func (r *run) stale() {
	for _, e := range r.all {
		if e.LeaseNo == 0 {
			continue
		}
		no := e.LeaseNo - 1
		if e.Status.Finished() {
			no = e.LeaseNo
		}
		for _, cmd := range []Command{
			StepDone{ExecutionID: e.ID, LeaseNo: no, Output: json.RawMessage(`1`)},
			LeaseLost{ExecutionID: e.ID, LeaseNo: no},
		} {
			if tr, err := Decide(r.def, r.loaded(cmd), cmd, r.env()); err != nil || tr.Changed() {
				r.fail("a stale %T of %s (%s) changed something: %v", cmd, e.Step, e.Status, err)
			}
		}
	}
}

// wander does what comes up, up to a number of times.
func (r *run) wander(most int) {
	for range rapid.IntRange(0, most).Draw(r.t, "random actions") {
		list := r.choices()
		if len(list) == 0 || len(r.all) > manyExecutions {
			return
		}
		list[rapid.IntRange(0, len(list)-1).Draw(r.t, "action")]()
	}
}

// drive does all that a willing world would, until the instance ends. It gives
// up only on an error that nothing but another definition can mend.
func (r *run) drive() {
	r.slots = max(r.slots, 1)
	for len(r.all) <= manyExecutions {
		in := r.snap.Instance
		switch {
		case in.Status.Finished():
			return
		case in.Paused:
			r.step(Resume{Actor: olga})
		case r.failedNow() && r.hopeless():
			return
		case r.failedNow():
			r.retries++
			r.step(Retry{Actor: olga})
		default:
			r.willing()
		}
	}
}

// hopeless reports whether all that failed will fail again, or whether retries
// do not help although they should.
func (r *run) hopeless() bool {
	if r.retries > 50 {
		r.fail("retried %d times, and still failed: %+v", r.retries, r.snap.Instance.Error)
	}
	e := r.snap.Instance.Error
	return r.retries > 0 && r.story.broken[e.Step]
}

// willing takes one step of an instance that moves.
func (r *run) willing() {
	for _, e := range r.live() {
		task, asked := r.taskOf(e)
		switch {
		case e.Status == StepRunning:
			r.step(r.result(e, false))
		case e.Status == StepScheduled:
			if !r.step(Lease{}).Changed() {
				continue
			}
		case asked:
			r.step(CompleteTask{TaskID: task.ID, Actor: otto, Outcome: "yes"})
		case e.Status == StepWaiting && e.Type == StepWebhook:
			r.step(ReceiveHook{Step: e.Step, Visit: e.Visit, Payload: json.RawMessage(`{"hook":1}`)})
		default:
			continue
		}
		return
	}
	due, ok := r.nextDue()
	if !ok {
		r.fail("stuck: %s at %v, %+v", r.snap.Instance.Status, r.snap.Instance.CurrentSteps, r.snap.Instance.State)
	}
	r.fireDue(due)
}

func TestDecide_NeverStuck(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := begin(t, flavour{loops: true, races: true, broken: true, timeouts: true}, rapid.IntRange(0, 3).Draw(t, "slots"))
		r.wander(40)
		r.cancelFork()
		r.drive()
		if r.snap.Instance.Status.Finished() {
			r.refusesAll(r.snap)
		}
	})
}

// cancelFork cancels the instance as it stands, beside the run.
func (r *run) cancelFork() {
	if r.snap.Instance.Status.Finished() {
		return
	}
	tr, err := Decide(r.def, r.snap, Cancel{Actor: otto, Reason: "enough"}, r.env())
	if err != nil {
		r.fail("cancel: %v", err)
	}
	after := r.snap.After(tr, r.def.ReferencedSteps())
	if after.Instance.Status != StatusCanceled || after.Instance.State.Tokens.Total() != 0 || len(after.Dues) != 0 || len(after.Tasks) != 0 {
		r.fail("after cancel: %+v, %d due rows, %d tasks", after.Instance, len(after.Dues), len(after.Tasks))
	}
	for _, e := range after.Executions {
		if e.Live || !e.Status.Finished() || e.LeaseOwner != uuid.Nil {
			r.fail("after cancel %s is %s (live %v)", e.Step, e.Status, e.Live)
		}
	}
	for _, row := range tr.Tasks {
		after.Tasks[row.Value.ID] = row.Value
	}
	for _, row := range tr.Executions {
		after.Executions[row.Value.ID] = row.Value
	}
	r.refusesAll(after)
}

// refusesAll checks that a finished instance takes nothing.
func (r *run) refusesAll(snap *Snapshot) {
	cmds := []Command{Lease{}, Cancel{Actor: olga}, Pause{Actor: olga}, Resume{Actor: olga}, Retry{Actor: olga}}
	for _, e := range r.all {
		cmds = append(cmds, StepDone{ExecutionID: e.ID, LeaseNo: e.LeaseNo}, LeaseLost{ExecutionID: e.ID, LeaseNo: e.LeaseNo},
			ReceiveHook{Step: e.Step, Visit: e.Visit, Payload: json.RawMessage(`1`)},
			ReceiveHook{Step: e.Step, Visit: r.snap.Instance.State.Steps[e.Step].Visits + 1, Payload: json.RawMessage(`1`)})
	}
	for id := range r.snap.Dues {
		cmds = append(cmds, DueFired{DueID: id})
	}
	for id := range r.tasks {
		cmds = append(cmds, CompleteTask{TaskID: id, Actor: otto, Outcome: "yes"}, ClaimTask{TaskID: id, Actor: otto})
	}
	for _, cmd := range cmds {
		if tr, err := Decide(r.def, snap, cmd, r.env()); err == nil && tr.Changed() {
			r.fail("a %s instance took %T", snap.Instance.Status, cmd)
		}
	}
}

// TestDecide_EndDependsOnTheStoryAlone runs one story twice: straight, and with
// other slots, pauses and order. Both go the same ways.
func TestDecide_EndDependsOnTheStoryAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, flavour{})
		x := rapid.IntRange(0, 2).Draw(t, "x")
		straight := beginStory(t, s, 100, x)
		straight.drive()
		devious := beginStory(t, s, rapid.IntRange(0, 2).Draw(t, "slots"), x)
		devious.amble(30)
		devious.drive()
		if len(straight.all) > manyExecutions || len(devious.all) > manyExecutions {
			return
		}
		if got, want := devious.trail(), straight.trail(); !slices.Equal(got, want) {
			devious.fail("went %v; straight it goes %v", got, want)
		}
	})
}

// amble finishes what runs and waits in random order, with pauses.
func (r *run) amble(most int) {
	for range rapid.IntRange(0, most).Draw(r.t, "random actions") {
		in := r.snap.Instance
		live := r.live()
		if in.Status.Finished() {
			return
		}
		switch e := live[rapid.IntRange(0, len(live)-1).Draw(r.t, "execution")]; {
		case in.Paused && r.storm("resume"):
			r.step(Resume{Actor: olga})
		case !in.Paused && r.storm("pause"):
			r.step(Pause{Actor: olga})
		case r.storm("lease"):
			r.slots = rapid.IntRange(0, 3).Draw(r.t, "slots")
			r.step(Lease{})
		case e.Status == StepRunning:
			r.step(r.result(e, false))
		case e.Status == StepWaiting && e.Type == StepWebhook:
			r.step(ReceiveHook{Step: e.Step, Visit: e.Visit, Payload: json.RawMessage(`{"hook":1}`)})
		case !in.Paused:
			if task, ok := r.taskOf(e); ok {
				r.step(CompleteTask{TaskID: task.ID, Actor: otto, Outcome: "yes"})
			} else if due, ok := r.nextDue(); ok {
				r.fireDue(due)
			}
		}
	}
}

func (r *run) storm(label string) bool { return rapid.IntRange(0, 4).Draw(r.t, label) == 4 }

// trail lists the visits with their ends.
func (r *run) trail() []string {
	list := []string{string(r.snap.Instance.Status)}
	for _, e := range r.all {
		list = append(list, fmt.Sprint(e.Step, " ", e.Visit, " ", e.Status, " from ", len(e.ArrivedFrom)))
	}
	slices.Sort(list)
	return list
}
