package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"tandem"
)

// The environment of a node.
const (
	envDatabase = "CHAOS_DATABASE_URL"
	envEffects  = "CHAOS_EFFECTS" // the file that actions write their effects to
	envRole     = "CHAOS_ROLE"    // roleWorker, or else it serves
	envQueues   = "CHAOS_QUEUES"  // that the node serves, with commas
)

// roleWorker is the role of a node that runs an engine and serves no API. Its
// pool is so small that much of what it makes ready becomes jobs for both.
const (
	roleWorker  = "worker"
	workerSlots = 3
)

// lease is the silence after which another node takes steps over.
const lease = time.Second

// grace is how long a node lets steps finish when it ends.
const grace = 2 * time.Second

// RunNode is one process of a pair: a Tandem with pages, API and engine, which
// knows the action "act". It prints its address as one line, and ends with its
// standard input or with ctx.
func RunNode(ctx context.Context) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // its end is the end of whoever started the node
		stop()
	}()
	effects, err := os.OpenFile(os.Getenv(envEffects), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer effects.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	queues := strings.Split(os.Getenv(envQueues), ",")
	app, err := open(ctx, tandem.Config{
		DatabaseURL: os.Getenv(envDatabase), PublicURL: "http://" + listener.Addr().String(), Queues: queues,
		Actions: map[string]tandem.Action{Action: act{effects, queues}},
	})
	if err != nil {
		return err
	}
	defer app.Close()
	server := &http.Server{Handler: app.Handler(), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }() // Close ends it
	defer server.Close()
	fmt.Println(listener.Addr())
	return app.Run(ctx)
}

// open opens Tandem on a database. A database that is just starting again is
// waited for.
func open(ctx context.Context, c tandem.Config) (*tandem.Tandem, error) {
	c.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	c.Lease, c.Grace = lease, grace
	if os.Getenv(envRole) == roleWorker {
		c.EngineOnly, c.Workers = true, workerSlots
	}
	for tries := 0; ; tries++ {
		app, err := tandem.New(ctx, c)
		if err == nil || tries == 100 {
			return app, err
		}
		c.Log.Warn("the database is not there yet", "error", err)
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return nil, errors.Join(err, ctx.Err())
		}
	}
}
