package views_test

import (
	"fmt"
	"strings"
	"testing"

	"tandem/internal/form"
	"tandem/internal/views"
)

// benchForm lays out a form and writes it as HTML.
func benchForm(b *testing.B, schema string, value any) {
	b.Helper()
	f, err := form.Compile([]byte(schema), nil)
	if err != nil {
		b.Fatal(err)
	}
	p := samplePage()
	p.FormAct = "/definitions/x/start/form"
	values := f.Typed(value, form.DecodeOptions{})
	var out strings.Builder
	for b.Loop() {
		out.Reset()
		if err := views.FormBody(p, f.Show(form.State{Values: values})).Render(b.Context(), &out); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(out.Len()))
}

// BenchmarkFormBody_ten is a form of ten fields, with its HTML.
func BenchmarkFormBody_ten(b *testing.B) {
	var props []string
	value := map[string]any{}
	for i := range 10 {
		kind, v := []string{
			`{"type":"string","minLength":1}`, `{"type":"number","minimum":0}`,
			`{"type":"string","format":"date-time"}`, `{"enum":["a","b","c"]}`, `{"type":"string","format":"email"}`,
		}[i%5], []any{"abc", 12.5, "2026-03-31T12:00:00Z", "b", "a@b.example"}[i%5]
		name := fmt.Sprintf("field_%d", i)
		props = append(props, `"`+name+`":`+kind)
		value[name] = v
	}
	benchForm(b, `{"type":"object","properties":{`+strings.Join(props, ",")+`}}`, value)
}

// BenchmarkFormBody_rows is a list of 500 objects of four values, with its HTML.
func BenchmarkFormBody_rows(b *testing.B) {
	rows := make([]any, 500)
	for i := range rows {
		rows[i] = map[string]any{"what": fmt.Sprintf("Train %d", i), "day": "2026-03-01", "amount": 12.5, "kind": "b"}
	}
	benchForm(b, `{"type":"object","properties":{"lines":{"type":"array","items":{"type":"object","required":["what"],"properties":{
		"what":{"type":"string"},"day":{"type":"string","format":"date"},"amount":{"type":"number","minimum":0},"kind":{"enum":["a","b"]}}}}}}`, map[string]any{"lines": rows})
}
