package db

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Limits of the dashboard's lists.
const (
	maxLongest  = 10
	maxFailures = 10
)

// Stats implements engine.Reader. The figures are read off the counters, all of
// one moment; counted one by one are only the instances that a viewer sees for
// his own sake and not as one of many. What is overdue and what waits longest is
// read as lists are.
func (d *DB) Stats(ctx context.Context, viewer workflow.Actor, now time.Time) (engine.Stats, error) {
	c := newFigures(now.UTC())
	batch := &pgx.Batch{}
	c.queueFigures(batch, viewer)
	c.queueDecided(batch, viewer)
	if viewer.SeesAll() {
		c.queueOverdue(batch, viewer.Tenant)
	}
	var sees sight
	both, with := errgroup.WithContext(ctx)
	both.Go(func() error { return wrap("count for the dashboard", askList(with, d.listsOf(viewer.Tenant), batch)) })
	both.Go(func() (err error) {
		sees, err = d.sightOf(with, viewer, nil, openStates...)
		return err
	})
	if err := both.Wait(); err != nil {
		return engine.Stats{}, err
	}
	var waiting engine.Page[engine.InstanceRow]
	both, with = errgroup.WithContext(ctx)
	if !viewer.SeesAll() {
		both.Go(func() error { return c.countOverdue(with, d, viewer, sees) })
	}
	both.Go(func() (err error) {
		waiting, err = longestWaiting(viewer, sees).page(with, d, engine.Paging{Limit: maxLongest})
		return err
	})
	if err := both.Wait(); err != nil {
		return engine.Stats{}, err
	}
	c.stats.LongestWaiting = waiting.Items
	c.finish()
	return c.stats, nil
}

// figures gathers the dashboard.
type figures struct {
	now         time.Time
	today       string
	stats       engine.Stats
	definitions map[string]*definitionFigures
	days, hours map[string]int
}

// definitionFigures are those of one definition.
type definitionFigures struct {
	byStatus map[workflow.Status]int
	week     int
	took     durations
}

func newFigures(now time.Time) *figures {
	c := &figures{now: now, today: now.Format(time.DateOnly), definitions: map[string]*definitionFigures{}, days: map[string]int{}, hours: map[string]int{}}
	c.stats.ByStatus = map[workflow.Status]int{}
	return c
}

// queueFigures asks for the sums of all buckets: of failures the largest ones,
// of completions those of the week, and of the day those of the hours.
func (c *figures) queueFigures(b *pgx.Batch, viewer workflow.Actor) {
	var q conditions
	week, day := q.arg(engine.StatsWeek(c.now).Format(time.DateOnly)), q.arg(engine.StatsDay(c.now).Format(workflow.HourForm))
	sql := `WITH ` + seenFigures(&q, viewer) + `
		(SELECT definition_name, figure, bucket, sum(n)::bigint AS n, sum(total)::bigint AS total FROM seen
			WHERE figure IN ('status', 'tasks') OR figure = 'took' AND bucket >= ` + week + ` OR figure = 'hour' AND bucket >= ` + day + `
			GROUP BY definition_name, figure, bucket HAVING sum(n) <> 0)
		UNION ALL
		(SELECT definition_name, figure, bucket, sum(n)::bigint AS n, 0 FROM seen WHERE figure = 'failure'
			GROUP BY definition_name, figure, bucket HAVING sum(n) > 0
			ORDER BY n DESC, definition_name COLLATE "C", bucket COLLATE "C" LIMIT ` + strconv.Itoa(maxFailures) + `)`
	var name, figure, bucket string
	var n int
	var total int64
	b.Queue(sql, q.args...).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&name, &figure, &bucket, &n, &total}, func() error {
			c.add(name, figure, bucket, n, total)
			return nil
		})
		return err
	})
}

// seenFigures defines seen: the buckets of all instances that the viewer sees.
func seenFigures(q *conditions, viewer workflow.Actor) string {
	counted := `SELECT k.definition_name, k.figure, k.bucket, k.n, k.total FROM counters AS k WHERE k.tenant_id = ` + q.arg(viewer.Tenant)
	switch {
	case viewer.SeesAll():
		return `seen AS (` + counted + `)`
	case viewer.ID == "":
		return `seen AS (` + counted + ` AND false)`
	}
	return `personal AS MATERIALIZED (` + q.personal(viewer) + `),
		seen AS (` + counted + ` AND ` + q.among(viewer, "k") + `
			UNION ALL SELECT o.definition_name, o.figure, o.bucket, o.n, o.total
			FROM personal AS p JOIN countable AS o ON o.instance_id = p.id WHERE NOT ` + q.among(viewer, "o") + `)`
}

