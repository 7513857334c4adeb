package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Migration says where an instance is to be moved.
type Migration struct {
	ToVersion string            // empty = the latest active release
	Steps     map[string]string // steps that have another name there
	DryRun    bool              // only report
	Reason    string
}

// MaxStepMap bounds Migration.Steps.
const MaxStepMap = 1000

// Migrate moves an instance to another version of its definition, between
// attempts, and reports what that does to each live execution. What cannot move
// is refused as a whole; a dry run reports it instead.
func (e *Engine) Migrate(ctx context.Context, actor workflow.Actor, id uuid.UUID, m Migration) (*workflow.MigrationReport, error) {
	if len(m.Steps) > MaxStepMap {
		return nil, workflow.Errorf(workflow.KindTooLarge, "too_large", "step_map names %d steps; at most %d are taken.", len(m.Steps), MaxStepMap)
	}
	if err := workflow.CheckText(m.Reason, "reason"); err != nil {
		return nil, err
	}
	in, err := e.instanceOf(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	to, err := e.Definition(ctx, actor, in.Definition.Name, m.ToVersion)
	if err != nil {
		return nil, err
	}
	if err := e.startable(ctx, actor.Tenant, to.Ref); err != nil {
		return nil, err
	}
	cmd := workflow.Migrate{Actor: actor, Reason: m.Reason, To: to, Steps: m.Steps}
	report, err := e.checkMigration(ctx, id, cmd)
	if err != nil || m.DryRun {
		return report, err
	}
	Remember(ctx, report)
	_, err = e.submit(ctx, &request{instance: id, cmd: cmd})
	return report, err
}

// instanceOf gives an instance of the actor's tenant.
func (e *Engine) instanceOf(ctx context.Context, actor workflow.Actor, id uuid.UUID) (workflow.Instance, error) {
	snaps, err := e.storage.Load(ctx, []uuid.UUID{id}, Want{})
	if err != nil {
		return workflow.Instance{}, err
	}
	s := snaps[id]
	if s == nil || s.Instance.Tenant != actor.Tenant {
		return workflow.Instance{}, workflow.ErrInstanceNotFound
	}
	return s.Instance, nil
}

// checkMigration reports on the instance as it is stored.
func (e *Engine) checkMigration(ctx context.Context, id uuid.UUID, cmd workflow.Migrate) (*workflow.MigrationReport, error) {
	want := Want{Steps: func(string, workflow.Ref) ([]string, error) { return nil, nil }}
	for range maxLoads {
		snaps, err := e.storage.Load(ctx, []uuid.UUID{id}, want)
		if err != nil {
			return nil, err
		}
		snap := snaps[id]
		if snap == nil {
			return nil, workflow.ErrInstanceNotFound
		}
		def, err := e.definition(ctx, snap.Instance.Tenant, snap.Instance.Definition)
		if err != nil {
			return nil, brokenDefinition(err)
		}
		report, err := workflow.CheckMigration(def, snap, cmd, workflow.Env{Now: e.now(), NewID: e.newID, HookURL: e.hookURL, Owner: e.process})
		var need *workflow.NeedError
		if !errors.As(err, &need) {
			return report, err
		}
		want.add(Want{Need: need.Need})
	}
	return nil, fmt.Errorf("check the migration of %s: it needs more again and again", id)
}
