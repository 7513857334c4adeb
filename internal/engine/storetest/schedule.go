package storetest

import (
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var scheduleTests = []test{
	{"latest_version_has_the_schedules", schedulesReplaced},
	{"due_schedules_are_claimed_and_moved", scheduleMoves},
}

// everyMinute gives a definition schedules; they begin at the bench's base.
func (b *bench) everyMinute(crons ...string) func(*workflow.Definition) {
	return func(d *workflow.Definition) {
		for _, text := range crons {
			cron, err := workflow.ParseCron(text)
			b.ok("ParseCron", err)
			d.Schedules = append(d.Schedules, workflow.Schedule{Cron: cron, Zone: time.UTC, Overlap: workflow.OverlapQueue, CatchUp: 3})
		}
	}
}

func (b *bench) schedules() []engine.ScheduleRow {
	b.Helper()
	rows, err := b.read.Schedules(b.Context(), person("finn"))
	b.ok("Schedules", err)
	return rows
}

func schedulesReplaced(b *bench) {
	save := func(version string, crons ...string) {
		b.define(workflow.DefaultTenant, workflow.Ref{Name: "clock", Version: version}, b.everyMinute(crons...))
	}
	b.define("other", workflow.Ref{Name: "clock", Version: "1.0.0"}, b.everyMinute("* * * * *"))
	save("1.0.0", "* * * * *", "@hourly")
	next := b.base.Truncate(time.Minute).Add(time.Minute)
	want := engine.ScheduleRow{
		Tenant: workflow.DefaultTenant, Definition: workflow.Ref{Name: "clock", Version: "1.0.0"}, Cron: "* * * * *", Zone: "UTC",
		Overlap: workflow.OverlapQueue, CatchUp: 3, NextAt: next, LookAt: next,
	}
	rows := b.schedules()
	b.same("schedules", len(rows), 2)
	b.same("the first", rows[0], want)
	crons := func(row engine.ScheduleRow) string { return row.Definition.Version + " " + row.Cron }
	save("1.2.0", "@daily")
	b.same("of a higher version", each(b.schedules(), crons), []string{"1.2.0 @daily"})
	save("1.1.0", "@hourly")
	b.same("after a lower version", each(b.schedules(), crons), []string{"1.2.0 @daily"})
	save("1.3.0-beta.1", "@hourly")
	b.same("after a pre-release", each(b.schedules(), crons), []string{"1.2.0 @daily"})
	save("1.3.0")
	b.same("of a version without any", len(b.schedules()), 0)
}

func scheduleMoves(b *bench) {
	b.define(workflow.DefaultTenant, workflow.Ref{Name: "clock", Version: "1.0.0"}, b.everyMinute("* * * * *"))
	rows, _, err := b.ClaimSchedules(b.Context(), 10, time.Hour)
	b.ok("ClaimSchedules", err)
	b.same("claimed", len(rows), 1)
	again, next, err := b.ClaimSchedules(b.Context(), 10, time.Hour)
	b.ok("ClaimSchedules", err)
	b.same("claimed while hidden", len(again), 0)
	if until := time.Until(next); until < 50*time.Minute || until > 70*time.Minute {
		b.Errorf("the next is in %v, want an hour", until)
	}
	row, from := rows[0], rows[0].NextAt
	at := from.Add(time.Hour)
	row.NextAt, row.LookAt, row.QueuedAt, row.LastAt, row.LastInstance, row.LastError = from.Add(3*time.Hour), at, &at, &from, uuid.New(), "it broke"
	stale := row
	stale.LastError = "stale"
	b.ok("MoveSchedule from another time", b.MoveSchedule(b.Context(), stale, from.Add(time.Minute)))
	other := row
	other.Definition.Version, other.LastError = "2.0.0", "other version"
	b.ok("MoveSchedule of another version", b.MoveSchedule(b.Context(), other, from))
	b.ok("MoveSchedule", b.MoveSchedule(b.Context(), row, from))
	b.same("moved", b.schedules(), []engine.ScheduleRow{row})
	b.ok("MoveSchedule", b.MoveSchedule(b.Context(), stale, from))
	b.same("moved once", b.schedules(), []engine.ScheduleRow{row})
}
