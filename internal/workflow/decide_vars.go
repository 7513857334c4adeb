package workflow

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"tandem/internal/workflow/expr"
)

// noDeadline is the context of evaluations inside a decision: expressions bring
// their own limits of cost and time.
var noDeadline = context.Background()

// scope is what expressions see: the instance as this decision sees it, and
// what the place of the expression adds (error, result).
type scope struct {
	d     *decider
	extra map[string]any // a func() any gives its value when it is asked for
}

func (d *decider) vars() scope { return scope{d: d} }

// varsAt is what is seen at an execution: itself under steps, also while a later
// visit of its step is under way.
func (d *decider) varsAt(e Execution) scope {
	if d.in.State.Steps[e.Step].Visits <= e.Visit {
		return d.vars()
	}
	return d.vars().with("steps", func() any { return d.stepValues(e) })
}

// varsOf is what the expressions of an execution's step see: an item of a
// for_each its item and index, a step of a group the result before it.
func (d *decider) varsOf(e Execution) scope {
	holder := e
	if e.Role == EachItem {
		holder, _ = d.exec(e.Scope)
	}
	v := d.varsAt(holder)
	if e.Role == EachItem {
		index := e.Index
		v = v.with("index", int64(index)).with("item", func() any { return d.item(holder, index) })
	}
	if step := d.def.Step(e.Step); step != nil && step.takesResult() {
		v = v.with("result", func() any { return d.resultBefore(holder, step) })
	}
	return v
}

func (d *decider) item(holder Execution, index int) any {
	if items := d.list(holder); index < len(items) {
		return items[index]
	}
	return nil
}

// takesResult reports whether the step gets a result from its group: in a
// sequence that of the step before, as a callback the list of all.
func (s *Step) takesResult() bool {
	return s.Parent != nil && (s.Parent.Group.Mode == GroupSequential || s == s.Parent.Group.Callback)
}

func (d *decider) resultBefore(e Execution, step *Step) any {
	group, _ := d.exec(e.Scope)
	if step == step.Parent.Group.Callback {
		return d.outputs(group, step.Parent.Group)
	}
	if len(e.ArrivedFrom) == 0 || e.ArrivedFrom[0] == group.ID {
		return nil
	}
	v, _ := DecodeJSON(d.execOrNeed(e.ArrivedFrom[0]).Output)
	return v
}

// groups lists the groups around a step, the outermost first.
func (s *Step) groups() []*Step {
	var list []*Step
	for g := s.Parent; g != nil; g = g.Parent {
		list = append(list, g)
	}
	slices.Reverse(list)
	return list
}

func (s scope) with(name string, value any) scope {
	extra := maps.Clone(s.extra)
	if extra == nil {
		extra = map[string]any{}
	}
	extra[name] = value
	return scope{d: s.d, extra: extra}
}

// Lookup gives the value of one variable of an expression.
func (s scope) Lookup(name string) (any, bool) {
	if v, ok := s.extra[name]; ok {
		if give, late := v.(func() any); late {
			v = give()
		}
		return v, true
	}
	d := s.d
	switch name {
	case "data", "context":
		return d.dataMap(), true
	case "input":
		v, err := DecodeJSON(d.in.Input)
		return v, err == nil
	case "steps":
		if d.steps == nil {
			d.steps = d.stepValues()
		}
		return d.steps, true
	case "instance":
		return d.instanceValue(), true
	case "hooks":
		return d.hookValues(), true
	case "now":
		return d.env.Now, true
	}
	return nil, false
}

// stepValues gives `steps`: every step that expressions refer to, with every
// key, null before it ran; of several visits the latest, or one of own.
func (d *decider) stepValues(own ...Execution) map[string]any {
	latest := map[string]Execution{}
	note := func(e Execution) {
		if known, ok := latest[e.Step]; e.Role != EachItem && (!ok || e.Visit > known.Visit) {
			latest[e.Step] = e
		}
	}
	for id, e := range d.snap.Executions {
		if _, changed := d.execs[id]; !changed {
			note(e)
		}
	}
	for _, row := range d.execs {
		note(row.Value)
	}
	for _, e := range own {
		latest[e.Step], _ = d.exec(e.ID)
	}
	values := make(map[string]any, len(d.def.ReferencedSteps()))
	for _, name := range d.def.ReferencedSteps() {
		e, ran := latest[name]
		d.placeStep(values, d.def.Step(name), stepValue(e, ran))
	}
	return values
}

// placeStep puts a step's value where expressions look for it: steps.NAME, or
// steps.GROUP.steps.NAME. ReferencedSteps names groups before their steps.
func (d *decider) placeStep(values map[string]any, s *Step, value map[string]any) {
	if s.Group != nil {
		value["steps"] = map[string]any{}
	}
	for _, group := range s.groups() {
		around, ok := values[group.Own].(map[string]any)
		if !ok {
			return // nobody reads the group
		}
		values = around["steps"].(map[string]any)
	}
	values[s.Own] = value
}

