package tandem

import (
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"tandem/internal/workflow"
	"tandem/static"
)

// Limits of the settings of a process.
const (
	MaxWorkers = 10_000
	MinLease   = time.Second
	MaxLease   = 10 * time.Minute
	MaxQueues  = 50
)

// check refuses settings that cannot be meant.
func (c Config) check() error {
	switch {
	case c.Workers < 0 || c.Workers > MaxWorkers:
		return fmt.Errorf("tandem: Config.Workers is %d; it must be from 1 to %d, or 0 for the default", c.Workers, MaxWorkers)
	case c.Lease != 0 && (c.Lease < MinLease || c.Lease > MaxLease):
		return fmt.Errorf("tandem: Config.Lease is %s; it must be from %s to %s", c.Lease, MinLease, MaxLease)
	case len(c.Queues) > MaxQueues:
		return fmt.Errorf("tandem: Config.Queues names %d queues; at most %d are served", len(c.Queues), MaxQueues)
	}
	seen := map[string]bool{}
	for _, q := range c.Queues {
		if !ValidQueue(q) || seen[q] {
			return fmt.Errorf("tandem: Config.Queues names %q, which is no name of a queue or is there twice", q)
		}
		seen[q] = true
	}
	for _, role := range c.SecondFactor {
		if !slices.Contains(workflow.Roles(), role) {
			return fmt.Errorf("tandem: Config.SecondFactor names %q, which is no role; take some of %v", role, workflow.Roles())
		}
	}
	if c.EngineOnly {
		return nil
	}
	return static.Check()
}

// ValidQueue reports whether a queue of machine steps can have the name:
// lower-case letters and digits, a letter first, with single _ and - between.
func ValidQueue(name string) bool { return workflow.ValidQueue(name) }

// kind is what the process is among others on the database.
func (c Config) kind() string {
	if c.EngineOnly {
		return "worker"
	}
	return "serve"
}

// buildVersion is the program's version as its build knows it.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return info.Main.Version + " " + s.Value[:min(12, len(s.Value))]
		}
	}
	return info.Main.Version
}
