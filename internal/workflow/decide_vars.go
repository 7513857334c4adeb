package workflow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"tandem/internal/form"
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

// varsOf is what the expressions of an execution's step see: an item of a
// for_each its item and index, a step of a group the result before it.
func (d *decider) varsOf(e Execution) scope {
	v := d.vars()
	holder := e
	if e.Role == EachItem {
		holder, _ = d.exec(e.Scope)
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
	v, _ := decodeJSON(d.execOrNeed(e.ArrivedFrom[0]).Output)
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
		v, err := decodeJSON(d.in.Input)
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

// dataMap decodes the instance's data once for each decision.
func (d *decider) dataMap() map[string]any {
	if d.data == nil {
		v, _ := decodeJSON(d.in.Data)
		d.data, _ = v.(map[string]any)
		if d.data == nil {
			d.data = map[string]any{}
		}
	}
	return d.data
}

// dataText is the instance's data as it will be stored.
func (d *decider) dataText() json.RawMessage {
	if d.t.DataChanged {
		return mustJSON(d.data)
	}
	return d.in.Data
}

// setData replaces the given keys; the map before stays as it was.
func (d *decider) setData(keys map[string]any) error {
	if len(keys) == 0 {
		return nil
	}
	data := maps.Clone(d.dataMap())
	maps.Copy(data, keys)
	if _, err := boundedJSON(data, MaxData, "data"); err != nil {
		return err
	}
	d.data, d.t.DataChanged, d.touched = data, true, true
	return nil
}

// keepOutput keeps a result in data as the step's `output` says.
func (d *decider) keepOutput(e Execution, step *Step) error {
	if step.Output == "" {
		return nil
	}
	value, err := decodeJSON(e.Output)
	if err != nil {
		return err
	}
	if step.Output != "." {
		return d.setData(map[string]any{step.Output: value})
	}
	object, ok := value.(map[string]any)
	if !ok {
		return errors.New(`output: "." needs an object as the result`)
	}
	if keys := step.declaredKeys(); keys != nil {
		object = maps.Clone(object)
		maps.DeleteFunc(object, func(k string, _ any) bool { return !slices.Contains(keys, k) })
	} else if err := d.mayMerge(object, step); err != nil {
		return err
	}
	return d.setData(object)
}

// mayMerge refuses a result without a schema whose keys belong to input_schema
// or to another step: where a schema names the keys, loading has judged them.
func (d *decider) mayMerge(object map[string]any, step *Step) error {
	if step.Overwrite {
		return nil
	}
	taken := schemaKeys(d.def.InputSchema)
	for _, other := range d.def.all {
		if other == step {
			continue
		}
		taken = append(append(taken, other.Output), other.declaredKeys()...)
		for _, a := range other.Set {
			taken = append(taken, a.Key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if slices.Contains(taken, key) {
			return fmt.Errorf(`output: "." would write %q, which belongs to the start data or to another step; give the step overwrite: true if that is meant`, key)
		}
	}
	return nil
}

// declaredKeys are the properties that the step's schema names, nil when it
// has no schema.
func (s *Step) declaredKeys() []string {
	switch {
	case s.Human != nil && s.Human.FormSchema != nil:
		return schemaKeys(s.Human.FormSchema)
	case s.Webhook != nil && s.Webhook.Schema != nil:
		return schemaKeys(s.Webhook.Schema)
	}
	return nil
}

func schemaKeys(schema json.RawMessage) []string {
	var s struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if json.Unmarshal(schema, &s) != nil {
		return nil
	}
	return append([]string{}, slices.Sorted(maps.Keys(s.Properties))...) // never nil: a schema may name none
}

// assign writes the step's `set`: every value is computed on the state before.
func (d *decider) assign(e Execution, step *Step) error {
	if len(step.Set) == 0 {
		return nil
	}
	result, err := decodeJSON(e.Output)
	if err != nil {
		return err
	}
	vars := d.varsOf(e).with("result", result)
	keys := map[string]any{}
	for _, a := range step.Set {
		v, err := a.Value.Eval(noDeadline, vars)
		if err != nil {
			return fmt.Errorf("set %s: %w", a.Key, err)
		}
		keys[a.Key] = v
	}
	return d.setData(keys)
}

// firing gives the edges that fire after a step.
func (d *decider) firing(e Execution, step *Step) ([]*Edge, error) {
	if step.Gateway != nil && step.Gateway.Condition != nil && e.Status != StepSkipped {
		return d.chosen(step)
	}
	var fired []*Edge
	var fallback *Edge
	for _, edge := range d.def.graphAround(step).Next(step.Name) {
		if edge.Default {
			fallback = edge
			continue
		}
		if edge.OnSkip && e.Status != StepSkipped {
			continue
		}
		ok, err := d.holds(edge)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		fired = append(fired, edge)
		if step.Gateway != nil && step.Gateway.Mode == GatewayExclusive {
			return fired, nil
		}
	}
	if len(fired) == 0 && fallback != nil {
		fired = append(fired, fallback)
	}
	return fired, nil
}

func (d *decider) holds(edge *Edge) (bool, error) {
	if edge.Condition == nil {
		return true, nil
	}
	ok, err := edge.Condition.EvalBool(noDeadline, d.vars())
	if err != nil {
		return false, fmt.Errorf("edge to %q: %w", edge.Target, err)
	}
	return ok, nil
}

// chosen gives the edges to the targets that a gateway's condition names.
func (d *decider) chosen(step *Step) ([]*Edge, error) {
	v, err := step.Gateway.Condition.Eval(noDeadline, d.vars())
	if err != nil {
		return nil, fmt.Errorf("condition: %w", err)
	}
	names, err := targetNames(v, step.Gateway.Mode)
	if err != nil {
		return nil, err
	}
	var fired []*Edge
	for _, name := range names {
		next := d.def.graphAround(step).Next(step.Name)
		i := slices.IndexFunc(next, func(e *Edge) bool { return d.def.Step(e.Target).Own == name })
		if i < 0 {
			return nil, fmt.Errorf("the condition names %q, which no edge of %q leads to", name, step.Name)
		}
		fired = append(fired, next[i])
	}
	return fired, nil
}

func targetNames(v any, mode GatewayMode) ([]string, error) {
	if name, ok := v.(string); ok {
		return []string{name}, nil
	}
	list, ok := v.([]any)
	if !ok || mode != GatewayInclusive {
		return nil, fmt.Errorf("the condition must give the name of a target, not %s", typeName(v))
	}
	var names []string
	for _, item := range list {
		name, ok := item.(string)
		if !ok {
			return nil, fmt.Errorf("the condition must give names of targets, not %s", typeName(item))
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "true or false"
	case json.Number:
		return "a number"
	case string:
		return "a text"
	case []any:
		return "a list"
	}
	return "an object"
}

// stepValues gives `steps`: every step that expressions refer to, with every
// key, null before it ran.
func (d *decider) stepValues() map[string]any {
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
	if out, err := decodeJSON(e.Output); err == nil {
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

// anyJSON takes every JSON value that can be kept: no U+0000, no half of a
// surrogate pair, no member written twice.
var anyJSON = func() *form.Form {
	f, err := form.Compile(nil, nil)
	if err != nil {
		panic(fmt.Sprintf("workflow: the form without a schema: %v", err))
	}
	return f
}()

// decodeJSON decodes one JSON value with its numbers as they are written. No
// bytes give nil.
func decodeJSON(raw json.RawMessage) (any, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	return v, nil
}

func isObject(v any) bool {
	_, ok := v.(map[string]any)
	return ok
}

// boundedJSON encodes a value of at most limit bytes.
func boundedJSON(v any, limit int, what string) (json.RawMessage, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be kept as JSON: %w", what, err)
	}
	if len(raw) > limit {
		return nil, &StepError{Code: "too_large", Message: fmt.Sprintf(
			"%s has %d bytes; at most %d are kept", what, len(raw), limit)}
	}
	return raw, nil
}

var _ expr.Vars = scope{}
