package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"xinmoi/display"
)

// runVoice makes a pack of clips with a speech program of the technician's own
// choosing. No daemon runs a program because a page asked for it; the pack is
// brought in on the page /studio like any other.
func runVoice(ctx context.Context, e env, args []string) int {
	fs := e.flags("voice", "cmd.voice.usage")
	lang := fs.String("lang", "vi", e.say("cmd.flag.voice.lang", nil))
	name := fs.String("name", "", e.say("cmd.flag.voice.name", nil))
	command := fs.String("command", "", e.say("cmd.flag.voice.command", nil))
	out := fs.String("out", "", e.say("cmd.flag.voice.out", nil))
	if len(args) == 0 || args[0] != "fill" {
		fmt.Fprintln(e.errw, e.say("cmd.voice.usage", nil))
		return exitUsage
	}
	if err := e.parse(fs, args[1:]); err != nil || *name == "" || *command == "" || *out == "" {
		if err == nil {
			fmt.Fprintln(e.errw, e.say("cmd.voice.usage", nil))
		}
		return exitUsage
	}
	*out = filepath.Clean(*out)
	free := func() error { return ownTarget(*out, ".zip", "PK\x03\x04") }
	if err := free(); err != nil {
		fmt.Fprintln(e.errw, e.trouble(err))
		return exitCannotTell
	}
	temp, err := besideOf(*out)
	var f *os.File
	if err == nil {
		defer os.Remove(temp) // gone when all went well
		f, err = os.OpenFile(temp, os.O_WRONLY, 0)
	}
	if err != nil {
		fmt.Fprintln(e.errw, e.trouble(err))
		return exitCannotTell
	}
	say := func(text string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, "sh", "-c", *command)
		cmd.Stdin, cmd.Stderr = strings.NewReader(text+"\n"), e.errw
		return cmd.Output()
	}
	made, missed, err := display.FillPack(*lang, *name, say, f)
	if err = errors.Join(err, f.Close()); err == nil && made > 0 {
		if err = free(); err == nil { // a pack takes minutes
			err = os.Rename(temp, *out)
		}
	}
	switch {
	case errors.Is(err, display.ErrNoScript):
		fmt.Fprintln(e.errw, e.say("cmd.voice.no_script", map[string]any{"lang": *lang}))
		return exitUsage
	case err != nil:
		fmt.Fprintln(e.errw, e.say("cmd.voice.failed", map[string]any{"err": e.trouble(err)}))
		return exitCannotTell
	}
	for _, text := range missed {
		fmt.Fprintln(e.errw, e.say("cmd.voice.missed", map[string]any{"text": text}))
	}
	if made == 0 {
		return exitCannotTell
	}
	fmt.Fprintln(e.out, e.say("cmd.voice.done", map[string]any{"n": made, "file": *out}))
	if len(missed) > 0 {
		return exitFound
	}
	return exitGood
}
