package form

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A drawn property: its schema, and a valid value for it.
type drawn struct {
	schema map[string]any
	value  any
}

var drawText = rapid.OneOf(
	rapid.SampledFrom([]string{"", " ", "a\nb", "\n", "0", "null", "<b>&amp;\"", "a\r\nb", "🙂", "\t", "true"}),
	rapid.StringMatching(`[a-zA-Zäß .,]{0,12}`))

var drawNumber = rapid.SampledFrom([]string{"0", "-1", "1.50", "90071992547409931234", "1e3", "-0.000", "1E-7", "12345678901234567890.1"})

var drawScalar = rapid.Custom(func(t *rapid.T) any {
	switch rapid.IntRange(0, 4).Draw(t, "scalar") {
	case 0:
		return drawText.Draw(t, "text")
	case 1:
		return json.Number(drawNumber.Draw(t, "number"))
	case 2:
		return rapid.Bool().Draw(t, "bool")
	case 3:
		return map[string]any{"k": []any{json.Number("1"), "1"}}
	}
	return nil
})

// drawProperty draws one of the supported kinds of schema with a value.
func drawProperty(t *rapid.T, depth int) drawn {
	switch rapid.IntRange(0, 11).Draw(t, "kind") {
	case 0:
		return drawn{map[string]any{"type": "string"}, drawText.Draw(t, "text")}
	case 1:
		return drawn{map[string]any{"type": []any{"string", "null"}}, rapid.SampledFrom([]any{nil, "", "x"}).Draw(t, "nullable")}
	case 2:
		return drawn{map[string]any{"type": "number"}, json.Number(drawNumber.Draw(t, "number"))}
	case 3:
		return drawn{map[string]any{"type": "integer"}, json.Number(fmt.Sprint(rapid.Int64().Draw(t, "integer")))}
	case 4:
		return drawn{map[string]any{"type": "boolean"}, rapid.Bool().Draw(t, "boolean")}
	case 5:
		values := rapid.SliceOfNDistinct(drawScalar, 1, 4, func(v any) string { return encodeJSON(v, "") }).Draw(t, "enum")
		return drawn{map[string]any{"enum": values}, rapid.SampledFrom(values).Draw(t, "choice")}
	case 6:
		day := rapid.SampledFrom([]string{"2026-03-31", "0001-01-01", "9999-12-31", "0000-01-01"}).Draw(t, "day")
		return drawn{map[string]any{"type": "string", "format": "date"}, day}
	case 7:
		at := rapid.SampledFrom([]string{"2026-03-29T02:30:00+01:00", "2026-10-25T02:30:00.123456789Z", "2026-01-01t00:00:60z", "2026-12-31T23:59:59.5-11:00", "0000-01-01T00:00:00Z"}).Draw(t, "time")
		return drawn{map[string]any{"type": "string", "format": "date-time"}, at}
	case 8:
		all := []any{"a", json.Number("1"), nil, "b"}
		picked := rapid.SliceOfNDistinct(rapid.IntRange(0, 3), 0, 4, rapid.ID[int]).Draw(t, "picked")
		list := make([]any, len(picked))
		for i, k := range picked {
			list[i] = all[k]
		}
		return drawn{map[string]any{"type": "array", "uniqueItems": true, "items": map[string]any{"enum": all}}, list}
	case 9:
		return drawn{map[string]any{}, drawScalar.Draw(t, "anything")}
	case 10:
		text := rapid.SampledFrom([]string{"#FFAA00", "#00ff00"}).Draw(t, "color")
		return drawn{map[string]any{"type": "string", "format": "color"}, text}
	}
	if depth > 2 {
		return drawn{map[string]any{"const": "fixed"}, "fixed"}
	}
	return drawObject(t, depth+1)
}

func drawObject(t *rapid.T, depth int) drawn {
	keys := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b.c", "_d", "e[0]", "", "f/g~", "cost_centre", "a-b"}), 0, 6, rapid.ID[string]).Draw(t, "keys")
	props, value := map[string]any{}, map[string]any{}
	required := []any{}
	for _, key := range keys {
		d := drawProperty(t, depth)
		props[key] = d.schema
		_, isBool := d.value.(bool)
		switch {
		case rapid.Bool().Draw(t, "required"):
			required = append(required, key)
			value[key] = d.value
		case isBool || rapid.Bool().Draw(t, "present"):
			// An optional boolean that is absent comes back as false.
			value[key] = d.value
		}
	}
	if rapid.Bool().Draw(t, "extra") {
		value["without a field"] = json.Number("1")
	}
	return drawn{map[string]any{"type": "object", "properties": props, "required": required}, value}
}

func TestForm_round_trip(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("X", 5*3600+1800)
	rapid.Check(t, func(t *rapid.T) {
		d := drawObject(t, 0)
		f, err := Compile([]byte(encodeJSON(d.schema, "")), nil)
		if err != nil {
			t.Fatal(err)
		}
		if errs := f.Validate(d.value, Full); errs != nil {
			t.Skip("not a valid value")
		}
		values := submission(f.Show(State{Stored: d.value, Zone: zone}))
		got, errs := f.Submit(values, DecodeOptions{Stored: d.value, Zone: zone}, Full)
		if errs != nil {
			t.Errorf("errors: %v", messages(errs))
		}
		if diff := cmp.Diff(d.value, got); diff != "" {
			t.Errorf("schema %s\nsent %v\nvalue (-stored +got):\n%s", encodeJSON(d.schema, ""), values, diff)
		}
	})
}

// What was typed shows again, whatever it was.
func TestForm_keeps_what_was_typed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		schema := rapid.SampledFrom([]string{
			`{"type":"string"}`, `{"type":"number"}`, `{"type":"integer"}`, `{"type":"string","format":"date"}`,
			`{"type":"string","format":"date-time"}`, `{"type":"string","format":"time"}`, `{"type":"string","format":"email"}`,
			`{"type":"string","format":"uri"}`, `{"type":"string","format":"color"}`, `{}`,
		}).Draw(t, "schema")
		typed := rapid.OneOf(drawText, drawNumber, rapid.SampledFrom([]string{"31.12.2026", "1,5", "Infinity", "25:00", "2026-02-30", "1e999", "0x10", " a@b "})).Draw(t, "typed")
		f, err := Compile([]byte(`{"type":"object","properties":{"x":`+schema+`}}`), nil)
		if err != nil {
			t.Fatal(err)
		}
		sent := map[string][]string{"x": {typed}}
		again := submission(f.Show(State{Values: sent}))
		if got, want := lineFeeds(again.Get("x")), lineFeeds(typed); got != want {
			t.Errorf("%s: typed %q, comes back as %q", schema, want, got)
		}
	})
}
