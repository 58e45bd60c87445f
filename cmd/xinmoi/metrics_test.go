package main

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store"
	"xinmoi/store/queue"
)

// What the house tells Prometheus: of the disk as of the hall.
func TestMetrics(t *testing.T) {
	s := openServer(t)
	s.disk = newDiskFigures()
	book, err := store.Open(t.TempDir(), store.Options{Observe: s.disk.observe})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, book.Close()) })
	s.book = book
	rules := queue.Rules{Services: []queue.ServiceRule{{ID: "cs", Series: "A", At: []queue.Place{queue.AtKiosk}}}, Series: []queue.Series{{Prefix: "A", Digits: 3, First: 1}}}
	_, err = book.Do(t.Context(), store.Request{Command: queue.Configure{Rules: rules, Document: []byte("d"), Hash: "h"}})
	require.NoError(t, err)
	_, err = book.Do(t.Context(), store.Request{Command: queue.Issue{Service: "cs"}})
	require.NoError(t, err)

	w := httptest.NewRecorder()
	s.metrics().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, line := range []string{
		`xinmoi_waiting_tickets{service="cs"} 1`, `xinmoi_writer_queue 0`, `xinmoi_feed_clients 0`,
	} {
		assert.Contains(t, w.Body.String(), line+"\n")
	}
	assert.Regexp(t, `xinmoi_commit_seconds_count [1-9]`, w.Body.String())
	assert.Regexp(t, `xinmoi_disk_flush_seconds_count [1-9]`, w.Body.String())
}
