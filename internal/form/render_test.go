package form

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// one gives the only field of an object with the property x.
func one(t *testing.T, property, ui string, st State) Field {
	t.Helper()
	fields := compile(t, `{"type":"object","required":["x"],"properties":{"x":`+property+`}}`, `{"x":`+ui+`}`).Fields(st)
	if len(fields) != 1 {
		t.Fatalf("%d fields, want 1", len(fields))
	}
	return fields[0]
}

func TestForm_Fields_kinds(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		property, ui, stored string
		kind                 Kind
		value                string
	}{
		"text":                    {`{"type":"string"}`, `{}`, `"a"`, Text, "a"},
		"text with lines":         {`{"type":"string"}`, `{}`, `"a\nb"`, Textarea, "a\nb"},
		"long text":               {`{"type":"string","maxLength":201}`, `{}`, `"a"`, Textarea, "a"},
		"short text":              {`{"type":"string","maxLength":200}`, `{}`, `"a"`, Text, "a"},
		"long text on one line":   {`{"type":"string","maxLength":201}`, `{"ui:widget":"text"}`, `"a"`, Text, "a"},
		"textarea":                {`{"type":"string"}`, `{"ui:widget":"textarea"}`, `"a"`, Textarea, "a"},
		"widget in options":       {`{"type":"string"}`, `{"ui:options":{"widget":"textarea"}}`, `"a"`, Textarea, "a"},
		"password shows nothing":  {`{"type":"string"}`, `{"ui:widget":"password"}`, `"a"`, Password, ""},
		"write-only":              {`{"type":"string","writeOnly":true}`, `{}`, `"a"`, Password, ""},
		"email":                   {`{"type":"string","format":"email"}`, `{}`, `"a@b.example"`, Email, "a@b.example"},
		"url":                     {`{"type":"string","format":"uri"}`, `{}`, `"https://a.example"`, URL, "https://a.example"},
		"date":                    {`{"type":"string","format":"date"}`, `{}`, `"2026-03-31"`, Date, "2026-03-31"},
		"no date":                 {`{"type":"string","format":"date"}`, `{}`, `"31.3."`, Text, "31.3."},
		"date-time in its zone":   {`{"type":"string","format":"date-time"}`, `{}`, `"2026-03-31T12:00:00Z"`, DateTimeLocal, "2026-03-31T13:00"},
		"time in UTC":             {`{"type":"string","format":"time"}`, `{}`, `"10:30:05+02:00"`, Time, "08:30:05"},
		"color":                   {`{"type":"string","format":"color"}`, `{}`, `"#00ff00"`, Color, "#00ff00"},
		"no color yet":            {`{"type":"string","format":"color"}`, `{}`, ``, Text, ""},
		"unknown format":          {`{"type":"string","format":"x-ticket"}`, `{}`, `"T"`, Text, "T"},
		"number":                  {`{"type":"number"}`, `{}`, `1.50`, Number, "1.50"},
		"integer":                 {`{"type":"integer"}`, `{}`, `12345678901234567890`, Integer, "12345678901234567890"},
		"huge number":             {`{"type":"number"}`, `{}`, `1e999`, Text, "1e999"},
		"nullable":                {`{"type":["integer","null"]}`, `{}`, `null`, Integer, ""},
		"object":                  {`{"type":"object"}`, `{}`, `{"a":1}`, JSON, "{\n  \"a\": 1\n}"},
		"list":                    {`{"type":"array","items":{"type":"object"}}`, `{}`, `[]`, List, ""},
		"branches":                {`{"oneOf":[{"type":"string"},{"type":"number"}]}`, `{}`, `"a"`, Group, ""},
		"several types":           {`{"type":["string","number"]}`, `{}`, `1`, JSON, "1"},
		"anything":                {`true`, `{}`, `null`, JSON, "null"},
		"constant":                {`{"const":5}`, `{}`, ``, Static, "5"},
		"read-only":               {`{"type":"boolean","readOnly":true}`, `{}`, `true`, Static, "Yes"},
		"read-only by hint":       {`{"enum":[1,2],"enumNames":["One","Two"]}`, `{"ui:readonly":true}`, `2`, Static, "Two"},
		"disabled":                {`{"type":"string"}`, `{"ui:disabled":true}`, `"a"`, Static, "a"},
		"default":                 {`{"type":"string","default":"d"}`, `{}`, ``, Text, "d"},
		"cleared default":         {`{"type":"string","default":"d"}`, `{}`, `-`, Text, ""},
		"open members":            {`{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":{"type":"string"}}`, `{}`, `{}`, Group, ""},
		"branch asks for another": {`{"type":"object","properties":{"a":{"type":"string"}},"anyOf":[{"required":["b"]}]}`, `{}`, `{}`, Group, ""},
		"branch asks for its own": {`{"type":"object","properties":{"a":{"type":"string"}},"if":{"required":["a"]},"then":{"required":["a"]}}`, `{}`, `{}`, Group, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := State{Zone: time.FixedZone("Europe/Example", 3600)}
			switch tc.stored {
			case "":
			case "-":
				st.Stored = map[string]any{}
			default:
				st.Stored = map[string]any{"x": decodeText(t, tc.stored)}
				if tc.stored == "null" {
					st.Stored = map[string]any{"x": nil}
				}
			}
			got := one(t, tc.property, tc.ui, st)
			if got.Kind != tc.kind || got.Value != tc.value {
				t.Errorf("got %s %q, want %s %q", got.Kind, got.Value, tc.kind, tc.value)
			}
		})
	}
}

