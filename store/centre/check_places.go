package centre

import (
	"fmt"
	"slices"

	"xinmoi/store/queue"
)

// checkPlaces looks at zones, services, counters, kiosks and boards, and at
// who names whom.
func (c *checker) checkPlaces() {
	d := c.d
	for i, z := range d.Zones {
		if _, written := c.lines["zone"]; !written {
			break // the default one
		}
		c.text(at("zone", i, "name"), z.Name, true)
		c.text(at("zone", i, "floor"), z.Floor, false)
		c.oneOf(at("zone", i, "sound"), "sound", z.Sound, []string{SoundAuto, SoundALSA, SoundCommand, SoundBoard, SoundNone})
		if z.Direction != "" {
			c.oneOf(at("zone", i, "direction"), "direction", z.Direction, []string{"left", "right", "straight", "up", "down"})
		}
	}
	for i, s := range d.Services {
		c.checkService(i, s)
	}
	numbers := map[string]int{}
	for i, x := range d.Counters {
		c.checkCounter(i, x)
		if before, twice := numbers[x.Number]; twice {
			c.wrong(at("counter", i, "number"), "counter_number_twice", "number", x.Number, "line", c.line(at("counter", before, "number")))
		} else {
			numbers[x.Number] = i
		}
	}
	for i, k := range d.Kiosks {
		c.checkKiosk(i, k)
	}
	for i, b := range d.Boards {
		c.refs(at("board", i, "zones"), "unknown_zone", b.Zones, idsOf(d.Zones, func(z Zone) string { return z.ID }))
		if b.Rows != 0 {
			c.within(at("board", i, "rows"), b.Rows, 1, 12)
		}
		if b.DiagonalIn < 5 || b.DiagonalIn > 200 {
			c.wrong(at("board", i, "diagonal_in"), "out_of_range", "key", "diagonal_in", "value", b.DiagonalIn, "low", 5, "high", 200)
		}
		if b.Farthest < 1 || b.Farthest > 100 {
			c.wrong(at("board", i, "farthest_m"), "out_of_range", "key", "farthest_m", "value", b.Farthest, "low", 1, "high", 100)
		}
		if !c.told[at("board", i, "rows")] && !c.told[at("board", i, "diagonal_in")] && !c.told[at("board", i, "farthest_m")] {
			c.checkBoard(at("board", i, "id"), b)
		}
	}
}

func (c *checker) checkService(i int, s Service) {
	c.text(at("service", i, "name"), s.Name, true)
	c.text(at("service", i, "field"), s.Field, false)
	c.text(at("service", i, "examples"), s.Examples, false)
	for j, place := range s.At {
		c.oneOf(fmt.Sprintf("service.%d.at.%d", i, j), "at", place, []string{string(queue.AtKiosk), string(queue.AtGreeter), string(queue.AtTransfer)})
	}
	for j, w := range s.Issue {
		if _, ok := parseWindow(w); !ok {
			c.wrong(fmt.Sprintf("service.%d.issue.%d", i, j), "hours_bad", "value", w)
		}
	}
	for lang := range s.Bring {
		if !slices.Contains(c.d.Centre.Languages, lang) {
			c.odd(join(at("service", i, "bring"), lang), "text_language", "lang", lang, "known", c.d.Centre.Languages)
		}
	}
	served := func(x Counter) bool { return slices.Contains(x.Services, s.ID) || slices.Contains(x.Help, s.ID) }
	if c.told[at("service", i, "id")] {
		return // whoever names it is told already
	}
	if !slices.ContainsFunc(c.d.Counters, served) {
		c.odd(fmt.Sprintf("service.%d", i), "service_no_counter", "service", s.ID)
	}
	offered := func(k Kiosk) bool { return slices.Contains(k.Services, s.ID) }
	if s.offered(queue.AtKiosk) && len(c.d.Kiosks) > 0 && !slices.ContainsFunc(c.d.Kiosks, offered) {
		c.odd(at("service", i, "at"), "service_no_kiosk", "service", s.ID)
	}
}

func (c *checker) checkCounter(i int, x Counter) {
	services := idsOf(c.d.Services, func(s Service) string { return s.ID })
	if len(x.Services) == 0 {
		c.wrong(at("counter", i, "services"), "counter_no_service", "counter", x.ID, "known", services)
	}
	c.text(at("counter", i, "name"), x.Name, false)
	c.text(at("counter", i, "room"), x.Room, false)
	c.refs(at("counter", i, "services"), "unknown_service", x.Services, services)
	c.refs(at("counter", i, "help"), "unknown_service", x.Help, services)
	for j, id := range x.Help {
		if slices.Contains(x.Services, id) {
			c.odd(fmt.Sprintf("counter.%d.help.%d", i, j), "help_own", "service", id)
		}
	}
	c.zone(at("counter", i, "zone"), x.Zone)
}

func (c *checker) checkKiosk(i int, k Kiosk) {
	c.zone(at("kiosk", i, "zone"), k.Zone)
	printers := idsOf(c.d.Printers, func(p Printer) string { return p.ID })
	c.refs(at("kiosk", i, "printers"), "unknown_printer", k.Printers, printers)
	if len(k.Printers) == 0 {
		c.odd(at("kiosk", i, "printers"), "kiosk_no_printer", "kiosk", k.ID)
	}
	c.refs(at("kiosk", i, "services"), "unknown_service", k.Services, idsOf(c.d.Services, func(s Service) string { return s.ID }))
	for j, id := range k.Services {
		if s, ok := c.d.Service(queue.ServiceID(id)); ok && !s.offered(queue.AtKiosk) {
			c.wrong(fmt.Sprintf("kiosk.%d.services.%d", i, j), "kiosk_not_offered", "service", id)
		}
	}
}

// zone checks the zone of a counter or a kiosk.
func (c *checker) zone(path, id string) {
	zones := idsOf(c.d.Zones, func(z Zone) string { return z.ID })
	if id == "" {
		c.wrong(path, "zone_missing", "known", zones)
		return
	}
	c.ref(path, "unknown_zone", id, zones)
}

// refs checks a list of ids.
func (c *checker) refs(path, code string, ids, known []string) {
	for i, id := range ids {
		p := fmt.Sprintf("%s.%d", path, i)
		if c.ref(p, code, id, known); slices.Index(ids, id) < i {
			c.odd(p, "twice_in_list", "value", id)
		}
	}
}

// ref checks that an id names something.
func (c *checker) ref(path, code, id string, known []string) {
	if slices.Contains(known, id) {
		return
	}
	if near := Nearest(id, known); near != "" && len(id) > 3 { // c2 is no slip for c1
		c.wrong(path, code+"_near", "id", id, "near", near)
	} else {
		c.wrong(path, code, "id", id, "known", known)
	}
}

func idsOf[T any](list []T, id func(T) string) []string {
	out := []string{}
	for _, x := range list {
		out = append(out, id(x))
	}
	return out
}
