package workflow

import (
	"encoding/json"
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// Limits of `search`.
const (
	MaxSearchPaths = 8
	MaxSearchText  = 200 // characters of a value that count; more are cut off
	MaxSearchItems = 50  // values of a list that count
)

// SearchValue is one value that lists find an instance by.
type SearchValue struct {
	Path   string
	Text   string // a text, a number as it was written, true or false
	Number string // the same of a number that can be compared as one; empty otherwise
}

// plainNumber is what counts as a number: longer ones are found by their text.
var plainNumber = regexp.MustCompile(`^-?[0-9]{1,60}(\.[0-9]{1,60})?([eE][+-]?[0-9]{1,2})?$`)

// SearchNumber reads a text as a number that search compares as one.
func SearchNumber(text string) (*big.Rat, bool) {
	if !plainNumber.MatchString(text) {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// SearchText cuts a text to what counts of it.
func SearchText(text string) string { return cut(text, MaxSearchText) }

// ValidDataPath reports whether a text is a path into data: keys with dots
// between them.
func ValidDataPath(text string) bool { return dataPath.MatchString(text) }

// SearchValues gives what data holds at the path: the value there, or each of a
// list. Objects and null are no values.
func SearchValues(path string, data any) []SearchValue {
	for key := range strings.SplitSeq(path, ".") {
		object, ok := data.(map[string]any)
		if !ok {
			return nil
		}
		data = object[key]
	}
	items, ok := data.([]any)
	if !ok {
		items = []any{data}
	}
	var values []SearchValue
	for _, item := range items[:min(len(items), MaxSearchItems)] {
		if v, ok := searchValue(item); ok {
			v.Path = path
			values = append(values, v)
		}
	}
	return values
}

// DecodeData decodes data for SearchValues.
func DecodeData(data json.RawMessage) any {
	v, _ := DecodeJSON(data) // stored data is well-formed
	return v
}

func searchValue(item any) (SearchValue, bool) {
	switch item := item.(type) {
	case string:
		return SearchValue{Text: SearchText(item)}, true
	case json.Number:
		v := SearchValue{Text: SearchText(item.String())}
		if plainNumber.MatchString(item.String()) {
			v.Number = item.String()
		}
		return v, true
	case bool:
		if item {
			return SearchValue{Text: "true"}, true
		}
		return SearchValue{Text: "false"}, true
	}
	return SearchValue{}, false
}

// refreshSearch derives what lists find the instance by, when its data or its
// definition has changed.
func (d *decider) refreshSearch() {
	changed := d.t.From == 0 || d.t.DataChanged || d.t.Moved != nil
	if !changed || len(d.def.Search) == 0 && d.t.Moved == nil {
		return
	}
	d.t.SearchChanged, d.t.Search = true, nil
	for _, path := range d.def.Search {
		d.t.Search = append(d.t.Search, SearchValues(path, d.dataMap())...)
	}
}

// checkSearch reports paths that cannot be searched.
func (p *parsing) checkSearch(n *node) {
	seen := map[string]bool{}
	for i, item := range n.list() {
		switch {
		case item.kind != textNode:
		case i == MaxSearchPaths:
			p.fault(item, "too_many.search", MaxSearchPaths)
		case !dataPath.MatchString(item.text):
			p.fault(item, "bad_path", clipped(item.text))
		case seen[item.text]:
			p.fault(item, "duplicate.search", item.text)
		}
		seen[item.text] = true
	}
}

// warnSearch warns of paths that nothing writes.
func (p *parsing) warnSearch(n *node, keys []string) {
	for _, item := range n.list() {
		key, _, _ := strings.Cut(item.text, ".")
		if keys != nil && dataPath.MatchString(item.text) && !slices.Contains(keys, key) {
			p.warn(item, "unknown_data", key, didYouMean(key, keys))
		}
	}
}
