package main

import (
	"context"
	"encoding/json"
	"fmt"

	"xinmoi/cmd/internal/port"
	"xinmoi/store/centre"
	"xinmoi/store/device"
)

// line is one wire with what is to be spoken on it: a printer, a bus of
// keypads, a bus of signs. Two lines with the same key are the same line, and a
// reload leaves it alone.
type line struct {
	key     string
	address string
	ids     []device.ID
	serve   func(context.Context, device.Wire) error
}

// lines lists the wires of a document.
func (s *server) lines(d *centre.Document) []line {
	var out []line
	for _, p := range d.Printers {
		out = append(out, line{
			key: keyOf("printer", p), address: p.Port,
			ids:   []device.ID{device.ID("printer/" + p.ID)},
			serve: s.rooms.printer.Printer(p).Serve,
		})
	}
	for _, k := range d.Kiosks {
		if k.Reader != "" {
			out = append(out, line{
				key: keyOf("reader", k.ID, k.Reader), address: k.Reader,
				ids:   []device.ID{device.ID("reader/" + k.ID)},
				serve: s.rooms.kiosk.Scanner(k).Serve,
			})
		}
	}
	for _, pads := range byPort(d.Keypads, func(k centre.Keypad) string { return k.Port }) {
		bus, err := s.rooms.counter.Bus(d, pads)
		if err != nil { // check has refused it; an older book may still hold one
			s.log.Error("keypads", "port", pads[0].Port, "err", err)
			continue
		}
		template, _ := d.Template(pads[0].Template)
		l := line{key: keyOf("keypads", pads, template), address: pads[0].Port, serve: bus.Serve}
		for _, k := range pads {
			l.ids = append(l.ids, device.ID("keypad/"+k.ID))
		}
		out = append(out, l)
	}
	for _, leds := range byPort(d.LEDs, func(l centre.LED) string { return l.Port }) {
		signs, err := s.rooms.display.Bus(d, leds)
		if err != nil { // as above
			s.log.Error("signs", "port", leds[0].Port, "err", err)
			continue
		}
		template, _ := d.Template(leds[0].Template)
		l := line{key: keyOf("signs", leds, template, cellsOf(d, leds)), address: leds[0].Port, serve: signs.Serve}
		for _, led := range leds {
			l.ids = append(l.ids, device.ID("led/"+led.ID))
		}
		out = append(out, l)
	}
	return out
}

// cellsOf are the cells of counters' numbers, which follow from the whole document.
func cellsOf(d *centre.Document, leds []centre.LED) (cells []int) {
	for _, l := range leds {
		cells = append(cells, d.CounterCells(l))
	}
	return cells
}

// keyOf is the same for the same devices, whichever document they stand in.
func keyOf(kind string, devices ...any) string {
	b, err := json.Marshal(devices)
	if err != nil {
		panic(fmt.Sprintf("devices: plain fields cannot be written: %v", err))
	}
	return kind + string(b)
}

// byPort groups devices that share a bus, in the order of the document.
func byPort[T any](all []T, portOf func(T) string) [][]T {
	var out [][]T
	at := map[string]int{}
	for _, x := range all {
		p := portOf(x)
		i, seen := at[p]
		if !seen {
			i = len(out)
			at[p] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], x)
	}
	return out
}

// runDevices keeps every wire of the document in force open, and follows it
// when another document is put in force: only what changed is touched.
func (s *server) runDevices(ctx context.Context) error {
	bell, stop := s.book.Bell()
	defer stop()
	running := map[string]*keeping{}
	defer func() {
		for _, k := range running {
			<-k.ended
		}
	}()
	hash := ""
	for {
		if _, now := s.book.View().Hall.Document(); now != hash {
			hash = now
			s.follow(ctx, running, s.lines(s.document()))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-bell:
		}
	}
}

// keeping is a line that is kept open.
type keeping struct {
	cancel context.CancelFunc
	ended  chan struct{}
}

// follow stops the lines that are no longer wanted and starts the new ones. All
// of the old have ended before a new one may open the same port.
func (s *server) follow(ctx context.Context, running map[string]*keeping, want []line) {
	wanted := map[string]bool{}
	for _, l := range want {
		wanted[l.key] = true
	}
	var old []*keeping
	for key, k := range running {
		if !wanted[key] {
			k.cancel()
			old = append(old, k)
			delete(running, key)
		}
	}
	for _, k := range old {
		<-k.ended
	}
	for _, l := range want {
		if running[l.key] != nil {
			continue
		}
		address, err := port.Parse(l.address)
		if err != nil { // check has refused it; an older book may still hold one
			s.log.Error("port", "address", l.address, "err", err)
			continue
		}
		running[l.key] = s.keep(ctx, l, address)
	}
}

// keep keeps a line open until ctx or the line is ended.
func (s *server) keep(ctx context.Context, l line, address port.Address) *keeping {
	ctx, cancel := context.WithCancel(ctx)
	opener := port.Opener{Lent: s.lent}
	k := &keeping{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(k.ended)
		defer cancel()
		opener.Keep(ctx, address, l.serve, func(c device.Conditions, detail string) {
			for _, id := range l.ids {
				s.book.Report(id, c, detail)
			}
		})
	}()
	return k
}
