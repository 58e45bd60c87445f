package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"xinmoi/cmd/internal/port"
	"xinmoi/printer"
	"xinmoi/store/centre"
	"xinmoi/store/device"
)

// bauds are the speeds at which ticket printers are sold, the commonest first.
var bauds = []int{9600, 19200, 38400, 115200, 57600}

// asker asks who is at a port; tests have their own.
type asker func(ctx context.Context, address string) (printer.Heard, error)

// askPort opens a port, asks, and closes it again.
func askPort(ctx context.Context, address string) (printer.Heard, error) {
	a, err := port.Parse(address)
	if err != nil {
		return printer.Heard{}, err
	}
	wire, err := port.Open(ctx, a)
	if err != nil {
		return printer.Heard{}, err
	}
	defer wire.Close()
	return printer.Ask(ctx, wire)
}

// answer is a printer that was found, and where.
type answer struct {
	printer.Heard
	port string
}

// findPrinter asks at a port, on a serial line at one speed after another. A
// question at a wrong speed is noise of three bytes, which no bus takes for a
// frame.
func findPrinter(ctx context.Context, f found, ask asker) (answer, bool, error) {
	addresses := []string{f.port}
	if f.kind == "serial" {
		addresses = nil
		for _, b := range bauds {
			addresses = append(addresses, fmt.Sprintf("serial:%s?baud=%d", f.node, b))
		}
	}
	for _, address := range addresses {
		h, err := ask(ctx, address)
		if err != nil || ctx.Err() != nil {
			return answer{}, false, err
		}
		if h.Answers || f.kind == "usb" {
			return answer{h, address}, true, nil
		}
	}
	return answer{}, false, nil
}

// sayPrinter asks at one device, and proposes lines for the centre's document
// where a printer is there.
func sayPrinter(ctx context.Context, e env, f found, id string, ask asker) (isPrinter, good bool) {
	a, ok, err := findPrinter(ctx, f, ask)
	switch {
	case err != nil:
		fmt.Fprintln(e.out, "  "+e.say("cmd.doctor.cannot_open", map[string]any{"port": f.port, "err": whyNot(e, err, f.port)}))
		return false, false
	case !ok:
		fmt.Fprintln(e.out, "  "+e.say("cmd.doctor.no_printer", nil))
		return false, true
	}
	good = a.Answers
	who := cmp.Or(a.Name, f.name)
	m, known := printer.ModelLike(who)
	if !known {
		m, _ = printer.ModelOf(centre.DefaultModel)
	}
	switch {
	case !a.Answers:
		fmt.Fprintln(e.out, "  "+e.say("cmd.doctor.mute", nil))
	case a.Name == "":
		fmt.Fprintln(e.out, "  "+e.say("cmd.doctor.printer.nameless", nil))
	default:
		fmt.Fprintln(e.out, "  "+e.say("cmd.doctor.printer", map[string]any{"name": a.Name}))
	}
	if !known {
		fmt.Fprintln(e.out, "  "+e.say("cmd.doctor.generic", map[string]any{"narrow": "generic-58"}))
	}
	for _, c := range a.Conditions {
		fmt.Fprintln(e.out, "  "+e.say("cmd.doctor.state", map[string]any{"state": e.say("counter.condition."+string(c), nil)}))
		good = good && c == device.MediaLow
	}
	fmt.Fprintf(e.out, "  %s\n\n    [[printer]]\n    id = %q\n    port = %q\n    model = %q\n\n", e.say("cmd.doctor.lines", nil), id, a.port, m.Name)
	fmt.Fprintln(e.out, "  "+e.say("cmd.doctor.try", map[string]any{"command": fmt.Sprintf("xinmoi doctor --test '%s' --model %s", a.port, m.Name)}))
	return true, good
}

// whyNot says why a port cannot be used.
func whyNot(e env, err error, address string) string {
	a, _ := port.Parse(address)
	f := port.Explain(err, a)
	var words []string
	for _, c := range f.Conditions {
		words = append(words, e.say("counter.condition."+string(c), nil))
	}
	return fmt.Sprintf("%s (%s)", strings.Join(words, ", "), f.Detail)
}

