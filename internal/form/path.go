package form

import (
	"net/url"
	"strings"
)

// rootName is the HTML name of a field that holds the whole value.
const rootName = "~"

var (
	pointerEscaper   = strings.NewReplacer("~", "~0", "/", "~1")
	pointerUnescaper = strings.NewReplacer("~1", "/", "~0", "~")
	nameUnescaper    = strings.NewReplacer("~1", "/", "~2", ".", "~3", "[", "~4", "]", "~0", "~")
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

// escapeFragment writes a JSON pointer as the fragment of an address.
func escapeFragment(pointer string) string { return (&url.URL{Fragment: pointer}).EscapedFragment() }

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

// item gives the place of an entry of a list.
func (p place) item(i int) place {
	return place{p.pointer + "/" + itoa(i), p.name + "[" + itoa(i) + "]"}
}

// special gives the HTML name of something beside the value, which no property
// can have: n for the rows of a list or map, p for being open, b… for a branch,
// r… for a row of a map and k for its key.
func (p place) special(what string) string {
	if p.name == "" {
		return "~" + what
	}
	return p.name + ".~" + what
}

// mapRow gives the place of a row of a map, whose key may still be typed.
func (p place) mapRow(i int) place { return place{p.pointer, p.special("r" + itoa(i))} }

func (p place) htmlName() string {
	if p.name == "" {
		return rootName
	}
	return p.name
}

// id gives the HTML id of the place: letters, digits and underscores of the
// name stay, any other byte is written -hh, so that no two names share an id.
func (p place) id() string { return idOf(p.htmlName()) }

func idOf(name string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	b.Grow(len(name) + 20)
	b.WriteString("f-")
	for i := range len(name) {
		if c := name[i]; c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			b.WriteByte(c)
		} else {
			b.WriteByte('-')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}
