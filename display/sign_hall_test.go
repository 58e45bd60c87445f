package display_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/counter/countertest"
	"xinmoi/display"
	"xinmoi/display/displaytest"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/device/lend/lendtest"
	"xinmoi/store/queue"
)

// withSign is signCentre with other signs.
func withSign(sign string) string {
	places, _, _ := strings.Cut(signCentre, "[[led]]")
	return places + sign
}

// hallSign has three rows on the bus, one behind the other.
const hallSign = `
[[led]]
id = "hall"
port = "serial:/dev/ttyUSB1?baud=9600"
address = 1
rows = 2
letters = true
idle = "------"
`

func TestASignOfTheHallHasTheLastCalls(t *testing.T) {
	inSignHallOf(t, withSign(hallSign), 6, func(h *signHall) {
		assert.Equal(h, []string{"------", "      "}, []string{h.signs.Text(1), h.signs.Text(2)})
		h.texts(1)
		h.do(queue.CallNext{Counter: "q2"})
		time.Sleep(6 * time.Second)
		call := []string{"A001 2", "      ", "A001 2", "      ", "A001 2", "      ", "A001 2", "      ", "A001 2"}
		assert.Equal(h, call, h.texts(1), "the counter's number behind the ticket's")
		h.do(queue.CallNext{Counter: "q1"})
		time.Sleep(6 * time.Second)
		assert.Equal(h, []string{"A002 1", "A001 2"}, []string{h.signs.Text(1), h.signs.Text(2)})
		assert.Equal(h, []string{"A001 2"}, h.texts(2), "what moves down does not blink")
		h.texts(1)
		h.do(queue.Recall{Counter: "q2"})
		time.Sleep(6 * time.Second)
		assert.Equal(h, []string{"A001 2", "A002 1"}, []string{h.signs.Text(1), h.signs.Text(2)})
		assert.Len(h, h.texts(1), 9, "a recall comes to the top, and blinks")
		h.do(queue.Finish{Counter: "q2"})
		h.do(queue.Finish{Counter: "q1"})
		time.Sleep(time.Second)
		assert.Equal(h, "A001 2", h.signs.Text(1), "a call stays until newer ones push it out")

		h.signs.SetPower(2, false)
		time.Sleep(30 * time.Second)
		assert.Equal(h, device.Set(device.Offline), h.condition("led/hall"), "one row of it")
		h.signs.SetPower(2, true)
		time.Sleep(25 * time.Second)
		assert.Empty(h, h.condition("led/hall"))
		assert.Equal(h, "A002 1", h.signs.Text(2))
	})
}

// told connects signs that are only told.
func told(t *testing.T, document string, serve func(context.Context, io.ReadWriteCloser) error, test func(book *store.Book)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		book, err := store.Open(t.TempDir(), store.Options{})
		require.NoError(t, err)
		defer book.Close()
		doc, findings := centre.Parse("centre.toml", []byte(document))
		require.NotNil(t, doc, "%v", findings)
		do := func(c queue.Command) {
			_, err := book.Do(context.Background(), store.Request{Command: c})
			require.NoError(t, err)
		}
		canonical, hash := doc.Canonical()
		do(queue.Configure{Rules: doc.Rules(), Document: canonical, Hash: hash})
		do(queue.OpenCounter{Counter: "q1"})
		do(queue.Issue{Service: "civil"})
		do(queue.Issue{Service: "civil"})
		signs, err := display.NewSigns(book, slog.New(slog.DiscardHandler), doc, doc.LEDs)
		require.NoError(t, err)
		host, sim := net.Pipe()
		ended := make(chan error, 2)
		go func() { ended <- signs.Serve(t.Context(), lendtest.Wire(t, host)) }()
		go func() { ended <- serve(t.Context(), sim) }()
		time.Sleep(time.Second)
		test(book)
		sim.Close()
		assert.Error(t, <-ended, "a pulled cable is noticed at once")
		assert.Error(t, <-ended)
	})
}

func next(t *testing.T, book *store.Book, counter queue.CounterID) {
	t.Helper()
	_, err := book.Do(context.Background(), store.Request{Command: queue.CallNext{Counter: counter}})
	require.NoError(t, err)
}

// TestADescribedSign: rows in ASCII, by a template.
func TestADescribedSign(t *testing.T) {
	panel := displaytest.NewPanel(2, 7)
	panel.SetBaud(9600)
	told(t, withSign(`
[[template]]
id = "panel"
show = "24 {row:1/ascii} {num:4/ascii} 20 {counter:2/ascii} 0D"
[[led]]
id = "hall"
port = "serial:/dev/ttyUSB1?baud=9600"
template = "panel"
rows = 2
letters = true
idle = "MOI"
`), panel.Serve, func(book *store.Book) {
		assert.Equal(t, []string{" MOI   ", "       "}, panel.Rows())
		panel.Seen(1)
		next(t, book, "q1")
		time.Sleep(10 * time.Second)
		assert.Equal(t, "A001  1", panel.Rows()[0])
		assert.Len(t, panel.Seen(1), 9, "it blinked")
		panel.SetPower(false)
		panel.SetPower(true)
		assert.Equal(t, "       ", panel.Rows()[0])
		time.Sleep(10 * time.Second)
		assert.Equal(t, "A001  1", panel.Rows()[0], "told again, since it cannot be asked")
	})
}

// TestAKeypadsDisplayAsASign: ff68, on a bus of its own.
func TestAKeypadsDisplayAsASign(t *testing.T) {
	pads := countertest.New(7)
	pads.SetBaud(9600)
	told(t, withSign(`
[[led]]
id = "l7"
port = "serial:/dev/ttyUSB1?baud=9600"
protocol = "ff68"
address = 7
counter = "q1"
idle = "0"
`), pads.Serve, func(book *store.Book) {
		assert.Equal(t, "     0", pads.Display(7))
		next(t, book, "q1")
		time.Sleep(10 * time.Second)
		assert.Equal(t, "  1001", pads.Display(7), "a sign without letters has numbers of digits")
		pads.SetPower(7, false)
		pads.SetPower(7, true)
		time.Sleep(10 * time.Second)
		assert.Equal(t, "  1001", pads.Display(7))
	})
}

func TestSignsShowEightsInTheMorning(t *testing.T) {
	inSignHall(t, func(h *signHall) {
		h.do(queue.CallNext{Counter: "q1"})
		time.Sleep(10 * time.Second)
		h.texts(1)
		h.texts(2)
		note, err := centre.Morning{Asked: h.book.Now()}.Encode()
		require.NoError(h, err)
		_, err = h.book.Note(context.Background(), centre.NoteMorning, 1, note)
		require.NoError(h, err)
		time.Sleep(5 * time.Second)
		assert.Equal(h, []string{"8888", "8888"}, []string{h.signs.Text(1), h.signs.Text(2)})
		h.do(queue.CallNext{Counter: "q2"}) // the hall goes on; its call is shown after the check
		time.Sleep(6 * time.Second)
		assert.Equal(h, []string{"A001", "A002"}, []string{h.signs.Text(1), h.signs.Text(2)})
		time.Sleep(30 * time.Second)
		assert.Equal(h, []string{"8888", "A001"}, h.texts(1), "once, and nothing blinks that is old")
	})
}
