package printer

import "xinmoi/printer/escpos"

// Model is what must be known of a make of printer. Everything else is found
// out by asking it.
type Model struct {
	Name  string // in the centre's document
	Title string
	Names []string // parts of what it calls itself; none: it may say anything
	Dots  int      // printable, across
	Speed int      // dots of paper a second, at least; for printers that cannot say when they are done

	Cut           escpos.Cut
	FeedBeforeCut int          // dots from head to cutter, for cuts that do not feed
	Padded        bool         // ignores ESC $
	Motion        byte         // GS P, where a feed of one unit is not one dot
	Pages         escpos.Pages // of its Vietnamese letters
	QR            bool         // draws QR codes itself
	Clears        bool         // knows the real-time command that clears the buffer

	Evidence string // where the facts come from; DEVICES.md has the status
}

// models are the makes that are known. An unlisted printer is one of the two
// generic ones: nearly all know pictures by GS v 0 and the cut. Facts said to be
// of escpos-printer-db are from that database by its contributors
// (github.com/receipt-print-hq/escpos-printer-db, CC BY 4.0).
var models = []Model{
	{
		Name: "generic-80", Title: "80 mm, ESC/POS", Dots: 576, Speed: 800, Cut: escpos.CutPartialFeed,
		Evidence: "bitImageRaster in 43 of 50 profiles of escpos-printer-db; 72 mm at 203 dpi",
	},
	{
		Name: "generic-58", Title: "58 mm, ESC/POS", Dots: 384, Speed: 600, Cut: escpos.CutPartialFeed,
		Evidence: "48 mm at 203 dpi; printers without a cutter ignore GS V and feed",
	},
	{
		Name: "epson-tm-t82", Title: "Epson TM-T82", Dots: 576, Speed: 1200, Cut: escpos.CutPartialFeed, Clears: true,
		Names: []string{"TM-T82", "TM-T81", "TM-T20"}, Pages: escpos.TCVN, QR: true,
		Evidence: "72 mm at 203 dpi as TM-T20II in escpos-printer-db (576 dots, TCVN-3 on pages 30 and 31, QR codes); commands of Epson's ESC/POS reference, from memory",
	},
	{
		Name: "epson-tm-t88", Title: "Epson TM-T88IV, TM-T88V", Dots: 512, Speed: 1000, Cut: escpos.CutPartialFeed, Motion: 180, Clears: true,
		Names:    []string{"TM-T88"},
		Evidence: "512 dots in escpos-printer-db (TM-T88V), 180 dpi; its plain feed unit is half a dot, so GS P is set. The T88V has TCVN-3 on pages 30 and 31, the T88IV has not: name way = \"text\" on a T88V",
	},
	{
		Name: "xprinter-xp80", Title: "Xprinter XP-80, XP-Q200", Dots: 576, Speed: 1000, Cut: escpos.CutPartialFeed, QR: true,
		Evidence: "203 dpi and QR codes, from memory; boots into two-byte characters, which FS . ends",
	},
	{
		Name: "rongta-rp326", Title: "Rongta RP326", Dots: 576, Speed: 1000, Cut: escpos.CutPartialFeed,
		Evidence: "escpos-printer-db: pictures by GS v 0, no GS ( L; 72 mm at 203 dpi, from memory",
	},
	{
		Name: "citizen-ct-s310", Title: "Citizen CT-S310", Dots: 576, Speed: 1000, Cut: escpos.CutPartialFeed,
		Pages:    escpos.TCVN,
		Evidence: "203 dpi, from memory; TCVN-3 on pages 30 and 31 in escpos-printer-db; its sister CT-S651 in escpos-printer-db knows GS v 0 and both cuts",
	},
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
		Cut: m.Cut, FeedBeforeCut: m.FeedBeforeCut,
	}
}
