package story

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Story is one drawn document with the data that start it.
type Story struct {
	Name     string
	Version  string
	Document []byte         // JSON
	Input    []byte         // JSON: the start data
	Webhooks []string       // the names of its webhook steps that are no lists
	Children []Story        // definitions that its workflow steps start; they are stored first
	Uses     map[string]int // how often each part of the language was drawn, children's too
}

// Ref gives the name and version as one word.
func (s Story) Ref() string { return s.Name + " " + s.Version }

// All gives the story's children and then itself.
func (s Story) All() []Story { return append(slices.Clone(s.Children), s) }

// Part is a part of the language that a story may use.
type Part string

// The parts that Cast.Parts may name. Everything else is always used.
const (
	Groups   Part = "groups"
	ForEach  Part = "for_each"
	Children Part = "workflow steps"
	Retries  Part = "retries"
	Workers  Part = "external workers"
)

// Parts lists them all.
func Parts() []Part { return []Part{Groups, ForEach, Children, Retries, Workers} }

// Probe gives a small document that uses a part, to try whether a program knows
// it.
func Probe(p Part) []byte {
	step := map[Part]string{
		Groups:   `{"name": "a", "type": "group", "mode": "race", "steps": [{"name": "b", "type": "machine", "action": "noop"}, {"name": "c", "type": "timer", "duration": "1s"}]}`,
		ForEach:  `{"name": "a", "type": "machine", "action": "noop", "for_each": "[1, 2]", "max_parallel": 1}`,
		Children: `{"name": "a", "type": "workflow", "definition": "other"}`,
		Workers:  `{"name": "a", "type": "machine", "action": "worker", "topic": "jobs"}`,
		Retries:  `{"name": "a", "type": "machine", "action": "noop", "retry": {"max_attempts": 2, "initial": "10ms"}}`,
	}[p]
	return fmt.Appendf(nil, `{"format": 1, "name": "probe", "version": "1.0.0", "steps": [%s]}`, step)
}

// Topic is the topic of the jobs of external workers. They are told what the
// action is told.
const Topic = "chaos"

// Cast says what stories are made of.
type Cast struct {
	Parts  []Part
	Action string // what machine steps run: it is told {fail, slow, code, index}
}

// Tell draws the story of a seed. Its name is unique to the seed.
func (c Cast) Tell(seed uint64) Story {
	return c.tell(fmt.Sprintf("story_%d", seed), rand.New(rand.NewPCG(seed, 0x7a1e)), 0)
}

// teller draws one document.
type teller struct {
	Cast
	*rand.Rand
	name     string
	level    int // of workflow steps around it
	input    map[string]any
	uses     map[string]int
	children []Story
	webhooks []string
}

func (c Cast) tell(name string, r *rand.Rand, level int) Story {
	t := &teller{Cast: c, Rand: r, name: name, level: level, uses: map[string]int{}, input: map[string]any{
		"x": r.IntN(3), "none": []int{}, "few": []int{7}, "items": []int{3, 1, 2}, "many": []int{1, 2, 3, 4, 5},
	}}
	n := 3 + r.IntN(7)
	if level > 0 {
		n = 1 + r.IntN(3)
	}
	steps, edges := t.graph("", n, 0)
	doc := object{"format": 1, "name": name, "version": "1.0.0", "steps": steps, "edges": edges}
	if len(edges) == 0 {
		delete(doc, "edges")
	}
	if t.chance(12) {
		doc["timeout"] = "4s"
		t.uses["timeout of the workflow"]++
	}
	Merge(t.uses, t.children...)
	return Story{Name: name, Version: "1.0.0", Document: encode(doc), Input: encode(t.input), Webhooks: t.webhooks, Children: t.children, Uses: t.uses}
}

type object = map[string]any

func encode(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("story: encode %T: %v", v, err)) // it holds numbers, texts, lists and maps alone
	}
	return raw
}

func (t *teller) chance(n int) bool { return t.IntN(n) == 0 }

func (t *teller) may(p Part) bool { return slices.Contains(t.Parts, p) }

func pick[T any](t *teller, from ...T) T { return from[t.IntN(len(from))] }

// millis draws a short time.
func (t *teller) millis(least, most int) string {
	return fmt.Sprintf("%dms", least+t.IntN(most-least))
}

// Merge adds up what stories use.
func Merge(into map[string]int, stories ...Story) {
	for _, s := range stories {
		for part, n := range s.Uses {
			into[part] += n
		}
	}
}

// decode reads what encode wrote.
func decode(raw []byte) object {
	var v object
	if err := json.Unmarshal(raw, &v); err != nil {
		panic(fmt.Sprintf("story: decode its own document: %v", err))
	}
	return v
}
