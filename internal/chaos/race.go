package chaos

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/db"
	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// RaceReport tells how raced decisions went.
type RaceReport struct {
	Decisions int
	Won       [2]int // by the first and the second of the two
	Refused   int
	Took      time.Duration
}

// String tells it to people.
func (r RaceReport) String() string {
	return fmt.Sprintf("%d decisions, each raced by two on engines of their own: %d and %d won, %d were refused, in %s (%.0f decisions/s)",
		r.Decisions, r.Won[0], r.Won[1], r.Refused, r.Took.Round(time.Millisecond), float64(r.Decisions)/r.Took.Seconds())
}

// abreast is how many people are asked by one instance, so that decisions of
// several tasks meet in one row.
const abreast = 10

// racing is how many tasks are raced for at once.
const racing = 48

// race is two engines on one database and those who decide there.
type race struct {
	engines [2]*engine.Engine
	people  [2]workflow.Actor
	tasks   []uuid.UUID
	mu      sync.Mutex
	winners map[uuid.UUID]string
	report  RaceReport
	faults  []error
}

// Race has decisions raced, each by two people on engines of their own, on an
// empty database that is migrated. It fails unless each had exactly one winner,
// whom the database remembers.
func Race(ctx context.Context, url string, decisions int) (RaceReport, error) {
	ctx, stop := context.WithCancel(ctx)
	r := &race{winners: map[uuid.UUID]string{}}
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	for i, login := range []string{"mia", "otto"} {
		store, err := db.Open(ctx, url, db.Options{Process: uuid.Must(uuid.NewV7())})
		if err != nil {
			return r.report, err
		}
		defer store.Close()
		r.people[i] = workflow.Actor{ID: login, Tenant: workflow.DefaultTenant}
		r.engines[i] = engine.New(engine.Config{Store: store, Log: slog.New(slog.DiscardHandler), HookKey: []byte("key")})
		running.Go(func() { _ = r.engines[i].Run(ctx, grace) })
	}
	if err := r.ask(ctx, url, (decisions+abreast-1)/abreast); err != nil {
		return r.report, err
	}
	began := time.Now()
	parallel(racing, r.tasks, func(task uuid.UUID) { r.decide(ctx, task) })
	r.report.Took = time.Since(began)
	return r.report, errors.Join(append(r.faults, r.check(ctx, url))...)
}

// parallel calls do for each of a list, several at once.
func parallel[T any](most int, list []T, do func(T)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, most)
	for _, one := range list {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			do(one)
		})
	}
	wg.Wait()
}

// ask starts the instances and finds their tasks.
func (r *race) ask(ctx context.Context, url string, instances int) error {
	doc := "format: 1\nname: raced\nversion: 1.0.0\nsteps:\n  - {name: fork, type: gateway, mode: parallel}\n"
	var edges strings.Builder
	for i := range abreast {
		doc += fmt.Sprintf("  - {name: ask%d, type: human, anyone: true}\n", i)
		fmt.Fprintf(&edges, "  - {source: fork, target: ask%d}\n", i)
	}
	if _, _, _, err := r.engines[0].SaveDefinition(ctx, workflow.SystemActor(workflow.DefaultTenant, "race"), []byte(doc+"edges:\n"+edges.String())); err != nil {
		return err
	}
	parallel(racing, make([]struct{}, instances), func(struct{}) {
		if _, err := r.engines[0].Start(ctx, r.people[0], engine.StartInput{Definition: "raced", Input: []byte("{}")}); err != nil {
			r.fault(fmt.Errorf("start: %w", err))
		}
	})
	if len(r.faults) > 0 {
		return r.faults[0]
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `SELECT id FROM tasks ORDER BY md5(id::text)`)
	if err != nil {
		return err
	}
	r.tasks, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	return err
}

// decide lets both decide a task at the same moment.
func (r *race) decide(ctx context.Context, task uuid.UUID) {
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range r.engines {
		wg.Go(func() {
			<-begin
			_, err := r.engines[i].CompleteTask(ctx, r.people[i], task, engine.Completion{})
			r.decided(task, i, err)
		})
	}
	close(begin)
	wg.Wait()
}

func (r *race) decided(task uuid.UUID, who int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch other, won := r.winners[task]; {
	case err == nil && won:
		r.faults = append(r.faults, fmt.Errorf("task %s: both %s and %s were told that they decided it", task, other, r.people[who].ID))
	case err == nil:
		r.winners[task] = r.people[who].ID
		r.report.Won[who]++
	case workflow.KindOf(err) == workflow.KindConflict:
		r.report.Refused++
	default:
		r.faults = append(r.faults, fmt.Errorf("task %s: %s: %w", task, r.people[who].ID, err))
	}
}

func (r *race) fault(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, err)
}

// check holds what both were told against the database: each task was completed
// once, by who was told so, and its instance has ended.
func (r *race) check(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	r.report.Decisions = len(r.tasks)
	if len(r.winners) != len(r.tasks) {
		return fmt.Errorf("%d tasks have %d winners", len(r.tasks), len(r.winners))
	}
	rows, err := conn.Query(ctx, `SELECT detail->>'task_id', min(detail->>'completed_by'), count(*) FROM events WHERE type = 'task.completed' GROUP BY 1`)
	if err != nil {
		return err
	}
	seen := 0
	var task, winner string
	var times int
	if _, err := pgx.ForEachRow(rows, []any{&task, &winner, &times}, func() error {
		seen++
		id, err := uuid.Parse(task)
		if err != nil || times != 1 || r.winners[id] != winner {
			return fmt.Errorf("task %s was decided %d times, in the log by %s; %q was told so", task, times, winner, r.winners[id])
		}
		return nil
	}); err != nil {
		return err
	}
	var open int
	if err := conn.QueryRow(ctx, `SELECT count(*) FROM instances WHERE status <> 'completed'`).Scan(&open); err != nil {
		return err
	}
	if seen != len(r.tasks) || open > 0 {
		return fmt.Errorf("the log tells of %d decisions for %d tasks, and %d instances have not ended", seen, len(r.tasks), open)
	}
	return nil
}
