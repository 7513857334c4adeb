package workflow

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// looksLikeJSON reports whether the source is one whole JSON object.
func looksLikeJSON(source []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(source, " \t\r\n"), []byte("{")) && json.Valid(source)
}

// A jsonReader turns a valid JSON text into nodes with places.
type jsonReader struct {
	source  []byte
	decoder *json.Decoder
	budget  *treeBudget
	offset  int   // how far places are counted
	at      place // of offset
}

func readJSONTree(source []byte, budget *treeBudget) (*node, *Problem) {
	r := &jsonReader{source: source, budget: budget, at: place{1, 1}}
	if at := loneSurrogate(source); at >= 0 {
		p := r.placeAt(at)
		return nil, unreadable(p, "syntax.surrogate")
	}
	r.decoder = json.NewDecoder(bytes.NewReader(source))
	r.decoder.UseNumber()
	return r.read(1)
}

func (r *jsonReader) read(depth int) (*node, *Problem) {
	n, _, problem := r.next(depth)
	return n, problem
}

// next reads one value; the node is nil at the end of a list or object.
func (r *jsonReader) next(depth int) (*node, json.Token, *Problem) {
	at := r.nextPlace()
	token, err := r.decoder.Token()
	if err != nil {
		return nil, nil, unreadable(at, "syntax.json", err)
	}
	if delim, ok := token.(json.Delim); ok && (delim == ']' || delim == '}') {
		return nil, token, nil
	}
	n := &node{place: at}
	if problem := r.budget.spend(1, depth, at); problem != nil {
		return nil, nil, problem
	}
	switch v := token.(type) {
	case json.Delim:
		return n, token, r.readNested(n, v, depth)
	case string:
		n.kind, n.text = textNode, v
		return n, token, badText(v, at)
	case json.Number:
		n.kind, n.text = numberNode, v.String()
	case bool:
		n.kind, n.text = boolNode, strconv.FormatBool(v)
	}
	return n, token, nil
}

func (r *jsonReader) readNested(n *node, delim json.Delim, depth int) *Problem {
	if delim == '[' {
		n.kind = listNode
		return r.readList(n, depth)
	}
	n.kind = objectNode
	return r.readObject(n, depth)
}

func (r *jsonReader) readList(n *node, depth int) *Problem {
	for {
		item, _, problem := r.next(depth + 1)
		if problem != nil {
			return problem
		}
		if item == nil {
			n.adopt()
			return nil
		}
		n.items = append(n.items, item)
	}
}

func (r *jsonReader) readObject(n *node, depth int) *Problem {
	for {
		key := r.nextPlace()
		token, err := r.decoder.Token()
		if err != nil {
			return unreadable(key, "syntax.json", err)
		}
		name, ok := token.(string)
		if !ok {
			n.adopt()
			return nil
		}
		if problem := badText(name, key); problem != nil {
			return problem
		}
		value, problem := r.read(depth + 1)
		if problem != nil {
			return problem
		}
		n.fields = append(n.fields, &field{name: name, place: key, value: value})
	}
}

// nextPlace returns where the next token begins.
func (r *jsonReader) nextPlace() place {
	at := int(r.decoder.InputOffset())
	for at < len(r.source) && strings.IndexByte(" \t\r\n,:", r.source[at]) >= 0 {
		at++
	}
	return r.placeAt(at)
}

// placeAt returns the place of an offset, which must not be before the one it
// was asked for last.
func (r *jsonReader) placeAt(offset int) place {
	passed := r.source[r.offset:offset]
	if end := bytes.LastIndexByte(passed, '\n'); end >= 0 {
		r.at.line += bytes.Count(passed, []byte{'\n'})
		r.at.column = 1
		passed = passed[end+1:]
	}
	r.at.column += utf8.RuneCount(passed)
	r.offset = offset
	return r.at
}

// loneSurrogate returns the offset of a \u escape that is half a surrogate pair,
// -1 when there is none.
func loneSurrogate(source []byte) int {
	for i := 0; i+1 < len(source); i++ {
		if source[i] != '\\' {
			continue
		}
		first, ok := surrogateEscape(source[i:])
		if !ok {
			i++
			continue
		}
		second, paired := surrogateEscape(source[min(i+6, len(source)):])
		if first >= 0xDC00 || !paired || second < 0xDC00 {
			return i
		}
		i += 11
	}
	return -1
}

// surrogateEscape reads a \uD800 to \uDFFF escape at the beginning of the text.
func surrogateEscape(text []byte) (uint64, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	v, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return v, err == nil && v >= 0xD800 && v <= 0xDFFF
}
