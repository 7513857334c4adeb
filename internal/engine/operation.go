package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// BulkAction is a verb that can be done to many instances.
type BulkAction string

// The actions.
const (
	BulkCancel  BulkAction = "cancel"
	BulkRetry   BulkAction = "retry"
	BulkPause   BulkAction = "pause"
	BulkResume  BulkAction = "resume"
	BulkMigrate BulkAction = "migrate"
)

// BulkActions lists every action.
func BulkActions() []BulkAction {
	return []BulkAction{BulkCancel, BulkRetry, BulkPause, BulkResume, BulkMigrate}
}

// OperationStatus is the state of an operation.
type OperationStatus string

// The states of an operation.
const (
	OperationRunning   OperationStatus = "running"
	OperationCanceling OperationStatus = "canceling" // the batch at hand is still counted
	OperationCompleted OperationStatus = "completed"
	OperationCanceled  OperationStatus = "canceled"
)

// Limits of operations.
const (
	MaxBulkIDs         = 10_000  // instances that a request names
	MaxBulk            = 100_000 // instances that a filter finds
	MaxOperationErrors = 100     // refusals that are kept
	KeepOperations     = 30 * 24 * time.Hour
)

// Operation is one verb for many instances.
type Operation struct {
	ID         uuid.UUID
	Tenant     string
	Action     BulkAction
	Params     OperationParams
	Actor      workflow.Actor // who asked for it, with the rights of that moment
	Status     OperationStatus
	Total      int
	Done       int              // instances that it was done to
	Failed     int              // instances that refused it
	Errors     []OperationError // the first MaxOperationErrors refusals
	Takes      int              // how often a process has taken it up
	CreatedAt  time.Time
	FinishedAt *time.Time
}

// OperationParams is what the verb is given.
type OperationParams struct {
	Reason    string            `json:"reason,omitempty"`
	ToVersion string            `json:"to_version,omitempty"`
	StepMap   map[string]string `json:"step_map,omitempty"`
}

// OperationError says why an instance refused.
type OperationError struct {
	InstanceID uuid.UUID `json:"instance_id"`
	Code       string    `json:"code"`
	Message    string    `json:"message"`
}

// OperationStep is what a batch has come to.
type OperationStep struct {
	Settled  []uuid.UUID // instances with an outcome
	Done     int
	Failed   int
	Errors   []OperationError // all that are kept, of earlier batches too
	Finished bool             // nothing is left to do
}

// OperationStore keeps operations. Their leases are on the store's clock.
type OperationStore interface {
	// CreateOperation stores an operation for those of the instances that its
	// actor may see: the named ones, or with a filter those that it finds. It
	// gives those of the named ones that he may not see, and refuses more than
	// MaxBulk. Operations that ended long ago may go. A key is written with it;
	// ErrKeyTaken when it is used already.
	CreateOperation(ctx context.Context, op Operation, ids []uuid.UUID, f *InstanceFilter, key *workflow.RequestKey) (stored Operation, unseen []uuid.UUID, err error)

	// Operation returns one, ErrOperationNotFound when there is none in the tenant.
	Operation(ctx context.Context, tenant string, id uuid.UUID) (Operation, error)

	// Operations lists those of a tenant that fit, the latest first, without their
	// errors.
	Operations(ctx context.Context, tenant string, f OperationFilter, p Paging) (Page[Operation], error)

	// ClaimOperation gives one that has not ended and that no process holds, for
	// hold.
	ClaimOperation(ctx context.Context, process uuid.UUID, hold time.Duration) (op Operation, found bool, err error)

	// OperationBatch gives up to limit instances that have no outcome yet.
	OperationBatch(ctx context.Context, id uuid.UUID, limit int) ([]uuid.UUID, error)

	// AdvanceOperation counts a batch and renews the lease for hold; 0 gives it
	// up. It gives the operation as it is then; of one that the process does not
	// hold any more nothing is written, and found is false.
	AdvanceOperation(ctx context.Context, process, id uuid.UUID, s OperationStep, hold time.Duration) (op Operation, found bool, err error)

	// CancelOperation asks that an operation of the line's tenant stop, and
	// stores the line. One that has ended stays as it is. A key is written with
	// it, as by CreateOperation.
	CancelOperation(ctx context.Context, line workflow.Record, id uuid.UUID, key *workflow.RequestKey) (Operation, error)
}

// Bulk is a request for an operation: instances by id, or those that a filter
// finds.
type Bulk struct {
	Action BulkAction
	IDs    []uuid.UUID
	Filter *InstanceFilter
	Params OperationParams
}

