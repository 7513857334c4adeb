package api

import (
	"context"
	"strconv"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Schedule is one schedule of the latest version of a workflow.
type Schedule struct {
	DefinitionName    string      `json:"definition_name"`
	DefinitionVersion string      `json:"definition_version"`
	Index             int         `json:"index" doc:"Its place under schedules, from 0."`
	Cron              string      `json:"cron"`
	Timezone          string      `json:"timezone"`
	Overlap           string      `json:"overlap" enum:"skip,queue,allow"`
	CatchUp           int         `json:"catch_up" doc:"How many missed times are made up for."`
	NextAt            *time.Time  `json:"next_at" doc:"When it starts an instance next; null when no time comes any more."`
	Upcoming          []time.Time `json:"upcoming" nullable:"false" doc:"The next five times."`
	QueuedAt          *time.Time  `json:"queued_at" doc:"The time whose start waits for the end of the last instance."`
	LastAt            *time.Time  `json:"last_at" doc:"The time for which it started an instance last."`
	LastInstanceID    *string     `json:"last_instance_id" format:"uuid"`
	LastError         *string     `json:"last_error" doc:"Why the latest start was refused; null when it was not."`
}

type (
	scheduleList    struct{ Paging }
	schedulesAnswer struct{ Body List[Schedule] }
	scheduleInput   struct {
		Name  string `path:"name"`
		Index string `path:"index" doc:"Its place under schedules, from 0."`
	}
	scheduleAnswer struct{ Body Schedule }
	runInput       struct {
		Name  string `path:"name"`
		Index string `path:"index" doc:"Its place under schedules, from 0."`
		Preference
		Once
		Body *struct{ Behalf }
	}
)

// upcomingTimes is how many times of a schedule are told.
const upcomingTimes = 5

func (b *builder) scheduleRoutes() {
	handle(b, endpoint{Route: reads("/schedules", "definitions"), ID: "list-schedules", Summary: "List schedules with their next times",
		Doc: "Those of the latest active release of each workflow, by name. To pause them deactivate its version."}, b.listSchedules)
	const one = "/schedules/{name}/{index}"
	handle(b, endpoint{Route: reads(one, "definitions"), ID: "get-schedule", Summary: "Get a schedule with its next times", Refusals: []int{404}}, b.getSchedule)
	handleOnce(b, endpoint{Route: changes(one+"/run", "instances"), ID: "run-schedule", Summary: "Start at once what a schedule starts", Status: 201, Refusals: []int{404, 409, 413, 422},
		Doc: "As you, with the schedule's input of this moment, whatever lives. Its own times stay as they are."}, b.runSchedule, b.ranBefore)
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
	list, err := listOf(page, func(row engine.ScheduleRow) (Schedule, error) { return a.scheduleOf(ctx, who, row) })
	return &schedulesAnswer{list}, err
}

func (a *API) getSchedule(ctx context.Context, who workflow.Actor, in *scheduleInput) (*scheduleAnswer, error) {
	rows, err := a.Read.Schedules(ctx, who)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row.Definition.Name == in.Name && strconv.Itoa(row.Index) == in.Index {
			shape, err := a.scheduleOf(ctx, who, row)
			return &scheduleAnswer{shape}, err
		}
	}
	return nil, engine.ErrScheduleNotFound
}

func (a *API) runSchedule(ctx context.Context, who workflow.Actor, in *runInput) (*instanceAnswer, error) {
	instance, err := a.Engine.RunSchedule(ctx, who, in.Name, in.Index)
	if err != nil {
		return nil, err
	}
	return a.ran(ctx)(a.answer(ctx, instance, in.Preference))
}

func (a *API) ranBefore(ctx context.Context, who workflow.Actor, in *runInput, use workflow.KeyUse) (*instanceAnswer, error) {
	return a.ran(ctx)(instanceAgain[runInput](a)(ctx, who, in, use))
}

// ran adds where the instance is found.
func (a *API) ran(ctx context.Context) func(*instanceAnswer, error) (*instanceAnswer, error) {
	return func(answer *instanceAnswer, err error) (*instanceAnswer, error) {
		if err == nil {
			answer.Location = a.at(ctx, "/instances/"+answer.Body.ID)
		}
		return answer, err
	}
}

func (a *API) scheduleOf(ctx context.Context, who workflow.Actor, row engine.ScheduleRow) (Schedule, error) {
	def, err := a.Engine.Definition(ctx, who, row.Definition.Name, row.Definition.Version)
	if err != nil {
		return Schedule{}, err
	}
	upcoming := []time.Time{}
	if row.Index < len(def.Schedules) {
		for at := row.NextAt; !at.IsZero() && len(upcoming) < upcomingTimes; at = def.Schedules[row.Index].Next(at) {
			upcoming = append(upcoming, at.UTC())
		}
	}
	return Schedule{
		Upcoming:       upcoming,
		DefinitionName: row.Definition.Name, DefinitionVersion: row.Definition.Version, Index: row.Index,
		Cron: row.Cron, Timezone: row.Zone, Overlap: string(row.Overlap), CatchUp: row.CatchUp,
		NextAt: given(row.NextAt), QueuedAt: row.QueuedAt, LastAt: row.LastAt,
		LastInstanceID: idOrNull(row.LastInstance), LastError: orNull(row.LastError),
	}, nil
}
