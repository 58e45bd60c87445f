package feed

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkPublishToLastClient measures from publication to the moment when
// the last screen has the event, on loopback, with no book behind it.
func BenchmarkPublishToLastClient(b *testing.B) {
	for _, screens := range []int{1, 10, 100} {
		b.Run(fmt.Sprint(screens), func(b *testing.B) {
			h := newHall(b)
			has := make(chan struct{}, screens)
			for range screens {
				p := h.page("view=board/b1")
				p.next()
				require.NoError(b, p.conn.SetReadDeadline(time.Time{}))
				go func() {
					for {
						if _, _, err := p.conn.ReadMessage(); err != nil {
							return
						}
						has <- struct{}{}
					}
				}()
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

// BenchmarkSnapshot is what one more screen costs when many come together.
func BenchmarkSnapshot(b *testing.B) {
	f := New(newBook(), Options{})
	t := &topic{key: topicKey{"board", "b1"}, view: boardView()}
	for b.Loop() {
		f.snapshot(t)
	}
}
