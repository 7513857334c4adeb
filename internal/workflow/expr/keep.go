package expr

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"tandem/internal/workflow/say"
)

// Keeping gives an Env like e whose texts keep every {{ name.X }}, X in
// capitals, instead of evaluating it: Eval and Render leave it in place, and
// Fill puts a value there later. Other uses of the name are mistakes, for which
// why is the message.
//
// What Eval gives says by itself which insertions the author of a text wrote:
// braces that came out of a value are written as {{ "{{" }}, as people write
// them, in the texts that keep something, and everywhere else Fill looks at
// nothing.
func (e *Env) Keeping(name string, why say.Phrase) *Env {
	kept := *e
	kept.keeps = name
	kept.reserved = maps.Clone(e.reserved)
	if kept.reserved == nil {
		kept.reserved = map[string]say.Phrase{}
	}
	kept.reserved[name] = why
	return &kept
}

// keptName is what may be kept: a name in capitals.
var keptName = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,62}$`)

// kept gives the NAME of an insertion that is kept, empty for every other.
func (e *Env) kept(insertion string) string {
	root, name, found := strings.Cut(strings.TrimSpace(insertion), ".")
	if e.keeps == "" || !found || root != e.keeps || !keptName.MatchString(name) {
		return ""
	}
	return name
}

// braces is how {{ of a value is written in a text that keeps something.
const braces = `{{ "{{" }}`

// keptPlace finds what renderKept wrote.
var keptPlace = regexp.MustCompile(`\{\{ "\{\{" \}\}|\{\{ [a-z]+\.[A-Z][A-Z0-9_]* \}\}`)

// renderKept is Render for a text that keeps insertions. What stands between
// them is protected as a whole: two values may make braces together.
func (t *Text) renderKept(ctx context.Context, vars Vars, escape func(string) string) (string, error) {
	var out, between strings.Builder
	for _, p := range t.parts {
		if p.kept != "" {
			out.WriteString(protect(&between))
			out.WriteString("{{ " + t.keeps + "." + p.kept + " }}")
			continue
		}
		s, err := p.render(ctx, vars, escape)
		if err != nil {
			return "", err
		}
		if p.program != nil && t.escape != nil {
			s = t.escape(out.String()+between.String(), s)
		}
		if out.Len()+between.Len()+len(s) > MaxText {
			return "", fmt.Errorf("render %s: %w", quoted(t.src), limitError("the text would be longer than %d bytes", MaxText))
		}
		between.WriteString(s)
	}
	out.WriteString(protect(&between))
	return out.String(), nil
}

func protect(b *strings.Builder) string {
	defer b.Reset()
	return strings.ReplaceAll(b.String(), "{{", braces)
}

// Kept lists the names that the value keeps, each once, in order of name.
func (v *Value) Kept() []string {
	names := map[string]bool{}
	v.kept(names)
	return slices.Sorted(maps.Keys(names))
}

func (v *Value) kept(names map[string]bool) {
	if v.text != nil {
		for _, p := range v.text.parts {
			if p.kept != "" {
				names[p.kept] = true
			}
		}
	}
	for _, item := range v.list {
		item.kept(names)
	}
	for _, item := range v.fields {
		item.kept(names)
	}
}

// Fill gives what Eval gave with the value of every kept insertion in its
// place. It changes nothing elsewhere, whatever texts may stand there, and
// copies what it changes.
func (v *Value) Fill(evaluated any, value func(name string) string) any {
	switch x := evaluated.(type) {
	case string:
		if v.text != nil && v.text.keeps != "" {
			return v.text.fill(x, value)
		}
	case []any:
		if len(v.list) == len(x) && v.list != nil {
			out := make([]any, len(x))
			for i, item := range v.list {
				out[i] = item.Fill(x[i], value)
			}
			return out
		}
	case map[string]any:
		if v.fields != nil {
			out := maps.Clone(x)
			for k, item := range v.fields {
				if _, there := x[k]; there {
					out[k] = item.Fill(x[k], value)
				}
			}
			return out
		}
	}
	return evaluated
}

func (t *Text) fill(rendered string, value func(name string) string) string {
	var out strings.Builder
	at := 0
	for _, place := range keptPlace.FindAllStringIndex(rendered, -1) {
		out.WriteString(rendered[at:place[0]])
		at = place[1]
		out.WriteString(t.filled(out.String(), rendered[place[0]:place[1]], value))
	}
	out.WriteString(rendered[at:])
	return out.String()
}

// filled gives what takes the place of one match of keptPlace.
func (t *Text) filled(before, place string, value func(name string) string) string {
	if place == braces {
		return "{{"
	}
	name := strings.TrimSuffix(strings.TrimPrefix(place, "{{ "+t.keeps+"."), " }}")
	switch {
	case !slices.ContainsFunc(t.parts, func(p part) bool { return p.kept == name }):
		return place
	case t.escape != nil:
		return t.escape(before, value(name))
	}
	return value(name)
}
