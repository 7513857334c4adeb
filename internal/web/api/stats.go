package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tandem/internal/engine"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

// Stats are the figures of the dashboard.
type Stats struct {
	ByStatus       map[string]int    `json:"by_status"`
	ByDefinition   []DefinitionStats `json:"by_definition"`
	OpenTasks      int               `json:"open_tasks"`
	OverdueTasks   int               `json:"overdue_tasks"`
	CompletedToday int               `json:"completed_today"`
	WaitingLongest []Instance        `json:"waiting_longest"`
}

// DefinitionStats are one workflow's figures; durations are of the last seven
// days.
type DefinitionStats struct {
	DefinitionName string         `json:"definition_name"`
	ByStatus       map[string]int `json:"by_status"`
	CompletedWeek  int            `json:"completed_week"`
	P50Seconds     float64        `json:"p50_seconds"`
	P95Seconds     float64        `json:"p95_seconds"`
}

func (a *API) statOperations(h huma.API) {
	add(a, h, operation{id: "get-stats", method: http.MethodGet, path: "/stats", summary: "Counts and durations", rule: guard.SignedIn, resource: "stats"}, a.stats)
}

func (a *API) stats(ctx context.Context, _ *struct{}) (*body[Stats], error) {
	s, err := a.Read.Stats(ctx, actorOf(ctx), a.Now().UTC())
	if err != nil {
		return nil, err
	}
	return &body[Stats]{Body: statsShape(s)}, nil
}

func statsShape(s engine.Stats) Stats {
	out := Stats{
		ByStatus: counts(s.ByStatus), ByDefinition: []DefinitionStats{}, OpenTasks: s.OpenTasks,
		OverdueTasks: s.OverdueTasks, CompletedToday: s.CompletedToday, WaitingLongest: []Instance{},
	}
	for _, d := range s.ByDefinition {
		out.ByDefinition = append(out.ByDefinition, DefinitionStats{
			DefinitionName: d.Name, ByStatus: counts(d.ByStatus), CompletedWeek: d.CompletedWeek,
			P50Seconds: d.P50.Seconds(), P95Seconds: d.P95.Seconds(),
		})
	}
	for _, row := range s.LongestWaiting {
		out.WaitingLongest = append(out.WaitingLongest, instanceRowShape(row))
	}
	return out
}

// counts names every status, also those that nothing is in.
func counts(by map[workflow.Status]int) map[string]int {
	out := map[string]int{}
	for _, s := range workflow.Statuses() {
		out[string(s)] = by[s]
	}
	return out
}
