package feed

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

var screensToTell = []int{10, 100, 1000}

// BenchmarkPublishToLastClient measures from publication to the moment when
// the last screen has the event, on loopback, with no disk behind it. Read it
// as a multiple of BenchmarkPlainLoop.
func BenchmarkPublishToLastClient(b *testing.B) {
	for _, screens := range screensToTell {
		b.Run(fmt.Sprint(screens), func(b *testing.B) {
			h := newHall(b)
			has := make(chan struct{}, screens)
			for range screens {
				p := h.page("view=board/b1")
				p.next()
				go report(b, p.conn, has)
			}
			for b.Loop() {
				h.book.publish("ticket.called:A001")
				for range screens {
					<-has
				}
			}
		})
	}
}

// BenchmarkPlainLoop is the floor: one goroutine writes the same bytes to every
// connection, which one stuck screen would stop.
func BenchmarkPlainLoop(b *testing.B) {
	for _, screens := range screensToTell {
		b.Run(fmt.Sprint(screens), func(b *testing.B) {
			conns := make(chan *websocket.Conn, screens)
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
				if err == nil {
					conns <- conn
				}
			}))
			defer srv.Close()
			has := make(chan struct{}, screens)
			var all []*websocket.Conn
			for range screens {
				conn, resp, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(srv.URL, "http"), nil)
				require.NoError(b, err)
				resp.Body.Close()
				defer conn.Close()
				go report(b, conn, has)
				all = append(all, <-conns)
			}
			line := []byte(`{"at":"2026-11-22T09:00:00.000Z","number":"A001","prev":1,"seq":2,"state":{"id":"b1","at_seq":2},"type":"ticket.called"}`)
			for b.Loop() {
				for _, conn := range all {
					require.NoError(b, conn.WriteMessage(websocket.TextMessage, line))
				}
				for range screens {
					<-has
				}
			}
		})
	}
}

// report says each message that a connection gets.
func report(b *testing.B, conn *websocket.Conn, has chan<- struct{}) {
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		b.Error(err)
	}
	for {
		_, m, err := conn.ReadMessage()
		if err != nil {
			return
		}
		if !strings.HasPrefix(string(m), `{"at":`) || !strings.Contains(string(m), `"beat"`) {
			has <- struct{}{}
		}
	}
}

// BenchmarkSnapshot is what one more screen costs when many come together.
func BenchmarkSnapshot(b *testing.B) {
	f := New(newBook(), Options{})
	t := &topic{key: topicKey{"board", "b1"}, view: boardView()}
	for b.Loop() {
		f.snapshot(t)
	}
}
