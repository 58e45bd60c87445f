package kiosk_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/kiosk/kiosktest"
	"xinmoi/kiosk/reader"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/queue"
)

// readers change the document: an age, a service for results, a booking system.
var readers = []string{
	`id = "cao-tuoi"`, "id = \"cao-tuoi\"\nage = 60",
	`[calendar]`, "[scan]\nresult = \"tra-ket-qua\"\nappointment = \"^LH[0-9]{6}$\"\n[calendar]",
	`zone = "a"
printers = ["p1"]`, "zone = \"a\"\nprinters = [\"p1\"]\nreader = \"serial:/dev/xinmoi/scanner0\"",
}

// scans is a hall with a scanner at k1, and what k1's page is told.
type scans struct {
	*hall
	scanner *kiosktest.Scanner
	told    chan map[string]any
}

// patient is a wire whose silences may last longer: a loaded machine makes pauses
// that no scanner makes.
type patient struct{ net.Conn }

func (p patient) SetReadDeadline(at time.Time) error {
	if !at.IsZero() {
		at = time.Now().Add(20 * time.Until(at))
	}
	return p.Conn.SetReadDeadline(at)
}

// openScans is for scanners that send a suffix, or else whole codes.
func openScans(t *testing.T, scanner *kiosktest.Scanner) *scans {
	host, sim := net.Pipe()
	wire := device.Wire(patient{host})
	if scanner.Suffix() == "" {
		wire = host
	}
	go func() { _ = scanner.Serve(t.Context(), sim) }()
	s := openOn(t, wire)
	s.scanner = scanner
	return s
}

func openOn(t *testing.T, wire device.Wire) *scans {
	h := open(t, readers...)
	s := &scans{hall: h, told: make(chan map[string]any, 16)}
	ended := make(chan error, 1)
	doc := centre.InForce(h.book.View().Hall)
	self, ok := doc.Kiosk("k1")
	require.True(t, ok)
	go func() { ended <- h.room.Scanner(self).Serve(t.Context(), wire) }()
	t.Cleanup(func() { wire.Close(); <-ended })
	s.listen(t)
	return s
}

// listen opens k1's view.
func (s *scans) listen(t *testing.T) {
	url := strings.Replace(s.server.URL, "http", "ws", 1) + "/api/v1/stream?view=kiosk/k1&client=test"
	c, _, err := websocket.DefaultDialer.Dial(url, http.Header{"Origin": {s.server.URL}})
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	require.NoError(t, c.ReadJSON(&map[string]any{})) // the snapshot
	go func() {
		for {
			m := map[string]any{}
			if c.ReadJSON(&m) != nil {
				close(s.told)
				return
			}
			if m["type"] == "scanned" {
				delete(m, "type")
				s.told <- m
			}
		}
	}()
}

// scan holds a code under the scanner and waits for what is told.
func (s *scans) scan(code string) map[string]any {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return s.scanner.Scan(code) == nil }, 20*time.Second, time.Millisecond)
	return s.hear()
}

func (s *scans) hear() map[string]any {
	s.t.Helper()
	select {
	case m := <-s.told:
		return m
	case <-time.After(10 * time.Second):
		s.t.Fatal("the page was told nothing")
		return nil
	}
}

func TestWhatAScanIs(t *testing.T) {
	for name, scanner := range map[string]*kiosktest.Scanner{
		"whole, CR": kiosktest.New("\r", 1000), "pieces of 3, CRLF": kiosktest.New("\r\n", 3), "no suffix": kiosktest.New("", 1000),
	} {
		t.Run(name, func(t *testing.T) {
			s := openScans(t, scanner)
			card := s.scan(kiosktest.YoungCard)
			assert.NotEmpty(t, card["scan"])
			delete(card, "scan")
			assert.Equal(t, map[string]any{"kind": "card"}, card, "nothing of what stands on it")
			old := s.scan(kiosktest.SeniorCard)
			assert.Equal(t, "cao-tuoi", old["class"].(map[string]any)["id"])
			assert.Equal(t, map[string]any{"kind": "health_card"}, s.scan(kiosktest.HealthCard))
			assert.Equal(t, map[string]any{"kind": "bad_card"}, s.scan(strings.Replace(kiosktest.YoungCard, "15051995", "31021995", 1)))
			assert.Equal(t, map[string]any{"kind": "dossier", "service": "tra-ket-qua"}, s.scan(kiosktest.DossierCode))
			assert.Equal(t, map[string]any{"kind": "appointment"}, s.scan("LH000123"))
			assert.Equal(t, map[string]any{"kind": "unknown"}, s.scan("https://example.com/menu"))
			assert.Equal(t, map[string]any{"kind": "old_ticket"}, s.scan("https://so.example/t/"+strings.Repeat("a", 20)))
			assert.Empty(t, s.logged.String())
		})
	}
}

