package memory_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/memory"
	"tandem/internal/workflow"
)

// TestStore_CallersCannotChangeIt writes over what went in and what came out,
// and looks again.
func TestStore_CallersCannotChangeIt(t *testing.T) {
	t.Parallel()
	s := memory.New(memory.Options{})
	id, at := uuid.New(), time.Now()
	task := workflow.Task{ID: uuid.New(), InstanceID: id, Status: workflow.TaskPending, CandidateGroups: []string{"finance"}, DueAt: &at}
	step := workflow.Execution{ID: uuid.New(), InstanceID: id, Live: true, Visit: 1, Input: json.RawMessage(`[1]`)}
	begin := &workflow.Transition{
		InstanceID:  id,
		Instance:    workflow.Instance{ID: id, Tenant: "t", Version: 1, Data: json.RawMessage(`{"a":1}`), CurrentSteps: []string{"ask"}},
		DataChanged: true,
		Executions:  []workflow.Row[workflow.Execution]{{Value: step, Created: true}},
		Tasks:       []workflow.Row[workflow.Task]{{Value: task, Created: true}},
		Hooks:       []workflow.Row[workflow.Hook]{{Value: workflow.Hook{InstanceID: id, Step: "hook", Payload: json.RawMessage(`{}`)}, Created: true}},
		Events:      []workflow.Event{{Detail: json.RawMessage(`{"b":2}`)}},
	}
	if _, err := s.Apply(t.Context(), []*workflow.Transition{begin}); err != nil {
		t.Fatal(err)
	}
	before := view(t, s, id)
	spoil(begin.Instance, begin.Executions[0].Value, begin.Tasks[0].Value, begin.Hooks[0].Value, begin.Events[0])
	if diff := cmp.Diff(before, view(t, s, id)); diff != "" {
		t.Errorf("what went in changes the store (-want +got):\n%s", diff)
	}
	out := view(t, s, id)
	want := view(t, s, id)
	snap := out.Snapshot
	spoil(snap.Instance, snap.Executions[step.ID], snap.Tasks[task.ID], snap.Hooks[0], out.Events[0])
	spoil(out.Instance, out.Executions[0], out.Tasks[0], workflow.Hook{Payload: json.RawMessage(`{}`)}, out.Events[0])
	spoil(out.Row.Instance, out.Executions[0], out.TaskRow.Task, workflow.Hook{Payload: json.RawMessage(`{}`)}, out.Events[0])
	if diff := cmp.Diff(want, view(t, s, id)); diff != "" {
		t.Errorf("what came out changes the store (-want +got):\n%s", diff)
	}
}

// shown is everything that a store shows of an instance.
type shown struct {
	Snapshot   *workflow.Snapshot
	Instance   workflow.Instance
	Row        engine.InstanceRow
	Executions []workflow.Execution
	Tasks      []workflow.Task
	TaskRow    engine.TaskRow
	Events     []workflow.Event
}

func view(t *testing.T, s *memory.Store, id uuid.UUID) shown {
	t.Helper()
	system := workflow.SystemActor("t", "test")
	snaps, err := s.Load(t.Context(), []uuid.UUID{id}, engine.Want{})
	fatal(t, err)
	in, err := s.Instance(t.Context(), system, id)
	fatal(t, err)
	instances, err := s.Instances(t.Context(), system, engine.InstanceFilter{}, engine.Paging{})
	fatal(t, err)
	executions, err := s.Executions(t.Context(), system, id, 10)
	fatal(t, err)
	tasks, err := s.InstanceTasks(t.Context(), system, id, 10)
	fatal(t, err)
	rows, err := s.Tasks(t.Context(), system, engine.TaskFilter{}, engine.Paging{})
	fatal(t, err)
	events, err := s.Events(t.Context(), system, id, engine.Paging{})
	fatal(t, err)
	return shown{snaps[id], in, instances.Items[0], executions, tasks, rows.Items[0], events.Items}
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// spoil writes over all that the rows point to.
func spoil(in workflow.Instance, e workflow.Execution, t workflow.Task, h workflow.Hook, ev workflow.Event) {
	for _, raw := range []json.RawMessage{in.Data, e.Input, h.Payload, ev.Detail} {
		if len(raw) > 0 {
			raw[0] = '!'
		}
	}
	in.CurrentSteps[0], t.CandidateGroups[0] = "spoiled", "spoiled"
	*t.DueAt = time.Time{}
}
