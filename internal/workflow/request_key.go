package workflow

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// RequestKey is a caller's own name for one request, so that repeating it does
// nothing twice. It is stored with the request's effect.
type RequestKey struct {
	Tenant string
	Caller string
	Method string
	Path   string
	Key    string
	Body   string          // a hash of what was asked for
	At     time.Time       // of the first request
	Until  *time.Time      // kept until then; nil = as long as the instance
	Answer json.RawMessage // what a repetition is told and nobody can read again; nil = nothing
}

// MaxRequestKey bounds RequestKey.Key, in bytes.
const MaxRequestKey = 255

// KeyUse is what a key was used for.
type KeyUse struct {
	InstanceID uuid.UUID // that was started or changed; zero = none
	Body       string
	Answer     json.RawMessage
}

// KeyName is what is unique of a key.
type KeyName struct{ Tenant, Caller, Method, Path, Key string }

// Name gives the key without what was asked for.
func (k RequestKey) Name() KeyName { return KeyName{k.Tenant, k.Caller, k.Method, k.Path, k.Key} }
