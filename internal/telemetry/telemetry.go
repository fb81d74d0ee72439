// Package telemetry measures a resident Maru for Prometheus. It decorates ports
// of the domain, which know nothing of it, and serves the metrics over HTTP. No
// metric carries an id, a name, an address or a text: labels are codes and
// routes, of which there are few.
package telemetry

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/maru-chat/maru/internal/chat"
)

// Meter collects metrics and is the http.Handler that serves them.
type Meter struct {
	http.Handler
	registry *prometheus.Registry
	appends  *prometheus.HistogramVec
	limited  *prometheus.CounterVec
	answers  *prometheus.HistogramVec
}

// buckets are in seconds, from the time of a group commit to delays that people
// notice.
var buckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}

// New returns a Meter with a registry of its own.
func New() *Meter {
	m := &Meter{
		registry: prometheus.NewRegistry(),
		appends: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "maru_append_seconds", Help: "How long an append took until it was durable or refused.", Buckets: buckets,
		}, []string{"code"}),
		limited: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "maru_limited_total", Help: "Answers of the rate limiter.",
		}, []string{"outcome"}),
		answers: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "maru_http_seconds", Help: "How long a request took.", Buckets: buckets,
		}, []string{"route", "status"}),
	}
	m.registry.MustRegister(m.appends, m.limited, m.answers,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.Handler = promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
	return m
}

// Gauge adds a number that goes up and down, which is read at each scrape. Each
// name may be used once.
func (m *Meter) Gauge(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

// Sizes counts things by their size.
type Sizes struct {
	Count uint64
	// Sum adds their sizes up.
	Sum float64
	// AtMost says how many were of that size or smaller.
	AtMost map[float64]uint64
}

// Histogram adds sizes that are counted elsewhere and read at each scrape. Each
// name may be used once.
func (m *Meter) Histogram(name, help string, value func() Sizes) {
	m.registry.MustRegister(&histogram{prometheus.NewDesc(name, help, nil, nil), value})
}

type histogram struct {
	desc  *prometheus.Desc
	value func() Sizes
}

// Describe implements prometheus.Collector.
func (h *histogram) Describe(to chan<- *prometheus.Desc) { to <- h.desc }

// Collect implements prometheus.Collector.
func (h *histogram) Collect(to chan<- prometheus.Metric) {
	s := h.value()
	to <- prometheus.MustNewConstHistogram(h.desc, s.Count, s.Sum, s.AtMost)
}

// Answered counts and times an answer over HTTP.
func (m *Meter) Answered(route string, status int, took time.Duration) {
	m.answers.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
}

// Log returns next with its appends counted and timed.
func (m *Meter) Log(next chat.Log) chat.Log { return &meteredLog{next, m} }

type meteredLog struct {
	chat.Log
	meter *Meter
}

// Append implements chat.Log.
func (l *meteredLog) Append(ctx context.Context, d *chat.Draft, scanned *chat.Scanned) (chat.Appended, error) {
	started := time.Now()
	appended, err := l.Log.Append(ctx, d, scanned)
	l.meter.appends.WithLabelValues(outcome(string(chat.CodeOf(err)))).Observe(time.Since(started).Seconds())
	return appended, err
}

// Limiter returns next with its answers counted.
func (m *Meter) Limiter(next chat.Limiter) chat.Limiter { return &meteredLimiter{next, m} }

type meteredLimiter struct {
	chat.Limiter
	meter *Meter
}

// Take implements chat.Limiter.
func (l *meteredLimiter) Take(ctx context.Context, key string, rate chat.Rate) (time.Duration, error) {
	wait, err := l.Limiter.Take(ctx, key, rate)
	said := string(chat.CodeOf(err))
	if wait > 0 {
		said = string(chat.CodeRateLimited)
	}
	l.meter.limited.WithLabelValues(outcome(said)).Inc()
	return wait, err
}

func outcome(code string) string {
	if code == "" {
		return "ok"
	}
	return code
}
