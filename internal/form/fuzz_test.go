package form

import (
	"net/url"
	"testing"
)

// FuzzCompileSubmit feeds any schema, hints, stored value and answer through the
// whole package: nothing may panic or hang, and what passes the schema must be
// accepted as JSON by it again.
func FuzzCompileSubmit(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(string(s.Schema), string(s.UI), "", "")
		for _, valid := range s.Valid {
			f.Add(string(s.Schema), string(s.UI), string(valid), "a=1&a~2b=x&~=%7B%7D")
		}
	}
	f.Add(`{"properties":{"a":{"pattern":"^(a+)+(?=b)$"}},"type":"object"}`, `{"ui:order":[1,"*","*"]}`, `{"a":1}`, "a=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	f.Add(`{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}`, `{}`, `1`, "~=1")
	f.Add(`{"$ref":"#"}`, `null`, `1`, "")
	f.Add(`{"type":"object","properties":{"x":{"$dynamicRef":"#y"}},"$dynamicAnchor":"y"}`, ``, `{"x":{"x":{}}}`, "x=1e400")
	f.Add(`{"type":["object","null"],"properties":[],"required":5}`, `[]`, `null`, "=")
	f.Fuzz(func(t *testing.T, schema, ui, stored, answer string) {
		form, err := Compile([]byte(schema), []byte(ui))
		if err != nil {
			return
		}
		value, _, _ := readJSON([]byte(stored), 10_000)
		values, _ := url.ParseQuery(answer)
		got, errs := form.Submit(values, DecodeOptions{Stored: value}, Full)
		shown := form.Show(State{Stored: value, Values: values, Errors: errs, Lang: German})
		submission(shown)
		if errs.Empty() && form.Schema() != nil {
			if again := form.ValidateJSON([]byte(encodeJSON(got, ""))); !again.Empty() {
				t.Errorf("accepted %s, which its schema refuses: %v", encodeJSON(got, ""), messages(again))
			}
		}
		if hints, _, err := readJSON([]byte(ui), maxSchemaBytes); err == nil && form.schema != nil {
			CheckHints(form.schema.doc.root, hints)
		}
	})
}
