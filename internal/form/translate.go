package form

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// translate turns the validator's tree of errors into a flat list of sentences,
// each at the value that a person has to change.
func translate(err error, names namer) *Errors {
	if err == nil {
		return nil
	}
	t := &translator{names: names}
	var verr *jsonschema.ValidationError
	if !errors.As(err, &verr) {
		t.add(nil, "too_complex", nil)
		return t.out.result()
	}
	t.walk(verr)
	return t.out.tidy(names)
}

type translator struct {
	names namer
	out   Errors
}

func (t *translator) add(at []string, code string, params Params) {
	t.out.add(newError(t.names, at, code, params))
}

// walk visits e and its causes.
func (t *translator) walk(e *jsonschema.ValidationError) {
	switch k := e.ErrorKind.(type) {
	case *kind.Schema, *kind.Group, *kind.AllOf, *kind.Reference:
		for _, cause := range e.Causes {
			t.walk(cause)
		}
	case *kind.OneOf:
		if len(k.Subschemas) > 0 {
			t.add(e.InstanceLocation, "one_of_many", nil)
			return
		}
		t.branches(e, "oneOf")
	case *kind.AnyOf:
		t.branches(e, "anyOf")
	default:
		t.leaf(e.InstanceLocation, e.ErrorKind)
	}
}

// branches reports the errors of the branch that was chosen. Where nobody had to
// choose it is the branch that fits best, and when none comes near, that none
// fits.
func (t *translator) branches(e *jsonschema.ValidationError, keyword string) {
	loc := fragment(e.SchemaURL) + "/" + keyword
	if chosen, ok := t.names.chosen(e.InstanceLocation, loc); ok {
		t.chosenBranch(e, loc, chosen)
		return
	}
	best, bestCount := -1, maxErrors+1
	for i, cause := range e.Causes {
		if n := t.distance(cause, e.InstanceLocation); n < bestCount {
			best, bestCount = i, n
		}
	}
	if best >= 0 {
		t.walk(e.Causes[best])
		return
	}
	if choices := offered(e.Causes); len(choices) > 0 {
		t.notOffered(e.InstanceLocation, choices)
		return
	}
	t.add(e.InstanceLocation, "one_of", nil)
}

// chosenBranch reports the errors of a branch, or asks for a choice.
func (t *translator) chosenBranch(e *jsonschema.ValidationError, loc string, chosen int) {
	if chosen < 0 {
		t.add(e.InstanceLocation, "choose_branch", nil)
		return
	}
	at := loc + "/" + itoa(chosen)
	for _, cause := range e.Causes {
		if loc := fragment(cause.SchemaURL); loc == at || strings.HasPrefix(loc, at+"/") {
			t.walk(cause)
			return
		}
	}
	t.add(e.InstanceLocation, "one_of", nil)
}

// notOffered names the choices when they are few enough to read, as JSON where
// plain text would not tell them apart.
func (t *translator) notOffered(at []string, choices []any) {
	texts, exact := make([]string, len(choices)), make([]string, len(choices))
	plain := true
	for i, c := range choices {
		texts[i], exact[i] = plainText(c), encodeJSON(c, "")
		plain = plain && texts[i] != "" && !slices.Contains(texts[:i], texts[i])
	}
	if !plain {
		texts = exact
	}
	list := strings.Join(texts, ", ")
	if len(list) > 100 {
		t.add(at, "enum", nil)
		return
	}
	t.add(at, "enum_of", Params{"choices": list})
}

// distance counts the leaves of e. A branch of another type, or with another
// fixed value in it, does not come near.
func (t *translator) distance(e *jsonschema.ValidationError, at []string) int {
	switch e.ErrorKind.(type) {
	case *kind.Const, *kind.FalseSchema:
		return maxErrors + 1
	case *kind.Type, *kind.Enum:
		if len(e.InstanceLocation) == len(at) {
			return maxErrors + 1
		}
	}
	if len(e.Causes) == 0 {
		return 1
	}
	n := 0
	for _, cause := range e.Causes {
		n += t.distance(cause, at)
	}
	return n
}

// offered gives the values that branches fix, directly or behind a reference.
func offered(causes []*jsonschema.ValidationError) []any {
	var values []any
	for _, cause := range causes {
		switch k := cause.ErrorKind.(type) {
		case *kind.Const:
			values = append(values, k.Want)
		case *kind.Enum:
			values = append(values, k.Want...)
		case *kind.Reference:
			values = append(values, offered(cause.Causes)...)
		}
	}
	return values
}

