package metrics

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tandem/internal/workflow"
)

// Buckets, in seconds and in transitions.
var (
	stepBuckets   = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}
	commitBuckets = []float64{.0005, .001, .002, .004, .008, .016, .032, .064, .125, .25, .5, 1}
	batchBuckets  = []float64{1, 2, 4, 8, 16, 32, 64, 128, 256}
	lateBuckets   = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}
)

// flowEvents are the events that are counted by definition, with their metrics.
var flowEvents = []struct {
	event      workflow.EventType
	name, help string
}{
	{workflow.EventWorkflowStarted, "tandem_instances_started_total", "Instances that were started."},
	{workflow.EventWorkflowCompleted, "tandem_instances_completed_total", "Instances that ended well."},
	{workflow.EventWorkflowFailed, "tandem_instances_failed_total", "Times that an instance came to a stop because of a failure."},
	{workflow.EventWorkflowCanceled, "tandem_instances_canceled_total", "Instances that were canceled."},
	{workflow.EventStepCompleted, "tandem_steps_completed_total", "Steps that ended well, of every type."},
	{workflow.EventStepFailed, "tandem_steps_failed_total", "Steps that failed, their retries included."},
	{workflow.EventStepRetrying, "tandem_steps_retried_total", "Attempts of steps that failed and are made again."},
	{workflow.EventStepLost, "tandem_steps_lost_total", "Attempts whose process fell silent."},
	{workflow.EventTaskCreated, "tandem_tasks_created_total", "Tasks that people were given."},
	{workflow.EventTaskCompleted, "tandem_tasks_completed_total", "Tasks that people decided."},
	{workflow.EventTaskOverdue, "tandem_tasks_overdue_total", "Tasks whose due time passed."},
}

// numbers are the counters of one definition, in the order of flowEvents.
type numbers []prometheus.Counter

// engineMetrics are what the engine counts.
type engineMetrics struct {
	flow        []*prometheus.CounterVec // in the order of flowEvents
	place       map[workflow.EventType]int
	definitions sync.Map // name → numbers
	known       atomic.Int64

	steps  *prometheus.HistogramVec
	timers sync.Map // stepKey → prometheus.Observer

	batch   prometheus.Histogram
	commit  prometheus.Histogram
	stale   prometheus.Counter
	late    prometheus.Histogram
	offered prometheus.Counter
}

func newEngineMetrics(m *Metrics) *engineMetrics {
	e := &engineMetrics{
		place:   map[workflow.EventType]int{},
		steps:   m.histograms("tandem_step_seconds", "How long attempts of machine steps took in this process, by action and result: ok, failed or skipped.", stepBuckets, "action", "result"),
		batch:   m.histogram("tandem_commit_transitions", "Transitions of instances that one commit stored.", batchBuckets),
		commit:  m.histogram("tandem_commit_seconds", "How long it took to store one commit.", commitBuckets),
		stale:   m.counter("tandem_commit_stale_total", "Transitions that were decided again because another process had changed their instance."),
		late:    m.histogram("tandem_due_late_seconds", "How late timers and other due rows were taken up.", lateBuckets),
		offered: m.counter("tandem_steps_offered_total", "Machine steps that this process left to others by a job."),
	}
	for i, f := range flowEvents {
		e.flow = append(e.flow, m.counters(f.name, f.help, "definition"))
		e.place[f.event] = i
	}
	return e
}

// Committed counts a commit of transitions that took a time to store.
func (m *Metrics) Committed(transitions, stale int, took time.Duration) {
	if m == nil {
		return
	}
	m.batch.Observe(float64(transitions))
	m.commit.Observe(took.Seconds())
	if stale > 0 {
		m.stale.Add(float64(stale))
	}
}

// Stored counts what a stored transition of an instance says.
func (m *Metrics) Stored(definition string, t *workflow.Transition) {
	if m == nil {
		return
	}
	if len(t.Offers) > 0 {
		m.offered.Add(float64(len(t.Offers)))
	}
	var of numbers
	for i := range t.Events {
		place, counted := m.place[t.Events[i].Type]
		if !counted {
			continue
		}
		if of == nil {
			of = m.of(definition)
		}
		of[place].Inc()
	}
}

// of gives the counters of a definition.
func (m *Metrics) of(definition string) numbers {
	if have, ok := m.definitions.Load(definition); ok {
		return have.(numbers)
	}
	label := definition
	if m.known.Load() >= maxDefinitions {
		label = other // it is looked for again each time, but not kept
	}
	made := make(numbers, len(m.flow))
	for i, vec := range m.flow {
		made[i] = vec.WithLabelValues(label)
	}
	if label != other {
		if _, raced := m.definitions.LoadOrStore(definition, made); !raced {
			m.known.Add(1)
		}
	}
	return made
}

// stepKey names a series of tandem_step_seconds.
type stepKey struct{ action, result string }

// The results of an attempt.
const (
	StepOK      = "ok"
	StepFailed  = "failed"
	StepSkipped = "skipped"
)

// Step counts an attempt of an action that this process has.
func (m *Metrics) Step(action, result string, took time.Duration) {
	if m == nil {
		return
	}
	key := stepKey{action, result}
	timer, ok := m.timers.Load(key)
	if !ok {
		timer, _ = m.timers.LoadOrStore(key, m.steps.WithLabelValues(action, result))
	}
	timer.(prometheus.Observer).Observe(took.Seconds())
}

// Fired counts a due row that was taken up so late.
func (m *Metrics) Fired(late time.Duration) {
	if m != nil {
		m.late.Observe(max(0, late.Seconds()))
	}
}
