package memory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// uniqueKey is what one instance lives under at a time.
type uniqueKey struct{ tenant, definition, correlation string }

func uniqueOf(in workflow.Instance) uniqueKey {
	return uniqueKey{in.Tenant, in.Definition.Name, in.CorrelationID}
}

// usedKey is a key with what it was used for.
type usedKey struct {
	workflow.KeyUse
	until *time.Time
}

// claims are what the starts of one batch have claimed so far.
type claims map[any]bool

// take claims what a start needs for itself; false when something is taken,
// the key of a request is used, or the version is not active.
func (c claims) take(s *Store, t *workflow.Transition) bool {
	if t.From > 0 {
		return !slices.ContainsFunc(t.Keys, func(k workflow.RequestKey) bool { _, used := s.used(k.Name()); return used })
	}
	place := versionKey{t.Instance.Tenant, t.Instance.Definition}
	if _, gone := s.deleted[place]; gone || s.definitions[place] != nil && s.definitions[place].inactive {
		return false
	}
	var wanted []any
	if t.Unique {
		if _, taken := s.unique[uniqueOf(t.Instance)]; taken {
			return false
		}
		wanted = append(wanted, uniqueOf(t.Instance))
	}
	for _, k := range t.Keys {
		if _, used := s.used(k.Name()); used {
			return false
		}
		wanted = append(wanted, k.Name())
	}
	for _, claim := range wanted {
		if c[claim] {
			return false
		}
	}
	for _, claim := range wanted {
		c[claim] = true
	}
	return true
}

// used gives what a key that has not expired was used for.
func (s *Store) used(k workflow.KeyName) (workflow.KeyUse, bool) {
	use, ok := s.keys[k]
	if !ok || use.until != nil && !use.until.After(s.now()) {
		return workflow.KeyUse{}, false
	}
	return use.KeyUse, true
}

// writeStart keeps keys, and who lives as the only one.
func (s *Store) writeStart(t *workflow.Transition) {
	for _, k := range t.Keys {
		if _, used := s.used(k.Name()); !used {
			s.keep(k, t.InstanceID)
		}
	}
	key := uniqueOf(t.Instance)
	if t.From == 0 && t.Unique {
		s.unique[key] = t.InstanceID
	}
	if s.unique[key] == t.InstanceID && t.Instance.Status.Finished() {
		delete(s.unique, key)
	}
}

func (s *Store) keep(k workflow.RequestKey, instance uuid.UUID) {
	s.keys[k.Name()] = usedKey{workflow.KeyUse{InstanceID: instance, Body: k.Body, Answer: slices.Clone(k.Answer)}, copied(k.Until)}
}

// free refuses a key that is used already, before its effect.
func (s *Store) free(k *workflow.RequestKey) error {
	if k == nil {
		return nil
	}
	if _, used := s.used(k.Name()); used {
		return engine.ErrKeyTaken
	}
	return nil
}

// claim writes a key, if there is one, with an effect; the instance may be
// zero.
func (s *Store) claim(k *workflow.RequestKey, instance uuid.UUID) {
	if k != nil {
		s.keep(*k, instance)
	}
}

// KeyUse implements engine.Store.
func (s *Store) KeyUse(ctx context.Context, k workflow.RequestKey) (workflow.KeyUse, bool, error) {
	if err := ctx.Err(); err != nil {
		return workflow.KeyUse{}, false, fmt.Errorf("look a key up: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	use, used := s.used(k.Name())
	return use, used, nil
}

// DropKeys implements engine.Store.
func (s *Store) DropKeys(ctx context.Context, limit int) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("drop keys: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	dropped := 0
	for k := range s.keys {
		if _, used := s.used(k); !used && dropped < limit {
			delete(s.keys, k)
			dropped++
		}
	}
	return dropped, nil
}

// LiveUnique implements engine.Store.
func (s *Store) LiveUnique(ctx context.Context, tenant, definition, correlation string) (uuid.UUID, error) {
	if err := ctx.Err(); err != nil {
		return uuid.Nil, fmt.Errorf("look for a live instance: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	id, ok := s.unique[uniqueKey{tenant, definition, correlation}]
	if !ok {
		return uuid.Nil, workflow.ErrInstanceNotFound
	}
	return id, nil
}