// badPort says how an address is written.
func (e env) badPort(address string) int {
	fmt.Fprintln(e.errw, e.say("cmd.doctor.bad_port", map[string]any{"port": address}))
	return exitUsage
}

// tryPrinter prints a test slip, or the calibration slip, at a port.
func tryPrinter(ctx context.Context, e env, address, model string, pages bool) int {
	m, ok := printer.ModelOf(cmp.Or(model, centre.DefaultModel))
	if !ok {
		fmt.Fprintln(e.errw, e.say("cmd.doctor.no_model", map[string]any{"model": model, "known": strings.Join(centre.Models, ", ")}))
		return exitUsage
	}
	a, err := port.Parse(address)
	if err != nil {
		return e.badPort(address)
	}
	wire, err := port.Open(ctx, a)
	if err != nil {
		fmt.Fprintln(e.errw, e.say("cmd.doctor.cannot_open", map[string]any{"port": address, "err": whyNot(e, err, address)}))
		return exitCannotTell
	}
	defer wire.Close()
	stop := context.AfterFunc(ctx, func() { wire.Close() })
	defer stop()
	said, err := printer.Try(ctx, wire, printer.Trial{Model: m, Port: a.String(), Lang: e.lang, Pages: pages}, e.words.Say)
	var stopped *printer.Stopped
	switch {
	case errors.As(err, &stopped):
		for _, c := range stopped.Conditions {
			fmt.Fprintln(e.errw, e.say("cmd.doctor.state", map[string]any{"state": e.say("counter.condition."+string(c), nil)}))
		}
		if stopped.Sent {
			fmt.Fprintln(e.errw, e.say("cmd.doctor.not_said", nil))
		} else {
			fmt.Fprintln(e.errw, e.say("cmd.doctor.not_tried", nil))
		}
		return exitFound
	case errors.Is(err, printer.ErrNotSaid):
		fmt.Fprintln(e.errw, e.say("cmd.doctor.not_said", nil))
		return exitFound
	case err != nil:
		fmt.Fprintln(e.errw, e.say("cmd.doctor.not_sent", map[string]any{"err": whyNot(e, err, address)}))
		return exitFound
	case said:
		fmt.Fprintln(e.out, e.say("cmd.doctor.printed", nil))
	default:
		fmt.Fprintln(e.out, e.say("cmd.doctor.sent", nil))
	}
	return exitGood
}

// meddlers are programs that take printers and serial lines for themselves.
var meddlers = []string{"brltty", "cupsd", "ipp-usb", "ModemManager"}

// running lists those of the meddlers that run on this machine.
func (m machine) running() (all []string) {
	for _, comm := range m.glob("proc/[0-9]*/comm") {
		if name := read(comm); slices.Contains(meddlers, name) && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// taken lists the USB printers that the kernel's printer driver does not hold:
// another program has taken them, or the driver is not loaded.
func (m machine) taken() (all []string) {
	for _, class := range m.glob("sys/bus/usb/devices/*/bInterfaceClass") {
		dir := strings.TrimSuffix(class, "/bInterfaceClass")
		if read(class) != "07" || m.driver(dir) == "usblp" {
			continue
		}
		var f found
		m.usb(&f, dir)
		all = append(all, cmp.Or(strings.TrimSpace(f.name), f.id, dir))
	}
	return all
}

// sayMeddlers tells what stands between the hall and its devices.
func sayMeddlers(e env, taken, running []string) (good bool) {
	for _, name := range taken {
		fmt.Fprintln(e.out, e.say("cmd.doctor.taken", map[string]any{"name": name}))
	}
	for _, name := range running {
		fmt.Fprintln(e.out, e.say("cmd.doctor.meddler."+strings.ToLower(name), nil))
	}
	return len(taken) == 0
}
