package workflow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"tandem/internal/form"
)

// dataMap decodes the instance's data once for each decision.
func (d *decider) dataMap() map[string]any {
	if d.data == nil {
		v, _ := DecodeJSON(d.in.Data)
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
	value, err := DecodeJSON(e.Output)
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
	result, err := DecodeJSON(e.Output)
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

// anyJSON takes every JSON value that can be kept: no U+0000, no half of a
// surrogate pair, no member written twice.
var anyJSON = func() *form.Form {
	f, err := form.Compile(nil, nil)
	if err != nil {
		panic(fmt.Sprintf("workflow: the form without a schema: %v", err))
	}
	return f
}()

// DecodeJSON decodes one JSON value with its numbers as they are written. No
// bytes give nil.
func DecodeJSON(raw json.RawMessage) (any, error) {
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
