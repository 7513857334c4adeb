package engine

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// Schedules are rows with the time of their next start, written with the
// version of the definition that they belong to. Whoever claims a row starts
// under a key that names the schedule and the time, and then moves the row on:
// a process that dies in between leaves both for the next, who finds the start.

// ScheduleRow is one schedule of the latest version of a definition.
type ScheduleRow struct {
	Tenant       string
	Definition   workflow.Ref
	Index        int // in the document
	Cron         string
	Zone         string
	Overlap      workflow.Overlap
	CatchUp      int
	NextAt       time.Time  // zero when no time comes any more
	QueuedAt     *time.Time // a time whose start waits for the end of the last
	LookAt       time.Time  // when the row is claimed next
	LastAt       *time.Time // for which it started last
	LastInstance uuid.UUID
	LastError    string // of the last time that should have been
}

// ScheduleStore keeps schedules. SaveDefinition writes those of a version that
// is the latest release, in the place of those of the version before.
type ScheduleStore interface {
	// ClaimSchedules returns up to limit schedules whose time has come, hidden
	// from other claims for hold, and the time of the next one after them: the
	// zero time when there is none.
	ClaimSchedules(ctx context.Context, limit int, hold time.Duration) (rows []ScheduleRow, next time.Time, err error)

	// MoveSchedule stores a schedule that was claimed, unless another version
	// has taken its place or somebody else has moved it from the time it had.
	MoveSchedule(ctx context.Context, row ScheduleRow, from time.Time) error
}

// SchedulesOf gives the rows of a definition's schedules as they begin.
func SchedulesOf(tenant string, def *workflow.Definition, now time.Time) []ScheduleRow {
	var rows []ScheduleRow
	for i, s := range def.Schedules {
		next := s.Next(now)
		rows = append(rows, ScheduleRow{
			Tenant: tenant, Definition: def.Ref, Index: i, Cron: s.Cron.String(), Zone: s.Zone.String(),
			Overlap: s.Overlap, CatchUp: s.CatchUp, NextAt: next, LookAt: next,
		})
	}
	return rows
}

// Limits of schedules.
const (
	scheduleBatch = 100
	scheduleHold  = 10 * time.Second
	scheduleRetry = 500 * time.Millisecond
	queueLook     = 2 * time.Second // how often a queued start looks whether the last has ended
)

// claimedSchedule is a schedule that is hidden from other claims until a time.
type claimedSchedule struct {
	ScheduleRow
	until time.Time
}

