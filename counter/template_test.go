package counter_test

import (
	"log/slog"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/counter"
	"xinmoi/counter/keypad"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/device/lend/lendtest"
)

// ff68Words is ff68 in the words of a document.
const ff68Words = `
[[template]]
id = "box"
start = "FF 68"
end = "16"
length = { at = 2, again = 3, add = 7 }
min = 9
max = 23
same = { 4 = "68" }
check = { kind = "sum8", from = 5, to = -2 }
address = 5
key = -3
digits = [7, -3]
skip = { 6 = "11" }
ack = "echo"
show = "FF 68 08 08 68 {addr} 02 {wait:3/0A} {num:3/0A} {sum8:5} 16"
beep = "FF 68 02 02 68 {addr} 03 {sum8:5} 16"
ask = "FF 68 03 03 68 {addr} 01 0B {sum8:5} 16"
[template.keys]
"0C" = "next"
"# 0C" = "call"
"0D" = "recall"
"0B" = "rate"
"0E" = "undo"
"0F" = "start"
"0 0F" = "park"
"1 0F" = "finish"
"3 0F" = "call_back"
"6 0F" = "no_show"
"9 0F" = "close"
"12" = "pause"
"# 13" = "transfer"
`

// TestATemplateDrivesTheBusLikeTheDriver: the same day at two halls, one with
// the built-in driver and one with the description.
func TestATemplateDrivesTheBusLikeTheDriver(t *testing.T) {
	templated := strings.ReplaceAll(padCentre, "[[keypad]]\n", "[[keypad]]\ntemplate = \"box\"\n") + ff68Words
	type seen struct {
		journal  []string
		displays []string
		beeps    []int
		asking   bool
		repeats  int
	}
	day := func(t *testing.T, document string) (all []seen) {
		synctest.Test(t, func(t *testing.T) {
			h := newPadHallOf(t, document)
			h.wire = newEchoing
			h.plug()
			defer h.pull()
			look := func() {
				all = append(all, seen{
					h.journal(), []string{h.pads.Display(1), h.pads.Display(2), h.pads.Display(3)},
					[]int{h.pads.Beeps(1), h.pads.Beeps(2), h.pads.Beeps(3)}, h.pads.Pad(1).Asking, h.pads.Repeats(),
				})
			}
			h.issue("civil", 12)
			h.issue("land", 1)
			for _, keys := range [][]byte{
				{keypad.KeyNext}, {keypad.KeyRecall}, {keypad.KeyConfirm}, {0, keypad.KeyConfirm}, {3, keypad.KeyConfirm},
				{keypad.KeyRate}, {1, 2, keypad.KeyNext}, {2, keypad.KeyTransfer}, {5, 5, keypad.KeyConfirm},
				{keypad.KeyPause}, {9, keypad.KeyConfirm},
			} {
				h.press(1, keys...)
				time.Sleep(5 * time.Second)
				look()
			}
			h.press(3, keypad.KeyNext) // refused: beeps and darkens
			look()
		})
		return all
	}
	builtIn := day(t, padCentre)
	assert.Equal(t, builtIn, day(t, templated))
	assert.Contains(t, builtIn[len(builtIn)-1].journal, "k1 ticket.transferred")
	assert.True(t, builtIn[5].asking)
	assert.Equal(t, "      ", builtIn[len(builtIn)-1].displays[2])
}

// TestCentreAndKeypadsAgree holds the checks of the document against what the
// keypads can do: the document may not import them.
func TestCentreAndKeypadsAgree(t *testing.T) {
	var actions []string
	for _, a := range keypad.Actions {
		actions = append(actions, string(a))
	}
	assert.ElementsMatch(t, actions, centre.Actions)
	for protocol, keys := range map[string]keypad.Map{centre.FF68: keypad.FF68Keys, centre.Keys: keypad.HIDKeys} {
		port := map[string]string{centre.FF68: "serial:/dev/ttyUSB9", centre.Keys: "evdev:usb-1"}[protocol]
		doc := padCentre + "[[keypad]]\nid = \"k9\"\nport = \"" + port + "\"\nprotocol = \"" + protocol + "\"\ncounter = \"q1\"\n[keypad.keys]\n"
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			doc += "\"" + key + "\" = \"" + string(keys[key]) + "\"\n"
		}
		_, findings := centre.Parse("x", []byte(doc))
		for _, f := range findings {
			assert.True(t, f.Warning, "%v", f)
		}
	}
}

