package workflow

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func TestDecide_NeverStuck(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := begin(t, flavour{loops: true, races: true, broken: true, timeouts: true}, rapid.IntRange(0, 3).Draw(t, "slots"))
		r.wander(40)
		r.endFork(Cancel{Actor: otto, Reason: "enough"}, StatusCanceled)
		r.endFork(ForceComplete{Actor: olga, Reason: "enough"}, StatusCompleted)
		r.drive()
		if r.snap.Instance.Status.Finished() {
			r.refusesAll(r.snap)
		}
	})
}

// endFork ends the instance as it stands, beside the run.
func (r *run) endFork(cmd Command, want Status) {
	if r.snap.Instance.Status.Finished() {
		return
	}
	tr, err := Decide(r.def, r.snap, cmd, r.env())
	if err != nil {
		r.fail("%T: %v", cmd, err)
	}
	after := r.snap.clone()
	after.Advance(tr)
	after.Trim(r.def.ReferencedSteps())
	if after.Instance.Status != want || after.Instance.State.Tokens.Total() != 0 || len(after.Dues) != 0 || len(after.Tasks) != 0 {
		r.fail("after %T: %+v, %d due rows, %d tasks", cmd, after.Instance, len(after.Dues), len(after.Tasks))
	}
	for _, e := range after.Executions {
		if e.Live || !e.Status.Finished() || e.LeaseOwner != uuid.Nil {
			r.fail("after %T %s is %s (live %v)", cmd, e.Step, e.Status, e.Live)
		}
	}
	for _, row := range tr.Tasks {
		after.Tasks[row.Value.ID] = row.Value
	}
	for _, row := range tr.Executions {
		after.Executions[row.Value.ID] = row.Value
	}
	r.refusesAll(after)
}

// refusesAll checks that a finished instance takes nothing.
func (r *run) refusesAll(snap *Snapshot) {
	cmds := []Command{Lease{}, Cancel{Actor: olga}, Pause{Actor: olga}, Resume{Actor: olga}, Retry{Actor: olga},
		ForceComplete{Actor: olga, Reason: "x"}, EditData{Actor: olga, Reason: "x", Patch: json.RawMessage(`{"edited": 1}`)}}
	for _, e := range r.all {
		cmds = append(cmds, StepDone{ExecutionID: e.ID, LeaseNo: e.LeaseNo}, LeaseLost{ExecutionID: e.ID, LeaseNo: e.LeaseNo},
			ReceiveHook{Step: e.Step, Visit: e.Visit, Payload: json.RawMessage(`1`)},
			ReceiveHook{Step: e.Step, Visit: r.snap.Instance.State.Steps[e.Step].Visits + 1, Payload: json.RawMessage(`1`)})
	}
	for id := range r.snap.Dues {
		cmds = append(cmds, DueFired{DueID: id})
	}
	for id := range r.tasks {
		cmds = append(cmds, CompleteTask{TaskID: id, Actor: otto, Outcome: "yes"}, ClaimTask{TaskID: id, Actor: otto})
	}
	for _, cmd := range cmds {
		if tr, err := Decide(r.def, snap, cmd, r.env()); err == nil && tr.Changed() {
			r.fail("a %s instance took %T", snap.Instance.Status, cmd)
		}
	}
}

// TestDecide_EndDependsOnTheStoryAlone runs one story twice: straight, and with
// other slots, pauses and order. Both go the same ways.
func TestDecide_EndDependsOnTheStoryAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, flavour{})
		x := rapid.IntRange(0, 2).Draw(t, "x")
		straight := beginStory(t, s, 100, x)
		straight.drive()
		devious := beginStory(t, s, rapid.IntRange(0, 2).Draw(t, "slots"), x)
		devious.amble(30)
		devious.drive()
		if len(straight.all) > manyExecutions || len(devious.all) > manyExecutions {
			return
		}
		if got, want := devious.trail(), straight.trail(); !slices.Equal(got, want) {
			devious.fail("went %v; straight it goes %v", got, want)
		}
	})
}

// amble finishes what runs and waits in random order, with pauses.
func (r *run) amble(most int) {
	for range rapid.IntRange(0, most).Draw(r.t, "random actions") {
		in := r.snap.Instance
		live := r.live()
		if in.Status.Finished() {
			return
		}
		switch e := live[rapid.IntRange(0, len(live)-1).Draw(r.t, "execution")]; {
		case in.Paused && r.storm("resume"):
			r.step(Resume{Actor: olga})
		case !in.Paused && r.storm("pause"):
			r.step(Pause{Actor: olga})
		case r.storm("lease"):
			r.slots = rapid.IntRange(0, 3).Draw(r.t, "slots")
			r.step(Lease{})
		case e.Status == StepRunning:
			r.step(r.result(e, false))
		case e.Status == StepWaiting && e.Type == StepWebhook:
			r.step(ReceiveHook{Step: e.Step, Visit: e.Visit, Payload: json.RawMessage(`{"hook":1}`)})
		case !in.Paused:
			if task, ok := r.taskOf(e); ok {
				r.step(CompleteTask{TaskID: task.ID, Actor: otto, Outcome: "yes"})
			} else if due, ok := r.nextDue(); ok {
				r.fireDue(due)
			}
		}
	}
}

func (r *run) storm(label string) bool { return rapid.IntRange(0, 4).Draw(r.t, label) == 4 }

// trail lists the visits with their ends.
func (r *run) trail() []string {
	list := []string{string(r.snap.Instance.Status)}
	for _, e := range r.all {
		list = append(list, fmt.Sprint(e.Step, " ", e.Visit, " ", e.Status, " from ", len(e.ArrivedFrom)))
	}
	slices.Sort(list)
	return list
}
