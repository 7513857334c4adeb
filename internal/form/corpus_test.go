package form

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A sample is a schema as people write it, with what has to come of it.
type sample struct {
	Schema  json.RawMessage   `json:"schema"`
	UI      json.RawMessage   `json:"ui"`
	Fields  map[string]string `json:"fields"` // kind of each fresh field by its name; where absent, any
	Valid   []json.RawMessage `json:"valid"`
	Invalid []struct {
		Value  json.RawMessage `json:"value"`
		Errors []string        `json:"errors"` // in order, as pointer: sentence; where absent, any
	} `json:"invalid"`
}

func samples(t testing.TB) map[string]sample {
	t.Helper()
	paths, err := filepath.Glob("testdata/corpus/*.json")
	if err != nil || len(paths) < 80 {
		t.Fatalf("%d samples, error %v", len(paths), err)
	}
	all := map[string]sample{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var s sample
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all[strings.TrimSuffix(filepath.Base(path), ".json")] = s
	}
	return all
}

// The checks that hold for every schema, in Go: what is shown and sent back
// unchanged is the same, every valid value can be entered, and every error is
// shown at a control that is there.
func TestCorpus(t *testing.T) {
	t.Parallel()
	for name, s := range samples(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := Compile(s.Schema, s.UI)
			if err != nil {
				t.Fatal(err)
			}
			if got := kinds(f.Fields(State{}), map[string]string{}); s.Fields != nil && !cmp.Equal(s.Fields, got) {
				t.Errorf("fields (-want +got):\n%s", cmp.Diff(s.Fields, got))
			}
			for _, text := range s.Valid {
				checkRoundTrip(t, f, text)
				checkEntered(t, f, text)
			}
			for _, bad := range s.Invalid {
				checkErrors(t, f, bad.Value, bad.Errors)
			}
			checkActions(t, f, s.Valid)
		})
	}
}

func kinds(fields []Field, out map[string]string) map[string]string {
	for _, f := range fields {
		out[f.Name] = string(f.Kind)
		kinds(f.Children, out)
	}
	return out
}

func checkRoundTrip(t *testing.T, f *Form, text json.RawMessage) {
	t.Helper()
	if errs := f.ValidateJSON(text); errs != nil {
		t.Errorf("%s: errors %v, want none", text, messages(errs))
	}
	stored := decodeText(t, string(text))
	sent := submission(f.Show(State{Stored: stored}))
	got, errs := f.Submit(sent, DecodeOptions{Stored: stored}, Full)
	if diff := cmp.Diff(stored, got); diff != "" || errs != nil {
		t.Errorf("%s is sent as %v and comes back with errors %v (-stored +got):\n%s", text, sent, messages(errs), diff)
	}
	shown := f.Show(State{Values: sent, Stored: stored})
	if diff := cmp.Diff(sent, submission(shown)); diff != "" {
		t.Errorf("%s: shown again after it was sent (-sent +sent again):\n%s", text, diff)
	}
}

// checkEntered enters a value into an empty form: field by field, and as JSON,
// which has to hold what the fields cannot.
func checkEntered(t rapid.TB, f *Form, text json.RawMessage) {
	t.Helper()
	value := decodeText(t, string(text))
	shown := f.Show(State{})
	if hasFixed(f.Show(State{Stored: value}).Fields) || strings.Contains(encodeJSON(map[string]any(f.hints), ""), "hidden") {
		return
	}
	got, errs := f.Submit(f.Typed(value, DecodeOptions{}), DecodeOptions{}, Full)
	if diff := cmp.Diff(value, got); shown.Switch.Op == "" && (diff != "" || errs != nil) {
		t.Errorf("%s, typed into the fields: errors %v (-want +got):\n%s", text, messages(errs), diff)
	}
	if errs == nil && !f.Validate(got, Full).Empty() {
		t.Errorf("%s, typed into the fields, gives %v, which is not valid", text, got)
	}
	if shown.Switch.Op == "" {
		return
	}
	asJSON := f.Act(submission(shown), shown.Switch.Op, DecodeOptions{}).Values
	if fields := f.Fields(State{Values: asJSON}); len(fields) != 1 || fields[0].Kind != JSON || fields[0].Name != "~" {
		t.Errorf("as JSON the form has the fields %v, want one text", kinds(fields, map[string]string{}))
	}
	asJSON.Set("~", string(text))
	got, errs = f.Submit(asJSON, DecodeOptions{}, Full)
	if diff := cmp.Diff(value, got); diff != "" || errs != nil {
		t.Errorf("%s, typed as JSON: errors %v (-want +got):\n%s", text, messages(errs), diff)
	}
}

