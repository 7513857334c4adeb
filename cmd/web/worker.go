package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"tandem"
)

// engineSettings are the flags of the commands that run an engine.
type engineSettings struct {
	Workers  int           `help:"Machine steps that run at once; ${default} unless given. (TANDEM_WORKERS)" default:"64" placeholder:"N"`
	Queues   []string      `help:"Queues whose machine steps run here, with commas between; ${default}, that of steps that name none, unless given. (TANDEM_QUEUES)" default:"default" placeholder:"NAME"`
	Lease    time.Duration `help:"Silence of a process after which others take its steps over, the same for all; ${default} unless given. (TANDEM_LEASE)" default:"10s" placeholder:"DURATION"`
	RedisURL string        `help:"A Redis that carries steps between processes, the same for all; without one the database does. (TANDEM_REDIS_URL)" name:"redis-url" placeholder:"URL"`
	Grace    time.Duration `help:"How long running steps may take to end when the process is told to; then others take them. ${default} unless given. (TANDEM_GRACE)" default:"3s" placeholder:"DURATION"`
}

// maxGrace bounds --grace.
const maxGrace = time.Hour

// check refuses values that cannot be meant.
func (s engineSettings) check() error {
	switch {
	case s.Workers < 1 || s.Workers > tandem.MaxWorkers:
		return fmt.Errorf("--workers is %d; it must be from 1 to %d", s.Workers, tandem.MaxWorkers)
	case s.Lease < tandem.MinLease || s.Lease > tandem.MaxLease:
		return fmt.Errorf("--lease is %s; it must be from %s to %s", s.Lease, tandem.MinLease, tandem.MaxLease)
	case s.Grace < 0 || s.Grace > maxGrace:
		return fmt.Errorf("--grace is %s; it must be from 0s to %s", s.Grace, maxGrace)
	case len(s.Queues) == 0 || len(s.Queues) > tandem.MaxQueues:
		return fmt.Errorf("--queues names %d queues; it must name from 1 to %d", len(s.Queues), tandem.MaxQueues)
	}
	for _, q := range s.Queues {
		if !tandem.ValidQueue(q) {
			return fmt.Errorf("--queues names %q, which is no queue: use lower-case letters and digits, a letter first, with single _ and - between them", q)
		}
	}
	return nil
}

type workerCmd struct {
	actionSettings
	engineSettings

	PublicURL  string `help:"Address under which people reach the servers, as they have it. (TANDEM_PUBLIC_URL)" name:"public-url" placeholder:"URL"`
	HealthAddr string `help:"Address that answers /healthz, /readyz and /metrics; none unless given. (TANDEM_HEALTH_ADDR)" placeholder:"HOST:PORT"`
}

// Run works until ctx ends, then lets steps finish or hands them over. To be
// ended while it starts is no error.
func (c *workerCmd) Run(ctx context.Context, s *Settings, io std) error {
	err := c.run(ctx, s, io)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (c *workerCmd) run(ctx context.Context, s *Settings, io std) error {
	log := s.logger(io.err)
	if err := c.check(); err != nil {
		return &exitError{exitUsage, err}
	}
	url, err := s.running(ctx)
	if err != nil {
		return err
	}
	keys, err := s.secretsKey()
	if err != nil {
		return err
	}
	traces, stopTraces, err := startTraces(ctx, log)
	if err != nil {
		return err
	}
	defer stopTraces()
	app, err := tandem.New(ctx, tandem.Config{
		Traces:      traces,
		DatabaseURL: url, PublicURL: c.PublicURL, Log: log, EngineOnly: true,
		Grace: c.Grace, Lease: c.Lease, Workers: c.Workers, Queues: c.Queues, RedisURL: c.RedisURL,
		HTTPAllow: c.HTTPAllow, SMTPURL: c.SMTPURL, MailFrom: c.MailFrom, SecretsKey: keys,
	})
	if err != nil {
		return err
	}
	defer app.Close()
	listener, err := c.listen()
	if err != nil {
		return err
	}
	fmt.Fprintf(io.out, "Tandem works on %s\n", strings.Join(c.Queues, ", "))
	if listener == nil {
		return work(ctx, app, log)
	}
	defer listener.Close()
	fmt.Fprintf(io.out, "Health: http://%s/readyz\n", listener.Addr())
	return serve(ctx, app, listener, log)
}

func (c *workerCmd) check() error {
	if err := c.engineSettings.check(); err != nil {
		return err
	}
	if c.HealthAddr != "" {
		if err := checkAddr("--health-addr", c.HealthAddr); err != nil {
			return err
		}
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	return checkPublicURL(c.PublicURL)
}

// listen gives nil when nobody is to ask.
func (c *workerCmd) listen() (net.Listener, error) {
	if c.HealthAddr == "" {
		return nil, nil
	}
	listener, err := net.Listen("tcp", c.HealthAddr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s, choose another address with --health-addr: %w", c.HealthAddr, err)
	}
	return listener, nil
}

// work runs the engine until ctx ends.
func work(ctx context.Context, app *tandem.Tandem, log *slog.Logger) error {
	err := app.Run(ctx)
	if err != nil {
		log.Warn("the engine did not end cleanly; what it left, others take over", "error", err)
	}
	return nil
}

// running gives the database to work on beside servers: a given one, or that
// of the server that runs on the data directory. A worker starts none.
func (s *Settings) running(ctx context.Context) (string, error) {
	if s.DatabaseURL != "" {
		return s.DatabaseURL, nil
	}
	dir, err := s.dataDir()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, besideTimeout)
	defer cancel()
	url, err := tandem.AttachPostgres(ctx, dir)
	if errors.Is(err, tandem.ErrNotRunning) {
		return "", fmt.Errorf("a worker runs beside a server: start tandem serve first, or name the database of the servers with --database-url: %w", err)
	}
	return url, err
}
