package form

import (
	"net/url"
	"testing"
	"time"
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
	f.Add(`{"type":"object","properties":{"a":{"$ref":"#"}}}`, `{"ui:readonly":true}`, `{"a":{}}`, "")
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

// FuzzPattern compiles and matches any pattern: nothing may hang, and nothing but
// a used-up budget may stop a match.
func FuzzPattern(f *testing.F) {
	for _, seed := range [][2]string{
		{`^(a+)+(?=b)$`, "aaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}, {`(?<!x)y`, "xy"}, {`^(.)\1$`, "aa"}, {`^\p{L}+$`, "é"}, {`[`, ""}, {`(?<n>a)\k<n>`, "aa"},
		{`(x{1,900}){1,900}`, "xxxx"}, {`^\u{1F600}$`, "😀"}, {`(((((((((((a*)*)*)*)*)*)*)*)*)*)*)*b`, "aaaaaaaaaaaaaaaaaaaaaaaa"}, {`^[^\x00-\x1f]*$`, "\x00"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		re, err := compilePattern(pattern, &budget{begin: time.Now()})
		if err != nil {
			return
		}
		defer func() {
			if p := recover(); p != nil {
				if _, mine := p.(overrun); !mine {
					panic(p)
				}
			}
		}()
		begin := time.Now()
		re.MatchString(text)
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%q on %q took %v", pattern, text, took)
		}
	})
}

// FuzzAct presses any button of any form with anything typed: nothing may panic
// or hang, and what comes of it can be pressed again.
func FuzzAct(f *testing.F) {
	f.Add(linesSchema, "lines.~n=0,-&lines[0].what=a", "up:lines[1]")
	f.Add(`{"type":"object","additionalProperties":{"$ref":"#"}}`, "~n=-,-&~r0.~k=a&~r1.~k=a", "remove:~r0")
	f.Add(`{"properties":{"a":{"$ref":"#"}}}`, "a.~p=1&a.a.~p=1", "open:a.a.a")
	f.Add(`{"oneOf":[{"title":"x","$ref":"#"},{"type":"array","items":{"$ref":"#"}}]}`, "~b0=1&~n=-&[0].~b0=0", "add:~")
	f.Add(`{"type":"object","properties":{"l":{"type":"array","items":{}}}}`, "~={\"l\":[1]}", "form:~")
	f.Fuzz(func(t *testing.T, schema, sent, op string) {
		form, err := Compile([]byte(schema), nil)
		if err != nil {
			return
		}
		values, _ := url.ParseQuery(sent)
		for range 2 {
			acted := form.Act(values, op, DecodeOptions{})
			values = submission(form.Show(State{Values: acted.Values, Errors: acted.Errors, Focus: acted.Focus}))
		}
	})
}
