package tandem

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"tandem/internal/auth"
	"tandem/internal/bench"
	"tandem/internal/workflow"
)

// BenchConfig says what to measure on.
type BenchConfig struct {
	DatabaseURL string // an empty database that may be filled; empty = a private Postgres, thrown away afterwards
	DataDir     string // of a private Postgres that stays; empty = one that is thrown away
	Instances   int    // for throughput
	Profile     string // a file for the CPU profile of W3; empty = none
	Log         *slog.Logger
	Progress    io.Writer // says what is being measured
}

// BenchReport holds the figures.
type BenchReport = bench.Report

// Bench measures the engine beside pgbench on the same Postgres.
func Bench(ctx context.Context, c BenchConfig) (report BenchReport, err error) {
	err = c.onPostgres(ctx, func(c BenchConfig) error {
		report, err = c.measure(ctx)
		return err
	})
	return report, err
}

// onPostgres gives a configuration with a database: a private one, unless one is
// given, that is thrown away afterwards unless it has a directory.
func (c BenchConfig) onPostgres(ctx context.Context, do func(BenchConfig) error) error {
	if c.DatabaseURL != "" {
		return do(c)
	}
	if c.DataDir == "" {
		dir, err := os.MkdirTemp("", "tandem-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if err := os.Chmod(dir, 0o755); err != nil { // the account of Postgres must get through
			return err
		}
		c.DataDir = filepath.Join(dir, "data")
	}
	postgres, err := StartPostgres(ctx, c.DataDir, c.Log)
	if err != nil {
		return err
	}
	defer func() {
		stop, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := postgres.Stop(stop); err != nil {
			c.Log.Warn("the Postgres of the measurement did not stop", "error", err)
		}
	}()
	c.DatabaseURL = postgres.URL()
	return do(c)
}

// target is a Tandem without its HTTP server.
func (c BenchConfig) target(t *Tandem) bench.Target {
	return bench.Target{
		Engine: t.engine, Read: t.db, Pool: t.db.Pool(), DatabaseURL: c.DatabaseURL,
		Instances: c.Instances, Profile: c.Profile, Log: c.Log, Progress: c.Progress,
	}
}

// measure runs a whole Tandem, with its HTTP server on loopback.
func (c BenchConfig) measure(ctx context.Context) (BenchReport, error) {
	t, err := New(ctx, Config{DatabaseURL: c.DatabaseURL, Log: c.Log})
	if err != nil {
		return BenchReport{}, err
	}
	defer t.Close()
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- t.Run(running) }()
	defer func() { stop(); <-ended }()
	token, err := t.benchToken(ctx)
	if err != nil {
		return BenchReport{}, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return BenchReport{}, err
	}
	server := &http.Server{Handler: t.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends with Close below
	defer server.Close()
	target := c.target(t)
	target.StartsURL, target.Token = fmt.Sprintf("http://%s/api/v1/instances", listener.Addr()), token
	return bench.Run(ctx, target)
}

// benchToken makes the person who starts instances, with a token.
func (t *Tandem) benchToken(ctx context.Context) (string, error) {
	_, err := t.people.EnsureUser(ctx, workflow.SystemActor(workflow.DefaultTenant, "bench"), auth.NewUser{
		Login: "bench", Roles: []workflow.Role{workflow.RoleAdmin},
	})
	if err != nil {
		return "", err
	}
	return t.CreateToken(ctx, "bench", "bench", nil)
}
