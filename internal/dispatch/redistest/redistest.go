// Package redistest gives tests a real Redis that can be killed and flushed.
package redistest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Server is a Redis of a test's own, on a socket.
type Server struct {
	Client *redis.Client

	t   testing.TB
	dir string
	cmd *exec.Cmd
}

// startTimeout bounds how long a Redis may take to answer.
const startTimeout = 20 * time.Second

// Start starts a Redis that keeps nothing on disk and ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Fatal("redis-server is missing: run make deps-test")
	}
	dir, err := os.MkdirTemp("", "r") // short, as the path of a socket must be
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, dir: dir}
	s.Client = redis.NewClient(&redis.Options{Network: "unix", Addr: s.Socket()})
	t.Cleanup(func() {
		s.Kill()
		s.Client.Close()
		os.RemoveAll(dir)
	})
	s.Start()
	return s
}

// Socket is where it listens.
func (s *Server) Socket() string { return filepath.Join(s.dir, "s") }

// Start starts it again after Kill, without anything that was in it.
func (s *Server) Start() {
	s.t.Helper()
	s.cmd = exec.Command("redis-server", "--port", "0", "--unixsocket", s.Socket(), "--save", "", "--appendonly", "no", "--dir", s.dir)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for s.Client.Ping(ctx).Err() != nil {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			s.t.Fatalf("Redis does not answer within %s", startTimeout)
		}
	}
}

// Kill gives it no time to save or to tell anybody.
func (s *Server) Kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait() // it was killed
		s.cmd = nil
	}
}

// Flush deletes everything.
func (s *Server) Flush() {
	s.t.Helper()
	if err := s.Client.FlushAll(s.t.Context()).Err(); err != nil {
		s.t.Fatal(err)
	}
}
