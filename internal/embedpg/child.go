package embedpg

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// guardScript becomes Postgres, with a shell beside it that stops it when the
// pipe at descriptor 3 closes. It is called with the data directory and the
// command line of Postgres.
//
//go:embed guard.sh
var guardScript string

// environment is this program's without the variables that would change what
// Postgres or initdb do.
func environment() []string {
	var env []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "PG") && !strings.HasPrefix(name, "LC_") && name != "LANG" && name != "LANGUAGE" {
			env = append(env, pair)
		}
	}
	return append(env, "LC_ALL=C")
}

// spawn starts Postgres with its guard.
func (s *Server) spawn(cfg Config, acct account, bin string) error {
	read, write, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make the pipe that guards Postgres: %w", err)
	}
	defer read.Close()
	s.guard = write
	args := append([]string{"-c", guardScript, "postgres", s.data, filepath.Join(bin, "postgres")}, s.flags(cfg, acct)...)
	// Its life is not that of the context: Stop ends it, or the guard.
	s.cmd = acct.command(context.Background(), "/bin/sh", args...)
	s.cmd.ExtraFiles = []*os.File{read}
	s.cmd.Stdout, s.cmd.Stderr = s.out.file, s.out.file
	s.out.mark()
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("start Postgres as the user %s: %w", acct.name, err)
	}
	return nil
}

// watch waits for the child, keeps its log in bounds meanwhile, and notes how
// it ended.
func (s *Server) watch() {
	stop := make(chan struct{})
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		s.keepLog(stop)
	}()
	err := s.cmd.Wait()
	close(stop)
	<-kept
	s.mu.Lock()
	if !s.stopping {
		s.err = s.explainEnd(err)
	}
	s.mu.Unlock()
	if err := s.release(); err != nil {
		s.log.Error("release the data directory", "dir", s.dir, "error", err)
	}
	close(s.done)
}

func (s *Server) keepLog(stop <-chan struct{}) {
	tick := time.NewTicker(rotateEvery)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			if err := s.out.rotate(); err != nil {
				s.log.Warn("keep the log of Postgres short", "error", err)
			}
		}
	}
}

// awaitReady waits until Postgres accepts connections and the database exists.
func (s *Server) awaitReady(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		err := s.ensureDatabase(ctx)
		if err == nil {
			return nil
		}
		if !startingUp(err) {
			return fmt.Errorf("make the database %s: %w", Database, err)
		}
		select {
		case <-s.done:
			return s.Err()
		case <-ctx.Done():
			return s.explainWait(ctx.Err())
		case <-tick.C:
		}
	}
}

// startingUp tells an error that passes by itself from one that stays.
func startingUp(err error) bool {
	var answer *pgconn.PgError
	if !errors.As(err, &answer) {
		return true // no connection yet, or lost again
	}
	return answer.Code == "57P03" // cannot_connect_now
}

func (s *Server) ensureDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, socketURL(s.sock, port, "postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var exists bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, Database).Scan(&exists)
	if err != nil || exists {
		return err
	}
	_, err = conn.Exec(ctx, `CREATE DATABASE `+Database)
	return err
}
