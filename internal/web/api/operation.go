package api

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Operation is one verb for many instances.
type Operation struct {
	ID         string           `json:"id" format:"uuid"`
	Action     string           `json:"action" enum:"cancel,retry,pause,resume,migrate"`
	Status     string           `json:"status" enum:"running,canceling,completed,canceled"`
	Total      int              `json:"total"`
	Done       int              `json:"done" doc:"Instances that it was done to."`
	Failed     int              `json:"failed" doc:"Instances that refused it."`
	Errors     []OperationError `json:"errors" nullable:"false" doc:"The first 100 refusals; none in the list of operations."`
	CreatedBy  string           `json:"created_by"`
	CreatedAt  time.Time        `json:"created_at"`
	FinishedAt *time.Time       `json:"finished_at"`
}

// OperationError says why an instance refused.
type OperationError struct {
	InstanceID string `json:"instance_id" format:"uuid"`
	Code       string `json:"code"`
	Message    string `json:"message"`
}

// BulkFilter finds instances; the fields combine as in the list of instances.
type BulkFilter struct {
	DefinitionName  []string   `json:"definition_name,omitempty" maxItems:"100"`
	Version         []string   `json:"version,omitempty" maxItems:"100"`
	Status          []string   `json:"status,omitempty" maxItems:"100" enum:"pending,running,waiting,paused,failed,completed,canceled"`
	CreatedBy       []string   `json:"created_by,omitempty" maxItems:"100"`
	CorrelationID   []string   `json:"correlation_id,omitempty" maxItems:"1000"`
	Q               string     `json:"q,omitempty" maxLength:"200" doc:"A part of the id, the correlation id or the workflow's name."`
	Step            []string   `json:"step,omitempty" maxItems:"100"`
	Label           []string   `json:"label,omitempty" maxItems:"100"`
	Assignee        []string   `json:"assignee,omitempty" maxItems:"100"`
	Health          []string   `json:"health,omitempty" maxItems:"5" enum:"failed,retrying,overdue,no_worker,on_hold"`
	FailedStep      []string   `json:"failed_step,omitempty" maxItems:"100"`
	FailedWith      []string   `json:"failed_with,omitempty" maxItems:"100" doc:"The message, of which the first 200 characters count."`
	StartedAfter    *time.Time `json:"started_after,omitempty"`
	StartedBefore   *time.Time `json:"started_before,omitempty"`
	CompletedAfter  *time.Time `json:"completed_after,omitempty"`
	CompletedBefore *time.Time `json:"completed_before,omitempty"`
	Data            []DataTest `json:"data,omitempty" maxItems:"8" doc:"As data.PATH[OP]=VALUE in the list."`
}

// DataTest compares what data holds at a path.
type DataTest struct {
	Path   string   `json:"path" maxLength:"500" example:"customer.name"`
	Op     string   `json:"op,omitempty" enum:"eq,ne,lt,lte,gt,gte,contains" doc:"eq when left out."`
	Values []string `json:"values" minItems:"1" maxItems:"50" nullable:"false" doc:"One of them; one that reads as a number is compared with numbers."`
}

type (
	bulkInput struct {
		Once
		Body *struct {
			Behalf
			Action    string            `json:"action,omitempty" enum:"cancel,retry,pause,resume,migrate"`
			IDs       []string          `json:"ids,omitempty" maxItems:"10000" doc:"The instances; or a filter."`
			Filter    *BulkFilter       `json:"filter,omitempty" doc:"Finds the instances, at most 100,000; needs a condition."`
			Reason    string            `json:"reason,omitempty" doc:"Kept in the history of each; migrate needs one."`
			ToVersion string            `json:"to_version,omitempty" maxLength:"255" doc:"Of migrate."`
			StepMap   map[string]string `json:"step_map,omitempty" doc:"Of migrate."`
		}
	}
	operationInput struct {
		ID string `path:"id"`
	}
	operationList struct {
		Paging
		Status    []string `query:"status,explode" enum:"running,canceling,completed,canceled"`
		CreatedBy []string `query:"created_by,explode"`
	}
	operationsAnswer struct{ Body List[Operation] }
	operationStop    struct {
		ID string `path:"id"`
		Once
		Body *struct{ Behalf }
	}
	operationAnswer struct {
		Location string `header:"Location"`
		Replayed
		Body Operation
	}
)

func (b *builder) operationRoutes() {
	handleOnce(b, endpoint{Route: changes("/instances/bulk", "instances"), ID: "start-bulk", Summary: "Do one verb to many instances", Status: 202, Refusals: []int{413, 422},
		Doc: "Answers at once with an operation, which tells how far it is. Each instance is judged by the rights that you have on it; what refuses is counted and named."}, b.startBulk, b.bulkBefore)
	handle(b, endpoint{Route: reads("/operations", "instances"), ID: "list-operations", Summary: "List operations, the latest first",
		Doc: "Your own; operators and auditors see those of everybody. What has ended is kept for 30 days."}, b.listOperations)
	handle(b, endpoint{Route: reads("/operations/{id}", "instances"), ID: "get-operation", Summary: "Get an operation with its progress", Refusals: []int{404}}, b.getOperation)
	handleOnce(b, endpoint{Route: changes("/operations/{id}/cancel", "instances"), ID: "cancel-operation", Summary: "Stop an operation", Refusals: []int{404, 409},
		Doc: "What it has done stays done; the batch at hand is still counted."}, b.cancelOperation, b.canceledBefore)
}

