package engine

import (
	"time"
)

// System is how the machinery stands: what the page for administrators shows.
// Counts go no further than MaxTotal.
type System struct {
	Processes []ProcessRow // heard of within a day, at most MaxSystemRows
	Lost      int          // steps whose process is silent
	Queues    []QueueState // ready steps that no process has taken
	Topics    []TopicState // jobs that wait for external workers, of the tenant
	Jobs      []JobState   // side jobs: deliveries, mail, handed-over steps
	DueLate   int          // due rows whose time is over by more than LateDue
	DueOldest *time.Time   // of these
	Dead      []DeadLetters
	Pending   int        // lines of the audit that no seal holds yet
	Sealed    *time.Time // the last seal of the tenant's audit
	Seals     int64      // its number
	Database  *Database  // nil when nothing is stored in one
}

// Limits of System.
const (
	MaxSystemRows = 100
	LateDue       = 5 * time.Second
)

// QueueState is how many ready steps wait in a queue; the empty one is that of
// the processes themselves.
type QueueState struct {
	Queue  string
	Steps  int
	Served int // processes that serve it
}

// TopicState is how many jobs of a topic wait.
type TopicState struct {
	Topic   string
	Jobs    int
	Oldest  time.Time
	Fetched *time.Time // when a program last asked for it; nil = never
}

// JobState counts side jobs of a queue by state.
type JobState struct {
	Queue, State string
	Jobs         int
}

// DeadLetters counts the deliveries of a subscription that were given up.
type DeadLetters struct {
	URL        string
	Deliveries int
	Disabled   bool
}

// Database is what keeps it all.
type Database struct {
	Version string
	Schema  int64 // the highest migration
	Bytes   int64
	Tables  []TableSize // the largest, with their indexes
	Wall    Wall
}

// Wall is how far the database itself keeps tenants apart, beside the statements
// that name them.
type Wall string

// The walls.
const (
	WallNone     Wall = ""         // not at all
	WallThings   Wall = "things"   // what is read of one thing; lists are not
	WallComplete Wall = "complete" // all that people are shown
)

// TableSize is one table with its indexes.
type TableSize struct {
	Name  string
	Bytes int64
	Rows  int64 // as the planner guesses; -1 where it has not counted yet
}
