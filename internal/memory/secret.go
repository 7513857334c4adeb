package memory

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync"

	"tandem/internal/secret"
	"tandem/internal/workflow"
)

var _ secret.Store = (*Secrets)(nil)

// Secrets keeps sealed secrets in memory, without an audit. The zero value is ready and safe for
// concurrent use.
type Secrets struct {
	mu   sync.Mutex
	list []secret.Sealed // in order of tenant and name
}

// find gives the place of a secret, and whether it is there.
func (m *Secrets) find(tenant, name string) (int, bool) {
	return slices.BinarySearchFunc(m.list, secret.Sealed{Info: secret.Info{Tenant: tenant, Name: name}}, func(a, b secret.Sealed) int {
		return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Name, b.Name))
	})
}

// SaveSecret implements secret.Store.
func (m *Secrets) SaveSecret(_ context.Context, s secret.Sealed, _ workflow.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, found := m.find(s.Tenant, s.Name)
	if !found {
		m.list = slices.Insert(m.list, i, cloneSecret(s))
		return nil
	}
	s.CreatedBy, s.CreatedAt = m.list[i].CreatedBy, m.list[i].CreatedAt
	m.list[i] = cloneSecret(s)
	return nil
}

// ResealSecret implements secret.Store.
func (m *Secrets) ResealSecret(_ context.Context, s secret.Sealed, was []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i, found := m.find(s.Tenant, s.Name); found && bytes.Equal(m.list[i].Nonce, was) {
		s = cloneSecret(s)
		m.list[i].KeyID, m.list[i].Nonce, m.list[i].Ciphertext = s.KeyID, s.Nonce, s.Ciphertext
	}
	return nil
}

// SecretsByName implements secret.Store.
func (m *Secrets) SecretsByName(_ context.Context, tenant string, names []string) ([]secret.Sealed, error) {
	return m.some(len(names), func(s secret.Sealed) bool { return s.Tenant == tenant && slices.Contains(names, s.Name) }), nil
}

// Secrets implements secret.Store.
func (m *Secrets) Secrets(_ context.Context, tenant, after string, limit int) ([]secret.Sealed, error) {
	return m.some(limit, func(s secret.Sealed) bool { return s.Tenant == tenant && s.Name > after }), nil
}

func (m *Secrets) some(limit int, is func(secret.Sealed) bool) []secret.Sealed {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []secret.Sealed
	for _, s := range m.list {
		if len(list) < limit && is(s) {
			list = append(list, cloneSecret(s))
		}
	}
	return list
}

// DeleteSecret implements secret.Store.
func (m *Secrets) DeleteSecret(_ context.Context, tenant, name string, _ workflow.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, found := m.find(tenant, name)
	if !found {
		return secret.ErrNotFound
	}
	m.list = slices.Delete(m.list, i, i+1)
	return nil
}

func cloneSecret(s secret.Sealed) secret.Sealed {
	s.Nonce, s.Ciphertext = slices.Clone(s.Nonce), slices.Clone(s.Ciphertext)
	s.Definitions, s.Hosts = slices.Clone(s.Definitions), slices.Clone(s.Hosts)
	return s
}
