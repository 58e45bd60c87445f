package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"xinmoi/printer"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// runPreview draws a ticket of a document as a PNG, so that its words can be
// looked at before there is a printer. It takes no number.
func runPreview(e env, args []string) int {
	fs := e.flags("print-preview", "cmd.preview.usage")
	file := fs.String("config", "", e.say("cmd.flag.config", nil))
	out := fs.String("o", "ticket.png", e.say("cmd.flag.output", nil))
	id := fs.String("printer", "", e.say("cmd.flag.printer_id", nil))
	template := fs.String("template", "", e.say("cmd.flag.template", nil))
	var o printer.Sample
	fs.StringVar(&o.Service, "service", "", e.say("cmd.flag.service", nil))
	fs.StringVar(&o.Lang, "for", "", e.say("cmd.flag.for", nil))
	fs.IntVar(&o.Dots, "dots", 0, e.say("cmd.flag.dots", nil))
	if err := e.parse(fs, args); err != nil || *file == "" {
		if err == nil {
			fmt.Fprintln(e.errw, e.say("cmd.preview.usage", nil))
		}
		return exitUsage
	}
	if o.Dots != 0 && (o.Dots < printer.LeastDots || o.Dots > printer.MostDots) {
		fmt.Fprintln(e.errw, e.say("cmd.preview.dots", map[string]any{"least": printer.LeastDots, "most": printer.MostDots}))
		return exitUsage
	}
	doc, code := readDocument(e, *file)
	if doc == nil {
		return code
	}
	p, ok := doc.Printer(*id)
	if !ok && *id != "" {
		fmt.Fprintln(e.errw, e.say("cmd.preview.no_printer", map[string]any{"printer": *id}))
		return exitFound
	}
	if _, ok := doc.Service(queue.ServiceID(o.Service)); !ok && o.Service != "" {
		var known []string
		for _, s := range doc.Services {
			known = append(known, s.ID)
		}
		fmt.Fprintln(e.errw, e.say("cmd.preview.no_service", map[string]any{"service": o.Service, "known": strings.Join(known, ", ")}))
		return exitFound
	}
	if o.Lang != "" && !slices.Contains(doc.Centre.Languages, o.Lang) {
		fmt.Fprintln(e.errw, e.say("cmd.preview.no_language", map[string]any{"lang": o.Lang, "known": strings.Join(doc.Centre.Languages, ", ")}))
		return exitFound
	}
	if !ok && len(doc.Printers) > 0 {
		p = doc.Printers[0]
	}
	if *template != "" {
		var found []centre.Finding
		var err error
		if o.Template, found, err = printer.ReadTemplate(*template); err != nil {
			fmt.Fprintln(e.errw, e.say("cmd.check.unreadable", map[string]any{"file": *template, "err": e.trouble(err)}))
			return exitCannotTell
		}
		for _, line := range sayFindings(e.words, e.lang, found) {
			fmt.Fprintln(e.errw, line)
		}
		if o.Template == nil { // drawn all the same, as the hall would print it
			code = exitFound
			fmt.Fprintln(e.errw, e.say("printer.template.house", nil))
		}
	}
	o.Printer, o.Now = p, time.Now()
	var png bytes.Buffer
	err := printer.Preview(&png, doc, o, e.words.Say)
	if err == nil {
		*out = filepath.Clean(*out)
		err = ownTarget(*out, ".png", "\x89PNG\r\n\x1a\n")
	}
	if err == nil {
		err = replace(*out, png.Bytes())
	}
	if err != nil {
		fmt.Fprintln(e.errw, e.trouble(err))
		return exitCannotTell
	}
	fmt.Fprintln(e.out, *out)
	return code
}
