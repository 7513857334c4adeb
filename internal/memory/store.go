package memory

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var (
	_ engine.Store  = (*Store)(nil)
	_ engine.Reader = (*Store)(nil)
)

// Options configure a Store. The zero value is ready to use.
type Options struct {
	Clock func() time.Time // the store's clock; nil = time.Now
}

// Store is an engine.Store and engine.Reader that forgets everything with the
// process. It is safe for concurrent use; what goes in and comes out is copied.
type Store struct {
	clock func() time.Time

	mu          sync.RWMutex
	seq         int64 // of the last event
	instances   map[uuid.UUID]*record
	tasks       map[uuid.UUID]uuid.UUID // the instance of each
	dues        map[uuid.UUID]uuid.UUID // the instance of each
	sends       map[uuid.UUID]claimable // commands on their way to an instance, which need not exist yet
	definitions map[versionKey]*version
	deleted     map[versionKey]string // hashes of versions that were deleted
	processes   map[uuid.UUID]engine.ProcessRow
	topics      map[topicKey]time.Time // when a program last asked for its jobs
	offers      []workflow.Offer
	more        chan struct{} // closed and made anew when jobs come
	operations  map[uuid.UUID]*operation
	audit       []workflow.Record
	floor       int64 // of the latest event that was deleted
	keys        map[workflow.KeyName]usedKey
	unique      map[uniqueKey]uuid.UUID // the instance that lives under it
	messages    map[uuid.UUID]workflow.Message
	waits       map[uuid.UUID]workflow.MessageWait // by execution
	drafts      map[draftKey]engine.Draft
	files       map[uuid.UUID]file
	schedules   []engine.ScheduleRow // by tenant, definition and index
}

// record is one instance with all that belongs to it.
type record struct {
	instance   workflow.Instance
	executions map[uuid.UUID]workflow.Execution
	tasks      map[uuid.UUID]workflow.Task
	dues       map[uuid.UUID]claimable
	hooks      map[hookKey]workflow.Hook
	events     []workflow.Event
	comments   []workflow.Comment
	search     []workflow.SearchValue
}

// claimable is a due row that is hidden from claims until a time.
type claimable struct {
	workflow.Due
	hidden time.Time
}

type hookKey struct {
	step         string
	visit, index int
}

func keyOf(h workflow.Hook) hookKey { return hookKey{h.Step, h.Visit, h.Index} }

// New returns an empty store.
func New(opts Options) *Store {
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	return &Store{
		clock:       opts.Clock,
		instances:   map[uuid.UUID]*record{},
		tasks:       map[uuid.UUID]uuid.UUID{},
		dues:        map[uuid.UUID]uuid.UUID{},
		sends:       map[uuid.UUID]claimable{},
		definitions: map[versionKey]*version{}, deleted: map[versionKey]string{},
		processes:  map[uuid.UUID]engine.ProcessRow{},
		topics:     map[topicKey]time.Time{},
		more:       make(chan struct{}),
		operations: map[uuid.UUID]*operation{},
		keys:       map[workflow.KeyName]usedKey{},
		unique:     map[uniqueKey]uuid.UUID{},
		messages:   map[uuid.UUID]workflow.Message{},
		waits:      map[uuid.UUID]workflow.MessageWait{},
		drafts:     map[draftKey]engine.Draft{},
		files:      map[uuid.UUID]file{},
	}
}

func newRecord() *record {
	return &record{
		executions: map[uuid.UUID]workflow.Execution{},
		tasks:      map[uuid.UUID]workflow.Task{},
		dues:       map[uuid.UUID]claimable{},
		hooks:      map[hookKey]workflow.Hook{},
	}
}

// now is the store's time in UTC.
func (s *Store) now() time.Time { return s.clock().UTC() }

// InstanceOfTask implements engine.Store.
func (s *Store) InstanceOfTask(ctx context.Context, tenant string, task uuid.UUID) (uuid.UUID, error) {
	if err := ctx.Err(); err != nil {
		return uuid.Nil, fmt.Errorf("instance of task %s: %w", task, err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	id, ok := s.tasks[task]
	if !ok || s.instances[id].instance.Tenant != tenant {
		return uuid.Nil, workflow.ErrTaskNotFound
	}
	return id, nil
}

// Listen implements engine.Store. A memory store has one process, so that
// nothing is ever changed by others: it waits until ctx ends.
func (s *Store) Listen(ctx context.Context, _ func(ids []uuid.UUID)) error {
	<-ctx.Done()
	return ctx.Err()
}
