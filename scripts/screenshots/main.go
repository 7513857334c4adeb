// Command screenshots photographs the pages of a running Tandem into
// docs/screenshots: light, dark, and on a phone.
//
// It starts a Tandem of its own, with the demo and a private Postgres in a
// temporary directory, and lets the people of the demo work a little first.
// Chromium must be installed (make deps-test does). Run it in the root of the
// checkout: go run ./scripts/screenshots [NAME…]
package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"tandem"
	"tandem/internal/e2e/browser"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		stop()
		os.Exit(1)
	}
}

// target is where the pictures go.
const target = "docs/screenshots"

// run makes the pictures of the named pages, or of all.
func run(ctx context.Context, names []string) error {
	if _, err := os.Stat("go.mod"); err != nil {
		return fmt.Errorf("run this in the root of the checkout: %w", err)
	}
	dir, err := os.MkdirTemp("", "tandem-screenshots-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // the account of Postgres must get in
		return err
	}
	h, err := start(ctx, dir)
	if err != nil {
		return err
	}
	defer h.close()
	life, err := h.live(ctx)
	if err != nil {
		return err
	}
	if err := h.versions(ctx); err != nil {
		return err
	}
	chromium, err := browser.Start(ctx, filepath.Join(dir, "chromium"))
	if err != nil {
		return err
	}
	defer chromium.Close()
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	if len(names) == 0 || slices.Contains(names, "controls") {
		if err := h.controls(ctx, chromium); err != nil {
			return fmt.Errorf("controls: %w", err)
		}
	}
	for _, s := range life.shots() {
		if len(names) > 0 && !slices.Contains(names, s.name) {
			continue
		}
		if err := h.photograph(chromium, s); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// house is a running Tandem.
type house struct {
	app   *tandem.Tandem
	url   string
	close func()
}

func start(ctx context.Context, dir string) (*house, error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	postgres, err := tandem.StartPostgres(ctx, filepath.Join(dir, "data"), log)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	url := "http://" + listener.Addr().String()
	app, err := tandem.New(ctx, tandem.Config{DatabaseURL: postgres.URL(), PublicURL: url, Log: log, Grace: time.Second})
	if err != nil {
		return nil, err
	}
	if err := app.LoadDemo(ctx); err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- app.Run(running) }()
	server := &http.Server{Handler: app.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends when it is closed
	return &house{app, url, func() {
		app.EndStreams()
		_ = server.Close()
		stop()
		<-ended
		app.Close()
		if err := postgres.Stop(context.WithoutCancel(ctx)); err != nil {
			log.Error("stop Postgres", "error", err)
		}
	}}, nil
}
