package form

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// maxErrors bounds the errors reported for one value.
const maxErrors = 100

// An Error is one thing wrong with a value.
type Error struct {
	Pointer string // JSON pointer of the value that is wrong or missing
	Code    string // key of the sentence in the catalogue, stable for machines
	Params  Params // what the sentence names: "field" and the limits
	Message string // the sentence, in English unless made by Errors.In
	// typed marks an error found while decoding, before the schema was asked.
	typed bool
	name  string // HTML name of the control, when that is not the value's own
}

// Params are the values that a sentence of the catalogue names.
type Params map[string]string

// Errors are all errors of one value, in the order of the form's fields. A nil
// *Errors means that nothing is wrong.
type Errors struct{ List []Error }

// Error joins all sentences.
func (e *Errors) Error() string {
	sentences := make([]string, len(e.List))
	for i, one := range e.List {
		sentences[i] = one.Message
	}
	return strings.Join(sentences, "; ")
}

// Empty reports whether there is no error; it may be called on nil.
func (e *Errors) Empty() bool { return e == nil || len(e.List) == 0 }

// Has reports whether an error stands at pointer; it may be called on nil.
func (e *Errors) Has(pointer string) bool {
	return e != nil && slices.ContainsFunc(e.List, func(one Error) bool { return one.Pointer == pointer })
}

// In gives the errors with their sentences in lang; it may be called on nil.
// Names of fields stay as the schema gives them.
func (e *Errors) In(lang Lang) *Errors {
	if e == nil {
		return nil
	}
	out := &Errors{List: slices.Clone(e.List)}
	for i := range out.List {
		out.List[i].Message = lang.Sentence(out.List[i].Code, out.List[i].Params)
	}
	return out
}

// In gives the sentence in a language by its tag, such as "de".
func (e Error) In(tag string) string { return LangOf(tag).Sentence(e.Code, e.Params) }

// With gives the errors of both; either may be nil.
func (e *Errors) With(more *Errors) *Errors {
	if more.Empty() {
		return e
	}
	out := &Errors{}
	if e != nil {
		out.List = slices.Clone(e.List)
	}
	out.List = slices.DeleteFunc(out.List, func(one Error) bool {
		return slices.ContainsFunc(more.List, func(other Error) bool { return other.Pointer == one.Pointer && one.Code == "required" })
	})
	out.List = append(out.List, more.List...)
	return out.result()
}

// ErrorAt makes an error that the caller found, at the control with an HTML
// name. The code is a key of the catalogue.
func ErrorAt(name, code string, params Params) Error {
	e := Error{Code: code, Params: params, Message: English.Sentence(code, params), typed: true, name: name}
	if steps, ok := stepsOf(name); ok {
		for _, step := range steps {
			e.Pointer += "/" + escapeToken(step[1:])
		}
	}
	return e
}

func (e *Errors) add(one Error) { e.List = append(e.List, one) }

// result gives nil for no errors, else the list cut to maxErrors.
func (e *Errors) result() *Errors {
	if e.Empty() {
		return nil
	}
	if len(e.List) > maxErrors {
		e.List = e.List[:maxErrors]
	}
	return e
}

// tidy sorts by the order of fields and drops what is said twice. An error from
// decoding silences what the schema says about the same value.
func (e *Errors) tidy(names namer) *Errors {
	if e.Empty() {
		return nil
	}
	typed := map[string]bool{}
	for _, one := range e.List {
		if one.typed {
			typed[one.Pointer] = true
		}
	}
	e.List = slices.DeleteFunc(e.List, func(one Error) bool { return !one.typed && typed[one.Pointer] })
	ranks := make(map[string][]int, len(e.List))
	for _, one := range e.List {
		ranks[one.Pointer] = names.rank(tokensOf(one.Pointer))
	}
	slices.SortStableFunc(e.List, func(a, b Error) int {
		return cmp.Or(slices.Compare(ranks[a.Pointer], ranks[b.Pointer]),
			cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	e.List = slices.CompactFunc(e.List, func(a, b Error) bool { return a.Pointer == b.Pointer && a.Message == b.Message })
	return e.result()
}

// newError makes an error with its English sentence.
func newError(names namer, tokens []string, code string, params Params) Error {
	if params == nil {
		params = Params{}
	}
	params["field"] = names.label(tokens)
	return Error{Pointer: pointerOf(tokens), Code: code, Params: params, Message: English.Sentence(code, params)}
}

// faultErrors says what a jsonFault says, at its place.
func faultErrors(err error, names namer) *Errors {
	var fault *jsonFault
	if !errors.As(err, &fault) {
		fault = &jsonFault{code: "json"}
	}
	return &Errors{List: []Error{newError(names, tokensOf(fault.pointer), fault.code, fault.params(""))}}
}

// A namer knows what people call the values of a document, and their order.
type namer interface {
	label(tokens []string) string
	rank(tokens []string) []int
	example(tokens []string) string // of a valid value, "" when none is known
	// chosen gives the branch that people chose of the oneOf or anyOf at loc, -1
	// for none; ok is false where nobody had to choose.
	chosen(tokens []string, loc string) (branch int, ok bool)
}

// plainNames names values by their keys: cost_centre is "Cost centre".
type plainNames struct{}

func (plainNames) label(tokens []string) string { return labelOf(tokens) }
func (plainNames) rank([]string) []int          { return nil }
func (plainNames) example([]string) string      { return "" }

func (plainNames) chosen([]string, string) (int, bool) { return 0, false }

// labelOf gives the humanised last key; items of lists say which list.
func labelOf(tokens []string) string {
	if len(tokens) == 0 {
		return ""
	}
	last := tokens[len(tokens)-1]
	if n, err := strconv.Atoi(last); err == nil && len(tokens) > 1 {
		return labelOf(tokens[:len(tokens)-1]) + " " + strconv.Itoa(n+1)
	}
	return humanise(last)
}

// humanise makes a label of a property name: "cost_centre" and "costCentre" are
// "Cost centre". Names without letters stay as they are.
func humanise(key string) string {
	var b strings.Builder
	previous := ' '
	for _, r := range strings.TrimSpace(key) {
		switch {
		case r == '_' || r == '-':
			r = ' '
		case isUpper(r) && isLower(previous):
			b.WriteByte(' ')
			r += 'a' - 'A'
		}
		if r != ' ' || previous != ' ' {
			b.WriteRune(r)
		}
		previous = r
	}
	label := strings.TrimSpace(b.String())
	if label == "" {
		return key
	}
	if isLower(rune(label[0])) {
		label = strings.ToUpper(label[:1]) + label[1:]
	}
	return label
}

func isUpper(r rune) bool { return r >= 'A' && r <= 'Z' }
func isLower(r rune) bool { return r >= 'a' && r <= 'z' }

func itoa(i int) string { return strconv.Itoa(i) }
