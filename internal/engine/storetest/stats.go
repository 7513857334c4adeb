package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var statsTests = []test{
	{"of_nothing", emptyStats},
	{"counts", statCounts},
	{"of_one_viewer", statsOfViewer},
	{"many_overdue", manyOverdue},
	{"durations", statDurations},
	{"longest_waiting", longestWaiting},
	{"failures", statFailures},
	{"failure_filters", failureFilters},
}

// stats are the admin's.
func (b *bench) stats(now time.Time) engine.Stats {
	b.Helper()
	stats, err := b.read.Stats(b.Context(), admin, now)
	b.ok("Stats", err)
	return stats
}

// counted drops the statuses that nothing is in.
func counted(byStatus map[workflow.Status]int) map[workflow.Status]int {
	some := map[workflow.Status]int{}
	for status, n := range byStatus {
		if n != 0 {
			some[status] = n
		}
	}
	return some
}

func emptyStats(b *bench) {
	stats := b.stats(b.base)
	b.same("by status", counted(stats.ByStatus), map[workflow.Status]int{})
	b.same("tasks, overdue, completed", []int{stats.OpenTasks, stats.OverdueTasks, stats.CompletedToday}, []int{0, 0, 0})
	b.same("waiting, failures", []int{len(stats.LongestWaiting), len(stats.Failures)}, []int{0, 0})
}

// noon is midday of the day on which the bench was made.
func (b *bench) noon() time.Time { return b.base.Truncate(time24).Add(12 * time.Hour) }

// finished stores an instance of a definition that took some time.
func (b *bench) finished(r workflow.Ref, at time.Time, took time.Duration) {
	b.Helper()
	b.begin(func(in *workflow.Instance) { in.Definition, in.StartedAt = r, ptr(at.Add(-took)) }, completed(at))
}

func statCounts(b *bench) {
	noon, other := b.noon(), ref("other", "1.0.0")
	b.define(workflow.DefaultTenant, other)
	b.begin()
	b.begin(waiting(noon.Add(-time.Hour)))
	b.begin(func(in *workflow.Instance) { in.Definition = other }, paused(noon))
	b.begin(func(in *workflow.Instance) {
		in.Status, in.CompletedAt = workflow.StatusCanceled, ptr(noon.Add(-time.Minute))
	})
	b.finished(demo, noon.Add(-time.Hour), time.Minute)
	b.finished(demo, noon.Add(-12*time.Hour), time.Minute) // midnight is today
	b.finished(demo, noon.Add(-12*time.Hour-time.Microsecond), time.Minute)
	b.finished(other, noon.Add(-6*time24), time.Minute)
	b.finished(other, noon.Add(-8*time24), time.Minute)
	b.ask("late", dueAt(noon.Add(-time.Hour)))
	b.ask("soon", dueAt(noon.Add(time.Hour)))
	b.ask("was late", dueAt(noon.Add(-time.Hour)), decidedBy("ana"))

	stats := b.stats(noon)
	b.same("by status", counted(stats.ByStatus), map[workflow.Status]int{
		workflow.StatusRunning: 4, workflow.StatusWaiting: 1, workflow.StatusPaused: 1, workflow.StatusCanceled: 1, workflow.StatusCompleted: 5,
	})
	b.same("open and overdue tasks", []int{stats.OpenTasks, stats.OverdueTasks}, []int{2, 1})
	b.same("completed today", stats.CompletedToday, 2)
	b.same("completed by day", each(stats.Days, func(d engine.DayStats) int { return d.Completed }), []int{1, 0, 0, 0, 0, 1, 2})
	hours := make([]int, engine.StatsHours)
	hours[11], hours[22] = 1, 1 // midnight and eleven o'clock; the present hour is the last one
	hours[10] = 1               // just before midnight
	b.same("completed by hour", each(stats.Hours, func(h engine.HourStats) int { return h.Completed }), hours)
	b.same("the first and the last hour", []time.Time{stats.Hours[0].Hour, stats.Hours[engine.StatsHours-1].Hour}, []time.Time{noon.Add(-23 * time.Hour), noon})
	b.same("decided with a due time", stats.Decided, 1)
	list := slices.DeleteFunc(stats.ByDefinition, func(d engine.DefinitionStats) bool { return len(counted(d.ByStatus)) == 0 })
	b.same("definitions by name", each(list, func(d engine.DefinitionStats) string { return d.Name }), []string{"demo", "other"})
	b.same("completed in seven days", each(list, func(d engine.DefinitionStats) int { return d.CompletedWeek }), []int{3, 1})
	b.same("other by status", counted(list[1].ByStatus), map[workflow.Status]int{workflow.StatusPaused: 1, workflow.StatusCompleted: 2})
}

