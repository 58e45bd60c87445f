package printer

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"xinmoi/printer/printertest"
	"xinmoi/store/device"
)

// usb is a wire that knows the name of what is at its end.
type usb struct {
	net.Conn
	id string
}

func (u usb) DeviceID() (string, error) { return u.id, nil }

// A printer of another make is told, and prints all the same, drawn.
func TestAnotherPrinterIsToldAndPrints(t *testing.T) {
	for name, c := range map[string]struct {
		maker, model string
		mute         bool
		id           string
		other        string
	}{
		"the right one":            {maker: "EPSON", model: "TM-T82III"},
		"another model":            {maker: "EPSON", model: "TM-U220", other: "EPSON TM-U220"},
		"another maker":            {maker: "BIXOLON", model: "SRP-350", other: "BIXOLON SRP-350"},
		"says nothing":             {mute: true},
		"the port knows it":        {mute: true, id: "MFG:EPSON;CMD:ESC/POS;MDL:TM-T82;", other: ""},
		"the port knows another":   {mute: true, id: "MFG:XP;MDL:XP-80C;", other: "XP XP-80C"},
		"a port that knows naught": {maker: "STAR", model: "TSP100", id: "CLS:PRINTER;", other: "STAR TSP100"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHall(t)
				defer h.stop()
				p := printertest.New(printertest.Options{Maker: c.maker, Model: c.model})
				p.SetMute(c.mute)
				cfg := mustPrinter(h, "p1")
				cfg.Model, cfg.Way = "epson-tm-t82", "text"
				d := h.room.Printer(cfg)
				var wrap func(net.Conn) device.Wire
				if c.id != "" {
					wrap = func(w net.Conn) device.Wire { return usb{w, c.id} }
				}
				l := h.plugDriver(d, p, wrap)
				time.Sleep(12 * time.Second)
				assert.Equal(t, c.other != "", h.conditions("p1").Has(device.Another))
				assert.Equal(t, c.other, h.detail("p1"))
				ticket := h.take()
				time.Sleep(5 * time.Second)
				if c.other != "" {
					assert.Equal(t, []string{"whole"}, h.verdicts(p, ticket))
				} else {
					assert.Equal(t, []string{"whole"}, h.readings(p, ticket))
				}
				l.stop()

				// The right one is back.
				right := printertest.New(printertest.Options{Maker: "EPSON", Model: "TM-T82"})
				l = h.plugDriver(d, right, nil)
				defer l.stop()
				time.Sleep(15 * time.Second)
				assert.Empty(t, h.conditions("p1"))
				ticket = h.take()
				time.Sleep(5 * time.Second)
				assert.Equal(t, []string{"whole"}, h.readings(right, ticket))
			})
		})
	}
}

// Some makes have no name that is known. What another make's name says is
// believed all the same; a plain model may be anything.
func TestWhoCouldBeWho(t *testing.T) {
	for _, c := range []struct {
		model, who string
		could      bool
	}{
		{"xprinter-xp80", "XP-80C", true}, {"xprinter-xp80", "POS-80", true}, {"xprinter-xp80", "EPSON TM-T82II", false},
		{"epson-tm-t88v", "EPSON TM-T88VI", true}, {"epson-tm-t88v", "EPSON TM-T82", false}, {"masung-kiosk", "CITIZEN CT-S310II", false},
	} {
		m, ok := ModelOf(c.model)
		assert.True(t, ok)
		assert.Equal(t, c.could, m.couldBe(c.who), "%s: %s", c.model, c.who)
	}
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		for model, other := range map[string]bool{"xprinter-xp80": true, "generic-80": false} {
			cfg := mustPrinter(h, "p1")
			cfg.Model = model
			l := h.plugDriver(h.room.Printer(cfg), printertest.New(printertest.Options{Maker: "EPSON", Model: "TM-T82"}), nil)
			time.Sleep(15 * time.Second)
			assert.Equal(t, other, h.conditions("p1").Has(device.Another), model)
			l.stop()
			time.Sleep(15 * time.Second)
		}
	})
}
