package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"slices"
	"strconv"
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

// parse takes flags, and nothing but flags.
func (e env) parse(fs *flag.FlagSet, args []string) error {
	err := fs.Parse(args)
	if err == nil && fs.NArg() > 0 {
		fmt.Fprintln(e.errw, e.say("cmd.surplus", map[string]any{"what": fs.Arg(0)}))
		fs.Usage()
		err = errSurplus
	}
	return err
}

var errSurplus = errors.New("surplus arguments")

// asksHelp reports whether a command is asked for its usage, which is no mistake.
func asksHelp(args []string) bool {
	return slices.ContainsFunc(args, func(a string) bool { return a == "-h" || a == "-help" || a == "--help" })
}

// badListen says that an address cannot be one to listen on, before anything is begun.
func (e env) badListen(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	n, bad := strconv.Atoi(port)
	if err == nil && bad == nil && n >= 0 && n <= 65535 {
		return false
	}
	fmt.Fprintln(e.errw, e.say("cmd.bad_listen", map[string]any{"listen": addr}))
	return true
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
