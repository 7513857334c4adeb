package chaos_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/engine"
	"tandem/internal/memory"
	"tandem/internal/story"
	"tandem/internal/workflow"
)

// TestStores_sameEnd plays random stories in random order on the memory store
// and on Postgres, as many as it takes to do everything that can be done: every
// decision and every row at the end is the same.
func TestStores_sameEnd(t *testing.T) {
	t.Parallel()
	postgres, err := db.Open(t.Context(), dbtest.URL(t, db.Migrate), db.Options{Process: uuid.Must(uuid.NewV7()), MaxConns: 4, EngineConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(postgres.Close)
	inMemory := memory.New(memory.Options{})
	drawn, told := map[string]int{}, map[string]int{}
	for seed := range uint64(mostTwins) {
		if seed >= leastTwins && len(undone(t, drawn)) == 0 && len(unseen(told)) == 0 {
			break
		}
		s := begin(t, 1000+seed, inMemory, postgres)
		s.play()
		for _, id := range s.instances {
			s.sameRows(id, "instance", func(on store) (any, error) { return on.Instance(t.Context(), olga, id) })
			s.sameRows(id, "executions", func(on store) (any, error) { return on.Executions(t.Context(), olga, id, 200) })
			s.sameRows(id, "tasks", func(on store) (any, error) { return on.InstanceTasks(t.Context(), olga, id, 200) })
			s.sameRows(id, "events", func(on store) (any, error) { return allEvents(t, on, id), nil })
		}
		for cmd, n := range s.drawn {
			drawn[cmd] += n
		}
		story.Merge(told, s.story)
	}
	everyCommand(t, drawn)
	if missing := unseen(told); len(missing) > 0 {
		t.Errorf("no story had %v: %v", missing, told)
	}
	for _, viewer := range []workflow.Actor{olga, mia, otto, {ID: "zoe", Tenant: workflow.DefaultTenant, Groups: []string{"staff", "board"}}} {
		sameStats(t, viewer, inMemory, postgres)
	}
	if n, err := postgres.Miscounted(t.Context(), opening); err != nil || n != 0 {
		t.Errorf("counters: %d buckets are wrong, %v", n, err)
	}
}

// How many stories are played on two stores at least, and at most.
const leastTwins, mostTwins = 25, 120

// unseen lists the kinds of steps, and what else of the language stores must
// keep, that no story had.
func unseen(told map[string]int) []string {
	return slices.DeleteFunc([]string{
		"machine", "human", "timer duration", "timer until", "timer cron", "webhook", "message", "workflow", "external workers", "queue",
		"gateway exclusive", "gateway inclusive", "gateway parallel", "gateway with a condition", "group sequential", "group parallel",
		"group conditional", "group race", "group graph", "callback", "for_each machine", "for_each human", "for_each timer",
		"for_each webhook", "for_each workflow", "complete_when", "max_parallel", "continue_on_error", "retry", "retry of a workflow step",
		"timeout of an attempt", "on_failure by code", "loops", "terminate", "guests", "escalate", "due and remind", "unique", "later version",
	}, func(part string) bool { return told[part] > 0 })
}

// sameRows compares what the stores tell of an instance.
func (s *stage) sameRows(id uuid.UUID, what string, read func(store) (any, error)) {
	s.t.Helper()
	var first any
	for i, on := range s.stores {
		got, err := read(on)
		if err != nil {
			s.t.Fatalf("seed %d: %s: %v", s.seed, what, err)
		}
		if i == 0 {
			first = got
			continue
		}
		if diff := cmp.Diff(first, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(workflow.Event{}, "Seq")); diff != "" {
			s.t.Errorf("seed %d: %s of %s (-memory +postgres):\n%s", s.seed, what, id, diff)
		}
	}
}

func allEvents(t *testing.T, from store, id uuid.UUID) []workflow.Event {
	t.Helper()
	var all []workflow.Event
	for p := (engine.Paging{Limit: engine.MaxLimit}); ; {
		page, err := from.Events(t.Context(), olga, id, p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Items...)
		if p.Cursor = page.NextCursor; p.Cursor == "" {
			return all
		}
	}
}

// sameStats compares counters with the counting of the memory store.
func sameStats(t *testing.T, viewer workflow.Actor, plain, counted store) {
	t.Helper()
	want, err := plain.Stats(t.Context(), viewer, opening)
	if err != nil {
		t.Fatal(err)
	}
	got, err := counted.Stats(t.Context(), viewer, opening)
	if err != nil {
		t.Fatal(err)
	}
	want.LongestWaiting, got.LongestWaiting = nil, nil
	nearly := cmp.Comparer(func(a, b time.Duration) bool { return max(a-b, b-a) <= a/8+time.Microsecond })
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), nearly); diff != "" {
		t.Errorf("stats of %s (-memory +postgres):\n%s", viewer.ID, diff)
	}
}
