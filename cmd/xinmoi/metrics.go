package main

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"xinmoi/store"
	"xinmoi/store/queue"
)

// metrics are the figures of the house for Prometheus, read from the published
// state at each scrape: nothing is counted twice, and nothing about a person.
func (s *server) metrics() http.Handler {
	r := prometheus.NewRegistry() // not the global one: tests run several servers
	r.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewGoCollector(), hallCollector{s})
	for _, h := range s.disk.histograms() {
		r.MustRegister(h)
	}
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{})
}

// diskFigures are told of each commit.
type diskFigures struct{ commit, flush prometheus.Histogram }

func newDiskFigures() *diskFigures {
	from := func(name, help string) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help,
			Buckets: prometheus.ExponentialBuckets(0.00025, 2, 13)}) // 0.25 ms to 1 s
	}
	return &diskFigures{
		commit: from("xinmoi_commit_seconds", "Time of one transaction of the book."),
		flush:  from("xinmoi_disk_flush_seconds", "Time of one write to the disk with its flush; over 20 ms every press is slow."),
	}
}

func (d *diskFigures) observe(c store.Commit) {
	d.commit.Observe(c.Took.Seconds())
	d.flush.Observe(c.Flush.Seconds())
}

// histograms: none where the book was opened without being watched.
func (d *diskFigures) histograms() []prometheus.Histogram {
	if d == nil {
		return nil
	}
	return []prometheus.Histogram{d.commit, d.flush}
}

// hallCollector reads the hall.
type hallCollector struct{ s *server }

// figures are what it tells.
var figures = struct{ seq, queued, waiting, tickets, counters, conditions, screens, resyncs, ahead *prometheus.Desc }{
	seq:        prometheus.NewDesc("xinmoi_journal_seq", "Number of the last entry of the journal.", nil, nil),
	queued:     prometheus.NewDesc("xinmoi_writer_queue", "Commands that wait for the writer.", nil, nil),
	waiting:    prometheus.NewDesc("xinmoi_waiting_tickets", "People waiting.", []string{"service"}, nil),
	tickets:    prometheus.NewDesc("xinmoi_day_tickets", "Tickets of the business day.", []string{"state"}, nil),
	counters:   prometheus.NewDesc("xinmoi_counters", "Counters by state.", []string{"state"}, nil),
	conditions: prometheus.NewDesc("xinmoi_device_condition", "1 while a device has the condition.", []string{"device", "condition"}, nil),
	screens:    prometheus.NewDesc("xinmoi_feed_clients", "Screens connected.", nil, nil),
	resyncs:    prometheus.NewDesc("xinmoi_feed_resyncs_total", "Queues dropped because a screen was slow.", nil, nil),
	ahead:      prometheus.NewDesc("xinmoi_feed_ahead_total", "Screens that had seen later numbers than the book has.", nil, nil),
}

func (c hallCollector) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, out) }

func (c hallCollector) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	v := c.s.book.View()
	gauge(figures.seq, float64(v.Seq))
	gauge(figures.queued, float64(c.s.book.Queued()))
	for _, rule := range v.Hall.Rules().Services {
		gauge(figures.waiting, float64(len(v.Hall.Waiting(rule.ID))), string(rule.ID))
	}
	states := map[queue.State]int{}
	for _, t := range v.Hall.Tickets() {
		states[t.State]++
	}
	for state, n := range states {
		gauge(figures.tickets, float64(n), string(state))
	}
	counters := map[queue.CounterState]int{}
	for _, at := range v.Hall.Counters() {
		counters[at.State]++
	}
	for state, n := range counters {
		gauge(figures.counters, float64(n), string(state))
	}
	for _, d := range v.Devices {
		for _, condition := range d.Conditions {
			gauge(figures.conditions, 1, string(d.ID), string(condition))
		}
	}
	stats := c.s.feed.Stats()
	gauge(figures.screens, float64(stats.Clients))
	out <- prometheus.MustNewConstMetric(figures.resyncs, prometheus.CounterValue, float64(stats.Resyncs))
	out <- prometheus.MustNewConstMetric(figures.ahead, prometheus.CounterValue, float64(stats.Ahead))
}
