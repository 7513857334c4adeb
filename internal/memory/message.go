package memory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// matchBatch bounds how many messages are given to those who wait at once.
const matchBatch = 100

func (s *Store) writeWaits(t *workflow.Transition) {
	for _, id := range t.WaitsDone {
		delete(s.waits, id)
	}
	for _, w := range t.Waits {
		s.waits[w.ExecutionID] = w
	}
}

// kept lists the messages of a name and key that have not expired, the first
// sent first.
func (s *Store) kept(key workflow.MessageKey) []workflow.Message {
	var list []workflow.Message
	for _, m := range s.messages {
		if m.MessageKey == key && m.ExpiresAt.After(s.now()) {
			list = append(list, m)
		}
	}
	slices.SortFunc(list, func(a, b workflow.Message) int { return slices.Compare(a.ID[:], b.ID[:]) })
	return list
}

// waiting lists those who wait for a name and key, the longest first.
func (s *Store) waiting(key workflow.MessageKey) []workflow.MessageWait {
	var list []workflow.MessageWait
	for _, w := range s.waits {
		if w.MessageKey == key {
			list = append(list, w)
		}
	}
	slices.SortFunc(list, func(a, b workflow.MessageWait) int {
		return cmp.Or(a.Since.Compare(b.Since), slices.Compare(a.ExecutionID[:], b.ExecutionID[:]))
	})
	return list
}

// pair gives messages to those who wait.
func (s *Store) pair(messages []workflow.Message, waits []workflow.MessageWait) []workflow.Send {
	messages = messages[:min(len(messages), matchBatch)]
	sends := workflow.PairMessages(messages, waits, func() uuid.UUID { return uuid.Must(uuid.NewV7()) }, s.now())
	for i, send := range sends {
		delete(s.messages, messages[i].ID)
		delete(s.waits, waits[i].ExecutionID)
		s.sends[send.ID] = claimable{Due: cloneDue(send.Due()), hidden: send.At.Add(engine.SendHold)}
	}
	return sends
}

// SendMessage implements engine.Store.
func (s *Store) SendMessage(ctx context.Context, m workflow.Message, keep bool, key *workflow.RequestKey) ([]workflow.Send, uuid.UUID, error) {
	if err := ctx.Err(); err != nil {
		return nil, uuid.Nil, fmt.Errorf("send a message: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.free(key); err != nil {
		return nil, uuid.Nil, err
	}
	m.Data = slices.Clone(m.Data)
	kept := s.kept(m.MessageKey)
	sends := s.pair(append(kept, m), s.waiting(m.MessageKey))
	switch {
	case len(sends) > len(kept):
		s.claim(key, sends[len(kept)].To)
		return sends, sends[len(kept)].To, nil
	case keep && len(kept) >= workflow.MaxMessages:
		return nil, uuid.Nil, engine.ErrTooManyMessages
	case keep:
		s.claim(key, uuid.Nil)
		s.messages[m.ID] = m
	}
	return sends, uuid.Nil, nil
}

// MatchMessages implements engine.Store.
func (s *Store) MatchMessages(ctx context.Context, key workflow.MessageKey) ([]workflow.Send, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("match messages: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pair(s.kept(key), s.waiting(key)), nil
}

// ReturnMessage implements engine.Store.
func (s *Store) ReturnMessage(ctx context.Context, send uuid.UUID, m workflow.Message) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("return message %s: %w", m.ID, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.sends[send]; ok {
		delete(s.sends, send)
		s.messages[m.ID] = m
	}
	return nil
}

// SweepMessages implements engine.Store.
func (s *Store) SweepMessages(ctx context.Context, limit int) ([]workflow.MessageKey, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("sweep messages: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := map[workflow.MessageKey]bool{}
	for id, m := range s.messages {
		if !m.ExpiresAt.After(s.now()) {
			delete(s.messages, id)
			continue
		}
		keys[m.MessageKey] = len(s.waiting(m.MessageKey)) > 0
	}
	maps.DeleteFunc(keys, func(_ workflow.MessageKey, waited bool) bool { return !waited })
	list := slices.Collect(maps.Keys(keys))
	return list[:min(len(list), limit)], nil
}

// StartedBy implements engine.Store.
func (s *Store) StartedBy(ctx context.Context, tenant, message string, limit int) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("find what a message starts: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var names []string
	for _, v := range s.versions(tenant, "") {
		if v.startOn == message && !v.inactive && !slices.Contains(names, v.ref.Name) {
			names = append(names, v.ref.Name)
		}
	}
	return names[:min(len(names), limit)], nil
}
