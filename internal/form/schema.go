package form

import (
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemaURL is the base address of a schema without an $id. Nothing is ever
// loaded from it.
const schemaURL = "https://schema.invalid/schema.json"

// maxIdle is how many compiled copies a schema keeps for validations side by side.
const maxIdle = 4

// One validation may apply parts of the schema maxSteps times and take maxTime:
// a schema of a few lines can double its work with every level.
const (
	maxSteps = 1_000_000
	maxTime  = 2 * time.Second
)

// A Schema judges JSON values. It is safe for concurrent use.
type Schema struct {
	doc  *document
	idle chan *validator // compiled copies that no validation uses
}

// A validator is one compiled copy of a schema with its own budget, used by one
// validation at a time.
type validator struct {
	schema   *jsonschema.Schema
	compiler *jsonschema.Compiler
	parts    map[string]*jsonschema.Schema // compiled parts of it, by JSON pointer
	spent    *budget
}

// A budget counts what one validation has used up.
type budget struct {
	begin    time.Time
	steps    int
	patterns time.Duration
}

// An overrun is the panic value of a validation that used up its budget.
type overrun struct{}

// CompileSchema compiles a schema of at most 256 KiB, 64 levels deep. Drafts 4 to
// 2020-12 are chosen by $schema, the last is the default. The error is a
// *SchemaError.
func CompileSchema(text json.RawMessage) (*Schema, error) {
	doc, orders, err := readJSON(text, maxSchemaBytes)
	if err != nil {
		return nil, schemaError(err)
	}
	v, err := newValidator(doc, dialect{formats: true})
	if err != nil {
		return nil, schemaError(err)
	}
	s := &Schema{doc: newDocument(doc, orders), idle: make(chan *validator, maxIdle)}
	s.idle <- v
	return s, nil
}

// A dialect says how a schema is read where the specification leaves a choice.
type dialect struct {
	formats bool                 // formats are checked, not only noted
	load    jsonschema.URLLoader // of other documents; nil refuses them
}

func newValidator(doc any, d dialect) (*validator, error) {
	if !isSchemaShape(doc) {
		return nil, errSchemaShape
	}
	c := jsonschema.NewCompiler()
	v := &validator{spent: &budget{}, compiler: c}
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(noLoader{})
	if d.load != nil {
		c.UseLoader(d.load)
	}
	if d.formats {
		c.AssertFormat()
	}
	c.UseRegexpEngine(func(p string) (jsonschema.Regexp, error) { return compilePattern(p, v.spent) })
	c.RegisterFormat(&jsonschema.Format{Name: "color", Validate: validateColor})
	c.RegisterFormat(&jsonschema.Format{Name: "uri", Validate: validateAbsoluteURI})
	c.RegisterFormat(&jsonschema.Format{Name: "data-url", Validate: validateDataURL})
	c.RegisterVocabulary(&jsonschema.Vocabulary{
		URL: "https://schema.invalid/meter",
		Compile: func(*jsonschema.CompilerContext, map[string]any) (jsonschema.SchemaExt, error) {
			return v.spent, nil
		},
	})
	c.AssertVocabs()
	if err := c.AddResource(schemaURL, doc); err != nil {
		return nil, err
	}
	var err error
	v.schema, err = c.Compile(schemaURL)
	return v, err
}

// Validate counts one application of a schema; it is called by the validator.
func (b *budget) Validate(*jsonschema.ValidatorContext, any) {
	b.steps++
	if b.steps > maxSteps || b.steps%256 == 0 && time.Since(b.begin) > maxTime {
		panic(overrun{})
	}
}

func isSchemaShape(doc any) bool {
	switch doc.(type) {
	case map[string]any, bool:
		return true
	}
	return false
}

// noLoader refuses every document outside the schema.
type noLoader struct{}

var errOutside = errors.New("a $ref may lead only inside the schema itself or to a standard metaschema")

func (noLoader) Load(string) (any, error) { return nil, errOutside }

var colorText = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

func validateColor(v any) error {
	if s, ok := v.(string); ok && !colorText.MatchString(s) {
		return errors.New("is not of the form #rrggbb")
	}
	return nil
}

// validateAbsoluteURI accepts what RFC 3986 calls a URI: a scheme, and none of
// the characters that have to be percent-encoded.
func validateAbsoluteURI(v any) error {
	s, ok := v.(string)
	if !ok {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil {
		return err
	}
	if !u.IsAbs() || strings.ContainsAny(s, " \\\"<>^`{|}") || strings.IndexFunc(s, notASCII) >= 0 {
		return errors.New("is not an absolute address")
	}
	return nil
}

// validateDataURL accepts a data URL (RFC 2397), or what names an attachment.
func validateDataURL(v any) error {
	s, ok := v.(string)
	if !ok {
		return nil
	}
	if _, named := ParseAttachment(s); named || strings.HasPrefix(s, "data:") && strings.Contains(s, ",") {
		return nil
	}
	return errors.New("is no file")
}

func notASCII(r rune) bool { return r > 0x7e || r < 0x21 }

// Validate judges a decoded JSON value; numbers should be json.Number. The
// result is nil when the value is valid. Messages are in English; Errors.In
// gives other languages.
func (s *Schema) Validate(value any) *Errors {
	return s.validate(value, plainNames{})
}

// ValidateJSON reads and judges a JSON text of at most 1 MiB.
func (s *Schema) ValidateJSON(text json.RawMessage) *Errors {
	return s.validateJSON(text, plainNames{})
}

func (s *Schema) validateJSON(text []byte, names namer) *Errors {
	value, _, err := readJSON(text, maxValueBytes)
	if err != nil {
		return faultErrors(err, names)
	}
	return s.validate(value, names)
}

func (s *Schema) validate(value any, names namer) *Errors {
	if fault := checkValue(value, "", 0); fault != nil {
		return faultErrors(fault, names)
	}
	err, ok := s.run(value)
	if !ok {
		return &Errors{List: []Error{newError(names, nil, "too_complex", nil)}}
	}
	return translate(err, names)
}

// run applies the compiled schema; ok is false when the budget was used up.
func (s *Schema) run(value any) (err error, ok bool) {
	v, err := s.take()
	if err != nil {
		return err, true
	}
	*v.spent = budget{begin: time.Now()}
	defer func() {
		s.give(v)
		if p := recover(); p != nil {
			if _, mine := p.(overrun); !mine {
				panic(p)
			}
			ok = false
		}
	}()
	return v.schema.Validate(value), true
}

// take gives an idle validator, or compiles another.
func (s *Schema) take() (*validator, error) {
	select {
	case v := <-s.idle:
		return v, nil
	default:
		return newValidator(s.doc.root, dialect{formats: true})
	}
}

// give puts a validator back.
func (s *Schema) give(v *validator) {
	select {
	case s.idle <- v:
	default:
	}
}

// checkValue refuses values that the validator cannot judge safely: too deep,
// numbers with huge exponents, U+0000.
func checkValue(v any, pointer string, depth int) *jsonFault {
	if depth > maxDepth {
		return &jsonFault{code: "json_depth", pointer: pointer}
	}
	switch v := v.(type) {
	case json.Number:
		if !boundedNumber(string(v)) {
			return &jsonFault{code: "json_number", pointer: pointer}
		}
	case string:
		if strings.ContainsRune(v, 0) {
			return &jsonFault{code: "json_text", pointer: pointer}
		}
	case map[string]any:
		return checkMembers(v, pointer, depth)
	case []any:
		for i, item := range v {
			if fault := checkValue(item, pointer+"/"+itoa(i), depth+1); fault != nil {
				return fault
			}
		}
	}
	return nil
}

func checkMembers(obj map[string]any, pointer string, depth int) *jsonFault {
	for key, item := range obj {
		at := pointer + "/" + escapeToken(key)
		if strings.ContainsRune(key, 0) {
			return &jsonFault{code: "json_text", pointer: at}
		}
		if fault := checkValue(item, at, depth+1); fault != nil {
			return fault
		}
	}
	return nil
}
