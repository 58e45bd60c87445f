package main

import (
	"context"
	"fmt"
	"time"

	"xinmoi/cmd/internal/port"
	"xinmoi/counter"
	"xinmoi/store/centre"
)

// listenTo shows what a device says: its bytes, and what they mean where that is
// known, also by the templates of a document.
func listenTo(ctx context.Context, e env, address, file string) int {
	a, err := port.Parse(address)
	if err != nil {
		return e.badPort(address)
	}
	var doc *centre.Document
	if file != "" {
		var code int
		if doc, code = readDocument(e, file); doc == nil {
			return code
		}
	}
	hear, err := counter.Hear(doc)
	if err != nil {
		fmt.Fprintln(e.errw, e.trouble(err))
		return exitFound
	}
	if a.Scheme == port.Evdev {
		hear = counter.HearKeys()
	}
	wire, err := port.Open(ctx, a)
	if err != nil {
		fmt.Fprintln(e.errw, e.say("cmd.doctor.cannot_open", map[string]any{"port": address, "err": whyNot(e, err, address)}))
		return exitCannotTell
	}
	defer wire.Close()
	stop := context.AfterFunc(ctx, func() { wire.Close() })
	defer stop()
	fmt.Fprintln(e.out, e.say("cmd.doctor.listening", map[string]any{"port": a.String()}))
	buf := make([]byte, 64)
	for {
		n, err := wire.Read(buf)
		if n > 0 {
			fmt.Fprintf(e.out, "%s  % X\n", time.Now().Format("15:04:05.000"), buf[:n])
			for _, line := range hear(buf[:n]) {
				fmt.Fprintln(e.out, "              "+line)
			}
		}
		switch {
		case ctx.Err() != nil:
			return exitGood
		case err != nil:
			fmt.Fprintln(e.errw, e.say("cmd.doctor.gone", map[string]any{"port": address, "err": whyNot(e, err, address)}))
			return exitCannotTell
		}
	}
}
