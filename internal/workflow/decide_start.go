package workflow

import (
	"time"
)

// MaxStartDelay is how far ahead a start may be.
const MaxStartDelay = 10 * 366 * 24 * time.Hour

// waitStart is the kind of wait of an instance that starts later.
const waitStart = "start"

// checkStart refuses a start time that is too far ahead, and a start without
// the name that its uniqueness rests on.
func (d *decider) checkStart(c Start) error {
	if c.At != nil && c.At.After(d.env.Now.Add(MaxStartDelay)) {
		return invalidField("/start_at", "The start lies more than ten years ahead. Give an earlier time.")
	}
	if d.def.Unique && c.CorrelationID == "" {
		return invalidField("/correlation_id", "This workflow runs once at a time for each correlation id. Give one.")
	}
	return nil
}

// invalidField refuses one field of a request that stands beside its data.
func invalidField(pointer, message string) *Error {
	e := Errorf(KindInvalid, ErrInvalidInput.Code, "%s", message)
	e.Fields = []Problem{{Pointer: pointer, Message: message, Code: "beside"}}
	return e
}

// waitingToStart says until when the instance is pending.
func (d *decider) waitingToStart() []Waiting {
	w := Waiting{Step: d.def.InitialStep, Kind: waitStart, Since: d.in.CreatedAt}
	for _, due := range d.t.Dues {
		if due.Kind == DueStart {
			w.Until = ptr(due.At)
		}
	}
	for _, due := range d.snap.Dues {
		if due.Kind == DueStart {
			w.Until = ptr(due.At)
		}
	}
	return []Waiting{w}
}

// StartAt is when a pending instance starts, nil for any other.
func (in *Instance) StartAt() *time.Time {
	if in.StartedAt != nil || len(in.WaitingFor) == 0 || in.WaitingFor[0].Kind != waitStart {
		return nil
	}
	return in.WaitingFor[0].Until
}
