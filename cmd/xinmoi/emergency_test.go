package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"xinmoi/store/centre"
)

// TestAnEmergencyReachesEveryScreen: each view that a screen of the hall looks
// at carries the message, those that were there and those that come later.
func TestAnEmergencyReachesEveryScreen(t *testing.T) {
	s := openServer(t)
	s.config = filepath.Join(t.TempDir(), "centre.toml")
	src, err := centre.Template("commune", centre.Answers{Name: centre.Text{"vi": "Xã Thử", "en": "Test"}, Counters: 2})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(s.config, src, 0o600))
	_, err = s.reload(t.Context(), "vi")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = s.feed.Run(ctx) }()
	defer func() { stop(); <-ended }()
	srv := httptest.NewServer(s.handler)
	defer srv.Close()

	views := []string{"board/b1", "kiosk/k1", "counter/c1", "supervisor/all"}
	watch := func(view string) func(text string) {
		ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(srv.URL, "http")+"/api/v1/stream?view="+view, http.Header{"Origin": {srv.URL}})
		require.NoError(t, err, view)
		t.Cleanup(func() { ws.Close() })
		return func(text string) {
			require.NoError(t, ws.SetReadDeadline(time.Now().Add(10*time.Second)))
			for {
				_, b, err := ws.ReadMessage()
				require.NoError(t, err, "%s is not told", view)
				if strings.Contains(string(b), text) {
					return
				}
			}
		}
	}
	var there []func(string)
	for _, view := range views {
		there = append(there, watch(view))
	}
	post := func(path, body string) {
		resp, err := http.Post(srv.URL+path, "application/json", strings.NewReader(body))
		require.NoError(t, err)
		resp.Body.Close()
		require.Equal(t, 200, resp.StatusCode, path)
	}
	post("/api/v1/emergency", `{"text":{"vi":"Mất điện toàn xã"}}`)
	for _, hears := range there {
		hears(`"emergency":{"vi":"Mất điện toàn xã"}`)
	}
	for _, view := range views {
		watch(view)(`"emergency":{"vi":"Mất điện toàn xã"}`)
	}
	post("/api/v1/emergency/end", `{}`)
	for _, hears := range there {
		hears(`"type":"hall.emergency"`)
	}
}
