package workflow

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// Limits of messages.
const (
	MaxMessageKey     = 255  // bytes
	MaxMessages       = 1000 // kept under one name and key
	DefaultMessageTTL = 24 * time.Hour
	MaxMessageTTL     = 30 * 24 * time.Hour
)

// MessageKey is what a message and those who wait for it agree on.
type MessageKey struct {
	Tenant string `json:"tenant"`
	Name   string `json:"name"`
	Key    string `json:"key"`
}

// Message is data for whoever waits for its name and key: for one, once.
type Message struct {
	MessageKey
	ID        uuid.UUID       `json:"id"` // UUIDv7: of several that are kept, the lowest was sent first
	Data      json.RawMessage `json:"data,omitempty"`
	SentBy    string          `json:"sent_by"`
	SentAt    time.Time       `json:"sent_at"`
	ExpiresAt time.Time       `json:"expires_at"`
}

// MessageWait is one attempt of a webhook step that waits for a message.
type MessageWait struct {
	MessageKey
	InstanceID  uuid.UUID
	ExecutionID uuid.UUID
	Attempt     int
	Since       time.Time
}

// MessageArrived gives a message to the attempt that waited for it. When that
// wait is over, the refusal is ErrMessageUnwanted: the message is for the next.
type MessageArrived struct {
	ExecutionID uuid.UUID `json:"execution_id"`
	Attempt     int       `json:"attempt"`
	Message     Message   `json:"message"`
}

func (MessageArrived) command() {}

// ErrMessageUnwanted says that nobody waits for a message any more where it was
// brought.
var ErrMessageUnwanted = &Error{Kind: KindConflict, Code: "message_unwanted", Message: "The step does not wait for the message any more."}

// PairMessages gives the messages to those who wait, both in the order given:
// the first to the first.
func PairMessages(messages []Message, waits []MessageWait, newID func() uuid.UUID, now time.Time) []Send {
	var sends []Send
	for i := range min(len(messages), len(waits)) {
		sends = append(sends, Send{ID: newID(), To: waits[i].InstanceID, At: now, Kind: SendMessage, Payload: mustJSON(MessageArrived{
			ExecutionID: waits[i].ExecutionID, Attempt: waits[i].Attempt, Message: messages[i],
		})})
	}
	return sends
}
