// Package demo runs a whole hall on one machine: the real daemon as a child
// process, and the devices of a commune's centre as simulators that speak the
// devices' own protocols through real ptys and TCP ports. The daemon does not
// know that it is a demo.
//
// Everything that /demo shows comes from the far end of a wire: the paper is
// decoded from the bytes that arrived at the printer, the digits from those
// that arrived at the sign. Nothing is taken from the daemon's state.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"xinmoi/counter/countertest"
	"xinmoi/display/displaytest"
	"xinmoi/kiosk/kiosktest"
	"xinmoi/printer/printertest"
	"xinmoi/store/centre"
)

// Options of a demo.
type Options struct {
	Exe     string    // the xinmoi binary, run as "EXE serve …"
	Data    string    // kept when given; "" is a temporary folder, removed at the end
	Listen  string    // where /demo is; another port is taken when it is in use
	Lang    string    // of what the daemon says; "" is its own choice
	Log     io.Writer // the daemon's log
	Ready   func(url string)
	NoPower string // what is answered while the machine has none
}

// BadDocument is a document in the demo's folder that cannot be used.
type BadDocument struct {
	File     string
	Findings []centre.Finding
}

func (b *BadDocument) Error() string { return b.File + " has faults" }

// Taken is the address of the simulated printer in the demo's document, at which another
// program listens: most likely another demo in the same folder.
type Taken struct{ Address string }

func (t *Taken) Error() string { return t.Address + " is in use" }

// hall is the simulated devices and the daemon.
type hall struct {
	daemon  *daemon
	doc     *centre.Document
	printer *printertest.Printer
	pads    *countertest.Bus
	buttons *countertest.Modules
	signs   *displaytest.Bus
	scanner *kiosktest.Scanner
	cables  map[string]cable // "printer", "keypads", "buttons", "signs", "scanner"
	watch   *watchers
	noPower string
}

// Run brings the hall up and serves /demo until ctx ends.
func Run(ctx context.Context, o Options) (err error) {
	dir := o.Data
	if dir == "" {
		if dir, err = os.MkdirTemp("", "xinmoi-demo-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	if dir, err = filepath.Abs(dir); err != nil { // it stands in the document's ports
		return err
	}
	ln, err := listen(o.Listen)
	if err != nil {
		return err
	}
	defer ln.Close()
	h, err := newHall(dir, o)
	if err != nil {
		return err
	}
	defer h.close()
	if err := h.daemon.start(ctx); err != nil {
		return err
	}
	if err := h.openCounters(ctx); err != nil {
		return err
	}
	srv := &http.Server{Handler: h.handler(ln.Addr().String()), ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { srv.Close() })
	defer stop()
	if o.Ready != nil {
		o.Ready("http://" + ln.Addr().String() + "/demo")
	}
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// listen takes the asked port, or any other when that one is in use.
func listen(addr string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	if !errors.Is(err, syscall.EADDRINUSE) {
		return ln, err
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	return net.Listen("tcp", net.JoinHostPort(host, "0"))
}

func newHall(dir string, o Options) (*hall, error) {
	ports := filepath.Join(dir, "ports")
	for _, d := range []string{ports, filepath.Join(dir, "data")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, err
		}
	}
	h := &hall{watch: newWatchers(), noPower: o.NoPower}
	h.printer = printertest.New(printertest.Options{OnChange: h.watch.ring})
	network := &tcpCable{device: h.printer.Serve}
	keypads := &ptyCable{link: filepath.Join(ports, "keypads")}
	buttons := &ptyCable{link: filepath.Join(ports, "buttons")}
	signs := &ptyCable{link: filepath.Join(ports, "signs")}
	h.scanner = kiosktest.New("\r", 16)
	scanner := &ptyCable{link: filepath.Join(ports, "scanner"), device: h.scanner.Serve}
	h.cables = map[string]cable{"printer": network, "keypads": keypads, "buttons": buttons, "signs": signs, "scanner": scanner}
	config := filepath.Join(dir, "centre.toml")
	if err := h.openDocument(config, network); err != nil {
		return nil, err
	}
	err := network.plug() // before the others: the ports of another demo here are left alone
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, &Taken{network.host}
	}
	if err != nil {
		return nil, err
	}
	h.pads = countertest.New(h.addresses(centre.FF68)...)
	h.buttons = countertest.NewModules(inputs, h.addresses(centre.Modbus)...)
	h.pads.OnChange(func(countertest.Pad) { h.watch.ring() })
	h.signs = displaytest.New(0)
	for _, l := range h.doc.LEDs {
		for n := range max(l.Rows, 1) {
			h.signs.Add(l.Digits, byte(l.Address+n))
		}
	}
	h.signs.OnChange(func(displaytest.Sign) { h.watch.ring() })
	keypads.device, buttons.device, signs.device = h.pads.Serve, h.buttons.Serve, h.signs.Serve
	for name, c := range h.cables {
		if err := c.plug(); err != nil {
			return nil, fmt.Errorf("plugging in the %s: %w", name, err)
		}
	}
	h.daemon = &daemon{
		exe:     o.Exe,
		args:    []string{"serve", "--config", config, "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0", "--until-eof"},
		log:     o.Log,
		changed: h.watch.ring,
	}
	if o.Lang != "" {
		h.daemon.args = append(h.daemon.args, "--lang", o.Lang)
	}
	return h, nil
}

// inputs is how many buttons a module takes.
const inputs = 8

// addresses are those of the keypads that speak a protocol.
func (h *hall) addresses(protocol string) (all []byte) {
	for _, k := range h.doc.Keypads {
		if k.Protocol == protocol {
			all = append(all, byte(k.Address))
		}
	}
	return all
}

// openCounters lets the clerks come to work: a hall with nobody behind its
// counters says so on every tile of the kiosk.
func (h *hall) openCounters(ctx context.Context) error {
	for _, c := range h.doc.Counters {
		u := h.daemon.url().JoinPath("api/v1/counters", c.ID, "open")
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader("{}"))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		resp.Body.Close()
	}
	return nil
}