func stepValue(e Execution, ran bool) map[string]any {
	v := map[string]any{
		"status": nil, "output": nil, "outcome": nil, "error": nil,
		"completed_by": nil, "completed_at": nil, "attempts": nil, "visit": nil,
	}
	if !ran {
		return v
	}
	v["status"] = string(e.Status)
	v["visit"], v["attempts"] = int64(e.Visit), int64(e.Attempt)
	if out, err := DecodeJSON(e.Output); err == nil {
		v["output"] = out
	}
	if e.Outcome != "" {
		v["outcome"] = e.Outcome
	}
	if e.CompletedBy != "" {
		v["completed_by"] = e.CompletedBy
	}
	if e.CompletedAt != nil {
		v["completed_at"] = *e.CompletedAt
	}
	if e.Error != nil {
		v["error"] = errorValue(e.Error)
	}
	return v
}

func errorValue(e *StepError) map[string]any {
	return map[string]any{
		"code": e.Code, "message": e.Message, "status": int64(e.Status), "attempt": int64(e.Attempt),
	}
}

func (d *decider) instanceValue() map[string]any {
	v := map[string]any{
		"id": d.in.ID.String(), "started_by": d.in.CreatedBy, "started_at": nil,
		"correlation_id": d.in.CorrelationID, "tenant_id": d.in.Tenant,
	}
	if d.in.StartedAt != nil {
		v["started_at"] = *d.in.StartedAt
	}
	return v
}

// hookValues gives `hooks`: the URL of each webhook step's visit that waits or
// comes next.
func (d *decider) hookValues() map[string]any {
	values := map[string]any{}
	for _, step := range d.def.Steps {
		d.placeHook(values, step)
	}
	return values
}

// maxHookURLs bounds the URLs that hooks.STEP lists for a step with for_each.
const maxHookURLs = 1000

// placeHook puts the URL of a step's webhook, or those inside a group, into
// values.
func (d *decider) placeHook(values map[string]any, s *Step) {
	switch {
	case d.env.HookURL == nil:
	case s.Group != nil:
		inner := map[string]any{}
		for _, step := range s.Group.Steps {
			d.placeHook(inner, step)
		}
		values[s.Own] = map[string]any{"steps": inner}
	case s.Webhook == nil:
	case s.Each != nil:
		urls := make([]any, maxHookURLs)
		for i := range urls {
			urls[i] = d.hookURL(s, i)
		}
		values[s.Own] = urls
	default:
		values[s.Own] = d.hookURL(s, 0)
	}
}

func (d *decider) hookURL(s *Step, index int) map[string]any {
	return map[string]any{"url": d.env.HookURL(d.in.ID, s.Name, d.hookVisit(s.Name), index)}
}

// hookVisit is the visit that a hook's URL is for.
func (d *decider) hookVisit(step string) int {
	s := d.in.State.Steps[step]
	if s.Live > 0 {
		return s.Visits
	}
	return s.Visits + 1
}

// settingDuration gives a duration of an execution's step that begins now, 0
// for none.
func (d *decider) settingDuration(s *Setting, e Execution) (time.Duration, error) {
	return d.durationFrom(s, e, d.env.Now)
}

// durationFrom gives a duration of an execution's step from when it begins: how
// long workdays are depends on it.
func (d *decider) durationFrom(s *Setting, e Execution, begin time.Time) (time.Duration, error) {
	if s == nil {
		return 0, nil
	}
	span, err := s.Span(d.varsOf(e))
	if err != nil {
		return 0, err
	}
	return d.def.Calendar.After(begin, span).Sub(begin), nil
}

// timerAt gives the time at which a timer fires.
func (d *decider) timerAt(t *Timer, e Execution) (time.Time, error) {
	switch {
	case t.Duration != nil:
		after, err := d.settingDuration(t.Duration, e)
		if err != nil {
			return time.Time{}, fmt.Errorf("duration: %w", err)
		}
		return d.env.Now.Add(after), nil
	case t.Cron != nil:
		c, err := t.Cron.Cron(d.varsOf(e))
		if err != nil {
			return time.Time{}, fmt.Errorf("cron: %w", err)
		}
		return c.Next(d.env.Now, d.def.Calendar.Location()), nil
	}
	at, err := t.Until.Time(d.varsOf(e))
	if err != nil {
		return time.Time{}, fmt.Errorf("until: %w", err)
	}
	return at.UTC(), nil
}

var _ expr.Vars = scope{}
