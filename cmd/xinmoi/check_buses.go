package main

import (
	"fmt"
	"log/slog"

	"xinmoi/cmd/internal/port"
	"xinmoi/counter"
	"xinmoi/display"
	"xinmoi/store/centre"
)

// sayBuses tells of each bus of the document how long its round is at least, so
// that a technician sees before the opening day that a line is too slow.
func sayBuses(e env, d *centre.Document) {
	log := slog.New(slog.DiscardHandler)
	say := func(key, address string, n int, round float64) {
		fmt.Fprintln(e.out, "  "+e.say("cmd.check."+key, map[string]any{
			"port": address, "n": n, "ms": fmt.Sprintf("%.0f", round), "baud": baudOf(address),
		}))
	}
	for _, pads := range byPort(d.Keypads, func(k centre.Keypad) string { return k.Port }) {
		bus, err := counter.NewBus(nil, log, d, pads)
		if err != nil {
			continue // check has told
		}
		round, polled := bus.Floor(baudOf(pads[0].Port))
		switch ms := round.Seconds() * 1000; {
		case polled:
			say("polled", pads[0].Port, len(pads), ms)
		case round > 0:
			say("spoken", pads[0].Port, len(pads), ms)
		}
	}
	for _, leds := range byPort(d.LEDs, func(l centre.LED) string { return l.Port }) {
		bus, err := display.NewSigns(nil, log, d, leds)
		if err != nil {
			continue
		}
		round := bus.Floor(baudOf(leds[0].Port))
		say("signs", leds[0].Port, len(leds), round.Seconds()*1000)
	}
}

// baudOf is the speed of a line; behind a serial server that does not say
// it is taken to be 9600, as the drivers do.
func baudOf(address string) int {
	if a, err := port.Parse(address); err == nil && a.Line.Baud > 0 {
		return a.Line.Baud
	}
	return 9600
}
