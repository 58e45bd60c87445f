package door

import (
	"bufio"
	"net"
	"net/http"
)

// Hijack hands the connection over, to the feed's websockets.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.wrote = true
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// Flush sends what has been written so far.
func (w *writer) Flush() {
	w.wrote = true
	_ = http.NewResponseController(w.ResponseWriter).Flush() // no flusher: nothing to do
}
