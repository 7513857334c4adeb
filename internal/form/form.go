package form

import (
	"encoding/json"
	"regexp"
	"sync"
	"sync/atomic"
	"time"
)

// A Form is a schema with its fields. It is immutable and safe for concurrent
// use.
type Form struct {
	schema *Schema // nil for a form without a schema
	doc    *document
	root   []source // nil for a form without fields
	hints  hints
	submit string
	views  sync.Map // *view by id
	shapes sync.Map // *shape by shapeKey
	cached atomic.Int64
	keys   sync.Map // compiled patterns of keys, by text
}

// Compile makes a form of a schema and its hints. An empty schema, or null, is a
// form without fields that accepts anything; no schema is refused because a
// control is missing. The error is a *SchemaError.
func Compile(schema, ui json.RawMessage) (*Form, error) {
	if isNothing(schema) {
		return &Form{}, nil
	}
	s, err := CompileSchema(schema)
	if err != nil {
		return nil, err
	}
	f := &Form{schema: s, doc: s.doc, root: []source{sourceOf(s.doc.root, "")}}
	if !isNothing(ui) {
		decoded, _, err := readJSON(ui, maxSchemaBytes)
		if err != nil {
			return nil, schemaError(err)
		}
		f.hints, _ = decoded.(map[string]any)
	}
	if button, ok := f.hints.get("submitButtonOptions"); ok {
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

// Title gives the schema's title, Description its description: "" without one,
// and for a form of a single field, which shows them itself.
func (f *Form) Title() string { return f.above().Label }

// Description gives the text that belongs above all fields, "" for none.
func (f *Form) Description() string { return f.above().Description }

func (f *Form) above() Field {
	if f.root == nil {
		return Field{}
	}
	if s := f.shapeOf(f.viewOf(f.root, nil), f.hints); s.proto.Kind == Group {
		return s.proto
	}
	return Field{}
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

// judging gives the schema that a mode asks, nil for none.
func (f *Form) judging(mode Mode) *Schema {
	switch {
	case mode.skip:
		return nil
	case mode.own != nil:
		return mode.own
	}
	return f.schema
}

// Validate judges a decoded value. Errors stand at the fields of the form and
// name them by their labels; nil means valid.
func (f *Form) Validate(value any, mode Mode) *Errors {
	s := f.judging(mode)
	if s == nil {
		return nil
	}
	return s.validate(value, &lateTree{form: f, value: value})
}

// ValidateJSON reads a JSON text of at most 1 MiB and judges it as Validate does
// in full. A form without a schema accepts any JSON.
func (f *Form) ValidateJSON(text json.RawMessage) *Errors {
	value, _, err := readJSON(text, maxValueBytes)
	if err != nil {
		return faultErrors(err, &lateTree{form: f})
	}
	return f.Validate(value, Full)
}

// matches reports whether a key matches an ECMA-262 pattern.
func (f *Form) matches(text, key string) bool {
	re, ok := f.keys.Load(text)
	if !ok {
		if !plainPattern.MatchString(text) {
			return f.matchesSlowly(text, key)
		}
		compiled, err := regexp.Compile(text)
		if err != nil {
			return false
		}
		re, _ = f.keys.LoadOrStore(text, compiled)
	}
	return re.(*regexp.Regexp).MatchString(key)
}

func (f *Form) matchesSlowly(text, key string) (ok bool) {
	re, err := compilePattern(text, &budget{begin: time.Now()})
	if err != nil {
		return false
	}
	defer func() {
		if p := recover(); p != nil {
			if _, mine := p.(overrun); !mine {
				panic(p)
			}
		}
	}()
	return re.MatchString(key)
}

// zoneOf gives UTC for nil.
func zoneOf(zone *time.Location) *time.Location {
	if zone == nil {
		return time.UTC
	}
	return zone
}
