package form_test

import (
	"encoding/json"
	"fmt"
	"net/url"

	"tandem/internal/form"
)

func ExampleForm_Submit() {
	schema := json.RawMessage(`{"type": "object", "required": ["amount"], "properties": {
		"amount": {"type": "number", "exclusiveMinimum": 0, "title": "Amount"},
		"urgent": {"type": "boolean"}}}`)
	f, err := form.Compile(schema, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	typed := url.Values{"amount": {"0"}, "urgent": {"false"}}
	_, errs := f.Submit(typed, form.DecodeOptions{}, form.Full)
	for _, field := range f.Fields(form.State{Values: typed, Errors: errs}) {
		fmt.Println(field.Label, field.Kind, field.Value, field.Errors)
	}
	for _, line := range f.Summary(form.State{Values: typed, Errors: errs, Lang: form.German}) {
		fmt.Println(line.Message)
	}
	// Output:
	// Amount number 0 [Amount must be more than 0]
	// Urgent checkbox  []
	// Amount muss mehr als 0 sein
}

func ExampleSchema_ValidateJSON() {
	s, err := form.CompileSchema(json.RawMessage(`{"required": ["id"], "properties": {"id": {"type": "integer"}}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range s.ValidateJSON(json.RawMessage(`{"id": "7"}`)).List {
		fmt.Println(e.Pointer, e.Code, e.Message)
	}
	// Output: /id type_integer Id must be a whole number
}
