package centre

import (
	"slices"
	"strconv"

	"xinmoi/store/queue"
)

// What a device is when the file does not say.
const (
	DefaultModel      = "generic-80"
	FF68              = "ff68"          // call keypads with a display of six digits; that display as a sign
	Keys              = "keys"          // a numeric keypad that is a keyboard, by evdev
	Templated         = "template"      // a keypad or a sign described by a [[template]]
	Lines             = "line"          // a box of buttons that sends lines of text
	Modbus            = "modbus"        // LED signs by Modbus RTU, as text; modules of buttons
	ModbusNumber      = "modbus-number" // the same for signs that know a number register only
	Discrete          = "discrete"      // buttons at discrete inputs, function 2
	Coils             = "coils"         // function 1
	Registers         = "registers"     // function 3, pressed when not 0
	defaultTimeZone   = "Asia/Ho_Chi_Minh"
	defaultLEDDigits  = 4
	ff68Digits        = 6
	defaultHallDigits = 6 // four of the number, two of the counter
	defaultLEDRows    = 4
)

// letters are the prefixes in the order in which they are given. The first
// seven look and sound unlike each other and unlike digits; the next six are
// for centres with more services.
const letters = "ABHLSUXQEKMNR"

// fill puts the defaults in place of what the file does not say.
func (d *Document) fill() {
	d.fillCentre()
	d.fillPlaces()
	d.fillDevices()
	d.fillServices()
	d.fillTimes()
	d.fillVoice()
}

func (d *Document) fillCentre() {
	c := &d.Centre
	def(&c.TimeZone, defaultTimeZone)
	if len(c.Languages) == 0 {
		c.Languages = []string{"vi", "en"}
	}
	if len(c.Noun) == 0 {
		c.Noun = Text{"vi": "công dân", "en": "visitor"}
	}
	if len(d.Zones) == 0 {
		d.Zones = []Zone{{ID: "hall", Name: Text{"vi": "Khu vực chờ", "en": "Waiting area"}}}
	}
	for i := range d.Zones {
		def(&d.Zones[i].Sound, SoundAuto)
		def(&d.Zones[i].Acoustic, d.Zones[i].ID)
	}
	def(&d.Order.Rule, string(queue.HeadStart))
	for i := range d.Priority {
		defPtr(&d.Priority[i].HeadStartMin, 15)
	}
}

// fillPlaces gives the only zone to whoever names none. With several zones
// each has to be named.
func (d *Document) fillPlaces() {
	keys := map[string]bool{}
	for _, k := range d.Keypads {
		keys[k.Counter] = true
	}
	for i := range d.Counters {
		c := &d.Counters[i]
		def(&c.Number, strconv.Itoa(i+1))
		defPtr(&c.AutoOpen, keys[c.ID])
		defPtr(&c.Arm, keys[c.ID])
		if len(d.Zones) == 1 {
			def(&c.Zone, d.Zones[0].ID)
		}
	}
	for i := range d.Services {
		if len(d.Services[i].At) == 0 {
			d.Services[i].At = []string{string(queue.AtKiosk), string(queue.AtGreeter), string(queue.AtTransfer)}
		}
	}
	for i := range d.Kiosks {
		k := &d.Kiosks[i]
		if len(d.Zones) == 1 {
			def(&k.Zone, d.Zones[0].ID)
		}
		if k.Printers == nil && len(d.Kiosks) == 1 {
			for _, p := range d.Printers {
				k.Printers = append(k.Printers, p.ID)
			}
		}
		if len(k.Services) == 0 {
			for _, s := range d.Services {
				if s.offered(queue.AtKiosk) {
					k.Services = append(k.Services, s.ID)
				}
			}
		}
	}
	for i := range d.Boards {
		b := &d.Boards[i]
		if len(b.Zones) == 0 {
			for _, z := range d.Zones {
				b.Zones = append(b.Zones, z.ID)
			}
		}
		def(&b.DiagonalIn, 55)
		def(&b.Farthest, 8)
	}
}

