package workflow

import (
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
	Body   string     // a hash of what was asked for
	At     time.Time  // of the first request
	Until  *time.Time // kept until then; nil = as long as the instance
}

// MaxRequestKey bounds RequestKey.Key, in bytes.
const MaxRequestKey = 255

// KeyUse is what a key was used for.
type KeyUse struct {
	InstanceID uuid.UUID
	Body       string
}

// Name gives the key without what was asked for: what is unique.
func (k RequestKey) Name() RequestKey {
	return RequestKey{Tenant: k.Tenant, Caller: k.Caller, Method: k.Method, Path: k.Path, Key: k.Key}
}
