package engine

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Messages and those who wait for them meet in the store: whoever comes later
// looks for the other, after its own commit, and one transaction takes both and
// stores the message as a command for the instance. What a process did not get
// to, sweepLoop does. A message whose wait has ended before it arrived goes
// back to the others.

// MessageStore keeps messages until somebody waits for them, and those who
// wait. Apply writes who waits: see Transition.Waits.
type MessageStore interface {
	// SendMessage gives a message, after those that are kept, to whoever waits
	// for it. It returns what is to be delivered, stored as Sends are, and the
	// instance that this message went to. When there is none the message is kept
	// if keep says so; ErrTooManyMessages when too many are. A key is written when
	// the message went somewhere or is kept; ErrKeyTaken when it is used already.
	SendMessage(ctx context.Context, m workflow.Message, keep bool, key *workflow.RequestKey) (sends []workflow.Send, to uuid.UUID, err error)

	// MatchMessages gives messages that are kept to those who wait, oldest first,
	// up to a limit of its own.
	MatchMessages(ctx context.Context, key workflow.MessageKey) ([]workflow.Send, error)

	// ReturnMessage keeps a message again whose Send is still stored, in its old
	// place, and drops the Send; else it does nothing.
	ReturnMessage(ctx context.Context, send uuid.UUID, m workflow.Message) error

	// SweepMessages drops up to limit messages that have expired and returns up
	// to limit keys under which messages are kept although somebody waits.
	SweepMessages(ctx context.Context, limit int) ([]workflow.MessageKey, error)

	// StartedBy names up to limit definitions of which some active version is
	// started by a message, in order.
	StartedBy(ctx context.Context, tenant, message string, limit int) ([]string, error)
}

// ErrTooManyMessages refuses a message beyond workflow.MaxMessages.
var ErrTooManyMessages = workflow.Errorf(workflow.KindTooMany, "too_many_messages",
	"%d messages of this name and key are kept already and nobody waits for them. Look why, then try again.", workflow.MaxMessages)

// MessageInput is what is sent.
type MessageInput struct {
	Name string
	Key  string
	Data json.RawMessage
	TTL  time.Duration // how long it is kept when nobody waits; 0 = workflow.DefaultMessageTTL
}

// SendMessage resumes a step that waits for the message, else starts the
// workflow that it starts, else keeps it. It returns the instance that it
// reached, the zero id for none.
func (e *Engine) SendMessage(ctx context.Context, actor workflow.Actor, in MessageInput) (uuid.UUID, error) {
	if err := checkMessage(in); err != nil {
		return uuid.Nil, err
	}
	m := e.message(actor, in)
	def, err := e.startedBy(ctx, actor, in.Name)
	if err != nil {
		return uuid.Nil, err
	}
	if def == nil {
		return e.sendOut(ctx, m, true)
	}
	if to, err := e.sendOut(ctx, m, false); err != nil || to != uuid.Nil {
		return to, err
	}
	id, err := e.startOn(ctx, actor, def, m)
	if errors.Is(err, workflow.ErrAlreadyRunning) {
		return e.sendOut(ctx, m, true) // it is for a later step of the one that runs
	}
	return id, err
}

func (e *Engine) message(actor workflow.Actor, in MessageInput) workflow.Message {
	now := e.now()
	return workflow.Message{
		MessageKey: workflow.MessageKey{Tenant: actor.Tenant, Name: in.Name, Key: in.Key},
		ID:         e.newID(), Data: in.Data, SentBy: actor.ID, SentAt: now, ExpiresAt: now.Add(defaultTo(in.TTL, workflow.DefaultMessageTTL)),
	}
}

func checkMessage(in MessageInput) error {
	switch {
	case !workflow.ValidMessageName(in.Name):
		return badMessage("/name", "A message's name has 1 to 63 letters, digits, _, - and dots, a letter first.")
	case in.Key == "" || len(in.Key) > workflow.MaxMessageKey:
		return badMessage("/key", "A message's key has 1 to 255 bytes.")
	case in.TTL < 0 || in.TTL > workflow.MaxMessageTTL:
		return badMessage("/ttl", "A message is kept for at most 30 days. Give a shorter ttl, such as 12h.")
	case len(in.Data) > workflow.MaxResult:
		return workflow.Errorf(workflow.KindTooLarge, "too_large", "The data has %d bytes; at most %d are taken.", len(in.Data), workflow.MaxResult)
	}
	return workflow.CheckText(in.Key, "key")
}

