package chaos_test

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"

	"tandem/internal/judge"
	"tandem/internal/memory"
)

// mutations break a log at an event. They give nil where they change nothing.
var mutations = map[string]func(log []judge.Event, at int) []judge.Event{
	"lost": func(log []judge.Event, at int) []judge.Event { return slices.Delete(slices.Clone(log), at, at+1) },
	"doubled": func(log []judge.Event, at int) []judge.Event {
		return slices.Insert(slices.Clone(log), at+1, log[at])
	},
	"too early": func(log []judge.Event, at int) []judge.Event {
		first := slices.IndexFunc(log, func(e judge.Event) bool { return e.Execution == log[at].Execution })
		if log[at].Execution == "" || first == at {
			return nil
		}
		moved := slices.Delete(slices.Clone(log), at, at+1)
		return slices.Insert(moved, first, log[at])
	},
	"by another": func(log []judge.Event, at int) []judge.Event {
		if log[at].Actor == "" {
			return nil
		}
		changed := slices.Clone(log)
		changed[at].Actor = "zoe"
		if changed[at].Detail.CompletedBy != "" {
			changed[at].Detail.CompletedBy = "zoe"
		}
		if changed[at].Detail.Assignee != "" {
			changed[at].Detail.Assignee = "zoe"
		}
		return changed
	},
}

// unnoticed are mutations that a log may not show, and why.
var unnoticed = map[string]string{
	"task.commented":   "what people say changes nothing",
	"task.overdue":     "nothing follows from it",
	"task.reminded":    "nothing follows from it",
	"task.escalated":   "it asks more people, who need not decide",
	"workflow.failed":  "what has failed may fail again",
	"workflow.started": "its starter may be anybody",
}

// broken is one mutation of one log.
type broken struct{ kind, event string }

// TestStories_mutated breaks the logs of random stories in one place each: the
// judge notices nearly all of it, and of each kind some.
func TestStories_mutated(t *testing.T) {
	t.Parallel()
	tried, missed := map[broken]int{}, map[broken]int{}
	for seed := range uint64(25) {
		s := begin(t, 5000+seed, memory.New(memory.Options{}))
		s.play()
		s.mutate(tried, missed)
	}
	all, notSeen := 0, 0
	for _, b := range slices.SortedFunc(maps.Keys(tried), func(a, b broken) int { return cmp.Or(cmp.Compare(a.event, b.event), cmp.Compare(a.kind, b.kind)) }) {
		t.Logf("%s %s: %d of %d unnoticed", b.event, b.kind, missed[b], tried[b])
		if unnoticed[b.event] != "" || b.kind == "by another" && !strings.HasPrefix(b.event, "task.") {
			continue
		}
		all, notSeen = all+tried[b], notSeen+missed[b]
		if tried[b] > 3 && missed[b] == tried[b] {
			t.Errorf("the judge never notices that %s is %s", b.event, b.kind)
		}
	}
	if all < 500 || notSeen > all/10 {
		t.Errorf("the judge overlooks %d of %d mutations, want at most a tenth of many", notSeen, all)
	}
}

// oneIn is how many events of a log there are for one that is broken.
const oneIn = 12

// mutate breaks the logs of a stage at random events, one at a time.
func (s *stage) mutate(tried, missed map[broken]int) {
	whole := s.evidence()
	for _, id := range s.instances {
		log := slices.DeleteFunc(slices.Clone(whole.Events), func(e judge.Event) bool { return e.Instance != id.String() })
		rest := slices.DeleteFunc(slices.Clone(whole.Events), func(e judge.Event) bool { return e.Instance == id.String() })
		for at := range log {
			for _, kind := range slices.Sorted(maps.Keys(mutations)) {
				rare := strings.HasPrefix(log[at].Type, "task.") || strings.HasPrefix(log[at].Type, "message.") || log[at].Type == "instance.migrated"
				if s.rand.IntN(oneIn) > 0 && !rare {
					continue
				}
				changed := mutations[kind](log, at)
				if changed == nil {
					continue
				}
				for i := range changed { // the numbers give nothing away
					changed[i].Seq = int64(i + 1)
				}
				c := whole
				c.Events = append(slices.Clone(rest), changed...)
				b := broken{kind, log[at].Type}
				tried[b]++
				if len(judge.Audit(c).Findings) == 0 {
					missed[b]++
				}
			}
		}
	}
}
