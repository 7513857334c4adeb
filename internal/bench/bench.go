package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Target is a running Tandem to measure.
type Target struct {
	Engine      *engine.Engine
	Read        engine.Reader
	Pool        *pgxpool.Pool
	DatabaseURL string
	StartsURL   string // where POST starts an instance; empty leaves HTTP out
	Token       string // for StartsURL
	Instances   int    // for throughput
	Profile     string // a file for the CPU profile of W3 in process; empty = none
	Log         *slog.Logger
	Progress    io.Writer
}

// Report holds the figures under the names of the JSON output.
type Report struct {
	W3      W3      `json:"w3"`
	H1      Latency `json:"h1"`
	ForEach ForEach `json:"for_each"`
	Idle    Idle    `json:"idle"`
	PgBench PgBench `json:"pgbench"`
}

// ForEach is one list of no-op machine steps.
type ForEach struct {
	Items    int     `json:"items"`
	PerItem  float64 `json:"item_us"`        // microseconds of an item
	Ratio    float64 `json:"ratio"`          // of that to what a step of W3 takes
	Doubling float64 `json:"doubling_ratio"` // to an item of a list half as long: 1 is linear
}

// Idle is a process with nothing to do.
type Idle struct {
	CPU          float64 `json:"cpu_percent"` // of one core, without Postgres
	Transactions float64 `json:"transactions_per_s"`
}

// W3 is start and three no-op machine steps.
type W3 struct {
	InstancesPerSecond float64 `json:"instances_per_s"`
	Ratio              float64 `json:"ratio"` // to pgbench's step rate
	HTTPPerSecond      float64 `json:"http_instances_per_s"`
	HTTPRatio          float64 `json:"http_ratio"`
	Latency                    // of one alone, start to completed
	CPU                float64 `json:"cpu_ms"`    // of an instance, Postgres included
	WAL                float64 `json:"wal_bytes"` // of an instance
	Instances          int     `json:"instances"`
}

// Latency is of a hundred, one after another, in milliseconds.
type Latency struct {
	P50   float64 `json:"p50_ms"`
	Worst float64 `json:"worst_ms"`
}

// PgBench is the measure of the machine: begin, update, insert, commit.
type PgBench struct {
	StepsPerSecond float64 `json:"step_tps"`
	AloneMS        float64 `json:"step_alone_ms"` // of one after another: what a durable commit takes here
}

const (
	inFlight   = 2000
	singles    = 100
	inputSize  = 1000 // bytes of an instance's input
	items      = 10_000
	idleTime   = 10 * time.Second
	idleSettle = 40 * time.Second

	// Commits, one after another, that must be durable before the next may begin.
	commitsW3 = 4 // the start and each step's result
	commitsH1 = 2 // the decision and the step's result
)

var actor = workflow.Actor{ID: "bench", Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleAdmin}}

const documentW3 = `
format: 1
name: bench_w3
version: 1.0.0
steps:
  - {name: a, type: machine, action: noop}
  - {name: b, type: machine, action: noop}
  - {name: c, type: machine, action: noop}
edges: [{source: a, target: b}, {source: b, target: c}]
`

const documentH1 = `
format: 1
name: bench_h1
version: 1.0.0
steps:
  - {name: ask, type: human, anyone: true}
  - {name: after, type: machine, action: noop}
edges: [{source: ask, target: after}]
`

const documentEach = `
format: 1
name: bench_each
version: 1.0.0
steps:
  - {name: a, type: machine, action: noop, for_each: data.items}
`

// Run measures everything, pgbench before and after the engine.
func Run(ctx context.Context, t Target) (Report, error) {
	var r Report
	for _, doc := range []string{documentW3, documentH1, documentEach} {
		if _, _, _, err := t.Engine.SaveDefinition(ctx, actor, []byte(doc)); err != nil {
			return r, fmt.Errorf("save definition: %w", err)
		}
	}
	steps := []struct {
		name string
		run  func(context.Context, *Report) error
	}{
		{"pgbench, before", t.pgbench},
		{"warming up", t.warmUp},
		{"W3, in process", t.throughput},
		{"W3, over HTTP", t.overHTTP},
		{"W3, alone", t.alone},
		{"H1", t.decisions},
		{"for_each", t.forEach},
		{"idle", t.idle},
		{"pgbench, after", t.pgbench},
	}
	for _, step := range steps {
		fmt.Fprintln(t.Progress, "measuring:", step.name)
		if err := step.run(ctx, &r); err != nil {
			return r, fmt.Errorf("%s: %w", step.name, err)
		}
	}
	r.PgBench.StepsPerSecond /= 2
	r.PgBench.AloneMS /= 2
	r.W3.Ratio = r.W3.InstancesPerSecond / r.PgBench.StepsPerSecond
	r.W3.HTTPRatio = r.W3.HTTPPerSecond / r.PgBench.StepsPerSecond
	r.ForEach.Ratio = r.ForEach.PerItem * 3 * r.W3.InstancesPerSecond / 1e6
	return r, nil
}