// TestAKeyOfADocument: one key of the standard map is changed, one taken away.
func TestAKeyOfADocument(t *testing.T) {
	changed := strings.Replace(padCentre, "address = 1\n", "address = 1\nkeys = { \"0D\" = \"finish\", \"12\" = \"none\" }\n", 1)
	synctest.Test(t, func(t *testing.T) {
		h := newPadHallOf(t, changed)
		h.plug()
		defer h.pull()
		h.issue("civil", 1)
		h.press(1, keypad.KeyNext)
		time.Sleep(5 * time.Second)
		h.press(1, keypad.KeyRecall)
		time.Sleep(5 * time.Second)
		h.press(1, keypad.KeyPause)
		assert.Equal(t, []string{"k1 counter.opened", "k1 ticket.called", "k1 ticket.finished"}, h.journal())
		assert.Equal(t, 1, h.pads.Beeps(1), "a key without a meaning is refused")
	})
}

// TestABoxOfButtonsServesTwoCounters: lines of text, each with its key.
func TestABoxOfButtonsServesTwoCounters(t *testing.T) {
	cut, _, _ := strings.Cut(padCentre, "[[keypad]]")
	doc := cut + `
[[keypad]]
id = "b1"
port = "serial:/dev/ttyACM0"
protocol = "line"
counter = "q1"
keys = { K1 = "next", K2 = "recall" }
[[keypad]]
id = "b2"
port = "serial:/dev/ttyACM0"
protocol = "line"
counter = "q2"
keys = { K3 = "next" }
`
	synctest.Test(t, func(t *testing.T) {
		h := newPadHallOf(t, doc)
		host, box := net.Pipe()
		ended := make(chan error, 1)
		go func() { ended <- h.bus.Serve(t.Context(), lendtest.Wire(t, host)) }()
		h.issue("civil", 2)
		for _, s := range []string{"K1\r", "K", "3\r\n", "K2\n", "K9\r", "\x80K1\r"} {
			_, err := box.Write([]byte(s))
			require.NoError(t, err)
			time.Sleep(5 * time.Second)
		}
		assert.Equal(t, []string{"b1 counter.opened", "b1 ticket.called", "b2 counter.opened", "b2 ticket.called", "b1 ticket.recalled"}, h.journal())
		box.Close()
		<-ended
	})
}

func TestABusWithoutALanguage(t *testing.T) {
	h := newPadHall(t)
	for _, k := range []centre.Keypad{{Protocol: centre.Templated, Template: "none"}, {Protocol: "morse"}} {
		_, err := counter.NewBus(h.book, slog.New(slog.DiscardHandler), &centre.Document{}, []centre.Keypad{k})
		assert.Error(t, err)
	}
}

// TestAnEchoOfAcknowledgementsAlone: a template without a display gives an
// echoing adapter nothing else to show itself by, and must not talk to itself.
func TestAnEchoOfAcknowledgementsAlone(t *testing.T) {
	doc := strings.ReplaceAll(padCentre, "[[keypad]]\n", "[[keypad]]\ntemplate = \"box\"\n") + ff68Words
	for _, key := range []string{"show", "beep", "ask"} {
		i := strings.Index(doc, "\n"+key+" = ")
		j := strings.Index(doc[i+1:], "\n")
		doc = doc[:i] + doc[i+1+j:]
	}
	synctest.Test(t, func(t *testing.T) {
		h := newPadHallOf(t, doc)
		sent := 0
		h.wire = func(w device.Wire) device.Wire { return &counting{newEchoing(w), &sent} }
		h.plug()
		defer h.pull()
		h.issue("civil", 2)
		for range 3 {
			h.press(1, keypad.KeyNext)
			time.Sleep(50 * time.Second)
		}
		assert.Equal(t, 2, h.count("k1 ticket.called"))
		assert.LessOrEqual(t, sent, 8, "three presses, and what it took to learn that the adapter echoes")
	})
}

// counting counts the frames written.
type counting struct {
	device.Wire
	n *int
}

func (c *counting) Write(p []byte) (int, error) {
	*c.n++
	return c.Wire.Write(p)
}
