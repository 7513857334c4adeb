package workflow

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// nodeKind is the JSON type of a node.
type nodeKind int

const (
	nullNode nodeKind = iota
	boolNode
	numberNode
	textNode
	listNode
	objectNode
)

// A node is one value of the parsed document with its place. Numbers keep their
// text.
type node struct {
	kind   nodeKind
	text   string // of texts and numbers; "true" or "false"
	items  []*node
	fields []*field // in document order
	place  place
	parent *node
	key    string // the name or index under which the parent holds it
}

// A field is one key of an object with its value.
type field struct {
	name  string
	place place // of the key
	value *node
}

// A place is a line and a column, counted from 1, columns in characters.
type place struct{ line, column int }

// get returns the value under the key, nil when there is none or it is null.
func (n *node) get(name string) *node {
	f := n.field(name)
	if f == nil || f.value.kind == nullNode {
		return nil
	}
	return f.value
}

func (n *node) field(name string) *field {
	if n == nil {
		return nil
	}
	for _, f := range n.fields {
		if f.name == name {
			return f
		}
	}
	return nil
}

// list returns the items of a list, nil for every other node.
func (n *node) list() []*node {
	if n == nil {
		return nil
	}
	return n.items
}

// string returns the text of a scalar, "" for every other node.
func (n *node) string() string {
	if n == nil {
		return ""
	}
	return n.text
}

func (n *node) isTrue() bool { return n != nil && n.kind == boolNode && n.text == "true" }

// pointer returns the node's JSON pointer, "" for the document.
func (n *node) pointer() string {
	var parts []string
	for ; n != nil && n.parent != nil; n = n.parent {
		parts = append(parts, escapePointer(n.key))
	}
	slices.Reverse(parts)
	if len(parts) == 0 {
		return ""
	}
	return "/" + strings.Join(parts, "/")
}

func escapePointer(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

// adopt makes the node the parent of its items and values.
func (n *node) adopt() *node {
	for i, item := range n.items {
		item.parent, item.key = n, strconv.Itoa(i)
	}
	for _, f := range n.fields {
		f.value.parent, f.value.key = n, f.name
	}
	return n
}

// clone copies the node and all below it.
func (n *node) clone() *node {
	c := &node{kind: n.kind, text: n.text, place: n.place}
	for _, item := range n.items {
		c.items = append(c.items, item.clone())
	}
	for _, f := range n.fields {
		c.fields = append(c.fields, &field{name: f.name, place: f.place, value: f.value.clone()})
	}
	return c.adopt()
}

// size counts the node and all below it.
func (n *node) size() int {
	size := 1
	for _, item := range n.items {
		size += item.size()
	}
	for _, f := range n.fields {
		size += f.value.size()
	}
	return size
}

// value returns the node as plain Go values: nil, bool, json.Number, string,
// []any, map[string]any.
func (n *node) value() any {
	switch n.kind {
	case boolNode:
		return n.text == "true"
	case numberNode:
		return json.Number(n.text)
	case textNode:
		return n.text
	case listNode:
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = item.value()
		}
		return list
	case objectNode:
		object := make(map[string]any, len(n.fields))
		for _, f := range n.fields {
			object[f.name] = f.value.value()
		}
		return object
	}
	return nil
}

// json returns the node as JSON, keys in document order.
func (n *node) json() json.RawMessage {
	if n == nil {
		return nil
	}
	var b bytes.Buffer
	n.write(&b, func(fields []*field) []*field { return fields })
	return b.Bytes()
}

// hash returns the hex SHA-256 of the node's canonical JSON: keys sorted, no
// spaces.
func (n *node) hash() string {
	var b bytes.Buffer
	n.write(&b, func(fields []*field) []*field {
		return slices.SortedFunc(slices.Values(fields), func(a, b *field) int { return strings.Compare(a.name, b.name) })
	})
	sum := sha256.Sum256(b.Bytes())
	return hex.EncodeToString(sum[:])
}

func (n *node) write(b *bytes.Buffer, arrange func([]*field) []*field) {
	switch n.kind {
	case nullNode:
		b.WriteString("null")
	case boolNode, numberNode:
		b.WriteString(n.text)
	case textNode:
		writeText(b, n.text)
	case listNode:
		b.WriteByte('[')
		for i, item := range n.items {
			if i > 0 {
				b.WriteByte(',')
			}
			item.write(b, arrange)
		}
		b.WriteByte(']')
	case objectNode:
		b.WriteByte('{')
		for i, f := range arrange(n.fields) {
			if i > 0 {
				b.WriteByte(',')
			}
			writeText(b, f.name)
			b.WriteByte(':')
			f.value.write(b, arrange)
		}
		b.WriteByte('}')
	}
}

func writeText(b *bytes.Buffer, text string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text)      // a string always encodes, and a buffer takes all
	b.Truncate(b.Len() - 1) // the encoder's line end
}
