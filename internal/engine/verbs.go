package engine

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// StartInput is what a new instance begins with.
type StartInput struct {
	Definition    string
	Version       string // empty = the latest active release
	Input         json.RawMessage
	CorrelationID string
	Metadata      json.RawMessage
	StartAt       *time.Time // pending until then; nil or past = at once
}

// Start begins an instance and returns it as it is once its start is durable.
func (e *Engine) Start(ctx context.Context, actor workflow.Actor, in StartInput) (_ workflow.Instance, err error) {
	defer func() { e.refused(workflow.Start{Actor: actor}, uuid.Nil, err) }()
	if err := workflow.CheckText(in.CorrelationID, "correlation id"); err != nil {
		return workflow.Instance{}, err
	}
	def, err := e.Definition(ctx, actor, in.Definition, in.Version)
	if err != nil {
		return workflow.Instance{}, err
	}
	if err := e.quotas.start(ctx, actor.Tenant); err != nil {
		return workflow.Instance{}, err
	}
	defer func() {
		if err != nil {
			e.quotas.giveBack(actor.Tenant)
		}
	}()
	id := e.newID()
	if err := e.bind(ctx, actor, in.Input, id, ""); err != nil {
		return workflow.Instance{}, err
	}
	return e.begin(ctx, &request{instance: id, def: def, cmd: workflow.Start{
		InstanceID: id, Actor: actor, Input: in.Input, CorrelationID: in.CorrelationID, Metadata: in.Metadata, At: in.StartAt, Trace: e.traceparent(ctx),
	}})
}

// Cancel ends an instance for good.
func (e *Engine) Cancel(ctx context.Context, actor workflow.Actor, id uuid.UUID, reason string) (workflow.Instance, error) {
	return e.operate(ctx, actor, id, reason, workflow.Cancel{Actor: actor, Reason: reason})
}

// Pause holds an instance until it is resumed.
func (e *Engine) Pause(ctx context.Context, actor workflow.Actor, id uuid.UUID, reason string) (workflow.Instance, error) {
	return e.operate(ctx, actor, id, reason, workflow.Pause{Actor: actor, Reason: reason})
}

// Resume lets a paused instance move again.
func (e *Engine) Resume(ctx context.Context, actor workflow.Actor, id uuid.UUID, reason string) (workflow.Instance, error) {
	return e.operate(ctx, actor, id, reason, workflow.Resume{Actor: actor, Reason: reason})
}

// Retry takes up every failed branch of an instance.
func (e *Engine) Retry(ctx context.Context, actor workflow.Actor, id uuid.UUID, reason string) (workflow.Instance, error) {
	return e.RetryFrom(ctx, actor, id, Rerun{Reason: reason})
}

// operate submits a verb on an instance of the actor's tenant.
func (e *Engine) operate(ctx context.Context, actor workflow.Actor, id uuid.UUID, reason string, cmd workflow.Command) (workflow.Instance, error) {
	return e.operateOn(ctx, actor, id, Want{}, reason, cmd)
}

// operateOn is operate for a verb that names a part of the instance.
func (e *Engine) operateOn(ctx context.Context, actor workflow.Actor, id uuid.UUID, want Want, reason string, cmd workflow.Command) (_ workflow.Instance, err error) {
	defer func() { e.refused(cmd, id, err) }()
	if err := workflow.CheckText(reason, "reason"); err != nil {
		return workflow.Instance{}, err
	}
	if err := e.sameTenant(ctx, actor, id); err != nil {
		return workflow.Instance{}, err
	}
	return e.submit(ctx, &request{instance: id, cmd: cmd, want: want})
}

// sameTenant refuses an instance of another tenant as unknown.
func (e *Engine) sameTenant(ctx context.Context, actor workflow.Actor, id uuid.UUID) error {
	if tenant, ok := e.cache.tenant(id); ok && tenant == actor.Tenant {
		return nil
	}
	snaps, err := e.storage.Load(ctx, []uuid.UUID{id}, Want{})
	if err != nil {
		return err
	}
	if s := snaps[id]; s == nil || s.Instance.Tenant != actor.Tenant {
		return workflow.ErrInstanceNotFound
	}
	return nil
}

// Completion is a decision of a task.
type Completion struct {
	Output  json.RawMessage
	Outcome string
	Comment string
	Version int64 // 0 = any
}

// CompleteTask decides a task and returns its instance. Exactly one of several
// who try at once succeeds.
func (e *Engine) CompleteTask(ctx context.Context, actor workflow.Actor, task uuid.UUID, c Completion) (workflow.Instance, error) {
	if err := e.bindOutput(ctx, actor, task, c.Output); err != nil {
		return workflow.Instance{}, err
	}
	return e.onTask(ctx, actor, task, workflow.CompleteTask{
		TaskID: task, Actor: actor, Output: c.Output, Outcome: c.Outcome, Comment: c.Comment, Version: c.Version,
	})
}

// ClaimTask makes the actor the task's assignee.
func (e *Engine) ClaimTask(ctx context.Context, actor workflow.Actor, task uuid.UUID, version int64) (workflow.Instance, error) {
	return e.onTask(ctx, actor, task, workflow.ClaimTask{TaskID: task, Actor: actor, Version: version})
}

