package main

import (
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"xinmoi/store"
	"xinmoi/store/door"
)

var update = flag.Bool("update", false, "rewrite testdata/routes.txt")

// openServer builds the house without a listener.
func openServer(t testing.TB) *server {
	t.Helper()
	return openServerIn(t, t.TempDir())
}

func openServerIn(t testing.TB, dir string) *server {
	t.Helper()
	e, _, _ := technician(t)
	s := &server{env: e, listen: "127.0.0.1:0", log: slog.New(slog.DiscardHandler)}
	book, err := store.Open(dir, store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, book.Close()) })
	s.book = book
	require.NoError(t, s.build())
	return s
}

// TestWhoMayUseWhat holds every route of the house against a list that a
// reviewer can read: a new route, or one that opens to more people, shows there.
func TestWhoMayUseWhat(t *testing.T) {
	const file = "testdata/routes.txt"
	var b strings.Builder
	b.WriteString("# method pattern kind who; go test ./cmd/xinmoi -run WhoMayUseWhat -update\n")
	for _, l := range door.Table(openServer(t).routes()) {
		fmt.Fprintf(&b, "%-5s %-45s %-11s %s\n", l.Method, l.Pattern, l.Kind, l.Who)
	}
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), b.String())
}

// TestAStrangerOnTheNetworkSeesNothing: without [access] lan every route
// answers an address other than loopback with 403, and a foreign Host with 421.
func TestAStrangerOnTheNetworkSeesNothing(t *testing.T) {
	s := openServer(t)
	for _, l := range door.Table(s.routes()) {
		path := strings.NewReplacer("{$}", "", "{", "", "}", "", "...", "").Replace(l.Pattern)
		ask := func(remote, host string) int {
			r := httptest.NewRequest(l.Method, path, strings.NewReader("{}"))
			r.RemoteAddr, r.Host = remote, host
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			s.handler.ServeHTTP(w, r)
			return w.Code
		}
		require.Equal(t, http.StatusForbidden, ask("192.168.1.9:4000", "127.0.0.1:8080"), l.Pattern)
		require.Equal(t, http.StatusMisdirectedRequest, ask("127.0.0.1:4000", "evil.example"), l.Pattern)
	}
}
