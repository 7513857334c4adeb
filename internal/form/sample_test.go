package form

import (
	"encoding/json"
	"testing"
)

func TestForm_Sample(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ schema, want string }{
		"nothing asked":  {``, `{}`},
		"texts":          {`{"type":"object","properties":{"what":{"type":"string"},"mail":{"type":"string","format":"email"},"long":{"type":"string","minLength":9},"short":{"type":"string","maxLength":2}}}`, `{"long":"long long","mail":"ana@example.com","short":"sh","what":"what"}`},
		"numbers":        {`{"type":"object","properties":{"a":{"type":"number","exclusiveMinimum":0},"b":{"type":"integer","minimum":10},"c":{"type":"number","exclusiveMinimum":1},"d":{"type":"integer","multipleOf":7,"minimum":8},"e":{"type":"number","maximum":0.5},"f":{"type":"integer","exclusiveMaximum":1}}}`, `{"a":1,"b":10,"c":2,"d":14,"e":0.5,"f":0}`},
		"what it says":   {`{"type":"object","properties":{"a":{"default":5},"b":{"const":"x"},"c":{"examples":["e"]},"d":{"enum":["one","two"]},"e":{"oneOf":[{"const":1,"title":"One"}]}}}`, `{"a":5,"b":"x","c":"e","d":"one","e":1}`},
		"patterns":       {`{"type":"object","properties":{"order_id":{"type":"string","pattern":"^[A-Za-z0-9-]+$"},"b":{"type":"string","pattern":"^[0-9]+$","minLength":3}}}`, `{"b":"123","order_id":"order-id"}`},
		"lists":          {`{"type":"object","properties":{"a":{"type":"array","items":{"type":"string"},"minItems":2,"uniqueItems":true},"b":{"type":"array","items":{"enum":[1,2,3]},"minItems":2,"uniqueItems":true},"c":{"type":"array","maxItems":0}}}`, `{"a":["a","a 2"],"b":[1,2],"c":[]}`},
		"a reference":    {`{"$ref":"#/$defs/a","$defs":{"a":{"type":"object","required":["n"],"properties":{"n":{"type":"boolean"}}}}}`, `{"n":true}`},
		"a choice":       {`{"type":"object","oneOf":[{"properties":{"a":{"type":"integer"}},"required":["a"]},{"properties":{"b":{"type":"string"}},"required":["b"]}]}`, `{"a":1}`},
		"only required":  {`{"type":"object","required":["a"],"properties":{"a":{"type":"string"},"b":{"type":"string"}},"not":{"required":["b"]}}`, `{"a":"a"}`},
		"may be nothing": {`{"type":"object","required":["a"],"properties":{"a":{"type":["string","null"]}}}`, `{"a":"a"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := Compile(json.RawMessage(test.schema), nil)
			if err != nil {
				t.Fatal(err)
			}
			value, ok := f.Sample()
			got, err := json.Marshal(value)
			if err != nil || !ok || string(got) != test.want {
				t.Errorf("sample %s, %t, %v; want %s", got, ok, err, test.want)
			}
		})
	}
	f, err := Compile(json.RawMessage(`{"type":"object","required":["a"],"properties":{"a":{"type":"string","pattern":"^qx[0-9]{4}$"}}}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	if value, ok := f.Sample(); ok {
		t.Errorf("a pattern is guessed: %v", value)
	}
	deep, err := Compile(json.RawMessage(`{"type":"object","properties":{"again":{"$ref":"#"},"n":{"type":"integer"}}}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := deep.Sample(); !ok {
		t.Error("a schema that refers to itself has no sample")
	}
}

// Whatever forms people write, making up a value for one ends, and what is said
// to fit does.
func TestForm_Sample_corpus(t *testing.T) {
	t.Parallel()
	guessed := 0
	for name, s := range samples(t) {
		f, err := Compile(s.Schema, s.UI)
		if err != nil {
			continue
		}
		value, ok := f.Sample()
		if !ok {
			continue
		}
		guessed++
		if errs := f.Validate(value, Full); errs != nil {
			t.Errorf("%s: %v is said to fit: %v", name, value, errs)
		}
	}
	if guessed == 0 {
		t.Error("no sample fits any form")
	}
}