// UnclaimTask gives a claimed task back to its candidates.
func (e *Engine) UnclaimTask(ctx context.Context, actor workflow.Actor, task uuid.UUID, version int64) (workflow.Instance, error) {
	return e.onTask(ctx, actor, task, workflow.UnclaimTask{TaskID: task, Actor: actor, Version: version})
}

// Reassignment names who gets a task: a user or a group.
type Reassignment struct {
	User    string
	Group   string
	Reason  string
	Version int64
}

// ReassignTask gives a task to another person or group.
func (e *Engine) ReassignTask(ctx context.Context, actor workflow.Actor, task uuid.UUID, r Reassignment) (workflow.Instance, error) {
	if err := workflow.CheckText(r.Reason, "reason"); err != nil {
		return workflow.Instance{}, err
	}
	if err := e.checkPeople(ctx, actor.Tenant, r); err != nil {
		return workflow.Instance{}, err
	}
	return e.onTask(ctx, actor, task, workflow.ReassignTask{
		TaskID: task, Actor: actor, User: r.User, Group: r.Group, Reason: r.Reason, Version: r.Version,
	})
}

// checkPeople refuses people and groups that do not exist.
func (e *Engine) checkPeople(ctx context.Context, tenant string, r Reassignment) error {
	if e.directory == nil {
		return nil
	}
	if r.User != "" {
		return e.checkPerson(ctx, tenant, "/new_assignee", r.User)
	}
	if r.Group != "" {
		ok, err := e.directory.GroupExists(ctx, tenant, r.Group)
		if err != nil || ok {
			return err
		}
		return unknownPerson("/new_group", "There is no group %q. Check the spelling.", r.Group)
	}
	return nil
}

// checkPerson refuses a login that is nobody's, in a field of the input.
func (e *Engine) checkPerson(ctx context.Context, tenant, pointer, login string) error {
	if e.directory == nil || login == "" {
		return nil
	}
	ok, err := e.directory.UserExists(ctx, tenant, login)
	if err != nil || ok {
		return err
	}
	return unknownPerson(pointer, "There is nobody with the login %q. Check the spelling.", login)
}

func unknownPerson(pointer, format, name string) error {
	e := workflow.Errorf(workflow.KindInvalid, workflow.ErrInvalidInput.Code, format, name)
	e.Fields = []workflow.Problem{{Pointer: pointer, Message: e.Message, Code: "unknown"}}
	return e
}

// DelegateTask has somebody else prepare the decision of a task.
func (e *Engine) DelegateTask(ctx context.Context, actor workflow.Actor, task uuid.UUID, to, reason string, version int64) (workflow.Instance, error) {
	if err := workflow.CheckText(reason, "reason"); err != nil {
		return workflow.Instance{}, err
	}
	if err := e.checkPerson(ctx, actor.Tenant, "/to", to); err != nil {
		return workflow.Instance{}, err
	}
	return e.onTask(ctx, actor, task, workflow.DelegateTask{TaskID: task, Actor: actor, To: to, Reason: reason, Version: version})
}

// ReturnTask gives a delegated task back to its owner, with what he could decide.
func (e *Engine) ReturnTask(ctx context.Context, actor workflow.Actor, task uuid.UUID, c Completion) (workflow.Instance, error) {
	return e.onTask(ctx, actor, task, workflow.ReturnTask{
		TaskID: task, Actor: actor, Output: c.Output, Outcome: c.Outcome, Comment: c.Comment, Version: c.Version,
	})
}

// CommentTask says something about a task and returns the comment.
func (e *Engine) CommentTask(ctx context.Context, actor workflow.Actor, task uuid.UUID, text string) (workflow.Comment, error) {
	c := workflow.Comment{ID: e.newID(), TaskID: task, Author: actor.ID, Text: text, At: e.now()}
	in, err := e.onTask(ctx, actor, task, workflow.CommentTask{TaskID: task, CommentID: c.ID, Actor: actor, Text: text, At: c.At})
	c.InstanceID = in.ID
	return c, err
}

func (e *Engine) onTask(ctx context.Context, actor workflow.Actor, task uuid.UUID, cmd workflow.Command) (_ workflow.Instance, err error) {
	var id uuid.UUID
	defer func() { e.refused(cmd, id, err) }()
	id, err = e.storage.InstanceOfTask(ctx, actor.Tenant, task)
	if err != nil {
		return workflow.Instance{}, err
	}
	return e.submit(ctx, &request{instance: id, cmd: cmd, want: Want{Tasks: []uuid.UUID{task}}})
}

// Wait returns the instance once it waits, is paused, failed or finished, or
// after at most the given time as it is then.
func (e *Engine) Wait(ctx context.Context, in workflow.Instance, atMost time.Duration) (workflow.Instance, error) {
	if in.Status != workflow.StatusRunning {
		return in, nil
	}
	changed, stop := e.watch.add(in.ID)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	for {
		snaps, err := e.storage.Load(context.WithoutCancel(ctx), []uuid.UUID{in.ID}, Want{})
		if err != nil {
			return in, err
		}
		if s := snaps[in.ID]; s != nil {
			in = s.Instance
		}
		if in.Status != workflow.StatusRunning {
			return in, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return in, nil
		}
	}
}
