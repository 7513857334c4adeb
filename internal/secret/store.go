package secret

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"tandem/internal/workflow"
)

// Store keeps sealed secrets. Every method returns a *workflow.Error of
// KindUnavailable when the database cannot be reached, and sees only the tenant
// it is given.
type Store interface {
	// SaveSecret adds a secret, or replaces it and keeps who made it and when. A
	// change and its line of the audit are stored together, here and below.
	SaveSecret(ctx context.Context, s Sealed, line workflow.Record) error

	// ResealSecret replaces the key id, nonce and ciphertext of a secret whose
	// nonce is still was; one that was changed or deleted meanwhile stays as it
	// is.
	ResealSecret(ctx context.Context, s Sealed, was []byte) error

	// SecretsByName returns the secrets of those names that there are, in order
	// of name.
	SecretsByName(ctx context.Context, tenant string, names []string) ([]Sealed, error)

	// Secrets returns up to limit secrets after a name, in order of name.
	Secrets(ctx context.Context, tenant, after string, limit int) ([]Sealed, error)

	// DeleteSecret removes a secret, ErrNotFound when there is none.
	DeleteSecret(ctx context.Context, tenant, name string, line workflow.Record) error
}

// Sealed is a secret as it is stored.
type Sealed struct {
	Info
	Nonce      []byte
	Ciphertext []byte // with its authentication tag
}

// Info is what may be shown of a secret.
type Info struct {
	Tenant      string
	Name        string
	KeyID       string   // of the master key that seals it
	Definitions []string // whose steps may use it; * = all
	Hosts       []string // where it may go: host, host:port, *.domain; * = anywhere
	CreatedBy   string
	CreatedAt   time.Time
	UpdatedBy   string
	UpdatedAt   time.Time
}

// ErrNotFound says that there is no such secret.
var ErrNotFound = workflow.Errorf(workflow.KindNotFound, "secret_not_found", "There is no such secret. Check the spelling of its name.")

// bound is what is authenticated beside the value: a row is good for one name of
// one tenant, with the rules it was stored with.
func (s *Sealed) bound() []byte {
	text, err := json.Marshal([][]string{{"tandem secret", s.Tenant, s.Name}, s.Definitions, s.Hosts})
	if err != nil {
		panic(err) // texts can always be encoded
	}
	return text
}

// usable reports whether steps of a definition may use the secret.
func (s *Sealed) usable(definition string) bool {
	return slices.Contains(s.Definitions, "*") || slices.Contains(s.Definitions, definition)
}
