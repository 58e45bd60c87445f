package door

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// Limits of a connection. A page's headers are under 2 KiB; nothing here is
// uploaded that takes ten seconds on a local network.
const (
	MaxHeaderBytes    = 16 << 10
	ReadHeaderTimeout = 5 * time.Second
	ReadTimeout       = 10 * time.Second
	WriteTimeout      = 30 * time.Second
	IdleTimeout       = 2 * time.Minute
)

// Server returns an http.Server with the house's limits. A websocket leaves
// them behind when it is hijacked and sets its own.
func Server(h http.Handler) *http.Server {
	return &http.Server{Handler: h, MaxHeaderBytes: MaxHeaderBytes, ReadHeaderTimeout: ReadHeaderTimeout,
		ReadTimeout: ReadTimeout, WriteTimeout: WriteTimeout, IdleTimeout: IdleTimeout}
}

// ServeHTTP checks what needs no route (is it us who is meant?), then lets the
// mux pick one.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' blob:; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'self'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")

	v := &visit{door: d}
	r = v.in(r)
	t := &writer{ResponseWriter: w}
	defer d.rescue(t, r)
	if !d.ours(r) {
		d.refuse(t, r, &Problem{Code: "misdirected"})
		return
	}
	if r.RequestURI == "*" {
		d.refuse(t, r, &Problem{Code: "not_found"})
		return
	}
	answer, pattern := d.mux.Handler(r)
	if pattern == "" {
		d.refuse(t, r, unmatched(answer, r))
		return
	}
	v.pattern = pattern
	d.mux.ServeHTTP(t, r)
}

// unmatched asks the mux's own answer whether the path or the method is wrong.
func unmatched(answer http.Handler, r *http.Request) *Problem {
	said := &silent{header: http.Header{}}
	answer.ServeHTTP(said, r)
	if said.status != http.StatusMethodNotAllowed {
		return &Problem{Code: "not_found"}
	}
	allow := said.header.Get("Allow")
	return &Problem{Code: "method_not_allowed", Args: map[string]any{"allow": allow}, header: http.Header{"Allow": {allow}}}
}

// serve is one route with its guards before it.
func (d *door) serve(route Route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := Admit(r, route.Kind, route.Who)
		if err == nil && d.cross.Check(r) != nil {
			err = &Problem{Code: "cross_origin"}
		}
		if err == nil {
			err = d.take(w, r, route)
		}
		if err == nil {
			err = route.Handle(w, r)
		}
		if err != nil {
			d.refuse(w, r, err)
		}
	}
}

// take reads the body and the idempotency key of a request that changes things.
func (d *door) take(w http.ResponseWriter, r *http.Request, route Route) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	if !isJSON(r.Header) && (r.Method != http.MethodDelete || r.ContentLength != 0) {
		return &Problem{Code: "unsupported_media_type", header: http.Header{"Accept": {"application/json"}}}
	}
	limit := route.MaxBody
	if limit == 0 {
		limit = d.MaxBody
	}
	v := visitOf(r)
	var err error
	if v.key, err = key(r.Header); err != nil {
		return err
	}
	v.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		if over := (*http.MaxBytesError)(nil); errors.As(err, &over) {
			return tooLarge(limit)
		}
		return &Problem{Code: "malformed_json"} // the sender stopped in the middle
	}
	r.Body = io.NopCloser(bytes.NewReader(v.body))
	v.digest = digest(r.Method, r.URL.Path, v.body)
	if route.Request == nil {
		_, err = Read[struct{}](r)
	}
	return err
}

func tooLarge(limit int64) error {
	return &Problem{Code: "body_too_large", Args: map[string]any{"kb": limit >> 10}}
}

func isJSON(h http.Header) bool {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	charset := strings.ToLower(params["charset"])
	return err == nil && kind == "application/json" && (charset == "" || charset == "utf-8")
}

// key returns the Idempotency-Key, "" when there is none.
func key(h http.Header) (string, error) {
	all := h.Values("Idempotency-Key")
	if len(all) == 0 {
		return "", nil
	}
	k := all[0]
	bad := func(c rune) bool { return c < 0x21 || c > 0x7e }
	if len(all) > 1 || k == "" || len(k) > 128 || strings.ContainsFunc(k, bad) {
		return "", &Problem{Code: "bad_key"}
	}
	return k, nil
}