// statsOfViewer are the figures of somebody who does not see all.
func statsOfViewer(b *bench) {
	noon := b.noon()
	mine := b.begin(waiting(noon.Add(-time.Hour)), func(in *workflow.Instance) { in.CreatedBy = "ana" })
	b.begin(waiting(noon.Add(-2*time.Hour)), func(in *workflow.Instance) { in.CreatedBy = "ben" })
	b.ask("hers", dueAt(noon.Add(-time.Hour)), func(t *workflow.Task) { t.Assignee = "ana" })
	b.ask("hers, not late", dueAt(noon.Add(time.Hour)), func(t *workflow.Task) { t.Assignee = "ana" })
	b.ask("his", dueAt(noon.Add(-time.Hour)), func(t *workflow.Task) { t.Assignee = "ben" })
	stats, err := b.read.Stats(b.Context(), workflow.Actor{ID: "ana", Tenant: workflow.DefaultTenant}, noon)
	b.ok("Stats", err)
	b.same("open and overdue tasks", []int{stats.OpenTasks, stats.OverdueTasks}, []int{2, 1})
	b.same("longest waiting", each(stats.LongestWaiting, func(r engine.InstanceRow) string { return r.ID.String() }), []string{mine.ID.String()})
}

// manyOverdue are counted for who sees all, and up to a limit for others.
func manyOverdue(b *bench) {
	noon := b.noon()
	in := b.instance()
	begin := start(in)
	for range engine.ShownTotal + 1 {
		begin.Tasks = append(begin.Tasks, created(b.task(in, "late", dueAt(noon.Add(-time.Hour)), func(t *workflow.Task) { t.Assignee = "ana" }))...)
	}
	b.apply(begin)
	all := b.stats(noon)
	hers, err := b.read.Stats(b.Context(), workflow.Actor{ID: "ana", Tenant: workflow.DefaultTenant}, noon)
	b.ok("Stats", err)
	b.same("overdue", []int{all.OverdueTasks, hers.OverdueTasks}, []int{engine.ShownTotal + 1, engine.ShownTotal})
	b.same("capped", []bool{all.OverdueIsCapped, hers.OverdueIsCapped}, []bool{false, true})
}

func statDurations(b *bench) {
	noon := b.noon()
	for _, minutes := range []time.Duration{9, 1, 5} {
		b.finished(demo, noon.Add(-time.Hour), minutes*time.Minute)
	}
	b.finished(demo, noon.Add(-30*time24), 1000*time.Hour)
	stats := b.stats(noon)
	b.same("definitions", len(stats.ByDefinition), 1)
	d := stats.ByDefinition[0]
	b.same("P50", d.P50.Round(time.Millisecond), 5*time.Minute)
	if d.P95 <= 8*time.Minute || d.P95 > 9*time.Minute {
		b.Errorf("P95 of 1, 5 and 9 minutes = %v, want nearly 9 minutes", d.P95)
	}
}

