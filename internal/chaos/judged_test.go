package chaos_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/google/uuid"

	"tandem/internal/judge"
	"tandem/internal/memory"
	"tandem/internal/story"
	"tandem/internal/workflow"
)

// TestStories_judged plays random stories in memory and has the logs judged.
func TestStories_judged(t *testing.T) {
	t.Parallel()
	judged, drawn, told := map[string]int{}, map[string]int{}, map[string]int{}
	for seed := range uint64(300) {
		s := begin(t, seed, memory.New(memory.Options{}))
		s.play()
		report := judge.Audit(s.evidence())
		for rule, n := range report.Judged {
			judged[rule] += n
		}
		for cmd, n := range s.drawn {
			drawn[cmd] += n
		}
		for _, one := range s.story.All() {
			for _, document := range one.Documents() {
				keysOf(t, document, told)
			}
		}
		for _, f := range report.Findings {
			t.Errorf("seed %d: %s", seed, f)
		}
		if t.Failed() {
			s.tell()
			return
		}
	}
	t.Log(judged)
	everyCommand(t, drawn)
	everyKey(t, told)
	everyRule(t, judged)
}

// tell prints what happened, for whoever has to find out why.
func (s *stage) tell() {
	for _, one := range s.story.All() {
		s.t.Logf("%s\n%s", one.Document, one.Input)
	}
	for i, e := range s.evidence().Events {
		detail, _ := json.Marshal(e.Detail)
		s.t.Logf("%d %s %s %s %s %s visit %d index %d scope %s attempt %d from %v %s", i, short(e.Instance), e.At.Format("05.000"), e.Type, e.Step,
			short(e.Execution), e.Visit, e.Index, short(e.Scope), e.Attempt, e.ArrivedFrom, detail)
	}
}

func short(id string) string { return id[max(0, len(id)-4):] }

// evidence gives what the judge needs.
func (s *stage) evidence() judge.Case {
	c := judge.Case{
		Documents: map[string][]byte{}, Effects: s.effects, Answers: s.answers, Actions: []string{"act", "worker"}, Settled: true,
		Messages: s.messages, Kept: slices.Collect(maps.Keys(s.kept)),
		Groups: map[string][]string{"otto": otto.Groups, "mia": mia.Groups, "olga": nil},
	}
	for _, one := range s.story.All() {
		c.Documents[one.Ref()] = one.Document
		if one.Later != nil {
			c.Documents[one.Name+" "+story.LaterVersion] = one.Later
		}
	}
	on := s.stores[0]
	for _, id := range s.instances {
		in, err := on.Instance(s.t.Context(), olga, id)
		if err != nil {
			s.t.Fatal(err)
		}
		c.Instances = append(c.Instances, judge.Instance{
			ID: id.String(), Definition: in.Definition.String(), Status: string(in.Status), Data: in.Data, Started: true, Correlation: in.CorrelationID,
		})
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
	}
	return c
}

func event(t *testing.T, e workflow.Event) judge.Event {
	t.Helper()
	out := judge.Event{
		Seq: e.Seq, Instance: e.InstanceID.String(), Type: string(e.Type), At: e.At, Execution: name(e.ExecutionID), Step: e.Step,
		StepType: string(e.StepType), Visit: e.Visit, Index: e.Index, Scope: name(e.Scope), Attempt: e.Attempt, Actor: e.Actor,
	}
	for _, from := range e.ArrivedFrom {
		out.ArrivedFrom = append(out.ArrivedFrom, from.String())
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
