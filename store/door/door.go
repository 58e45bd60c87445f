// Package door is the HTTP grammar of the house and its doorman: one table of
// routes, who may come in, how bodies are read and answers written, and one
// table of everything that can be refused.
//
// Promises:
//
//   - Every route states its kind and who may use it; there is no route outside
//     the table. OpenAPI and the test of roles are made from the same table.
//   - The guards stand before every route, on loopback too. A browser on the
//     same machine can be led here by any page of the Internet: DNS rebinding
//     is met by the Host check (421), a foreign page's POST by
//     http.CrossOriginProtection (403) and by application/json being required
//     (415), which no plain form can send.
//   - A forwarding header can only narrow what a connection may do, never widen
//     it: behind a proxy on loopback a stranger stays a stranger.
//   - Every error is application/problem+json (RFC 9457) with a stable code and
//     one sentence in the reader's language that says what to do. The member
//     "type" is left out, which the RFC reads as about:blank; the code is the
//     identity, for a link that leads nowhere would help nobody.
//   - A refusal is an answer and is not logged. A bug is logged once with the
//     route's pattern, never with the path: a path can hold a citizen's link.
//   - A body is held to Options.MaxBody and read whole before the handler runs,
//     so that its digest can stand beside the Idempotency-Key and a slow sender
//     never keeps a handler waiting.
//
// An empty body on a POST means {}: what is missing is said by the rules, in
// the words of the hall, not by the parser.
package door

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Kind is what a route belongs to; [access] lan lists the kinds that an address
// other than loopback may reach.
type Kind string

// The kinds. Asset and api are what every page needs: as far as anyone may have
// them, they are open to the network as soon as lan lists any kind at all.
const (
	KindKiosk      Kind = "kiosk"
	KindBoard      Kind = "board"
	KindCounter    Kind = "counter"
	KindSupervisor Kind = "supervisor"
	KindPhone      Kind = "phone"
	KindRate       Kind = "rate"
	KindAsset      Kind = "asset"
	KindAPI        Kind = "api"
	KindSystem     Kind = "system" // health, metrics, devices
	KindAgent      Kind = "agent"  // machines that lend their devices
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{KindKiosk, KindBoard, KindCounter, KindSupervisor, KindPhone, KindRate, KindAsset, KindAPI, KindSystem, KindAgent}
}

// Who may use a route.
type Who string

// Who may use a route. Staff is served on loopback, and to the network where
// lan lists the route's kind.
const (
	Anyone Who = "anyone"
	Staff  Who = "staff"
	Local  Who = "local" // this machine only, whatever lan says
	Owner  Who = "owner" // whoever may open the control socket: keys are made here, and a page must never
)

// Route is one line of the table.
type Route struct {
	Method  string // GET serves HEAD too
	Pattern string // of http.ServeMux, without method and host: "/api/v1/counters/{id}/next"
	Kind    Kind
	Who     Who
	About   string // one English line for OpenAPI; may be empty
	Request any    // a value of the type of the body; nil: the body is empty or {}
	Answer  any    // a value of the type of the answer; nil: not JSON
	Status  int    // of a good answer, for OpenAPI; 0 is 200
	MaxBody int64  // 0: Options.MaxBody
	// Handle answers, or returns an error and has written nothing: a *Problem
	// and a *queue.Refusal are told as they are, anything else is a bug.
	Handle func(w http.ResponseWriter, r *http.Request) error
}

// DefaultMaxBody is the most bytes a request may carry unless said otherwise.
const DefaultMaxBody = 64 << 10

// Options are what the door must be told. All but Log may be left out.
type Options struct {
	Listen    string                                             // the address listened on; its host is one of our names
	Access    func() (lan, hosts []string)                       // of the document in force
	Words     func(lang, key string, args map[string]any) string // the sentences
	Languages func() []string                                    // the first one leads; default vi
	// Name turns an id in a refusal's args into the name that people know:
	// Name("vi", "counter", "q1") is "Quầy 1". It may answer "".
	Name    func(lang, hole, id string) string
	Log     *slog.Logger
	Build   string
	MaxBody int64            // 0: DefaultMaxBody
	Now     func() time.Time // for "today" in sentences; default time.Now
}

// door is the handler that New returns.
type door struct {
	Options
	mux    *http.ServeMux
	routes map[string]Route // by the mux's pattern
	cross  *http.CrossOriginProtection
}

// New builds the handler of the whole house from its table of routes. It adds
// GET /api/v1/openapi.json, which describes the table.
func New(o Options, routes ...Route) (http.Handler, error) {
	d := &door{Options: o.withDefaults(), mux: http.NewServeMux(),
		routes: map[string]Route{}, cross: http.NewCrossOriginProtection()}
	description, err := openAPI(d.Build, routes)
	if err != nil {
		return nil, fmt.Errorf("door: describe the routes: %w", err)
	}
	for _, r := range withOwn(routes, description) {
		if err := d.add(r); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// withOwn adds the door's own route.
func withOwn(routes []Route, description object) []Route {
	return append(slices.Clone(routes), Route{
		Method: http.MethodGet, Pattern: "/api/v1/openapi.json", Kind: KindAPI, Who: Anyone,
		Handle: func(w http.ResponseWriter, _ *http.Request) error { return Write(w, http.StatusOK, description) },
	})
}

func (o Options) withDefaults() Options {
	if o.Access == nil {
		o.Access = func() (lan, hosts []string) { return nil, nil }
	}
	if o.Words == nil {
		o.Words = func(_, key string, _ map[string]any) string { return key }
	}
	if o.Languages == nil {
		o.Languages = func() []string { return []string{"vi"} }
	}
	if o.Name == nil {
		o.Name = func(string, string, string) string { return "" }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// add puts one route into the mux; the mux panics on two patterns that meet.
func (d *door) add(r Route) (err error) {
	pattern := r.Method + " " + r.Pattern
	switch {
	case r.Method == "" || !strings.HasPrefix(r.Pattern, "/"):
		return fmt.Errorf("door: route %q: wants a method and a path", pattern)
	case !slices.Contains(Kinds(), r.Kind):
		return fmt.Errorf("door: route %q: unknown kind %q", pattern, r.Kind)
	case !slices.Contains([]Who{Anyone, Staff, Local, Owner}, r.Who):
		return fmt.Errorf("door: route %q: unknown who %q", pattern, r.Who)
	case r.Handle == nil:
		return fmt.Errorf("door: route %q: has no handler", pattern)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("door: route %q: %v", pattern, p)
		}
	}()
	d.mux.Handle(pattern, d.serve(r))
	d.routes[pattern] = r
	return nil
}

// Line is a route as the test of roles reads it.
type Line struct {
	Method, Pattern string
	Kind            Kind
	Who             Who
}

// Table lists who may use what, ordered by pattern and method, with the door's
// own route.
func Table(routes []Route) []Line {
	lines := make([]Line, 0, len(routes)+1)
	for _, r := range withOwn(routes, nil) {
		lines = append(lines, Line{r.Method, r.Pattern, r.Kind, r.Who})
	}
	slices.SortFunc(lines, func(a, b Line) int {
		return strings.Compare(a.Pattern+" "+a.Method, b.Pattern+" "+b.Method)
	})
	return lines
}

// visit is what the door knows of the request at hand.
type visit struct {
	door    *door
	pattern string
	body    []byte
	key     string // Idempotency-Key
	digest  string // of method, path and body
}

type visitKey struct{}

func visitOf(r *http.Request) *visit {
	v, _ := r.Context().Value(visitKey{}).(*visit)
	return v
}

func (v *visit) in(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
}

var errOutside = errors.New("door: the request did not come through the door")
