package compare

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"tandem/internal/workflow"
)

// Change is one key whose value is another: Before and After are JSON, "" where
// the key was or is not there.
type Change struct {
	Key    string // with the keys around it: form.schema.required
	Before string
	After  string
}

// Step is what became of a step.
type Step struct {
	Name    string // as Definition.Step knows it
	Kind    Kind
	Changes []Change // of Changed
}

// Document is what became of a document: of what stands outside of its steps and
// edges, and of each step, in the order of the later document, removed ones last.
type Document struct {
	Settings []Change
	Steps    []Step
}

// Documents compares two workflow documents by their meaning: the order of keys,
// comments and the language that they are written in make no difference. Both
// must be readable.
func Documents(before, after []byte) (Document, error) {
	from, err := workflow.Document(before)
	if err != nil {
		return Document{}, err
	}
	to, err := workflow.Document(after)
	if err != nil {
		return Document{}, err
	}
	was, is := stepsOf(from), stepsOf(to)
	d := Document{Settings: changes(nil, "", without(from, "steps", "edges", "version"), without(to, "steps", "edges", "version"))}
	for _, s := range is.all {
		d.Steps = append(d.Steps, compared(s, was.byName[s.name]))
	}
	for _, s := range was.all {
		if is.byName[s.name] == nil {
			d.Steps = append(d.Steps, Step{Name: s.name, Kind: Removed})
		}
	}
	return d, nil
}

// step is a step of a document under the name that it has in its definition.
type step struct {
	name string
	keys map[string]any // without the steps inside it
}

type steps struct {
	all    []*step
	byName map[string]*step
}

func stepsOf(document map[string]any) *steps {
	s := &steps{byName: map[string]*step{}}
	s.collect(document, "")
	return s
}

// collect takes up the steps of a workflow or a group: those listed, those of
// branches under the names of their keys, and the callback.
func (s *steps) collect(around map[string]any, prefix string) {
	list, _ := around["steps"].([]any)
	for _, one := range list {
		s.add(one, "", prefix)
	}
	branches, _ := around["branches"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(branches)) {
		s.add(branches[key], key, prefix)
	}
	if callback := around["callback"]; callback != nil {
		s.add(callback, "callback", prefix)
	}
}

func (s *steps) add(value any, name, prefix string) {
	keys, ok := value.(map[string]any)
	if !ok {
		return
	}
	if own, _ := keys["name"].(string); own != "" {
		name = own
	}
	one := &step{name: prefix + name, keys: without(keys, "name", "steps", "edges", "branches", "callback")}
	if s.byName[one.name] != nil {
		return
	}
	s.all = append(s.all, one)
	s.byName[one.name] = one
	s.collect(keys, one.name+".")
}

func without(object map[string]any, keys ...string) map[string]any {
	rest := maps.Clone(object)
	for _, key := range keys {
		delete(rest, key)
	}
	return rest
}

func compared(is, was *step) Step {
	if was == nil {
		return Step{Name: is.name, Kind: Added}
	}
	s := Step{Name: is.name, Kind: Same, Changes: changes(nil, "", was.keys, is.keys)}
	if len(s.Changes) > 0 {
		s.Kind = Changed
	}
	return s
}

// changes adds the keys whose values differ, objects key by key.
func changes(list []Change, key string, before, after any) []Change {
	a, both := before.(map[string]any)
	b, ok := after.(map[string]any)
	if !both || !ok {
		if !reflect.DeepEqual(before, after) {
			list = append(list, Change{Key: key, Before: text(before), After: text(after)})
		}
		return list
	}
	keys := maps.Clone(a)
	maps.Copy(keys, b)
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		was, had := a[name]
		is, has := b[name]
		inside := strings.TrimPrefix(key+"."+name, ".")
		switch {
		case !has:
			list = append(list, Change{Key: inside, Before: text(was)})
		case !had:
			list = append(list, Change{Key: inside, After: text(is)})
		default:
			list = changes(list, inside, was, is)
		}
	}
	return list
}

// text writes a value as JSON.
func text(value any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(value) // values of a document always encode
	return strings.TrimSuffix(b.String(), "\n")
}
