package form

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A sample is a schema as people write it, with what has to come of it.
type sample struct {
	Schema  json.RawMessage   `json:"schema"`
	UI      json.RawMessage   `json:"ui"`
	Fields  map[string]string `json:"fields"` // kind of each fresh field by its name
	Valid   []json.RawMessage `json:"valid"`
	Invalid []struct {
		Value  json.RawMessage `json:"value"`
		Errors []string        `json:"errors"` // in order, as pointer: sentence
	} `json:"invalid"`
}

func samples(t testing.TB) map[string]sample {
	t.Helper()
	paths, err := filepath.Glob("testdata/corpus/*.json")
	if err != nil || len(paths) < 15 {
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

func TestSamples(t *testing.T) {
	t.Parallel()
	for name, s := range samples(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := Compile(s.Schema, s.UI)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(s.Fields, kinds(f.Fields(State{}), map[string]string{})); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			for _, text := range s.Valid {
				checkRoundTrip(t, f, text)
			}
			for _, bad := range s.Invalid {
				checkErrors(t, f, bad.Value, bad.Errors)
			}
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
		t.Errorf("%s comes back with errors %v (-stored +got):\n%s", text, messages(errs), diff)
	}
}

// checkErrors also makes sure that each error is shown: at a field, or in the
// summary alone when it concerns the whole form.
func checkErrors(t *testing.T, f *Form, text json.RawMessage, want []string) {
	t.Helper()
	errs := f.ValidateJSON(text)
	if diff := cmp.Diff(want, messages(errs)); diff != "" {
		t.Errorf("%s errors (-want +got):\n%s", text, diff)
	}
	fields := f.Fields(State{Stored: decodeText(t, string(text)), Errors: errs})
	shown := shownErrors(fields, map[string][]string{})
	for _, item := range f.Summary(State{Stored: decodeText(t, string(text)), Errors: errs}) {
		if item.Target != "" && !strings.Contains(strings.Join(shown[item.Target], "\n"), item.Message) {
			t.Errorf("%s: %q is not shown at %s", text, item.Message, item.Target)
		}
	}
}

func shownErrors(fields []Field, out map[string][]string) map[string][]string {
	for _, f := range fields {
		out[f.ID] = f.Errors
		shownErrors(f.Children, out)
	}
	return out
}
