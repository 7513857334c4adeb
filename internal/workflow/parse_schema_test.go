package workflow

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/form"
)

const schemaFile = "../../static/schema/workflow.schema.json"

func readSchema(t *testing.T) json.RawMessage {
	t.Helper()
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// documentSchema is the part of the document's schema that the test looks at.
type documentSchema struct {
	Ref        string                    `json:"$ref"`
	Type       any                       `json:"type"`
	Enum       []string                  `json:"enum"`
	Required   []string                  `json:"required"`
	Properties map[string]documentSchema `json:"properties"`
	Defs       map[string]documentSchema `json:"$defs"`
	About      string                    `json:"description"`
}

// accepts gives the JSON types that the schema lets through.
func (s documentSchema) accepts(defs map[string]documentSchema) accept {
	if name, ok := strings.CutPrefix(s.Ref, "#/$defs/"); ok {
		if name == "any_step" {
			return acceptObject
		}
		return defs[name].accepts(defs)
	}
	names := map[string]accept{
		"string": acceptText, "number": acceptNumber, "boolean": acceptBool, "array": acceptList, "object": acceptObject, "null": acceptNull,
	}
	switch kind := s.Type.(type) {
	case string:
		return names[kind]
	case []any:
		var all accept
		for _, k := range kind {
			all |= names[k.(string)]
		}
		return all
	}
	return acceptAny
}

func TestSchema_has_the_parsers_keys(t *testing.T) {
	t.Parallel()
	var root documentSchema
	if err := json.Unmarshal(readSchema(t), &root); err != nil {
		t.Fatal(err)
	}
	for shape, keys := range shapes {
		part := root.Defs[shape]
		if shape == "workflow" {
			part = root
		}
		var want, required []string
		for _, k := range keys {
			want = append(want, k.name)
			if k.required {
				required = append(required, k.name)
			}
			property := part.Properties[k.name]
			if got := property.accepts(root.Defs); got != k.accept {
				t.Errorf("%s.%s: the schema takes %v, the parser %v", shape, k.name, got, k.accept)
			}
			if property.About == "" {
				t.Errorf("%s.%s has no description", shape, k.name)
			}
			if k.oneOf != nil && !cmp.Equal(property.Enum, k.oneOf) {
				t.Errorf("%s.%s: the schema takes %v, the parser %v", shape, k.name, property.Enum, k.oneOf)
			}
		}
		var got []string
		for name := range part.Properties {
			got = append(got, name)
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("keys of %s (-parser +schema):\n%s", shape, diff)
		}
		if diff := cmp.Diff(required, part.Required); diff != "" {
			t.Errorf("required keys of %s (-parser +schema):\n%s", shape, diff)
		}
	}
}

func TestSchema_takes_the_examples(t *testing.T) {
	t.Parallel()
	schema, err := form.CompileSchema(readSchema(t))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../definitions/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("demo definitions: %v, %v", files, err)
	}
	more, err := filepath.Glob("testdata/definitions/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, more...) {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		root, problem := readDocument(source)
		if problem != nil {
			t.Fatalf("%s: %+v", file, problem)
		}
		if errs := schema.Validate(root.value()); !errs.Empty() {
			t.Errorf("%s: %v", file, errs)
		}
	}
}

func TestSchema_refuses(t *testing.T) {
	t.Parallel()
	schema, err := form.CompileSchema(readSchema(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, source := range map[string]string{
		"unknown key":              `{name: a, version: 1.0.0, stepz: [], steps: [{name: a, type: timer, duration: 1s}]}`,
		"key of another step type": `{name: a, version: 1.0.0, steps: [{name: a, type: timer, action: noop}]}`,
		"bad name":                 `{name: A b, version: 1.0.0, steps: [{name: a, type: timer, duration: 1s}]}`,
		"no steps":                 `{name: a, version: 1.0.0, steps: []}`,
	} {
		root, problem := readDocument([]byte(source))
		if problem != nil {
			t.Fatalf("%s: %+v", name, problem)
		}
		if schema.Validate(root.value()).Empty() {
			t.Errorf("%s: the schema takes %s", name, source)
		}
	}
}