func (d *Document) fillDevices() {
	for i := range d.Printers {
		def(&d.Printers[i].Model, DefaultModel)
	}
	for i := range d.Keypads {
		k := &d.Keypads[i]
		if scheme(k.Port) == "evdev" {
			def(&k.Protocol, Keys)
		}
		if k.Template != "" {
			def(&k.Protocol, Templated)
		}
		def(&k.Protocol, FF68)
		def(&k.Address, 1)
		if k.Protocol == Modbus {
			def(&k.Inputs, Discrete)
		}
	}
	for i := range d.Frames {
		def(&d.Frames[i].Max, 32)
	}
	for i := range d.LEDs {
		l := &d.LEDs[i]
		if l.Template != "" {
			def(&l.Protocol, Templated)
		}
		def(&l.Protocol, Modbus)
		def(&l.Address, 1)
		if l.Counter == "" && len(l.Zones) > 0 {
			def(&l.Rows, defaultLEDRows)
		}
		digits := defaultLEDDigits
		switch {
		case l.Hall():
			digits = defaultHallDigits
			if len(l.Zones) == 0 {
				for _, z := range d.Zones {
					l.Zones = append(l.Zones, z.ID)
				}
			}
		case l.Protocol == FF68:
			digits = ff68Digits
		}
		def(&l.Digits, digits)
		defPtr(&l.Letters, false)
	}
}

// fillServices gives each service its series. Those at the kiosk come first,
// so that what people see runs A, B, H or 1, 2, 3.
func (d *Document) fillServices() {
	used := map[string]bool{}
	var order []*Service
	for _, kiosk := range []bool{true, false} {
		for i := range d.Services {
			s := &d.Services[i]
			def(&s.Digits, 3)
			def(&s.First, 1)
			switch {
			case s.Prefix != nil:
				used[*s.Prefix] = true
			case s.offered(queue.AtKiosk) == kiosk:
				order = append(order, s)
			}
		}
	}
	digits := slices.DeleteFunc(slices.Clone(order), func(s *Service) bool { return !d.wantsDigits(s.ID) })
	next := prefixes(used, digitPrefixes(len(digits), used))
	for _, s := range digits {
		s.Prefix = next()
	}
	next = prefixes(used, letterPrefixes())
	for _, s := range order {
		if s.Prefix == nil {
			s.Prefix = next()
		}
	}
}

// wantsDigits reports whether numbers of the service are called at a counter
// whose sign shows no letters and has room for the digit that stands for one.
func (d *Document) wantsDigits(service string) bool {
	return slices.ContainsFunc(d.LEDs, func(l LED) bool {
		called := slices.ContainsFunc(d.calledAt(l), func(s Service) bool { return s.ID == service })
		return called && !value(l.Letters) && l.Digits-d.CounterCells(l) >= 4
	})
}

// prefixes hands out those of the list that are not used yet. When there are no
// more it gives one that the check of prefixes refuses.
func prefixes(used map[string]bool, list []string) func() *string {
	list = slices.DeleteFunc(list, func(p string) bool { return used[p] })
	return func() *string {
		p := "?"
		if len(list) > 0 {
			p, list = list[0], list[1:]
		}
		return &p
	}
}

// digitPrefixes are 1 to 9, or 10 to 99 when those do not suffice; never both,
// since 1 and 10 could make the same number.
func digitPrefixes(n int, used map[string]bool) []string {
	low, high := 1, 9
	for p := range used {
		if n++; len(p) == 2 && p[0] >= '0' && p[0] <= '9' {
			n = 10
		}
	}
	if n > 9 {
		low, high = 10, 99
	}
	return sequence(low, high)
}

func letterPrefixes() []string {
	var list []string
	for _, a := range letters {
		list = append(list, string(a))
	}
	for _, a := range letters[:7] {
		for _, b := range letters[:7] {
			list = append(list, string(a)+string(b))
		}
	}
	return list
}

func sequence(low, high int) []string {
	var list []string
	for i := low; i <= high; i++ {
		list = append(list, strconv.Itoa(i))
	}
	return list
}

func (d *Document) fillTimes() {
	if d.Backup.To() != "" {
		def(&d.Backup.At, "12:15")
		defPtr(&d.Backup.Keep, 14)
	}
	c := &d.Calendar
	def(&c.Weekdays, "mon-fri")
	if len(c.Hours) == 0 {
		c.Hours = []string{"07:30-11:30", "13:30-17:00"}
	}
	t := &d.Times
	defPtr(&t.NoShowBeforeS, 45)
	defPtr(&t.RepeatS, 3)
	defPtr(&t.UndoS, 10)
	def(&t.DayEnds, "00:00")
	defPtr(&t.ReturnAfter, 0)
	defPtr(&t.GraceMin, 15)
	defPtr(&t.RateS, 60)
	defPtr(&t.NoShowLimit, 0)
	defPtr(&d.Print.FreshS, 90)
}

// offered reports whether the service is offered at the place.
func (s Service) offered(at queue.Place) bool { return slices.Contains(s.At, string(at)) }

// def sets what is zero.
func def[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

// defPtr sets what is not there.
func defPtr[T any](p **T, v T) {
	if *p == nil {
		*p = &v
	}
}