// Throughput measures W3 in process alone.
func Throughput(ctx context.Context, t Target) (W3, error) {
	var r Report
	if _, _, _, err := t.Engine.SaveDefinition(ctx, actor, []byte(documentW3)); err != nil {
		return r.W3, fmt.Errorf("save definition: %w", err)
	}
	if err := t.warmUp(ctx, &r); err != nil {
		return r.W3, err
	}
	return r.W3, t.throughput(ctx, &r)
}

func input() json.RawMessage {
	return json.RawMessage(`{"text":"` + strings.Repeat("x", inputSize-11) + `"}`)
}

func (t Target) start(ctx context.Context, name string) (workflow.Instance, error) {
	return t.Engine.Start(ctx, actor, engine.StartInput{Definition: name, Version: "1.0.0", Input: input()})
}

func (t Target) warmUp(ctx context.Context, _ *Report) error {
	_, err := t.many(ctx, min(1000, t.Instances), func(ctx context.Context) error {
		_, err := t.start(ctx, "bench_w3")
		return err
	})
	return err
}

// throughput measures instances a second, 2,000 at once, their CPU time
// and their write-ahead log, then checks the rows.
func (t Target) throughput(ctx context.Context, r *Report) error {
	if _, err := t.Pool.Exec(ctx, "CHECKPOINT"); err != nil {
		return err
	}
	before, err := t.usage(ctx)
	if err != nil {
		return err
	}
	stop, err := t.profile()
	if err != nil {
		return err
	}
	took, err := t.many(ctx, t.Instances, func(ctx context.Context) error {
		_, err := t.start(ctx, "bench_w3")
		return err
	})
	if err := errors.Join(err, stop()); err != nil {
		return err
	}
	after, err := t.usage(ctx)
	if err != nil {
		return err
	}
	n := float64(t.Instances)
	r.W3.Instances = t.Instances
	r.W3.InstancesPerSecond = n / took.Seconds()
	r.W3.CPU = float64((after.cpu - before.cpu).Microseconds()) / 1000 / n
	r.W3.WAL = float64(after.wal-before.wal) / n
	return t.checkRows(ctx)
}

// profile begins a CPU profile, if one is asked for.
func (t Target) profile() (stop func() error, err error) {
	if t.Profile == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(t.Profile)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error { pprof.StopCPUProfile(); return f.Close() }, nil
}

// many starts n instances, inFlight at once, wave by wave, and gives the time
// until all are completed.
func (t Target) many(ctx context.Context, n int, start func(context.Context) error) (time.Duration, error) {
	var took time.Duration
	for n > 0 {
		size := min(n, inFlight)
		wave, err := t.wave(ctx, size, start)
		if err != nil {
			return 0, err
		}
		took += wave
		n -= size
	}
	return took, nil
}

// wave starts n instances at once and gives the time until all are completed.
func (t Target) wave(ctx context.Context, n int, start func(context.Context) error) (time.Duration, error) {
	begin := time.Now()
	var failed error
	var once sync.Once
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if err := start(ctx); err != nil {
				once.Do(func() { failed = err })
			}
		})
	}
	wg.Wait()
	if failed != nil {
		return 0, failed
	}
	return t.allEnded(ctx, begin)
}