func (t *translator) leaf(at []string, k jsonschema.ErrorKind) {
	if code, limit, ok := numberLimit(k); ok {
		t.add(at, code, Params{"limit": decimal(limit)})
		return
	}
	if code, limit, ok := countLimit(k); ok {
		t.add(at, plural(code, limit), Params{"limit": itoa(limit)})
		return
	}
	switch k := k.(type) {
	case *kind.Required:
		t.missing(at, k.Missing, "required", "")
	case *kind.DependentRequired:
		t.missing(at, k.Missing, "dependent_required", k.Prop)
	case *kind.Dependency:
		t.missing(at, k.Missing, "dependent_required", k.Prop)
	case *kind.AdditionalProperties:
		slices.Sort(k.Properties)
		t.add(at, "additional_properties", Params{"names": cut(strings.Join(k.Properties, ", "))})
	case *kind.PropertyNames:
		t.add(at, "property_names", Params{"name": cut(k.Property)})
	case *kind.UniqueItems:
		t.add(at, "unique_items", Params{"first": itoa(k.Duplicates[0] + 1), "second": itoa(k.Duplicates[1] + 1)})
	case *kind.Enum:
		t.notOffered(at, k.Want)
	case *kind.Type:
		t.add(at, "type_"+typeName(k.Want), Params{"types": strings.Join(k.Want, ", ")})
	case *kind.Const:
		t.add(at, "const", Params{"value": cut(plainText(k.Want))})
	case *kind.Format:
		t.add(at, formatCode(k.Want), Params{"format": k.Want})
	case *kind.Pattern:
		if example := t.names.example(at); example != "" {
			t.add(at, "pattern_example", Params{"example": cut(example), "pattern": cut(k.Want)})
			return
		}
		t.add(at, "pattern", Params{"pattern": cut(k.Want)})
	default:
		t.add(at, plainCode(k), nil)
	}
}

// missing places one error at each missing member.
func (t *translator) missing(at, missing []string, code, because string) {
	for _, key := range missing {
		params := Params{}
		if because != "" {
			params["because"] = t.names.label(append(slices.Clone(at), because))
		}
		t.add(append(slices.Clone(at), key), code, params)
	}
}

func numberLimit(k jsonschema.ErrorKind) (string, *big.Rat, bool) {
	switch k := k.(type) {
	case *kind.Minimum:
		return "minimum", k.Want, true
	case *kind.Maximum:
		return "maximum", k.Want, true
	case *kind.ExclusiveMinimum:
		return "exclusive_minimum", k.Want, true
	case *kind.ExclusiveMaximum:
		return "exclusive_maximum", k.Want, true
	case *kind.MultipleOf:
		if k.Want.Cmp(big.NewRat(1, 1)) == 0 {
			return "type_integer", k.Want, true
		}
		return "multiple_of", k.Want, true
	}
	return "", nil, false
}

func countLimit(k jsonschema.ErrorKind) (string, int, bool) {
	switch k := k.(type) {
	case *kind.MinLength:
		return "min_length", k.Want, true
	case *kind.MaxLength:
		return "max_length", k.Want, true
	case *kind.MinItems:
		return "min_items", k.Want, true
	case *kind.MaxItems:
		return "max_items", k.Want, true
	case *kind.MinProperties:
		return "min_properties", k.Want, true
	case *kind.MaxProperties:
		return "max_properties", k.Want, true
	case *kind.MinContains:
		return "min_contains", k.Want, true
	case *kind.MaxContains:
		return "max_contains", k.Want, true
	}
	return "", 0, false
}

func plainCode(k jsonschema.ErrorKind) string {
	switch k.(type) {
	case *kind.Not:
		return "not"
	case *kind.Contains:
		return "contains"
	case *kind.FalseSchema, *kind.AdditionalItems:
		return "not_allowed"
	}
	return "invalid"
}

// plural gives the key of the sentence for a count of one where it differs.
func plural(code string, n int) string {
	if n == 1 {
		return code + "_one"
	}
	return code
}

// typeName gives the one type that the sentence can name, "other" for several.
func typeName(want []string) string {
	if len(want) == 1 {
		return want[0]
	}
	want = slices.DeleteFunc(slices.Clone(want), func(s string) bool { return s == "null" })
	if len(want) == 1 {
		return want[0]
	}
	return "other"
}

func formatCode(format string) string {
	switch format {
	case "email", "uri", "date", "time", "date-time", "color", "uuid", "regex", "duration", "ipv4", "ipv6", "hostname", "json-pointer", "data-url":
		return "format_" + strings.ReplaceAll(format, "-", "_")
	}
	return "format"
}

// decimal writes an exact decimal; numbers of a schema always are one.
func decimal(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	digits, _ := r.FloatPrec()
	return r.FloatString(digits)
}

// plainText shows a JSON value in a sentence: strings as they are.
func plainText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return string(v)
	}
	return encodeJSON(v, "")
}

// cut keeps sentences short whatever a schema or a client put into them.
func cut(s string) string {
	const most = 100
	if runes := []rune(s); len(runes) > most {
		return fmt.Sprintf("%s…", string(runes[:most]))
	}
	return s
}
