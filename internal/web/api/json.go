package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"tandem/internal/workflow"
)

// maxDepth bounds how deeply a body's values lie in each other.
const maxDepth = 64

// Object is a JSON object that is passed on as it was written, so that numbers
// keep their text. Nil and null read as absent and are written as null.
type Object json.RawMessage

// Schema implements huma.SchemaProvider.
func (Object) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Nullable: true}
}

// MarshalJSON implements json.Marshaler.
func (o Object) MarshalJSON() ([]byte, error) { return json.RawMessage(o).MarshalJSON() }

// UnmarshalJSON implements json.Unmarshaler.
func (o *Object) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*o = nil
		return nil
	}
	*o = bytes.Clone(text)
	return nil
}

// Any is any JSON value, passed on as it was written. Nil is written as null.
type Any json.RawMessage

// Schema implements huma.SchemaProvider.
func (Any) Schema(huma.Registry) *huma.Schema { return &huma.Schema{} }

// MarshalJSON implements json.Marshaler.
func (a Any) MarshalJSON() ([]byte, error) { return json.RawMessage(a).MarshalJSON() }

// UnmarshalJSON implements json.Unmarshaler.
func (a *Any) UnmarshalJSON(text []byte) error { return (*Object)(a).UnmarshalJSON(text) }

// decodeJSON reads a body, once as plain values to be validated and once into
// its type. The first reading refuses what encoding/json lets pass but must not
// be stored: U+0000, text that is not Unicode, values nested without end.
func decodeJSON(text []byte, into any) error {
	plain, first := into.(*any)
	if !first {
		return sentence(json.Unmarshal(text, into))
	}
	if !utf8.Valid(text) || hasLoneSurrogate(text) {
		return malformed("The body holds text that is not Unicode.")
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(plain); err != nil {
		return sentence(err)
	}
	if dec.More() || len(bytes.TrimSpace(text[dec.InputOffset():])) > 0 {
		return malformed("The body goes on after its JSON value, at byte %d.", dec.InputOffset())
	}
	var err error
	*plain, err = storable(*plain, 0)
	return err
}

// storable checks a value and makes numbers what huma validates. A number
// beyond float64 stays text: no field of ours takes one, data passes it on.
func storable(v any, depth int) (any, error) {
	if depth > maxDepth {
		return nil, malformed("The values of the body lie more than %d levels deep in each other.", maxDepth)
	}
	var err error
	switch v := v.(type) {
	case string:
		return v, checkText(v)
	case json.Number:
		if f, err := v.Float64(); err == nil {
			return f, nil
		}
	case []any:
		for i := range v {
			if v[i], err = storable(v[i], depth+1); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for key := range v {
			if err := checkText(key); err != nil {
				return nil, err
			}
			if v[key], err = storable(v[key], depth+1); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

func malformed(format string, args ...any) error {
	return workflow.Errorf(workflow.KindMalformed, "malformed", format, args...)
}

func checkText(s string) error {
	if strings.ContainsRune(s, 0) {
		return malformed("A text of the body holds the character U+0000. Remove it.")
	}
	return nil
}

// sentence says what is wrong with a JSON text without naming Go's types.
func sentence(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &kind):
		return malformed("The field %q cannot hold the value %s.", kind.Field, kind.Value)
	case errors.As(err, &syntax):
		return malformed("The body is not JSON: the fault is at byte %d.", syntax.Offset)
	}
	return malformed("The body is not JSON: it ends too early.")
}

// hasLoneSurrogate reports whether a JSON text has a \u escape that is half of
// a surrogate pair; encoding/json would replace it silently.
func hasLoneSurrogate(text []byte) bool {
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		unit, ok := escapedUnit(text[i:])
		switch {
		case !ok:
			i++ // another escape of two characters
		case unit < 0xD800 || unit > 0xDFFF:
			i += 5
		default:
			low, paired := escapedUnit(text[i+6:])
			if unit > 0xDBFF || !paired || low < 0xDC00 || low > 0xDFFF {
				return true
			}
			i += 11
		}
	}
	return false
}

// escapedUnit reads the \uXXXX at the beginning of a text.
func escapedUnit(text []byte) (unit uint64, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return unit, err == nil
}

// raw gives the object as it was written, or what stands for an absent one.
func (o Object) raw(absent string) json.RawMessage {
	if len(o) == 0 {
		return json.RawMessage(absent)
	}
	return json.RawMessage(o)
}