// hasFixed reports whether a form has something that people cannot enter.
func hasFixed(fields []Field) bool {
	return slices.ContainsFunc(fields, func(f Field) bool {
		return f.ReadOnly || f.Kind == Password || f.Kind == File || hasFixed(f.Children)
	})
}

// checkErrors also makes sure that each error is shown: at a control that is
// there, or in the summary alone when it concerns the whole form.
func checkErrors(t rapid.TB, f *Form, text json.RawMessage, want []string) {
	t.Helper()
	errs := f.ValidateJSON(text)
	if errs.Empty() {
		t.Fatalf("%s has no errors", text)
	}
	if want != nil && !cmp.Equal(want, messages(errs)) {
		t.Errorf("%s errors (-want +got):\n%s", text, cmp.Diff(want, messages(errs)))
	}
	for _, lang := range []Lang{English, German} {
		stored := decodeText(t, string(text))
		shown := f.Show(State{Stored: stored, Errors: errs, Lang: lang})
		checkShown(t, text, shown, errs)
		sent := submission(shown)
		_, again := f.Submit(sent, DecodeOptions{Stored: stored}, Full)
		checkShown(t, text, f.Show(State{Stored: stored, Values: sent, Errors: again, Lang: lang}), again)
	}
}

func checkShown(t rapid.TB, text json.RawMessage, shown Shown, errs *Errors) {
	t.Helper()
	if !errs.Empty() && len(shown.Summary) != len(errs.List) {
		t.Errorf("%s: %d lines for %d errors", text, len(shown.Summary), len(errs.List))
	}
	at := shownErrors(shown.Fields, map[string][]string{})
	for _, item := range shown.Summary {
		if item.Target != "" && !slices.Contains(at[item.Target], item.Message) {
			t.Errorf("%s: %q is not shown at %s; there are %v", text, item.Message, item.Target, at)
		}
	}
}

func shownErrors(fields []Field, out map[string][]string) map[string][]string {
	for _, f := range fields {
		out[f.ID] = append(out[f.ID], f.Errors...)
		shownErrors(f.Children, out)
	}
	return out
}

// checkActions presses every button of a form: nothing typed is lost, what is
// added can be removed again, ids stay unique, and one control has the focus.
func checkActions(t *testing.T, f *Form, valid []json.RawMessage) {
	t.Helper()
	states := []State{{}}
	for _, text := range valid {
		states = append(states, State{Stored: decodeText(t, string(text))})
	}
	for _, st := range states {
		shown := f.Show(st)
		sent := submission(shown)
		for _, a := range actionsOf(shown.Fields) {
			acted := f.Act(sent, a.Op, DecodeOptions{Stored: st.Stored})
			then := f.Show(State{Stored: st.Stored, Values: acted.Values, Focus: acted.Focus})
			if focused := focusedIDs(then.Fields); len(focused) != 1 {
				t.Errorf("after %s the focus is asked for by %v, want one control", a.Op, focused)
			}
			ids := map[string]int{}
			countIDs(then.Fields, ids)
			for id, n := range ids {
				if n > 1 {
					t.Errorf("after %s the id %s is there %d times", a.Op, id, n)
				}
			}
			if rest, ok := strings.CutPrefix(acted.Focus, "in:"); ok && a.Verb == "add" {
				back := f.Act(submission(then), "remove:"+rest, DecodeOptions{Stored: st.Stored}).Values
				if diff := cmp.Diff(texts(sent), texts(submission(f.Show(State{Stored: st.Stored, Values: back})))); diff != "" {
					t.Errorf("%s and its removal leave (-before +after):\n%s", a.Op, diff)
				}
			}
		}
	}
}

// texts leaves out what is empty.
func texts(values url.Values) url.Values {
	out := url.Values{}
	for name, list := range values {
		if strings.Join(list, "") != "" {
			out[name] = list
		}
	}
	return out
}

func actionsOf(fields []Field) []Action {
	var all []Action
	for _, f := range fields {
		all = append(all, f.Actions...)
		all = append(all, actionsOf(f.Children)...)
	}
	return all
}

// focusedIDs lists the controls and buttons that ask for the focus of a page that
// was just loaded.
func focusedIDs(fields []Field) []string {
	var ids []string
	for _, f := range fields {
		if f.Autofocus {
			ids = append(ids, f.ID)
		}
		for _, a := range f.Actions {
			if a.Autofocus {
				ids = append(ids, a.ID)
			}
		}
		ids = append(ids, focusedIDs(f.Children)...)
	}
	return ids
}

func countIDs(fields []Field, ids map[string]int) {
	for _, f := range fields {
		ids[f.ID]++
		for _, o := range f.Options {
			if o.ID != f.ID {
				ids[o.ID]++
			}
		}
		for _, a := range f.Actions {
			ids[a.ID]++
		}
		countIDs(f.Children, ids)
	}
}
