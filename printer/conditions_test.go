package printer

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"xinmoi/printer/printertest"
	"xinmoi/store/device"
)

// soon is when the journal must know: two seconds, and what a test needs to look.
const soon = 2050 * time.Millisecond

// faults are what can be wrong with a printer, and how to make it so.
var faults = []struct {
	is device.Condition
	do func(p *printertest.Printer, on bool)
}{
	{device.MediaEmpty, func(p *printertest.Printer, on bool) { p.SetPaper(!on) }},
	{device.CoverOpen, (*printertest.Printer).SetCover},
	{device.HeadHot, (*printertest.Printer).SetHot},
	{device.MediaLow, func(p *printertest.Printer, on bool) {
		if on {
			p.SetRoll(3900)
		} else {
			p.SetPaper(true)
		}
	}},
	{device.DeviceError, func(p *printertest.Printer, on bool) {
		if on {
			p.SetDead()
		} else {
			p.CutPower()
		}
	}},
}

// The journal knows within two seconds what is wrong, whether or not the printer
// tells by itself.
func TestConditionsAreKnownSoon(t *testing.T) {
	for _, o := range []printertest.Options{{}, {NoAuto: true}, {NoAuto: true, NoDone: true}} {
		synctest.Test(t, func(t *testing.T) {
			h := newHall(t)
			defer h.stop()
			p := printertest.New(o)
			l := h.plug("p1", p, nil)
			defer l.stop()
			time.Sleep(15 * time.Second)
			for _, f := range faults {
				f.do(p, true)
				time.Sleep(soon)
				assert.Equal(t, device.Set(f.is), h.conditions("p1"), "%+v", o)
				f.do(p, false)
				time.Sleep(25 * time.Second) // a note in ten seconds at most
				assert.Empty(t, h.conditions("p1"), "%s %+v", f.is, o)
			}
		})
	}
}

// The same in the midst of a ticket on the slowest line, which takes 13 s.
func TestConditionsWithinATicket(t *testing.T) {
	for _, o := range []printertest.Options{{}, {NoAuto: true}, {NoAuto: true, NoDone: true}} {
		synctest.Test(t, func(t *testing.T) {
			h := newHall(t)
			defer h.stop()
			o.BytesPerSecond = 960
			p := printertest.New(o)
			l := h.plug("p1", p, slowWire)
			defer l.stop()
			time.Sleep(time.Minute) // one that does not know GS r is flushed before it is believed
			for _, f := range faults {
				for _, at := range []time.Duration{300 * time.Millisecond, 4100 * time.Millisecond, 6700 * time.Millisecond} {
					h.take()
					time.Sleep(at)
					f.do(p, true)
					time.Sleep(soon)
					assert.Equal(t, device.Set(f.is), h.conditions("p1"), "at %v %+v", at, o)
					f.do(p, false)
					time.Sleep(100 * time.Second) // until nothing is due any more
					assert.Empty(t, h.conditions("p1"), "%s %+v", f.is, o)
				}
			}
		})
	}
}

// A jam of the cutter comes with the cut of a ticket, which is then not printed.
func TestCutterJamIsTold(t *testing.T) {
	for _, o := range []printertest.Options{{}, {NoAuto: true}} {
		synctest.Test(t, func(t *testing.T) {
			h := newHall(t)
			defer h.stop()
			p := printertest.New(o)
			l := h.plug("p1", p, nil)
			defer l.stop()
			time.Sleep(15 * time.Second)
			p.SetCutterJam(true)
			ticket := h.take()
			time.Sleep(soon)
			assert.Equal(t, device.Set(device.CutterJam), h.conditions("p1"))
			p.SetCutterJam(false)
			time.Sleep(20 * time.Second)
			assert.Equal(t, []string{
				"started " + ticket.Number + " at p1", "interrupted " + ticket.Number + " at p1: fault",
				"started " + ticket.Number + " at p1 marked", "printed " + ticket.Number + " at p1 marked",
			}, h.notes())
			assert.Empty(t, h.conditions("p1"))
		})
	}
}

// A printer that says nothing is mute within two seconds of being plugged in. One
// whose power goes on a wire that stays is offline after five: it is asked more
// than once. Either gets no ticket while nobody knows whether it is there.
func TestMuteAndOffline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		p := printertest.New(printertest.Options{})
		p.SetMute(true)
		l := h.plug("p1", p, nil)
		time.Sleep(soon + 100*time.Millisecond)
		assert.Equal(t, device.Set(device.Mute), h.conditions("p1"))
		l.stop()
	})
	for _, o := range []printertest.Options{{}, {NoAuto: true}} {
		synctest.Test(t, func(t *testing.T) {
			h := newHall(t)
			defer h.stop()
			p := printertest.New(o)
			l := h.plug("p1", p, nil)
			defer l.stop()
			time.Sleep(15 * time.Second)
			p.SetPower(false)
			time.Sleep(1900 * time.Millisecond) // once it has not answered
			ticket := h.take()
			time.Sleep(3100 * time.Millisecond)
			assert.Equal(t, device.Set(device.Offline), h.conditions("p1"))
			time.Sleep(10 * time.Second)
			assert.Empty(t, h.notes(), "nothing is begun")
			p.SetPower(true)
			time.Sleep(15 * time.Second)
			assert.Empty(t, h.conditions("p1"))
			assert.Equal(t, []string{"whole"}, h.verdicts(p, ticket))
		})
	}
}

// A printer whose answers come late is asked with more patience, not taken for
// mute.
func TestSlowAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		p := printertest.New(printertest.Options{AnswersAfter: 1500 * time.Millisecond})
		l := h.plug("p1", p, nil)
		defer l.stop()
		time.Sleep(90 * time.Second)
		assert.Empty(t, h.conditions("p1"))
		ticket := h.take()
		time.Sleep(30 * time.Second)
		assert.Equal(t, []string{"whole"}, h.verdicts(p, ticket))
		assert.Equal(t, []string{"started A001 at p1", "printed A001 at p1"}, h.notes())
	})
}
