package api_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-chi/chi/v5"

	"tandem/internal/engine"
	"tandem/internal/memory"
	"tandem/internal/web/api"
	"tandem/internal/web/session"
	"tandem/internal/workflow"
)

// revocable knows tokens that can be taken back.
type revocable struct {
	mu sync.Mutex
	people
}

func (r *revocable) ActorByToken(ctx context.Context, secret string) (workflow.Actor, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.people.ActorByToken(ctx, secret)
}

func (r *revocable) revoke(secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.people, secret)
}

// follower is who reads a stream. A slow one takes nothing: each write waits for
// its deadline.
type follower struct {
	slow   bool
	header http.Header

	mu       sync.Mutex
	text     bytes.Buffer
	deadline time.Time
}

func (f *follower) Header() http.Header             { return f.header }
func (f *follower) WriteHeader(int)                 {}
func (f *follower) Flush()                          {}
func (f *follower) SetReadDeadline(time.Time) error { return nil }

func (f *follower) SetWriteDeadline(at time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.deadline = at
	return nil
}

func (f *follower) Write(text []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.slow && strings.HasPrefix(string(text), "id:") {
		<-time.After(time.Until(f.deadline))
		return 0, os.ErrDeadlineExceeded
	}
	return f.text.Write(text)
}

// started counts the events of starts that arrived.
func (f *follower) started() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Count(f.text.String(), "event: workflow.started")
}

// stage is an API on a simulated clock.
type stage struct {
	t       *testing.T
	engine  *engine.Engine
	tokens  *revocable
	handler http.Handler
}

func onStage(t *testing.T, people *session.Manager) *stage {
	t.Helper()
	store := memory.New(memory.Options{})
	s := &stage{t: t, tokens: &revocable{people: everyone()}}
	s.engine = engine.New(engine.Config{Store: store, Log: slog.New(slog.DiscardHandler), HookKey: []byte("a key of the tests, long enough!")})
	run, stop := context.WithCancel(t.Context())
	var ended sync.WaitGroup
	ended.Go(func() { _ = s.engine.Run(run, time.Second) })
	t.Cleanup(func() { stop(); ended.Wait() })
	r := chi.NewRouter()
	api.New(api.Config{Engine: s.engine, Read: store, People: s.tokens, Sessions: people, Log: slog.New(slog.DiscardHandler)}).Mount(r)
	s.handler = r
	if _, _, _, err := s.engine.SaveDefinition(t.Context(), everyone()["arno"], []byte(quick)); err != nil {
		t.Fatal(err)
	}
	return s
}

// follow begins a stream; ended tells when the server has ended it.
func (s *stage) follow(ctx context.Context, who string, f *follower) (ended chan struct{}) {
	s.t.Helper()
	f.header, ended = http.Header{}, make(chan struct{})
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, v1+"/events", nil)
	r.Header.Set("Authorization", "Bearer "+who)
	go func() { defer close(ended); s.handler.ServeHTTP(f, r) }()
	synctest.Wait()
	return ended
}

func (s *stage) start() {
	s.t.Helper()
	if _, err := s.engine.Start(s.t.Context(), everyone()["otto"], engine.StartInput{Definition: "quick", Input: []byte("{}")}); err != nil {
		s.t.Fatal(err)
	}
}

func over(ended <-chan struct{}) bool {
	select {
	case <-ended:
		return true
	default:
		return false
	}
}

func TestEvents_rights_are_looked_at_each_minute(t *testing.T) {
	t.Parallel()
	people := sessions(t) // has goroutines of its own
	synctest.Test(t, func(t *testing.T) {
		s, ctx := onStage(t, people), t.Context()
		var revoked, kept follower
		gone, stays := s.follow(ctx, "olga", &revoked), s.follow(ctx, "ada", &kept)
		s.tokens.revoke("olga")
		time.Sleep(59 * time.Second)
		if over(gone) {
			t.Error("the stream ended before its minute was over")
		}
		time.Sleep(17 * time.Second) // the next sign of life
		if !over(gone) {
			t.Fatal("a revoked token still has its stream after 76 s")
		}
		s.start()
		time.Sleep(5 * time.Second)
		if over(stays) || kept.started() != 1 || revoked.started() != 0 {
			t.Errorf("who kept his rights: ended %v, %d events; who lost them: %d events", over(stays), kept.started(), revoked.started())
		}
	})
}

func TestEvents_slow_reader_is_dropped_not_waited_for(t *testing.T) {
	t.Parallel()
	people := sessions(t) // has goroutines of its own
	synctest.Test(t, func(t *testing.T) {
		s, ctx := onStage(t, people), t.Context()
		slow, quick := follower{slow: true}, follower{}
		dropped, stays := s.follow(ctx, "olga", &slow), s.follow(ctx, "ada", &quick)
		begun := time.Now()
		for range 20 {
			s.start()
		}
		time.Sleep(2 * time.Second)
		if got := quick.started(); got != 20 || time.Since(begun) > 5*time.Second {
			t.Errorf("beside a slow reader %d of 20 events arrived after %s", got, time.Since(begun))
		}
		time.Sleep(12 * time.Second)
		if !over(dropped) || over(stays) {
			t.Errorf("after 14 s: slow reader dropped %v, want true; quick one ended %v, want false", over(dropped), over(stays))
		}
	})
}