func (c *figures) add(name, figure, bucket string, n int, total int64) {
	def, ok := c.definitions[name]
	if !ok {
		def = &definitionFigures{byStatus: map[workflow.Status]int{}}
		c.definitions[name] = def
	}
	switch figure {
	case workflow.FigureStatus:
		c.stats.ByStatus[workflow.Status(bucket)] += n
		def.byStatus[workflow.Status(bucket)] += n
	case workflow.FigureTasks:
		c.stats.OpenTasks += n
	case workflow.FigureFailure:
		step, message, _ := strings.Cut(bucket, "\n")
		c.stats.Failures = append(c.stats.Failures, engine.FailureStats{Definition: name, Step: step, Message: message, Count: n})
	case workflow.FigureHour:
		c.hours[bucket] += n
	case workflow.FigureTook:
		day, slot, _ := strings.Cut(bucket, " ")
		def.week += n
		if day == c.today {
			c.stats.CompletedToday += n
		}
		c.days[day] += n
		def.took.add(slot, n, total)
	}
}

// queueOverdue counts the tenant's open tasks whose time has passed.
func (c *figures) queueOverdue(b *pgx.Batch, tenant string) {
	b.Queue(`SELECT count(*) FROM tasks AS t WHERE t.tenant_id = $1 AND t.status = 'pending' AND `+taskDue+` < $2`, tenant, c.now).
		QueryRow(func(row pgx.Row) error { return row.Scan(&c.stats.OverdueTasks) })
}

// countOverdue counts those that a viewer sees who does not see all.
func (c *figures) countOverdue(ctx context.Context, d *DB, viewer workflow.Actor, sees sight) error {
	late := true
	l, err := taskList(viewer, engine.TaskFilter{Overdue: &late, Now: c.now, Statuses: []workflow.TaskStatus{workflow.TaskPending}}, sees)
	if err != nil {
		return err
	}
	l.total = engine.ShownTotal
	n, err := l.count(ctx, d)
	c.stats.OverdueTasks, c.stats.OverdueIsCapped = min(n, l.total), n > l.total
	return err
}

// queueDecided counts those of the tasks decided last that were decided in time:
// the last of the tenant, of which the viewer may see some.
func (c *figures) queueDecided(b *pgx.Batch, viewer workflow.Actor) {
	var q conditions
	inner := `SELECT t.instance_id, t.completed_at, t.due_at FROM tasks AS t WHERE t.tenant_id = ` + q.arg(viewer.Tenant) + `
		AND t.status = 'completed' AND t.due_at IS NOT NULL AND t.completed_at >= ` + q.arg(engine.StatsWeek(c.now)) + `
		ORDER BY t.completed_at DESC LIMIT ` + strconv.Itoa(engine.MaxDecided)
	sql := `SELECT count(*), count(*) FILTER (WHERE t.completed_at <= t.due_at) FROM (` + inner + `) AS t`
	if !viewer.SeesAll() {
		q.addVisible(viewer)
		sql += ` JOIN instances AS i ON i.id = t.instance_id WHERE ` + q.String()
	}
	b.Queue(sql, q.args...).QueryRow(func(row pgx.Row) error { return row.Scan(&c.stats.Decided, &c.stats.DecidedInTime) })
}

// longestWaiting lists the waiting instances that the viewer sees, those first
// that have waited longest.
func longestWaiting(viewer workflow.Actor, sees sight) *listing[engine.InstanceRow, ageKey] {
	l := newestInstances(viewer.Tenant)
	l.name, l.order, l.keys, l.total = "longest waiting", "i.waiting_since, i.created_at, i.id", "i.id, i.created_at, i.waiting_since", engine.ShownTotal
	if viewer.SeesAll() {
		l.total = maxLongest // the index has them all in this order
	}
	l.either, _ = l.addEitherVisible(viewer, sees, "i")
	l.add("i.status = 'waiting'")
	return l
}

// finish lays out days and hours, and the figures of definitions in the order of
// their names.
func (c *figures) finish() {
	for i := range 7 {
		day := engine.StatsWeek(c.now).AddDate(0, 0, i)
		c.stats.Days = append(c.stats.Days, engine.DayStats{Day: day, Completed: c.days[day.Format(time.DateOnly)]})
	}
	for i := range engine.StatsHours {
		hour := engine.StatsDay(c.now).Add(time.Duration(i) * time.Hour)
		c.stats.Hours = append(c.stats.Hours, engine.HourStats{Hour: hour, Completed: c.hours[hour.Format(workflow.HourForm)]})
	}
	for _, name := range sortedKeys(c.definitions) {
		def := c.definitions[name]
		if len(def.byStatus) == 0 {
			continue
		}
		c.stats.ByDefinition = append(c.stats.ByDefinition, engine.DefinitionStats{
			Name: name, ByStatus: def.byStatus, CompletedWeek: def.week, P50: def.took.quantile(50), P95: def.took.quantile(95),
		})
	}
}
