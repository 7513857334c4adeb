package workflow

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"tandem/internal/form"
	"tandem/internal/workflow/expr"
	"tandem/internal/workflow/say"
)

// compileEnvironments makes what compiles expressions, once the steps' names are
// known.
func (p *parsing) compileEnvironments() bool {
	names := make([]string, 0, len(p.def.Steps))
	for _, s := range p.def.Steps {
		names = append(names, s.Name)
	}
	var err error
	if p.envs, err = newEnvironments(names, p.opts.Functions); err != nil {
		p.broken = err
		return false
	}
	p.leave()
	return true
}

// buildStep fills a step with what its node says.
func (p *parsing) buildStep(s *Step, n *node) {
	p.enter(s, n)
	defer p.leave()
	s.Title = p.text(n.get("title"))
	s.Description = p.text(n.get("description"))
	s.Label = InWords(s.Own)
	if s.Title != nil && s.Title.IsLiteral() && strings.TrimSpace(s.Title.Source()) != "" {
		s.Label = s.Title.Source()
	}
	s.When = p.program(p.around, n.get("when"))
	s.Each = p.each(n, s)
	s.Retry = p.retryPolicy(n.get("retry"))
	s.Join = JoinMode(n.get("join").string())
	s.Output = p.output(n.get("output"))
	s.Set = p.assignments(n.get("set"))
	s.Overwrite = n.get("overwrite").isTrue()
	s.Timeout = p.timeout(n.get("timeout"))
	s.Terminate = n.get("terminate").isTrue()
	s.MaxVisits = p.whole(n.get("max_visits"), 1, 1_000_000, DefaultMaxVisits)
	s.OnFailure = p.failureHandlers(n.get("on_failure"), s.Parent)
	p.def.hasItems = p.def.hasItems || s.Each != nil
	p.def.hasChildren = p.def.hasChildren || s.Type == StepWorkflow
	switch s.Type {
	case StepMachine:
		s.Machine = p.machine(n)
	case StepHuman:
		s.Human = p.human(n, s.Parent)
	case StepTimer:
		s.Timer = p.timer(n)
	case StepWebhook:
		s.Webhook = p.webhook(n, s.Parent)
	case StepGateway:
		s.Gateway = p.gateway(n)
	case StepWorkflow:
		s.Workflow = p.workflow(n)
	case StepGroup:
		p.group(n, s)
	}
}

// enter says what the expressions of a step may read, beside what all may.
func (p *parsing) enter(s *Step, n *node) {
	var names []string
	if p.inSequence(s) {
		names = append(names, "result")
	}
	p.around = p.env(names...)
	if n.get("for_each") != nil {
		names = append(names, "item", "index")
	}
	p.extra = names
	p.here = p.env(names...)
}

func (p *parsing) leave() { p.around, p.here, p.extra = p.envs.base, p.envs.base, nil }

// env is the environment of expressions that read more than all may.
func (p *parsing) env(extra ...string) *expr.Env { return p.envs.with(extra) }

// own is the environment of expressions of the step at hand that read more.
func (p *parsing) own(extra ...string) *expr.Env {
	return p.env(slices.Concat(p.extra, extra)...)
}

// inSequence reports whether the step gets a result from its group.
func (p *parsing) inSequence(s *Step) bool {
	if s.Parent == nil {
		return false
	}
	mode := p.steps[s.Parent].get("mode").string()
	return mode == string(GroupSequential) || mode == "" || p.steps[s] == p.steps[s.Parent].get("callback")
}

func (p *parsing) output(n *node) string {
	if n == nil || n.kind != textNode {
		return ""
	}
	if n.text != "." {
		p.name(n, dataKey, "part.title.data_key")
	}
	return n.text
}

func (p *parsing) assignments(n *node) []Assignment {
	if n == nil || n.kind != objectNode {
		return nil
	}
	var list []Assignment
	for _, f := range n.fields {
		if !dataKey.MatchString(f.name) {
			p.faultKey(f, "bad_name", clipped(f.name), say.Of("part.title.data_key"), nameRules[dataKey])
		}
		if kindAccept[f.value.kind]&(acceptScalar|acceptNull) == 0 {
			p.fault(f.value, "wrong_type.set", f.value.kind)
			continue
		}
		value := f.value
		if value.kind == nullNode {
			value.kind, value.text = textNode, "null"
		}
		list = append(list, Assignment{Key: f.name, Value: p.program(p.env("result"), value)})
	}
	return list
}

