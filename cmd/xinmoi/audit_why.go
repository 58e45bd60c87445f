package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"xinmoi/counter"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// runAuditWhy answers "why was this number called before that one?" in one
// sentence: xinmoi audit why A012 A007 --data DIR.
func runAuditWhy(ctx context.Context, e env, args []string) int {
	fs := e.flags("audit why", "audit.why.usage")
	file := fs.String("data", "", e.say("audit.flag.data", nil))
	day := fs.String("day", "", e.say("audit.flag.why_day", nil))
	var numbers []string
	for { // numbers and flags in any order
		if err := fs.Parse(args); err != nil {
			return exitUsage
		}
		if args = fs.Args(); len(args) == 0 {
			break
		}
		numbers, args = append(numbers, strings.ToUpper(args[0])), args[1:]
	}
	if len(numbers) != 2 || *file == "" {
		fmt.Fprintln(e.errw, e.say("audit.why.usage", nil))
		return exitUsage
	}
	if _, err := time.Parse(time.DateOnly, *day); err != nil && *day != "" {
		fmt.Fprintln(e.errw, e.say("audit.bad_day", map[string]any{"day": *day}))
		return exitUsage
	}
	if numbers[0] == numbers[1] {
		fmt.Fprintln(e.errw, e.refusal(queue.ErrSameNumber))
		return exitUsage
	}
	data := ""
	if info, err := os.Stat(*file); err == nil && info.IsDir() {
		data, *file = *file, store.BookFile(*file)
	}
	zone := func(h *queue.Hall) *time.Location { return centre.InForce(h).Location() }
	w, hall, err := store.Why(*file, store.AuditOptions{Zone: zone, Day: queue.Day(*day)}, numbers[0], numbers[1])
	var no *queue.Refusal
	switch {
	case errors.Is(err, store.ErrInUse) && data != "":
		return askWhy(ctx, e, data, numbers, *day)
	case errors.Is(err, store.ErrInUse):
		fmt.Fprintln(e.errw, e.say("audit.in_use", nil))
		return exitCannotTell
	case errors.As(err, &no):
		fmt.Fprintln(e.errw, e.refusal(no))
		return exitCannotTell
	case err != nil:
		fmt.Fprintln(e.errw, e.say("audit.cannot", map[string]any{"err": e.trouble(err)}))
		return exitCannotTell
	}
	fmt.Fprintln(e.out, counter.Teller{Words: e.words.Say, Lang: e.lang, Doc: centre.InForce(hall)}.Why(w))
	return exitGood
}

// refusal is the door's sentence for a refusal.
func (e env) refusal(no *queue.Refusal) string {
	if key := "door." + no.Code + ".with"; no.Args != nil && e.words.Has(key) {
		return e.say(key, no.Args)
	}
	return e.say("door."+no.Code, no.Args)
}

// askWhy asks the running daemon.
func askWhy(ctx context.Context, e env, data string, numbers []string, day string) int {
	q := url.Values{"first": {numbers[0]}, "second": {numbers[1]}, "day": {day}}
	status, body, err := ask(ctx, data, e.lang, http.MethodGet, "/api/v1/audit/why", q)
	var answer struct{ Sentence, Detail string }
	if err == nil {
		err = json.Unmarshal(body, &answer)
	}
	switch {
	case err != nil:
		fmt.Fprintln(e.errw, e.say("cmd.no_daemon", map[string]any{"data": data, "err": e.trouble(err)}))
		return exitCannotTell
	case status != http.StatusOK:
		fmt.Fprintln(e.errw, answer.Detail)
		return exitCannotTell
	}
	fmt.Fprintln(e.out, answer.Sentence)
	return exitGood
}
