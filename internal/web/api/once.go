package api

import (
	"encoding/json"
	"fmt"

	"tandem/internal/engine"
)

// Once is a caller's own name for a request, so that it may be repeated.
type Once struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255" doc:"Your own name for this request, such as a UUID: repeated with the same body it does nothing more and gives the same answer, with another body it is refused."`
}

// Replayed says in a header that an answer is that of an earlier request.
type Replayed struct {
	Replayed string `header:"Idempotency-Replayed" doc:"true when an earlier request with this key has had the effect."`
}

// noVersion is one that nothing has.
const noVersion = -1

// request names a request: by its key, its path without the prefix, and what it
// asks for.
func (o Once) request(path string, body any) (engine.Idempotency, error) {
	if o.IdempotencyKey == "" {
		return engine.Idempotency{}, nil
	}
	text, err := json.Marshal(body)
	if err != nil {
		return engine.Idempotency{}, fmt.Errorf("name a request: %w", err)
	}
	return engine.Idempotency{Method: "POST", Path: path, Key: o.IdempotencyKey, Body: text}, nil
}

func replayedOf(replayed bool) Replayed {
	if replayed {
		return Replayed{"true"}
	}
	return Replayed{}
}
