package storetest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// newID returns an id greater than all before it.
func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func ptr[T any](v T) *T { return &v }

func js(text string) json.RawMessage { return json.RawMessage(text) }

// tick returns a time after all that it returned before.
func (b *bench) tick() time.Time {
	b.made++
	return b.base.Add(time.Duration(b.made) * time.Millisecond)
}

// at returns the bench's base time moved by d.
func (b *bench) at(d time.Duration) time.Time { return b.base.Add(d) }

// instance returns one that runs and is not stored yet, at version 1.
func (b *bench) instance(changes ...func(*workflow.Instance)) workflow.Instance {
	at := b.tick()
	in := workflow.Instance{
		ID: newID(), Tenant: workflow.DefaultTenant, Definition: demo, Status: workflow.StatusRunning,
		Input: js(`{}`), Data: js(`{}`), CreatedBy: "otto", CreatedAt: at, StartedAt: &at, Version: 1,
	}
	for _, change := range changes {
		change(&in)
	}
	return in
}

// completed ends an instance.
func completed(at time.Time) func(*workflow.Instance) {
	return func(in *workflow.Instance) { in.Status, in.CompletedAt = workflow.StatusCompleted, &at }
}

// failed fails an instance.
func failed(at time.Time, step, message string) func(*workflow.Instance) {
	return func(in *workflow.Instance) {
		in.Status, in.FrozenAt = workflow.StatusFailed, &at
		in.Error = &workflow.StepError{Code: "broken", Message: message, Step: step}
	}
}

// paused pauses an instance.
func paused(at time.Time) func(*workflow.Instance) {
	return func(in *workflow.Instance) { in.Status, in.Paused, in.FrozenAt = workflow.StatusPaused, true, &at }
}

// waiting lets an instance wait since a time.
func waiting(since time.Time) func(*workflow.Instance) {
	return func(in *workflow.Instance) {
		in.Status = workflow.StatusWaiting
		in.WaitingFor = []workflow.Waiting{{Step: "ask", Kind: "human", Since: since}}
	}
}

// start gives the transition that makes an instance.
func start(in workflow.Instance) *workflow.Transition {
	return &workflow.Transition{InstanceID: in.ID, Instance: in, DataChanged: true}
}

// next gives a transition that follows the stored state of an instance.
func next(in workflow.Instance, changes ...func(*workflow.Instance)) *workflow.Transition {
	from := in.Version
	in.Version++
	for _, change := range changes {
		change(&in)
	}
	return &workflow.Transition{InstanceID: in.ID, From: from, Instance: in}
}

func created[T any](values ...T) []workflow.Row[T] { return rows(true, values) }

func updated[T any](values ...T) []workflow.Row[T] { return rows(false, values) }

func rows[T any](isNew bool, values []T) []workflow.Row[T] {
	var list []workflow.Row[T]
	for _, v := range values {
		list = append(list, workflow.Row[T]{Value: v, Created: isNew})
	}
	return list
}

// execution returns a machine step of the instance that is scheduled.
func (b *bench) execution(in workflow.Instance, changes ...func(*workflow.Execution)) workflow.Execution {
	e := workflow.Execution{
		ID: newID(), InstanceID: in.ID, Step: "work", Type: workflow.StepMachine, Visit: 1,
		Status: workflow.StepScheduled, Live: true, CreatedAt: b.tick(),
	}
	for _, change := range changes {
		change(&e)
	}
	return e
}

// leasedBy lets a process run the step.
func leasedBy(process uuid.UUID, no int64) func(*workflow.Execution) {
	return func(e *workflow.Execution) {
		e.Status, e.LeaseOwner, e.LeaseNo, e.Attempt = workflow.StepRunning, process, no, 1
	}
}

// queued lets the step lie in a queue as a job.
func queued(queue string, no int64) func(*workflow.Execution) {
	return func(e *workflow.Execution) { e.Queue, e.LeaseNo = queue, no }
}

// inBackOff lets the step wait for a time.
func inBackOff(until time.Time) func(*workflow.Execution) {
	return func(e *workflow.Execution) { e.DueAt = &until }
}

// succeeded ends the step.
func succeeded(at time.Time) func(*workflow.Execution) {
	return func(e *workflow.Execution) {
		e.Status, e.Live, e.LeaseOwner, e.CompletedAt = workflow.StepSucceeded, false, uuid.Nil, &at
	}
}

// task returns an open task of the instance that anyone of nobody may decide.
func (b *bench) task(in workflow.Instance, title string, changes ...func(*workflow.Task)) workflow.Task {
	t := workflow.Task{
		ID: newID(), InstanceID: in.ID, ExecutionID: newID(), Step: "ask", Visit: 1,
		Status: workflow.TaskPending, Title: title, CreatedAt: b.tick(), Version: 1,
	}
	for _, change := range changes {
		change(&t)
	}
	return t
}

