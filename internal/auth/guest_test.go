package auth

import (
	"errors"
	"testing"
	"time"

	"tandem/internal/workflow"
)

func TestService_guest_limits(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s := New(nil, func() time.Time { return now })
	nothing := func() error { return workflow.ErrTaskNotFound }
	opens := func() error { return nil }
	for range perMiss * 2 {
		if err := s.TryLink("192.0.2.1", opens); err != nil {
			t.Fatalf("a link that works is counted: %v", err)
		}
	}
	for range perMiss {
		if err := s.TryLink("192.0.2.1", nothing); !errors.Is(err, workflow.ErrTaskNotFound) {
			t.Fatalf("a miss: %v", err)
		}
	}
	if err := s.TryLink("192.0.2.1", opens); workflow.KindOf(err) != workflow.KindTooMany {
		t.Errorf("after %d misses: %v, want to wait", perMiss, err)
	}
	if err := s.TryLink("192.0.2.2", opens); err != nil {
		t.Errorf("another address: %v", err)
	}
	guest := workflow.GuestActor("default", "ines@example.com")
	for range perLink {
		if err := s.CountGuest(guest, "a task"); err != nil {
			t.Fatal(err)
		}
	}
	var wait Wait
	if err := s.CountGuest(guest, "a task"); !errors.As(err, &wait) || time.Duration(wait) != linkSpan {
		t.Errorf("form %d: %v, want to wait %s", perLink+1, err, linkSpan)
	}
	if err := s.CountGuest(guest, "another task"); err != nil {
		t.Errorf("another task: %v", err)
	}
	now = now.Add(linkSpan)
	if err := s.CountGuest(guest, "a task"); err != nil {
		t.Errorf("a quarter of an hour later: %v", err)
	}
}
