package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Commands from one instance to another are due rows, stored with the decision
// that wants them. The process that has stored one delivers it at once; if that
// fails, whoever claims the row does. The row goes in the transaction in which
// the command takes effect, so it takes effect once.

// childQueue bounds the children that wait for their definition, and the rows
// that wait to be dropped. What does not fit waits for its due row.
const childQueue = 4096

// deliver passes on what a stored transition sends. What finds no room comes
// again by its due row.
func (e *Engine) deliver(sends []workflow.Send) {
	for _, s := range sends {
		if err := e.deliverOne(s); err != nil {
			return
		}
	}
}

func (e *Engine) deliverOne(s workflow.Send) error {
	if s.Kind == workflow.SendStart {
		select {
		case e.children <- s:
			return nil
		default:
			return errBusy
		}
	}
	cmd, err := commandOf(s)
	if err != nil {
		e.log.Error("a command cannot be read; it is dropped", "instance", s.To, "error", err)
		e.forget([]uuid.UUID{s.ID})
		return nil
	}
	if c, ok := cmd.(workflow.MessageArrived); ok {
		return e.mail.put(e.bring(s, c))
	}
	r := &request{instance: s.To, cmd: cmd, ack: s.ID}
	if done, ok := cmd.(workflow.ChildDone); ok {
		r.want.Executions = append(r.want.Executions, done.ExecutionID)
	}
	return e.mail.put(r)
}

// commandOf reads the command for an instance that is there already.
func commandOf(s workflow.Send) (workflow.Command, error) {
	switch s.Kind {
	case workflow.SendDone:
		var c workflow.ChildDone
		err := json.Unmarshal(s.Payload, &c)
		return c, err
	case workflow.SendAbove:
		var c workflow.FromAbove
		err := json.Unmarshal(s.Payload, &c)
		return c, err
	}
	if s.Kind == workflow.SendMessage {
		var c workflow.MessageArrived
		err := json.Unmarshal(s.Payload, &c)
		return c, err
	}
	return nil, fmt.Errorf("there is no command of kind %q", s.Kind)
}

// childLoop starts children: their definitions are looked up outside of the
// commit loop.
func (e *Engine) childLoop(ctx context.Context) {
	for {
		select {
		case s := <-e.children:
			e.startChild(ctx, s)
		case <-ctx.Done():
			return
		}
	}
}

// startChild begins a child instance, or tells the parent why it cannot begin.
func (e *Engine) startChild(ctx context.Context, s workflow.Send) {
	var c workflow.StartChild
	if err := json.Unmarshal(s.Payload, &c); err != nil {
		e.log.Error("a child cannot be read; it is dropped", "instance", s.To, "error", err)
		e.forget([]uuid.UUID{s.ID})
		return
	}
	actor := workflow.SystemActor(c.Tenant, "parent")
	def, err := e.Definition(ctx, actor, c.Definition, c.Version)
	if err == nil && def.Unique && c.CorrelationID == "" {
		c.CorrelationID = s.To.String() // no step asked for another one, so it stands in nobody's way
	}
	if err == nil {
		_, err = e.begin(ctx, &request{instance: s.To, def: def, ack: s.ID, cmd: workflow.Start{
			InstanceID: s.To, Actor: actor, Input: c.Input, Parent: c.Parent, Depth: c.Depth, CreatedBy: c.CreatedBy, CorrelationID: c.CorrelationID, Trace: c.Trace,
		}})
	}
	switch {
	case err == nil, ctx.Err() != nil, errors.Is(err, workflow.ErrInvalidTransition):
	case workflow.KindOf(err) == workflow.KindUnavailable, workflow.KindOf(err) == workflow.KindInternal:
		e.log.Warn("a child was not started; this is repeated", "instance", s.To, "error", err)
	default:
		e.refuseChild(c, s, err)
	}
}

// refuseChild fails the parent's step.
func (e *Engine) refuseChild(c workflow.StartChild, s workflow.Send, cause error) {
	refusal := &workflow.StepError{Code: "child_refused", Message: fmt.Sprintf("the workflow %q cannot be started: %s", c.Definition, sentenceOf(cause))}
	err := e.mail.put(&request{instance: c.Parent.InstanceID, ack: s.ID, cmd: workflow.ChildDone{
		ExecutionID: c.Parent.ExecutionID, Child: s.To, Status: workflow.StatusCanceled, Err: refusal,
	}, want: Want{Need: workflow.Need{Executions: []uuid.UUID{c.Parent.ExecutionID}}}})
	if err != nil {
		e.log.Warn("a child's refusal was put off", "instance", c.Parent.InstanceID, "error", err)
	}
}

// sentenceOf is what an error says to people, with each fault of the input.
func sentenceOf(err error) string {
	var refusal *workflow.Error
	if !errors.As(err, &refusal) {
		return "it went wrong inside; it has been noted"
	}
	said := refusal.Message
	for _, f := range refusal.Fields {
		said += fmt.Sprintf(" %s: %s", f.Pointer, f.Message)
	}
	return said
}

// forget drops due rows of commands that need nothing stored.
func (e *Engine) forget(ids []uuid.UUID) {
	for _, id := range ids {
		select {
		case e.forgotten <- id:
		default: // its due row comes again
		}
	}
}

// forgetBatch bounds one delete.
const forgetBatch = 500

// forgetLoop drops rows, as many at once as wait.
func (e *Engine) forgetLoop(ctx context.Context) {
	for {
		var ids []uuid.UUID
		select {
		case id := <-e.forgotten:
			ids = append(ids, id)
		case <-ctx.Done():
			return
		}
		for len(ids) < forgetBatch && len(e.forgotten) > 0 {
			ids = append(ids, <-e.forgotten)
		}
		drop, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := e.storage.DropDue(drop, ids)
		cancel()
		if err != nil && ctx.Err() == nil {
			e.log.Warn("commands that were taken are still stored; they are taken again", "error", err)
		}
	}
}
