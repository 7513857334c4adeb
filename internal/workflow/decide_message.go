package workflow

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// awaitMessage lets a webhook step wait for a message.
func (d *decider) awaitMessage(id uuid.UUID, m *StepMessage) {
	e, _ := d.exec(id)
	key, err := d.messageKey(e, m)
	if err != nil {
		d.failLive(id, err)
		return
	}
	d.t.Waits = append(d.t.Waits, MessageWait{
		MessageKey: MessageKey{Tenant: d.in.Tenant, Name: m.Name, Key: key},
		InstanceID: d.in.ID, ExecutionID: id, Attempt: e.Attempt, Since: d.env.Now,
	})
}

// messageKey gives the key that the step waits for.
func (d *decider) messageKey(e Execution, m *StepMessage) (string, *StepError) {
	key := d.in.CorrelationID
	if m.Key != nil {
		var err error
		if key, err = m.Key.Render(noDeadline, d.varsOf(e), nil); err != nil {
			return "", evaluationError(err)
		}
	}
	if key == "" || len(key) > MaxMessageKey {
		return "", &StepError{Code: "bad_message_key", Message: fmt.Sprintf(
			"the key of the message %q has %d bytes; it needs 1 to %d. Give message.key, or start the workflow with a correlation id", m.Name, len(key), MaxMessageKey)}
	}
	return key, nil
}

// endWait takes back that an execution waits for a message.
func (d *decider) endWait(before, e Execution) {
	if e.Type != StepWebhook || e.Role == EachHolder || before.Status != StepWaiting || e.Status == StepWaiting || d.def.Step(e.Step).Webhook.Message == nil {
		return
	}
	d.t.Waits = slices.DeleteFunc(d.t.Waits, func(w MessageWait) bool { return w.ExecutionID == e.ID })
	d.t.WaitsDone = append(d.t.WaitsDone, e.ID)
}

func (d *decider) messageArrived(c MessageArrived) error {
	e, ok := d.exec(c.ExecutionID)
	if !ok || e.Type != StepWebhook || e.Status != StepWaiting || e.Attempt != c.Attempt {
		return ErrMessageUnwanted
	}
	d.stepEvent(EventMessageReceived, e, c.Message.SentBy, map[string]any{
		"message_id": c.Message.ID, "name": c.Message.Name, "key": c.Message.Key,
	})
	f := anyJSON
	if step := d.def.Step(e.Step); step.Webhook.Form != nil {
		f = step.Webhook.Form
	}
	if errs := f.ValidateJSON([]byte(cmp.Or(string(c.Message.Data), "null"))); errs != nil {
		d.fail(e, &StepError{Code: "bad_message", Message: fmt.Sprintf("the message %q does not fit the step's schema: %s", c.Message.Name, errs.List[0].Message)})
		return nil
	}
	d.succeed(e, c.Message.Data)
	return nil
}
