package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"xinmoi/cmd/internal/sim"
	"xinmoi/store"
)

// runSim writes the book of a large centre's years: what the figures of a book of
// ten years are measured on.
func runSim(ctx context.Context, e env, args []string) int {
	var o sim.Options
	fs := e.flags("sim", "sim.usage")
	fs.StringVar(&o.Dir, "data", "", e.say("cmd.flag.data", nil))
	fs.IntVar(&o.Years, "years", 1, e.say("sim.flag.years", nil))
	fs.IntVar(&o.Tickets, "tickets", 1600, e.say("sim.flag.tickets", nil))
	fs.Uint64Var(&o.Seed, "seed", 1, e.say("sim.flag.seed", nil))
	until := fs.String("until", time.Now().Format(time.DateOnly), e.say("sim.flag.until", nil))
	err := e.parse(fs, args)
	end, bad := time.Parse(time.DateOnly, *until)
	if err != nil || bad != nil || o.Dir == "" || o.Years < 1 || o.Years > 50 || o.Tickets < 1 || o.Tickets > 3000 {
		if err == nil {
			fmt.Fprintln(e.errw, e.say("sim.usage", nil))
		}
		return exitUsage
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		fmt.Fprintln(e.errw, e.trouble(err))
		return exitCannotTell
	}
	o.First = end.AddDate(-o.Years, 0, 0)
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // nearly everything is garbage at once
	begun := time.Now()
	say := func(key string, d sim.Done) {
		fmt.Fprintln(e.out, e.say(key, map[string]any{
			"day": d.Day, "days": d.Days, "tickets": d.Tickets, "entries": d.Entries,
			"percent": int(d.Part * 100), "seconds": int(time.Since(begun).Seconds()),
		}))
	}
	o.Progress = func(d sim.Done) { say("sim.progress", d) }
	done, err := sim.Run(ctx, o)
	switch {
	case errors.Is(err, os.ErrExist):
		fmt.Fprintln(e.errw, e.say("sim.exists", map[string]any{"file": store.BookFile(o.Dir)}))
		return exitCannotTell
	case err != nil:
		fmt.Fprintln(e.errw, e.say("sim.failed", map[string]any{"err": e.trouble(err)}))
		return exitCannotTell
	}
	say("sim.done", done)
	return exitGood
}
