package api

import (
	"context"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// MigrationReport says what a migration does to each live execution.
type MigrationReport struct {
	FromVersion string          `json:"from_version"`
	ToVersion   string          `json:"to_version"`
	DryRun      bool            `json:"dry_run"`
	CanMove     bool            `json:"can_move" doc:"False when a problem stands in the way."`
	Executions  []MigrationLine `json:"executions" nullable:"false" doc:"Items of a for_each only when they cannot move; at most 1,000."`
	Problems    []string        `json:"problems" nullable:"false" doc:"Of the instance as a whole."`
}

// MigrationLine is what happens to one live execution.
type MigrationLine struct {
	ExecutionID string  `json:"execution_id" format:"uuid"`
	StepName    string  `json:"step_name"`
	ToStep      *string `json:"to_step" doc:"Null when it cannot move."`
	Visit       int     `json:"visit"`
	Index       int     `json:"index"`
	Status      string  `json:"status"`
	Does        *string `json:"does" doc:"What happens to it, in words."`
	Problem     *string `json:"problem" doc:"Why it cannot move; null when it can."`
}

type (
	migrateInput struct {
		ID string `path:"id"`
		Precondition
		Once
		Body *struct {
			Behalf
			ToVersion string            `json:"to_version,omitempty" maxLength:"255" doc:"Left out: the latest active release."`
			StepMap   map[string]string `json:"step_map,omitempty" doc:"Steps that have another name there: old name to new name."`
			DryRun    bool              `json:"dry_run,omitempty" doc:"Only report."`
			Reason    string            `json:"reason,omitempty" doc:"Needed unless dry_run; kept in the history."`
		}
	}
	migrateAnswer struct {
		Replayed
		Body MigrationReport
	}
)

func (b *builder) migrateRoutes() {
	handleOnce(b, endpoint{Route: changes("/instances/{id}/migrate", "instances"), ID: "migrate-instance", Summary: "Move an instance to another version of its definition", Refusals: verbRefusals,
		Doc: "Moves between attempts: a step that is being run is refused, not waited for. Tasks keep people, claim, due time and draft; addresses of webhooks keep working. " +
			"What cannot move is a 409 that lists it; a dry run reports it."}, b.migrateInstance, b.migratedBefore)
}

func (a *API) migrateInstance(ctx context.Context, who workflow.Actor, in *migrateInput) (*migrateAnswer, error) {
	seen, err := a.instance(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	if err := in.holds(seen.Version); err != nil {
		return nil, err
	}
	m := engine.Migration{}
	if b := in.Body; b != nil {
		m = engine.Migration{ToVersion: b.ToVersion, Steps: b.StepMap, DryRun: b.DryRun, Reason: b.Reason}
	}
	report, err := a.Engine.Migrate(in.on(ctx, seen), who, seen.ID, m)
	if err != nil {
		return nil, in.failed(err, seen.Version)
	}
	return &migrateAnswer{Body: reportOf(report, m.DryRun)}, nil
}

func (a *API) migratedBefore(_ context.Context, _ workflow.Actor, _ *migrateInput, use workflow.KeyUse) (*migrateAnswer, error) {
	report, err := remembered[workflow.MigrationReport](use)
	return &migrateAnswer{Body: reportOf(&report, false)}, err
}

func reportOf(r *workflow.MigrationReport, dry bool) MigrationReport {
	shape := MigrationReport{
		FromVersion: r.From.Version, ToVersion: r.To.Version, DryRun: dry, CanMove: len(r.Faults()) == 0,
		Executions: []MigrationLine{}, Problems: orEmpty(r.Problems),
	}
	for _, l := range r.Executions {
		shape.Executions = append(shape.Executions, MigrationLine{
			ExecutionID: l.ExecutionID.String(), StepName: l.Step, ToStep: orNull(l.ToStep), Visit: l.Visit, Index: l.Index,
			Status: string(l.Status), Does: orNull(l.Does), Problem: orNull(l.Problem),
		})
	}
	return shape
}
