package form

import (
	"errors"
	"regexp"
	"time"
	"unicode"

	"github.com/dlclark/regexp2"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

const (
	// patternTimeout bounds one match of a pattern that may backtrack.
	patternTimeout = 50 * time.Millisecond
	// patternBudget bounds all such matches of one validation together.
	patternBudget    = 500 * time.Millisecond
	maxPatternLength = 2000
)

var errPatternLength = errors.New("the pattern is longer than 2000 characters; shorten it")

// plainPattern finds patterns that mean the same in ECMA-262 and in Go: plain
// characters, \d \D \w \W, escaped punctuation, simple classes, groups, anchors.
// Those run in Go's engine, in linear time.
var plainPattern = regexp.MustCompile(
	`^(?:[^\\.\[\](){}?*+]|\\[dDwW]|\\[.\\/\[\](){}?*+^$|\-]|\((?:\?:)?|\)|[*+?]\??|\{\d{1,3}(?:,\d{0,3})?\}` +
		`|\[\^?(?:[A-Za-z0-9_ @#%=!,;:.+*/()$?-]|\\[dDwW.\\/\[\]^$\-])+\])*$`)

// compilePattern compiles an ECMA-262 pattern. Patterns beyond plainPattern run
// in a backtracking engine whose time is charged to spent.
func compilePattern(pattern string, spent *budget) (jsonschema.Regexp, error) {
	if len(pattern) > maxPatternLength {
		return nil, errPatternLength
	}
	if plainPattern.MatchString(pattern) {
		if re, err := regexp.Compile(pattern); err == nil {
			return re, nil
		}
	}
	re, err := regexp2.Compile(shortProperties(pattern), regexp2.ECMAScript|regexp2.Unicode)
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = patternTimeout
	return &boundedPattern{re: re, spent: spent}, nil
}

// escaped finds what begins with a backslash; a Unicode property is named by
// its second group.
var escaped = regexp.MustCompile(`\\(?:([pP])\{(?:(?:General_Category|gc|Script|sc|Script_Extensions|scx)=)?(\w+)\}|.)`)

// shortProperties writes the Unicode properties of a pattern as the engine knows
// them: \p{Script=Greek} as \p{Greek}, \p{Letter} as \p{L}.
func shortProperties(pattern string) string {
	return escaped.ReplaceAllStringFunc(pattern, func(text string) string {
		found := escaped.FindStringSubmatch(text)
		if found[1] == "" {
			return text
		}
		return `\` + found[1] + `{` + first(unicode.CategoryAliases[found[2]], found[2]) + `}`
	})
}

// A boundedPattern matches with a time limit. A match that runs out of time has
// no answer, and either answer could let something invalid pass, so it stops
// the whole validation.
type boundedPattern struct {
	re    *regexp2.Regexp
	spent *budget
}

func (p *boundedPattern) String() string { return p.re.String() }

// MatchString reports whether s contains a match. It panics with an
// overrun, which Schema.Validate recovers, when the time is used up.
func (p *boundedPattern) MatchString(s string) bool {
	begin := time.Now()
	ok, err := p.re.MatchString(s)
	p.spent.patterns += time.Since(begin)
	if err != nil || p.spent.patterns > patternBudget {
		panic(overrun{})
	}
	return ok
}
