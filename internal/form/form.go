package form

import (
	"encoding/json"
	"strconv"
	"time"
)

// A Form is a schema with its fields. It is immutable and safe for concurrent
// use.
type Form struct {
	schema *Schema // nil for a form without a schema
	root   *node   // nil for a form without fields
	submit string
}

// Compile makes a form of a schema and its hints. An empty schema, or null, is a
// form without fields that accepts anything; no schema is refused because a
// control is missing. The error is a *SchemaError.
func Compile(schema, ui json.RawMessage) (*Form, error) {
	if isNothing(schema) {
		return &Form{}, nil
	}
	s, orders, err := compileSchema(schema)
	if err != nil {
		return nil, err
	}
	var h hints
	if !isNothing(ui) {
		decoded, _, err := readJSON(ui, maxSchemaBytes)
		if err != nil {
			return nil, schemaError(err)
		}
		obj, _ := decoded.(map[string]any)
		h = obj
	}
	f := &Form{schema: s}
	b := &builder{root: s.doc, orders: orders}
	f.root = b.build(s.doc, "", h, nil, 0)
	f.root.required = true
	if button, ok := h.get("submitButtonOptions"); ok {
		options, _ := button.(map[string]any)
		f.submit = textOf(options["submitText"])
	}
	return f, nil
}

func isNothing(text json.RawMessage) bool {
	return len(text) == 0 || string(text) == "null"
}

// Schema gives the form's schema, nil when it has none.
func (f *Form) Schema() *Schema { return f.schema }

// Title gives the schema's title, Description its description: "" without one.
func (f *Form) Title() string {
	if f.root == nil || f.root.proto.Kind != Group {
		return ""
	}
	return f.root.proto.Label
}

// Description gives the text that belongs above all fields, "" for none.
func (f *Form) Description() string {
	if f.root == nil || f.root.proto.Kind != Group {
		return ""
	}
	return f.root.proto.Description
}

// SubmitText gives the button's text that the hints ask for, "" for none.
func (f *Form) SubmitText() string { return f.submit }

// A Mode says how much Validate and Submit demand.
type Mode struct {
	skip bool
	own  *Schema
}

// Full asks the form's schema, None asks nothing: what was typed is kept even
// when it could not be decoded.
var (
	Full = Mode{}
	None = Mode{skip: true}
)

// Own asks another schema in place of the form's.
func Own(s *Schema) Mode { return Mode{own: s} }

// Validate judges a decoded value. Errors stand at the fields of the form and
// name them by their labels; nil means valid.
func (f *Form) Validate(value any, mode Mode) *Errors {
	s := f.schema
	if mode.own != nil {
		s = mode.own
	}
	if s == nil || mode.skip {
		return nil
	}
	return s.validate(value, f)
}

// ValidateJSON reads a JSON text of at most 1 MiB and judges it as Validate does
// in full. A form without a schema accepts any JSON.
func (f *Form) ValidateJSON(text json.RawMessage) *Errors {
	if f.schema == nil {
		if _, _, err := readJSON(text, maxValueBytes); err != nil {
			return faultErrors(err, f)
		}
		return nil
	}
	return f.schema.validateJSON(text, f)
}

// label names a value of the form as its field does. Values inside a JSON field
// are named by the field and their path: "Lines 2: Amount".
func (f *Form) label(tokens []string) string {
	trail, rest := f.trail(tokens)
	name := ""
	if len(trail) > 1 {
		name = trail[len(trail)-1].proto.Label
	} else if len(rest) == 0 {
		return f.rootLabel()
	}
	if len(rest) > 0 && len(trail) > 0 && trail[len(trail)-1].proto.Kind == Group {
		return labelOf(tokens)
	}
	for _, token := range rest {
		switch _, err := strconv.Atoi(token); {
		case err == nil && name != "":
			n, _ := strconv.Atoi(token)
			name += " " + itoa(n+1)
		case name == "":
			name = humanise(token)
		default:
			name += ": " + humanise(token)
		}
	}
	return name
}

func (f *Form) rootLabel() string {
	if f.root == nil || f.root.proto.Kind == Group {
		return ""
	}
	return f.root.proto.Label
}

// rank gives the position of a value among the fields; what has no field comes
// after its siblings.
func (f *Form) rank(tokens []string) []int {
	trail, rest := f.trail(tokens)
	ranks := make([]int, 0, len(tokens))
	for _, n := range trail[min(1, len(trail)):] {
		ranks = append(ranks, n.index)
	}
	for _, token := range rest {
		i, err := strconv.Atoi(token)
		if err != nil {
			i = maxNodes
		}
		ranks = append(ranks, i)
	}
	return ranks
}

func (f *Form) example(tokens []string) string {
	trail, rest := f.trail(tokens)
	if len(trail) == 0 || len(rest) > 0 {
		return ""
	}
	return first(trail[len(trail)-1].proto.Suggestions...)
}

// trail gives the nodes from the root down to the value at tokens, and the
// tokens that have no node.
func (f *Form) trail(tokens []string) (nodes []*node, rest []string) {
	if f.root == nil {
		return nil, tokens
	}
	nodes = append(nodes, f.root)
	for i, token := range tokens {
		child := nodes[len(nodes)-1].child(token)
		if child == nil {
			return nodes, tokens[i:]
		}
		nodes = append(nodes, child)
	}
	return nodes, nil
}

func (n *node) child(key string) *node {
	for _, c := range n.children {
		if c.key == key {
			return c
		}
	}
	return nil
}

// zoneOf gives UTC for nil.
func zoneOf(zone *time.Location) *time.Location {
	if zone == nil {
		return time.UTC
	}
	return zone
}