// StartBulk begins an operation and returns it; its instances are done one by
// one, each by the rights that the actor has on it.
func (e *Engine) StartBulk(ctx context.Context, actor workflow.Actor, b Bulk) (Operation, error) {
	if err := b.check(); err != nil {
		return Operation{}, err
	}
	b.IDs = slices.Clone(b.IDs)
	slices.SortFunc(b.IDs, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	b.IDs = slices.Compact(b.IDs)
	id := e.newID()
	Remember(ctx, id)
	op, _, err := e.storage.CreateOperation(ctx, Operation{
		ID: id, Tenant: actor.Tenant, Action: b.Action, Params: b.Params, Actor: actor,
		Status: OperationRunning, CreatedAt: e.now(),
	}, b.IDs, b.Filter, keyOf(ctx))
	if err == nil {
		e.bulkSoon()
	}
	return op, err
}

func (b Bulk) check() error {
	switch {
	case !slices.Contains(BulkActions(), b.Action):
		return bulkFault("/action", "The action must be cancel, retry, pause, resume or migrate.")
	case (b.IDs != nil) == (b.Filter != nil):
		return bulkFault("/ids", "Name the instances either by ids or by a filter.")
	case b.Filter == nil && len(b.IDs) == 0:
		return bulkFault("/ids", "Name at least one instance.")
	case len(b.IDs) > MaxBulkIDs:
		return workflow.Errorf(workflow.KindTooLarge, "too_large", "%d instances are named; at most %d are taken at once. Send several requests, or a filter.", len(b.IDs), MaxBulkIDs)
	case b.Filter != nil && b.Filter.empty():
		return bulkFault("/filter", "The filter finds everything. Give it at least one condition.")
	case b.Action == BulkMigrate && b.Params.Reason == "":
		return bulkFault("/reason", "Say why: a migration needs a reason, which is kept in the history.")
	case b.Action != BulkMigrate && (b.Params.ToVersion != "" || b.Params.StepMap != nil):
		return bulkFault("/to_version", "Only migrate takes to_version and step_map. Leave them out.")
	case len(b.Params.StepMap) > MaxStepMap:
		return bulkFault("/step_map", "The map names too many steps.")
	}
	return workflow.CheckText(b.Params.Reason, "reason")
}

func bulkFault(pointer, message string) error {
	e := workflow.Errorf(workflow.KindInvalid, workflow.ErrInvalidInput.Code, "%s", message)
	e.Fields = []workflow.Problem{{Pointer: pointer, Message: message, Code: "invalid"}}
	return e
}

// empty reports whether the filter has no condition.
func (f InstanceFilter) empty() bool {
	return len(f.IDs)+len(f.DefinitionNames)+len(f.Versions)+len(f.Statuses)+len(f.CreatedBy)+len(f.CorrelationIDs)+
		len(f.Steps)+len(f.Labels)+len(f.Assignees)+len(f.Health)+len(f.FailedSteps)+len(f.FailedWith)+len(f.Data) == 0 && f.Query == "" &&
		f.StartedAfter == nil && f.StartedBefore == nil && f.CompletedAfter == nil && f.CompletedBefore == nil
}

// Operation gives an operation to who asked for it and to those who watch over
// the tenant.
func (e *Engine) Operation(ctx context.Context, actor workflow.Actor, id uuid.UUID) (Operation, error) {
	op, err := e.storage.Operation(ctx, actor.Tenant, id)
	if err == nil && op.Actor.ID != actor.ID && !seesOperations(actor) {
		err = workflow.ErrOperationNotFound
	}
	if err != nil {
		return Operation{}, err
	}
	return op, nil
}

// OperationFilter narrows a list of operations; fields combine as in
// InstanceFilter.
type OperationFilter struct {
	Statuses  []OperationStatus
	CreatedBy []string
}

// Operations lists operations, the latest first, without their errors: one's own,
// and to those who watch over the tenant everybody's.
func (e *Engine) Operations(ctx context.Context, actor workflow.Actor, f OperationFilter, p Paging) (Page[Operation], error) {
	if !seesOperations(actor) {
		if len(f.CreatedBy) > 0 && !slices.Contains(f.CreatedBy, actor.ID) {
			return Page[Operation]{Limit: cmp.Or(p.Limit, DefaultLimit)}, nil
		}
		f.CreatedBy = []string{actor.ID}
	}
	return e.storage.Operations(ctx, actor.Tenant, f, p)
}

// seesOperations reports whether the actor sees those of others.
func seesOperations(actor workflow.Actor) bool {
	return actor.System || actor.Is(workflow.RoleOperator, workflow.RoleAuditor)
}

// CancelOperation stops an operation after the batch at hand. What it has done
// stays done.
func (e *Engine) CancelOperation(ctx context.Context, actor workflow.Actor, id uuid.UUID) (Operation, error) {
	op, err := e.Operation(ctx, actor, id)
	if err != nil {
		return op, err
	}
	if op.Actor.ID != actor.ID && !actor.System && !actor.Is(workflow.RoleOperator) {
		return op, workflow.Errorf(workflow.KindForbidden, "forbidden", "Only %s and operators may stop this operation.", op.Actor.ID)
	}
	if op.FinishedAt != nil {
		return op, workflow.Errorf(workflow.KindConflict, workflow.ErrInvalidTransition.Code, "The operation is %s; there is nothing to stop.", op.Status)
	}
	op, err = e.storage.CancelOperation(ctx, actor.Record(e.now(), "operation.cancel", "operation", id.String()), id, keyOf(ctx))
	if err == nil {
		e.bulkSoon()
	}
	return op, err
}

// ErrTooManyInstances refuses a filter that finds more than MaxBulk.
var ErrTooManyInstances = workflow.Errorf(workflow.KindTooLarge, "too_large",
	"The filter finds more than %d instances. Give it further conditions.", MaxBulk)

// Refuse counts instances that the actor may not see.
func (op *Operation) Refuse(unseen []uuid.UUID) {
	step := OperationStep{Errors: op.Errors}
	for _, id := range unseen {
		step.settle(id, workflow.ErrInstanceNotFound)
	}
	op.Failed, op.Errors = op.Failed+step.Failed, step.Errors
}

// Begun is the line of the audit about an operation that begins; each of its
// instances has a line of its own.
func (op Operation) Begun() workflow.Record {
	line := op.Actor.Record(op.CreatedAt, "operation.start", "operation", op.ID.String())
	line.Reason = op.Params.Reason
	line.After, _ = json.Marshal(map[string]any{"action": op.Action, "instances": op.Total}) // of a text and a number
	return line
}
