package form

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
)

// maxSampleDepth bounds how deep a sample is nested: schemas may refer to
// themselves.
const maxSampleDepth = 8

// Sample gives a value that the form would take, to try it with: defaults,
// examples and first choices where the schema has some, else something of the
// right type. With all of them it fills every field, else the required ones. ok
// is false when the value would be refused, because the schema asks for more than
// can be guessed.
func (f *Form) Sample() (value any, ok bool) {
	if f.root == nil {
		return map[string]any{}, true
	}
	for _, all := range []bool{true, false} {
		s := sampler{form: f, all: all}
		if value = s.of(f.root, "", 0); f.Validate(value, Full) == nil {
			return value, true
		}
	}
	return value, false
}

// sampler makes up values.
type sampler struct {
	form *Form
	all  bool // fields that are not required too
}

// of makes up a value for which the schemas hold; name is what it is called.
func (s sampler) of(srcs []source, name string, depth int) any {
	v := s.form.viewOf(srcs, nil)
	if len(v.branches) > 0 {
		var chosen []source
		for _, b := range v.branches {
			chosen = append(chosen, b.options[0])
		}
		v = s.form.viewOf(srcs, chosen)
	}
	if value, said := said(v); said {
		return value
	}
	kind := ""
	if len(v.types) > 0 {
		kind = v.types[0]
	}
	switch kind {
	case "object":
		return s.object(v, depth)
	case "array":
		return s.array(v, name, depth)
	case "string":
		return s.text(v, name)
	case "integer", "number":
		return sampleNumber(v, kind)
	case "boolean":
		return true
	}
	if v.nullable {
		return nil
	}
	return name
}

// said gives the value that the schema itself speaks of.
func said(v *view) (any, bool) {
	for _, word := range []string{"const", "default"} {
		if value, ok := v.words[word]; ok {
			return value, true
		}
	}
	if list, _ := v.words["examples"].([]any); len(list) > 0 {
		return list[0], true
	}
	for _, c := range v.choices {
		if c.value != nil {
			return c.value, true
		}
	}
	return nil, false
}

func (s sampler) object(v *view, depth int) any {
	object := map[string]any{}
	for _, p := range v.props {
		if v.required[p.key] || s.all && depth < maxSampleDepth/2 {
			if depth < maxSampleDepth {
				object[p.key] = s.of(p.srcs, p.key, depth+1)
			}
		}
	}
	return object
}

func (s sampler) array(v *view, name string, depth int) any {
	count := max(lengthOf(v.words["minItems"]), 0)
	if count == 0 && s.all && depth < maxSampleDepth/2 && !v.noItems {
		count = 1
	}
	if most := lengthOf(v.words["maxItems"]); most >= 0 {
		count = min(count, most)
	}
	list := []any{}
	for i := range min(max(count, len(v.prefix)), maxRows) {
		srcs := v.items
		if i < len(v.prefix) {
			srcs = v.prefix[i]
		}
		list = append(list, s.item(srcs, name, i, depth))
	}
	return list
}

// item makes up one entry of a list, different from the others where that is
// easy.
func (s sampler) item(srcs []source, name string, i, depth int) any {
	if depth >= maxSampleDepth {
		return nil
	}
	if choices := s.form.viewOf(srcs, nil).choices; len(choices) > i {
		return choices[i].value
	}
	item := s.of(srcs, name, depth+1)
	if text, ok := item.(string); ok && i > 0 {
		return fmt.Sprintf("%s %d", text, i+1)
	}
	return item
}

var sampleFormats = map[string]string{
	"email": "ana@example.com", "uri": "https://example.com/", "date": "2026-01-15", "time": "10:00:00Z", "date-time": "2026-01-15T10:00:00Z",
	"color": "#3355aa", "uuid": "00000000-0000-4000-8000-000000000000", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "hostname": "example.com",
	"duration": "P1D", "json-pointer": "/a", "regex": "a", "data-url": "data:text/plain,sample",
}

// guesses are texts that patterns often ask for.
var guesses = []string{"a", "A", "1", "A1", "A-1", "12", "123", "1000", "12345", "AB", "ABC", "ABC-123", "AB-1234", "1.0.0", "2026-01", "+49 30 1234567", "DE123456789"}

// text makes up a text: of the format, else one that fits the pattern, else the
// name at the right length.
func (s sampler) text(v *view, name string) any {
	if pattern, _ := v.words["pattern"].(string); pattern != "" {
		for _, text := range append([]string{strings.ReplaceAll(name, "_", "-"), name}, guesses...) {
			n := len([]rune(text))
			if most := lengthOf(v.words["maxLength"]); n >= lengthOf(v.words["minLength"]) && (most < 0 || n <= most) && s.form.matches(pattern, text) {
				return text
			}
		}
	}
	return sampleText(v, name)
}

func sampleText(v *view, name string) any {
	format, _ := v.words["format"].(string)
	if text, ok := sampleFormats[format]; ok {
		return text
	}
	text := strings.ReplaceAll(name, "_", " ")
	if text == "" {
		text = "sample"
	}
	for least := lengthOf(v.words["minLength"]); len([]rune(text)) < least; {
		text += " " + text
		if len(text) > maxLine {
			return text
		}
	}
	if most := lengthOf(v.words["maxLength"]); most >= 0 && len([]rune(text)) > most {
		text = string([]rune(text)[:most])
	}
	return text
}

// sampleNumber gives the least number that is allowed and positive.
func sampleNumber(v *view, kind string) any {
	value := big.NewRat(1, 1)
	step := ratOf(v.words["multipleOf"])
	if step == nil || step.Sign() <= 0 {
		step = big.NewRat(1, 1)
	}
	if least := ratOf(v.words["minimum"]); least != nil && least.Cmp(value) > 0 {
		value = least
	}
	if above := ratOf(v.words["exclusiveMinimum"]); above != nil && above.Cmp(value) >= 0 {
		value = new(big.Rat).Add(above, step)
	}
	if v.words["multipleOf"] != nil {
		n := new(big.Rat).Quo(value, step)
		value = new(big.Rat).Mul(new(big.Rat).SetInt(ceiling(n)), step)
	}
	if most := ratOf(v.words["maximum"]); most != nil && most.Cmp(value) < 0 {
		value = most
	}
	if below := ratOf(v.words["exclusiveMaximum"]); below != nil && below.Cmp(value) <= 0 {
		value = new(big.Rat).Sub(below, step)
	}
	if value.IsInt() {
		return json.Number(value.Num().String())
	}
	if kind == "integer" {
		return json.Number(ceiling(value).String())
	}
	return json.Number(strings.TrimRight(value.FloatString(12), "0"))
}

func ceiling(r *big.Rat) *big.Int {
	n := new(big.Int).Add(r.Num(), new(big.Int).Sub(r.Denom(), big.NewInt(1)))
	return n.Div(n, r.Denom())
}

// ratOf reads a number of a schema, nil when there is none of a size to count
// with.
func ratOf(word any) *big.Rat {
	number, ok := word.(json.Number)
	if !ok || len(number) > 40 || strings.ContainsAny(string(number), "eE") {
		return nil
	}
	r, ok := new(big.Rat).SetString(string(number))
	if !ok {
		return nil
	}
	return r
}
