package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"tandem"
)

// logger writes what is at least as grave as --log says.
func (s *Settings) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.Log)) // the flag is an enum of valid levels
	options := &slog.HandlerOptions{Level: level}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// database is a database to work on: a given one, that of a server that runs
// beside this command, or a private Postgres started for it.
type database struct {
	url   string
	dir   string // of the private Postgres; empty for a given database
	close func()
}

// stopTimeout bounds the stopping of the private Postgres.
const stopTimeout = 20 * time.Second

// database finds or starts the database of a server.
func (s *Settings) database(ctx context.Context, log *slog.Logger) (*database, error) {
	if s.DatabaseURL != "" {
		return &database{url: s.DatabaseURL, close: func() {}}, nil
	}
	dir, err := s.dataDir()
	if err != nil {
		return nil, err
	}
	server, err := tandem.StartPostgres(ctx, dir, log)
	if err != nil {
		return nil, err
	}
	return &database{url: server.URL(), dir: server.Dir(), close: func() {
		stop, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		if err := server.Stop(stop); err != nil {
			log.Warn("the private Postgres did not stop cleanly", "error", err)
		}
	}}, nil
}

// besideTimeout is how long a command waits for a server that is starting or
// stopping, and besidePause that between two looks.
const (
	besideTimeout = 30 * time.Second
	besidePause   = 100 * time.Millisecond
)

// beside finds the database of a running server, and starts a private one only
// where there is none. A server that starts or stops holds the directory and
// has no database to offer: it is waited for.
func (s *Settings) beside(ctx context.Context, log *slog.Logger) (*database, error) {
	if s.DatabaseURL != "" {
		return s.database(ctx, log)
	}
	dir, err := s.dataDir()
	if err != nil {
		return nil, err
	}
	wait, cancel := context.WithTimeout(ctx, besideTimeout)
	defer cancel()
	for {
		url, err := tandem.AttachPostgres(wait, dir)
		if err == nil {
			return &database{url: url, dir: dir, close: func() {}}, nil
		}
		if !errors.Is(err, tandem.ErrNotRunning) {
			return nil, err
		}
		own, err := s.database(ctx, log)
		if !errors.Is(err, tandem.ErrInUse) {
			return own, err
		}
		select {
		case <-time.After(besidePause):
		case <-wait.Done():
			return nil, err
		}
	}
}

func (s *Settings) dataDir() (string, error) {
	if s.DataDir != "" {
		return s.DataDir, nil
	}
	return tandem.DefaultDataDir()
}

// open gives Tandem on the database of a running server or a private one.
func (s *Settings) open(ctx context.Context, io std) (*tandem.Tandem, func(), error) {
	return s.openWith(ctx, io, func(*tandem.Config) error { return nil })
}

// openWith is open with a configuration that more is said in.
func (s *Settings) openWith(ctx context.Context, io std, more func(*tandem.Config) error) (*tandem.Tandem, func(), error) {
	log := s.logger(io.err)
	database, err := s.beside(ctx, log)
	if err != nil {
		return nil, nil, err
	}
	config := tandem.Config{DatabaseURL: database.url, Log: log}
	var app *tandem.Tandem
	if err = more(&config); err == nil {
		app, err = tandem.New(ctx, config)
	}
	if err != nil {
		database.close()
		return nil, nil, err
	}
	return app, func() { app.Close(); database.close() }, nil
}
