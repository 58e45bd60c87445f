package printer

import (
	"context"
	"slices"
	"strings"

	"xinmoi/printer/escpos"
	"xinmoi/store/centre"
	"xinmoi/store/device"
)

// identify compares what the printer calls itself with the model of the
// document. Another one prints as a plain printer, drawn, and it is told: in a
// hall, a broken printer is replaced by whatever is at hand. One that says
// nothing is believed to be the right one, and so is every printer where the
// document names a plain model.
func (s *session) identify(ctx context.Context, inTurn bool) error {
	s.model, s.other = s.d.model, ""
	if s.d.model.plain() {
		return nil
	}
	who := portName(s.wire)
	if who == "" && inTurn {
		var err error
		if who, err = s.askName(ctx); err != nil {
			return err
		}
	}
	if who == "" || s.d.model.couldBe(who) {
		return nil
	}
	s.d.log.Warn("another printer than the document says", "says", who)
	s.other, s.model = who, plainOf(s.d.model)
	return nil
}

// plain reports whether it is the model of any printer.
func (m Model) plain() bool { return strings.HasPrefix(m.Name, "generic-") }

// couldBe reports whether a printer of the model could call itself so. One whose
// names are not known is not of a make that is known by name.
func (m Model) couldBe(who string) bool {
	if len(m.Names) == 0 {
		_, known := ModelLike(who)
		return !known
	}
	return slices.ContainsFunc(m.Names, func(part string) bool { return strings.Contains(strings.ToUpper(who), part) })
}

// plainOf is the model of any printer with paper as wide. The narrower dots of the
// document's model are kept, since what is too wide is cut off.
func plainOf(m Model) Model {
	name := centre.DefaultModel
	if m.Dots <= 432 {
		name = "generic-58"
	}
	p, _ := ModelOf(name)
	p.Dots = min(p.Dots, m.Dots)
	return p
}

// portName is the name in the IEEE 1284 id, where the port knows it.
func portName(wire device.Wire) string {
	p, ok := wire.(device.Identifier)
	if !ok {
		return ""
	}
	id, err := p.DeviceID()
	if err != nil {
		return ""
	}
	var maker, model string
	for field := range strings.SplitSeq(id, ";") {
		key, value, _ := strings.Cut(field, ":")
		switch strings.ToUpper(strings.TrimSpace(key)) {
		case "MFG", "MANUFACTURER":
			maker = value
		case "MDL", "MODEL":
			model = value
		}
	}
	return shown(maker + " " + model)
}

// askName asks the printer itself.
func (s *session) askName(ctx context.Context) (string, error) {
	if err := s.write(ctx, slices.Concat(escpos.AskMake, escpos.AskType)); err != nil {
		return "", err
	}
	var names []string
	_, err := s.wait(ctx, answerIn+s.onLine(), func(r escpos.Reply) bool {
		if r.Kind == escpos.Block && r.Byte == '_' {
			names = append(names, r.Text)
		}
		return len(names) == 2
	})
	return shown(strings.Join(names, " ")), err
}

// ModelLike is the model that a printer belongs to by what it calls itself: the
// one that names it most exactly. False: none is known by that name.
func ModelLike(who string) (best Model, ok bool) {
	length := 0
	for _, m := range models {
		for _, part := range m.Names {
			if len(part) > length && strings.Contains(strings.ToUpper(who), part) {
				best, ok, length = m, true, len(part)
			}
		}
	}
	return best, ok
}

// shown keeps of a name what can be shown to people.
func shown(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7E {
			return -1
		}
		return r
	}, name)
	return strings.TrimSpace(name)
}
