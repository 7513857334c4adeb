package memory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Limits of the dashboard's lists.
const (
	maxLongest  = 10
	maxFailures = 10
)

// Stats implements engine.Reader.
func (s *Store) Stats(ctx context.Context, viewer workflow.Actor, now time.Time) (engine.Stats, error) {
	if err := ctx.Err(); err != nil {
		return engine.Stats{}, fmt.Errorf("stats: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	c := newCounts(now.UTC())
	for _, r := range s.visible(viewer) {
		c.add(r)
	}
	stats := c.stats
	if !viewer.SeesAll() {
		stats.OverdueIsCapped = stats.OverdueTasks > engine.ShownTotal
		stats.OverdueTasks = min(stats.OverdueTasks, engine.ShownTotal)
	}
	stats.ByDefinition = c.byDefinition()
	stats.Failures = c.byFailure()
	for i := range 7 {
		day := engine.StatsWeek(c.now).AddDate(0, 0, i)
		stats.Days = append(stats.Days, engine.DayStats{Day: day, Completed: c.days[day.Format(time.DateOnly)]})
	}
	for i := range engine.StatsHours {
		hour := engine.StatsDay(c.now).Add(time.Duration(i) * time.Hour)
		stats.Hours = append(stats.Hours, engine.HourStats{Hour: hour, Completed: c.hours[hour.Format(workflow.HourForm)]})
	}
	slices.SortFunc(c.decided, func(a, b workflow.Task) int { return b.CompletedAt.Compare(*a.CompletedAt) })
	for _, t := range firstOf(c.decided, engine.MaxDecided) {
		stats.Decided++
		if !t.CompletedAt.After(*t.DueAt) {
			stats.DecidedInTime++
		}
	}
	slices.SortFunc(c.waiting, func(a, b *record) int {
		return cmp.Or(waitingSince(a.instance).Compare(waitingSince(b.instance)), keyOfInstance(a).compare(keyOfInstance(b)))
	})
	for _, r := range firstOf(c.waiting, maxLongest) {
		stats.LongestWaiting = append(stats.LongestWaiting, s.instanceRow(r))
	}
	return stats, nil
}

// counts gathers the figures.
type counts struct {
	now         time.Time
	stats       engine.Stats
	definitions map[string]*engine.DefinitionStats
	durations   map[string][]time.Duration
	failures    map[engine.FailureStats]int
	waiting     []*record
	days, hours map[string]int
	decided     []workflow.Task
}

func newCounts(now time.Time) *counts {
	return &counts{
		now: now, stats: engine.Stats{ByStatus: map[workflow.Status]int{}},
		definitions: map[string]*engine.DefinitionStats{},
		durations:   map[string][]time.Duration{},
		failures:    map[engine.FailureStats]int{},
		days:        map[string]int{},
		hours:       map[string]int{},
	}
}

func (c *counts) add(r *record) {
	in := r.instance
	c.stats.ByStatus[in.Status]++
	def := c.definition(in.Definition.Name)
	def.ByStatus[in.Status]++
	switch in.Status {
	case workflow.StatusCompleted:
		c.completed(in, def)
	case workflow.StatusWaiting:
		c.waiting = append(c.waiting, r)
	case workflow.StatusFailed:
		c.failures[failureOf(in)]++
	}
	for _, t := range r.tasks {
		if isOpen(t) {
			c.stats.OpenTasks++
		}
		if overdue(t, c.now) {
			c.stats.OverdueTasks++
		}
		if t.Status == workflow.TaskCompleted && t.DueAt != nil && !t.CompletedAt.Before(engine.StatsWeek(c.now)) {
			c.decided = append(c.decided, t)
		}
	}
}

func (c *counts) definition(name string) *engine.DefinitionStats {
	def, ok := c.definitions[name]
	if !ok {
		def = &engine.DefinitionStats{Name: name, ByStatus: map[workflow.Status]int{}}
		c.definitions[name] = def
	}
	return def
}

func (c *counts) completed(in workflow.Instance, def *engine.DefinitionStats) {
	if in.CompletedAt == nil || in.CompletedAt.Before(engine.StatsWeek(c.now)) {
		return
	}
	if in.CompletedAt.UTC().Format(time.DateOnly) == c.now.Format(time.DateOnly) {
		c.stats.CompletedToday++
	}
	def.CompletedWeek++
	c.days[in.CompletedAt.UTC().Format(time.DateOnly)]++
	c.hours[in.CompletedAt.UTC().Format(workflow.HourForm)]++
	if in.StartedAt != nil {
		c.durations[def.Name] = append(c.durations[def.Name], in.CompletedAt.Sub(*in.StartedAt))
	}
}

func failureOf(in workflow.Instance) engine.FailureStats {
	step, message := in.Failure()
	return engine.FailureStats{Definition: in.Definition.Name, Step: step, Message: message}
}

// waitingSince is the beginning of an instance's longest wait.
func waitingSince(in workflow.Instance) time.Time {
	since := in.CreatedAt
	for i, w := range in.WaitingFor {
		if i == 0 || w.Since.Before(since) {
			since = w.Since
		}
	}
	return since
}

// byDefinition sorts by name.
func (c *counts) byDefinition() []engine.DefinitionStats {
	var list []engine.DefinitionStats
	for _, name := range slices.Sorted(maps.Keys(c.definitions)) {
		def := *c.definitions[name]
		def.P50, def.P95 = percentile(c.durations[name], 50), percentile(c.durations[name], 95)
		list = append(list, def)
	}
	return list
}

// percentile is the nearest-rank one, 0 of an empty list.
func percentile(durations []time.Duration, p int) time.Duration {
	if len(durations) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(durations))
	return sorted[(len(sorted)*p+99)/100-1]
}

// byFailure sorts the most frequent first.
func (c *counts) byFailure() []engine.FailureStats {
	var list []engine.FailureStats
	for f, n := range c.failures {
		f.Count = n
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b engine.FailureStats) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Definition, b.Definition),
			cmp.Compare(a.Step, b.Step), cmp.Compare(a.Message, b.Message))
	})
	return firstOf(list, maxFailures)
}

// MergeCounters implements engine.Store: this store counts when it is asked.
func (s *Store) MergeCounters(context.Context, time.Time, int) (int, error) { return 0, nil }
