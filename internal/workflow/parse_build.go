package workflow

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"tandem/internal/workflow/say"
)

var (
	workflowName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)
	stepName     = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
	outcomeName  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,62}$`)
	dataKey      = regexp.MustCompile(`^[\pL_][\pL\pN_-]{0,62}$`)
	dataPath     = regexp.MustCompile(`^[\pL_][\pL\pN_-]{0,62}(\.[\pL_][\pL\pN_-]{0,62}){0,7}$`)
)

// reservedWords cannot be names of steps, since CEL reads them otherwise.
var reservedWords = map[string]bool{
	"as": true, "break": true, "const": true, "continue": true, "else": true, "false": true, "for": true, "function": true,
	"if": true, "import": true, "in": true, "let": true, "loop": true, "namespace": true, "null": true, "package": true,
	"return": true, "true": true, "var": true, "void": true, "while": true,
}

// buildDefinition fills the definition with what the document says, and reports
// values that mean nothing.
func (p *parsing) buildDefinition() {
	d, n := p.def, p.root
	d.Steps = p.collectSteps(n.get("steps"), nil)
	if !p.compileEnvironments() {
		return
	}
	d.Format = p.format(n.get("format"))
	d.Name = p.name(n.get("name"), workflowName, "part.title.workflow")
	d.Version = p.version(n.get("version"))
	d.Title = n.get("title").string()
	if d.Title == "" {
		d.Title = d.Name
	}
	d.Description = n.get("description").string()
	d.Labels = texts(n.get("labels"))
	d.InputSchema, d.startForm = p.schemaForm(n.get("input_schema"), nil)
	if start := n.get("start"); start != nil {
		people := principals(start)
		d.Start = &people
	}
	permissions := n.get("permissions")
	d.Permissions = Permissions{View: principals(permissions.get("view")), Operate: principals(permissions.get("operate"))}
	d.Search = texts(n.get("search"))
	p.checkSearch(n.get("search"))
	d.Timeout = p.timeout(n.get("timeout"))
	d.Calendar = p.calendar(n.get("calendar"))
	d.Schedules = p.schedules(n.get("schedules"))
	d.StartOn = p.startOn(n.get("start_on"))
	d.Unique = n.get("unique").string() == "running"
	d.Retention = p.retention(n.get("retention"))
	for _, s := range d.all {
		p.buildStep(s, p.steps[s])
	}
	d.Edges = p.buildEdges(n.get("edges"), nil)
	p.buildEnds()
	for _, s := range d.all {
		if s.Group != nil {
			p.buildGroupEdges(s)
		}
	}
}

// format returns the version of the document's meaning, 1 when it says none.
func (p *parsing) format(n *node) int {
	if n == nil || n.kind != numberNode {
		return 1
	}
	if n.text != "1" {
		p.fault(n, "bad_format", n.text)
	}
	return 1
}

// name reads a name of what is called title, a key of say.
func (p *parsing) name(n *node, pattern *regexp.Regexp, title string) string {
	if n == nil || n.kind != textNode {
		return ""
	}
	if !pattern.MatchString(n.text) {
		p.fault(n, "bad_name", clipped(n.text), say.Of(title), nameRules[pattern])
	}
	return n.text
}

var nameRules = map[*regexp.Regexp]say.Phrase{
	workflowName: say.Of("part.rule.workflow"),
	stepName:     say.Of("part.rule.step"),
	outcomeName:  say.Of("part.rule.outcome"),
	queueName:    say.Of("part.rule.queue"),
	messageName:  say.Of("part.rule.message"),
	dataKey:      say.Of("part.rule.data"),
}

func (p *parsing) version(n *node) string {
	if n == nil || kindAccept[n.kind]&acceptSetting == 0 {
		return ""
	}
	if !ValidVersion(n.text) {
		p.fault(n, "bad_version", clipped(n.text))
	}
	return n.text
}

// collectSteps makes the steps with their names and types alone, so that the
// rest of the document can refer to them.
func (p *parsing) collectSteps(n *node, parent *Step) []*Step {
	items := n.list()
	if n != nil && n.kind == listNode && len(items) == 0 {
		of := say.Of("part.title.workflow")
		if parent != nil {
			of = say.Of("part.title.group")
		}
		p.fault(n, "no_steps", of)
	}
	var steps []*Step
	for _, item := range items {
		if item.kind == objectNode {
			steps = append(steps, p.collectStep(item, parent, item.get("name").string()))
		}
	}
	return steps
}

// collectStep makes one step under its name, and those inside it.
func (p *parsing) collectStep(n *node, parent *Step, own string) *Step {
	s := &Step{Name: own, Own: own, Parent: parent, Type: StepType(n.get("type").string())}
	if parent != nil {
		s.Name = parent.Name + "." + own
	}
	p.nameStep(n, s)
	p.steps[s] = n
	p.def.all = append(p.def.all, s)
	if p.def.byName[s.Name] == nil {
		p.def.byName[s.Name] = s
	}
	if s.Type == StepGroup {
		p.collectGroup(n, s)
	}
	return s
}

// nameStep checks a step's name and that no sibling before it has it.
func (p *parsing) nameStep(n *node, s *Step) {
	name := n.get("name")
	if name == nil && s.Own != "" {
		name = n // an inline step is named by its key
	}
	if name == nil || name.kind != textNode && name != n {
		return
	}
	switch {
	case !stepName.MatchString(s.Own):
		p.fault(name, "bad_name", clipped(s.Own), say.Of("part.title.step"), nameRules[stepName])
	case reservedWords[s.Own]:
		p.fault(name, "bad_name.word", s.Own)
	}
	if p.names[s.Name] {
		p.fault(name, "duplicate_step", clipped(s.Own))
	}
	p.names[s.Name] = true
}

// buildEdges builds the edges between the steps of a scope.
func (p *parsing) buildEdges(n *node, parent *Step) []*Edge {
	var edges []*Edge
	for _, item := range n.list() {
		if item.kind != objectNode {
			continue
		}
		e := &Edge{
			Source:    inside(parent, item.get("source").string()),
			Target:    inside(parent, item.get("target").string()),
			Condition: p.program(p.envs.base, item.get("condition")),
			Text:      item.get("condition").string(),
			Default:   item.get("default").isTrue(),
			OnSkip:    item.get("on_skip").isTrue(),
		}
		if loop := item.get("loop"); loop != nil && loop.kind == boolNode {
			override := loop.isTrue()
			e.loopOverride = &override
		}
		p.edges[e] = item
		edges = append(edges, e)
	}
	return edges
}

// inside is the name in the definition of a step that stands inside a group;
// nil stands for the definition itself.
func inside(group *Step, own string) string {
	if group == nil || own == "" {
		return own
	}
	return group.Name + "." + own
}

// buildEnds resolves the initial and the terminal steps.
func (p *parsing) buildEnds() {
	d, n := p.def, p.root
	d.InitialStep = n.get("initial_step").string()
	if d.InitialStep == "" && len(d.Steps) > 0 {
		d.InitialStep = d.Steps[0].Name
	}
	leaves := map[string]bool{}
	for _, e := range d.Edges {
		leaves[e.Source] = true
	}
	named := map[string]bool{}
	for _, name := range texts(n.get("terminal_steps")) {
		named[name] = true
	}
	listed := n.get("terminal_steps") != nil
	for _, s := range d.Steps {
		s.Terminal = named[s.Name] || !listed && !leaves[s.Name]
		if s.Terminal {
			d.TerminalSteps = append(d.TerminalSteps, s.Name)
		}
	}
}

// texts returns the texts of a list.
func texts(n *node) []string {
	var list []string
	for _, item := range n.list() {
		if item.kind == textNode {
			list = append(list, item.text)
		}
	}
	return list
}

func principals(n *node) Principals {
	return Principals{Users: texts(n.get("users")), Groups: texts(n.get("groups"))}
}

// whole reads a whole number between low and high; other numbers are reported.
func (p *parsing) whole(n *node, low, high, otherwise int) int {
	if n == nil || n.kind != numberNode {
		return otherwise
	}
	v, err := strconv.Atoi(n.text)
	if err != nil || v < low || v > high {
		p.fault(n, "wrong_value.whole", n.key, low, high)
		return otherwise
	}
	return v
}

// clipped shortens a text for a message.
func clipped(text string) string {
	if utf8.RuneCountInString(text) <= 60 {
		return text
	}
	return string([]rune(text)[:60]) + "…"
}

// InWords turns a name into words: "by_hand" into "By hand".
func InWords(name string) string {
	words := strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' }), " ")
	if words == "" {
		return name
	}
	return say.Capital(words)
}

// decimal reads a number between low and high; others are reported.
func (p *parsing) decimal(n *node, low, high, otherwise float64) float64 {
	if n == nil || n.kind != numberNode {
		return otherwise
	}
	v, err := strconv.ParseFloat(n.text, 64)
	if err != nil || !(v >= low && v <= high) {
		p.fault(n, "wrong_value.number", n.key, low, high)
		return otherwise
	}
	return v
}
