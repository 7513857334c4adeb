package api_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// document is what the tests read of the OpenAPI document.
type document struct {
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Schemas map[string]schema `json:"schemas"`
	} `json:"components"`
}

type schema struct {
	Ref        string            `json:"$ref"`
	Type       any               `json:"type"`
	Format     string            `json:"format"`
	Enum       []any             `json:"enum"`
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
	Items      *schema           `json:"items"`
	MaxLength  *int              `json:"maxLength"`
	MaxItems   *int              `json:"maxItems"`
	Minimum    *float64          `json:"minimum"`
	Maximum    *float64          `json:"maximum"`
}

type parameter struct {
	name, in string
	schema   schema
}

// operation is one operation of the document.
type operation struct {
	id, method, path string
	params           []parameter
	media            []string // of its body
	body             schema
	bodyNeeded       bool
	example          json.RawMessage
}

func (h *house) readDocument() (d document) {
	h.t.Helper()
	a := h.send(request{Method: http.MethodGet, Path: "//openapi.json"})
	if err := json.Unmarshal(a.Body, &d); err != nil {
		h.t.Fatal(err)
	}
	return d
}

// operations lists all operations by their paths.
func (d document) operations() []operation {
	var all []operation
	for path, item := range d.Paths {
		for method, text := range item {
			var o struct {
				OperationID string `json:"operationId"`
				Parameters  []struct {
					Name   string `json:"name"`
					In     string `json:"in"`
					Schema schema `json:"schema"`
				} `json:"parameters"`
				RequestBody struct {
					Required bool `json:"required"`
					Content  map[string]struct {
						Schema  schema          `json:"schema"`
						Example json.RawMessage `json:"example"`
					} `json:"content"`
				} `json:"requestBody"`
			}
			if json.Unmarshal(text, &o) != nil || o.OperationID == "" {
				continue
			}
			one := operation{id: o.OperationID, method: strings.ToUpper(method), path: path, bodyNeeded: o.RequestBody.Required}
			for _, p := range o.Parameters {
				one.params = append(one.params, parameter{p.Name, p.In, p.Schema})
			}
			for media, content := range o.RequestBody.Content {
				one.media = append(one.media, media)
				one.body, one.example = content.Schema, content.Example
			}
			all = append(all, one)
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return all
}

// resolve follows a reference.
func (d document) resolve(s schema) schema {
	if s.Ref == "" {
		return s
	}
	return d.Components.Schemas[s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]]
}

// is reports whether a value may have a type.
func (s schema) is(kind string) bool {
	if list, ok := s.Type.([]any); ok {
		return slices.Contains(list, any(kind))
	}
	return s.Type == kind
}

// wrong gives values that a schema refuses, by what is wrong with them.
func (s schema) wrong(d document) map[string]any {
	all := map[string]any{}
	switch {
	case s.is("string"):
		all["wrong type of"] = 12
	case s.Type != nil:
		all["wrong type of"] = "twelve"
	}
	if len(s.Enum) > 0 {
		all["no such value of"] = "no_such_value"
	}
	if s.Format == "date-time" {
		all["no time as"] = "yesterday"
	}
	if s.MaxLength != nil {
		all["too long"] = strings.Repeat("a", *s.MaxLength+1)
	}
	if s.Minimum != nil {
		all["too small"] = *s.Minimum - 1
	}
	if s.Maximum != nil {
		all["too large"] = *s.Maximum + 1
	}
	if s.MaxItems != nil && s.Items != nil && d.resolve(*s.Items).is("string") {
		all["too many"] = slices.Repeat([]string{"a"}, *s.MaxItems+1)
	}
	return all
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

func fill(path, with string) string { return placeholder.ReplaceAllLiteralString(path, with) }

// below is the path without the prefix.
func (o operation) below() string { return strings.TrimPrefix(o.path, v1) }

// unknown is the path of what is not there.
func (o operation) unknown(id string) string { return fill(o.below(), id) }

func (o operation) takesObject() bool {
	return slices.Contains(o.media, "application/json") && !slices.Contains(o.media, "application/yaml") && len(o.media) > 0 && o.body.Ref != ""
}

func (o operation) takesBytes() bool { return len(o.media) > 0 && !o.takesObject() }
