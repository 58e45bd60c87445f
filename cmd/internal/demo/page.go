package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"
	"time"

	"xinmoi/assets"
	"xinmoi/counter/keypad"
	"xinmoi/kiosk/kiosktest"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// state is what a person would see in the hall, as /demo shows it.
type state struct {
	Power   bool            `json:"power"`
	Printer printerNow      `json:"printer"`
	Keypads []padNow        `json:"keypads"`
	Buttons []buttonNow     `json:"buttons"`
	Signs   []signNow       `json:"signs"`
	Hall    []string        `json:"hall_sign"` // rows: four characters of a number, two of its counter
	Cables  map[string]bool `json:"cables"`
}

type printerNow struct {
	Paper  bool  `json:"paper"`
	Cover  bool  `json:"cover"`
	Papers []int `json:"papers"` // numbers of the last slips, newest last
}

type padNow struct {
	ID      string `json:"id"`
	Counter string `json:"counter"`
	Number  string `json:"number"`
	Display string `json:"display"`
	Beeps   int    `json:"beeps"`
}

// buttonNow is a button that only calls the next.
type buttonNow struct {
	ID      string `json:"id"`
	Counter string `json:"counter"`
}

type signNow struct {
	ID      string `json:"id"`
	Counter string `json:"counter"`
	Number  string `json:"number"`
	Text    string `json:"text"`
}

// keepPapers is how many slips /demo shows.
const keepPapers = 8

func (h *hall) now() state {
	s := state{Power: h.daemon.url() != nil, Cables: map[string]bool{}, Printer: printerNow{Papers: []int{}}, Keypads: []padNow{}, Buttons: []buttonNow{}, Signs: []signNow{}, Hall: []string{}}
	for name, c := range h.cables {
		s.Cables[name] = c.plugged()
	}
	s.Printer.Paper, s.Printer.Cover = h.printer.Paper(), h.printer.Cover()
	n := len(h.printer.Papers())
	for i := max(0, n-keepPapers); i < n; i++ {
		s.Printer.Papers = append(s.Printer.Papers, i)
	}
	for _, k := range h.doc.Keypads {
		if k.Protocol == centre.Modbus {
			s.Buttons = append(s.Buttons, buttonNow{k.ID, k.Counter})
			continue
		}
		c, _ := h.doc.Counter(queue.CounterID(k.Counter))
		s.Keypads = append(s.Keypads, padNow{k.ID, k.Counter, c.Number, h.pads.Display(byte(k.Address)), h.pads.Beeps(byte(k.Address))})
	}
	for _, l := range h.doc.LEDs {
		if l.Hall() {
			for n := range l.Rows {
				s.Hall = append(s.Hall, h.signs.Text(byte(l.Address+n)))
			}
			continue
		}
		c, _ := h.doc.Counter(queue.CounterID(l.Counter))
		s.Signs = append(s.Signs, signNow{l.ID, l.Counter, c.Number, h.signs.Text(byte(l.Address))})
	}
	return s
}

// handler serves /demo itself and passes everything else to the daemon, the
// Host unchanged, so that the pages and their websocket are of one origin.
func (h *hall) handler(self string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /demo", h.page)
	mux.HandleFunc("GET /demo/events", h.events)
	mux.HandleFunc("GET /demo/paper/{n}", h.paper)
	mux.HandleFunc("POST /demo/press", h.press)
	mux.HandleFunc("POST /demo/scan", h.scan)
	mux.HandleFunc("POST /demo/switch", h.flip)
	mux.Handle("/", h.proxy())
	guard := http.NewCrossOriginProtection()
	return guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip := net.ParseIP(host); r.Host != self && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this host name is not served here", http.StatusMisdirectedRequest)
			return
		}
		mux.ServeHTTP(w, r)
	}))
}

