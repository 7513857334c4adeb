package workflow

import (
	"encoding/json"
	"time"

	"tandem/internal/workflow/expr"
)

// StartOn says which message starts an instance.
type StartOn struct {
	Message string
	Key     *expr.Program // gives the correlation id; nil = the message's key
}

// StepMessage says which message a webhook step waits for.
type StepMessage struct {
	Name string
	Key  *expr.Text // nil = the instance's correlation id
}

// Correlation gives the correlation id of the instance that a message starts.
func (s *StartOn) Correlation(m Message, now time.Time) (string, error) {
	if s.Key == nil {
		return m.Key, nil
	}
	data, err := DecodeJSON(m.Data)
	if err != nil {
		return "", err
	}
	v, err := s.Key.Eval(noDeadline, expr.Map{"data": data, "now": now})
	text, ok := settingText(v)
	if err != nil || !ok || text == "" {
		return "", startOnError(s, v, err)
	}
	return text, CheckText(text, "correlation id")
}

func startOnError(s *StartOn, v any, err error) error {
	if err != nil {
		return Errorf(KindInvalid, ErrInvalidInput.Code, "The key of start_on cannot be computed: %s", err)
	}
	return Errorf(KindInvalid, ErrInvalidInput.Code, "The key of start_on, %s, must give a text, but it gave %s.", s.Key.Source(), excerpt(v))
}

// InputOf is the start data that a message gives.
func (m Message) InputOf() json.RawMessage {
	if len(m.Data) == 0 {
		return json.RawMessage("{}")
	}
	return m.Data
}
