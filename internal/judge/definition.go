package judge

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/goccy/go-yaml"
)

// definition is a document as this package reads it.
type definition struct {
	head
	top   *scope
	steps map[string]*step // by path
}

// head is what a document says beside its steps.
type head struct {
	Name      string     `json:"-"` // as the case has them
	Version   string     `json:"-"`
	Unique    string     `json:"unique"`
	Schedules []schedule `json:"schedules"`
}

// schedule is a clock that starts the workflow.
type schedule struct {
	Cron    string `json:"cron"`
	Overlap string `json:"overlap"`
	CatchUp any    `json:"catch_up"`
}

// scope is a set of steps that lead to one another: those of the document, or
// of a group.
type scope struct {
	steps  []*step // in document order
	edges  []*edge
	begins []*step // where its first tokens may come
	arcs   []*arc
	reach  map[*step]map[*step]bool // by one or more arcs that are not loops
}

// step is a step, and at the root the document itself. Beside the keys of the
// document it holds what they come to.
type step struct {
	path     string // with the groups around it
	in       *scope
	join     string // as resolved
	terminal bool
	inner    *scope // of a group

	Name          string            `json:"name"`
	Type          string            `json:"type"`
	Mode          string            `json:"mode"`
	Join          string            `json:"join"`
	Action        string            `json:"action"`
	When          string            `json:"when"`
	Condition     string            `json:"condition"`
	Output        string            `json:"output"`
	Set           map[string]any    `json:"set"`
	Terminate     bool              `json:"terminate"`
	OnFailure     []handler         `json:"on_failure"`
	OnTimeout     *onTimeout        `json:"on_timeout"`
	Timeout       any               `json:"timeout"`
	Duration      any               `json:"duration"`
	Outcomes      []json.RawMessage `json:"outcomes"`
	Anyone        bool              `json:"anyone"`
	Users         []string          `json:"candidate_users"`
	Groups        []string          `json:"candidate_groups"`
	Exclude       []string          `json:"exclude"`
	Guests        []string          `json:"guests"`
	Distinct      *bool             `json:"distinct"`
	Queue         string            `json:"queue"`
	Message       *message          `json:"message"`
	Retry         *retry            `json:"retry"`
	OnLost        string            `json:"on_lost"`
	ForEach       any               `json:"for_each"`
	MaxParallel   int               `json:"max_parallel"`
	CompleteWhen  string            `json:"complete_when"`
	ContinueError bool              `json:"continue_on_error"`
	MaxVisits     int               `json:"max_visits"`
	Steps         []*step           `json:"steps"`
	Edges         []*edge           `json:"edges"`
	Callback      *step             `json:"callback"`
	Branches      map[string]*step  `json:"branches"`
	InitialStep   string            `json:"initial_step"`
	TerminalSteps []string          `json:"terminal_steps"`
}

type handler struct {
	When string `json:"when"`
	Step string `json:"step"`
}

type onTimeout struct {
	Outcome string `json:"outcome"`
	Step    string `json:"step"`
}

type retry struct {
	MaxAttempts int `json:"max_attempts"`
}

// message is what a webhook step waits for.
type message struct {
	Name string `json:"name"`
	Key  string `json:"key"`
}

type edge struct {
	Source    string `json:"source"`
	Target    string `json:"target"`
	Condition string `json:"condition"`
	Default   bool   `json:"default"`
	OnSkip    bool   `json:"on_skip"`
	Loop      *bool  `json:"loop"`
	loop      bool
}

// arc is a way from one step to another: an edge, or a handler when edge is
// nil.
type arc struct {
	from, to *step
	edge     *edge
	loop     bool
}

// readDefinition reads a document that the engine has accepted. What makes a
// document valid is not judged here.
func readDefinition(source []byte) (*definition, error) {
	text, err := yaml.YAMLToJSON(source)
	if err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	var root step
	if err := json.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	d := &definition{steps: map[string]*step{}}
	if err := json.Unmarshal(text, &d.head); err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	d.top, err = d.readScope("", root.Steps, first(root.Steps), root.Edges, root.InitialStep, root.TerminalSteps)
	return d, err
}

