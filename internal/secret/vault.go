package secret

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"tandem/internal/action"
	"tandem/internal/workflow"
)

// Vault stores secrets and gives them to steps. It is safe for concurrent use.
type Vault struct {
	store Store
	keys  Ring
	now   func() time.Time
}

// New returns a vault on a store. Without keys it lists and deletes, and refuses
// the rest with a sentence. A nil now is time.Now.
func New(store Store, keys Ring, now func() time.Time) *Vault {
	if now == nil {
		now = time.Now
	}
	return &Vault{store: store, keys: keys, now: now}
}

// NewSecret is a secret to store.
type NewSecret struct {
	Name        string
	Value       string
	Definitions []string // whose steps may use it; * = all
	Hosts       []string // where it may go; * = anywhere
}

// maxPage bounds a list.
const maxPage = 200

// Set stores a secret, or replaces it with its rules. Only admins may.
func (v *Vault) Set(ctx context.Context, by workflow.Actor, n NewSecret) error {
	if err := mayKeep(by); err != nil {
		return err
	}
	if err := n.check(); err != nil {
		return err
	}
	now := v.now().UTC().Truncate(time.Microsecond)
	s := Sealed{Info: Info{
		Tenant: by.Tenant, Name: n.Name, Definitions: unique(n.Definitions), Hosts: unique(n.Hosts),
		CreatedBy: by.ID, CreatedAt: now, UpdatedBy: by.ID, UpdatedAt: now,
	}}
	if err := v.keys.seal(&s, n.Value); err != nil {
		return refused(err)
	}
	line := by.Record(now, "secret.set", "secret", n.Name)
	line.After = rules(s.Info)
	if err := v.store.SaveSecret(ctx, s, line); err != nil {
		return fmt.Errorf("store secret %s: %w", n.Name, err)
	}
	return nil
}

// rules is what the audit keeps of a secret.
func rules(i Info) json.RawMessage {
	text, err := json.Marshal(map[string][]string{"definitions": i.Definitions, "hosts": i.Hosts})
	if err != nil {
		panic(err) // texts can always be encoded
	}
	return text
}

func unique(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

func refused(err error) error {
	e := workflow.Errorf(workflow.KindInvalid, "secrets_refused", "The secret was not stored: %s.", err)
	e.Err = err
	return e
}

// List gives a page of secrets without their values, in order of name, after a
// name, at most 200. Only admins may.
func (v *Vault) List(ctx context.Context, by workflow.Actor, after string, limit int) ([]Info, error) {
	if err := mayKeep(by); err != nil {
		return nil, err
	}
	sealed, err := v.store.Secrets(ctx, by.Tenant, after, min(max(limit, 1), maxPage))
	if err != nil {
		return nil, fmt.Errorf("list secrets: %w", err)
	}
	list := make([]Info, len(sealed))
	for i, s := range sealed {
		list[i] = s.Info
	}
	return list, nil
}

// Info gives what may be shown of one secret, ErrNotFound when there is none.
// Only admins may.
func (v *Vault) Info(ctx context.Context, by workflow.Actor, name string) (Info, error) {
	if err := mayKeep(by); err != nil {
		return Info{}, err
	}
	found, err := v.store.SecretsByName(ctx, by.Tenant, []string{name})
	if err != nil {
		return Info{}, fmt.Errorf("read secret %s: %w", name, err)
	}
	if len(found) == 0 {
		return Info{}, ErrNotFound
	}
	return found[0].Info, nil
}

// Delete removes a secret. Only admins may.
func (v *Vault) Delete(ctx context.Context, by workflow.Actor, name string) error {
	if err := mayKeep(by); err != nil {
		return err
	}
	line := by.Record(v.now().UTC(), "secret.delete", "secret", name)
	if err := v.store.DeleteSecret(ctx, by.Tenant, name, line); err != nil {
		return fmt.Errorf("delete secret %s: %w", name, err)
	}
	return nil
}

// Rekey seals every secret of the actor's tenant with the current master key and
// tells how many had another one. Only admins may.
func (v *Vault) Rekey(ctx context.Context, by workflow.Actor) (int, error) {
	if err := mayKeep(by); err != nil {
		return 0, err
	}
	changed, after := 0, ""
	for {
		page, err := v.store.Secrets(ctx, by.Tenant, after, maxPage)
		if err != nil {
			return changed, fmt.Errorf("rekey secrets: %w", err)
		}
		for _, s := range page {
			did, err := v.reseal(ctx, s)
			if err != nil {
				return changed, fmt.Errorf("rekey secret %s: %w", s.Name, err)
			}
			if did {
				changed++
			}
			after = s.Name
		}
		if len(page) < maxPage {
			return changed, nil
		}
	}
}

func (v *Vault) reseal(ctx context.Context, s Sealed) (bool, error) {
	if len(v.keys.keys) > 0 && s.KeyID == v.keys.keys[0].id {
		return false, nil
	}
	value, err := v.keys.open(s)
	if err != nil {
		return false, err
	}
	was := s.Nonce
	if err := v.keys.seal(&s, value); err != nil {
		return false, err
	}
	return true, v.store.ResealSecret(ctx, s, was)
}

// Reveal gives the values of secrets to a step of a definition: all of them, or
// an *action.Error that says which it may not have and why.
func (v *Vault) Reveal(ctx context.Context, tenant, definition string, names []string) (action.Secrets, error) {
	if len(v.keys.keys) == 0 {
		return nil, &action.Error{Code: "secrets_not_configured", Message: errNoKey.Error()}
	}
	found, err := v.store.SecretsByName(ctx, tenant, names)
	if err != nil {
		return nil, fmt.Errorf("secrets of %s: %w", definition, err)
	}
	revealed := make(action.Secrets, 0, len(names))
	for _, name := range names {
		i := slices.IndexFunc(found, func(s Sealed) bool { return s.Name == name })
		if i < 0 {
			return nil, &action.Error{Code: "unknown_secret", Message: fmt.Sprintf("there is no secret %s; an admin stores it with: tandem secret set %s", name, name)}
		}
		s := found[i]
		if !s.usable(definition) {
			return nil, &action.Error{Code: "secret_refused", Message: fmt.Sprintf("the secret %s may not be used by %q; an admin can allow that definition for it", name, definition)}
		}
		value, err := v.keys.open(s)
		if err != nil {
			return nil, &action.Error{Code: "secret_unreadable", Message: fmt.Sprintf("the secret %s cannot be opened: %s", name, err)}
		}
		revealed = append(revealed, action.Secret{Name: name, Value: value, Hosts: s.Hosts})
	}
	return revealed, nil
}

// mayKeep takes admins; of their tokens those with the scope secrets. Whether it
// is only for reading, the route judges.
func mayKeep(by workflow.Actor) error {
	named := by.Scopes == nil || slices.ContainsFunc(by.Scopes, func(scope string) bool {
		name, _, _ := strings.Cut(scope, ":")
		return name == "secrets"
	})
	if by.System || by.Is(workflow.RoleAdmin) && named {
		return nil
	}
	return workflow.Errorf(workflow.KindForbidden, workflow.ErrForbidden.Code, "Only an administrator may manage secrets.")
}
