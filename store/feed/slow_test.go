package feed

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store"
	"xinmoi/store/door"
)

// A screen that stops reading: the others are not slowed, what is kept for it
// is bounded, and when it reads again it is right again.
func TestSleepingClient(t *testing.T) {
	inBubble(t, boardView(), func(t *testing.T, f *Feed, b *book, dial func(string) *websocket.Conn) {
		awake := watch(t, dial("view=board/b1&client=awake"), never)
		sleeps := dial("view=board/b1&client=sleeper") // a pipe holds nothing: it takes no byte
		synctest.Wait()                                // both have joined
		began := time.Now()
		const events = 400
		for i := range events {
			b.publish(fmt.Sprintf("ticket.called:%d", i))
			got, _ := awake.heard()
			require.Len(t, got, 1+1+i)
			assert.LessOrEqual(t, longestQueue(f), queueSize)
		}
		assert.Zero(t, time.Since(began), "the sleeper was waited for")
		assert.Equal(t, uint64(1), f.Stats().Resyncs)

		woken := watch(t, sleeps, never)
		woken.heard() // until it has nothing more to catch up
		b.publish("ticket.called:again")
		got, _ := woken.heard()
		numbers := chain(t, got)
		assert.Equal(t, store.Seq(events+1), numbers[len(numbers)-1])
		assert.Less(t, len(got), queueSize, "it has only what was written before, and a snapshot")
		want, _ := awake.heard()
		assert.Equal(t, want[len(want)-1], got[len(got)-1])
		awake.off()
		woken.off()
	})
}

// A line that takes no byte for so long is given up; the page comes back.
func TestSleeperIsGivenUp(t *testing.T) {
	inBubble(t, boardView(), func(t *testing.T, f *Feed, b *book, dial func(string) *websocket.Conn) {
		conn := dial("view=board/b1")
		defer conn.Close()
		synctest.Wait()
		assert.Equal(t, 1, f.Stats().Clients)
		time.Sleep(writeWait + time.Second)
		assert.Zero(t, f.Stats().Clients)
	})
}

func longestQueue(f *Feed) (longest int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.topics {
		for c := range t.clients {
			c.mu.Lock()
			longest = max(longest, len(c.queue))
			c.mu.Unlock()
		}
	}
	return longest
}

// chain checks that no number is skipped but by a snapshot.
func chain(t *testing.T, got []string) (numbers []store.Seq) {
	last := store.Seq(0)
	for _, line := range got {
		var m msg
		require.NoError(t, json.Unmarshal([]byte(line), &m))
		if m.Type != "snapshot" {
			require.Equal(t, last, *m.Prev, line)
		}
		last = m.Seq
		numbers = append(numbers, last)
	}
	return numbers
}

// All screens of a hall come back in the same instant, as after a restart.
func TestTwoHundredReconnectAtOnce(t *testing.T) {
	h := newHall(t)
	h.book.publish("ticket.called:A001")
	const screens = 200
	began := time.Now()
	var all sync.WaitGroup
	for i := range screens {
		all.Go(func() {
			conn, resp, err := h.dial.Dial(fmt.Sprintf("%s?view=board/b%d&since=E-before.1", h.url, i%20), nil)
			if !assert.NoError(t, err) {
				return
			}
			resp.Body.Close()
			t.Cleanup(func() { conn.Close() })
			p := page{t: t, conn: conn}
			assert.Equal(t, store.Seq(1), p.next().State.Seq)
		})
	}
	all.Wait()
	assert.Less(t, time.Since(began), 3*time.Second)
	assert.Equal(t, screens, h.feed.Stats().Clients)
	t.Logf("%d screens whole after %v", screens, time.Since(began))
}

// pipes is a listener in memory, so that a hall's minutes pass in no time.
type pipes struct {
	conns chan net.Conn
	ended chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { close(p.ended); return nil }

func (p *pipes) Addr() net.Addr { return (&net.IPAddr{}) }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours, nil
}

// inBubble runs a feed over pipes under a false clock.
func inBubble(t *testing.T, view View, fn func(t *testing.T, f *Feed, b *book, dial func(query string) *websocket.Conn)) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook()
		f := New(b, Options{})
		f.Register(view)
		handler, err := door.New(door.Options{}, f.Routes()...)
		require.NoError(t, err)
		l := &pipes{make(chan net.Conn), make(chan struct{})}
		srv := door.Server(handler)
		var running sync.WaitGroup
		running.Go(func() { assert.ErrorIs(t, srv.Serve(l), http.ErrServerClosed) })
		ctx, cancel := context.WithCancel(t.Context())
		running.Go(func() { assert.NoError(t, f.Run(ctx)) })
		defer func() {
			cancel()
			assert.NoError(t, srv.Close())
			running.Wait()
		}()
		d := websocket.Dialer{NetDialContext: l.dial}
		fn(t, f, b, func(query string) *websocket.Conn {
			conn, _, err := d.Dial("ws://localhost/api/v1/stream?"+query, nil)
			require.NoError(t, err)
			return conn
		})
	})
}

// screen reads until the connection ends and keeps what it was sent.
type screen struct {
	conn  *websocket.Conn
	ended chan struct{}

	mu    sync.Mutex
	got   []string
	beats int
}

// watch begins to read; says answers each message, "" for nothing.
func watch(t *testing.T, conn *websocket.Conn, says func(n int) string) *screen {
	s := &screen{conn: conn, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		for n := 1; ; n++ {
			_, b, err := conn.ReadMessage()
			if err != nil {
				return
			}
			s.mu.Lock()
			if strings.Contains(string(b), `"beat"`) {
				s.beats++
			} else {
				s.got = append(s.got, string(b))
			}
			s.mu.Unlock()
			if answer := says(n); answer != "" {
				assert.NoError(t, conn.WriteMessage(websocket.TextMessage, []byte(answer)))
			}
		}
	}()
	return s
}