func TestForm_Fields_text(t *testing.T) {
	t.Parallel()
	got := one(t, `{"type":"string","title":"T","description":"D","minLength":2,"maxLength":9,"pattern":"^a","examples":["ab","ac"],"deprecated":true}`,
		`{"ui:title":"Code","ui:help":"H","ui:placeholder":"P","ui:autocomplete":"off","ui:autofocus":true}`, State{})
	want := Field{
		Kind: Text, Name: "x", ID: "f-x", Pointer: "/x", Label: "Code", Description: "D", Help: "H", HelpID: "f-x-help", DescribedBy: "f-x-help",
		Required: true, Deprecated: true, Autofocus: true, MinLength: 2, MaxLength: 9, Pattern: "^a", Placeholder: "P", Autocomplete: "off",
		Suggestions: []string{"ab", "ac"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("field (-want +got):\n%s", diff)
	}
}

func TestForm_Fields_number_limits(t *testing.T) {
	t.Parallel()
	got := one(t, `{"type":"number","minimum":0.5,"exclusiveMaximum":10,"multipleOf":0.01}`, `{}`, State{})
	if got.Min != "0.5" || got.Max != "10" || got.Step != "0.01" || got.InputMode != "decimal" {
		t.Errorf("min %q max %q step %q mode %q, want 0.5 10 0.01 decimal", got.Min, got.Max, got.Step, got.InputMode)
	}
}

func TestForm_Fields_options(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		schema string
		st     State
		want   []Option
	}{
		"required, nothing chosen": {
			`{"type":"object","required":["x"],"properties":{"x":{"enum":[1,"1"]}}}`, State{},
			[]Option{{"f-x", "", "Choose …", true}, {"f-x-0", "0", "1", false}, {"f-x-1", "1", "1", false}},
		},
		"text and number stay apart": {
			`{"type":"object","required":["x"],"properties":{"x":{"enum":[1,"1"]}}}`, State{Stored: map[string]any{"x": "1"}},
			[]Option{{"f-x", "0", "1", false}, {"f-x-1", "1", "1", true}},
		},
		"optional, titles": {
			`{"type":"object","properties":{"x":{"oneOf":[{"const":"a","title":"Apple"},{"const":null}]}}}`, State{Values: url.Values{"x": {"1"}}, Lang: German},
			[]Option{{"f-x", "", "Nicht gesetzt", false}, {"f-x-0", "0", "Apple", false}, {"f-x-1", "1", "Keine Angabe", true}},
		},
		"nullable boolean": {
			`{"type":"object","required":["x"],"properties":{"x":{"type":["boolean","null"]}}}`, State{Stored: map[string]any{"x": nil}},
			[]Option{{"f-x", "0", "Yes", false}, {"f-x-1", "1", "No", false}, {"f-x-2", "2", "None", true}},
		},
		"checkboxes": {
			`{"type":"object","properties":{"x":{"type":"array","uniqueItems":true,"default":["b"],"items":{"enum":["a","b"],"enumNames":["A","B"]}}}}`, State{},
			[]Option{{"f-x", "0", "A", false}, {"f-x-1", "1", "B", true}},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := compile(t, tc.schema, "").Fields(tc.st)
			if diff := cmp.Diff(tc.want, got[0].Options); diff != "" {
				t.Errorf("options (-want +got):\n%s", diff)
			}
		})
	}
}

func TestForm_Fields_order(t *testing.T) {
	t.Parallel()
	schema := `{"type":"object","properties":{"c":{"type":"string"},"a":{"type":"string"},"b":{"type":"string"},"d":{"$ref":"#/$defs/d"}},
		"$defs":{"d":{"type":"object","properties":{"z":{"type":"string"},"y":{"type":"string"}}}}}`
	tests := map[string]struct {
		ui   string
		want []string
	}{
		"as written":           {``, []string{"c", "a", "b", "d", "d.z", "d.y"}},
		"by hint":              {`{"ui:order":["b","*","a"]}`, []string{"b", "c", "d", "d.z", "d.y", "a"}},
		"hint names too few":   {`{"ui:order":["b"]}`, []string{"b", "c", "a", "d", "d.z", "d.y"}},
		"hint names too many":  {`{"ui:order":["x","b","b"]}`, []string{"b", "c", "a", "d", "d.z", "d.y"}},
		"inside, by reference": {`{"d":{"ui:order":["y","z"]}}`, []string{"c", "a", "b", "d", "d.y", "d.z"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, names(compile(t, schema, tc.ui).Fields(State{}))); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
		})
	}
}

