// Package agent lends the devices of a machine to the daemon of the hall: the
// ticket printer of a kiosk box, the keypad on a clerk's PC.
//
// The agent dials the daemon, so that no port is open on a clerk's PC, and shows
// its own key, which the daemon can revoke. It holds no state: every device is
// opened when the daemon asks for it and closed when the daemon or the
// connection is gone. Whatever goes wrong, it tries again for ever.
//
// What passes over the connection stands in store/device/lend. Keys are shown in
// a header, never in an address, which would stand in logs. Without TLS in
// front of the daemon they pass the local network in the clear, like the rest of
// the hall: a lender's key opens nothing but the lending.
package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"xinmoi/cmd/internal/port"
	"xinmoi/store/device"
	"xinmoi/store/device/lend"
)

// Waiting between two attempts to reach the daemon. Refused, a person has to do
// something first.
const (
	firstWait   = 200 * time.Millisecond
	longestWait = 5 * time.Second
	refusedWait = 20 * time.Second
	dialWithin  = 5 * time.Second
)

// Agent lends.
type Agent struct {
	Hall string // http://192.168.1.10:8080
	Name string // kiosk1
	Key  string
	Lang string                  // of what the daemon says
	Lend map[string]port.Address // by the name that the centre's document uses
	Tell func(Event)             // called by several goroutines

	mu   sync.Mutex
	told map[string]Event // the last of each device
}

// Event is something that a technician should know.
type Event struct {
	What string
	Name string // of the device
	Why  string
}

// The events.
const (
	Connected = "connected"
	Lost      = "lost"
	Refused   = "refused"
	Replaced  = "replaced"
	Opened    = "opened"
	Failed    = "failed"
)

// Reasons that the daemon gives in no sentence of its own.
const (
	Revoked      = "revoked"
	OtherVersion = "other_version"
)

// Run lends until ctx ends.
func (a *Agent) Run(ctx context.Context) {
	wait, last := firstWait, ""
	for ctx.Err() == nil {
		began := time.Now()
		e := a.once(ctx)
		if ctx.Err() != nil {
			return
		}
		if said := e.What + e.Why; said != last || time.Since(began) > longestWait {
			a.Tell(e) // once, and not at every attempt
			last = said
		}
		if time.Since(began) > longestWait {
			wait = firstWait
		}
		next := min(2*wait, longestWait)
		if e.What == Refused || e.What == Replaced {
			wait, next = refusedWait, firstWait
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
		}
		wait = next
	}
}

// once lends over one connection, and tells how it ended.
func (a *Agent) once(ctx context.Context) Event {
	ws, e, ok := a.dial(ctx)
	if !ok {
		return e
	}
	a.Tell(Event{What: Connected, Why: a.Hall})
	a.mu.Lock()
	a.told = nil
	a.mu.Unlock()
	lender := lend.Lender{Open: a.open}
	err := lender.Serve(ctx, NewSocket(ws))
	switch {
	case websocket.IsCloseError(err, CloseReplaced):
		return Event{What: Replaced}
	case websocket.IsCloseError(err, CloseRevoked):
		return Event{What: Refused, Why: Revoked}
	}
	return Event{What: Lost, Why: err.Error()}
}

// dial connects to the daemon; e says why not.
func (a *Agent) dial(ctx context.Context) (ws *websocket.Conn, e Event, ok bool) {
	at, err := Address(a.Hall, a.Name)
	if err != nil {
		return nil, Event{What: Refused, Why: err.Error()}, false
	}
	d := websocket.Dialer{HandshakeTimeout: dialWithin, Subprotocols: []string{Protocol}} // no proxy: the hall is in the house
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	ws, answer, err := d.DialContext(ctx, at, http.Header{
		"Authorization": {"Bearer " + a.Key}, "Accept-Language": {a.Lang},
	})
	switch {
	case err == nil && ws.Subprotocol() != Protocol:
		ws.Close()
		return nil, Event{What: Refused, Why: OtherVersion}, false
	case err == nil:
		return ws, Event{}, true
	case answer == nil:
		return nil, Event{What: Lost, Why: err.Error()}, false
	}
	why := problem(answer)
	if answer.StatusCode >= 500 {
		return nil, Event{What: Lost, Why: why}, false
	}
	return nil, Event{What: Refused, Why: why}, false
}

// problem is the sentence in which the daemon refuses.
func problem(answer *http.Response) string {
	defer answer.Body.Close()
	var p struct{ Detail string }
	b, err := io.ReadAll(io.LimitReader(answer.Body, 4096))
	if err == nil && json.Unmarshal(b, &p) == nil && p.Detail != "" {
		return p.Detail
	}
	return answer.Status
}

// Address is where an agent of that name connects to the hall.
func Address(hall, name string) (string, error) {
	u, err := url.Parse(hall)
	if err != nil {
		return "", err
	}
	switch u.Scheme {
	case "http":
		u.Scheme = "ws"
	case "https":
		u.Scheme = "wss"
	default:
		return "", fmt.Errorf("%q: want http://HOST:PORT", hall)
	}
	if u.Host == "" || strings.Trim(u.Path, "/") != "" {
		return "", fmt.Errorf("%q: want http://HOST:PORT", hall)
	}
	u.Path = "/api/v1/agents/" + name + "/wires"
	return u.String(), nil
}

// open opens a device for the daemon.
func (a *Agent) open(ctx context.Context, name string) (device.Wire, error) {
	at, ok := a.Lend[name]
	if !ok {
		return nil, &device.Fault{Conditions: device.Set(device.Offline), Detail: name + ": not lent here"}
	}
	w, err := port.Open(ctx, at)
	if err != nil {
		f := port.Explain(err, at)
		a.tellOf(Event{What: Failed, Name: name, Why: f.Detail})
		return nil, f
	}
	a.tellOf(Event{What: Opened, Name: name})
	return w, nil
}

// tellOf tells of a device, unless it has been told already: the daemon tries
// a missing one every second.
func (a *Agent) tellOf(e Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.told == nil {
		a.told = map[string]Event{}
	}
	if a.told[e.Name] != e {
		a.told[e.Name] = e
		a.Tell(e)
	}
}
