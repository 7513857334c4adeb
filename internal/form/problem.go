package form

import (
	"errors"
	"net/url"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A Problem is something wrong with a schema or its hints, for the person who
// writes them.
type Problem struct {
	Pointer string // JSON pointer into the schema, or into the hints
	Message string
	Warning bool // the schema works all the same
}

// A SchemaError says why a schema cannot be used.
type SchemaError struct{ Problems []Problem }

func (e *SchemaError) Error() string {
	messages := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		messages[i] = p.Message
		if p.Pointer != "" {
			messages[i] = "at " + p.Pointer + ": " + p.Message
		}
	}
	return "schema: " + strings.Join(messages, "; ")
}

var errSchemaShape = errors.New("a schema must be an object, true or false")

// CheckSchema gives everything wrong with a decoded schema, nil for none. Numbers
// may be json.Number, float64 or int.
func CheckSchema(schema any) []Problem {
	if schema == nil {
		return []Problem{{Message: errSchemaShape.Error()}}
	}
	_, err := CompileSchema([]byte(encodeJSON(schema, "")))
	var serr *SchemaError
	if errors.As(err, &serr) {
		return serr.Problems
	}
	return nil
}

// schemaError gives err as a *SchemaError with pointers.
func schemaError(err error) *SchemaError {
	var (
		fault   *jsonFault
		invalid *jsonschema.SchemaValidationError
		verr    *jsonschema.ValidationError
	)
	switch {
	case errors.As(err, &fault):
		return &SchemaError{[]Problem{{Pointer: fault.pointer, Message: English.Sentence(fault.code, fault.params("The schema"))}}}
	case errors.As(err, &invalid) && errors.As(invalid.Err, &verr):
		return &SchemaError{metaProblems(verr)}
	}
	return &SchemaError{[]Problem{otherProblem(err)}}
}

// metaProblems lists what the metaschema says about a schema.
func metaProblems(verr *jsonschema.ValidationError) []Problem {
	errs := translate(verr, keyNames{})
	if errs.Empty() {
		return []Problem{{Message: verr.Error()}}
	}
	problems := make([]Problem, len(errs.List))
	for i, e := range errs.List {
		problems[i] = Problem{Pointer: e.Pointer, Message: e.Message}
	}
	return problems
}

// otherProblem explains what the compiler found after the metaschema agreed:
// references that lead nowhere, patterns that cannot be read.
func otherProblem(err error) Problem {
	var (
		pattern *jsonschema.InvalidRegexError
		target  *jsonschema.JSONPointerNotFoundError
		anchor  *jsonschema.AnchorNotFoundError
		load    *jsonschema.LoadURLError
	)
	switch {
	case errors.As(err, &pattern):
		return Problem{fragment(pattern.URL), "the pattern " + cut(pattern.Regex) + " cannot be read: " + pattern.Err.Error(), false}
	case errors.As(err, &target):
		return Problem{"", "a $ref leads to #" + cut(fragment(target.URL)) + ", which is not in the schema", false}
	case errors.As(err, &anchor):
		return Problem{"", "a $ref leads to " + cut(strings.TrimPrefix(anchor.Reference, schemaURL)) + ", which is not in the schema", false}
	case errors.As(err, &load):
		return Problem{"", "a $ref or $schema leads to " + cut(load.URL) + "; " + errOutside.Error(), false}
	}
	return Problem{"", cut(strings.ReplaceAll(err.Error(), schemaURL, "")), false}
}

// fragment gives the JSON pointer at the end of an address.
func fragment(address string) string {
	_, frag, _ := strings.Cut(address, "#")
	if plain, err := url.PathUnescape(frag); err == nil {
		return plain
	}
	return frag
}

// keyNames names the parts of a schema by their keyword.
type keyNames struct{}

func (keyNames) label(tokens []string) string {
	if len(tokens) == 0 {
		return "The schema"
	}
	return `"` + tokens[len(tokens)-1] + `"`
}

func (keyNames) rank([]string) []int     { return nil }
func (keyNames) example([]string) string { return "" }

func (keyNames) chosen([]string, string) (int, bool) { return 0, false }
