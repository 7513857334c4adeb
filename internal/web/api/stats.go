package api

import (
	"context"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Stats are the figures of what the caller may see.
type Stats struct {
	ByStatus        map[string]int    `json:"by_status" doc:"Instances; every status has an entry."`
	OpenTasks       int               `json:"open_tasks"`
	OverdueTasks    int               `json:"overdue_tasks"`
	OverdueIsCapped bool              `json:"overdue_is_capped" doc:"There are more than overdue_tasks says."`
	CompletedToday  int               `json:"completed_today" doc:"Instances, since midnight UTC."`
	ByDefinition    []DefinitionStats `json:"by_definition" nullable:"false"`
	LongestWaiting  []Instance        `json:"longest_waiting" nullable:"false" doc:"At most 10, longest first."`
	CompletedByDay  []DayStats        `json:"completed_by_day" nullable:"false" doc:"Instances, today and in the six days before, in UTC, the oldest first."`
	CompletedByHour []HourStats       `json:"completed_by_hour" nullable:"false" doc:"Instances, in this hour and the 23 before, the oldest first."`
	Decided         DecidedStats      `json:"decided"`
	Failures        []FailureStats    `json:"failures" nullable:"false" doc:"Failed instances by step and message, of which the first 200 characters count."`
}

// DefinitionStats are one workflow's figures.
type DefinitionStats struct {
	DefinitionName     string         `json:"definition_name"`
	ByStatus           map[string]int `json:"by_status"`
	CompletedWeek      int            `json:"completed_week" doc:"Today and in the six days before, in UTC: the throughput."`
	DurationP50Seconds float64        `json:"duration_p50_seconds" doc:"From start to completion, in the same days; within an eighth of the exact figure."`
	DurationP95Seconds float64        `json:"duration_p95_seconds"`
}

// DayStats counts what a day has seen.
type DayStats struct {
	Day       string `json:"day" format:"date"`
	Completed int    `json:"completed"`
}

// HourStats counts what an hour has seen.
type HourStats struct {
	Hour      time.Time `json:"hour" doc:"When it begins."`
	Completed int       `json:"completed"`
}

// DecidedStats tells how many decisions were in time.
type DecidedStats struct {
	Tasks  int `json:"tasks" doc:"With a due time, decided in the same days; of many the last 1,000."`
	InTime int `json:"in_time" doc:"Of these."`
}

// FailureStats counts failed instances.
type FailureStats struct {
	DefinitionName string `json:"definition_name"`
	StepName       string `json:"step_name"`
	Message        string `json:"message"`
	Count          int    `json:"count"`
}

type (
	statsInput  struct{}
	statsAnswer struct{ Body Stats }
)

func (b *builder) statsRoutes() {
	handle(b, endpoint{Route: reads("/stats", "stats"), ID: "get-stats", Summary: "Get counts, throughput and durations"}, b.getStats)
}

func (a *API) getStats(ctx context.Context, who workflow.Actor, _ *statsInput) (*statsAnswer, error) {
	s, err := a.Read.Stats(ctx, who, a.Now().UTC())
	if err != nil {
		return nil, err
	}
	return &statsAnswer{statsOf(s)}, nil
}

func statsOf(s engine.Stats) Stats {
	shape := Stats{
		ByStatus: byStatus(s.ByStatus), OpenTasks: s.OpenTasks, OverdueTasks: s.OverdueTasks, OverdueIsCapped: s.OverdueIsCapped, CompletedToday: s.CompletedToday,
		ByDefinition: []DefinitionStats{}, CompletedByDay: []DayStats{}, CompletedByHour: []HourStats{}, Decided: DecidedStats{Tasks: s.Decided, InTime: s.DecidedInTime}, LongestWaiting: []Instance{}, Failures: []FailureStats{},
	}
	for _, d := range s.ByDefinition {
		shape.ByDefinition = append(shape.ByDefinition, DefinitionStats{
			DefinitionName: d.Name, ByStatus: byStatus(d.ByStatus), CompletedWeek: d.CompletedWeek,
			DurationP50Seconds: seconds(d.P50), DurationP95Seconds: seconds(d.P95),
		})
	}
	for _, row := range s.LongestWaiting {
		shape.LongestWaiting = append(shape.LongestWaiting, instanceOf(row.Instance))
	}
	for _, d := range s.Days {
		shape.CompletedByDay = append(shape.CompletedByDay, DayStats{Day: d.Day.Format(time.DateOnly), Completed: d.Completed})
	}
	for _, h := range s.Hours {
		shape.CompletedByHour = append(shape.CompletedByHour, HourStats{Hour: h.Hour, Completed: h.Completed})
	}
	for _, f := range s.Failures {
		shape.Failures = append(shape.Failures, FailureStats{DefinitionName: f.Definition, StepName: f.Step, Message: f.Message, Count: f.Count})
	}
	return shape
}

// seconds keeps whole microseconds.
func seconds(d time.Duration) float64 { return d.Truncate(time.Microsecond).Seconds() }

func byStatus(counts map[workflow.Status]int) map[string]int {
	all := map[string]int{}
	for _, s := range workflow.Statuses() {
		all[string(s)] = counts[s]
	}
	return all
}
