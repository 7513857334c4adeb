package chaos_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/engine"
	"tandem/internal/judge"
	"tandem/internal/memory"
	"tandem/internal/workflow"
)

// TestStores_sameEnd plays random stories in random order on the memory store
// and on Postgres: every decision and every row at the end is the same.
func TestStores_sameEnd(t *testing.T) {
	t.Parallel()
	postgres, err := db.Open(t.Context(), dbtest.URL(t, db.Migrate), db.Options{Process: uuid.Must(uuid.NewV7()), MaxConns: 4, EngineConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(postgres.Close)
	inMemory := memory.New(memory.Options{})
	for seed := range uint64(25) {
		s, id := begin(t, 1000+seed, inMemory, postgres)
		s.play(id)
		s.sameRows(id, "instance", func(on store) (any, error) { return on.Instance(t.Context(), olga, id) })
		s.sameRows(id, "executions", func(on store) (any, error) { return on.Executions(t.Context(), olga, id, 200) })
		s.sameRows(id, "tasks", func(on store) (any, error) { return on.InstanceTasks(t.Context(), olga, id, 200) })
		s.sameRows(id, "events", func(on store) (any, error) { return allEvents(t, on, id), nil })
	}
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

// TestStories_judged plays random stories in memory and has the logs judged.
func TestStories_judged(t *testing.T) {
	t.Parallel()
	judged := map[string]int{}
	for seed := range uint64(300) {
		s, id := begin(t, seed, memory.New(memory.Options{}))
		s.play(id)
		report := judge.Audit(s.caseOf(id))
		for rule, n := range report.Judged {
			judged[rule] += n
		}
		for _, f := range report.Findings {
			t.Errorf("seed %d: %s", seed, f)
		}
		if t.Failed() {
			s.tell(id)
			return
		}
	}
	t.Log(judged)
}

// tell prints what happened, for whoever has to find out why.
func (s *stage) tell(id uuid.UUID) {
	s.t.Logf("%s\n%s", s.story.Document, s.story.Input)
	for i, e := range s.caseOf(id).Events {
		detail, _ := json.Marshal(e.Detail)
		s.t.Logf("%d %s %s %s %s visit %d scope %s attempt %d from %v %s", i, e.At.Format("05.000"), e.Type, e.Step, short(e.Execution), e.Visit, short(e.Scope), e.Attempt, e.ArrivedFrom, detail)
	}
}

func short(id string) string { return id[max(0, len(id)-4):] }

// caseOf gives what the judge needs.
func (s *stage) caseOf(id uuid.UUID) judge.Case {
	on := s.stores[0]
	in, err := on.Instance(s.t.Context(), olga, id)
	if err != nil {
		s.t.Fatal(err)
	}
	c := judge.Case{
		Documents: map[string][]byte{s.story.Ref(): s.story.Document}, Effects: s.effects, Answers: s.answers, Action: "act", Settled: true,
		Instances: []judge.Instance{{ID: id.String(), Definition: s.story.Ref(), Status: string(in.Status), Data: in.Data, Started: true}},
	}
	for _, e := range allEvents(s.t, on, id) {
		c.Events = append(c.Events, event(s.t, e))
	}
	executions, err := on.Executions(s.t.Context(), olga, id, 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range executions {
		c.Results = append(c.Results, judge.Result{Instance: id.String(), Execution: e.ID.String(), Status: string(e.Status), Output: e.Output})
	}
	return c
}

func event(t *testing.T, e workflow.Event) judge.Event {
	t.Helper()
	out := judge.Event{
		Seq: e.Seq, Instance: e.InstanceID.String(), Type: string(e.Type), At: e.At, Execution: name(e.ExecutionID), Step: e.Step,
		StepType: string(e.StepType), Visit: e.Visit, Index: e.Index, Scope: name(e.Scope), Attempt: e.Attempt, Actor: e.Actor,
	}
	if len(e.Detail) > 0 {
		if err := json.Unmarshal(e.Detail, &out.Detail); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func name(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}
