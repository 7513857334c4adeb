package form

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// testdata/suite holds the required cases of draft 2020-12 from the JSON Schema
// Test Suite (github.com/json-schema-org/JSON-Schema-Test-Suite), written
// compactly, with the documents that they refer to and the suite's licence.

type suiteGroup struct {
	Description string          `json:"description"`
	Schema      json.RawMessage `json:"schema"`
	Tests       []struct {
		Description string          `json:"description"`
		Data        json.RawMessage `json:"data"`
		Valid       bool            `json:"valid"`
	} `json:"tests"`
}

// suiteLoader gives the suite's own documents.
type suiteLoader map[string]json.RawMessage

func (l suiteLoader) Load(url string) (any, error) {
	text, ok := l[url]
	if !ok {
		return nil, errors.New("the suite has no " + url)
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(text))
}

func TestSuite(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/suite/remotes/remotes.json")
	if err != nil {
		t.Fatal(err)
	}
	loader := suiteLoader{}
	if err := json.Unmarshal(text, &loader); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob("testdata/suite/tests/*.json")
	if err != nil || len(paths) < 40 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	cases := 0
	for _, path := range paths {
		var groups []suiteGroup
		text, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(text, &groups)
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, g := range groups {
			cases += judgeGroup(t, filepath.Base(path), g, loader)
		}
	}
	if cases < 1290 {
		t.Errorf("%d cases, want all of the suite's", cases)
	}
}

func judgeGroup(t *testing.T, file string, g suiteGroup, loader suiteLoader) int {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(g.Schema))
	if err != nil {
		t.Fatal(err)
	}
	// The suite holds formats for annotations, as the specification lets it.
	v, err := newValidator(schema, dialect{load: loader})
	if err != nil {
		t.Errorf("%s: %s: %v", file, g.Description, err)
		return 0
	}
	for _, c := range g.Tests {
		data, err := jsonschema.UnmarshalJSON(bytes.NewReader(c.Data))
		if err != nil {
			t.Fatal(err)
		}
		*v.spent = budget{begin: time.Now()}
		if got := v.schema.Validate(data) == nil; got != c.Valid {
			t.Errorf("%s: %s: %s: valid = %v, want %v", file, g.Description, c.Description, got, c.Valid)
		}
	}
	return len(g.Tests)
}