// heard is what came so far, once all is at rest.
func (s *screen) heard() (got []string, beats int) {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got), s.beats
}

func (s *screen) off() {
	s.conn.Close()
	<-s.ended
}

func never(int) string  { return "" }
func always(int) string { return `{"type":"shown","seq":0}` }
func once(n int) string {
	if n == 1 {
		return always(n)
	}
	return ""
}

// A screen whose line is dead is gone within 30 s; one that answers pings stays
// for ever; one whose page hangs is seen by what it no longer says.
func TestDeadScreenIsKnown(t *testing.T) {
	inBubble(t, boardView(), func(t *testing.T, f *Feed, _ *book, dial func(string) *websocket.Conn) {
		left := make(chan string, 3)
		f.On(Left, func(_, _, client string, _ json.RawMessage) { left <- client })
		good, hung, dead := dial("view=board/b1&client=good"), dial("view=board/b1&client=hung"), dial("view=board/b1&client=dead")
		dead.SetPingHandler(func(string) error { return nil })
		g, u, d := watch(t, good, always), watch(t, hung, once), watch(t, dead, never)

		time.Sleep(20 * time.Second)
		assert.Len(t, f.Clients(), 3)
		for _, c := range f.Clients() {
			assert.Equal(t, true, c.Alive(time.Now()), c.Client)
		}
		time.Sleep(11 * time.Second)
		<-d.ended
		assert.Equal(t, "dead", <-left)
		clients := f.Clients()
		require.Len(t, clients, 2)
		assert.Equal(t, "good", clients[0].Client)
		assert.True(t, clients[0].Alive(time.Now()))
		assert.False(t, clients[1].Alive(time.Now()), "its browser answers, its page does not")
		time.Sleep(time.Hour)
		assert.Len(t, f.Clients(), 2)
		_, beats := g.heard()
		assert.InDelta(t, 363, beats, 2)
		g.off()
		u.off()
	})
}

// Hours begin and end without an event; the page hears of it all the same, and
// hears nothing when nothing has changed.
func TestStateThatChangesByItself(t *testing.T) {
	view := boardView()
	view.Every = 0 // the default
	opens := time.Time{}
	view.Snapshot = func(v *store.View, id string) (any, bool) {
		return map[string]any{"open": !time.Now().Before(opens)}, true
	}
	inBubble(t, view, func(t *testing.T, f *Feed, b *book, dial func(string) *websocket.Conn) {
		opens = time.Now().Add(time.Hour)
		early := watch(t, dial("view=board/b1"), never)
		time.Sleep(59 * time.Minute)
		late := watch(t, dial("view=board/b1"), never)
		time.Sleep(50 * time.Second)
		got, _ := early.heard()
		require.Len(t, got, 1)
		assert.Contains(t, got[0], `"open":false`)
		time.Sleep(10*time.Second + DefaultEvery + time.Second)
		for _, s := range []*screen{early, late} {
			got, _ = s.heard()
			require.Len(t, got, 2)
			assert.Contains(t, got[1], `"open":true`)
			assert.Contains(t, got[1], `"type":"snapshot"`)
		}
		time.Sleep(time.Hour)
		got, _ = early.heard()
		assert.Len(t, got, 2)
		early.off()
		late.off()
	})
}

// A newcomer who was told a state that passed again is not left with it.
func TestStateThatPassesBetweenTwoLooks(t *testing.T) {
	view := boardView()
	view.Every = 0
	state := "morning"
	view.Snapshot = func(*store.View, string) (any, bool) { return map[string]string{"is": state}, true }
	inBubble(t, view, func(t *testing.T, f *Feed, _ *book, dial func(string) *websocket.Conn) {
		set := func(s string) {
			f.mu.Lock()
			defer f.mu.Unlock()
			state = s
		}
		early := watch(t, dial("view=board/b1"), never)
		time.Sleep(12500 * time.Millisecond) // looks are at 1, 6, 11, 16 s
		set("noon")
		late := watch(t, dial("view=board/b1"), never)
		got, _ := late.heard()
		require.Len(t, got, 1)
		assert.Contains(t, got[0], "noon")
		set("morning")
		time.Sleep(6 * time.Second)
		got, _ = late.heard()
		require.Len(t, got, 2)
		assert.Contains(t, got[1], "morning")
		early.off()
		late.off()
	})
}

// The house closes in time though a screen takes no bytes.
func TestCloseDoesNotWaitForASleeper(t *testing.T) {
	inBubble(t, boardView(), func(t *testing.T, f *Feed, b *book, dial func(string) *websocket.Conn) {
		conn := dial("view=board/b1") // a pipe holds nothing: its snapshot is never taken
		defer conn.Close()
		synctest.Wait()
		began := time.Now()
		f.close()
		assert.LessOrEqual(t, time.Since(began), time.Second)
	})
}

// An id that is no longer there lets its screens go.
func TestViewThatEnds(t *testing.T) {
	view, there := boardView(), true
	view.Every = time.Second
	view.Snapshot = func(*store.View, string) (any, bool) { return struct{}{}, there }
	inBubble(t, view, func(t *testing.T, f *Feed, b *book, dial func(string) *websocket.Conn) {
		s := watch(t, dial("view=board/b1"), never)
		time.Sleep(10 * time.Second)
		f.mu.Lock()
		there = false
		f.mu.Unlock()
		<-s.ended
		time.Sleep(time.Second)
		assert.Zero(t, f.Stats().Clients)
	})
}
