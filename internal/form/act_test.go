package form

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const linesSchema = `{"type":"object","properties":{"lines":{"type":"array","maxItems":4,"items":{"type":"object","title":"Line","required":["what"],
	"properties":{"what":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}},"by":{"type":"string","readOnly":true}}}},
	"map":{"type":"object","additionalProperties":{"type":"number"}},
	"pay":{"oneOf":[{"title":"Card","required":["number"],"properties":{"number":{"type":"string"}}},{"title":"Bank","required":["iban"],"properties":{"iban":{"type":"string"}}}]}}}`

func TestForm_Act(t *testing.T) {
	t.Parallel()
	const two = "lines.~n=0,-&lines[0].what=a&lines[0].tags.~n=-&lines[0].tags[0]=x&lines[1].what=b&lines[1].tags.~n="
	tests := map[string]struct{ sent, op, want, focus string }{
		"add":                   {two, "add:lines", two + "&lines.~n=0,-,-", "in:lines[2]"},
		"add inside a row":      {two, "add:lines[1].tags", two + "&lines[1].tags.~n=-", "in:lines[1].tags[0]"},
		"remove":                {two, "remove:lines[0]", "lines.~n=-&lines[0].what=b&lines[0].tags.~n=", "remove:lines[0]"},
		"remove the last":       {two, "remove:lines[1]", "lines.~n=0&lines[0].what=a&lines[0].tags.~n=-&lines[0].tags[0]=x", "remove:lines[0]"},
		"remove the only":       {"lines.~n=-&lines[0].what=a", "remove:lines[0]", "lines.~n=", "add:lines"},
		"down":                  {two, "down:lines[0]", "lines.~n=-,0&lines[1].what=a&lines[1].tags.~n=-&lines[1].tags[0]=x&lines[0].what=b&lines[0].tags.~n=", "up:lines[1]"},
		"up":                    {two, "up:lines[1]", "lines.~n=-,0&lines[1].what=a&lines[1].tags.~n=-&lines[1].tags[0]=x&lines[0].what=b&lines[0].tags.~n=", "down:lines[0]"},
		"up at the top":         {two, "up:lines[0]", two, "in:lines[0]"},
		"no more than maxItems": {"lines.~n=-,-,-,-", "add:lines", "lines.~n=-,-,-,-", "in:lines"},
		"no such list":          {two, "add:nothing", two, "in:nothing"},
		"no such row":           {two, "remove:lines[7]", two, "in:lines[7]"},
		"a map":                 {"map.~n=-&map.~r0.~k=a&map.~r0=1", "add:map", "map.~n=-,-&map.~r0.~k=a&map.~r0=1", "in:map.~r1"},
		"a row of a map":        {"map.~n=-,-&map.~r0.~k=a&map.~r0=1&map.~r1.~k=b&map.~r1=2", "remove:map.~r0", "map.~n=-&map.~r0.~k=b&map.~r0=2", "remove:map.~r0"},
		"update":                {two, "update:pay.~b0", two, "in:pay.~b0"},
		"anything else":         {two, "explode", two, "in:"},
		"the caller's own":      {two + "&_version=3", "remove:lines[1]", "_version=3&lines.~n=0&lines[0].what=a&lines[0].tags.~n=-&lines[0].tags[0]=x", "remove:lines[0]"},
	}
	f := compile(t, linesSchema, "")
	stored := decodeText(t, `{"lines":[{"what":"a","by":"ana"}]}`)
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := query(t, tc.sent)
			got := f.Act(sent, tc.op, DecodeOptions{Stored: stored})
			want := query(t, tc.want)
			for name, texts := range want {
				want[name] = texts[len(texts)-1:]
			}
			if diff := cmp.Diff(want, got.Values); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
			if got.Focus != tc.focus {
				t.Errorf("focus is %q, want %q", got.Focus, tc.focus)
			}
			if diff := cmp.Diff(query(t, tc.sent), sent); diff != "" {
				t.Errorf("what was sent has changed:\n%s", diff)
			}
		})
	}
}

// A button that cannot do what it says tells so; what was typed stays.
func TestForm_Act_says_why_not(t *testing.T) {
	t.Parallel()
	const two = "lines.~n=-,-&lines[0].what=a&lines[1].what=a"
	tests := map[string]struct{ sent, op, want string }{
		"done":                     {two, "up:lines[1]", ""},
		"nothing to do":            {two, "update:lines", ""},
		"no button":                {two, "", ""},
		"unknown verb":             {two, "explode:lines", "/no_action"},
		"no such list":             {two, "add:nothing", "/no_action"},
		"no such row":              {two, "remove:lines[7]", "/no_action"},
		"a huge row":               {two, "remove:lines[99999999999999999999]", "/no_action"},
		"at the top":               {two, "up:lines[0]", "/no_action"},
		"full":                     {"lines.~n=-,-,-,-", "add:lines", "/no_action"},
		"text is no file":          {two, "clear:lines[0].what", "/no_action"},
		"text as JSON":             {two, "json:lines[0].what", "/no_action"},
		"not to be opened":         {two, "open:pay", "/no_action"},
		"a control as JSON, back":  {two, "form:lines", "/no_action"},
		"too much":                 {"lines.~n=-&lines[0].what=" + strings.Repeat("x", maxValueBytes), "add:lines", "/too_large"},
		"JSON of the wrong type":   {"~=[1]", "form:~", "/type_object"},
		"a list of the wrong type": {"lines={}", "form:lines", "/lines/type_array"},
		"JSON that is none":        {"~={", "form:~", "/json"},
		"JSON that fits":           {"~={}", "form:~", ""},
	}
	f := compile(t, linesSchema, "")
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := query(t, tc.sent)
			got := f.Act(sent, tc.op, DecodeOptions{})
			said := ""
			if !got.Errors.Empty() {
				said = got.Errors.List[0].Pointer + "/" + got.Errors.List[0].Code
			}
			if said != tc.want {
				t.Errorf("it says %q, want %q", said, tc.want)
			}
			if diff := cmp.Diff(sent, got.Values); tc.want != "" && diff != "" {
				t.Errorf("what was typed has changed (-sent +kept):\n%s", diff)
			}
		})
	}
}

