package door

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHostMustBeOurs(t *testing.T) {
	h, _ := house(t, nil)
	for host, want := range map[string]int{
		"localhost": 200, "localhost.:8080": 200, "LOCALHOST:1": 200, "127.0.0.1:8080": 200, "127.8.8.8": 200, "[::1]:8080": 200,
		"10.0.0.5:8080": 200, "10.0.0.5": 200, "hall.example": 200, "Hall.Example:80": 200,
		"evil.example": 421, "localhost.evil.example": 421, "10.0.0.6": 421, "": 421, "[::2]": 421, "127.0.0.1.evil.example": 421,
	} {
		w := ask(h, "GET", "/healthz", "", func(r *http.Request) { r.Host = host })
		if assert.Equal(t, want, w.Code, host) && want == 421 {
			problem(t, w, 421, "misdirected")
		}
	}
}

// Listening on every address, only the one the connection came in by is ours.
func TestHostWhenListeningEverywhere(t *testing.T) {
	for _, listen := range []string{":8080", "0.0.0.0:8080", "[::]:8080"} {
		h, _ := house(t, func(o *Options) { o.Listen = listen })
		for host, want := range map[string]int{"192.168.1.2:8080": 200, "192.168.1.3:8080": 421, "evil.example": 421, "": 421} {
			w := ask(h, "GET", "/healthz", "", func(r *http.Request) {
				r.Host = host
				*r = *r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(&net.TCPAddr{IP: net.IPv4(192, 168, 1, 2), Port: 8080})))
			})
			assert.Equal(t, want, w.Code, "%s %s", listen, host)
		}
	}
}

func TestLANReachesOnlyTheListedKinds(t *testing.T) {
	from := func(address string, headers ...string) func(*http.Request) {
		return func(r *http.Request) {
			r.RemoteAddr = address
			for i := 0; i < len(headers); i += 2 {
				r.Header.Set(headers[i], headers[i+1])
			}
		}
	}
	open, _ := house(t, nil) // lan = ["kiosk"]
	shut, _ := house(t, func(o *Options) { o.Access = nil })
	for _, c := range []struct {
		name, method, target string
		h                    http.Handler
		change               func(*http.Request)
		ok                   bool
	}{
		{"kiosk", "POST", "/api/v1/tickets", open, from("10.0.0.9:1"), true},
		{"counter", "POST", "/api/v1/counters/q1/next", open, from("10.0.0.9:1"), false},
		{"what every page needs", "GET", "/web/lib/page.js", open, from("10.0.0.9:1"), true},
		{"what every page asks", "GET", "/api/v1/centre", open, from("10.0.0.9:1"), true},
		{"staff's part of the API", "GET", "/api/v1/staff", open, from("10.0.0.9:1"), false},
		{"local stays local", "GET", "/api/v1/local", open, from("10.0.0.9:1"), false},
		{"local from here", "GET", "/api/v1/local", open, nil, true},
		{"system", "GET", "/healthz", open, from("10.0.0.9:1"), false},
		{"nothing listed", "GET", "/web/lib/page.js", shut, from("10.0.0.9:1"), false},
		{"nothing listed, from here", "POST", "/api/v1/counters/q1/next", shut, from("[::1]:1"), true},
		{"IPv4 in IPv6", "POST", "/api/v1/counters/q1/next", shut, from("[::ffff:127.0.0.1]:1"), true},
		{"a proxy here for a stranger", "POST", "/api/v1/counters/q1/next", open, from("127.0.0.1:1", "X-Forwarded-For", "10.0.0.9"), false},
		{"a proxy here for us", "POST", "/api/v1/counters/q1/next", open, from("127.0.0.1:1", "X-Forwarded-For", "127.0.0.1, ::1"), true},
		{"a proxy of the other sort", "POST", "/api/v1/counters/q1/next", open, from("127.0.0.1:1", "Forwarded", "for=10.0.0.9"), false},
		{"a stranger who says he is us", "POST", "/api/v1/counters/q1/next", open, from("10.0.0.9:1", "X-Forwarded-For", "127.0.0.1"), false},
		{"an address that is none", "POST", "/api/v1/counters/q1/next", open, from("pipe"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := ask(c.h, c.method, c.target, "", c.change)
			if c.ok {
				assert.Less(t, w.Code, 300, w.Body.String())
			} else {
				problem(t, w, 403, "forbidden_here")
			}
		})
	}
}

// The control socket is a file that only its owner may open.
func TestControlSocketIsLocal(t *testing.T) {
	h, _ := house(t, func(o *Options) { o.Access = nil })
	w := ask(h, "GET", "/api/v1/local", "", func(r *http.Request) {
		r.RemoteAddr = "@"
		*r = *r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(&net.UnixAddr{Net: "unix", Name: "control.sock"})))
	})
	assert.Equal(t, 200, w.Code)
}

func TestForeignPagesAreRefused(t *testing.T) {
	h, _ := house(t, nil)
	for _, change := range []func(*http.Request){
		header("Sec-Fetch-Site", "cross-site"), header("Sec-Fetch-Site", "same-site"), header("Origin", "http://evil.example"),
		header("Origin", "http://localhost:9999"), header("Origin", "null"),
	} {
		problem(t, ask(h, "POST", "/api/v1/tickets", "{}", change), 403, "cross_origin")
	}
	for _, change := range []func(*http.Request){nil, header("Sec-Fetch-Site", "same-origin"), header("Origin", "http://localhost:8080")} {
		assert.Equal(t, 201, ask(h, "POST", "/api/v1/tickets", "{}", change).Code)
	}
}

func TestSafetyHeadersStandOnEveryAnswer(t *testing.T) {
	h, _ := house(t, nil)
	for _, target := range []string{"/healthz", "/nowhere", "/t/x", "/panic/x"} {
		got := ask(h, "GET", target, "", nil).Header()
		assert.Contains(t, got.Get("Content-Security-Policy"), "default-src 'self'")
		assert.Contains(t, got.Get("Content-Security-Policy"), "frame-ancestors 'self'")
		assert.NotContains(t, got.Get("Content-Security-Policy"), "unsafe")
		assert.Equal(t, "nosniff", got.Get("X-Content-Type-Options"))
		assert.Equal(t, "same-origin", got.Get("Referrer-Policy"))
	}
}

// A client that sends its body one byte a minute is cut off by the server.
func TestServerHasLimits(t *testing.T) {
	s := Server(http.NotFoundHandler())
	for _, d := range []time.Duration{s.ReadHeaderTimeout, s.ReadTimeout, s.WriteTimeout, s.IdleTimeout} {
		assert.Positive(t, d)
	}
	h, _ := house(t, nil)
	srv := httptest.NewUnstartedServer(h)
	srv.Config.MaxHeaderBytes = MaxHeaderBytes
	srv.Start()
	defer srv.Close()
	r, err := http.NewRequest("GET", srv.URL+"/healthz", nil)
	require.NoError(t, err)
	r.Header.Set("X", strings.Repeat("x", 2*MaxHeaderBytes))
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	assert.Equal(t, http.StatusRequestHeaderFieldsTooLarge, resp.StatusCode)
}
