// Command xinmoi runs a public service hall: kiosks, ticket printers, call
// keypads, LED signs and wall boards, with the queue in one book on disk.
//
// This package is flags and wiring. What a thing in the hall does stands in the
// folder of that thing; they meet here and in the journal, nowhere else.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // a small box may have no zone files

	"xinmoi/assets/locale"
)

// version is set by the linker.
var version = "dev"

// Exit codes, the same for every command.
const (
	exitGood       = 0
	exitFound      = 1 // the command worked and found something wrong
	exitUsage      = 2
	exitCannotTell = 3
)

// command is one word after "xinmoi". Its one-line help is the sentence
// "cmd.help.<name>" of the locale.
type command struct {
	name string
	run  func(ctx context.Context, e env, args []string) int
}

func commands() []command {
	return []command{
		{"demo", runDemo},
		{"init", func(_ context.Context, e env, args []string) int { return runInit(e, args) }},
		{"check", func(_ context.Context, e env, args []string) int { return runCheck(e, args) }},
		{"print-preview", func(_ context.Context, e env, args []string) int { return runPreview(e, args) }},
		{"doctor", runDoctor},
		{"serve", runServe},
		{"reload", runReload},
		{"agent", runAgent},
		{"agent-key", runAgentKey},
		{"audit", runAudit},
		{"report", runReport},
		{"voice", runVoice},
		{"backup", runBackup},
		{"restore", func(_ context.Context, e env, args []string) int { return runRestore(e, args) }},
		{"export", runExport},
		{"verify", func(_ context.Context, e env, args []string) int { return runVerify(e, args) }},
		{"sim", runSim},
		{"version", func(_ context.Context, e env, _ []string) int { fmt.Fprintln(e.out, version); return exitGood }},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second Ctrl+C ends at once what does not listen; SIGTERM always ends in order.
	context.AfterFunc(ctx, func() { signal.Reset(os.Interrupt) })
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	words, err := locale.New("")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitCannotTell
	}
	return runWith(ctx, env{in: os.Stdin, out: os.Stdout, errw: os.Stderr, words: words, lang: language()}, args)
}

func runWith(ctx context.Context, e env, args []string) int {
	if len(args) > 0 {
		rest, ok := args[1:], true
		if args[0] != "voice" { // whose --lang is that of the pack
			rest, ok = e.takeLang(rest)
		}
		if !ok {
			return exitUsage
		}
		for _, c := range commands() {
			if c.name != args[0] {
				continue
			}
			code := c.run(ctx, e, rest)
			if code == exitUsage && asksHelp(rest) {
				code = exitGood
			}
			return code
		}
	}
	help := len(args) > 0 && (args[0] == "help" || asksHelp(args[:1]))
	if len(args) > 0 && !help {
		fmt.Fprintln(e.errw, e.say("cmd.unknown", map[string]any{"command": args[0]}))
	}
	usage(e)
	if help {
		return exitGood
	}
	return exitUsage
}

func usage(e env) {
	fmt.Fprintln(e.errw, e.say("cmd.usage", nil))
	for _, c := range commands() {
		fmt.Fprintf(e.errw, "  %-13s  %s\n", c.name, e.say("cmd.help."+c.name, nil))
	}
}

// language is the technician's: Vietnamese unless asked otherwise. LANG is not
// asked, since most machines are installed in English whoever works on them.
func language() string {
	if l := os.Getenv("XINMOI_LANG"); l != "" {
		return l
	}
	return "vi"
}
