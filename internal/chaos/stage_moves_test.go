package chaos_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"tandem/internal/judge"
	"tandem/internal/workflow"
)

// act does one thing that an instance waits for, or that somebody fancies.
func (s *stage) act(snap *workflow.Snapshot) {
	s.t.Helper()
	in := snap.Instance
	root := in.ID == s.instances[0]
	switch {
	case s.patience < 0 && root || s.rand.IntN(300) == 0:
		s.do(in.ID, workflow.Cancel{Actor: olga})
		return
	case in.Paused && s.rand.IntN(3) == 0:
		s.do(in.ID, workflow.Resume{Actor: olga})
		return
	case !in.Paused && s.rand.IntN(30) == 0:
		s.do(in.ID, workflow.Pause{Actor: olga})
		return
	case s.rand.IntN(25) == 0 && s.migrate(in):
		return
	case in.Status == workflow.StatusFailed && s.rand.IntN(3) == 0:
		if s.retries++; s.retries > 8 {
			s.patience = 0
		}
		s.do(in.ID, workflow.Retry{Actor: olga})
		return
	}
	if s.rand.IntN(40) == 0 {
		s.mend(snap)
		return
	}
	moves := s.moves(in.ID, snap)
	if len(moves) == 0 {
		s.do(in.ID, workflow.Lease{})
		return
	}
	moves[s.rand.IntN(len(moves))]()
}

// mend does what operators do to instances that have gone astray.
func (s *stage) mend(snap *workflow.Snapshot) {
	s.t.Helper()
	in := snap.Instance
	executions := sorted(snap.Executions, func(e workflow.Execution) uuid.UUID { return e.ID })
	var cmd workflow.Command
	switch s.rand.IntN(10) {
	case 0:
		cmd = workflow.ForceComplete{Actor: olga, Reason: "enough"}
	case 1, 2, 3:
		if len(executions) > 0 {
			skip := workflow.Skip{Actor: olga, Reason: "not needed", ExecutionID: executions[s.rand.IntN(len(executions))].ID}
			if s.rand.IntN(2) == 0 {
				skip.Output = json.RawMessage(`{"by": "hand"}`)
			}
			cmd = skip
		}
	case 4, 5:
		if len(executions) > 0 {
			cmd = workflow.Retry{Actor: olga, From: executions[s.rand.IntN(len(executions))].Step, Confirm: true}
		}
	default:
		s.edit(in)
	}
	if cmd != nil {
		s.do(in.ID, cmd)
	}
}

// moves lists what can be done to an instance, in an order that depends on
// nothing but its rows.
func (s *stage) moves(id uuid.UUID, snap *workflow.Snapshot) []func() {
	var moves []func()
	add := func(cmd workflow.Command) { moves = append(moves, func() { s.do(id, cmd) }) }
	for _, e := range sorted(snap.Executions, func(e workflow.Execution) uuid.UUID { return e.ID }) {
		switch {
		case !e.Live:
		case e.WaitsForWorker():
			moves = append(moves, func() {
				s.do(id, workflow.FetchJob{ExecutionID: e.ID, Lock: s.id(), For: time.Second, Worker: "robot", Actor: olga})
			})
		case e.Status == workflow.StepScheduled:
			add(workflow.Lease{})
			add(workflow.LeaseOne{ExecutionID: e.ID, LeaseNo: e.LeaseNo})
		case e.Status == workflow.StepRunning:
			moves = append(moves, func() { s.work(id, e) })
		case e.Status == workflow.StepWaiting && e.Type == workflow.StepWebhook:
			moves = append(moves, func() { s.post(id, e) })
		}
	}
	for _, task := range sorted(snap.Tasks, func(t workflow.Task) uuid.UUID { return t.ID }) {
		moves = append(moves, func() { s.decide(id, task) }, func() { s.handle(id, task) }, func() { s.handle(id, task) })
	}
	due := slices.DeleteFunc(sorted(snap.Dues, func(d workflow.Due) uuid.UUID { return d.ID }),
		func(d workflow.Due) bool { return d.Kind == workflow.DueSend })
	if len(due) > 0 {
		next := slices.MinFunc(due, func(a, b workflow.Due) int { return a.At.Compare(b.At) })
		moves = append(moves, func() {
			if next.At.After(s.now) {
				s.now = next.At
			}
			s.do(id, workflow.DueFired{DueID: next.ID})
		})
	}
	return moves
}

