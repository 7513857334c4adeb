package workflow

import (
	"encoding/json"
	"fmt"
	"slices"
)

// firing gives the edges that fire after a step.
func (d *decider) firing(e Execution, step *Step) ([]*Edge, error) {
	if step.Gateway != nil && step.Gateway.Condition != nil && e.Status != StepSkipped {
		return d.chosen(e, step)
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
		ok, err := d.holds(e, edge)
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

func (d *decider) holds(e Execution, edge *Edge) (bool, error) {
	if edge.Condition == nil {
		return true, nil
	}
	ok, err := edge.Condition.EvalBool(noDeadline, d.varsAt(e))
	if err != nil {
		return false, fmt.Errorf("edge to %q: %w", edge.Target, err)
	}
	return ok, nil
}

// chosen gives the edges to the targets that a gateway's condition names.
func (d *decider) chosen(e Execution, step *Step) ([]*Edge, error) {
	v, err := step.Gateway.Condition.Eval(noDeadline, d.varsAt(e))
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
