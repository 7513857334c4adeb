package form

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCompileSchema_refuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		schema string
		want   [2]string // pointer and sentence
	}{
		"no json":         {`{`, [2]string{"", "The schema is not valid JSON; look at line 1, column 2"}},
		"no schema":       {`5`, [2]string{"", "a schema must be an object, true or false"}},
		"unknown type":    {`{"properties":{"a":{"type":"text"}}}`, [2]string{"/properties/a/type", `"type" must be one of array, boolean, integer, null, number, object, string`}},
		"bad pattern":     {`{"properties":{"a":{"pattern":"("}}}`, [2]string{"/properties/a/pattern", `"pattern" must be a regular expression`}},
		"lost reference":  {`{"$ref":"#/$defs/x"}`, [2]string{"", "a $ref leads to #/$defs/x, which is not in the schema"}},
		"lost anchor":     {`{"$ref":"#x"}`, [2]string{"", "a $ref leads to #x, which is not in the schema"}},
		"file":            {`{"$ref":"file:///etc/passwd"}`, [2]string{"", "a $ref or $schema leads to file:///etc/passwd; a $ref may lead only inside the schema itself or to a standard metaschema"}},
		"network":         {`{"$ref":"https://example.com/s.json"}`, [2]string{"", "a $ref or $schema leads to https://example.com/s.json; a $ref may lead only inside the schema itself or to a standard metaschema"}},
		"key twice":       {`{"type":"object","type":"string"}`, [2]string{"/type", "The schema has the key type twice; remove one of them"}},
		"huge limit":      {`{"minimum":1e99999999}`, [2]string{"/minimum", "The schema has a number with too many digits or too large an exponent; shorten it"}},
		"too deep":        {strings.Repeat(`{"not":`, 70) + `{}` + strings.Repeat(`}`, 70), [2]string{strings.Repeat("/not", 65), "The schema is nested too deeply; at most 64 levels are possible"}},
		"too large":       {`{"title":"` + strings.Repeat("x", maxSchemaBytes) + `"}`, [2]string{"", "The schema is too large; shorten it"}},
		"unknown dialect": {`{"$schema":"https://example.com/dialect"}`, [2]string{"", "a $ref or $schema leads to https://example.com/dialect; a $ref may lead only inside the schema itself or to a standard metaschema"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := CompileSchema([]byte(tc.schema))
			var serr *SchemaError
			if !errors.As(err, &serr) {
				t.Fatalf("error = %v, want a *SchemaError", err)
			}
			if len(serr.Problems) != 1 || tc.want != [2]string{serr.Problems[0].Pointer, serr.Problems[0].Message} {
				t.Fatalf("problems %+v, want %q", serr.Problems, tc.want)
			}
			if p := serr.Problems[0]; p.In("en") != p.Message || p.In("de") == p.Message {
				t.Errorf("%q is %q in English, %q in German", p.Message, p.In("en"), p.In("de"))
			}
		})
	}
}

func TestCompileSchema_drafts_and_metaschemas(t *testing.T) {
	t.Parallel()
	for _, schema := range []string{
		`{"$schema":"http://json-schema.org/draft-04/schema#","type":"number","minimum":1,"exclusiveMinimum":true}`,
		`{"$schema":"http://json-schema.org/draft-07/schema#","if":{"type":"number"},"then":{"minimum":2}}`,
		`{"$schema":"https://json-schema.org/draft/2019-09/schema","exclusiveMinimum":1}`,
		`{"$ref":"https://json-schema.org/draft/2020-12/schema","minimum":2}`,
	} {
		if errs := mustSchema(t, schema).ValidateJSON([]byte("1")); errs.Empty() {
			t.Errorf("%s accepts 1", schema)
		}
	}
}

func TestCheckSchema(t *testing.T) {
	t.Parallel()
	good := map[string]any{"type": "object", "properties": map[string]any{"a": map[string]any{"type": "integer", "minimum": 1, "maximum": 2.5}}}
	if got := CheckSchema(good); got != nil {
		t.Errorf("problems of a good schema: %v", got)
	}
	bad := map[string]any{"type": "thing", "required": "a"}
	got := CheckSchema(bad)
	if len(got) != 2 || got[0].Pointer != "/required" || got[1].Pointer != "/type" {
		t.Errorf("problems = %v, want /required and /type", got)
	}
	if got := CheckSchema(nil); len(got) != 1 {
		t.Errorf("CheckSchema(nil) = %v, want one problem", got)
	}
}

