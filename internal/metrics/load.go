package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Load is what a process is at, at one moment.
type Load struct {
	Commands  int // that wait for a decision
	Queued    int // leased steps that wait for a worker
	Running   int // steps that a worker runs
	Workers   int // that there are
	Left      int // ready steps of this process's queues that nobody has leased
	Heartbeat time.Duration
	Fetchers  int // programs that wait for jobs
}

// Pool is what the connections of one pool are at.
type Pool struct {
	Name     string
	Max      int
	InUse    int
	Idle     int
	Waits    int64 // times that somebody had to wait for one
	WaitTime time.Duration
}

// WatchLoad has Load asked for whenever the metrics are read.
func (m *Metrics) WatchLoad(load func() Load) { m.register.MustRegister(&loadCollector{load}) }

// WatchPools has the pools asked for whenever the metrics are read.
func (m *Metrics) WatchPools(pools func() []Pool) { m.register.MustRegister(&poolCollector{pools}) }

type loadCollector struct{ load func() Load }

// loadMetrics are the gauges of Load.
var loadMetrics = []struct {
	desc  *prometheus.Desc
	value func(Load) float64
}{
	{desc("tandem_commands_queued", "Commands that wait for a decision."), func(l Load) float64 { return float64(l.Commands) }},
	{desc("tandem_steps_queued", "Leased machine steps that wait for a worker of this process."), func(l Load) float64 { return float64(l.Queued) }},
	{desc("tandem_steps_running", "Machine steps that this process runs."), func(l Load) float64 { return float64(l.Running) }},
	{desc("tandem_workers", "Machine steps that this process can run at once."), func(l Load) float64 { return float64(l.Workers) }},
	{desc("tandem_steps_ready", "Ready machine steps of this process's queues that nobody has leased, at most 1,000."), func(l Load) float64 { return float64(l.Left) }},
	{desc("tandem_heartbeat_age_seconds", "Time since this process's last heartbeat was stored; -1 before the first."), func(l Load) float64 { return l.Heartbeat.Seconds() }},
	{desc("tandem_job_fetchers", "Programs that wait for jobs at this process."), func(l Load) float64 { return float64(l.Fetchers) }},
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (c *loadCollector) Describe(to chan<- *prometheus.Desc) {
	for _, m := range loadMetrics {
		to <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (c *loadCollector) Collect(to chan<- prometheus.Metric) {
	load := c.load()
	for _, m := range loadMetrics {
		to <- prometheus.MustNewConstMetric(m.desc, prometheus.GaugeValue, m.value(load))
	}
}

type poolCollector struct{ pools func() []Pool }

// poolMetrics are those of a Pool.
var poolMetrics = []struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(Pool) float64
}{
	{desc("tandem_db_connections_max", "Connections to the database that a pool may have.", "pool"), prometheus.GaugeValue, func(p Pool) float64 { return float64(p.Max) }},
	{desc("tandem_db_connections_in_use", "Connections of a pool that run statements.", "pool"), prometheus.GaugeValue, func(p Pool) float64 { return float64(p.InUse) }},
	{desc("tandem_db_connections_idle", "Connections of a pool that are free.", "pool"), prometheus.GaugeValue, func(p Pool) float64 { return float64(p.Idle) }},
	{desc("tandem_db_waits_total", "Times that somebody had to wait for a connection of a pool.", "pool"), prometheus.CounterValue, func(p Pool) float64 { return float64(p.Waits) }},
	{desc("tandem_db_wait_seconds_total", "Time that was spent waiting for connections of a pool.", "pool"), prometheus.CounterValue, func(p Pool) float64 { return p.WaitTime.Seconds() }},
}

// Describe implements prometheus.Collector.
func (c *poolCollector) Describe(to chan<- *prometheus.Desc) {
	for _, m := range poolMetrics {
		to <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (c *poolCollector) Collect(to chan<- prometheus.Metric) {
	for _, pool := range c.pools() {
		for _, m := range poolMetrics {
			to <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value(pool), pool.Name)
		}
	}
}