// A code with a pause in it is one code while the scanner is not known, and when
// it is known to send suffixes; one that sends none is not waited for, but looked at
// once more, for a machine that was busy may have slept over the rest.
func TestAPauseWithinACode(t *testing.T) {
	w := newScripted()
	s := openOn(t, w)
	half := len(kiosktest.SeniorCard) / 2
	for range 2 {
		w.comes(0, kiosktest.SeniorCard[:half])
		w.comes(2*reader.Idle, kiosktest.SeniorCard[half:]+"\r")
		assert.Equal(t, "card", s.hear()["kind"])
	}
	w.comes(0, "LH00") // the rest never comes, and the next code does not pay for it
	w.comes(time.Minute, "")
	assert.Equal(t, "unknown", s.hear()["kind"])
	w.comes(0, kiosktest.SeniorCard[:half])
	w.comes(2*reader.Idle, kiosktest.SeniorCard[half:]+"\r")
	assert.Equal(t, "card", s.hear()["kind"])
	for range 2 {
		w.comes(0, "LH000123")
		w.comes(time.Minute, "")
		assert.Equal(t, map[string]any{"kind": "appointment"}, s.hear())
	}
	w.comes(0, kiosktest.SeniorCard[:half])
	w.comes(reader.Idle+time.Millisecond, kiosktest.SeniorCard[half:])
	w.comes(time.Minute, "")
	assert.Equal(t, "card", s.hear()["kind"])
}

// scripted is a wire with a time of its own, in which what a test says comes.
type scripted struct {
	steps  chan step
	closed chan struct{}
	now    step // not read yet
	wait   time.Duration
}

type step struct {
	after time.Duration // since what came before
	text  string
}

func newScripted() *scripted {
	return &scripted{steps: make(chan step, 16), closed: make(chan struct{}), now: step{after: -1}}
}

func (w *scripted) comes(after time.Duration, text string) { w.steps <- step{after, text} }

func (w *scripted) SetReadDeadline(at time.Time) error {
	if w.wait = 0; !at.IsZero() {
		w.wait = time.Until(at)
	}
	return nil
}

func (w *scripted) Read(b []byte) (int, error) {
	if w.now.after < 0 {
		select {
		case w.now = <-w.steps:
		case <-w.closed:
			return 0, io.EOF
		}
	}
	if w.wait > 0 && w.now.after > w.wait {
		w.now.after -= w.wait
		return 0, os.ErrDeadlineExceeded
	}
	w.now.after = -1
	return copy(b, w.now.text), nil
}

func (w *scripted) Write(b []byte) (int, error)      { return len(b), nil }
func (w *scripted) SetWriteDeadline(time.Time) error { return nil }
func (w *scripted) Close() error                     { close(w.closed); return nil }

func TestOwnTicketUnderTheScanner(t *testing.T) {
	s := openScans(t, kiosktest.New("\r", 7))
	s.issue("ho-tich", 3)
	_, ticket := s.call("POST", "/api/v1/tickets", `{"service":"ho-tich","kiosk":"k1"}`)
	code := "https://so.example/t/" + ticket["link"].(string)
	got := s.scan(code)["ticket"].(map[string]any)
	assert.Equal(t, "A004", got["number"])
	assert.EqualValues(t, 3, got["ahead"])
	assert.NotContains(t, got, "link")
	s.do(queue.Call{Counter: "c1", Target: queue.Target{Number: "A004"}})
	got = s.scan(code)["ticket"].(map[string]any)
	assert.Equal(t, "called", got["state"])
	assert.Equal(t, "1", got["counter"].(map[string]any)["number"])
	s.do(queue.Park{Counter: "c1", Reason: queue.ParkResult})
	got = s.scan(code)["ticket"].(map[string]any)
	assert.Equal(t, "result", got["park"])
}

// TestAnAppointmentIsCheckedInByItsTicket: its holder has come.
func TestAnAppointmentIsCheckedInByItsTicket(t *testing.T) {
	s := openScans(t, kiosktest.New("\r", 7))
	a := s.do(queue.Issue{Service: "ho-tich", Place: queue.AtGreeter, Slot: monday.Add(time.Hour)})
	var id queue.TicketID
	for _, e := range a.Entries {
		if i, ok := e.Event.(queue.Issued); ok {
			id = i.Ticket
		}
	}
	ticket, _ := s.book.View().Hall.Ticket(id)
	link := s.book.Link(ticket)
	got := s.scan("https://so.example/t/" + link)["ticket"].(map[string]any)
	assert.Equal(t, true, got["check_in"])
	ticket, _ = s.book.View().Hall.Ticket(id)
	assert.True(t, ticket.Here())
	got = s.scan("https://so.example/t/" + link)["ticket"].(map[string]any)
	assert.NotContains(t, got, "check_in", "once")
}