func TestCheckHints(t *testing.T) {
	t.Parallel()
	schema := decodeText(t, `{"type":"object","properties":{"a":{"type":"string"},"l":{"type":"array","items":{"$ref":"#/$defs/i"}},"b":{"oneOf":[{"type":"object"}]}},"$defs":{"i":{"properties":{"q":{}}}}}`)
	ui := decodeText(t, `{"ui:order":["a"],"ui:colour":1,"a":{"ui:widget":"slider","ui:enum_names":[]},"x":{},"l":{"items":{"q":{"ui:help":"h"},"r":{}}},"b":{"any":{"ui:options":{"rows":3,"cols":1}}}}`)
	known := strings.Join(knownWidgets, ", ")
	want := [][3]string{
		{"/a/ui:enum_names", "unknown hint ui:enum_names; did you mean ui:enumNames?", "unbekannter Hinweis ui:enum_names; meinten Sie ui:enumNames?"},
		{"/a/ui:widget", "unknown widget; known are " + known, "unbekanntes Widget; bekannt sind " + known},
		{"/b/any/ui:options/cols", "unknown option cols", "unbekannte Option cols"},
		{"/l/items/r", "the schema has no property r", "das Schema hat keine Eigenschaft r"},
		{"/ui:colour", "unknown hint ui:colour", "unbekannter Hinweis ui:colour"},
		{"/x", "the schema has no property x", "das Schema hat keine Eigenschaft x"},
	}
	var got [][3]string
	for _, p := range CheckHints(schema, ui) {
		if !p.Warning || p.In("en") != p.Message {
			t.Errorf("%+v is no warning, or says %q in English", p, p.In("en"))
		}
		got = append(got, [3]string{p.Pointer, p.Message, p.In("de")})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

// Each of these would take minutes or memory without a limit.
func TestSchema_Validate_is_bounded(t *testing.T) {
	t.Parallel()
	doubling := func(keyword string) string {
		defs := `"a0":{"type":"string"}`
		for i := range 40 {
			ref := `{"$ref":"#/$defs/a` + itoa(i) + `"}`
			defs += `,"a` + itoa(i+1) + `":{"` + keyword + `":[` + ref + `,` + ref + `]}`
		}
		return `{"$defs":{` + defs + `},"not":{"$ref":"#/$defs/a40"}}`
	}
	list := "[" + strings.Repeat(`"`+strings.Repeat("a", 28)+`!",`, 1000) + `"a"]`
	tests := map[string]struct{ schema, value string }{
		"backtracking":       {`{"pattern":"^(a+)+(?=b)$"}`, `"` + strings.Repeat("a", 40) + `"`},
		"many backtrackings": {`{"items":{"pattern":"^(a+)+(?=b)$"}}`, list},
		"denied pattern":     {`{"not":{"pattern":"^(a+)+(?=b)$"}}`, `"` + strings.Repeat("a", 40) + `"`},
		"doubling":           {doubling("allOf"), `"x"`},
		"doubling, failing":  {doubling("anyOf"), `1`},
		"doubling, one of":   {doubling("oneOf"), `1`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			errs := mustSchema(t, tc.schema).ValidateJSON([]byte(tc.value))
			if errs.Empty() || errs.List[0].Code != "too_complex" {
				t.Errorf("errors = %v, want too_complex", messages(errs))
			}
			if took := time.Since(begin); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestSchema_Validate_patterns(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pattern, value string
		want           bool
	}{
		"plain":               {`^[A-Z]{2}\\d+$`, "AB12", true},
		"not anchored":        {`b`, "abc", true},
		"look-ahead":          {`^(?=.*\\d)[a-z\\d]+$`, "abc", false},
		"look-behind":         {`(?<!\\$)5`, "$5", false},
		"back-reference":      {`^(.)\\1$`, "aa", true},
		"digits are ASCII":    {`^\\d$`, "٣", false},
		"end is the end":      {`^a$`, "a\n", false},
		"category":            {`^\\p{Letter}+$`, "é", true},
		"category, looking":   {`^(?!x)\\p{Letter}+$`, "xé", false},
		"no category":         {`^\\P{Lowercase_Letter}+$`, "Aa", false},
		"category by name":    {`^[\\p{General_Category=Decimal_Number}]+$`, "٣", true},
		"script":              {`^\\p{Script=Greek}+$`, "αβγ", true},
		"another script":      {`^\\p{sc=Greek}+$`, "abc", false},
		"any character":       {`^[^]$`, "\n", true},
		"no character":        {`[]`, "a", false},
		"control":             {`^\\cJ\\x41$`, "\nA", true},
		"named group":         {`^(?<y>a)\\k<y>$`, "aa", true},
		"code points":         {`^[\\u{1F600}-\\u{1F64F}]+$`, "😀😁", true},
		"code point":          {`^\\u{1F600}$`, "😀", true},
		"one astral is one":   {`^.$`, "😀", true},
		"unicode white space": {`^\\s$`, "\u00a0", true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := mustSchema(t, `{"pattern":"`+tc.pattern+`"}`).Validate(tc.value).Empty()
			if got != tc.want {
				t.Errorf("%s matches %q = %v, want %v", tc.pattern, tc.value, got, tc.want)
			}
		})
	}
}

func TestSchema_Validate_side_by_side(t *testing.T) {
	t.Parallel()
	s := mustSchema(t, `{"type":"object","properties":{"a":{"pattern":"^(?!x).+$"}}}`)
	results := make(chan string)
	for range 16 {
		go func() {
			ok, bad := s.Validate(map[string]any{"a": "y"}), s.Validate(map[string]any{"a": "x"})
			results <- strings.Join(append(messages(ok), messages(bad)...), ";")
		}()
	}
	for range 16 {
		if got, want := <-results, "/a: A must match the pattern ^(?!x).+$"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestCompileSchema_reads_no_file(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.json")
	if err := os.WriteFile(path, []byte(`{}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := CompileSchema([]byte(`{"$ref":"file://` + path + `"}`)); err == nil {
		t.Error("a schema outside the document was read")
	}
}

func TestSchema_Validate_refuses_what_cannot_be_judged(t *testing.T) {
	t.Parallel()
	deep := any("x")
	for range maxDepth + 1 {
		deep = []any{deep}
	}
	tests := map[string]struct {
		value any
		want  string
	}{
		"exponent":  {map[string]any{"a": json.Number("1e99999999")}, "json_number"},
		"no number": {[]any{json.Number("NaN")}, "json_number"},
		"depth":     {deep, "json_depth"},
		"text":      {"a\x00", "json_text"},
		"key":       {map[string]any{"\x00": 1}, "json_text"},
	}
	s := mustSchema(t, `{"properties":{"a":{"minimum":1}}}`)
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			errs := s.Validate(tc.value)
			if errs.Empty() || errs.List[0].Code != tc.want {
				t.Errorf("errors = %v, want code %s", messages(errs), tc.want)
			}
		})
	}
}
