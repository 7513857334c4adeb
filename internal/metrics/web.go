package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var requestBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

// webMetrics are what the web counts.
type webMetrics struct {
	requests *prometheus.CounterVec
	times    *prometheus.HistogramVec
	streams  *prometheus.GaugeVec
}

func newWebMetrics(m *Metrics) webMetrics {
	return webMetrics{
		requests: m.counters("tandem_http_requests_total", "Requests that were answered, by pattern of the route, method and status.", "route", "method", "status"),
		times:    m.histograms("tandem_http_request_seconds", "How long answers took, by pattern of the route and method; streams are left out.", requestBuckets, "route", "method"),
		streams:  m.gauges("tandem_http_streams", "Readers of server-sent events at this moment, by pattern of the route.", "route"),
	}
}

// Request counts an answered request. A stream's time is that of its reader and
// is left out.
func (m *Metrics) Request(route, method string, status int, took time.Duration, stream bool) {
	if m == nil {
		return
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	if !stream {
		m.times.WithLabelValues(route, method).Observe(took.Seconds())
	}
}

// Reading counts a reader of a stream, who is gone with -1.
func (m *Metrics) Reading(route string, change int) {
	if m != nil {
		m.streams.WithLabelValues(route).Add(float64(change))
	}
}