// TestOneNumberForACardAndService: who scans again is shown the number that they
// have; another service, another card and no card are other people.
func TestOneNumberForACardAndService(t *testing.T) {
	s := openScans(t, kiosktest.New("\r", 16))
	take := func(card, service, key string) (int, map[string]any) {
		scan, _ := s.scan(card)["scan"].(string)
		return s.call("POST", "/api/v1/tickets", `{"service":"`+service+`","kiosk":"k1","scan":"`+scan+`"}`, "Idempotency-Key", key)
	}
	status, first := take(kiosktest.SeniorCard, "ho-tich", "k-1")
	require.Equal(t, http.StatusCreated, status)
	status, again := take(kiosktest.SeniorCard, "ho-tich", "k-2")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, true, again["again"])
	assert.Equal(t, first["number"], again["number"])
	_, other := take(kiosktest.SeniorCard, "dat-dai", "k-3")
	assert.NotContains(t, other, "again")
	_, young := take(kiosktest.YoungCard, "ho-tich", "k-4")
	assert.Equal(t, "A002", young["number"])
	s.do(queue.CallNext{Counter: "c1"})
	s.do(queue.Finish{Counter: "c1"})
	status, second := take(kiosktest.SeniorCard, "ho-tich", "k-5")
	assert.Equal(t, http.StatusCreated, status, "the first one is over")
	assert.Equal(t, "A003", second["number"])

	// The same touch again is answered as before, not as a second wish.
	scan := s.scan(kiosktest.YoungCard)["scan"].(string)
	body := `{"service":"kinh-doanh","kiosk":"k1","scan":"` + scan + `"}`
	_, one := s.call("POST", "/api/v1/tickets", body, "Idempotency-Key", "k-6")
	status, two := s.call("POST", "/api/v1/tickets", body, "Idempotency-Key", "k-6")
	assert.Equal(t, http.StatusCreated, status)
	assert.Equal(t, one["number"], two["number"])
	assert.NotContains(t, two, "again")
	status, nobody := s.call("POST", "/api/v1/tickets", `{"service":"kinh-doanh","kiosk":"k1","scan":"made-up"}`)
	assert.Equal(t, http.StatusCreated, status)
	assert.NotEqual(t, one["number"], nobody["number"])
}

// TestNothingOfACardIsKept: not in the journal, not in the log, not in the files.
func TestNothingOfACardIsKept(t *testing.T) {
	s := openScans(t, kiosktest.New("\r", 16))
	scan := s.scan(kiosktest.SeniorCard)["scan"].(string)
	s.call("POST", "/api/v1/tickets", `{"service":"ho-tich","kiosk":"k1","scan":"`+scan+`"}`)
	entries, err := s.book.Read(0, 1000)
	require.NoError(t, err)
	fields := strings.Split(kiosktest.SeniorCard, "|")
	for _, part := range []string{fields[0], fields[2], fields[5], scan} {
		for _, e := range entries {
			assert.NotContains(t, string(e.Note), part)
		}
		assert.NotContains(t, s.logged.String(), part)
		assert.NotContains(t, files(t, s.dir), part)
	}
	s.do(queue.CloseDay{})
	assert.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(s.dir, "day"))
		return os.IsNotExist(err)
	}, 20*time.Second, 5*time.Millisecond, "the key dies with the day")
}

// TestATypingScanner: what a scanner that types leaves of a card is enough.
func TestATypingScanner(t *testing.T) {
	typing := slices.Clone(readers)
	for i := range typing {
		typing[i] = strings.ReplaceAll(typing[i], "serial:/dev/xinmoi/scanner0", "evdev:pci-0000:00:14.0-usb-0:9:1.0")
	}
	h := open(t, typing...)
	host, sim := net.Pipe()
	doc := centre.InForce(h.book.View().Hall)
	self, _ := doc.Kiosk("k1")
	ended := make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { ended <- h.room.Scanner(self).Serve(ctx, patient{host}) }()
	s := &scans{hall: h, told: make(chan map[string]any, 4)}
	s.listen(t)
	key := func(code uint16, value uint32) {
		r := binary.LittleEndian.AppendUint16(nil, 1)
		r = binary.LittleEndian.AppendUint16(r, code)
		_, err := sim.Write(binary.LittleEndian.AppendUint32(r, value))
		require.NoError(t, err)
	}
	const leftShift, backslash, enter, x = 42, 43, 28, 45
	for _, c := range "098149000123||x x|15051949|x|x|20052021\r" {
		switch {
		case c == '|':
			key(leftShift, 1)
			key(backslash, 1)
			key(backslash, 0)
			key(leftShift, 0)
		case c == 'x': // what a layout leaves of a letter
			key(x, 1)
		case c == '\r':
			key(enter, 1)
		case c == '0':
			key(11, 1)
		case c > '0':
			key(uint16(2+c-'1'), 1)
		}
	}
	card := s.hear()
	assert.Equal(t, "card", card["kind"])
	assert.Equal(t, "cao-tuoi", card["class"].(map[string]any)["id"])
	sim.Close()
	err := <-ended // of a read, or of the deadline before it
	assert.True(t, errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe), "%v", err)
}

// files is all that the room's folder holds.
func files(t *testing.T, dir string) (all string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			all += path + "\n" + string(b)
		}
		return nil
	}))
	assert.Contains(t, all, "tags")
	return all
}
