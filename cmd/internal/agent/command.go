package agent

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"xinmoi/cmd/internal/flags"
	"xinmoi/cmd/internal/port"
)

// file is the agent's own small file; the flags say the same.
type file struct {
	Hall string            `toml:"hall"`
	Name string            `toml:"name"`
	Key  string            `toml:"key"` // path of the file with the key
	Lend map[string]string `toml:"lend"`
}

// Words gives a sentence in the technician's language.
type Words func(key string, args map[string]any) string

// Command is "xinmoi agent": it lends until ctx ends. It returns the exit code.
func Command(ctx context.Context, say Words, lang string, out, errw io.Writer, args []string) int {
	const usage, cannotTell = 2, 3
	a, err := fromArgs(say, errw, args)
	var bad *badArgs
	switch {
	case errors.Is(err, flag.ErrHelp):
		return usage
	case errors.As(err, &bad):
		fmt.Fprintln(errw, say(bad.key, bad.args))
		fmt.Fprintln(errw, say("cmd.agent.usage", nil))
		return usage
	case err != nil:
		fmt.Fprintln(errw, err)
		return cannotTell
	}
	names := slices.Sorted(maps.Keys(a.Lend))
	fmt.Fprintln(out, say("cmd.agent.lends", map[string]any{"name": a.Name, "devices": strings.Join(names, ", ")}))
	a.Lang = lang
	a.Tell = func(e Event) {
		if e.Why == Revoked || e.Why == OtherVersion {
			e.Why = say("cmd.agent."+e.Why, nil)
		}
		fmt.Fprintf(out, "%s  %s\n", time.Now().Format(time.DateTime),
			say("cmd.agent."+e.What, map[string]any{"device": e.Name, "why": e.Why, "name": a.Name}))
	}
	a.Run(ctx)
	return 0
}

// badArgs is a sentence about what was typed.
type badArgs struct {
	key  string
	args map[string]any
}

func (b *badArgs) Error() string { return b.key }

func wrong(key string, args map[string]any) error { return &badArgs{"cmd.agent." + key, args} }

// fromArgs makes an agent of flags and file.
func fromArgs(say Words, errw io.Writer, args []string) (*Agent, error) {
	f := file{Lend: map[string]string{}}
	fs := flags.New(errw, say, "agent", "cmd.agent.usage")
	config := fs.String("config", "", say("cmd.flag.agent_config", nil))
	hall := fs.String("hall", "", say("cmd.flag.agent_hall", nil))
	name := fs.String("name", "", say("cmd.flag.agent_name", nil))
	key := fs.String("key", "", say("cmd.flag.agent_key", nil))
	var lend []string
	fs.Func("lend", say("cmd.flag.agent_lend", nil), func(s string) error { lend = append(lend, s); return nil })
	if err := fs.Parse(args); err != nil {
		return nil, flag.ErrHelp // it has been told
	}
	if fs.NArg() > 0 {
		return nil, wrong("unknown", map[string]any{"what": fs.Arg(0)})
	}
	if *config != "" {
		if err := f.read(*config); err != nil {
			return nil, wrong("bad_file", map[string]any{"file": *config, "err": err.Error()})
		}
	}
	for _, over := range []struct{ flag, field *string }{{hall, &f.Hall}, {name, &f.Name}, {key, &f.Key}} {
		if *over.flag != "" {
			*over.field = *over.flag
		}
	}
	for _, l := range lend {
		device, at, ok := strings.Cut(l, "=")
		if !ok || device == "" {
			return nil, wrong("bad_lend", map[string]any{"what": l})
		}
		f.Lend[device] = at
	}
	return f.agent(say, errw)
}

func (f *file) read(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	d := toml.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	return d.Decode(f)
}

// agent checks what was told.
func (f *file) agent(say Words, errw io.Writer) (*Agent, error) {
	a := &Agent{Hall: f.Hall, Name: f.Name, Lend: map[string]port.Address{}}
	if a.Hall == "" || a.Name == "" {
		return nil, wrong("no_hall", nil)
	}
	if _, err := Address(a.Hall, a.Name); err != nil {
		return nil, wrong("bad_hall", map[string]any{"hall": a.Hall})
	}
	if len(f.Lend) == 0 {
		return nil, wrong("nothing", nil)
	}
	for device, at := range f.Lend {
		address, err := port.Parse(at)
		if err != nil || address.Scheme == port.Agent || strings.Contains(device, "/") {
			return nil, wrong("bad_lend", map[string]any{"what": device + "=" + at})
		}
		a.Lend[device] = address
	}
	a.Key = strings.TrimSpace(os.Getenv("XINMOI_AGENT_KEY"))
	if f.Key != "" {
		b, err := os.ReadFile(f.Key)
		if err != nil {
			return nil, wrong("no_key_file", map[string]any{"file": f.Key, "err": err.Error()})
		}
		a.Key = strings.TrimSpace(string(b))
		if i, err := os.Stat(f.Key); err == nil && i.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
			fmt.Fprintln(errw, say("cmd.agent.open_key", map[string]any{"file": f.Key}))
		}
	}
	if a.Key == "" || strings.ContainsAny(a.Key, " \t\r\n") {
		return nil, wrong("no_key", nil)
	}
	return a, nil
}
