package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/internal/embedpg"
)

// house is the Postgres of a run, with a database for each pair.
type house struct {
	config embedpg.Config
	mu     sync.Mutex
	server *embedpg.Server
}

// stopTimeout bounds the end of processes and of the database.
const stopTimeout = 20 * time.Second

func startHouse(ctx context.Context, dir string) (*house, error) {
	h := &house{config: embedpg.Config{Dir: filepath.Join(dir, "postgres"), Settings: map[string]string{
		// A killed process loses nothing of what the system has taken over.
		"fsync": "off", "full_page_writes": "off", "max_connections": "300", "max_wal_size": "1GB",
	}}}
	var err error
	h.server, err = embedpg.Start(ctx, h.config)
	return h, err
}

func (h *house) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	_ = h.server.Stop(ctx) // its guard ends it with this process
}

// database makes a database and gives its address.
func (h *house) database(ctx context.Context, name string) (string, error) {
	conn, err := pgx.Connect(ctx, h.server.URL())
	if err != nil {
		return "", fmt.Errorf("connect to Postgres: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", fmt.Errorf("make the database %s: %w", name, err)
	}
	u, err := url.Parse(h.server.URL())
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}

// restartOften restarts the database every few seconds, every other time as
// after a crash, and gives how often.
func (h *house) restartOften(ctx context.Context, c Config) int {
	r := rand.New(rand.NewPCG(c.Seed, 0xdb))
	restarts := 0
	for wait := 2 * time.Second; pause(ctx, wait) == nil; wait = 3*time.Second + time.Duration(r.IntN(5000))*time.Millisecond {
		if err := h.restart(restarts%2 == 1); err != nil {
			fmt.Fprintln(c.Out, "the database did not start again:", err)
			return restarts
		}
		restarts++
	}
	return restarts
}

func (h *house) restart(crash bool) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	stop, stopped := context.WithTimeout(ctx, stopTimeout)
	if crash {
		stopped() // at once
	}
	err := h.server.Stop(stop)
	stopped()
	if err != nil {
		return err
	}
	h.server, err = embedpg.Start(ctx, h.config)
	return err
}
