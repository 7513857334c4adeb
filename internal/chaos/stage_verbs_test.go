package chaos_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tandem/internal/judge"
	"tandem/internal/story"
	"tandem/internal/workflow"
)

// handle does to a task what people do beside deciding it.
func (s *stage) handle(id uuid.UUID, task workflow.Task) {
	who := []workflow.Actor{otto, mia, olga}[s.rand.IntN(3)]
	other := []string{"otto", "mia", "olga"}[s.rand.IntN(3)]
	var verb string
	var cmd workflow.Command
	draw := s.rand.IntN(8)
	if task.Owner != "" && draw > 2 {
		draw = 5
	}
	switch draw {
	case 0, 1, 6:
		verb, cmd = "claim", workflow.ClaimTask{TaskID: task.ID, Actor: who}
	case 2:
		verb, cmd = "unclaim", workflow.UnclaimTask{TaskID: task.ID, Actor: who}
	case 3:
		reassign := workflow.ReassignTask{TaskID: task.ID, Actor: who, User: other, Reason: "away"}
		if s.rand.IntN(2) == 0 {
			reassign.User, reassign.Group = "", story.Group
		}
		verb, cmd = "reassign", reassign
	case 4:
		verb, cmd = "delegate", workflow.DelegateTask{TaskID: task.ID, Actor: who, To: other, Reason: "prepare it"}
	case 5:
		if task.Owner != "" && s.rand.IntN(2) == 0 {
			who = workflow.Actor{ID: task.Assignee, Tenant: workflow.DefaultTenant}
		}
		verb, cmd = "return", workflow.ReturnTask{TaskID: task.ID, Actor: who, Outcome: "yes"}
	default:
		s.do(id, workflow.CommentTask{TaskID: task.ID, CommentID: s.id(), Actor: who, Text: "I see", At: s.now})
		return
	}
	s.changed(verb, id, task.ID, who, cmd)
}

// changed does something and notes what its doer was told. What changes nothing
// is in no log.
func (s *stage) changed(verb string, id, task uuid.UUID, who workflow.Actor, cmd workflow.Command) {
	before := s.drawn[fmt.Sprintf("%T", cmd)]
	s.do(id, cmd)
	s.answers = append(s.answers, judge.Answer{
		Verb: verb, Task: task.String(), Instance: id.String(), Actor: who.ID, Accepted: s.drawn[fmt.Sprintf("%T", cmd)] > before,
	})
}

// free brings a task back to where its people can decide it.
func (s *stage) free(id uuid.UUID, task workflow.Task) {
	s.changed("reassign", id, task.ID, olga, workflow.ReassignTask{TaskID: task.ID, Actor: olga, Group: story.Group, Reason: "it waits"})
}

// report does what happens to an attempt while it runs: the process gives it
// back, or a worker says how far it is.
func (s *stage) report(id uuid.UUID, e workflow.Execution) {
	lock := workflow.JobLock{ExecutionID: e.ID, LeaseNo: e.LeaseNo}
	switch {
	case e.Topic == "":
		s.do(id, workflow.ReleaseLease{ExecutionID: e.ID, LeaseNo: e.LeaseNo, Begun: s.rand.IntN(2) == 0})
	case s.rand.IntN(2) == 0:
		s.do(id, workflow.ExtendJob{JobLock: lock, For: 2 * time.Second, Actor: olga})
	default:
		s.do(id, workflow.ReportJob{JobLock: lock, Progress: workflow.Progress{Message: "half of it", At: s.now}, Actor: olga})
	}
}

// migrate moves an instance to the other version of its definition, if there is
// one and nothing is being run.
func (s *stage) migrate(in workflow.Instance) bool {
	for _, one := range s.story.All() {
		if one.Name != in.Definition.Name || one.Later == nil {
			continue
		}
		cmd := workflow.Migrate{Actor: olga, Reason: "it has moved on", To: s.later[one.Name], Steps: one.Steps}
		if in.Definition.Version == story.LaterVersion {
			cmd.To, cmd.Steps = s.defs[one.Name], map[string]string{}
			for old, name := range one.Steps {
				cmd.Steps[name] = old
			}
		}
		accepted := s.do(in.ID, cmd)
		s.answers = append(s.answers, judge.Answer{Verb: "migrate", Instance: in.ID.String(), Actor: olga.ID, Accepted: accepted})
		return true
	}
	return false
}

