package audit

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"tandem/internal/workflow"
)

// Store keeps the audit.
type Store interface {
	// WriteRecords adds lines.
	WriteRecords(ctx context.Context, lines []workflow.Record) error

	// Seal puts up to limit pending lines of each tenant under a seal and says
	// how many. One process at a time seals; others find nothing to do.
	Seal(ctx context.Context, at time.Time, limit int) (int, error)
}

// How the keeper works.
const (
	flushPause = 200 * time.Millisecond
	sealPause  = time.Second
	maxHeld    = 2000            // refusals that wait to be stored; more are only counted
	endTime    = 2 * time.Second // to store what is held at the end
	maxReason  = 500             // bytes of a refusal's sentence
)

// Keeper stores refused attempts and seals the audit. It is safe for concurrent
// use.
type Keeper struct {
	store Store
	log   *slog.Logger
	now   func() time.Time

	mu      sync.Mutex
	held    []workflow.Record
	dropped map[string]int // by tenant: refusals beyond maxHeld
	recent  [64]string     // ids of the requests that were refused last
	at      int            // in recent
}

// NewKeeper returns a keeper, which does nothing lasting until Run.
func NewKeeper(s Store, log *slog.Logger, now func() time.Time) *Keeper {
	return &Keeper{store: s, log: log, now: now, dropped: map[string]int{}}
}

// Refused notes an attempt that was refused. It never waits: the line is stored
// within a fraction of a second, in a flood only the number of lines.
func (k *Keeper) Refused(r workflow.Record) {
	if len(r.Reason) > maxReason {
		r.Reason = r.Reason[:maxReason]
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.recent[k.at] = r.Request
	k.at = (k.at + 1) % len(k.recent)
	if len(k.held) >= maxHeld {
		k.dropped[r.Tenant]++
		return
	}
	k.held = append(k.held, r)
}

// RefusedRequest is Refused for a whole request, unless something in it was
// noted already.
func (k *Keeper) RefusedRequest(r workflow.Record) {
	k.mu.Lock()
	known := r.Request != "" && slices.Contains(k.recent[:], r.Request)
	k.mu.Unlock()
	if !known {
		k.Refused(r)
	}
}

// Run stores and seals until ctx ends, and then stores what is left.
func (k *Keeper) Run(ctx context.Context) {
	flush, seal := time.NewTicker(flushPause), time.NewTicker(sealPause)
	defer flush.Stop()
	defer seal.Stop()
	for {
		select {
		case <-flush.C:
			k.flush(ctx)
		case <-seal.C:
			k.seal(ctx)
		case <-ctx.Done():
			leave, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
			defer cancel()
			k.flush(leave)
			return
		}
	}
}

// flush stores what is held. What cannot be stored is held on, as far as there
// is room.
func (k *Keeper) flush(ctx context.Context) {
	k.mu.Lock()
	lines := k.held
	k.held = nil
	for tenant, n := range k.dropped {
		line := workflow.SystemActor(tenant, "audit").Record(k.now().UTC(), "audit.flood", "audit", "")
		line.Refused, line.Reason = "flood", fmt.Sprintf("%d more attempts were refused than could be written down one by one", n)
		lines = append(lines, line)
	}
	clear(k.dropped)
	k.mu.Unlock()
	if len(lines) == 0 {
		return
	}
	if err := k.store.WriteRecords(ctx, lines); err != nil {
		k.log.Warn("refused attempts could not be written to the audit; this is repeated", "lines", len(lines), "error", err)
		k.mu.Lock()
		k.held = append(lines, k.held...)
		k.mu.Unlock()
	}
}

func (k *Keeper) seal(ctx context.Context) {
	for ctx.Err() == nil {
		n, err := k.store.Seal(ctx, k.now().UTC(), MaxLines)
		if err != nil && ctx.Err() == nil {
			k.log.Warn("the audit could not be sealed; this is repeated", "error", err)
		}
		if err != nil || n < MaxLines {
			return
		}
	}
}
