package form

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// tenFields is a form of ten fields of usual kinds, and a valid answer.
func tenFields(b *testing.B) (*Form, url.Values) {
	var props []string
	values := url.Values{}
	for i := range 10 {
		kind, text := []string{
			`{"type":"string","minLength":1,"pattern":"^[a-z]+$"}`, `{"type":"number","minimum":0}`,
			`{"type":"string","format":"date-time"}`, `{"enum":["a","b","c"]}`, `{"type":"string","format":"email"}`,
		}[i%5], []string{"abc", "12.50", "2026-03-31T12:00", "1", "a@b.example"}[i%5]
		name := fmt.Sprintf("field_%d", i)
		props = append(props, `"`+name+`":`+kind)
		values.Set(name, text)
	}
	return compile(b, `{"type":"object","required":["field_0"],"properties":{`+strings.Join(props, ",")+`}}`, ""), values
}

func BenchmarkForm_Fields(b *testing.B) {
	f, values := tenFields(b)
	for b.Loop() {
		if got := f.Fields(State{Values: values}); len(got) != 10 {
			b.Fatal(len(got))
		}
	}
}

func BenchmarkForm_Submit(b *testing.B) {
	f, values := tenFields(b)
	for b.Loop() {
		if _, errs := f.Submit(values, DecodeOptions{}, Full); errs != nil {
			b.Fatal(errs)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	f, _ := tenFields(b)
	text := []byte(encodeJSON(f.schema.doc.root, ""))
	for b.Loop() {
		if _, err := Compile(text, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// manyRows is a list of 500 objects of four values, as it is sent.
func manyRows(b *testing.B) (*Form, url.Values) {
	f := compile(b, `{"type":"object","properties":{"lines":{"type":"array","items":{"type":"object","required":["what"],"properties":{
		"what":{"type":"string"},"day":{"type":"string","format":"date"},"amount":{"type":"number","minimum":0},"kind":{"enum":["a","b"]}}}}}}`, "")
	rows := make([]any, 500)
	for i := range rows {
		rows[i] = decodeText(b, fmt.Sprintf(`{"what":"Train %d","day":"2026-03-01","amount":%d.50,"kind":"b"}`, i, i))
	}
	return f, f.Typed(map[string]any{"lines": rows}, DecodeOptions{})
}

func BenchmarkForm_Show_rows(b *testing.B) {
	f, values := manyRows(b)
	for b.Loop() {
		if got := f.Show(State{Values: values}); len(got.Fields[0].Children) != 500 {
			b.Fatal(len(got.Fields[0].Children))
		}
	}
}

func BenchmarkForm_Submit_rows(b *testing.B) {
	f, values := manyRows(b)
	for b.Loop() {
		if _, errs := f.Submit(values, DecodeOptions{}, Full); errs != nil {
			b.Fatal(errs)
		}
	}
}
