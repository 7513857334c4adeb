package form

import (
	"fmt"
	"strings"
)

// rootName is the HTML name of a field that holds the whole value.
const rootName = "~"

var (
	pointerEscaper   = strings.NewReplacer("~", "~0", "/", "~1")
	pointerUnescaper = strings.NewReplacer("~1", "/", "~0", "~")
	nameEscaper      = strings.NewReplacer("~", "~0", "/", "~1", ".", "~2", "[", "~3", "]", "~4")
)

func escapeToken(s string) string { return pointerEscaper.Replace(s) }

// pointerOf writes tokens as a JSON pointer (RFC 6901).
func pointerOf(tokens []string) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteByte('/')
		b.WriteString(escapeToken(t))
	}
	return b.String()
}

// tokensOf splits a JSON pointer.
func tokensOf(pointer string) []string {
	if pointer == "" {
		return nil
	}
	tokens := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, t := range tokens {
		tokens[i] = pointerUnescaper.Replace(t)
	}
	return tokens
}

// A place is where a value stands: its JSON pointer and the HTML name of its
// field. Items of lists get a place by their index, properties by their key.
type place struct{ pointer, name string }

func (p place) property(key string) place {
	name := nameEscaper.Replace(key)
	if p.pointer != "" {
		return place{p.pointer + "/" + escapeToken(key), p.name + "." + name}
	}
	if strings.HasPrefix(name, "_") {
		name = "~5" + name[1:]
	}
	if name == "" {
		// A bare empty name would never be sent by a browser.
		name = "~6"
	}
	return place{"/" + escapeToken(key), name}
}

func (p place) htmlName() string {
	if p.pointer == "" {
		return rootName
	}
	return p.name
}

// id gives the HTML id of the place: letters, digits and underscores of the
// name stay, any other byte is written -hh, so that no two names share an id.
func (p place) id() string {
	var b strings.Builder
	b.WriteString("f-")
	for _, c := range []byte(p.htmlName()) {
		if c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "-%02x", c)
		}
	}
	return b.String()
}
