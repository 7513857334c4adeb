package say

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// text is one sentence in every language, with fmt verbs for its arguments.
type text struct{ en, de string }

type catalogue map[string]text

// sentences holds all parts. A key belongs to one part only.
var sentences = join(parts, shape, flow, people, clock, schema, expression)

// join panics when two parts have a key in common, which is a mistake in this
// package that every start would show.
func join(parts ...catalogue) catalogue {
	all := catalogue{}
	for _, part := range parts {
		for key, t := range part {
			if _, ok := all[key]; ok {
				panic("say: two parts have the key " + key)
			}
			all[key] = t
		}
	}
	return all
}

// Keys returns all keys, sorted.
func Keys() []string { return slices.Sorted(maps.Keys(sentences)) }

// A Sayer says itself in a language, given by its tag: "en" or "de".
type Sayer interface{ In(lang string) string }

// A Phrase is a sentence of the catalogue, or a part of one, with its arguments.
// An argument that is a Sayer is said in the language of the whole. The zero
// Phrase says nothing.
type Phrase struct {
	Key  string
	Args []any
}

// Of makes a phrase.
func Of(key string, args ...any) Phrase { return Phrase{Key: key, Args: args} }

// In says the phrase in a language, in English where it is unknown. An unknown
// key is said as it is.
func (p Phrase) In(lang string) string {
	t, ok := sentences[p.Key]
	if !ok {
		return p.Key
	}
	format := t.en
	if lang == "de" {
		format = t.de
	}
	args := make([]any, len(p.Args))
	for i, a := range p.Args {
		if s, ok := a.(Sayer); ok {
			a = s.In(lang)
		}
		args[i] = a
	}
	return fmt.Sprintf(format, args...)
}

// String says the phrase in English.
func (p Phrase) String() string { return p.In("en") }

// Code is the part of the key that programs get.
func (p Phrase) Code() string {
	code, _, _ := strings.Cut(p.Key, ".")
	return code
}

// IsZero reports whether the phrase says nothing.
func (p Phrase) IsZero() bool { return p.Key == "" }

// Or lists alternatives, texts or Sayers: "a, b or c".
func Or(choices ...any) Sayer { return list(choices) }

type list []any

func (l list) In(lang string) string {
	said := make([]string, len(l))
	for i, one := range l {
		said[i] = fmt.Sprint(one)
		if s, ok := one.(Sayer); ok {
			said[i] = s.In(lang)
		}
	}
	if len(said) < 2 {
		return strings.Join(said, "")
	}
	last := len(said) - 1
	return Of("part.or", strings.Join(said[:last], ", "), said[last]).In(lang)
}

// Sentence gives a Sayer its capital and its full stop.
func Sentence(s Sayer) Sayer { return whole{s} }

type whole struct{ Sayer }

func (w whole) In(lang string) string {
	said := Capital(w.Sayer.In(lang))
	if said == "" || strings.HasSuffix(said, "?") || strings.HasSuffix(said, ".") {
		return said
	}
	return said + "."
}

// Capital makes the first letter of a text a capital.
func Capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return strings.ToUpper(string(first)) + text[size:]
}

// Plain is a text that is the same in every language.
type Plain string

// In gives the text.
func (p Plain) In(string) string { return string(p) }
