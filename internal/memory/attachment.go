package memory

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// file is an attachment with its content.
type file struct {
	engine.Attachment
	content []byte
}

// SaveAttachment implements engine.Store.
func (s *Store) SaveAttachment(ctx context.Context, a engine.Attachment, content []byte, key *workflow.RequestKey) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("store a file: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	loose := 0
	for _, f := range s.files {
		if f.Tenant == a.Tenant && f.By == a.By && f.InstanceID == uuid.Nil {
			loose++
		}
	}
	if loose >= engine.MaxLooseAttachments {
		return engine.ErrTooManyAttachments
	}
	if err := s.free(key); err != nil {
		return err
	}
	s.files[a.ID] = file{a, bytes.Clone(content)}
	s.claim(key, uuid.Nil)
	return nil
}

// Attachments implements engine.Store.
func (s *Store) Attachments(ctx context.Context, tenant string, ids []uuid.UUID) ([]engine.Attachment, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("read attachments: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []engine.Attachment
	for id, f := range s.files {
		if f.Tenant == tenant && slices.Contains(ids, id) {
			found = append(found, f.Attachment)
		}
	}
	slices.SortFunc(found, func(a, b engine.Attachment) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return found, nil
}

// AttachmentContent implements engine.Store.
func (s *Store) AttachmentContent(ctx context.Context, tenant string, id uuid.UUID) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("read a file: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	f, ok := s.files[id]
	if !ok || f.Tenant != tenant {
		return nil, engine.ErrAttachmentNotFound
	}
	return bytes.Clone(f.content), nil
}

// KeepAttachments implements engine.Store.
func (s *Store) KeepAttachments(ctx context.Context, tenant string, ids []uuid.UUID, instance uuid.UUID, until time.Time) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("keep attachments: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		f, ok := s.files[id]
		if !ok || f.Tenant != tenant || f.ExpiresAt == nil {
			continue
		}
		if until.After(*f.ExpiresAt) {
			f.ExpiresAt = &until
		}
		if f.InstanceID == uuid.Nil {
			f.InstanceID = instance
		}
		s.files[id] = f
	}
	return nil
}

// SweepAttachments implements engine.Store.
func (s *Store) SweepAttachments(ctx context.Context, limit int) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("sweep attachments: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	deleted := 0
	for id, f := range s.files {
		if f.ExpiresAt == nil || f.ExpiresAt.After(s.now()) || limit == 0 {
			continue
		}
		limit--
		if _, ok := s.instances[f.InstanceID]; ok {
			f.ExpiresAt = nil
			s.files[id] = f
			continue
		}
		delete(s.files, id)
		deleted++
	}
	return deleted, nil
}

// dropFiles deletes the attachments of an instance.
func (s *Store) dropFiles(instance uuid.UUID) {
	for id, f := range s.files {
		if f.InstanceID == instance {
			delete(s.files, id)
		}
	}
}
