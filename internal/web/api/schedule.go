package api

import (
	"context"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Schedule is one schedule of the latest version of a workflow.
type Schedule struct {
	DefinitionName    string     `json:"definition_name"`
	DefinitionVersion string     `json:"definition_version"`
	Index             int        `json:"index" doc:"Its place under schedules, from 0."`
	Cron              string     `json:"cron"`
	Timezone          string     `json:"timezone"`
	Overlap           string     `json:"overlap" enum:"skip,queue,allow"`
	CatchUp           int        `json:"catch_up" doc:"How many missed times are made up for."`
	NextAt            *time.Time `json:"next_at" doc:"When it starts an instance next; null when no time comes any more."`
	QueuedAt          *time.Time `json:"queued_at" doc:"The time whose start waits for the end of the last instance."`
	LastAt            *time.Time `json:"last_at" doc:"The time for which it started an instance last."`
	LastInstanceID    *string    `json:"last_instance_id" format:"uuid"`
	LastError         *string    `json:"last_error" doc:"Why the latest start was refused; null when it was not."`
}

type (
	scheduleList    struct{ Paging }
	schedulesAnswer struct{ Body List[Schedule] }
)

func (b *builder) scheduleRoutes() {
	handle(b, endpoint{Route: reads("/schedules", "definitions"), ID: "list-schedules", Summary: "List schedules with their next times",
		Doc: "Those of the latest release of each workflow, by name."}, b.listSchedules)
}

func (a *API) listSchedules(ctx context.Context, who workflow.Actor, in *scheduleList) (*schedulesAnswer, error) {
	rows, err := a.Read.Schedules(ctx, who)
	if err != nil {
		return nil, err
	}
	page, err := pageOf(rows, in.Paging)
	if err != nil {
		return nil, err
	}
	list, err := listOf(page, func(row engine.ScheduleRow) (Schedule, error) { return scheduleOf(row), nil })
	return &schedulesAnswer{list}, err
}

func scheduleOf(row engine.ScheduleRow) Schedule {
	return Schedule{
		DefinitionName: row.Definition.Name, DefinitionVersion: row.Definition.Version, Index: row.Index,
		Cron: row.Cron, Timezone: row.Zone, Overlap: string(row.Overlap), CatchUp: row.CatchUp,
		NextAt: given(row.NextAt), QueuedAt: row.QueuedAt, LastAt: row.LastAt,
		LastInstanceID: idOrNull(row.LastInstance), LastError: orNull(row.LastError),
	}
}
