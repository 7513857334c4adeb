package workflow

import (
	"strings"

	"github.com/goccy/go-yaml/token"
)

// Limits of a document, beside its bytes.
const (
	maxNodes       = 100_000 // after aliases are expanded
	maxDepth       = 64
	maxYAMLTokens  = 4 * maxNodes
	maxMappingKeys = 10_000 // of one YAML mapping, whose parsing is quadratic
)

// A treeBudget bounds what a document may hold.
type treeBudget struct{ nodes int }

func (b *treeBudget) spend(nodes, depth int, at place) *Problem {
	b.nodes += nodes
	switch {
	case b.nodes > maxNodes:
		return unreadable(at, "too_large.values")
	case depth > maxDepth:
		return unreadable(at, "too_large.depth")
	}
	return nil
}

// badText refuses U+0000 and texts that are not Unicode.
func badText(text string, at place) *Problem {
	if strings.ContainsRune(text, 0) {
		return unreadable(at, "syntax.null")
	}
	return nil
}

// checkTokens refuses what the parser would take too long or too deep a
// recursion for.
func checkTokens(tokens token.Tokens) *Problem {
	if len(tokens) > maxYAMLTokens {
		return unreadable(tokenPlace(tokens[maxYAMLTokens]), "too_large.tokens")
	}
	var c tokenCheck
	for _, t := range tokens {
		at := tokenPlace(t)
		c.count(t, at)
		switch {
		case len(c.brackets) > maxDepth || c.openers > maxDepth:
			return unreadable(at, "too_large.depth")
		case c.full:
			return unreadable(at, "too_large.keys")
		}
	}
	return nil
}

// A tokenCheck counts open brackets, nesting tokens on one line, and the keys of
// open block mappings by column.
type tokenCheck struct {
	brackets []int // open ones: how many entries a mapping has had, -1 for a list
	line     int
	openers  int
	keys     map[int]int
	full     bool
}

func (c *tokenCheck) count(t *token.Token, at place) {
	if at.line != c.line {
		c.line, c.openers = at.line, 0
		c.closeMappings(at.column)
	}
	switch t.Type {
	case token.SequenceStartType, token.MappingStartType:
		c.open(t.Type)
	case token.SequenceEndType, token.MappingEndType:
		c.brackets = c.brackets[:max(0, len(c.brackets)-1)]
	case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType, token.DirectiveType:
		c.openers++
	case token.MappingValueType:
		c.openers = 0
		c.countKey(t)
	case token.CollectEntryType:
		c.openers = 0
		c.countEntry()
	}
}

func (c *tokenCheck) open(bracket token.Type) {
	entries := 0
	if bracket == token.SequenceStartType {
		entries = -1
	}
	c.brackets = append(c.brackets, entries)
}

func (c *tokenCheck) countEntry() {
	if last := len(c.brackets) - 1; last >= 0 && c.brackets[last] >= 0 {
		c.brackets[last]++
		c.full = c.full || c.brackets[last] >= maxMappingKeys
	}
}

func (c *tokenCheck) countKey(colon *token.Token) {
	if len(c.brackets) > 0 || colon.Prev == nil {
		return
	}
	if c.keys == nil {
		c.keys = map[int]int{}
	}
	column := tokenPlace(colon.Prev).column
	c.keys[column]++
	c.full = c.full || c.keys[column] > maxMappingKeys
}

func (c *tokenCheck) closeMappings(column int) {
	for k := range c.keys {
		if k > column {
			delete(c.keys, k)
		}
	}
}