func (h *hall) proxy() http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			if u := h.daemon.url(); u != nil {
				r.SetURL(u)
			} else {
				r.SetURL(&url.URL{Scheme: "http", Host: "127.0.0.1:0"}) // nobody: the error handler answers
			}
			r.Out.Host = r.In.Host
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.Header().Set("Retry-After", "1")
			http.Error(w, h.noPower, http.StatusBadGateway)
		},
		FlushInterval: -1,
	}
}

func (h *hall) page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'self'")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(assets.Page("demo"))
}

// events streams the state at each change (server-sent events: one way, and
// the browser reconnects by itself).
func (h *hall) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	bell, stop := h.watch.add()
	defer stop()
	out := http.NewResponseController(w)
	for {
		b, err := json.Marshal(h.now())
		if err != nil {
			return
		}
		if _, err := fmt.Fprintf(w, "data: %s\n\n", b); err != nil || out.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-bell:
			time.Sleep(30 * time.Millisecond) // let a burst of bytes pass as one change
		case <-time.After(15 * time.Second):
		}
	}
}

// paper is a slip as a picture, drawn from the bytes that reached the printer.
func (h *hall) paper(w http.ResponseWriter, r *http.Request) {
	papers := h.printer.Papers()
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 || n >= len(papers) {
		http.NotFound(w, r)
		return
	}
	var b bytes.Buffer
	if err := png.Encode(&b, papers[n].Image); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(b.Bytes())
}

// press pushes a key of a keypad: {"keypad":"q1","key":"next"}.
func (h *hall) press(w http.ResponseWriter, r *http.Request) {
	var in struct{ Keypad, Key string }
	if json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&in) != nil {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	key, ok := keys[in.Key]
	for _, k := range h.doc.Keypads {
		if k.ID == in.Keypad && k.Protocol == centre.Modbus {
			h.buttons.Hold(byte(k.Address), 1, true)
			time.Sleep(held)
			h.buttons.Hold(byte(k.Address), 1, false)
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if ok && k.ID == in.Keypad {
			if err := h.pads.Press(r.Context(), byte(k.Address), key); err != nil {
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
				return
			}
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	http.NotFound(w, r)
}

// held is how long a finger is on a button.
const held = 150 * time.Millisecond

// keys of an ff68 keypad that /demo shows.
var keys = map[string]byte{"next": keypad.KeyNext, "recall": keypad.KeyRecall, "pause": keypad.KeyPause}

// codes are what can be held under the scanner.
var codes = map[string]string{
	"senior": kiosktest.SeniorCard, "young": kiosktest.YoungCard, "health": kiosktest.HealthCard,
	"dossier": kiosktest.DossierCode, "other": "https://example.com/menu",
}

// scan holds a code under the kiosk's scanner: {"what":"senior"}.
func (h *hall) scan(w http.ResponseWriter, r *http.Request) {
	var in struct{ What string }
	if json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&in) != nil {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	code, ok := codes[in.What]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if err := h.scanner.Scan(code); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// flip turns a switch of the hall: {"switch":"paper","on":false}.
func (h *hall) flip(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Switch string
		On     bool
	}
	if json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&in) != nil {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	var err error
	switch c := h.cables[in.Switch]; {
	case c != nil && in.On:
		err = c.plug()
	case c != nil:
		c.pull()
	case in.Switch == "paper":
		h.printer.SetPaper(in.On)
	case in.Switch == "cover":
		h.printer.SetCover(in.On)
	case in.Switch == "power" && in.On:
		err = h.daemon.start(r.Context())
	case in.Switch == "power":
		h.daemon.cut()
	default:
		http.NotFound(w, r)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h.watch.ring()
	w.WriteHeader(http.StatusNoContent)
}

// watchers are the open /demo pages: one-slot doorbells.
type watchers struct {
	mu   sync.Mutex
	each map[chan struct{}]bool
}

func newWatchers() *watchers { return &watchers{each: map[chan struct{}]bool{}} }

func (w *watchers) add() (bell <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	w.each[c] = true
	w.mu.Unlock()
	return c, func() { w.mu.Lock(); delete(w.each, c); w.mu.Unlock() }
}

func (w *watchers) ring() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.each {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