func (p *parsing) failureHandlers(n *node, group *Step) []Handler {
	var list []Handler
	for _, item := range n.list() {
		if item.kind == objectNode {
			list = append(list, Handler{When: p.program(p.env("error"), item.get("when")), Step: inside(group, item.get("step").string())})
		}
	}
	return list
}

func (p *parsing) machine(n *node) *Machine {
	m := &Machine{
		Action:      n.get("action").string(),
		With:        p.with(n),
		SuccessWhen: p.program(p.own("result"), n.get("success_when")),
		OnLost:      n.get("on_lost").string(),
	}
	if m.OnLost == "" {
		m.OnLost = "retry"
	}
	if m.With != nil {
		m.secrets = m.With.Kept()
	}
	m.Queue = p.queue(n.get("queue"))
	p.checkAction(n.get("action"))
	m.Topic = p.topic(n)
	return m
}

// queue reads the name of a queue.
func (p *parsing) queue(n *node) string {
	name := p.name(n, queueName, "part.title.queue")
	if len(name) > maxQueue {
		p.fault(n, "bad_name.queue_long", len(name), maxQueue)
	}
	return cmp.Or(name, DefaultQueue)
}

func (p *parsing) checkAction(n *node) {
	if n == nil || n.kind != textNode || slices.Contains(builtinActions, n.text) || p.opts.Actions[n.text] {
		return
	}
	known := slices.Clone(builtinActions)
	for name, on := range p.opts.Actions {
		if on && !slices.Contains(known, name) {
			known = append(known, name)
		}
	}
	slices.Sort(known)
	if hint := didYouMean(n.text, known); !hint.IsZero() {
		p.fault(n, "unknown_action", clipped(n.text), hint)
		return
	}
	p.fault(n, "unknown_action.known", clipped(n.text), strings.Join(known, ", "))
}

func (p *parsing) human(n *node, group *Step) *Human {
	h := &Human{
		Assignee:        p.setting(n.get("assignee")),
		CandidateUsers:  p.settings(n.get("candidate_users")),
		CandidateGroups: p.settings(n.get("candidate_groups")),
		Anyone:          n.get("anyone").isTrue(),
		Guests:          p.guests(n.get("guests")),
		Exclude:         p.settings(n.get("exclude")),
		Due:             p.duration(n.get("due")),
		Remind:          p.duration(n.get("remind")),
		Escalate:        p.escalate(n.get("escalate")),
		Priority:        p.setting(n.get("priority")),
		OnTimeout:       p.onTimeout(n.get("on_timeout"), group),
	}
	if s := h.Priority; s != nil && s.Program == nil {
		if _, err := s.Int(nil); err != nil {
			p.fault(n.get("priority"), "wrong_value.priority")
		}
	}
	for _, item := range n.get("outcomes").list() {
		p.addOutcome(h, item)
	}
	h.ConfirmOn = p.confirmOn(n)
	f := n.get("form")
	h.FormSchema, h.Form = p.schemaForm(f.get("schema"), f.get("ui"))
	h.FormUI = f.get("ui").json()
	return h
}

// maxConfirm bounds the expressions of confirm_on.
const maxConfirm = 20

func (p *parsing) confirmOn(n *node) []*expr.Program {
	on := n.get("confirm_on")
	switch {
	case on == nil || on.kind != listNode:
		return nil
	case n.get("for_each") == nil:
		p.fault(on, "unused.confirm_on")
	case len(on.items) > maxConfirm:
		p.fault(on, "too_large.confirm_on", maxConfirm, len(on.items))
		return nil
	}
	var list []*expr.Program
	for _, item := range on.items {
		if program := p.program(p.around, item); program != nil {
			list = append(list, program)
		}
	}
	p.def.confirms = p.def.confirms || len(list) > 0
	return list
}

func (p *parsing) escalate(n *node) *Escalate {
	if n == nil || n.kind != objectNode {
		return nil
	}
	e := &Escalate{
		After:  p.duration(n.get("after")),
		Users:  p.settings(n.get("users")),
		Groups: p.settings(n.get("groups")),
	}
	if len(e.Users)+len(e.Groups) == 0 {
		p.fault(n, "wrong_value.escalate")
	}
	return e
}

