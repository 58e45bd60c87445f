package printer

import "xinmoi/printer/escpos"

// Model is what must be known of a make of printer. What it can say is found out
// by asking it; Tells is what its maker promises.
type Model struct {
	Name  string // in the centre's document
	Title string
	Names []string // parts of what it calls itself; none: it may say anything
	Dots  int      // printable, across
	DPI   int
	Speed int // dots of paper a second, at least; for printers that cannot say when they are done

	Cut           escpos.Cut
	FeedBeforeCut int          // dots from head to cutter, for cuts that do not feed
	Present       []byte       // after the cut: hands the ticket out, where a presenter holds it
	Padded        bool         // ignores ESC $
	Motion        byte         // GS P, where a feed of one unit is not one dot
	Pages         escpos.Pages // of its Vietnamese letters
	QR            bool         // draws QR codes itself
	Keeps         bool         // keeps pictures, by GS ( L
	Clears        bool         // knows the real-time command that clears the buffer

	Tells  string // which status it has, as far as is known
	Flow   string // how it stops a serial line
	Quirks string

	Evidence string // where the facts come from; DEVICES.md has the status
}

// ModelOf finds a model by its name.
func ModelOf(name string) (Model, bool) {
	for _, m := range models {
		if m.Name == name {
			return m, true
		}
	}
	return Model{}, false
}

// setup is the model as a job must know it.
func (m Model) setup(band int) escpos.Setup {
	return escpos.Setup{
		Dots: m.Dots, Band: band, Padded: m.Padded, Motion: m.Motion,
		Cut: m.Cut, FeedBeforeCut: m.FeedBeforeCut, Present: m.Present,
	}
}

// length is how many millimetres of paper so many dots are, with the feed to the
// cutter, which is about the same everywhere.
func (m Model) length(dots int) int {
	const toCutter = 12
	return dots*254/(10*max(1, m.DPI)) + toCutter
}