// close stops the daemon first, so that it does not see its devices go.
func (h *hall) close() {
	h.daemon.end()
	for _, c := range h.cables {
		c.pull()
	}
}

// openDocument reads the document of an earlier demo in the same folder, or
// writes a commune's with the simulators' ports in it. The network printer gets
// the port number that stands there.
func (h *hall) openDocument(path string, network *tcpCable) error {
	src, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		src, err = h.writeDocument(path, network)
	}
	if err != nil {
		return err
	}
	doc, findings := centre.Parse(path, src)
	if doc == nil {
		return &BadDocument{File: path, Findings: findings}
	}
	h.doc = doc
	if len(doc.Printers) > 0 {
		network.host = strings.TrimPrefix(doc.Printers[0].Port, "tcp:")
	}
	return nil
}

func (h *hall) writeDocument(path string, network *tcpCable) ([]byte, error) {
	if err := network.plug(); err != nil { // only an open port has a number
		return nil, err
	}
	src, err := centre.Template("commune", centre.Answers{
		Name:        centre.Text{"vi": "Trung tâm Phục vụ hành chính công xã Hoa Ban", "en": "Hoa Ban Commune Public Service Centre"},
		Authority:   centre.Text{"vi": "UBND xã Hoa Ban", "en": "People's Committee of Hoa Ban Commune"},
		Counters:    5,
		PrinterPort: network.address(),
		KeypadPort:  h.cables["keypads"].address(),
		LEDPort:     h.cables["signs"].address(),
	})
	if err != nil {
		return nil, err
	}
	src = openAllHours.ReplaceAll(src, []byte("weekdays = \"mon-sun\"\nhours = [\"00:00-24:00\"]"))
	src = scannerNote.ReplaceAll(src, []byte("reader = \""+h.cables["scanner"].address()+"\""))
	src = []byte(strings.NewReplacer("id = \"sanh\"\n", "id = \"sanh\"\nsound = \"board\"\n", // the boards are in the browser, and so is their sound
		"# age = 60", "age = 60", "# [scan]", "[scan]", "# result = ", "result = ").Replace(string(src)))
	src = fmt.Appendf(src, beside, h.cables["buttons"].address(), h.cables["signs"].address())
	return src, os.WriteFile(path, src, 0o600)
}

// beside is what hangs in the hall beside a commune's usual devices: a button on
// the table of counter 1, and a sign with the last calls.
const beside = `
[[keypad]]
id = "n1"
port = %q
protocol = "modbus"
counter = "c1"
keys = { 1 = "next" }
[[led]]
id = "hall"
port = %q
address = 11
rows = 3
`

// scannerNote finds where a commune's document speaks of a scanner.
var scannerNote = regexp.MustCompile(`(?m)^# reader = .*$`)

// openAllHours finds the hours of work: who tries the demo on a Sunday night
// wants to be served as well.
var openAllHours = regexp.MustCompile(`(?m)^weekdays = .*\nhours = .*$`)