// What a row holds that nobody can change moves with the row.
func TestForm_Act_rows_keep_what_is_stored(t *testing.T) {
	t.Parallel()
	f := compile(t, linesSchema, "")
	stored := decodeText(t, `{"lines":[{"what":"a","by":"ana"},{"what":"b","by":"ben"}]}`)
	sent := submission(f.Show(State{Stored: stored}))
	acted := f.Act(sent, "down:lines[0]", DecodeOptions{Stored: stored})
	acted.Values.Set("lines[0].by", "eve")
	got, errs := f.Submit(acted.Values, DecodeOptions{Stored: stored}, Full)
	want := decodeText(t, `{"lines":[{"what":"b","by":"ben"},{"what":"a","by":"ana"}]}`)
	if diff := cmp.Diff(want, got); diff != "" || errs != nil {
		t.Errorf("errors %v, value (-want +got):\n%s", messages(errs), diff)
	}
}

// Another branch is shown, what the first one held stays in the form, and is not
// part of what is sent at the end.
func TestForm_Act_branches_keep_what_was_typed(t *testing.T) {
	t.Parallel()
	f := compile(t, linesSchema, "")
	sent := query(t, "lines.~n=&map.~n=&pay.~b0=1&pay.number=4711")
	shown := f.Show(State{Values: f.Act(sent, "update:pay.~b0", DecodeOptions{}).Values})
	if diff := cmp.Diff([]Input{{"pay.number", "4711"}}, shown.Hidden); diff != "" {
		t.Errorf("hidden fields (-want +got):\n%s", diff)
	}
	again := submission(shown)
	again.Set("pay.iban", "DE02")
	got, errs := f.Submit(again, DecodeOptions{}, Full)
	if diff := cmp.Diff(decodeText(t, `{"pay":{"iban":"DE02"}}`), got); diff != "" || errs != nil {
		t.Errorf("errors %v, value (-want +got):\n%s", messages(errs), diff)
	}
	again.Set("pay.~b0", "0")
	got, errs = f.Submit(again, DecodeOptions{}, Full)
	if diff := cmp.Diff(decodeText(t, `{"pay":{"number":"4711"}}`), got); diff != "" || errs != nil {
		t.Errorf("back at the first branch: errors %v, value (-want +got):\n%s", messages(errs), diff)
	}
}

func TestForm_Act_JSON(t *testing.T) {
	t.Parallel()
	f := compile(t, `{"type":"object","properties":{"n":{"type":"number"},"by":{"type":"string","readOnly":true},"l":{"type":"array","items":{"type":"string"}}}}`, "")
	stored := decodeText(t, `{"n":1,"by":"ana"}`)
	sent := submission(f.Show(State{Stored: stored}))
	asJSON := f.Act(sent, "json:~", DecodeOptions{Stored: stored}).Values
	if diff := cmp.Diff(url.Values{"~": {"{\n  \"by\": \"ana\",\n  \"n\": 1\n}"}}, asJSON); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	asJSON.Set("~", `{"n":2,"by":"eve","l":["x","y"],"more":true}`)
	got, errs := f.Submit(asJSON, DecodeOptions{Stored: stored}, Full)
	want := decodeText(t, `{"n":2,"by":"ana","l":["x","y"],"more":true}`)
	if diff := cmp.Diff(want, got); diff != "" || errs != nil {
		t.Errorf("errors %v, value (-want +got):\n%s", messages(errs), diff)
	}
	back := f.Act(asJSON, "form:~", DecodeOptions{Stored: stored}).Values
	if diff := cmp.Diff(url.Values{"n": {"2"}, "l.~n": {"0,1"}, "l[0]": {"x"}, "l[1]": {"y"}}, back); diff != "" {
		t.Errorf("back in the form (-want +got):\n%s", diff)
	}
	asJSON.Set("~", `{`)
	broken := f.Act(asJSON, "form:~", DecodeOptions{Stored: stored})
	if broken.Errors.Empty() || broken.Values.Get("~") != "{" {
		t.Errorf("a broken text gives errors %v and %v", messages(broken.Errors), broken.Values)
	}
}
