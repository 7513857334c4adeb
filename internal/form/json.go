package form

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of every JSON text and value that passes through the package.
const (
	maxSchemaBytes  = 256 << 10
	maxValueBytes   = 1 << 20
	maxDepth        = 64
	maxNodes        = 100_000
	maxNumberLength = 1000
	maxExponent     = 1000
)

// A jsonFault says why a JSON text was refused and where.
type jsonFault struct {
	code    string // a key of the catalogue
	key     string // the member that is written twice
	pointer string
	line    int // from 1; 0 when there is no text
	column  int
}

func (e *jsonFault) Error() string {
	return English.Sentence(e.code, e.params("This"))
}

func (e *jsonFault) params(field string) Params {
	return Params{"field": field, "key": e.key, "line": strconv.Itoa(e.line), "column": strconv.Itoa(e.column)}
}

// A reader reads one JSON text within the package's limits. It refuses what
// encoding/json lets pass: members written twice, U+0000, lone surrogates.
type reader struct {
	text  []byte
	dec   *json.Decoder
	nodes int
	// orders keeps, by JSON pointer, the member names of the objects called
	// "properties" in the order of the text.
	orders map[string][]string
}

// readJSON reads a JSON text of at most limit bytes. Numbers become json.Number.
func readJSON(text []byte, limit int) (any, map[string][]string, error) {
	if len(text) > limit {
		return nil, nil, &jsonFault{code: "json_size"}
	}
	r := &reader{text: text, dec: json.NewDecoder(bytes.NewReader(text)), orders: map[string][]string{}}
	r.dec.UseNumber()
	if !utf8.Valid(text) || hasLoneSurrogate(text) {
		return nil, nil, r.fault("json_text", "", "")
	}
	v, err := r.value("", 0)
	if err != nil {
		return nil, nil, err
	}
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, nil, r.fault("json", "", "")
	}
	return v, r.orders, nil
}

func (r *reader) value(pointer string, depth int) (any, error) {
	tok, err := r.dec.Token()
	if err != nil {
		return nil, r.fault("json", "", pointer)
	}
	if r.nodes++; r.nodes > maxNodes {
		return nil, r.fault("json_size", "", pointer)
	}
	if depth > maxDepth {
		return nil, r.fault("json_depth", "", pointer)
	}
	switch tok := tok.(type) {
	case json.Delim:
		if tok == '{' {
			return r.object(pointer, depth)
		}
		return r.array(pointer, depth)
	case json.Number:
		if !boundedNumber(string(tok)) {
			return nil, r.fault("json_number", "", pointer)
		}
	case string:
		if strings.ContainsRune(tok, 0) {
			return nil, r.fault("json_text", "", pointer)
		}
	}
	return tok, nil
}

func (r *reader) object(pointer string, depth int) (any, error) {
	obj := map[string]any{}
	var keys []string
	for r.dec.More() {
		tok, err := r.dec.Token()
		if err != nil {
			return nil, r.fault("json", "", pointer)
		}
		key, ok := tok.(string)
		if !ok || strings.ContainsRune(key, 0) {
			return nil, r.fault("json_text", "", pointer)
		}
		if _, twice := obj[key]; twice {
			return nil, r.fault("json_twice", key, pointer+"/"+escapeToken(key))
		}
		if obj[key], err = r.value(pointer+"/"+escapeToken(key), depth+1); err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	if strings.HasSuffix(pointer, "/properties") {
		r.orders[pointer] = keys
	}
	return obj, r.end(pointer)
}

func (r *reader) array(pointer string, depth int) (any, error) {
	list := []any{}
	for r.dec.More() {
		v, err := r.value(pointer+"/"+strconv.Itoa(len(list)), depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, r.end(pointer)
}

func (r *reader) end(pointer string) error {
	if _, err := r.dec.Token(); err != nil {
		return r.fault("json", "", pointer)
	}
	return nil
}

func (r *reader) fault(code, key, pointer string) error {
	before := r.text[:min(int(r.dec.InputOffset()), len(r.text))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return &jsonFault{code: code, key: key, pointer: pointer, line: line, column: column}
}

// hasLoneSurrogate reports whether a JSON text holds a \uD800…\uDFFF escape
// without its partner, which encoding/json would replace silently.
func hasLoneSurrogate(text []byte) bool {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		i++
		unit, ok := escapedUnit(text, i)
		if !ok || unit < 0xD800 || unit > 0xDFFF {
			continue
		}
		if i+5 >= len(text) || text[i+5] != '\\' {
			return true
		}
		low, ok := escapedUnit(text, i+6)
		if !ok || unit > 0xDBFF || low < 0xDC00 || low > 0xDFFF {
			return true
		}
		i += 10
	}
	return false
}

// escapedUnit reads the uXXXX that begins at i.
func escapedUnit(text []byte, i int) (uint64, bool) {
	if i+5 > len(text) || text[i] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(text[i+1:i+5]), 16, 16)
	return unit, err == nil
}

// boundedNumber reports whether s is a JSON number that can be compared and
// divided exactly without using much memory.
func boundedNumber(s string) bool {
	if len(s) > maxNumberLength || !isJSONNumber(s) {
		return false
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		exp, err := strconv.Atoi(strings.TrimPrefix(s[i+1:], "+"))
		return err == nil && exp <= maxExponent && exp >= -maxExponent
	}
	return true
}

// isJSONNumber reports whether s follows the number grammar of RFC 8259.
func isJSONNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	if s == "" || s[0] < '0' || s[0] > '9' {
		return false
	}
	return json.Valid([]byte(s))
}

// sameNumber reports whether two number texts mean the same number.
func sameNumber(a, b string) bool {
	x, ok1 := new(big.Rat).SetString(a)
	y, ok2 := new(big.Rat).SetString(b)
	return ok1 && ok2 && x.Cmp(y) == 0
}

// encodeJSON writes v as JSON without escaping HTML; indent "" gives one line.
func encodeJSON(v any, indent string) string {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(buf.String(), "\n")
}