func (a *API) startBulk(ctx context.Context, who workflow.Actor, in *bulkInput) (*operationAnswer, error) {
	bulk := engine.Bulk{}
	if b := in.Body; b != nil {
		filter, err := b.Filter.engine()
		if err != nil {
			return nil, err
		}
		bulk = engine.Bulk{
			Action: engine.BulkAction(b.Action), Filter: filter,
			Params: engine.OperationParams{Reason: b.Reason, ToVersion: b.ToVersion, StepMap: b.StepMap},
		}
		for _, text := range b.IDs {
			id, ok := parseID(text)
			if !ok {
				return nil, invalid("ids", "One of the ids is none. Take those that the list of instances shows.")
			}
			bulk.IDs = append(bulk.IDs, id)
		}
	}
	op, err := a.Engine.StartBulk(ctx, who, bulk)
	if err != nil {
		return nil, err
	}
	return a.begun(ctx, op), nil
}

func (a *API) begun(ctx context.Context, op engine.Operation) *operationAnswer {
	return &operationAnswer{Location: a.at(ctx, "/operations/"+op.ID.String()), Body: operationOf(op)}
}

func (a *API) bulkBefore(ctx context.Context, who workflow.Actor, _ *bulkInput, use workflow.KeyUse) (*operationAnswer, error) {
	id, err := remembered[uuid.UUID](use)
	if err != nil {
		return nil, err
	}
	op, err := a.Engine.Operation(ctx, who, id)
	if err != nil {
		return nil, err
	}
	return a.begun(ctx, op), nil
}

func (f *BulkFilter) engine() (*engine.InstanceFilter, error) {
	if f == nil {
		return nil, nil
	}
	var data []engine.DataFilter
	for i, one := range f.Data {
		if !workflow.ValidDataPath(one.Path) {
			return nil, invalid(fmt.Sprintf("filter/data/%d/path", i), "This names no path into data. Write it like customer.name.")
		}
		data = append(data, engine.DataFilter{Path: one.Path, Op: engine.DataOp(cmp.Or(one.Op, string(engine.OpEqual))), Values: one.Values})
	}
	return &engine.InstanceFilter{
		Data:            data,
		DefinitionNames: f.DefinitionName, Versions: f.Version, Statuses: converted[workflow.Status](f.Status),
		CreatedBy: f.CreatedBy, CorrelationIDs: f.CorrelationID, Query: f.Q,
		StartedAfter: f.StartedAfter, StartedBefore: f.StartedBefore, CompletedAfter: f.CompletedAfter, CompletedBefore: f.CompletedBefore,
		Steps: f.Step, Labels: f.Label, Assignees: f.Assignee, Health: converted[engine.Health](f.Health), FailedSteps: f.FailedStep, FailedWith: f.FailedWith,
	}, nil
}

func (a *API) listOperations(ctx context.Context, who workflow.Actor, in *operationList) (*operationsAnswer, error) {
	page, err := a.Engine.Operations(ctx, who, engine.OperationFilter{Statuses: converted[engine.OperationStatus](in.Status), CreatedBy: in.CreatedBy}, in.engine())
	if err != nil {
		return nil, err
	}
	list, err := listOf(page, func(op engine.Operation) (Operation, error) { return operationOf(op), nil })
	return &operationsAnswer{list}, err
}

func (a *API) getOperation(ctx context.Context, who workflow.Actor, in *operationInput) (*operationAnswer, error) {
	return a.onOperation(ctx, who, in.ID, a.Engine.Operation)
}

func (a *API) cancelOperation(ctx context.Context, who workflow.Actor, in *operationStop) (*operationAnswer, error) {
	return a.onOperation(ctx, who, in.ID, a.Engine.CancelOperation)
}

func (a *API) canceledBefore(ctx context.Context, who workflow.Actor, in *operationStop, _ workflow.KeyUse) (*operationAnswer, error) {
	return a.onOperation(ctx, who, in.ID, a.Engine.Operation)
}

func (a *API) onOperation(ctx context.Context, who workflow.Actor, text string, do func(context.Context, workflow.Actor, uuid.UUID) (engine.Operation, error)) (*operationAnswer, error) {
	id, ok := parseID(text)
	if !ok {
		return nil, workflow.ErrOperationNotFound
	}
	op, err := do(ctx, who, id)
	if err != nil {
		return nil, err
	}
	return &operationAnswer{Body: operationOf(op)}, nil
}

func operationOf(op engine.Operation) Operation {
	shape := Operation{
		ID: op.ID.String(), Action: string(op.Action), Status: string(op.Status), Total: op.Total, Done: op.Done, Failed: op.Failed,
		Errors: []OperationError{}, CreatedBy: op.Actor.ID, CreatedAt: op.CreatedAt, FinishedAt: op.FinishedAt,
	}
	for _, e := range op.Errors {
		shape.Errors = append(shape.Errors, OperationError{InstanceID: e.InstanceID.String(), Code: e.Code, Message: e.Message})
	}
	return shape
}