func badMessage(pointer, sentence string) error {
	e := workflow.Errorf(workflow.KindInvalid, workflow.ErrInvalidInput.Code, "%s", sentence)
	e.Fields = []workflow.Problem{{Pointer: pointer, Message: sentence, Code: "beside"}} // the data
	return e
}

func (e *Engine) sendOut(ctx context.Context, m workflow.Message, keep bool) (uuid.UUID, error) {
	sends, to, err := e.storage.SendMessage(ctx, m, keep, keyOf(ctx))
	e.deliver(sends)
	return to, err
}

// maxStartedBy bounds how many definitions are looked at for one message.
const maxStartedBy = 100

// startedBy gives the definition whose latest version the message starts, the
// first by name; nil when there is none.
func (e *Engine) startedBy(ctx context.Context, actor workflow.Actor, message string) (*workflow.Definition, error) {
	names, err := e.storage.StartedBy(ctx, actor.Tenant, message, maxStartedBy)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		def, err := e.Definition(ctx, actor, name, "")
		if err != nil && !errors.Is(err, workflow.ErrDefinitionNotFound) {
			return nil, err
		}
		if err == nil && def.StartOn != nil && def.StartOn.Message == message {
			return def, nil
		}
	}
	return nil, nil
}

func (e *Engine) startOn(ctx context.Context, actor workflow.Actor, def *workflow.Definition, m workflow.Message) (uuid.UUID, error) {
	correlation, err := def.StartOn.Correlation(m, e.now())
	if err != nil {
		return uuid.Nil, err
	}
	in, err := e.Start(ctx, actor, StartInput{
		Definition: def.Name, Version: def.Version, Input: m.InputOf(), CorrelationID: correlation,
	})
	return in.ID, err
}

// returned is a message on its way back.
type returned struct {
	send    uuid.UUID
	message workflow.Message
}

// bring gives the request that brings a message to its instance. A message that
// finds no wait there goes back.
func (e *Engine) bring(s workflow.Send, c workflow.MessageArrived) *request {
	r := &request{instance: s.To, cmd: c, ack: s.ID}
	r.want.Executions = []uuid.UUID{c.ExecutionID}
	r.reply = func(a reply) {
		if !errors.Is(a.err, workflow.ErrMessageUnwanted) && !errors.Is(a.err, workflow.ErrInstanceNotFound) {
			return
		}
		select {
		case e.returns <- returned{s.ID, c.Message}:
		default: // its due row comes again
		}
	}
	return r
}

// match looks, soon, for messages that those who have begun to wait find.
func (e *Engine) match(waits []workflow.MessageWait) {
	for _, w := range waits {
		select {
		case e.matches <- w.MessageKey:
		default: // sweepLoop finds it
		}
	}
}

// messageLoop brings together messages and those who wait.
func (e *Engine) messageLoop(ctx context.Context) {
	for {
		var err error
		select {
		case key := <-e.matches:
			err = e.matchAll(ctx, key)
		case r := <-e.returns:
			if err = e.storage.ReturnMessage(ctx, r.send, r.message); err == nil {
				err = e.matchAll(ctx, r.message.MessageKey)
			}
		case <-ctx.Done():
			return
		}
		if err != nil && ctx.Err() == nil {
			e.log.Warn("messages were not brought to those who wait; this is repeated", "error", err)
		}
	}
}

// matchRounds bounds how often one key is looked at at once.
const matchRounds = 100

func (e *Engine) matchAll(ctx context.Context, key workflow.MessageKey) error {
	for range matchRounds {
		sends, err := e.storage.MatchMessages(ctx, key)
		if err != nil || len(sends) == 0 {
			return err
		}
		e.deliver(sends)
	}
	return nil
}

// sweepMessages drops what has expired and matches what was left unmatched.
func (e *Engine) sweepMessages(ctx context.Context) error {
	keys, err := e.storage.SweepMessages(ctx, sweepBatch)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := e.matchAll(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// mergeWaits drops waits that the first transition adds and the second ends.
func mergeWaits(first, then *workflow.Transition) {
	first.Waits = slices.DeleteFunc(first.Waits, func(w workflow.MessageWait) bool {
		return slices.Contains(then.WaitsDone, w.ExecutionID)
	})
	first.Waits = append(first.Waits, then.Waits...)
	first.WaitsDone = append(first.WaitsDone, then.WaitsDone...)
}
