package msg

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// text is one sentence in every language, with fmt verbs for its arguments.
type text struct {
	en, de string
}

type catalogue map[string]text

// sentences holds all parts. A key belongs to one part only.
var sentences = join(
	identity, expiry, adminMore,
	shell,
	docs,
	find,
	parts,
	dashboard,
	definition,
	instance,
	login,
	task,
	start,
	failure,
	refusal,
	people,
	factor,
	audit,
	auditWords,
	taskTalk,
	mend,
	guest,
	timeline,
	bulk,
	tenant,
	compare,
	preview,
	inboxKeys,
	bulkTasks,
	version,
	editor,
	diff,
	trial,
	builder,
	system,
)

// join panics when two parts have a key in common, which is a mistake in this
// package that every start would show.
func join(parts ...catalogue) catalogue {
	all := catalogue{}
	for _, part := range parts {
		for key, t := range part {
			if _, ok := all[key]; ok {
				panic("msg: two parts have the key " + key)
			}
			all[key] = t
		}
	}
	return all
}

// Languages lists the tags of the languages that ship, the default first.
func Languages() []string { return []string{"en", "de"} }

// Match returns the shipped language that an Accept-Language header, or a
// single tag such as "de-AT", asks for; the default when there is none. Weights
// are not compared: browsers list what they prefer first.
func Match(accept string) string {
	for part := range strings.SplitSeq(accept, ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if slices.Contains(Languages(), base) {
			return base
		}
	}
	return Languages()[0]
}

// Has reports whether the catalogue has the key.
func Has(key string) bool {
	_, ok := sentences[key]
	return ok
}

// Keys returns all keys, sorted.
func Keys() []string { return slices.Sorted(maps.Keys(sentences)) }

// T returns the sentence of a key in a language, English where the language is
// unknown, with args in the places of its verbs. An unknown key is returned as
// it is.
func T(lang, key string, args ...any) string {
	t, ok := sentences[key]
	if !ok {
		return key
	}
	format := t.en
	if lang == "de" {
		format = t.de
	}
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}

// N returns T of key+".one" for 1 and of key+".other" for all other counts. The
// count is the first argument of the sentence.
func N(lang, key string, n int, args ...any) string {
	form := ".other"
	if n == 1 {
		form = ".one"
	}
	return T(lang, key+form, append([]any{n}, args...)...)
}

// Printer says sentences in one language.
type Printer struct {
	Lang string // one of Languages
}

// T is the function T in the printer's language.
func (p Printer) T(key string, args ...any) string { return T(p.Lang, key, args...) }

// N is the function N in the printer's language.
func (p Printer) N(key string, n int, args ...any) string { return N(p.Lang, key, n, args...) }
