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

// serving runs a whole Tandem, with its HTTP server on loopback, while
// something is done with it.
func (c BenchConfig) serving(ctx context.Context, do func(t *Tandem, baseURL string) error) error {
	t, err := New(ctx, Config{DatabaseURL: c.DatabaseURL, Log: c.Log})
	if err != nil {
		return err
	}
	defer t.Close()
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- t.Run(running) }()
	defer func() { stop(); <-ended }()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: t.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends with Close below
	defer server.Close()
	return do(t, "http://"+listener.Addr().String())
}

// measure measures the engine, in process and over HTTP.
func (c BenchConfig) measure(ctx context.Context) (report BenchReport, err error) {
	err = c.serving(ctx, func(t *Tandem, baseURL string) error {
		token, err := t.benchToken(ctx)
		if err != nil {
			return err
		}
		target := c.target(t)
		target.StartsURL, target.Token = baseURL+"/api/v1/instances", token
		report, err = bench.Run(ctx, target)
		return err
	})
	return report, err
}

// PagesReport holds the figures of open pages.
type PagesReport = bench.PagesReport

// pagePeople is how many people share the pages of BenchPages.
const pagePeople = 50

// BenchPages measures how soon an update reaches so many open pages of fifty
// people, and what they cost the engine.
func BenchPages(ctx context.Context, c BenchConfig, pages int) (report PagesReport, err error) {
	err = c.onPostgres(ctx, func(c BenchConfig) error {
		return c.serving(ctx, func(t *Tandem, baseURL string) error {
			open := bench.Pages{BaseURL: baseURL, Password: DemoPassword, Count: pages}
			for i := range pagePeople {
				login := fmt.Sprintf("reader%02d", i)
				open.Logins = append(open.Logins, login)
				if _, err := t.people.EnsureUser(ctx, workflow.SystemActor(workflow.DefaultTenant, "bench"), auth.NewUser{
					Login: login, Name: login, Password: DemoPassword, AnyPassword: true, Roles: []workflow.Role{workflow.RoleOperator},
				}); err != nil {
					return err
				}
			}
			report, err = open.Open(ctx, c.target(t))
			return err
		})
	})
	return report, err
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
