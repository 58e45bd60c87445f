// Package flags lets package flag speak the technician's language.
package flags

import (
	"flag"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// New makes a set of flags that says in words what it takes and what is wrong. usage is
// the key of the first line of its help. It stops at the first error, which has been
// told.
func New(out io.Writer, say func(key string, args map[string]any) string, name, usage string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	told := words{out, say}
	fs.SetOutput(told)
	fs.Usage = func() {
		fmt.Fprintln(out, say(usage, nil))
		fs.SetOutput(out)
		fs.PrintDefaults()
		fs.SetOutput(told)
	}
	return fs
}

// words says in words what package flag writes in English.
type words struct {
	out io.Writer
	say func(key string, args map[string]any) string
}

var badValue = regexp.MustCompile(`^invalid (?:boolean )?value "(.*)" for (?:flag )?(-[^:]+): `)

func (w words) Write(b []byte) (int, error) {
	text := strings.TrimSpace(string(b))
	name, unknown := strings.CutPrefix(text, "flag provided but not defined: ")
	bare, empty := strings.CutPrefix(text, "flag needs an argument: ")
	switch m := badValue.FindStringSubmatch(text); {
	case unknown:
		text = w.say("cmd.flag_unknown", map[string]any{"flag": name})
	case empty:
		text = w.say("cmd.flag_empty", map[string]any{"flag": bare})
	case m != nil:
		text = w.say("cmd.flag_bad", map[string]any{"flag": m[2], "value": m[1]})
	}
	_, err := fmt.Fprintln(w.out, text)
	return len(b), err
}
