package engine

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Store keeps workflow state. Postgres and memory implement it; the suite in
// internal/engine/storetest holds both to the same meaning. Every method
// returns a *workflow.Error of KindUnavailable when the database cannot be
// reached.
type Store interface {
	KeyStore
	OperationStore
	MessageStore
	ScheduleStore
	VersionStore
	DraftStore
	AttachmentStore

	// Load returns snapshots of the instances, keyed by id; unknown ids are
	// absent. A snapshot holds the live executions, their open tasks, every due
	// row, hooks that were not consumed, what want names, and the latest
	// execution of each step that want.Steps gives for the instance's
	// definition. Items of a for_each, their tasks and due rows are in it only
	// as far as want names them; Snapshot.Loaded repeats want.Need.
	Load(ctx context.Context, ids []uuid.UUID, want Want) (map[uuid.UUID]*workflow.Snapshot, error)

	// Apply makes the transitions durable in one transaction, each guarded by
	// its instance's version, a start by that its version has not been
	// deactivated or deleted. It returns the instances whose guard did not hold: of those nothing
	// was written. An error means that nothing at all was.
	Apply(ctx context.Context, batch []*workflow.Transition) (stale map[uuid.UUID]bool, err error)

	// InstanceOfTask returns the instance that a task belongs to,
	// ErrTaskNotFound when there is none in the tenant.
	InstanceOfTask(ctx context.Context, tenant string, task uuid.UUID) (uuid.UUID, error)

	// ClaimDue returns up to limit due rows whose time has come, oldest first,
	// hidden from other claims for hold, and the time of the next one after
	// them: the zero time when there is none.
	ClaimDue(ctx context.Context, limit int, hold time.Duration) (due []workflow.Due, next time.Time, err error)

	// DropDue deletes due rows of kind DueSend whose command has been taken.
	DropDue(ctx context.Context, ids []uuid.UUID) error

	// Expire deletes up to limit instances whose ExpiresAt has come, with all
	// that belongs to them, those first whose time came first, and gives how
	// many. It leaves a child until its parent has ended, and a parent until its
	// children have; with a parent its children expire too. One process at a time
	// deletes; others find nothing to do.
	Expire(ctx context.Context, limit int) (int, error)

	// MergeCounters adds the counters of processes that have gone up, at most
	// limit rows at once, drops what counts nothing, and gives how many rows went.
	// One process at a time does so. What is counted stays the same.
	MergeCounters(ctx context.Context, now time.Time, limit int) (int, error)

	// Heartbeat tells that the process is alive, on the store's clock.
	Heartbeat(ctx context.Context, p Process) error

	// Processes returns the processes that were not silent for longer than
	// silence, oldest first, at most limit.
	Processes(ctx context.Context, silence time.Duration, limit int) ([]ProcessRow, error)

	// Goodbye removes a process: its leases are free at once.
	Goodbye(ctx context.Context, process uuid.UUID) error

	// LostLeases returns up to limit leases of live executions whose process
	// has been silent for longer than silence or is gone.
	LostLeases(ctx context.Context, silence time.Duration, limit int) ([]LostLease, error)

	// Scheduled returns up to limit ready machine steps of instances that move,
	// oldest first: those that no job offers, and those whose job lies in one of
	// the queues.
	Scheduled(ctx context.Context, queues []string, limit int) ([]ReadyStep, error)

	// Work gives a desk the jobs of the queues, each of them at least once and a
	// few at a time, until ctx ends, and none while the desk is shut; a job that
	// it refuses comes again a little later, to any process. It returns nil when
	// ctx has ended, and an error when the database is away.
	Work(ctx context.Context, queues []string, d Desk) error

	// Feed returns up to limit events of all instances after a cursor, in an order
	// that never changes: an event that is stored later is never before one that
	// was read. ErrFeedCut when events after the cursor were deleted; the zero
	// cursor stands for whatever is kept.
	Feed(ctx context.Context, after FeedCursor, limit int) ([]FeedEvent, error)

	// FeedEnd returns the cursor after the last event that Feed can give.
	FeedEnd(ctx context.Context) (FeedCursor, error)

	// Jobs returns up to limit jobs of the tenant's moving instances that wait
	// for a worker of one of the topics, oldest first.
	Jobs(ctx context.Context, tenant string, topics []string, limit int) ([]Job, error)

	// TopicsFetched notes that a program asks for jobs of the topics.
	TopicsFetched(ctx context.Context, tenant string, topics []string) error

	// Listen calls changed with the instances that other processes changed (nil
	// = look at everything) until ctx ends or the connection breaks.
	Listen(ctx context.Context, changed func(ids []uuid.UUID)) error

	// SaveDefinition stores a version of a definition with its line of the audit,
	// whose tenant, actor and time are those of the version. The same content
	// again is fine and gives created = false; other content under the same name
	// and version is ErrVersionExists, also when that version was deleted. A key is written with it; ErrKeyTaken when
	// it is used already.
	SaveDefinition(ctx context.Context, d *workflow.Definition, by workflow.Record, key *workflow.RequestKey) (created bool, err error)

	// DefinitionSource returns the document of one version, and
	// ErrDefinitionNotFound when there is none.
	DefinitionSource(ctx context.Context, tenant string, ref workflow.Ref) ([]byte, error)

	// ActiveVersions returns the versions of a definition that may be started.
	ActiveVersions(ctx context.Context, tenant, name string) ([]string, error)

	// LatestVersions returns the latest active release of each of the definitions
	// that has one, by name.
	LatestVersions(ctx context.Context, tenant string, names []string) (map[string]string, error)
}