func (p *parsing) addOutcome(h *Human, n *node) {
	var o Outcome
	switch n.kind {
	case textNode:
		o.Name = p.name(n, outcomeName, "part.title.outcome")
	case objectNode:
		o.Name = p.name(n.get("name"), outcomeName, "part.title.outcome")
		o.Title = n.get("title").string()
		p.outcomeSchema(&o, n)
	default:
		return
	}
	if o.Title == "" {
		o.Title = InWords(o.Name)
	}
	if o.Name != "" && h.Outcome(o.Name) != nil {
		p.fault(n, "duplicate_outcome", o.Name)
	}
	h.Outcomes = append(h.Outcomes, o)
}

// outcomeSchema reads `validate`: full, none, or a schema of its own, which may
// also stand under `schema`.
func (p *parsing) outcomeSchema(o *Outcome, n *node) {
	validate, own := n.get("validate"), n.get("schema")
	switch {
	case validate == nil:
	case own != nil && validate.text != "full":
		p.fault(validate, "wrong_value.outcome")
	case validate.kind == objectNode:
		own = validate
	case validate.text == "none":
		o.SkipSchema = true
	case validate.kind == textNode && validate.text != "full":
		p.fault(validate, "wrong_value.validate", clipped(validate.text))
	}
	if own != nil {
		_, o.Form = p.schemaForm(own, nil)
	}
}

func (p *parsing) onTimeout(n *node, group *Step) *OnTimeout {
	if n == nil || n.kind != objectNode {
		return nil
	}
	t := &OnTimeout{Outcome: n.get("outcome").string(), Step: inside(group, n.get("step").string())}
	if (t.Outcome == "") == (t.Step == "") {
		p.fault(n, "wrong_value.on_timeout")
	}
	return t
}

func (p *parsing) timer(n *node) *Timer {
	t := &Timer{
		Duration: p.duration(n.get("duration")), Until: p.setting(n.get("until")), Cron: p.setting(n.get("cron")),
	}
	given := 0
	for _, key := range []string{"duration", "until", "cron"} {
		if n.get(key) != nil {
			given++
		}
	}
	if given != 1 {
		p.fault(n, "timer_keys")
	}
	if s := t.Until; s != nil && s.Program == nil && !strings.Contains(s.Text, "{{") {
		if _, err := parseTime(s.Text); err != nil {
			p.faultOf(n.get("until"), "bad_time", err)
		}
	}
	if s := t.Cron; s != nil && s.Program == nil && !strings.Contains(s.Text, "{{") {
		if _, err := ParseCron(s.Text); err != nil {
			p.faultOf(n.get("cron"), "bad_cron", err)
		}
	}
	return t
}

func (p *parsing) webhook(n *node, group *Step) *Webhook {
	w := &Webhook{OnTimeout: p.onTimeout(n.get("on_timeout"), group), Message: p.stepMessage(n.get("message")), Verify: p.verify(n.get("verify"))}
	w.Schema, w.Form = p.schemaForm(n.get("schema"), nil)
	if n.get("schema") == nil {
		w.Form = nil
	}
	return w
}

func (p *parsing) gateway(n *node) *Gateway {
	g := &Gateway{Mode: GatewayMode(n.get("mode").string()), Condition: p.program(p.here, n.get("condition"))}
	if g.Mode == "" {
		g.Mode = GatewayExclusive
	}
	return g
}

// schemaForm compiles a schema and its hints; what is wrong with them is
// reported at its place in the document. Without a schema the form has no
// fields.
func (p *parsing) schemaForm(schema, ui *node) (json.RawMessage, *form.Form) {
	if schema == nil || kindAccept[schema.kind]&(acceptObject|acceptBool) == 0 {
		empty, err := form.Compile(nil, nil)
		if err != nil {
			return nil, nil
		}
		return nil, empty
	}
	compiled, err := form.Compile(schema.json(), ui.json())
	var invalid *form.SchemaError
	switch {
	case errors.As(err, &invalid):
		for _, problem := range invalid.Problems {
			p.fault(schema.below(problem.Pointer), "bad_schema", say.Sentence(problem))
		}
	case err != nil:
		p.fault(schema, "bad_schema", say.Sentence(sayerOf(err)))
	case ui != nil:
		for _, problem := range form.CheckHints(schema.value(), ui.value()) {
			p.warnings = add(p.warnings, ui.below(problem.Pointer).problemOf("unknown_hint", say.Sentence(problem)))
		}
	}
	return schema.json(), compiled
}