func longestWaiting(b *bench) {
	noon := b.noon()
	var want []string
	for i, hours := range []time.Duration{5, 11, 1, 8, 3, 10, 2, 9, 4, 7, 6} {
		in := b.begin(waiting(noon.Add(-hours*time.Hour)), func(in *workflow.Instance) {
			shorter := workflow.Waiting{Step: "other", Kind: "timer", Since: noon.Add(-time.Minute)}
			in.WaitingFor = append([]workflow.Waiting{shorter}, in.WaitingFor...)
			in.Data = js(`{"secret": 1}`)
		})
		if i != 2 { // the shortest of the eleven
			want = append(want, in.ID.String())
		}
	}
	b.begin(paused(noon), func(in *workflow.Instance) {
		in.WaitingFor = []workflow.Waiting{{Step: "ask", Kind: "human", Since: noon.Add(-99 * time.Hour)}}
	})
	rows := b.stats(noon).LongestWaiting
	since := func(r engine.InstanceRow) time.Duration { return noon.Sub(r.WaitingFor[1].Since) / time.Hour }
	b.same("hours of waiting", each(rows, since), []time.Duration{11, 10, 9, 8, 7, 6, 5, 4, 3, 2})
	got := each(rows, func(r engine.InstanceRow) string { return r.ID.String() })
	b.same("instances", sorted(got), sorted(want))
	b.same("title and data", []string{rows[0].DefinitionTitle, string(rows[0].Data)}, []string{"The demo", ""})
}

func statFailures(b *bench) {
	for _, message := range []string{"timeout", "refused", "refused", "refused", "timeout", "full"} {
		b.begin(failed(b.base, "pay", message))
	}
	b.begin(failed(b.base, "mail", "refused"))
	b.begin(failed(b.base, "mail", "refused"))
	b.begin(failed(b.base, "mail", "refused"))
	b.begin(failed(b.base, "mail", "refused"))
	b.begin(completed(b.base), func(in *workflow.Instance) { in.Error = &workflow.StepError{Message: "of the past", Step: "pay"} })
	failures := b.stats(b.noon()).Failures
	for _, f := range failures {
		page, err := b.read.Instances(b.Context(), admin, engine.InstanceFilter{DefinitionNames: []string{f.Definition}, FailedSteps: []string{f.Step}, FailedWith: []string{f.Message}}, engine.Paging{})
		b.ok("Instances", err)
		b.same("instances of "+f.Step+", "+f.Message, page.Total, f.Count)
	}
	b.same("failures, the most frequent first", failures, []engine.FailureStats{
		{Definition: "demo", Step: "mail", Message: "refused", Count: 4},
		{Definition: "demo", Step: "pay", Message: "refused", Count: 3},
		{Definition: "demo", Step: "pay", Message: "timeout", Count: 2},
		{Definition: "demo", Step: "pay", Message: "full", Count: 1},
	})
}

// failureFilters find instances by what counts of a failure: its first characters.
func failureFilters(b *bench) {
	long := strings.Repeat("ü", workflow.MaxFailure)
	for _, message := range []string{long + " one", long + " two", "short", " short", "short"} {
		b.begin(failed(b.base, "pay", message))
	}
	b.begin(failed(b.base, "mail", "short"))
	b.begin(func(in *workflow.Instance) { in.Error = &workflow.StepError{Message: "short", Step: "pay"} }) // goes on
	for _, c := range []struct {
		steps, with []string
		want        int
	}{
		{nil, []string{long}, 2}, {nil, []string{long + " one"}, 2}, {nil, []string{"short"}, 3}, {nil, []string{" short"}, 1},
		{[]string{"mail"}, nil, 1}, {[]string{"pay"}, []string{"short"}, 2}, {[]string{"pay", "mail"}, []string{"short", " short"}, 4},
		{nil, []string{"sho"}, 0}, {[]string{"ship"}, nil, 0},
	} {
		page, err := b.read.Instances(b.Context(), admin, engine.InstanceFilter{FailedSteps: c.steps, FailedWith: c.with}, engine.Paging{})
		b.ok("Instances", err)
		b.same(fmt.Sprintf("failed at %v with %.20q", c.steps, c.with), page.Total, c.want)
	}
}
