package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

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
		l := line{key: keyOf("signs", leds), address: leds[0].Port, serve: s.rooms.display.Bus(leds).Serve}
		for _, led := range leds {
			l.ids = append(l.ids, device.ID("led/"+led.ID))
		}
		out = append(out, l)
	}
	return out
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
	running := map[string]context.CancelFunc{}
	var wg sync.WaitGroup
	defer wg.Wait()
	hash := ""
	for {
		if _, now := s.book.View().Hall.Document(); now != hash {
			hash = now
			s.follow(ctx, &wg, running, s.lines(s.document()))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-bell:
		}
	}
}

// follow stops the lines that are no longer wanted and starts the new ones. A
// line is ended before a new one opens the same port.
func (s *server) follow(ctx context.Context, wg *sync.WaitGroup, running map[string]context.CancelFunc, want []line) {
	wanted := map[string]bool{}
	for _, l := range want {
		wanted[l.key] = true
	}
	for key, cancel := range running {
		if !wanted[key] {
			cancel()
			delete(running, key)
		}
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
		lctx, cancel := context.WithCancel(ctx)
		running[l.key] = cancel
		wg.Go(func() {
			port.Keep(lctx, address, l.serve, func(c device.Conditions, detail string) {
				for _, id := range l.ids {
					s.book.Report(id, c, detail)
				}
			})
		})
	}
}
