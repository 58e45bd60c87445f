package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"xinmoi/cmd/internal/demo"
)

// runDemo brings up a whole hall with simulated devices and says which page to
// open. Nothing is kept unless --data is given.
func runDemo(ctx context.Context, e env, args []string) int {
	o := demo.Options{Log: e.errw, Lang: e.lang, NoPower: e.say("cmd.demo.no_power", nil)}
	fs := e.flags("demo", "cmd.demo.usage")
	fs.StringVar(&o.Data, "data", "", e.say("cmd.flag.demo_data", nil))
	fs.StringVar(&o.Listen, "listen", "127.0.0.1:8080", e.say("cmd.flag.listen", nil))
	if err := e.parse(fs, args); err != nil {
		return exitUsage
	}
	if e.badListen(o.Listen) {
		return exitUsage
	}
	var err error
	if o.Exe, err = os.Executable(); err != nil {
		fmt.Fprintln(e.errw, e.trouble(err))
		return exitCannotTell
	}
	o.Ready = func(url string) {
		fmt.Fprintf(e.out, "\n  %s\n  %s\n\n", e.say("cmd.demo.open", map[string]any{"url": url}), e.say("cmd.demo.stop", nil))
	}
	err = demo.Run(ctx, o)
	var bad *demo.BadDocument
	if errors.As(err, &bad) {
		for _, line := range sayFindings(e.words, e.lang, bad.Findings) {
			fmt.Fprintln(e.errw, line)
		}
		return exitFound
	}
	var taken *demo.Taken
	if errors.As(err, &taken) {
		fmt.Fprintln(e.errw, e.say("cmd.demo.taken", map[string]any{"address": taken.Address}))
		return exitCannotTell
	}
	var ended *demo.Ended
	if errors.As(err, &ended) {
		fmt.Fprintln(e.errw, e.say("cmd.demo.ended", map[string]any{"state": ended.State}))
		return exitCannotTell
	}
	if err != nil {
		fmt.Fprintln(e.errw, e.trouble(err))
		return exitCannotTell
	}
	return exitGood
}
