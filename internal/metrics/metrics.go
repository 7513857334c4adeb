// Package metrics counts what a process does, in the text format of Prometheus.
//
// It owns every metric that Tandem has: names, labels and their bounds stand
// here and nowhere else. It may import internal/workflow. It must not know who
// counts: the engine, the web and the root package call it. A nil *Metrics
// counts nothing, so that nobody has to ask.
//
// Labels are bounded: names of definitions by maxDefinitions, actions by those
// that a process has, routes by the table of routes. Counting takes no lock that
// others could hold for long: what is counted once a step is an atomic addition.
package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// maxDefinitions is how many definitions are counted by name; others are counted
// together, under the name "other".
const maxDefinitions = 200

// other stands for what is not counted by its own name.
const other = "other"

// Metrics holds the metrics of one process. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	register prometheus.Registerer // of the same
	*engineMetrics
	webMetrics
	deliveries *prometheus.CounterVec
}

// New returns the metrics of a process whose program has the version.
func New(version string) *Metrics {
	registry := prometheus.NewRegistry()
	m := newOn(registry, version)
	m.registry = registry
	return m
}

func newOn(to prometheus.Registerer, version string) *Metrics {
	m := &Metrics{register: to}
	m.register.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	build := m.gauges("tandem_build_info", "Always 1; the label is the version of the program.", "version")
	build.WithLabelValues(version).Set(1)
	m.engineMetrics = newEngineMetrics(m)
	m.webMetrics = newWebMetrics(m)
	m.deliveries = m.counters("tandem_deliveries_total", "Attempts to deliver an event to a subscription, by outcome: delivered, failed or dead.", "outcome")
	return m
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// Delivered counts an attempt to deliver an event: delivered, failed or dead.
func (m *Metrics) Delivered(outcome string) {
	if m != nil {
		m.deliveries.WithLabelValues(outcome).Inc()
	}
}

func (m *Metrics) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	m.register.MustRegister(c)
	return c
}

func (m *Metrics) counters(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	m.register.MustRegister(c)
	return c
}

func (m *Metrics) gauges(name, help string, labels ...string) *prometheus.GaugeVec {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	m.register.MustRegister(g)
	return g
}

func (m *Metrics) histogram(name, help string, buckets []float64) prometheus.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
	m.register.MustRegister(h)
	return h
}

func (m *Metrics) histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	m.register.MustRegister(h)
	return h
}
