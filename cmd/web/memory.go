package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Steps make much that lives for a millisecond: while there is work garbage is
// collected seldom, up to a soft limit, which is worth a tenth of the
// throughput. A process that has become idle gives its memory back instead.
const (
	busyGC     = 800              // percent, see runtime/debug.SetGCPercent
	softMemory = 512 << 20        // bytes from where on garbage is collected as often as it takes
	idleLook   = 10 * time.Second // how often idleness is looked for
	idleAllocs = 16 << 20         // bytes made meanwhile, below which a process is idle
	idleMemory = 64 << 20         // bytes that an idle process may hold
)

// tuneMemory sets what the environment does not.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(busyGC)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softMemory)
	}
}

// giveMemoryBack does so whenever the process is idle and holds much, until ctx
// ends.
func giveMemoryBack(ctx context.Context) {
	tick := time.NewTicker(idleLook)
	defer tick.Stop()
	before := readMemory()
	var floor uint64 // what was held after the last time: trying again for less is of no use
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		now := readMemory()
		if now.excess(before, floor) {
			debug.FreeOSMemory()
			now = readMemory()
			floor = now.held
		}
		before = now
	}
}

// memory is what a process has made so far and what it holds, in bytes.
type memory struct{ made, held uint64 }

// excess reports whether a process that has made little since before holds more
// than an idle one should, and a quarter more than it could not give back.
func (m memory) excess(before memory, floor uint64) bool {
	return m.made-before.made < idleAllocs && m.held > max(idleMemory, floor+floor/4)
}

func readMemory() memory {
	samples := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"}, {Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(samples)
	return memory{made: samples[0].Value.Uint64(), held: samples[1].Value.Uint64() - samples[2].Value.Uint64()}
}