// Want names what a snapshot must hold beside what lives. An execution comes
// with its open task and its due rows, a task or due row with its execution.
type Want struct {
	workflow.Need
	Tasks []uuid.UUID
	Dues  []uuid.UUID
	Steps func(tenant string, ref workflow.Ref) ([]string, error)
}

// Desk takes jobs.
type Desk interface {
	// Take does a job; an error refuses it.
	Take(ctx context.Context, j workflow.Offer) error

	// Room is how many jobs the desk could take at this moment.
	Room() int

	// Await waits until the desk is open, or is not, and gives false when ctx
	// ended first.
	Await(ctx context.Context, open bool) bool
}

// Process is one that runs steps, as it tells of itself.
type Process struct {
	ID      uuid.UUID
	Name    string   // of its machine, for operators
	Kind    string   // serve, worker, or whatever embeds Tandem
	Version string   // of the program
	Queues  []string // that it serves
}

// ProcessRow is a process with what the store knows of it.
type ProcessRow struct {
	Process
	StartedAt time.Time
	SeenAt    time.Time // its last heartbeat
	Leases    int       // steps that it holds
}

// ReadyStep is a machine step that is scheduled and has no lease.
type ReadyStep struct {
	InstanceID  uuid.UUID
	ExecutionID uuid.UUID
	LeaseNo     int64
}

// add joins what another asks for.
func (w *Want) add(o Want) {
	w.Executions = append(w.Executions, o.Executions...)
	w.Scopes = append(w.Scopes, o.Scopes...)
	w.Live = append(w.Live, o.Live...)
	w.Items = append(w.Items, o.Items...)
	w.Latest = append(w.Latest, o.Latest...)
	w.Tasks = append(w.Tasks, o.Tasks...)
	w.Dues = append(w.Dues, o.Dues...)
}

// SendHold is how long a Send is hidden from ClaimDue: the process that has
// stored it delivers it at once.
const SendHold = 5 * time.Second

// LostLease is a lease whose process is silent or gone.
type LostLease struct {
	InstanceID  uuid.UUID
	ExecutionID uuid.UUID
	LeaseNo     int64
}