func (d *definition) readScope(prefix string, steps, begins []*step, edges []*edge, initial string, terminal []string) (*scope, error) {
	s := &scope{steps: steps, edges: edges}
	for _, one := range steps {
		if err := d.readStep(s, prefix, one); err != nil {
			return nil, err
		}
	}
	if len(begins) == 0 {
		return s, nil
	}
	s.begins = begins
	if initial != "" {
		s.begins = []*step{s.step(initial)}
	}
	for _, one := range steps {
		one.terminal = slices.Contains(terminal, one.Name)
		if terminal == nil {
			one.terminal = !slices.ContainsFunc(edges, func(e *edge) bool { return e.Source == one.Name })
		}
	}
	return s, s.link()
}

func (d *definition) readStep(in *scope, prefix string, s *step) error {
	s.in, s.path = in, prefix+s.Name
	d.steps[s.path] = s
	if s.Type != "group" {
		return nil
	}
	if s.Mode == "" {
		s.Mode = "sequential"
	}
	inside := slices.Clone(s.Steps)
	for _, key := range slices.Sorted(maps.Keys(s.Branches)) {
		if s.Branches[key].Name == "" {
			s.Branches[key].Name = key
		}
		inside = append(inside, s.Branches[key])
	}
	if s.Callback != nil {
		if s.Callback.Name == "" {
			s.Callback.Name = "callback"
		}
		inside = append(inside, s.Callback)
	}
	var err error
	s.inner, err = d.readScope(s.path+".", inside, s.beginnings(inside), s.implied(inside), "", nil)
	return err
}

// implied gives the edges of a group: those that it names, or those that its
// mode means.
func (s *step) implied(inside []*step) []*edge {
	edges := s.Edges
	for i, one := range inside {
		switch {
		case s.Mode == "sequential" && i > 0:
			edges = append(edges, &edge{Source: inside[i-1].Name, Target: one.Name})
		case s.Mode == "parallel" && s.Callback != nil && one != s.Callback:
			edges = append(edges, &edge{Source: one.Name, Target: s.Callback.Name})
		}
	}
	return edges
}

// beginnings gives the steps with which a group may begin: in one that chooses a
// branch any of them, but only one.
func (s *step) beginnings(inside []*step) []*step {
	switch s.Mode {
	case "parallel", "race":
		return slices.DeleteFunc(slices.Clone(inside), func(one *step) bool { return one == s.Callback })
	case "conditional":
		return inside
	}
	return first(inside)
}

func first(steps []*step) []*step { return steps[:min(1, len(steps))] }

// step finds a step of the scope by name.
func (s *scope) step(name string) *step {
	for _, one := range s.steps {
		if one.Name == name {
			return one
		}
	}
	return nil
}

// outgoing gives the edges that leave a step, in document order.
func (s *scope) outgoing(from *step) []*edge {
	var list []*edge
	for _, e := range s.edges {
		if e.Source == from.Name {
			list = append(list, e)
		}
	}
	return list
}

// handlers gives the steps that take over when a step fails.
func (s *step) handlers() []string {
	var names []string
	for _, h := range s.OnFailure {
		names = append(names, h.Step)
	}
	if s.OnTimeout != nil && s.OnTimeout.Step != "" {
		names = append(names, s.OnTimeout.Step)
	}
	return names
}

// outcomes gives the names of a human step's outcomes.
func (s *step) outcomes() []string {
	var names []string
	for _, raw := range s.Outcomes {
		var name string
		var named struct {
			Name string `json:"name"`
		}
		if json.Unmarshal(raw, &name) != nil && json.Unmarshal(raw, &named) == nil {
			name = named.Name
		}
		names = append(names, name)
	}
	return names
}

var durationRule = regexp.MustCompile(`^(\d+)(ms|s|m|h|d)$`)

// duration reads a literal duration; false for what this package does not
// compute.
func duration(v any) (time.Duration, bool) {
	text, _ := v.(string)
	m := durationRule.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(m[1])
	unit := map[string]time.Duration{
		"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour,
	}[m[2]]
	return time.Duration(n) * unit, err == nil
}