func assigned(user string) func(*workflow.Task) {
	return func(t *workflow.Task) { t.Assignee = user }
}

func claimed(user string) func(*workflow.Task) {
	return func(t *workflow.Task) { t.Assignee, t.ClaimedAt = user, ptr(t.CreatedAt) }
}

func offered(groups ...string) func(*workflow.Task) {
	return func(t *workflow.Task) { t.CandidateGroups = groups }
}

func asked(users ...string) func(*workflow.Task) {
	return func(t *workflow.Task) { t.CandidateUsers = users }
}

func excluded(users ...string) func(*workflow.Task) {
	return func(t *workflow.Task) { t.Excluded = users }
}

func invited(addresses ...string) func(*workflow.Task) {
	return func(t *workflow.Task) { t.Guests = addresses }
}

func forAnyone(t *workflow.Task) { t.Anyone = true }

func canceled(t *workflow.Task) {
	t.Status, t.CompletedAt = workflow.TaskCanceled, ptr(t.CreatedAt)
}

func decidedBy(user string) func(*workflow.Task) {
	return func(t *workflow.Task) {
		t.Status, t.CompletedAt, t.CompletedBy = workflow.TaskCompleted, ptr(t.CreatedAt), user
	}
}

func dueAt(at time.Time) func(*workflow.Task) {
	return func(t *workflow.Task) { t.DueAt = &at }
}

func priority(p int) func(*workflow.Task) {
	return func(t *workflow.Task) { t.Priority = p }
}

func due(in workflow.Instance, kind workflow.DueKind, at time.Time) workflow.Due {
	return workflow.Due{ID: newID(), InstanceID: in.ID, Kind: kind, At: at}
}

func (b *bench) event(in workflow.Instance, kind workflow.EventType) workflow.Event {
	return workflow.Event{InstanceID: in.ID, Type: kind, At: b.tick(), Actor: "otto"}
}

// definition returns one version with a document that says no more than it
// must.
func definition(ref workflow.Ref, changes ...func(*workflow.Definition)) *workflow.Definition {
	d := &workflow.Definition{Ref: ref, Format: 1, Title: "The " + ref.Name}
	for _, change := range changes {
		change(d)
	}
	d.Source = fmt.Appendf(nil, "format: 1\nname: %s\nversion: %s\ntitle: %s\nsteps:\n  - {name: work, type: machine, action: noop}\n",
		ref.Name, ref.Version, d.Title)
	sum := sha256.Sum256(d.Source)
	d.Hash = hex.EncodeToString(sum[:])
	return d
}

// define stores a version of a definition.
func (b *bench) define(tenant string, ref workflow.Ref, changes ...func(*workflow.Definition)) *workflow.Definition {
	b.Helper()
	d := definition(ref, changes...)
	if _, err := b.SaveDefinition(b.Context(), d, saved(tenant, "arno", b.base), nil); err != nil {
		b.Fatalf("SaveDefinition(%s) = %v", ref, err)
	}
	return d
}

// apply stores transitions none of which may be stale.
func (b *bench) apply(batch ...*workflow.Transition) {
	b.Helper()
	stale, err := b.Apply(b.Context(), batch)
	if err != nil {
		b.Fatalf("Apply = %v", err)
	}
	if len(stale) > 0 {
		b.Fatalf("Apply: stale = %v, want none", stale)
	}
}

// begin stores an instance.
func (b *bench) begin(changes ...func(*workflow.Instance)) workflow.Instance {
	b.Helper()
	in := b.instance(changes...)
	b.apply(start(in))
	return in
}

// ask stores an instance of otto's with one task.
func (b *bench) ask(title string, changes ...func(*workflow.Task)) workflow.Task {
	b.Helper()
	in := b.instance()
	t := b.task(in, title, changes...)
	begin := start(in)
	begin.Tasks = created(t)
	b.apply(begin)
	return t
}

// snapshot loads one instance that must be there.
func (b *bench) snapshot(id uuid.UUID, want engine.Want) *workflow.Snapshot {
	b.Helper()
	snaps, err := b.Load(b.Context(), []uuid.UUID{id}, want)
	if err != nil {
		b.Fatalf("Load = %v", err)
	}
	if snaps[id] == nil {
		b.Fatalf("Load: instance %s is absent", id)
	}
	return snaps[id]
}

// saved is the line of the audit about a version that was stored.
func saved(tenant, by string, at time.Time) workflow.Record {
	return workflow.Actor{ID: by, Tenant: tenant}.Record(at, "definition.save", "definition", "")
}
