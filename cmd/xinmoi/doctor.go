package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"xinmoi/cmd/internal/port"
)

// runDoctor lists the devices of this machine that a hall could use and asks the
// printers who they are, prints udev rules for them, listens to one, or prints a
// test slip on one.
func runDoctor(ctx context.Context, e env, args []string) int {
	fs := e.flags("doctor", "cmd.doctor.usage")
	listen := fs.String("listen", "", e.say("cmd.flag.doctor_listen", nil))
	udev := fs.Bool("udev", false, e.say("cmd.flag.doctor_udev", nil))
	test := fs.String("test", "", e.say("cmd.flag.doctor_test", nil))
	pages := fs.String("pages", "", e.say("cmd.flag.doctor_pages", nil))
	model := fs.String("model", "", e.say("cmd.flag.doctor_model", nil))
	config := fs.String("config", "", e.say("cmd.flag.doctor_config", nil))
	ask := fs.String("ask", "", e.say("cmd.flag.doctor_ask", nil))
	chosen := 0
	err := e.parse(fs, args)
	for _, is := range []bool{*listen != "", *udev, *test != "", *pages != "", *ask != ""} {
		if is {
			chosen++
		}
	}
	if err != nil || chosen > 1 || *config != "" && *listen == "" {
		if err == nil {
			fmt.Fprintln(e.errw, e.say("cmd.doctor.usage", nil))
		}
		return exitUsage
	}
	switch m := (machine{"/"}); {
	case *listen != "":
		return listenTo(ctx, e, *listen, *config)
	case *udev:
		sayRules(e, m.devices())
		return exitGood
	case *test != "":
		return tryPrinter(ctx, e, *test, *model, false)
	case *pages != "":
		return tryPrinter(ctx, e, *pages, *model, true)
	case *ask != "":
		if _, err := port.Parse(*ask); err != nil {
			return e.badPort(*ask)
		}
		kind, node, _ := strings.Cut(*ask, ":")
		node, _, speed := strings.Cut(node, "?")
		if speed {
			kind = "" // that one alone
		}
		return sayDevices(ctx, e, []found{{kind: kind, node: node, port: *ask, like: "asked", access: true}}, askPort)
	default:
		all := m.devices()
		code := sayDevices(ctx, e, all, askPort)
		sayStrangers(e, m.strangers(all))
		if !sayMeddlers(e, m.taken(), m.running()) {
			code = exitFound
		}
		return code
	}
}

// sayDevices tells of each device what it could be and what stands in the way,
// and asks where a printer could be.
func sayDevices(ctx context.Context, e env, all []found, ask asker) int {
	if len(all) == 0 {
		fmt.Fprintln(e.out, e.say("cmd.doctor.none", nil))
		return exitFound
	}
	code, printers := exitGood, 0
	for _, f := range all {
		fmt.Fprintf(e.out, "%s\n  %s", f.port, e.say("cmd.doctor.like."+f.like, map[string]any{"port": f.port}))
		for _, what := range []string{f.name, f.id} {
			if what != "" {
				fmt.Fprintf(e.out, ", %s", what)
			}
		}
		fmt.Fprintln(e.out)
		if !f.access {
			code = exitFound
			fmt.Fprintln(e.out, "  "+e.say("cmd.doctor.no_access", map[string]any{"node": f.node, "group": f.group}))
		}
		for _, who := range f.held {
			code = exitFound
			fmt.Fprintln(e.out, "  "+e.say("cmd.doctor.held", map[string]any{"node": f.node, "who": who}))
		}
		if !f.access || len(f.held) > 0 || !slices.Contains([]string{"bus", "printer", "asked"}, f.like) {
			continue
		}
		is, good := sayPrinter(ctx, e, f, fmt.Sprintf("p%d", printers+1), ask)
		if is {
			printers++
		}
		if !good {
			code = exitFound
		}
	}
	return code
}

const printerNode = `SUBSYSTEM=="usbmisc", KERNEL=="lp[0-9]*"`

// sayRules prints udev rules that give each device a name that stays, by the
// socket it is in: two keypads of one make have nothing else to tell them apart.
// They keep ModemManager and desktops away.
func sayRules(e env, all []found) {
	fmt.Fprintln(e.out, "# "+e.say("cmd.doctor.rules", nil))
	if slices.ContainsFunc(all, func(f found) bool { return f.kind == "usb" && f.idPath != "" }) {
		// udev's own rules look for the socket of everything but printers.
		fmt.Fprintln(e.out, printerNode+`, ENV{ID_PATH}=="", IMPORT{builtin}="path_id"`)
	}
	count := map[string]int{}
	for _, f := range all {
		if f.idPath == "" {
			fmt.Fprintln(e.out, "# "+e.say("cmd.doctor.no_socket", map[string]any{"node": f.node}))
			continue
		}
		link := fmt.Sprintf("xinmoi/%s%d", f.like, count[f.like])
		count[f.like]++
		match, group := "", ""
		switch f.kind {
		case "serial":
			match, group = `SUBSYSTEM=="tty"`, `GROUP="dialout", ENV{ID_MM_DEVICE_IGNORE}="1"`
		case "usb":
			match, group = printerNode, `GROUP="lp"`
		case "keys":
			match, group = `SUBSYSTEM=="input", KERNEL=="event*"`, `GROUP="input", ENV{LIBINPUT_IGNORE_DEVICE}="1"`
		}
		if f.like == "keyboard" {
			fmt.Fprint(e.out, "# ") // somebody may want to type on it
		}
		fmt.Fprintf(e.out, "%s, ENV{ID_PATH}==%q, SYMLINK+=%q, MODE=\"0660\", %s\n", match, f.idPath, link, group)
	}
}
