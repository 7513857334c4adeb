package workflow

import (
	"fmt"
	"slices"
	"strings"

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
		d.deadlines(add)
	case StepTimer:
		d.wait(add)
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

func (d *storyteller) wait(add func(string, ...any)) {
	n := rapid.IntRange(1, 90).Draw(d.t, "minutes")
	switch {
	case d.chance(8, "cron"):
		add(`cron: "*/%d * * * *"`, min(n, 59))
	case d.chance(8, "workdays"):
		add("duration: %d workdays", n%3)
	default:
		add("duration: %dm", n)
	}
}

// deadlines gives a task times that change nothing of where the story goes.
func (d *storyteller) deadlines(add func(string, ...any)) {
	minutes := func() int { return rapid.IntRange(0, 40).Draw(d.t, "minutes") }
	if d.chance(3, "due") {
		add("due: %dm, remind: %dm", minutes(), minutes())
	}
	if d.chance(3, "escalate") {
		add("escalate: {after: %dm, users: [mia], groups: [managers]}", minutes())
	}
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
