package main

import (
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// takeLang takes --lang out of a command's arguments: every command has it, and the
// flags themselves are described in that language. ok is false when it has been told
// that there is no such language.
func (e *env) takeLang(args []string) (rest []string, ok bool) {
	for i := 0; i < len(args) && args[i] != "--"; i++ {
		name, lang, given := strings.Cut(args[i], "=")
		if name != "--lang" && name != "-lang" {
			continue
		}
		after := args[i+1:]
		if !given && len(after) > 0 {
			lang, after = after[0], after[1:]
		}
		var known []string
		for _, l := range e.words.Languages() {
			known = append(known, l.Code)
		}
		if !slices.Contains(known, lang) {
			fmt.Fprintln(e.errw, e.say("cmd.bad_lang", map[string]any{"lang": lang, "known": strings.Join(known, ", ")}))
			return nil, false
		}
		e.lang = lang
		args, i = slices.Concat(args[:i], after), i-1
	}
	return args, true
}

// flags is a set of flags that says in the technician's language what it takes and
// what is wrong; usage is the key of its first line.
func (e env) flags(name, usage string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(flagWords{e})
	fs.Usage = func() {
		fmt.Fprintln(e.errw, e.say(usage, nil))
		fs.SetOutput(e.errw)
		fs.PrintDefaults()
		fs.SetOutput(flagWords{e})
		if fs.Lookup("lang") == nil {
			fmt.Fprintf(e.errw, "  -lang string\n    \t%s\n", e.say("cmd.flag.lang", nil))
		}
	}
	return fs
}

// flagWords says in words what package flag writes in English.
type flagWords struct{ env }

var badValue = regexp.MustCompile(`^invalid (?:boolean )?value "(.*)" for (?:flag )?(-[^:]+): `)

func (f flagWords) Write(b []byte) (int, error) {
	text := strings.TrimSpace(string(b))
	name, unknown := strings.CutPrefix(text, "flag provided but not defined: ")
	bare, empty := strings.CutPrefix(text, "flag needs an argument: ")
	switch m := badValue.FindStringSubmatch(text); {
	case unknown:
		text = f.say("cmd.flag_unknown", map[string]any{"flag": name})
	case empty:
		text = f.say("cmd.flag_empty", map[string]any{"flag": bare})
	case m != nil:
		text = f.say("cmd.flag_bad", map[string]any{"flag": m[2], "value": m[1]})
	}
	_, err := fmt.Fprintln(f.errw, text)
	return len(b), err
}