// speak sends messages and brings them to those who wait. It reports whether it
// did something.
func (s *stage) speak(alive bool) bool {
	switch {
	case len(s.matches) > 0 && s.rand.IntN(2) == 0:
		key := s.matches[0]
		s.matches = s.matches[1:]
		s.match(key)
	case alive && len(s.story.Messages) > 0 && s.rand.IntN(12) == 0:
		s.send()
	default:
		return false
	}
	return true
}

// send sends a message under a key that somebody waits for, will wait for or
// never waits for, at times twice.
func (s *stage) send() {
	s.t.Helper()
	names := s.story.Messages
	key := []string{s.correlation(), "k0", "k1", "k2", "nobody"}[s.rand.IntN(5)]
	for range 1 + s.rand.IntN(2) {
		mark := fmt.Sprint("n", s.seed, "-", len(s.messages))
		data := fmt.Appendf(nil, `{"mark": %q}`, mark)
		m := workflow.Message{
			MessageKey: workflow.MessageKey{Tenant: workflow.DefaultTenant, Name: names[s.rand.IntN(len(names))], Key: key},
			ID:         s.id(), Data: data, SentBy: "otto", SentAt: s.now, ExpiresAt: opening.AddDate(70, 0, 0),
		}
		s.kept[mark] = true
		s.messages = append(s.messages, judge.Message{Name: m.Name, Key: m.Key, Mark: mark, Data: data, Accepted: true})
		s.given(func(on store) ([]workflow.Send, error) {
			sends, _, err := on.SendMessage(s.t.Context(), m, true, nil)
			return sends, err
		})
	}
}

func (s *stage) match(key workflow.MessageKey) {
	s.given(func(on store) ([]workflow.Send, error) { return on.MatchMessages(s.t.Context(), key) })
}

// given takes up what every store has given to those who wait: the same.
func (s *stage) given(ask func(store) ([]workflow.Send, error)) {
	s.t.Helper()
	var first []delivery
	for i, on := range s.stores {
		sends, err := ask(on)
		if err != nil {
			s.t.Fatalf("seed %d: messages: %v", s.seed, err)
		}
		if i == 0 {
			for _, send := range sends {
				first = append(first, delivery{Send: send})
			}
		}
		if len(sends) != len(first) {
			s.t.Fatalf("seed %d: one store gives %d messages, another %d", s.seed, len(first), len(sends))
		}
		for k, send := range sends {
			if diff := cmp.Diff(string(first[k].Payload), string(send.Payload)); diff != "" || send.To != first[k].To {
				s.t.Fatalf("seed %d: the stores give messages differently:\n%s", s.seed, diff)
			}
			first[k].acks = append(first[k].acks, send.ID)
		}
	}
	for _, one := range first {
		delete(s.kept, s.markOf(one))
	}
	s.sends = append(s.sends, first...)
}

func (s *stage) markOf(d delivery) string {
	s.t.Helper()
	var c workflow.MessageArrived
	s.read(d.Payload, &c)
	var data struct{ Mark string }
	s.read(c.Message.Data, &data)
	return data.Mark
}

// bring brings a message to the step that waited for it. If that waits no more,
// every store keeps the message again.
func (s *stage) bring(d delivery, c workflow.MessageArrived) {
	s.t.Helper()
	before := s.drawn[fmt.Sprintf("%T", c)]
	s.do(d.To, c, d.acks...)
	if s.drawn[fmt.Sprintf("%T", c)] > before {
		return
	}
	var errs []error
	for i, on := range s.stores {
		errs = append(errs, on.ReturnMessage(s.t.Context(), d.acks[i], c.Message))
	}
	if err := errors.Join(errs...); err != nil {
		s.t.Fatalf("seed %d: return a message: %v", s.seed, err)
	}
	s.kept[s.markOf(d)] = true
	s.matches = append(s.matches, c.Message.MessageKey)
}

// edit changes an instance's data, with a mark.
func (s *stage) edit(in workflow.Instance) {
	mark := fmt.Sprint("e", s.seed, "-", len(s.answers))
	accepted := s.do(in.ID, workflow.EditData{Actor: olga, Reason: "to see", Patch: fmt.Appendf(nil, `{"x": %d, "note": %q}`, s.rand.IntN(3), mark)})
	s.answers = append(s.answers, judge.Answer{
		Verb: "edit", Instance: in.ID.String(), Actor: olga.ID, Payload: json.RawMessage(fmt.Sprintf("%q", mark)), Accepted: accepted,
	})
}