// scheduleLoop starts what schedules say, sleeping until the next time.
func (e *Engine) scheduleLoop(ctx context.Context) {
	var left []claimedSchedule
	for ctx.Err() == nil {
		var wait time.Duration
		left, wait = e.runSchedules(ctx, left)
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-e.clock.rings:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// runSchedules runs those that were left before and those whose time has come.
// It gives those that could not be run, which are still ours, and how long no
// other's time will come. One that cannot be run holds up no other.
func (e *Engine) runSchedules(ctx context.Context, claimed []claimedSchedule) (left []claimedSchedule, wait time.Duration) {
	until := e.now().Add(scheduleHold)
	rows, next, err := e.storage.ClaimSchedules(ctx, scheduleBatch, scheduleHold)
	for _, row := range rows {
		claimed = append(claimed, claimedSchedule{row, until})
	}
	for _, row := range claimed {
		failed := e.runSchedule(ctx, row.ScheduleRow)
		if failed != nil && e.now().Before(row.until) {
			left = append(left, row)
		}
		err = errors.Join(err, failed)
	}
	switch {
	case err != nil && ctx.Err() == nil:
		e.log.Warn("schedules were not run; this is repeated", "error", err)
		return left, scheduleRetry
	case len(rows) > 0:
		return left, 0
	case next.IsZero():
		return left, dueLongest
	}
	return left, min(dueLongest, max(dueShortest, next.Sub(e.now())))
}

// runSchedule starts what a schedule owes first and moves it on.
func (e *Engine) runSchedule(ctx context.Context, row ScheduleRow) error {
	def, err := e.definition(ctx, row.Tenant, row.Definition)
	if err != nil {
		return err
	}
	from, s, now := row.NextAt, def.Schedules[row.Index], e.now()
	if row.QueuedAt == nil && now.Before(from) {
		now = from // its time has come on the store's clock
	}
	start, then := s.Plan(row.NextAt, now)
	if row.QueuedAt != nil {
		start, then = *row.QueuedAt, s.Next(now)
	}
	if !start.Equal(from) {
		if err := e.recall(ctx, &row, from); err != nil {
			return err
		}
	}
	row.NextAt, row.LookAt, row.QueuedAt = then, then, nil
	if !start.IsZero() {
		if err := e.startScheduled(ctx, &row, &s, start); err != nil {
			return err
		}
	}
	return e.storage.MoveSchedule(ctx, row, from)
}

// recall finds the instance that somebody has started for a time without getting
// to move the schedule on: it may stand in the way of the next.
func (e *Engine) recall(ctx context.Context, row *ScheduleRow, at time.Time) error {
	use, used, err := e.storage.KeyUse(ctx, e.requestKey(workflow.SystemActor(row.Tenant, "schedule"), scheduleRequest(row, at)))
	if err == nil && used {
		row.LastAt, row.LastInstance = &at, use.InstanceID
	}
	return err
}

// scheduleRequest names the start of a schedule for a time.
func scheduleRequest(row *ScheduleRow, at time.Time) Idempotency {
	return Idempotency{Method: "SCHEDULE", Path: row.Definition.Name, Key: workflow.ScheduleKey(row.Definition.Name, row.Index, at)}
}

// startScheduled starts an instance for a time, unless the one before stands in
// its way. What is wrong with the start itself is noted in the row.
func (e *Engine) startScheduled(ctx context.Context, row *ScheduleRow, s *workflow.Schedule, at time.Time) error {
	if s.Overlap != workflow.OverlapAllow {
		live, err := e.lives(ctx, row.LastInstance)
		if err != nil {
			return err
		}
		if live && s.Overlap == workflow.OverlapQueue {
			row.QueuedAt, row.LookAt = &at, e.now().Add(queueLook)
		}
		if live {
			return nil
		}
	}
	in, err := e.startAt(ctx, row, s, at)
	var refusal *workflow.Error
	switch {
	case err == nil:
		row.LastAt, row.LastInstance, row.LastError = &at, in.ID, ""
	case errors.As(err, &refusal) && refusal.Kind != workflow.KindUnavailable:
		row.LastError = sentenceOf(err)
		e.log.Warn("a schedule could not start its workflow", "definition", row.Definition, "schedule", row.Index, "error", err)
	default:
		return err
	}
	return nil
}

// startAt starts the instance of a schedule for a time, once.
func (e *Engine) startAt(ctx context.Context, row *ScheduleRow, s *workflow.Schedule, at time.Time) (workflow.Instance, error) {
	input, err := s.InputAt(at)
	if err != nil {
		return workflow.Instance{}, err
	}
	once := scheduleRequest(row, at)
	in, _, err := e.StartOnce(ctx, workflow.SystemActor(row.Tenant, "schedule"), StartInput{
		Definition: row.Definition.Name, Version: row.Definition.Version, Input: input, CorrelationID: once.Key,
	}, once)
	return in, err
}

// lives reports whether an instance is there and not finished.
func (e *Engine) lives(ctx context.Context, id uuid.UUID) (bool, error) {
	if id == uuid.Nil {
		return false, nil
	}
	snaps, err := e.storage.Load(ctx, []uuid.UUID{id}, Want{})
	if err != nil || snaps[id] == nil {
		return false, err
	}
	return !snaps[id].Instance.Status.Finished(), nil
}
