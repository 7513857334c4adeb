package form

import "strings"

// A Lang is a language: a catalogue of sentences by key. `{name}` in a sentence
// stands for a parameter.
type Lang struct {
	Tag       string // BCP 47
	sentences map[string]string
}

// The languages that ship. The zero Lang is English.
var (
	English = Lang{Tag: "en", sentences: english}
	German  = Lang{Tag: "de", sentences: german}
)

// NewLang makes a language of its own sentences; English stands in for keys that
// are missing. The keys are the codes of errors, and word_… for single words.
func NewLang(tag string, sentences map[string]string) Lang {
	return Lang{Tag: tag, sentences: sentences}
}

// LangOf gives the shipped language for a BCP 47 tag such as "de-AT", English
// when there is none.
func LangOf(tag string) Lang {
	if base, _, _ := strings.Cut(strings.ToLower(tag), "-"); base == "de" {
		return German
	}
	return English
}

// Sentence gives the sentence for a key, with the parameters in their places. A
// key that the language lacks is said in English, an unknown one in general
// words.
func (l Lang) Sentence(key string, params Params) string {
	text, ok := l.sentences[key]
	if !ok {
		if text, ok = english[key]; !ok {
			text = english["invalid"]
		}
	}
	return l.fill(text, params)
}

// say gives words that are no error.
func (l Lang) say(key string, params Params) string { return l.fill(l.word(key), params) }

// fill puts the parameters in the places of their names in braces. Other braces
// stay.
func (l Lang) fill(text string, params Params) string {
	before, rest, ok := strings.Cut(text, "{")
	if !ok {
		return text
	}
	var b strings.Builder
	for ; ok; before, rest, ok = strings.Cut(rest, "{") {
		b.WriteString(before)
		name, after, closed := strings.Cut(rest, "}")
		value, known := params[name]
		if name == "field" && value == "" {
			value, known = l.word("value"), true
		}
		if !closed || !known {
			b.WriteByte('{')
			continue
		}
		b.WriteString(value)
		rest = after
	}
	b.WriteString(before)
	return b.String()
}

func (l Lang) word(key string) string {
	if text, ok := l.sentences["word_"+key]; ok {
		return text
	}
	return english["word_"+key]
}
