package tandem

import (
	"context"
	"fmt"

	"tandem/internal/auth"
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

// sealer keeps secrets of second factors in boxes of the vault.
type sealer struct{ vault *secret.Vault }

func (s sealer) Seal(tenant, name, value string) (auth.Box, error) {
	b, err := s.vault.Seal(tenant, name, value)
	return auth.Box(b), err
}

func (s sealer) Open(tenant, name string, b auth.Box) (string, error) {
	return s.vault.Open(tenant, name, secret.Box(b))
}

func (s sealer) Reseal(tenant, name string, b auth.Box) (auth.Box, bool, error) {
	sealed, changed, err := s.vault.Reseal(tenant, name, secret.Box(b))
	return auth.Box(sealed), changed, err
}

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

// RekeySecrets seals every secret, second factor and key of a subscription, of
// all tenants, with the current master key and tells how many had another one. Afterwards old keys
// can be thrown away.
func (t *Tandem) RekeySecrets(ctx context.Context) (changed int, err error) {
	all := []func(context.Context, Actor) (int, error){t.secrets.Rekey, t.people.ResealFactors}
	if t.notify != nil {
		all = append(all, t.notify.Reseal)
	}
	tenants, err := t.tenantNames(ctx)
	if err != nil {
		return 0, err
	}
	for _, tenant := range tenants {
		for _, reseal := range all {
			n, err := reseal(ctx, setupIn(tenant))
			changed += n
			if err != nil {
				return changed, fmt.Errorf("tenant %s: %w", tenant, err)
			}
		}
	}
	return changed, nil
}
