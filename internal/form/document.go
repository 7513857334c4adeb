package form

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A document is a decoded schema with the addresses that references name.
type document struct {
	root   any
	orders map[string][]string // member names of "properties" objects, by JSON pointer
	bases  []base              // parts with an address of their own, outer ones first
	named  map[string]string   // JSON pointer by absolute address, with anchors as fragments
}

// A base is a part of a schema that `$id` gives an address.
type base struct {
	pointer string
	address *url.URL
}

func newDocument(root any, orders map[string][]string) *document {
	d := &document{root: root, orders: orders, named: map[string]string{}}
	address, _ := url.Parse(schemaURL)
	d.bases = []base{{"", address}}
	d.named[address.String()] = ""
	d.index(root, "", address)
	return d
}

// unread are the keywords whose values are data, not schemas.
var unread = []string{"enum", "const", "default", "examples"}

func (d *document) index(v any, pointer string, address *url.URL) {
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			d.index(item, pointer+"/"+itoa(i), address)
		}
	case map[string]any:
		if id, ok := v["$id"].(string); ok {
			if own, err := address.Parse(id); err == nil {
				own.Fragment = ""
				address = own
				d.bases = append(d.bases, base{pointer, own})
				d.named[own.String()] = pointer
			}
		}
		if anchor, ok := v["$anchor"].(string); ok {
			d.named[address.String()+"#"+anchor] = pointer
		}
		for key, member := range v {
			if !slices.Contains(unread, key) {
				d.index(member, pointer+"/"+escapeToken(key), address)
			}
		}
	}
}

// follow gives the pointer of the part that a `$ref` at loc leads to.
func (d *document) follow(ref, loc string) (string, bool) {
	address := d.bases[0].address
	longest := -1
	for _, b := range d.bases {
		inside := loc == b.pointer || strings.HasPrefix(loc, b.pointer+"/")
		if inside && len(b.pointer) > longest {
			address, longest = b.address, len(b.pointer)
		}
	}
	target, err := address.Parse(ref)
	if err != nil {
		return "", false
	}
	fragment := target.Fragment
	target.Fragment, target.RawFragment = "", ""
	resource, known := d.named[target.String()]
	switch {
	case !known:
		return "", false
	case fragment == "":
		return resource, true
	case fragment[0] == '/':
		_, found := d.at(resource + fragment)
		return resource + fragment, found
	}
	anchored, found := d.named[target.String()+"#"+fragment]
	return anchored, found
}

// at gives what stands at a JSON pointer.
func (d *document) at(pointer string) (any, bool) { return lookUp(d.root, pointer) }

func lookUp(at any, pointer string) (any, bool) {
	for _, token := range tokensOf(pointer) {
		switch v := at.(type) {
		case map[string]any:
			var ok bool
			if at, ok = v[token]; !ok {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			at = v[i]
		default:
			return nil, false
		}
	}
	return at, true
}

// resolve finds what a `$ref` of the form #/… leads to.
func resolve(root any, ref string) (any, bool) {
	if !strings.HasPrefix(ref, "#") || ref != "#" && !strings.HasPrefix(ref, "#/") {
		return nil, false
	}
	return lookUp(root, strings.TrimPrefix(unescapeFragment(ref), "#"))
}

func unescapeFragment(ref string) string {
	if plain, err := url.PathUnescape(ref); err == nil {
		return plain
	}
	return ref
}
