package storetest

import (
	"errors"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var loadTests = []test{
	{"every_field_comes_back", everyField},
	{"changed_fields_come_back", changedFields},
	{"unknown_ids_are_absent", unknownIDs},
	{"only_what_lives_and_what_is_wanted", partial},
	{"latest_execution_of_wanted_steps", latestOfSteps},
	{"error_of_want_steps", stepsError},
	{"hooks_until_consumed", hooks},
	{"instance_of_task", instanceOfTask},
}

// document holds what a database is tempted to rewrite.
var document = js(`{"price": 1.50, "big": 12345678901234567890, "tiny": 1e-7, "text": "ä\"<>", "list": [1.0, null, true], "none": {}}`)

func everyField(b *bench) {
	begin, e, t := b.full()
	b.apply(begin)
	got := b.snapshot(begin.InstanceID, engine.Want{
		Need:  workflow.Need{Executions: each(e, func(e workflow.Execution) uuid.UUID { return e.ID })},
		Tasks: each(t, func(t workflow.Task) uuid.UUID { return t.ID }),
	})
	want := &workflow.Snapshot{
		Instance: begin.Instance, Executions: map[uuid.UUID]workflow.Execution{},
		Tasks: map[uuid.UUID]workflow.Task{}, Dues: map[uuid.UUID]workflow.Due{},
		Hooks: []workflow.Hook{begin.Hooks[0].Value},
	}
	want.Loaded.Executions = each(e, func(e workflow.Execution) uuid.UUID { return e.ID })
	for _, one := range e {
		want.Executions[one.ID] = one
	}
	for _, one := range t {
		want.Tasks[one.ID] = one
	}
	for _, one := range begin.Dues {
		want.Dues[one.ID] = one
	}
	b.same("snapshot", got, want)

	in, err := b.read.Instance(b.Context(), admin, begin.InstanceID)
	b.ok("Instance", err)
	b.same("Instance", in, begin.Instance)
	executions, err := b.read.Executions(b.Context(), admin, begin.InstanceID, 10)
	b.ok("Executions", err)
	b.same("Executions, oldest first", executions, e)
	tasks, err := b.read.InstanceTasks(b.Context(), admin, begin.InstanceID, 10)
	b.ok("InstanceTasks", err)
	b.same("InstanceTasks, oldest first", tasks, t)
	events, err := b.read.Events(b.Context(), admin, begin.InstanceID, engine.Paging{})
	b.ok("Events", err)
	b.same("Events", withoutSeq(events.Items), begin.Events)
}

func withoutSeq(events []workflow.Event) []workflow.Event {
	return each(events, func(e workflow.Event) workflow.Event { e.Seq = 0; return e })
}

// full gives a transition in which every field of every row has a value
// somewhere.
func (b *bench) full() (*workflow.Transition, []workflow.Execution, []workflow.Task) {
	in := b.instance(paused(b.at(1*time.Microsecond)), func(in *workflow.Instance) {
		in.Input, in.Data, in.Metadata = document, document, js(`{"source": "mail", "n": 2.0}`)
		in.Trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
		in.CorrelationID = "order-1"
		in.Error = b.stepError()
		in.CurrentSteps = []string{"work", "ask"}
		in.WaitingFor = []workflow.Waiting{{
			Step: "ask", Kind: "human", Users: []string{"ana"}, Groups: []string{"finance"},
			TaskID: ptr(newID()), Since: b.at(1 * time.Microsecond), Until: ptr(b.at(2 * time.Microsecond)),
		}}
		in.State = workflow.State{
			Steps:  map[string]workflow.StepState{"work": {Visits: 3, Live: 2, Joining: newID()}, "ask": {Visits: 1}},
			Tokens: workflow.Tokens{Running: 1, Waiting: 2, Joining: 3, Held: 4, Failed: 5}, Failed: true,
		}
	})
	executions := b.fullExecutions(in)
	tasks := b.fullTasks(in, executions[0])
	begin := start(in)
	begin.Executions, begin.Tasks = created(executions...), created(tasks...)
	begin.Dues = []workflow.Due{due(in, workflow.DueTimer, b.at(3*time.Microsecond)), due(in, workflow.DueStepTimeout, b.at(4*time.Microsecond))}
	begin.Dues[0].ExecutionID, begin.Dues[1].Frozen = executions[0].ID, true
	begin.Hooks = created(workflow.Hook{
		InstanceID: in.ID, Step: "hook", Visit: 2, Index: 3, Payload: document, ReceivedAt: b.at(5 * time.Microsecond),
	})
	begin.Events = []workflow.Event{
		b.event(in, workflow.EventWorkflowStarted),
		{
			InstanceID: in.ID, Type: workflow.EventStepCompleted, At: b.tick(), ExecutionID: executions[1].ID, Step: "pay",
			StepType: workflow.StepMachine, Visit: 2, Index: 3, Scope: newID(), Attempt: 4, Actor: "ana", Detail: document,
		},
	}
	return begin, executions, tasks
}

func (b *bench) stepError() *workflow.StepError {
	return &workflow.StepError{
		Code: "http", Message: "it answered 500", Status: 500, RetryAfter: 90 * time.Second, Attempt: 3, Step: "pay", ExecutionID: newID(), Exit: true,
	}
}

func (b *bench) fullExecutions(in workflow.Instance) []workflow.Execution {
	running := b.execution(in, leasedBy(newID(), 7), func(e *workflow.Execution) {
		e.Scope, e.Visit, e.Index, e.Attempt, e.Lost = newID(), 2, 3, 4, 1
		e.ArrivedFrom = []uuid.UUID{newID(), newID()}
		e.Attempts = []workflow.Attempt{
			{Attempt: 1, Status: "failed", Error: b.stepError(), StartedAt: ptr(b.at(1 * time.Microsecond)), EndedAt: b.at(2 * time.Microsecond)},
			{Attempt: 2, Status: "lost", EndedAt: b.at(3 * time.Microsecond)},
		}
		e.Input, e.StartedAt, e.DueAt = document, ptr(b.at(6*time.Microsecond)), ptr(b.at(7*time.Microsecond))
	})
	done := b.execution(in, succeeded(b.at(9*time.Microsecond)), func(e *workflow.Execution) {
		e.Step, e.Type, e.LeaseNo = "pay", workflow.StepHuman, 9
		e.Output, e.Outcome, e.Error, e.CompletedBy = document, "approve", b.stepError(), "ana"
	})
	held := b.execution(in, succeeded(b.at(9*time.Microsecond)), func(e *workflow.Execution) { e.Live, e.Hold = true, workflow.HoldExit })
	return []workflow.Execution{running, done, held}
}

func (b *bench) fullTasks(in workflow.Instance, e workflow.Execution) []workflow.Task {
	open := b.task(in, "Approve", claimed("ana"), offered("finance", "board"), asked("bo", "cy"), excluded("otto"), forAnyone, invited("gast@example.com", "o'neil@example.org"),
		dueAt(b.at(8*time.Microsecond)), priority(5), func(t *workflow.Task) {
			t.ExecutionID, t.Scope, t.Visit, t.Index = e.ID, newID(), 2, 3
			t.Description, t.Version = "Please *look*", 6
		})
	done := b.task(in, "Check", assigned("ana"), decidedBy("bo"), func(t *workflow.Task) {
		t.Outcome, t.Output, t.Comment = "approve", document, "fine by me"
	})
	return []workflow.Task{open, done}
}

func changedFields(b *bench) {
	begin, executions, tasks := b.full()
	b.apply(begin)
	e, t := executions[0], tasks[0]
	succeeded(b.at(20 * time.Microsecond))(&e)
	e.Live, e.Hold, e.LeaseNo, e.Attempt, e.Lost = true, workflow.HoldExit, 8, 5, 2
	e.ArrivedFrom, e.Attempts = append(e.ArrivedFrom, newID()), e.Attempts[1:]
	e.Input, e.Output, e.Outcome, e.CompletedBy, e.Error = js(`[1.0]`), document, "done", "bo", b.stepError()
	e.DueAt, e.StartedAt = nil, ptr(b.at(19*time.Microsecond))
	decidedBy("bo")(&t)
	t.Assignee, t.ClaimedAt, t.CandidateUsers, t.CandidateGroups, t.Anyone, t.Guests = "", nil, nil, []string{"legal"}, false, []string{"gast@example.com"}
	t.DueAt, t.Priority, t.Outcome, t.Output, t.Comment, t.Version = ptr(b.at(21*time.Microsecond)), -1, "reject", document, "no", 7
	then := next(begin.Instance, completed(b.at(22*time.Microsecond)), func(in *workflow.Instance) {
		in.Paused, in.FrozenAt, in.Error, in.WaitingFor, in.CurrentSteps = false, nil, nil, nil, nil
		in.State, in.Data = workflow.State{}, js(`{"total": 2.50}`)
	})
	then.DataChanged, then.Executions, then.Tasks = true, updated(e), updated(t)
	b.apply(then)
	got := b.snapshot(begin.InstanceID, engine.Want{Tasks: []uuid.UUID{t.ID}})
	b.same("instance", got.Instance, then.Instance)
	b.same("execution", got.Executions[e.ID], e)
	b.same("task", got.Tasks[t.ID], t)

	last := next(then.Instance)
	b.apply(last)
	got = b.snapshot(begin.InstanceID, engine.Want{})
	b.same("instance after a transition that leaves the data alone", got.Instance, last.Instance)
}

func unknownIDs(b *bench) {
	in := b.begin()
	snaps, err := b.Load(b.Context(), []uuid.UUID{newID(), in.ID, newID()}, engine.Want{})
	b.ok("Load", err)
	if len(snaps) != 1 || snaps[in.ID] == nil {
		b.Errorf("Load gave %d snapshots, want that of %s alone", len(snaps), in.ID)
	}
	if snaps, err = b.Load(b.Context(), nil, engine.Want{}); err != nil || len(snaps) != 0 {
		b.Errorf("Load(nothing) = %v, %v, want nothing", snaps, err)
	}
}

func partial(b *bench) {
	in, other := b.instance(), b.instance()
	live, done, wanted := b.execution(in), b.execution(in, succeeded(b.base)), b.execution(in, succeeded(b.base))
	foreign := b.execution(other, succeeded(b.base))
	open, closed, named := b.task(in, "open"), b.task(in, "closed", canceled), b.task(in, "named", decidedBy("ana"))
	first, second := start(in), start(other)
	first.Executions, first.Tasks = created(live, done, wanted), created(open, closed, named)
	second.Executions = created(foreign)
	b.apply(first, second)
	snaps, err := b.Load(b.Context(), []uuid.UUID{in.ID, other.ID}, engine.Want{
		Need: workflow.Need{Executions: []uuid.UUID{wanted.ID, foreign.ID}}, Tasks: []uuid.UUID{named.ID},
	})
	b.ok("Load", err)
	b.same("executions", snaps[in.ID].Executions, map[uuid.UUID]workflow.Execution{live.ID: live, wanted.ID: wanted})
	b.same("tasks", snaps[in.ID].Tasks, map[uuid.UUID]workflow.Task{open.ID: open, named.ID: named})
	b.same("the other's executions", snaps[other.ID].Executions, map[uuid.UUID]workflow.Execution{foreign.ID: foreign})
}

func latestOfSteps(b *bench) {
	in := b.instance()
	visit := func(step string, visit int) workflow.Execution {
		return b.execution(in, succeeded(b.base), func(e *workflow.Execution) { e.Step, e.Visit = step, visit })
	}
	begin, latest, unread := start(in), visit("check", 10), visit("pay", 1)
	begin.Executions = created(visit("check", 1), latest, visit("check", 9), unread)
	b.apply(begin)
	got := b.snapshot(in.ID, engine.Want{Steps: func(tenant string, ref workflow.Ref) ([]string, error) {
		if tenant != workflow.DefaultTenant || ref != demo {
			b.Errorf("Want.Steps(%q, %v), want the instance's tenant and definition", tenant, ref)
		}
		return []string{"check", "never"}, nil
	}})
	b.same("executions", got.Executions, map[uuid.UUID]workflow.Execution{latest.ID: latest})
}

func stepsError(b *bench) {
	in, broken := b.begin(), errors.New("no such document")
	_, err := b.Load(b.Context(), []uuid.UUID{in.ID}, engine.Want{
		Steps: func(string, workflow.Ref) ([]string, error) { return nil, broken },
	})
	b.is("Load", err, broken)
}

func hooks(b *bench) {
	in := b.instance()
	early := workflow.Hook{InstanceID: in.ID, Step: "hook", Visit: 1, Payload: js(`{"a": 1}`), ReceivedAt: b.at(1 * time.Microsecond)}
	later := workflow.Hook{InstanceID: in.ID, Step: "hook", Visit: 2, Payload: js(`{"a": 2}`), ReceivedAt: b.at(2 * time.Microsecond)}
	used := workflow.Hook{InstanceID: in.ID, Step: "other", Visit: 1, ReceivedAt: b.at(3 * time.Microsecond), Consumed: true}
	begin := start(in)
	begin.Hooks = created(early, later, used)
	b.apply(begin)
	b.same("hooks", b.snapshot(in.ID, engine.Want{}).Hooks, []workflow.Hook{early, later}, sortHooks)

	early.Consumed = true
	then := next(in)
	then.Hooks = updated(early)
	b.apply(then)
	b.same("hooks after one was consumed", b.snapshot(in.ID, engine.Want{}).Hooks, []workflow.Hook{later})
}

func instanceOfTask(b *bench) {
	t := b.ask("Approve")
	got, err := b.InstanceOfTask(b.Context(), workflow.DefaultTenant, t.ID)
	b.ok("InstanceOfTask", err)
	b.same("InstanceOfTask", got, t.InstanceID)
	_, err = b.InstanceOfTask(b.Context(), workflow.DefaultTenant, newID())
	b.is("InstanceOfTask(unknown)", err, workflow.ErrTaskNotFound)
	_, err = b.InstanceOfTask(b.Context(), "other", t.ID)
	b.is("InstanceOfTask(another tenant)", err, workflow.ErrTaskNotFound)
}
