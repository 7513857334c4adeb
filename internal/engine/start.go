package engine

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// ErrKeyTaken answers a request whose key may have been used at the same moment,
// and a start that met its own instance, another live one under its correlation
// id, or a version that is not active. Which of them, is found out outside of the commit loop.
var ErrKeyTaken = workflow.Errorf(workflow.KindUnavailable, "start_taken", "Something else was started under this name at the same moment. Try again.")

// maxBegins bounds how often a start is repeated because what stood in its way
// has ended meanwhile.
const maxBegins = 5

// begin submits a start. Whether it may begin is decided by the store alone, so
// that of starts that race, in however many processes, one is made.
func (e *Engine) begin(ctx context.Context, r *request) (workflow.Instance, error) {
	for range maxBegins {
		in, err := e.submit(ctx, r)
		if !errors.Is(err, ErrKeyTaken) {
			return in, err
		}
		if err := e.inTheWay(ctx, r); err != nil {
			return workflow.Instance{}, err
		}
	}
	return workflow.Instance{}, ErrKeyTaken
}

// inTheWay gives the refusal of a start that was taken; nil when it may be
// tried again.
func (e *Engine) inTheWay(ctx context.Context, r *request) error {
	snaps, err := e.storage.Load(ctx, []uuid.UUID{r.instance}, Want{})
	if err != nil {
		return err
	}
	if snaps[r.instance] != nil {
		return workflow.Errorf(workflow.KindConflict, workflow.ErrInvalidTransition.Code, "The instance has been started already.")
	}
	if r.key != nil {
		_, used, err := e.storage.KeyUse(ctx, *r.key)
		if err != nil {
			return err
		}
		if used {
			return ErrKeyTaken
		}
	}
	start := r.cmd.(workflow.Start)
	if err := e.startable(ctx, start.Actor.Tenant, r.def.Ref); err != nil {
		return err
	}
	live, err := e.storage.LiveUnique(ctx, start.Actor.Tenant, r.def.Name, start.CorrelationID)
	if errors.Is(err, workflow.ErrInstanceNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	refusal := workflow.Errorf(workflow.KindConflict, workflow.ErrAlreadyRunning.Code,
		"%q runs already for %q: instance %s. Wait until it has ended, or cancel it.", r.def.Title, start.CorrelationID, live)
	refusal.Instance = live
	return refusal
}

// startable refuses a version that is not active or not there (any more).
func (e *Engine) startable(ctx context.Context, tenant string, ref workflow.Ref) error {
	active, err := e.storage.ActiveVersions(ctx, tenant, ref.Name)
	if err != nil || slices.Contains(active, ref.Version) {
		return err
	}
	if _, err := e.storage.DefinitionSource(ctx, tenant, ref); err != nil {
		return err
	}
	return workflow.Errorf(workflow.KindConflict, "version_inactive",
		"Version %s of %q is not active, so nothing can be started with it. Take another version, or activate this one.", ref.Version, ref.Name)
}
