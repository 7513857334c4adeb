package audit

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tandem/internal/workflow"
)

// lines is a store that keeps lines in memory and counts how often somebody
// looked for ones without a seal.
type lines struct {
	written chan struct{}

	mu sync.Mutex
	counts
	broken bool
}

type counts struct{ pending, looks, stored int }

// now gives the counts as they are.
func (s *lines) now() counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}

// set changes the store from the test.
func (s *lines) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *lines) WriteRecords(_ context.Context, lines []workflow.Record) error {
	s.mu.Lock()
	broken := s.broken
	if !broken {
		s.stored += len(lines)
	}
	s.mu.Unlock()
	if broken {
		return errors.New("the database is away")
	}
	s.write(len(lines))
	return nil
}

func (s *lines) write(n int) {
	s.set(func() { s.pending += n })
	select {
	case s.written <- struct{}{}:
	default:
	}
}

func (s *lines) Seal(_ context.Context, _ time.Time, limit int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looks++
	n := min(s.pending, limit)
	s.pending -= n
	return n, nil
}

func (s *lines) Written() <-chan struct{} { return s.written }

// keep runs a test with a keeper on a simulated clock.
func keep(t *testing.T, test func(t *testing.T, k *Keeper, s *lines)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		s := &lines{written: make(chan struct{}, 1)}
		k := NewKeeper(s, slog.New(slog.DiscardHandler), time.Now)
		done := make(chan struct{})
		go func() { defer close(done); k.Run(ctx) }()
		test(t, k, s)
		end()
		<-done
	})
}

func pass(d time.Duration) {
	time.Sleep(d) // of the simulated clock
	synctest.Wait()
}

func TestKeeper(t *testing.T) {
	t.Parallel()
	t.Run("sleeps_while_nothing_is_written", func(t *testing.T) {
		t.Parallel()
		keep(t, func(t *testing.T, _ *Keeper, s *lines) {
			pass(2 * time.Second)
			before := s.now().looks
			pass(5 * time.Minute)
			if got := s.now().looks - before; got != 20 {
				t.Errorf("looked %d times in five minutes, want once in 15 s", got)
			}
		})
	})
	t.Run("seals_within_a_second_of_a_write", func(t *testing.T) {
		t.Parallel()
		keep(t, func(t *testing.T, _ *Keeper, s *lines) {
			pass(time.Minute + 7*time.Second)
			s.write(3 * MaxLines)
			pass(time.Second)
			if n := s.now().pending; n != 0 {
				t.Errorf("%d lines without a seal after a second", n)
			}
			for range 100 {
				s.write(1)
				pass(100 * time.Millisecond)
			}
			pass(time.Second)
			if n := s.now(); n.pending != 0 || n.looks > 25 {
				t.Errorf("%d lines without a seal, %d looks in eleven seconds", n.pending, n.looks)
			}
		})
	})
	t.Run("finds_lines_that_nobody_told_of", func(t *testing.T) {
		t.Parallel()
		keep(t, func(t *testing.T, _ *Keeper, s *lines) {
			pass(time.Minute)
			s.set(func() { s.pending = 1 })
			pass(15 * time.Second)
			if s.now().pending != 0 {
				t.Error("a line has no seal after 15 s")
			}
		})
	})
	t.Run("refusals_outlive_a_database_that_is_away", func(t *testing.T) {
		t.Parallel()
		keep(t, func(t *testing.T, k *Keeper, s *lines) {
			s.set(func() { s.broken = true })
			k.Refused(workflow.Record{Action: "task.complete"})
			pass(time.Minute)
			s.set(func() { s.broken = false })
			pass(time.Second)
			if n := s.now().stored; n != 1 {
				t.Errorf("%d refusals stored, want 1", n)
			}
			pass(time.Second)
			if s.now().pending != 0 {
				t.Error("the refusal has no seal")
			}
		})
	})
}
