package form

import (
	"slices"
	"strings"
	"testing"
)

// Each hint and each option that is known changes what is shown.
func TestForm_Fields_hints(t *testing.T) {
	t.Parallel()
	const (
		text   = `{"type":"string"}`
		choice = `{"enum":[1,2]}`
		lines  = `{"type":"array","items":{"type":"object","title":"Line","properties":{"what":{"type":"string"}}}}`
	)
	three := decodeText(t, `{"x":[{"what":"a"},{"what":"b"},{"what":"c"}]}`)
	verbs := func(f Field) string {
		var all []string
		for _, a := range actionsOf([]Field{f}) {
			all = append(all, a.Verb)
		}
		slices.Sort(all)
		return strings.Join(slices.Compact(all), " ")
	}
	tests := map[string]struct {
		property, value string
		seen            func(f Field) any
		without, want   any
	}{
		"widget":              {text, `"textarea"`, func(f Field) any { return f.Kind }, Text, Textarea},
		"order":               {`{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}}`, `["b","a"]`, func(f Field) any { return f.Children[0].Name }, "x.a", "x.b"},
		"title":               {text, `"Code"`, func(f Field) any { return f.Label }, "X", "Code"},
		"description":         {text, `"As on the box."`, func(f Field) any { return f.Description }, "", "As on the box."},
		"help":                {text, `"As on the box."`, func(f Field) any { return f.Help }, "", "As on the box."},
		"placeholder":         {text, `"A-1"`, func(f Field) any { return f.Placeholder }, "", "A-1"},
		"autofocus":           {text, `true`, func(f Field) any { return f.Autofocus }, false, true},
		"autocomplete":        {text, `"name"`, func(f Field) any { return f.Autocomplete }, "", "name"},
		"readonly":            {text, `true`, func(f Field) any { return f.Kind }, Text, Static},
		"disabled":            {text, `true`, func(f Field) any { return f.Kind }, Text, Static},
		"enumNames":           {choice, `["One","Two"]`, func(f Field) any { return f.Options[len(f.Options)-1].Label }, "2", "Two"},
		"rows":                {`{"type":"string","maxLength":900}`, `9`, func(f Field) any { return f.Rows }, 4, 9},
		"inline":              {choice, `true`, func(f Field) any { return f.Inline }, false, true},
		"accept":              {`{"type":"string","format":"data-url"}`, `[".pdf","image/*"]`, func(f Field) any { return f.Accept }, "", ".pdf,image/*"},
		"addable":             {lines, `false`, func(f Field) any { return verbs(f) }, "add down remove up", "down remove up"},
		"removable":           {lines, `false`, func(f Field) any { return verbs(f) }, "add down remove up", "add down up"},
		"orderable":           {lines, `false`, func(f Field) any { return verbs(f) }, "add down remove up", "add remove"},
		"itemLabel":           {lines, `"Trip"`, func(f Field) any { return f.Actions[0].Label }, "Add line", "Add trip"},
		"submitButtonOptions": {text, `{"submitText":"Ask"}`, nil, "", "Ask"},
		"options":             {text, `{"placeholder":"A-1"}`, func(f Field) any { return f.Placeholder }, "", "A-1"},
	}
	for _, name := range slices.Concat(knownHints, knownOptions) {
		tc, ok := tests[name]
		if !ok {
			t.Errorf("%s is known, but nothing says what it does", name)
			continue
		}
		hints := []string{`{"ui:` + name + `":` + tc.value + `}`}
		if slices.Contains(knownOptions, name) {
			hints = append(hints, `{"ui:options":{"`+name+`":`+tc.value+`}}`)
		}
		for i, ui := range append(hints, `{}`) {
			want := tc.want
			if i == len(hints) {
				want = tc.without
			}
			got := any(compile(t, `{"type":"object"}`, ui).SubmitText()) // of the whole form
			if tc.seen != nil {
				st := State{}
				if tc.property == lines {
					st.Stored = three
				}
				got = tc.seen(one(t, tc.property, ui, st))
			}
			if got != want {
				t.Errorf("%s of %s gives %v, want %v", ui, tc.property, got, want)
			}
		}
	}
}

// Each widget that is known leads to a control of its own.
func TestForm_Fields_widgets(t *testing.T) {
	t.Parallel()
	const (
		text   = `{"type":"string"}`
		number = `{"type":"integer","minimum":0,"maximum":9,"default":4}`
		choice = `{"enum":[1,2]}`
		many   = `{"type":"array","uniqueItems":true,"items":{"enum":[1,2]}}`
	)
	tests := map[string]map[string]Kind{
		"text":       {`{"type":"string","maxLength":900}`: Text},
		"textarea":   {text: Textarea},
		"password":   {text: Password},
		"radio":      {choice: Radio, `{"type":"boolean"}`: Radio},
		"select":     {choice: Select, `{"type":"boolean"}`: Select, many: MultiSelect},
		"checkbox":   {`{"type":"boolean"}`: Checkbox},
		"checkboxes": {many: Checkboxes},
		"hidden":     {text: ""},
		"range":      {number: Range, `{"type":"integer"}`: Integer},
		"updown":     {number: Integer},
		"color":      {text: Color},
		"file":       {text: File},
		"email":      {text: Email},
		"uri":        {text: URL},
		"date":       {text: Date},
		"date-time":  {text: DateTimeLocal},
		"time":       {text: Time},
	}
	for _, widget := range knownWidgets {
		if len(tests[widget]) == 0 {
			t.Errorf("%s is known, but nothing says which control it is", widget)
		}
		for property, want := range tests[widget] {
			f := compile(t, `{"type":"object","properties":{"x":`+property+`}}`, `{"x":{"ui:widget":"`+widget+`"}}`)
			st := State{}
			if want == Color {
				st.Stored = decodeText(t, `{"x":"#102030"}`)
			}
			var got Kind
			for _, field := range f.Fields(st) {
				got = field.Kind
			}
			if got != want {
				t.Errorf("%s of %s is %q, want %q", widget, property, got, want)
			}
		}
	}
}
