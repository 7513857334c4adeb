package form

import (
	"errors"
	"maps"
	"net/url"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A Problem is something wrong with a schema or its hints, for the person who
// writes them.
type Problem struct {
	Pointer string // JSON pointer into the schema, or into the hints
	Message string // the sentence in English, small at its beginning and without its full stop
	Warning bool   // the schema works all the same
	Code    string // key of the sentence in the catalogue
	Params  Params // what the sentence names
}

func newProblem(pointer, code string, params Params) Problem {
	return Problem{Pointer: pointer, Message: English.Sentence(code, params), Code: code, Params: params}
}

// In gives the sentence in a language by its tag, such as "de".
func (p Problem) In(tag string) string {
	lang, params := LangOf(tag), maps.Clone(p.Params)
	if params["field"] == English.word("schema") {
		params["field"] = lang.word("schema")
	}
	return lang.Sentence(p.Code, params)
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
		return []Problem{newProblem("", "schema_shape", nil)}
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
		return &SchemaError{[]Problem{newProblem(fault.pointer, fault.code, fault.params(English.word("schema")))}}
	case errors.As(err, &invalid) && errors.As(invalid.Err, &verr):
		return &SchemaError{metaProblems(verr)}
	}
	return &SchemaError{[]Problem{otherProblem(err)}}
}

// metaProblems lists what the metaschema says about a schema.
func metaProblems(verr *jsonschema.ValidationError) []Problem {
	errs := translate(verr, keyNames{})
	if errs.Empty() {
		return []Problem{newProblem("", "schema_other", Params{"why": verr.Error()})}
	}
	problems := make([]Problem, len(errs.List))
	for i, e := range errs.List {
		problems[i] = Problem{Pointer: e.Pointer, Message: e.Message, Code: e.Code, Params: e.Params}
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
	case errors.Is(err, errSchemaShape):
		return newProblem("", "schema_shape", nil)
	case errors.As(err, &pattern):
		return newProblem(fragment(pattern.URL), "schema_pattern", Params{"pattern": cut(pattern.Regex), "why": pattern.Err.Error()})
	case errors.As(err, &target):
		return newProblem("", "schema_ref", Params{"target": "#" + cut(fragment(target.URL))})
	case errors.As(err, &anchor):
		return newProblem("", "schema_ref", Params{"target": cut(strings.TrimPrefix(anchor.Reference, schemaURL))})
	case errors.As(err, &load):
		return newProblem("", "schema_outside", Params{"target": cut(load.URL)})
	}
	return newProblem("", "schema_other", Params{"why": cut(strings.ReplaceAll(err.Error(), schemaURL, ""))})
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
		return English.word("schema")
	}
	return `"` + tokens[len(tokens)-1] + `"`
}

func (keyNames) rank([]string) []int     { return nil }
func (keyNames) example([]string) string { return "" }

func (keyNames) chosen([]string, string) (int, bool) { return 0, false }
