package trial

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// lockFor is how long a job is locked; it is answered at once.
const lockFor = time.Hour

// operator takes up what has failed.
var operator = workflow.Actor{ID: "operator", Tenant: tenant, Roles: []workflow.Role{workflow.RoleOperator}}

// commands gives what a move asks the engine to do, and when.
func (r *Run) commands(m Move) (cmds []workflow.Command, at time.Time, err error) {
	at = r.now
	switch m.Do {
	case Jump:
		due, ok := r.NextDue()
		if !ok {
			return nil, at, ErrGone
		}
		if due.At.After(at) {
			at = due.At
		}
		return []workflow.Command{workflow.DueFired{DueID: due.ID}}, at, nil
	case Retry:
		return []workflow.Command{workflow.Retry{Actor: operator, Reason: "a test run"}}, at, nil
	}
	open, ok := r.open(m.Place)
	if !ok {
		return nil, at, ErrGone
	}
	switch m.Do {
	case Skip:
		cmds = append(cmds, workflow.Skip{Actor: operator, Reason: "a test run", ExecutionID: open.Execution.ID})
	case Decide:
		if open.Kind != WaitsForPeople {
			return nil, at, ErrGone
		}
		cmds = append(cmds, workflow.CompleteTask{
			TaskID: open.Task.ID, Actor: actorFor(open.Task, m.As), Outcome: m.Outcome, Output: m.Output, Comment: m.Comment,
		})
	case Answer:
		cmds = r.answer(open, m.Output, nil)
	case Fail:
		cmds = r.answer(open, nil, &workflow.StepError{Code: cmp.Or(m.Code, "failed"), Message: cmp.Or(m.Message, "the test run let it fail"), Status: m.Status})
	}
	if cmds == nil {
		return nil, at, ErrGone
	}
	return cmds, at, nil
}

// answer gives what waits for the outside world a result or a failure.
func (r *Run) answer(o Open, output json.RawMessage, fault *workflow.StepError) []workflow.Command {
	e := o.Execution
	switch {
	case o.Kind == WaitsForSystem:
		return []workflow.Command{workflow.StepDone{ExecutionID: e.ID, LeaseNo: e.LeaseNo, Output: output, Err: fault}}
	case o.Kind == WaitsForWorker:
		worker := workflow.Actor{ID: "worker", Tenant: tenant}
		return []workflow.Command{
			workflow.FetchJob{ExecutionID: e.ID, Lock: uuid.UUID{15: 2}, For: lockFor, Actor: worker},
			workflow.EndJob{JobLock: workflow.JobLock{ExecutionID: e.ID, LeaseNo: e.LeaseNo + 1}, Output: output, Err: fault, Actor: worker},
		}
	case o.Kind == WaitsForWorkflow:
		done := workflow.ChildDone{ExecutionID: e.ID, Child: e.Child, Status: workflow.StatusCompleted, Output: output, Err: fault}
		if fault != nil {
			done.Status = workflow.StatusFailed
		}
		return []workflow.Command{done}
	case fault != nil:
		return nil
	case o.Kind == WaitsForMessage:
		return []workflow.Command{workflow.MessageArrived{ExecutionID: e.ID, Attempt: e.Attempt, Message: workflow.Message{
			MessageKey: o.Message, Data: output, SentBy: operator.ID, SentAt: r.now,
		}}}
	case o.Kind == WaitsForCall:
		hook := workflow.ReceiveHook{Step: e.Step, Visit: e.Visit, Index: e.Index, Payload: output}
		if v := r.def.Step(e.Step).Webhook.Verify; v != nil {
			hook.Proof = &workflow.HookProof{Verify: *v}
		}
		return []workflow.Command{hook}
	}
	return nil
}

// actorFor is the person of that login: whom the task names by name, else a
// member of the groups that it names.
func actorFor(t workflow.Task, login string) workflow.Actor {
	if address, ok := workflow.GuestAddress(login); ok {
		return workflow.GuestActor(tenant, address)
	}
	a := workflow.Actor{ID: login, Tenant: tenant}
	if login != t.Assignee && !slices.Contains(t.CandidateUsers, login) {
		a.Groups = t.CandidateGroups
	}
	return a
}

// cloned copies what decisions change, so that a run can go back.
func cloned(s *workflow.Snapshot) *workflow.Snapshot {
	c := *s
	c.Executions, c.Tasks, c.Dues = maps.Clone(s.Executions), maps.Clone(s.Tasks), maps.Clone(s.Dues)
	return &c
}
