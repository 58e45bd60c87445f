package centre

import (
	"fmt"
	"slices"
	"strings"

	"xinmoi/store/queue"
)

// ff68Cells are those that an ff68 keypad has for the number; the other three
// show how many people wait. It is the clerk's own display, so it forces no
// digits on the numbers that everybody sees, as a sign does.
const ff68Cells = 3

// checkDisplays looks for signs and keypads that cannot show the numbers called
// at their counter.
func (c *checker) checkDisplays() {
	for i, l := range c.d.LEDs {
		c.checkSign(fmt.Sprintf("led.%d", i), l)
	}
	for i, k := range c.d.Keypads {
		if k.Protocol == FF68 {
			c.checkAlike(fmt.Sprintf("keypad.%d", i), k)
		}
	}
}

// checkSign compares a sign with the numbers called at its counter, or at those
// of its zones. It tells the first that does not fit; the others will not either.
func (c *checker) checkSign(path string, l LED) {
	for _, s := range c.d.calledAt(l) {
		number := s.example()
		shown := number
		if !value(l.Letters) {
			shown = strings.TrimLeft(number, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
		}
		if cells := l.Digits - c.d.CounterCells(l); len(shown) > cells {
			c.wrong(path, "led_short", "id", l.ID, "number", number, "cells", cells, "service", s.ID)
			return
		}
		if shown != number {
			c.odd(path, "led_no_letters", "id", l.ID, "number", number, "shown", shown, "service", s.ID)
			return
		}
	}
}

// checkIdle looks at what a sign shows when nobody is called.
func (c *checker) checkIdle(path string, l LED) {
	can := func(r rune) bool { return strings.ContainsRune(" -_0123456789", r) }
	only := "0-9 - _"
	switch {
	case l.Protocol == ModbusNumber || l.Protocol == FF68:
		only, can = "0-9", func(r rune) bool { return r >= '0' && r <= '9' }
	case value(l.Letters):
		only, can = "A-Z a-z 0-9 . - _", func(r rune) bool { return r >= ' ' && r <= '~' }
	}
	for _, r := range l.Idle {
		if !can(r) {
			c.wrong(path, "led_idle", "id", l.ID, "idle", l.Idle, "only", only)
			return
		}
	}
	if len(l.Idle) > l.Digits {
		c.wrong(path, "led_idle_long", "id", l.ID, "idle", l.Idle, "cells", l.Digits)
	}
}

// CounterCells are those of a row that show the counter's number.
func (d *Document) CounterCells(l LED) (most int) {
	if !l.Hall() {
		return 0
	}
	for _, counter := range d.Counters {
		if slices.Contains(l.Zones, counter.Zone) {
			most = max(most, len(counter.Number))
		}
	}
	return most
}

// checkAlike looks for two services whose numbers end in the same three digits,
// so that a clerk cannot tell which of them stands on the keypad. Where a sign
// hangs above the counter, that shows the whole number.
func (c *checker) checkAlike(path string, k Keypad) {
	if slices.ContainsFunc(c.d.LEDs, func(l LED) bool { return l.Counter == k.Counter }) {
		return
	}
	called := c.d.calledAt(LED{Counter: k.Counter})
	for i, s := range called {
		for _, t := range called[:i] {
			if value(s.Prefix) != value(t.Prefix) && s.First <= last(t) && t.First <= last(s) {
				first := max(s.First, t.First)
				c.odd(path, "keypad_alike", "id", k.ID, "counter", k.Counter, "shown", fmt.Sprintf("%0*d", ff68Cells, first),
					"number", t.number(first), "other", s.number(first))
				return
			}
		}
	}
}

// calledAt are the services whose numbers a sign shows, those of each counter in
// its order.
func (d *Document) calledAt(l LED) []Service {
	var out []Service
	for _, c := range d.Counters {
		if c.ID != l.Counter && !slices.Contains(l.Zones, c.Zone) {
			continue
		}
		for _, id := range slices.Concat(c.Services, c.Help) {
			if s, ok := d.Service(queue.ServiceID(id)); ok && !slices.ContainsFunc(out, func(o Service) bool { return o.ID == s.ID }) {
				out = append(out, s)
			}
		}
	}
	return out
}

// example is the widest number of a service on an ordinary day.
func (s Service) example() string { return s.number(max(12, s.Last)) }

// number writes a number of the service's series.
func (s Service) number(n int) string {
	return fmt.Sprintf("%s%0*d", value(s.Prefix), s.Digits, n)
}
