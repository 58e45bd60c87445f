package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"xinmoi/store/centre"
)

// draft is what init has been told so far.
type draft struct {
	kind    string
	answers centre.Answers
}

// question is one of the six. Its flag answers it without asking; its sentence
// is "cmd.init.ask."+flag. set returns the sentence key of what is wrong.
type question struct {
	flag     string
	standard func(d draft) string // taken when nothing is typed
	set      func(d *draft, answer string) string
}

func questions() []question {
	return []question{
		{"kind", func(draft) string { return "1" }, setKind},
		{"name", func(draft) string { return "" }, setName},
		{"counters", func(d draft) string { return map[string]string{"commune": "5", "ward": "8", "province": "17"}[d.kind] }, setCounters},
		{"printer", func(draft) string { return "usb:/dev/usb/lp0" }, func(d *draft, s string) string { d.answers.PrinterPort = portAnswer(s); return "" }},
		{"keypads", func(draft) string { return "-" }, func(d *draft, s string) string { d.answers.KeypadPort = portAnswer(s); return "" }},
		{"signs", func(draft) string { return "-" }, func(d *draft, s string) string { d.answers.LEDPort = portAnswer(s); return "" }},
	}
}

// portAnswer lets people say that there is no such device.
func portAnswer(s string) string {
	if slices.Contains([]string{"-", "0", "không", "khong", "no", "none"}, strings.ToLower(s)) {
		return ""
	}
	return s
}

func setKind(d *draft, s string) string {
	i := slices.Index([]string{"1", "2", "3"}, s)
	if i < 0 {
		i = slices.Index(centre.Kinds, s)
	}
	if i < 0 {
		return "cmd.init.bad_kind"
	}
	d.kind = centre.Kinds[i]
	return ""
}

func setCounters(d *draft, s string) string {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > centre.MaxCounters {
		return "cmd.init.bad_counters"
	}
	d.answers.Counters = n
	return ""
}

// units are the kinds of place with their English, longest first, and the one
// that is meant when only the bare name is typed.
var units = []struct{ vi, en, kind string }{
	{"thành phố", "City", ""}, {"đặc khu", "Special Zone", ""}, {"phường", "Ward", "ward"}, {"tỉnh", "Province", "province"}, {"xã", "Commune", "commune"},
}

// setName makes the names of the centre and of the body above it of the name of
// its place: "xã Mường Ảng".
func setName(d *draft, s string) string {
	s = norm.NFC.String(strings.Join(strings.Fields(s), " "))
	unit, english, place := "", "", s
	for _, u := range units {
		if len(s) > len(u.vi) && strings.EqualFold(s[:len(u.vi)], u.vi) && s[len(u.vi)] == ' ' {
			unit, english, place = u.vi, u.en, s[len(u.vi)+1:]
			break
		}
		if u.kind == d.kind {
			unit, english = u.vi, u.en
		}
	}
	if place == "" {
		return "cmd.init.bad_name"
	}
	d.answers.Name = centre.Text{
		"vi": "Trung tâm Phục vụ hành chính công " + unit + " " + place,
		"en": place + " " + english + " Public Service Centre",
	}
	d.answers.Authority = centre.Text{
		"vi": "UBND " + unit + " " + place,
		"en": "People's Committee of " + place + " " + english,
	}
	return ""
}

// runInit asks six questions and writes a centre's first document.
func runInit(e env, args []string) int {
	set := e.flags("init", "cmd.init.usage")
	file := set.String("out", "centre.toml", e.say("cmd.flag.output", nil))
	set.StringVar(file, "o", "centre.toml", e.say("cmd.flag.output", nil))
	url := set.String("public-url", "", e.say("cmd.flag.public_url", nil))
	yes := set.Bool("yes", false, e.say("cmd.flag.yes", nil))
	given := map[string]*string{}
	for _, q := range questions() {
		given[q.flag] = set.String(q.flag, "", e.say("cmd.flag."+q.flag, nil))
	}
	if err := e.parse(set, args); err != nil {
		return exitUsage
	}
	if _, err := os.Lstat(*file); err == nil {
		return initRefused(e, *file)
	}
	d := draft{answers: centre.Answers{PublicURL: *url}}
	in := bufio.NewScanner(e.in)
	for i, q := range questions() {
		if !e.ask(&d, q, i+1, *given[q.flag], *yes, in) {
			return exitUsage
		}
	}
	return e.writeDocument(*file, d)
}

// ask puts one question until its answer is good. An answer that came by a flag
// is not asked for again when it is bad.
func (e env) ask(d *draft, q question, number int, given string, yes bool, in *bufio.Scanner) bool {
	standard := q.standard(*d)
	for {
		answer := given
		switch {
		case given != "":
		case yes:
			answer = standard
		default:
			fmt.Fprintf(e.out, "%d/6  %s ", number, e.say("cmd.init.ask."+q.flag, map[string]any{"standard": standard}))
			if !in.Scan() {
				fmt.Fprintln(e.errw, "\n"+e.say("cmd.init.no_answer", nil))
				return false
			}
			if answer = strings.TrimSpace(in.Text()); answer == "" {
				answer = standard
			}
		}
		next := *d
		problem := q.set(&next, answer)
		if problem != "" {
			problem = e.say(problem, nil)
		} else {
			problem = e.problem(next)
		}
		if problem == "" {
			*d = next
			return true
		}
		fmt.Fprintln(e.errw, "     "+problem)
		if given != "" || yes {
			return false
		}
	}
}

// problem is the first error of the document that the draft would make, so that
// a bad port is told right after it was typed.
func (e env) problem(d draft) string {
	if d.answers.Name == nil {
		d.answers.Name = centre.Text{"vi": "?", "en": "?"}
	}
	d.answers.Counters = max(d.answers.Counters, 1)
	src, err := centre.Template(d.kind, d.answers)
	if err != nil {
		return err.Error()
	}
	doc, findings := centre.Parse("", src)
	for _, f := range findings {
		if doc == nil && !f.Warning {
			return e.say("centre."+f.Code, f.Args)
		}
	}
	return ""
}

// writeDocument writes a file that is not there yet, and says what to do next.
func (e env) writeDocument(file string, d draft) int {
	src, err := centre.Template(d.kind, d.answers)
	if err != nil {
		fmt.Fprintln(e.errw, e.trouble(err))
		return exitCannotTell
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return initRefused(e, file)
	}
	if err == nil {
		_, err = f.Write(src)
		if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
			os.Remove(file) // half a document would be refused without saying why
		}
	}
	if err != nil {
		fmt.Fprintln(e.errw, e.say("cmd.init.unwritable", map[string]any{"file": file, "err": e.trouble(err)}))
		return exitCannotTell
	}
	_, findings := centre.Parse(file, src)
	for _, line := range sayFindings(e.words, e.lang, findings) {
		fmt.Fprintln(e.out, line)
	}
	fmt.Fprintln(e.out, e.say("cmd.init.done", map[string]any{"file": file}))
	fmt.Fprintf(e.out, "  xinmoi serve --config %s --data data\n", file)
	return exitGood
}

func initRefused(e env, file string) int {
	fmt.Fprintln(e.errw, e.say("cmd.init.exists", map[string]any{"file": file}))
	return exitFound
}
