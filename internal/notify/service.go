package notify

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"tandem/internal/metrics"
	"tandem/internal/secret"
)

// Limits of a process's work.
const (
	dispatchBatch = 500
	senders       = 8
	sendTimeout   = 15 * time.Second
	hold          = 2 * sendTimeout     // then another process sends it
	pollEvery     = time.Second         // while there is something to send again
	restEvery     = 5 * time.Second     // while there is nothing
	sweepEvery    = time.Minute         // of what has ended
	keepEnded     = 30 * 24 * time.Hour // then a delivery is deleted
	soonest       = 100 * time.Millisecond
)

// Config is what a Service needs; all but Now must be set.
type Config struct {
	Store   Store
	Vault   *secret.Vault
	Client  *http.Client                                  // refuses private targets, follows no redirects
	Watch   func() (changed <-chan struct{}, stop func()) // of all instances
	Log     *slog.Logger
	Now     func() time.Time // nil = time.Now
	Metrics *metrics.Metrics // nil = nothing is counted
	Tracer  trace.Tracer     // makes spans; nil = no traces
}

// Service keeps subscriptions and tells them of events while Run runs. It is
// safe for concurrent use.
type Service struct {
	store   Store
	vault   *secret.Vault
	client  *http.Client
	log     *slog.Logger
	clock   func() time.Time
	watch   func() (<-chan struct{}, func())
	soon    chan struct{}
	metrics *metrics.Metrics
	tracer  trace.Tracer // nil = no traces
}

// New returns a service.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{
		store: c.Store, vault: c.Vault, client: c.Client, log: c.Log, clock: c.Now, watch: c.Watch, soon: make(chan struct{}, 1),
		metrics: c.Metrics, tracer: c.Tracer,
	}
}

func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// look has the loop look for deliveries at once.
func (s *Service) look() {
	select {
	case s.soon <- struct{}{}:
	default:
	}
}

// Run makes deliveries of events and sends them until ctx ends.
func (s *Service) Run(ctx context.Context) {
	changed, stop := s.watch()
	defer stop()
	swept := time.Time{}
	for ctx.Err() == nil {
		busy, err := s.round(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Warn("subscriptions were not told of events; this is repeated", "error", err)
		}
		if time.Since(swept) >= sweepEvery {
			swept = time.Now()
			if _, err := s.store.DropDeliveries(ctx, s.now().Add(-keepEnded), dispatchBatch); err != nil && ctx.Err() == nil {
				s.log.Warn("old deliveries were not deleted; this is repeated", "error", err)
			}
		}
		pause := restEvery
		if busy || err != nil {
			pause = pollEvery
		}
		if !s.rest(ctx, changed, pause) {
			return
		}
	}
}

// rest waits for a change, a request, or a while, and never less than a little.
func (s *Service) rest(ctx context.Context, changed <-chan struct{}, pause time.Duration) bool {
	least, most := time.NewTimer(soonest), time.NewTimer(pause)
	defer least.Stop()
	defer most.Stop()
	select {
	case <-changed:
	case <-s.soon:
		return ctx.Err() == nil
	case <-most.C:
	case <-ctx.Done():
		return false
	}
	select {
	case <-least.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// round makes and sends what there is; busy says that there was something.
func (s *Service) round(ctx context.Context) (busy bool, err error) {
	for {
		n, err := s.store.Dispatch(ctx, dispatchBatch, s.deliver)
		if err != nil {
			return busy, err
		}
		busy = busy || n > 0
		if n < dispatchBatch {
			break
		}
	}
	for ctx.Err() == nil {
		claimed, err := s.store.ClaimDeliveries(ctx, senders, hold)
		if err != nil || len(claimed) == 0 {
			return busy, err
		}
		busy = true
		var sending sync.WaitGroup
		for _, c := range claimed {
			sending.Go(func() { s.attempt(ctx, c) })
		}
		sending.Wait()
	}
	return busy, nil
}
