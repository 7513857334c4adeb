package engine

import (
	"context"
	"strconv"

	"tandem/internal/workflow"
)

// ErrScheduleNotFound says that a workflow has no such schedule.
var ErrScheduleNotFound = workflow.Errorf(workflow.KindNotFound, "schedule_not_found",
	"There is no such schedule. Take the workflow's name and the index that the list of schedules shows.")

// Schedule gives a schedule of the latest active release of a workflow, by its
// place in the document.
func (e *Engine) Schedule(ctx context.Context, actor workflow.Actor, name, index string) (*workflow.Definition, *workflow.Schedule, error) {
	def, err := e.Definition(ctx, actor, name, "")
	if err != nil {
		return nil, nil, err
	}
	i, err := strconv.Atoi(index)
	if err != nil || strconv.Itoa(i) != index || i < 0 || i >= len(def.Schedules) {
		return nil, nil, ErrScheduleNotFound
	}
	return def, &def.Schedules[i], nil
}

// RunSchedule starts at once what a schedule starts, as the actor and with the
// input of this moment, whatever lives. The schedule's own times stay as they are.
func (e *Engine) RunSchedule(ctx context.Context, actor workflow.Actor, name, index string) (workflow.Instance, error) {
	def, s, err := e.Schedule(ctx, actor, name, index)
	if err != nil {
		return workflow.Instance{}, err
	}
	now := e.now()
	input, err := s.InputAt(now)
	if err != nil {
		return workflow.Instance{}, err
	}
	return e.Start(ctx, actor, StartInput{
		Definition: def.Name, Version: def.Version, Input: input, CorrelationID: name + "/" + index + "/" + now.Format("20060102T150405.000000Z") + "/" + actor.ID,
	})
}
