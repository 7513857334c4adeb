package form

import (
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawShape draws a schema whose form follows the data, with a valid value.
func drawShape(t *rapid.T, depth int) drawn {
	if depth > 3 {
		return drawLeaf(t)
	}
	switch rapid.IntRange(0, 8).Draw(t, "shape") {
	case 0:
		return drawList(t, depth)
	case 1:
		return drawTuple(t, depth)
	case 2:
		return drawMap(t, depth)
	case 3:
		return drawBranches(t, depth)
	case 4:
		return drawCondition(t, depth)
	case 5:
		d := drawMembers(t, depth)
		d.schema["type"] = []any{"object", "null"}
		if rapid.Bool().Draw(t, "null") {
			d.value = nil
		}
		return d
	case 6:
		d := drawShape(t, depth+1)
		return drawn{map[string]any{"anyOf": []any{d.schema, map[string]any{"type": "null"}}}, d.value}
	case 7:
		return drawMembers(t, depth)
	}
	return drawLeaf(t)
}

func drawLeaf(t *rapid.T) drawn {
	for {
		d := drawProperty(t, 9)
		if _, fixed := d.schema["const"]; !fixed && len(d.schema) > 0 {
			return d
		}
	}
}

func drawList(t *rapid.T, depth int) drawn {
	item := drawShape(t, depth+1)
	list := []any{}
	for range rapid.IntRange(0, 3).Draw(t, "items") {
		list = append(list, item.value)
	}
	return drawn{map[string]any{"type": "array", "items": item.schema}, list}
}

func drawTuple(t *rapid.T, depth int) drawn {
	schemas, list := []any{}, []any{}
	for range rapid.IntRange(1, 3).Draw(t, "places") {
		d := drawShape(t, depth+1)
		schemas, list = append(schemas, d.schema), append(list, d.value)
	}
	return drawn{map[string]any{"type": "array", "prefixItems": schemas, "items": false}, list[:rapid.IntRange(0, len(list)).Draw(t, "filled")]}
}

func drawMap(t *rapid.T, depth int) drawn {
	member := drawShape(t, depth+1)
	obj := map[string]any{}
	for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b.c", "_d", "~e", "", "f[0]"}), 0, 3, rapid.ID[string]).Draw(t, "keys") {
		obj[key] = member.value
	}
	schema := map[string]any{"type": "object", "additionalProperties": member.schema}
	if rapid.Bool().Draw(t, "by pattern") {
		schema = map[string]any{"type": "object", "patternProperties": map[string]any{"": member.schema}}
	}
	return drawn{schema, obj}
}

func drawBranches(t *rapid.T, depth int) drawn {
	var options []any
	var values []any
	for _, kind := range []string{"x", "y", "z"}[:rapid.IntRange(2, 3).Draw(t, "branches")] {
		inner := drawShape(t, depth+1)
		options = append(options, map[string]any{"type": "object", "required": []any{"kind", "in"},
			"properties": map[string]any{"kind": map[string]any{"const": kind}, "in": inner.schema}})
		values = append(values, map[string]any{"kind": kind, "in": inner.value})
	}
	return drawn{map[string]any{"oneOf": options}, rapid.SampledFrom(values).Draw(t, "branch")}
}

func drawCondition(t *rapid.T, depth int) drawn {
	then, otherwise := drawShape(t, depth+1), drawShape(t, depth+1)
	branch := func(key string, d drawn) map[string]any {
		return map[string]any{"properties": map[string]any{key: d.schema}, "required": []any{key}}
	}
	schema := map[string]any{"type": "object", "required": []any{"on"}, "properties": map[string]any{"on": map[string]any{"type": "boolean"}},
		"if": map[string]any{"properties": map[string]any{"on": map[string]any{"const": true}}}, "then": branch("t", then), "else": branch("e", otherwise)}
	if rapid.Bool().Draw(t, "on") {
		return drawn{schema, map[string]any{"on": true, "t": then.value}}
	}
	return drawn{schema, map[string]any{"on": false, "e": otherwise.value}}
}

func drawMembers(t *rapid.T, depth int) drawn {
	props, value, required := map[string]any{}, map[string]any{}, []any{}
	for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b.c", "_d", "e[0]", ""}), 1, 3, rapid.ID[string]).Draw(t, "keys") {
		d := drawShape(t, depth+1)
		props[key], value[key] = d.schema, d.value
		if rapid.Bool().Draw(t, "required") {
			required = append(required, key)
		}
	}
	return drawn{map[string]any{"type": "object", "properties": props, "required": required}, value}
}

// The checks that hold for every schema: what is shown and sent back unchanged
// is the same, with the fields and as JSON, whatever button was pressed before.
func TestForm_round_trip_of_shapes(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("X", -3*3600)
	rapid.Check(t, func(t *rapid.T) {
		d := drawMembers(t, 0)
		f, err := Compile([]byte(encodeJSON(d.schema, "")), nil)
		if err != nil {
			t.Fatal(err)
		}
		if errs := f.Validate(d.value, Full); errs != nil {
			t.Skip("not a valid value")
		}
		opts := DecodeOptions{Stored: d.value, Zone: zone}
		shown := f.Show(State{Stored: d.value, Zone: zone})
		sent := submission(shown)
		got, errs := f.Submit(sent, opts, Full)
		if diff := cmp.Diff(d.value, got); diff != "" || errs != nil {
			t.Fatalf("schema %s\nsent %v\nerrors %v, value (-stored +got):\n%s", encodeJSON(d.schema, ""), sent, messages(errs), diff)
		}
		if diff := cmp.Diff(sent, submission(f.Show(State{Stored: d.value, Values: sent, Zone: zone}))); diff != "" {
			t.Fatalf("schema %s\nshown again (-sent +sent again):\n%s", encodeJSON(d.schema, ""), diff)
		}
		asJSON := f.Act(sent, "json:~", opts).Values
		back := f.Act(asJSON, "form:~", opts).Values
		again, errs := f.Submit(back, opts, Full)
		if diff := cmp.Diff(d.value, again); diff != "" || errs != nil {
			t.Fatalf("schema %s\nback from JSON as %v: errors %v, value (-stored +got):\n%s", encodeJSON(d.schema, ""), back, messages(errs), diff)
		}
		pressSome(t, f, sent, opts)
	})
}

// pressSome presses buttons at random: whatever comes of it is shown again as it
// was sent, and every error at a control that is there.
func pressSome(t *rapid.T, f *Form, sent url.Values, opts DecodeOptions) {
	for range 4 {
		st := State{Stored: opts.Stored, Values: sent, Zone: opts.Zone}
		actions := actionsOf(f.Show(st).Fields)
		if len(actions) == 0 {
			return
		}
		a := rapid.SampledFrom(actions).Draw(t, "button")
		st.Values = f.Act(sent, a.Op, opts).Values
		sent = submission(f.Show(st))
		_, errs := f.Submit(sent, opts, Full)
		st.Values, st.Errors = sent, errs
		shown := f.Show(st)
		if diff := cmp.Diff(map[string][]string(submission(shown)), map[string][]string(sent)); diff != "" {
			t.Fatalf("after %s:\n%s", a.Op, diff)
		}
		at := shownErrors(shown.Fields, map[string][]string{})
		for _, item := range shown.Summary {
			if item.Target != "" && len(at[item.Target]) == 0 {
				t.Fatalf("after %s %q is not shown at %s", a.Op, item.Message, item.Target)
			}
		}
	}
}
