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

	// Written gets something when lines were written that are not sealed,
	// whichever process wrote them. Now and then it may miss some.
	Written() <-chan struct{}
}

// How the keeper works.
const (
	flushPause = 200 * time.Millisecond
	sealPause  = time.Second
	idlePause  = 15 * time.Second // when no line is known to wait for its seal
	maxHeld    = 2000             // refusals that wait to be stored; more are only counted
	endTime    = 2 * time.Second  // to store what is held at the end
	maxReason  = 500              // bytes of a refusal's sentence
)

// Keeper stores refused attempts and seals the audit. It is safe for concurrent
// use.
type Keeper struct {
	store Store
	log   *slog.Logger
	now   func() time.Time

	noted chan struct{} // there is something in held

	mu      sync.Mutex
	held    []workflow.Record
	dropped map[string]int // by tenant: refusals beyond maxHeld
	recent  [64]string     // ids of the requests that were refused last
	at      int            // in recent
}

// NewKeeper returns a keeper, which does nothing lasting until Run.
func NewKeeper(s Store, log *slog.Logger, now func() time.Time) *Keeper {
	return &Keeper{store: s, log: log, now: now, noted: make(chan struct{}, 1), dropped: map[string]int{}}
}

// Refused notes an attempt that was refused. It never waits: the line is stored
// within a fraction of a second, in a flood only the number of lines.
func (k *Keeper) Refused(r workflow.Record) {
	if len(r.Reason) > maxReason {
		r.Reason = r.Reason[:maxReason]
	}
	defer k.note()
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

func (k *Keeper) note() {
	select {
	case k.noted <- struct{}{}:
	default:
	}
}

// Run stores and seals until ctx ends, and then stores what is left. It sleeps
// while there is nothing to do.
func (k *Keeper) Run(ctx context.Context) {
	flush, seal := time.NewTimer(flushPause), time.NewTimer(sealPause)
	defer flush.Stop()
	defer seal.Stop()
	looks := 1 // that are due soon
	for {
		select {
		case <-k.noted:
			flush.Reset(flushPause)
		case <-flush.C:
			if !k.flush(ctx) {
				flush.Reset(sealPause)
			}
		case <-k.store.Written():
			if looks == 0 {
				seal.Reset(sealPause)
			}
			looks = 2 // another process may be sealing at the first
		case <-seal.C:
			if looks = max(looks-1, 0); !k.seal(ctx) {
				looks = max(looks, 1)
			}
			seal.Reset(pauseFor(looks))
		case <-ctx.Done():
			leave, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
			defer cancel()
			k.flush(leave)
			return
		}
	}
}

func pauseFor(looks int) time.Duration {
	if looks > 0 {
		return sealPause
	}
	return idlePause
}

// flush stores what is held, and reports whether that is done. What cannot be
// stored is held on, as far as there is room.
func (k *Keeper) flush(ctx context.Context) bool {
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
		return true
	}
	if err := k.store.WriteRecords(ctx, lines); err != nil {
		k.log.Warn("refused attempts could not be written to the audit; this is repeated", "lines", len(lines), "error", err)
		k.mu.Lock()
		k.held = append(lines, k.held...)
		k.mu.Unlock()
		return false
	}
	return true
}

// seal puts all lines that wait under seals, and reports whether that is done.
func (k *Keeper) seal(ctx context.Context) bool {
	for ctx.Err() == nil {
		n, err := k.store.Seal(ctx, k.now().UTC(), MaxLines)
		if err != nil && ctx.Err() == nil {
			k.log.Warn("the audit could not be sealed; this is repeated", "error", err)
		}
		if err != nil || n < MaxLines {
			return err == nil
		}
	}
	return true
}
