package form

import (
	"encoding/json"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// constraints are keywords of which some hold for a value and some do not.
var constraints = map[string]func(t *rapid.T) any{
	"minLength": func(t *rapid.T) any { return number(t, 0, 4) },
	"maxLength": func(t *rapid.T) any { return number(t, 1, 6) },
	"pattern": func(t *rapid.T) any {
		return rapid.SampledFrom([]string{"^[a-z]*$", "^(?!null)", "."}).Draw(t, "pattern")
	},
	"minimum":          func(t *rapid.T) any { return number(t, -1, 2) },
	"exclusiveMaximum": func(t *rapid.T) any { return number(t, 1, 9) },
	"multipleOf": func(t *rapid.T) any {
		return json.Number(rapid.SampledFrom([]string{"1", "0.5", "2"}).Draw(t, "factor"))
	},
	"minItems":      func(t *rapid.T) any { return number(t, 0, 2) },
	"maxItems":      func(t *rapid.T) any { return number(t, 1, 3) },
	"uniqueItems":   func(*rapid.T) any { return true },
	"contains":      func(*rapid.T) any { return map[string]any{"type": "string"} },
	"minProperties": func(t *rapid.T) any { return number(t, 0, 2) },
	"maxProperties": func(t *rapid.T) any { return number(t, 1, 3) },
	"propertyNames": func(*rapid.T) any { return map[string]any{"maxLength": json.Number("4")} },
	"additionalProperties": func(*rapid.T) any {
		return false
	},
	"dependentRequired": func(*rapid.T) any { return map[string]any{"a": []any{"b.c"}} },
	"not":               func(*rapid.T) any { return map[string]any{"required": []any{"_d"}} },
}

// constraintsOf tells which kinds of schema a constraint is put on, by their type.
var constraintsOf = map[string][]string{
	"string": {"minLength", "maxLength", "pattern"},
	"number": {"minimum", "exclusiveMaximum", "multipleOf"}, "integer": {"minimum", "exclusiveMaximum", "multipleOf"},
	"array":  {"minItems", "maxItems", "uniqueItems", "contains"},
	"object": {"minProperties", "maxProperties", "propertyNames", "additionalProperties", "dependentRequired", "not"},
}

func number(t *rapid.T, least, most int) any {
	return json.Number(itoa(rapid.IntRange(least, most).Draw(t, "bound")))
}

// constrain puts constraints on some of the schemas inside a schema.
func constrain(t *rapid.T, schema any) {
	switch schema := schema.(type) {
	case []any:
		for _, one := range schema {
			constrain(t, one)
		}
	case map[string]any:
		name, _ := schema["type"].(string)
		if list := constraintsOf[name]; list != nil && rapid.IntRange(0, 2).Draw(t, "constrained") == 0 {
			keyword := rapid.SampledFrom(list).Draw(t, "keyword")
			if _, taken := schema[keyword]; !taken && schema["format"] == nil {
				schema[keyword] = constraints[keyword](t)
			}
		}
		for _, key := range textOrder(nil, schema) {
			if !slices.Contains([]string{"const", "enum", "contains", "not", "propertyNames", "required", "if", "dependentRequired"}, key) {
				constrain(t, schema[key])
			}
		}
	}
}

// damage changes a value somewhere: another type, a member or an item too many
// or too few.
func damage(t *rapid.T, value any) any {
	switch value := value.(type) {
	case map[string]any:
		keys := textOrder(nil, value)
		switch at := rapid.IntRange(-2, len(keys)-1).Draw(t, "member"); {
		case at == -2:
			value["nobody asked"] = "for this"
		case at == -1 && len(keys) > 0:
			delete(value, rapid.SampledFrom(keys).Draw(t, "lost"))
		case at >= 0:
			value[keys[at]] = damage(t, value[keys[at]])
		}
		return value
	case []any:
		switch at := rapid.IntRange(-2, len(value)-1).Draw(t, "item"); {
		case at == -2:
			return append(value, drawScalar.Draw(t, "one more"))
		case at == -1 && len(value) > 0:
			return value[:len(value)-1]
		case at >= 0:
			value[at] = damage(t, value[at])
		}
		return value
	}
	return drawScalar.Draw(t, "something else")
}

// copied gives a value that shares nothing with the one given.
func copied(t rapid.TB, value any) any { return decodeText(t, encodeJSON(value, "")) }

// drawConstrained draws a schema with constraints, and a value that some of them
// may refuse.
func drawConstrained(t *rapid.T) (*Form, any) {
	d := drawMembers(t, 0)
	if rapid.Bool().Draw(t, "flat") {
		d = drawObject(t, 0)
	}
	schema, value := copied(t, d.schema), copied(t, d.value)
	constrain(t, schema)
	if rapid.Bool().Draw(t, "damaged") {
		value = damage(t, value)
	}
	f, err := Compile([]byte(encodeJSON(schema, "")), nil)
	if err != nil {
		t.Fatal(err)
	}
	return f, value
}

// Every valid value can be entered into an empty form, if need be as JSON, and
// nothing invalid passes: each of its errors is at a control that is there.
func TestForm_enters_what_is_valid_and_nothing_else(t *testing.T) {
	t.Parallel()
	valid, invalid := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		f, value := drawConstrained(t)
		text := json.RawMessage(encodeJSON(value, ""))
		if f.Validate(value, Full).Empty() {
			valid++
			checkEntered(t, f, text)
			return
		}
		invalid++
		checkErrors(t, f, text, nil)
		checkRefused(t, f, text)
	})
	if valid == 0 || invalid == 0 {
		t.Errorf("%d valid and %d invalid values were drawn, want some of both", valid, invalid)
	}
}

// checkRefused enters an invalid value into an empty form, as JSON and field by
// field: what comes of it has errors, or is another value that is valid.
func checkRefused(t rapid.TB, f *Form, text json.RawMessage) {
	t.Helper()
	value := decodeText(t, string(text))
	got, errs := f.Submit(f.Typed(value, DecodeOptions{}), DecodeOptions{}, Full)
	if errs.Empty() && !f.Validate(got, Full).Empty() {
		t.Errorf("%s, typed into the fields, passes as %v, which is not valid", text, got)
	}
	shown := f.Show(State{})
	if shown.Switch.Op == "" {
		return
	}
	asJSON := f.Act(submission(shown), shown.Switch.Op, DecodeOptions{}).Values
	asJSON.Set("~", string(text))
	got, errs = f.Submit(asJSON, DecodeOptions{}, Full)
	if errs.Empty() && !f.Validate(got, Full).Empty() {
		t.Errorf("%s, typed as JSON, passes as %v, which is not valid", text, got)
	}
}
