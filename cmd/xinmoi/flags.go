package main

import (
	"flag"
	"fmt"
	"slices"
	"strings"

	"xinmoi/cmd/internal/flags"
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

// flags is a set of flags that speaks the technician's language; usage is the key of
// its first line.
func (e env) flags(name, usage string) *flag.FlagSet {
	fs := flags.New(e.errw, e.say, name, usage)
	help := fs.Usage
	fs.Usage = func() {
		help()
		if fs.Lookup("lang") == nil { // takeLang has taken it
			fmt.Fprintf(e.errw, "  -lang string\n    \t%s\n", e.say("cmd.flag.lang", nil))
		}
	}
	return fs
}