// post sends what a webhook step waits for.
func (s *stage) post(id uuid.UUID, e workflow.Execution) {
	a := judge.Answer{
		Instance: id.String(), Step: e.Step, Visit: e.Visit, Index: e.Index, Payload: fmt.Appendf(nil, `{"hook": %d}`, s.rand.IntN(9)),
	}
	a.Accepted = s.do(id, workflow.ReceiveHook{Step: e.Step, Visit: e.Visit, Index: e.Index, Payload: a.Payload})
	s.answers = append(s.answers, a)
}

// sorted gives the values of a map in the order of their ids.
func sorted[T any](m map[uuid.UUID]T, id func(T) uuid.UUID) []T {
	list := make([]T, 0, len(m))
	for _, v := range m {
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b T) int { x, y := id(a), id(b); return slices.Compare(x[:], y[:]) })
	return list
}

// decide lets people and a guest decide a task, one after the other.
func (s *stage) decide(id uuid.UUID, task workflow.Task) {
	if (task.Owner != "" || s.patience < 300) && s.rand.IntN(3) == 0 {
		s.free(id, task)
	}
	people := []workflow.Actor{otto, gil, mia}
	s.rand.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
	for _, who := range people {
		outcome := []string{"yes", "no"}[s.rand.IntN(2)]
		accepted := s.do(id, workflow.CompleteTask{TaskID: task.ID, Actor: who, Outcome: outcome})
		s.answers = append(s.answers, judge.Answer{
			Task: task.ID.String(), Instance: id.String(), Actor: who.ID, Outcome: outcome, Accepted: accepted,
		})
	}
}

// work runs an attempt of a machine step as its story scripts it. Of some the
// process falls silent, and its result comes late.
func (s *stage) work(id uuid.UUID, e workflow.Execution) {
	result := s.attempt(id, e)
	var done workflow.Command = result
	if e.Topic != "" {
		lock := workflow.JobLock{ExecutionID: e.ID, LeaseNo: e.LeaseNo}
		done = workflow.EndJob{JobLock: lock, Output: result.Output, Err: result.Err, Actor: olga}
	}
	switch s.rand.IntN(14) {
	case 0, 1:
	case 2:
		s.report(id, e)
		return
	default:
		s.do(id, done)
		return
	}
	if e.Topic == "" { // the lock of a job ends by itself
		s.do(id, workflow.LeaseLost{ExecutionID: e.ID, LeaseNo: e.LeaseNo})
	}
	s.late = append(s.late, func() { s.do(id, done) })
}

func (s *stage) attempt(id uuid.UUID, e workflow.Execution) workflow.StepDone {
	s.t.Helper()
	var script struct {
		Fail  int    `json:"fail"`
		Code  string `json:"code"`
		Slow  int    `json:"slow_attempts"`
		Index int    `json:"index"`
	}
	s.read(e.Input, &script)
	effect := judge.Effect{
		Key: e.ID.String(), Mark: fmt.Sprint("m", s.seed, "-", len(s.effects)), Instance: id.String(),
		Step: e.Step, Visit: e.Visit, Index: script.Index, Attempt: e.Attempt,
	}
	if e.Role == workflow.EachItem {
		effect.Key = fmt.Sprint(e.Scope, "/", e.Index) // whichever execution does the item
	}
	s.effects = append(s.effects, effect)
	done := workflow.StepDone{ExecutionID: e.ID, LeaseNo: e.LeaseNo, Output: fmt.Appendf(nil, `{"mark":%q,"attempt":%d}`, effect.Mark, e.Attempt)}
	switch {
	case e.Attempt <= script.Fail:
		done.Output, done.Err = nil, &workflow.StepError{Code: script.Code, Message: "as scripted"}
	case e.Attempt <= script.Slow:
		s.now = s.now.Add(time.Second)
		done.Output, done.Err = nil, &workflow.StepError{Code: "timeout", Message: "as scripted"}
	}
	return done
}