// digest tells one request from another under the same key. Half of a SHA-256
// is enough: nobody but the sender is harmed by two bodies that collide.
func digest(method, path string, body []byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00", method, path)
	h.Write(body)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}

// Admit reports whether the request may use something of this kind: nil, or
// the refusal. The stream asks it for each view.
func Admit(r *http.Request, kind Kind, who Who) error {
	if isControl(r) || who != Owner && fromHere(r) {
		return nil
	}
	v := visitOf(r)
	if v == nil {
		return errOutside
	}
	lan, _ := v.door.Access()
	shared := (kind == KindAsset || kind == KindAPI) && who == Anyone && len(lan) > 0
	if who != Local && who != Owner && (shared || slices.Contains(lan, string(kind))) {
		return nil
	}
	return &Problem{Code: "forbidden_here"}
}

// fromHere reports whether the request comes from this machine: over loopback,
// the control socket or an in-memory pipe, and not on behalf of someone else.
func fromHere(r *http.Request) bool {
	if isControl(r) {
		return true
	}
	if !isLoopback(r.RemoteAddr) || r.Header.Get("Forwarded") != "" {
		return false
	}
	for _, line := range r.Header.Values("X-Forwarded-For") {
		for from := range strings.SplitSeq(line, ",") {
			if !isLoopback(strings.TrimSpace(from)) {
				return false
			}
		}
	}
	return true
}

// isControl reports whether the request came over the control socket, which
// only the daemon's owner may open, or an in-memory pipe.
func isControl(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && (local.Network() == "unix" || local.Network() == "pipe")
}

// isLoopback takes "127.0.0.1:4711", "[::1]:80" or an address without a port.
func isLoopback(address string) bool {
	ip, err := netip.ParseAddr(hostOf(address))
	return err == nil && ip.IsLoopback()
}

// ours reports whether the Host header names this house. Ports are not looked
// at: a forwarded port is honest, and rebinding needs a name.
func (d *door) ours(r *http.Request) bool {
	host := strings.TrimSuffix(strings.ToLower(hostOf(r.Host)), ".")
	if host == "localhost" || isLoopback(host) {
		return true
	}
	_, hosts := d.Access()
	if slices.ContainsFunc(hosts, func(h string) bool { return strings.EqualFold(hostOf(h), host) }) {
		return true
	}
	listen := hostOf(d.Listen)
	ip, err := netip.ParseAddr(listen)
	if listen != "" && (err != nil || !ip.IsUnspecified()) {
		return strings.EqualFold(listen, host)
	}
	// Listening on every address: the one this connection came in by is ours.
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && host != "" && hostOf(local.String()) == host
}

// hostOf cuts the port and the brackets of an IPv6 address.
func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return strings.TrimSuffix(strings.TrimPrefix(address, "["), "]")
}

// rescue turns a panic into one log line and a 500.
func (d *door) rescue(w *writer, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p) // the server's own word for: hang up
	}
	said := fmt.Sprintf("%T", p) // its text could hold anything
	if e, ok := p.(interface{ RuntimeError() }); ok {
		said = fmt.Sprint(e)
	}
	d.Log.Error("panic in a handler", "route", visitOf(r).pattern, "panic", said, "stack", string(debug.Stack()))
	if w.wrote {
		panic(http.ErrAbortHandler)
	}
	d.tell(w, r, &Problem{Code: "internal"})
}

// writer knows whether an answer has begun. It passes hijacking on, which
// gorilla/websocket asks for by assertion.
type writer struct {
	http.ResponseWriter
	wrote bool
}

func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *writer) WriteHeader(status int) {
	w.wrote = true
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(b []byte) (int, error) {
	w.wrote = true
	return w.ResponseWriter.Write(b)
}

// silent swallows an answer and remembers its status.
type silent struct {
	header http.Header
	status int
}

func (s *silent) Header() http.Header { return s.header }

func (s *silent) Write(b []byte) (int, error) { return len(b), nil }

func (s *silent) WriteHeader(status int) { s.status = status }
