package tandem

import (
	"context"

	"tandem/internal/secret"
	"tandem/internal/workflow"
)

// Secret is what may be shown of a secret.
type Secret = secret.Info

// NewSecret is a secret to store: its value, the definitions whose steps may use
// it and the hosts that it may go to; * is any.
type NewSecret = secret.NewSecret

// NewSecretsKey makes a master key for Config.SecretsKey.
func NewSecretsKey() string { return secret.NewKey() }

// setup is who acts in commands.
func setup() Actor { return workflow.SystemActor(workflow.DefaultTenant, "setup") }

// SetSecret stores a secret, or replaces it with its rules.
func (t *Tandem) SetSecret(ctx context.Context, s NewSecret) error {
	return t.secrets.Set(ctx, setup(), s)
}

// Secrets lists up to limit secrets, at most 200, after a name, in order of name
// and without their values.
func (t *Tandem) Secrets(ctx context.Context, after string, limit int) ([]Secret, error) {
	return t.secrets.List(ctx, setup(), after, limit)
}

// DeleteSecret removes a secret; steps that need it fail from then on.
func (t *Tandem) DeleteSecret(ctx context.Context, name string) error {
	return t.secrets.Delete(ctx, setup(), name)
}

// RekeySecrets seals every secret with the current master key and tells how many
// had another one. Afterwards old keys can be thrown away.
func (t *Tandem) RekeySecrets(ctx context.Context) (int, error) {
	return t.secrets.Rekey(ctx, setup())
}