func names(fields []Field) []string {
	var out []string
	for _, f := range fields {
		out = append(append(out, f.Name), names(f.Children)...)
	}
	return out
}

func TestForm_Fields_recursion_opens_on_add(t *testing.T) {
	t.Parallel()
	f := compile(t, `{"type":"object","properties":{"name":{"type":"string"},"parent":{"$ref":"#"}}}`, "")
	if diff := cmp.Diff([]string{"name", "parent"}, names(f.Fields(State{}))); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	acted := f.Act(url.Values{"name": {"a"}, "parent.~p": {"0"}}, "open:parent", DecodeOptions{})
	fields := f.Fields(State{Values: acted.Values, Focus: acted.Focus})
	if diff := cmp.Diff([]string{"name", "parent", "parent.name", "parent.parent"}, names(fields)); diff != "" {
		t.Errorf("names of the open form (-want +got):\n%s", diff)
	}
	if !fields[1].Children[0].Autofocus {
		t.Error("the first field of what was opened has no focus")
	}
	sent := url.Values{"name": {"a"}, "parent.~p": {"1"}, "parent.name": {"b"}, "parent.parent.~p": {"1"}, "parent.parent.name": {"c"}, "parent.parent.parent.~p": {"0"}}
	value, errs := f.Submit(sent, DecodeOptions{}, Full)
	want := decodeText(t, `{"name":"a","parent":{"name":"b","parent":{"name":"c"}}}`)
	if diff := cmp.Diff(want, value); diff != "" || errs != nil {
		t.Errorf("value (-want +got), errors %v:\n%s", messages(errs), diff)
	}
}

// What cannot be opened is not shown further than there are values, however a
// schema leads back to itself.
func TestForm_Fields_read_only_recursion(t *testing.T) {
	t.Parallel()
	doubling := `"a0":{"type":"object","properties":{"x":{"type":"string"}}}`
	for i := range 40 {
		doubling += fmt.Sprintf(`,"a%[2]d":{"type":"object","properties":{"l":{"$ref":"#/$defs/a%[1]d"},"r":{"$ref":"#/$defs/a%[1]d"}}}`, i, i+1)
	}
	tests := map[string]struct {
		schema, stored string
		most           int
	}{
		"a group":        {`{"readOnly":true,"type":"object","properties":{"n":{"type":"string"},"p":{"$ref":"#"}}}`, `{"n":"a","p":{"n":"b"}}`, 5},
		"nothing stored": {`{"readOnly":true,"type":"object","properties":{"n":{"type":"string"},"p":{"$ref":"#"}}}`, ``, 2},
		"a list":         {`{"readOnly":true,"type":"object","properties":{"n":{"type":"string"},"l":{"type":"array","minItems":2,"items":{"$ref":"#"}}}}`, ``, 20},
		"doubling":       {`{"readOnly":true,"$ref":"#/$defs/a40","$defs":{` + doubling + `}}`, `{"l":{"r":{}}}`, 2 * maxFields},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := compile(t, tc.schema, "")
			if got := names(f.Fields(State{Stored: decodeText(t, tc.stored)})); len(got) == 0 || len(got) > tc.most {
				t.Errorf("%d fields, want at most %d: %.20q", len(got), tc.most, got)
			}
		})
	}
}

func TestForm_Fields_read_only_group(t *testing.T) {
	t.Parallel()
	f := one(t, `{"type":"object","readOnly":true,"properties":{"a":{"type":"string"}}}`, `{}`, State{Stored: decodeText(t, `{"x":{"a":"v"}}`)})
	want := []Field{{Kind: Static, Was: Text, Value: "v", ReadOnly: true}}
	if diff := cmp.Diff(want, f.Children, cmpopts.IgnoreFields(Field{}, "Name", "ID", "Pointer", "Label", "MinLength", "MaxLength")); diff != "" {
		t.Errorf("children (-want +got):\n%s", diff)
	}
}

func TestForm_texts(t *testing.T) {
	t.Parallel()
	f := compile(t, `{"title":"Expense","description":"Ask for money","type":"object","properties":{}}`, `{"ui:submitButtonOptions":{"submitText":"Ask"}}`)
	if f.Title() != "Expense" || f.Description() != "Ask for money" || f.SubmitText() != "Ask" {
		t.Errorf("got %q, %q, %q", f.Title(), f.Description(), f.SubmitText())
	}
}
