// Command xinmoi-agent is "xinmoi agent" alone, for Windows: it lends the COM
// ports and print queues of a clerk's PC to the daemon of the hall. It is built
// and has never been run.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"xinmoi/assets/locale"
	"xinmoi/cmd/internal/agent"
)

func main() {
	words, err := locale.New()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	lang := os.Getenv("XINMOI_LANG")
	if lang == "" {
		lang = "vi"
	}
	say := func(key string, args map[string]any) string { return words.Say(lang, key, args) }
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(agent.Command(ctx, say, lang, os.Stdout, os.Stderr, os.Args[1:]))
}
