package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tandem/internal/engine"
	"tandem/internal/web/respond"
	"tandem/internal/workflow"
)

// Limits of a batch.
const (
	maxBatch     = 1000
	maxBatchBody = 8 << 20 // bytes
	batchWaiters = 16      // instances that are waited for at a time
)

// BatchPath is where batches are started, below the prefix; its bodies are
// larger than those of other operations.
const BatchPath = "/instances/batch"

// StartRequest asks for one instance.
type StartRequest struct {
	DefinitionName string     `json:"definition_name" minLength:"1" maxLength:"63"`
	Version        string     `json:"version,omitempty" doc:"Default: the latest active release."`
	InputData      Object     `json:"input_data,omitempty" doc:"Must fit the definition's input_schema."`
	CorrelationID  string     `json:"correlation_id,omitempty" maxLength:"255" doc:"Your own name for the instance."`
	Metadata       Object     `json:"metadata,omitempty" doc:"Kept with the instance, never read by it."`
	StartAt        *time.Time `json:"start_at,omitempty" doc:"The instance is pending until then, at most ten years ahead; absent or past: it starts at once."`
	TenantID       string     `json:"tenant_id,omitempty" doc:"Your own tenant or nothing."`
	UserID         string     `json:"user_id,omitempty" doc:"Your own login or nothing; somebody else's with a token that has the scope act-as."`
}

// BatchAnswer is what became of one item: its instance, or why there is none.
type BatchAnswer struct {
	Instance *Instance
	Problem  *respond.Problem // nil when it was started
}

// Schema implements huma.SchemaProvider.
func (BatchAnswer) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{
		Description: "An Instance, or the Problem that refused it.",
		OneOf:       []*huma.Schema{r.Schema(reflect.TypeFor[Instance](), true, ""), r.Schema(reflect.TypeFor[respond.Problem](), true, "")},
	}
}

// MarshalJSON implements json.Marshaler.
func (b BatchAnswer) MarshalJSON() ([]byte, error) {
	if b.Problem != nil {
		return json.Marshal(b.Problem)
	}
	return json.Marshal(b.Instance)
}

type (
	batchInput struct {
		Preference
		Once
		Body struct {
			Items []StartRequest `json:"items" nullable:"false" minItems:"1" maxItems:"1000" doc:"At most 1,000."`
		}
	}
	batchAnswer struct {
		PreferenceApplied string `header:"Preference-Applied"`
		Replayed
		Body struct {
			Items []BatchAnswer `json:"items" nullable:"false" doc:"In the order of the request."`
		}
	}
)

func (b *builder) batchRoutes() {
	handle(b, endpoint{Route: changes(BatchPath, "instances"), ID: "start-batch", Summary: "Start many workflows at once", MaxBody: maxBatchBody, Refusals: []int{413, 422},
		Doc: "Each item stands for itself: it gives its instance or its own problem, and what is refused keeps no other from starting. A body that does not fit the schema is refused as a whole. With an Idempotency-Key a repetition starts only what was not started before."}, b.startBatch)
}

// startBatch submits all items at once, so that the engine commits them
// together.
func (a *API) startBatch(ctx context.Context, who workflow.Actor, in *batchInput) (*batchAnswer, error) {
	started := make([]started, len(in.Body.Items))
	people, err := a.behalves(ctx, who, in.Body.Items)
	if err != nil {
		return nil, err
	}
	key, err := a.items(BatchPath, in.IdempotencyKey, in.Body)
	if err != nil {
		return nil, err
	}
	var all sync.WaitGroup
	for i, item := range in.Body.Items {
		all.Go(func() {
			started[i] = a.startItem(ctx, people[item.UserID], item, key(i))
		})
	}
	all.Wait()
	return a.batchAnswer(ctx, started, in.Preference)
}

// started is what became of one item.
type started struct {
	instance workflow.Instance
	replayed bool
	err      error
}

// caller is who an item is started as.
type caller struct {
	actor workflow.Actor
	err   error
}

// behalves finds out, once for each person, who items are started as.
func (a *API) behalves(ctx context.Context, who workflow.Actor, items []StartRequest) (map[string]caller, error) {
	people := map[string]caller{}
	for _, item := range items {
		if _, known := people[item.UserID]; known {
			continue
		}
		actor, err := a.behalf(ctx, who, "user_id", item.UserID)
		if err != nil && asError(err) == nil {
			return nil, err
		}
		people[item.UserID] = caller{actor, err}
	}
	return people, nil
}

func (a *API) startItem(ctx context.Context, as caller, item StartRequest, once engine.Idempotency) (s started) {
	if s.err = as.err; s.err != nil {
		return s
	}
	if s.err = claimed(as.actor, "tenant_id", item.TenantID, as.actor.Tenant); s.err != nil {
		return s
	}
	s.instance, s.replayed, s.err = a.Engine.StartOnce(ctx, as.actor, item.engine(), once)
	s.err = under("/input_data", s.err)
	return s
}

// engine gives what the engine is asked for.
func (r StartRequest) engine() engine.StartInput {
	return engine.StartInput{
		Definition: r.DefinitionName, Version: r.Version, CorrelationID: r.CorrelationID,
		Input: r.InputData.raw("{}"), Metadata: r.Metadata.raw("{}"), StartAt: r.StartAt,
	}
}

// batchAnswer gives the answer of each item. A key that was used for another
// batch refuses the whole.
func (a *API) batchAnswer(ctx context.Context, all []started, p Preference) (*batchAnswer, error) {
	out := &batchAnswer{}
	var err error
	if out.PreferenceApplied, err = a.settledAll(ctx, all, p); err != nil {
		return nil, err
	}
	made, replayed := 0, 0
	out.Body.Items = make([]BatchAnswer, len(all))
	for i, s := range all {
		switch e := asError(s.err); {
		case s.err == nil:
			shape := instanceOf(s.instance)
			out.Body.Items[i].Instance = &shape
			made++
		case e != nil && e.Code == keyReused:
			return nil, s.err
		default:
			out.Body.Items[i].Problem = a.refused(callFrom(ctx), within("/items/"+strconv.Itoa(i), s.err))
		}
		if s.replayed {
			replayed++
		}
	}
	if made > 0 && made == replayed {
		out.mark()
	}
	return out, nil
}

// settledAll holds the answer of a batch as the caller prefers.
func (a *API) settledAll(ctx context.Context, all []started, p Preference) (applied string, err error) {
	wait := p.wait()
	if wait == 0 {
		return "", nil
	}
	end := a.Now().Add(wait)
	todo := make(chan *started)
	errs := make([]error, batchWaiters)
	var waiting sync.WaitGroup
	for worker := range batchWaiters {
		waiting.Go(func() {
			for s := range todo {
				var err error
				s.instance, err = a.waited(ctx, s.instance, max(end.Sub(a.Now()), time.Millisecond))
				errs[worker] = errors.Join(errs[worker], err)
			}
		})
	}
	for i := range all {
		if all[i].err == nil {
			todo <- &all[i]
		}
	}
	close(todo)
	waiting.Wait()
	return fmt.Sprintf("wait=%d", wait/time.Second), errors.Join(errs...)
}

// within places every fault of an error below a field of the body.
func within(place string, err error) error {
	e := asError(err)
	if e == nil || len(e.Fields) == 0 {
		return err
	}
	placed := *e
	placed.Fields = make([]workflow.Problem, len(e.Fields))
	for i, f := range e.Fields {
		f.Pointer = place + f.Pointer
		placed.Fields[i] = f
	}
	return &placed
}
