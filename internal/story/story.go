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
	Document []byte            // JSON
	Later    []byte            // the same workflow as version LaterVersion; nil: there is none
	Steps    map[string]string // the steps that have another name in Later
	Input    []byte            // JSON: the start data
	Webhooks []string          // the names of its webhook steps that are no lists
	Messages []string          // the names of the messages that its steps wait for, children's too
	StartOn  string            // the message that starts it; empty: none does
	Unique   bool              // one instance lives under a correlation id
	Clocks   int               // how many schedules start it
	Children []Story           // definitions that its workflow steps start; they are stored first
	Uses     map[string]int    // how often each part of the language was drawn, children's too
}

// LaterVersion is the version of Story.Later.
const LaterVersion = "2.0.0"

// Ref gives the name and version as one word.
func (s Story) Ref() string { return s.Name + " " + s.Version }

// All gives the story's children and then itself.
func (s Story) All() []Story { return append(slices.Clone(s.Children), s) }

// Documents gives the story's versions, the first one first.
func (s Story) Documents() [][]byte {
	if s.Later == nil {
		return [][]byte{s.Document}
	}
	return [][]byte{s.Document, s.Later}
}

// Part is a part of the language that a story may use.
type Part string

// The parts that Cast.Parts may name. Everything else is always used.
const (
	Groups   Part = "groups"
	ForEach  Part = "for_each"
	Children Part = "workflow steps"
	Retries  Part = "retries"
	Workers  Part = "external workers"
	Messages Part = "messages"
	Clocks   Part = "schedules"
	Guests   Part = "guests"
	Queues   Part = "queues"
	Versions Part = "versions"
)

// Parts lists them all.
func Parts() []Part {
	return []Part{Groups, ForEach, Children, Retries, Workers, Messages, Clocks, Guests, Queues, Versions}
}

// Probe gives a small document that uses a part, to try whether a program knows
// it.
func Probe(p Part) []byte {
	step := map[Part]string{
		Groups:   `{"name": "a", "type": "group", "mode": "race", "steps": [{"name": "b", "type": "machine", "action": "noop"}, {"name": "c", "type": "timer", "duration": "1s"}]}`,
		ForEach:  `{"name": "a", "type": "machine", "action": "noop", "for_each": "[1, 2]", "max_parallel": 1}`,
		Children: `{"name": "a", "type": "workflow", "definition": "other"}`,
		Workers:  `{"name": "a", "type": "machine", "action": "worker", "topic": "jobs"}`,
		Retries:  `{"name": "a", "type": "machine", "action": "noop", "retry": {"max_attempts": 2, "initial": "10ms"}}`,
		Messages: `{"name": "a", "type": "webhook", "message": {"name": "news", "key": "k"}}`,
		Guests:   `{"name": "a", "type": "human", "guests": ["gil@example.org"]}`,
		Queues:   `{"name": "a", "type": "machine", "action": "noop", "queue": "side"}`,
		Clocks:   `{"name": "a", "type": "timer", "cron": "* * * * *"}`,
		Versions: `{"name": "a", "type": "timer", "duration": "1s"}`,
	}[p]
	return fmt.Appendf(nil, `{"format": 1, "name": "probe", "version": "1.0.0", "steps": [%s]}`, step)
}

// Queue is the queue of the machine steps that name one.
const Queue = "side"

// Group is the group of the people whom steps ask, and Bosses the
// one that gets tasks which nobody decides.
const (
	Group  = "staff"
	Bosses = "bosses"
)

// Staff are the people of Group. Anyone of them may decide what asks them.
var Staff = []string{"mia", "otto"}

// Guest is the address of whoever decides by a personal link.
const Guest = "gil@example.org"

// Topic is the topic of the jobs of external workers. They are told what the
// action is told.
const Topic = "chaos"

// Cast says what stories are made of.
type Cast struct {
	Parts  []Part
	Action string // what machine steps run: it is told {fail, slow, code, index}
	Long   bool   // waits may take minutes
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
	messages []string
}

func (c Cast) tell(name string, r *rand.Rand, level int) Story {
	t := &teller{Cast: c, Rand: r, name: name, level: level, uses: map[string]int{}, input: map[string]any{
		"x": r.IntN(3), "none": []int{}, "few": []int{7}, "items": []int{3, 1, 2}, "many": []int{1, 2, 3, 4, 5}, "who": "somebody",
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
	s := Story{Name: name, Version: "1.0.0", Input: encode(t.input), Webhooks: t.webhooks, Children: t.children, Uses: t.uses}
	t.starts(&s, doc)
	s.Document = encode(doc)
	t.later(&s)
	s.Messages = t.messages
	for _, child := range t.children {
		s.Messages = append(s.Messages, child.Messages...)
	}
	Merge(t.uses, t.children...)
	return s
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
