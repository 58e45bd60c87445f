package main

import (
	"fmt"
	"os"

	"xinmoi/assets/locale"
	"xinmoi/store/centre"
)

// runCheck tells everything that is wrong with centres' documents. Warnings
// alone are good.
func runCheck(e env, args []string) int {
	fs := e.flags("check", "cmd.check.usage")
	if err := fs.Parse(args); err != nil || fs.NArg() == 0 {
		if err == nil {
			fmt.Fprintln(e.errw, e.say("cmd.check.usage", nil))
		}
		return exitUsage
	}
	code := exitGood
	for _, file := range fs.Args() {
		src, err := os.ReadFile(file)
		if err != nil {
			fmt.Fprintln(e.errw, e.say("cmd.check.unreadable", map[string]any{"file": file, "err": e.trouble(err)}))
			code = max(code, exitCannotTell)
			continue
		}
		doc, findings := centre.Parse(file, src)
		for _, line := range sayFindings(e.words, e.lang, findings) {
			fmt.Fprintln(e.out, line)
		}
		if doc == nil {
			code = max(code, exitFound)
			continue
		}
		fmt.Fprintln(e.out, e.say("cmd.check.good", map[string]any{
			"file": file, "services": len(doc.Services), "counters": len(doc.Counters), "warnings": len(findings),
		}))
		sayBuses(e, doc)
	}
	return code
}

// readDocument reads the document that a tool works by; what is wrong with it is
// told, and then there is none.
func readDocument(e env, file string) (doc *centre.Document, code int) {
	src, err := os.ReadFile(file)
	if err != nil {
		fmt.Fprintln(e.errw, e.say("cmd.check.unreadable", map[string]any{"file": file, "err": e.trouble(err)}))
		return nil, exitCannotTell
	}
	doc, findings := centre.Parse(file, src)
	if doc == nil {
		for _, line := range sayFindings(e.words, e.lang, findings) {
			fmt.Fprintln(e.errw, line)
		}
		return nil, exitFound
	}
	return doc, exitGood
}

// sayFindings writes findings one a line, as editors jump to them:
// "centre.toml:12: lỗi: …".
func sayFindings(words *locale.Catalogue, lang string, findings []centre.Finding) []string {
	var lines []string
	for _, f := range findings {
		kind := "common.error"
		if f.Warning {
			kind = "common.warning"
		}
		lines = append(lines, fmt.Sprintf("%s:%d: %s: %s", f.File, f.Line, words.Say(lang, kind, nil), words.Say(lang, f.Key(), f.Args)))
	}
	return lines
}