// allEnded waits until all instances that have started have ended; those that have not
// completed are found with the rows
func (t Target) allEnded(ctx context.Context, begin time.Time) (time.Duration, error) {
	changed, stop := t.Engine.Watch(uuid.Nil)
	defer stop()
	for {
		open, err := t.open(ctx)
		if err != nil {
			return 0, err
		}
		if !open {
			return time.Since(begin), nil
		}
		select {
		case <-changed:
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// open reports whether an instance has not ended; it looks for one, since
// counting all that have would be a part of what is measured.
func (t Target) open(ctx context.Context) (is bool, err error) {
	err = t.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM instances WHERE tenant_id = $1 AND definition_name = 'bench_w3'
		AND status = ANY ('{pending,running,waiting}'))`, workflow.DefaultTenant).Scan(&is)
	return is, err
}

// checkRows makes sure that every instance has its executions and its history.
func (t Target) checkRows(ctx context.Context) error {
	var instances, executions, events int
	err := t.Pool.QueryRow(ctx, `
		SELECT count(*),
		       (SELECT count(*) FROM executions e JOIN instances i ON i.id = e.instance_id WHERE i.definition_name = 'bench_w3' AND e.status = 'succeeded'),
		       (SELECT count(*) FROM events v JOIN instances i ON i.id = v.instance_id WHERE i.definition_name = 'bench_w3')
		FROM instances WHERE definition_name = 'bench_w3' AND status = 'completed'`).Scan(&instances, &executions, &events)
	if err != nil {
		return err
	}
	if executions != 3*instances || events != 8*instances {
		return fmt.Errorf("%d instances have %d executions and %d events, want 3 and 8 each", instances, executions, events)
	}
	return nil
}

// overHTTP measures starts through the JSON API.
func (t Target) overHTTP(ctx context.Context, r *Report) error {
	if t.StartsURL == "" {
		return nil
	}
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 256, MaxConnsPerHost: 256}}
	defer client.CloseIdleConnections()
	body := `{"definition_name":"bench_w3","version":"1.0.0","input_data":` + string(input()) + `}`
	took, err := t.many(ctx, t.Instances, func(ctx context.Context) error { return t.post(ctx, client, body) })
	if err != nil {
		return err
	}
	r.W3.HTTPPerSecond = float64(t.Instances) / took.Seconds()
	return t.checkRows(ctx)
}

func (t Target) post(ctx context.Context, client *http.Client, body string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.StartsURL, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+t.Token)
	req.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<16)); err != nil || answer.StatusCode != http.StatusCreated {
		return fmt.Errorf("start answered %s: %.200s", answer.Status, text)
	}
	return nil
}

// alone measures single instances, from the call of start until a reader sees
// them completed.
func (t Target) alone(ctx context.Context, r *Report) error {
	latency, err := t.hundred(func() (time.Duration, error) {
		begin := time.Now()
		in, err := t.start(ctx, "bench_w3")
		if err != nil {
			return 0, err
		}
		return t.finished(ctx, in, begin)
	})
	r.W3.Latency = latency
	return err
}

// decisions measures from the call that completes a task until a reader sees
// the machine step after it done.
func (t Target) decisions(ctx context.Context, r *Report) error {
	latency, err := t.hundred(func() (time.Duration, error) {
		in, err := t.start(ctx, "bench_h1")
		if err != nil {
			return 0, err
		}
		tasks, err := t.Read.InstanceTasks(ctx, actor, in.ID, 1)
		if err != nil || len(tasks) == 0 {
			return 0, fmt.Errorf("no task: %w", err)
		}
		begin := time.Now()
		if in, err = t.Engine.CompleteTask(ctx, actor, tasks[0].ID, engine.Completion{}); err != nil {
			return 0, err
		}
		return t.finished(ctx, in, begin)
	})
	r.H1 = latency
	return err
}

func (t Target) finished(ctx context.Context, in workflow.Instance, begin time.Time) (time.Duration, error) {
	in, err := t.Engine.Wait(ctx, in, 10*time.Second)
	if err == nil && in.Status != workflow.StatusCompleted {
		err = fmt.Errorf("instance is %s", in.Status)
	}
	return time.Since(begin), err
}

func (t Target) hundred(one func() (time.Duration, error)) (Latency, error) {
	times := make([]time.Duration, 0, singles)
	for i := range singles + 10 {
		took, err := one()
		if err != nil {
			return Latency{}, err
		}
		if i >= 10 { // the first ten warm up
			times = append(times, took)
		}
	}
	slices.Sort(times)
	return Latency{P50: ms(times[singles/2]), Worst: ms(times[singles-1])}, nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Print writes the figures as a table.
func (r Report) Print(w io.Writer) {
	row := func(name, format string, v float64) { fmt.Fprintf(w, "%-44s %12s\n", name, fmt.Sprintf(format, v)) }
	row("pgbench step, transactions/s", "%.0f", r.PgBench.StepsPerSecond)
	row("pgbench step alone, ms", "%.2f", r.PgBench.AloneMS)
	row("W3, instances/s", "%.0f", r.W3.InstancesPerSecond)
	row("W3 ÷ pgbench step", "%.2f", r.W3.Ratio)
	row("W3 over HTTP, instances/s", "%.0f", r.W3.HTTPPerSecond)
	row("W3 over HTTP ÷ pgbench step", "%.2f", r.W3.HTTPRatio)
	row("W3 alone, p50 ms", "%.2f", r.W3.P50)
	row(fmt.Sprintf("W3 alone, p50 ÷ %d pgbench steps alone", commitsW3), "%.2f", r.W3.P50/(commitsW3*r.PgBench.AloneMS))
	row("W3 alone, worst of 100 ms", "%.2f", r.W3.Worst)
	row("W3, CPU ms an instance (Postgres included)", "%.2f", r.W3.CPU)
	row("W3, WAL bytes an instance", "%.0f", r.W3.WAL)
	row("H1, p50 ms", "%.2f", r.H1.P50)
	row(fmt.Sprintf("H1, p50 ÷ %d pgbench steps alone", commitsH1), "%.2f", r.H1.P50/(commitsH1*r.PgBench.AloneMS))
	row("H1, worst of 100 ms", "%.2f", r.H1.Worst)
	row(fmt.Sprintf("for_each of %d, microseconds an item", r.ForEach.Items), "%.0f", r.ForEach.PerItem)
	row("for_each, an item ÷ a step of W3", "%.2f", r.ForEach.Ratio)
	row("for_each, an item ÷ that of half the items", "%.2f", r.ForEach.Doubling)
	row("idle, % of a core (without Postgres)", "%.2f", r.Idle.CPU)
	row("idle, transactions/s", "%.1f", r.Idle.Transactions)
}
