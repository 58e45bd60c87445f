package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"xinmoi/display/displaytest"
)

const phonesAndSigns = `
[centre]
name = { vi = "Xã Thử" }
languages = ["vi"]
public_url = "https://so.example"
[[service]]
id = "s"
name = { vi = "Việc" }
[[counter]]
id = "c1"
number = "1"
services = ["s"]
[[board]]
id = "b1"
[[led]]
id = "l1"
port = "serial:/dev/ttyUSB9"
address = 1
counter = "c1"
letters = true
`

// TestOneEventChangesBoardPhoneAndSign: the board and the holder's phone are told
// of a call by the same entry of the journal, and the sign over the counter shows
// it; so they do when it is taken back.
func TestOneEventChangesBoardPhoneAndSign(t *testing.T) {
	s := openServer(t)
	s.config = filepath.Join(t.TempDir(), "centre.toml")
	require.NoError(t, os.WriteFile(s.config, []byte(phonesAndSigns), 0o600))
	_, err := s.reload(t.Context(), "vi")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 3)
	go func() { ended <- s.feed.Run(ctx) }()
	signs := displaytest.New(4, 1)
	shown := make(chan string, 100)
	signs.OnChange(func(l displaytest.Sign) { shown <- strings.TrimSpace(l.Text) })
	bus, err := s.rooms.display.Bus(s.document(), s.document().LEDs)
	require.NoError(t, err)
	host, sign := net.Pipe()
	go func() { ended <- bus.Serve(ctx, host); host.Close() }()
	go func() { ended <- signs.Serve(ctx, sign); sign.Close() }()
	defer func() { stop(); <-ended; <-ended; <-ended }()
	srv := httptest.NewServer(s.handler)
	defer srv.Close()

	post := func(path, body string) (answer map[string]any) {
		resp, err := http.Post(srv.URL+path, "application/json", strings.NewReader(body))
		require.NoError(t, err)
		defer resp.Body.Close()
		require.Less(t, resp.StatusCode, 300, path)
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&answer))
		return answer
	}
	type message struct {
		Type  string
		Seq   uint64
		State map[string]any
	}
	watch := func(view string) func(typ string) message {
		ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(srv.URL, "http")+"/api/v1/stream?view="+view, http.Header{"Origin": {srv.URL}})
		require.NoError(t, err, view)
		t.Cleanup(func() { ws.Close() })
		next := func(typ string) message {
			require.NoError(t, ws.SetReadDeadline(time.Now().Add(10*time.Second)))
			for {
				var m message
				require.NoError(t, ws.ReadJSON(&m), "%s is not told of %s", view, typ)
				if m.Type == typ {
					return m
				}
			}
		}
		next("snapshot") // the handshake is over before the feed knows of the client
		return next
	}
	signShows := func(text string) {
		for end := time.After(10 * time.Second); ; {
			select {
			case got := <-shown:
				if got == text {
					return
				}
			case <-end:
				t.Fatalf("the sign never shows %q", text)
			}
		}
	}
	post("/api/v1/counters/c1/open", `{}`)
	ticket := post("/api/v1/tickets", `{"service":"s"}`)
	number := ticket["number"].(string)
	board, phone := watch("board/b1"), watch("phone/"+ticket["link"].(string))

	post("/api/v1/counters/c1/next", `{}`)
	b, p := board("ticket.called"), phone("ticket.called")
	require.Equal(t, b.Seq, p.Seq)
	require.Equal(t, number, b.State["calls"].([]any)[0].(map[string]any)["number"])
	require.Equal(t, "called", p.State["state"])
	require.Equal(t, "1", p.State["counter"].(map[string]any)["number"])
	signShows(number)

	post("/api/v1/counters/c1/undo", `{}`)
	b, p = board("ticket.undone"), phone("ticket.undone")
	require.Equal(t, b.Seq, p.Seq)
	require.Empty(t, b.State["calls"])
	require.Equal(t, "waiting", p.State["state"])
	signShows("")
}
