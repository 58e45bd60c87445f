package printer

import "xinmoi/printer/escpos"

// What printers of the trade can say, and how they stop a line.
const (
	tellsAll   = "DLE EOT, GS a, GS r"
	tellsAsked = "DLE EOT, GS r"
	dtr        = "DTR/DSR: join its DTR to the computer's CTS and set flow=rtscts"
	rts        = "RTS/CTS or DTR/DSR by a switch"
)

// Sources of the facts. The database is by the escpos-printer-db contributors, under CC BY
// 4.0 (creativecommons.org/licenses/by/4.0): github.com/receipt-print-hq/escpos-printer-db.
// Facts of it are used for names, widths, code pages and features; its letter for
// Đ is changed, and status and flow control are not from it.
const (
	db      = "escpos-printer-db"
	encoder = "receipt-printer-encoder 4.0.1 (npm, MIT)"
	memory  = "from memory, not seen in a manual"
)

// models are the makes that are known. An unlisted printer is one of the two
// generic ones: nearly all know pictures by GS v 0 and the cut.
var models = []Model{
	{
		Name: "generic-80", Title: "80 mm, ESC/POS", Dots: 576, DPI: 203, Speed: 800, Cut: escpos.CutPartialFeed,
		Evidence: "pictures by GS v 0 in 43 of 50 profiles of " + db + "; 72 mm at 203 dpi",
	},
	{
		Name: "generic-58", Title: "58 mm, ESC/POS", Dots: 384, DPI: 203, Speed: 600, Cut: escpos.CutPartialFeed,
		Quirks:   "without a cutter it ignores GS V and feeds",
		Evidence: "48 mm at 203 dpi",
	},
	{
		Name: "epson-tm-t82", Title: "Epson TM-T82, TM-T20II, TM-T20III", Dots: 576, DPI: 203, Speed: 1200,
		Names: []string{"TM-T82", "TM-T81", "TM-T20"},
		Cut:   escpos.CutPartialFeed, Clears: true, Pages: escpos.TCVN, QR: true, Keeps: true,
		Tells: tellsAll, Flow: dtr,
		Evidence: db + " TM-T20II: 576 dots, TCVN-3 on pages 30 and 31, QR codes, GS ( L; " +
			"status and clearing as in Epson's ESC/POS reference, " + memory,
	},
	{
		Name: "epson-tm-t88", Title: "Epson TM-T88III, TM-T88IV", Dots: 512, DPI: 180, Speed: 1000,
		Names: []string{"TM-T88"},
		Cut:   escpos.CutPartialFeed, Motion: 180, Clears: true, QR: true, Keeps: true,
		Tells: tellsAll, Flow: dtr,
		Quirks: "its feed unit is half a dot, so GS P is set; no Vietnamese letters",
		Evidence: db + " TM-T88III, TM-T88IV: 512 dots (T88III), no TCVN-3; GS ( L and its key lists as in Epson's TM-T88III manual, " +
			"pages 231 to 260; QR codes: " + db + ", " + encoder + "; status " + memory,
	},
	{
		Name: "epson-tm-t88v", Title: "Epson TM-T88V, TM-T88VI, TM-T88VII", Dots: 512, DPI: 180, Speed: 1000,
		Names: []string{"TM-T88V"},
		Cut:   escpos.CutPartialFeed, Motion: 180, Clears: true, Pages: escpos.TCVN, QR: true, Keeps: true,
		Tells: tellsAll, Flow: dtr,
		Quirks: "its feed unit is half a dot, so GS P is set; its NV memory is not to be written more than ten times a day",
		Evidence: db + " TM-T88V: 512 dots, TCVN-3 on pages 30 and 31, QR codes; ten writes: Epson's TM-T88V technical " +
			"reference guide, page 22; status " + memory,
	},
	{
		Name: "xprinter-xp80", Title: "Xprinter XP-80, XP-Q200", Dots: 576, DPI: 203, Speed: 1000,
		Cut: escpos.CutPartialFeed, QR: true, Tells: tellsAsked, Flow: rts,
		Quirks:   "boots into two-byte characters, which FS . ends; page 27 is TCVN-3 on some, CP1258 on others",
		Evidence: encoder + " XP-T80Q, XP-N160II: 203 dpi, 48 columns, QR codes of model 2; status " + memory,
	},
	{
		Name: "rongta-rp326", Title: "Rongta RP326", Dots: 576, DPI: 203, Speed: 1000,
		Cut: escpos.CutPartialFeed, Tells: "DLE EOT", Flow: rts,
		Evidence: db + " RP326: pictures by GS v 0, no GS ( L, CP1258 on page 35; DLE EOT in its maker's command set V1.0; width " + memory,
	},
	{
		Name: "citizen-ct-s310", Title: "Citizen CT-S310, CT-S651", Dots: 576, DPI: 203, Speed: 1000,
		Names: []string{"CT-S"},
		Cut:   escpos.CutPartialFeed, Pages: escpos.TCVN, QR: true, Keeps: true,
		Tells: tellsAll, Flow: dtr,
		Quirks: "its memory switches may put it into another command set",
		Evidence: encoder + " CT-S310II: 203 dpi, 48 columns, TCVN-3 on pages 30 and 31, QR codes; " + db +
			" CT-S651: GS v 0, GS ( L, both cuts; a CT-S310 without II may draw no QR codes: name way = \"raster\" there; status " + memory,
	},
	{
		Name: "bixolon-srp-350", Title: "Bixolon (Samsung) SRP-350, SRP-350II", Dots: 512, DPI: 180, Speed: 1000,
		Names: []string{"SRP-350"},
		Cut:   escpos.CutPartialFeed, Motion: 180, Clears: true, Tells: tellsAll, Flow: dtr,
		Quirks:   "no Vietnamese letters and no QR codes",
		Evidence: encoder + " SRP-350: 180 dpi, 42 columns; commands in its maker's SRP-350II manual: DLE EOT, DLE DC4, GS a, GS r, GS v 0; GS P as Epson's, " + memory,
	},
	{
		Name: "bixolon-srp-350iii", Title: "Bixolon SRP-350III", Dots: 512, DPI: 180, Speed: 1000,
		Names: []string{"SRP-350III", "SRP-350PLUSIII"},
		Cut:   escpos.CutPartialFeed, Motion: 180, Clears: true, Pages: escpos.Pages{Lower: 49, Upper: 50}, QR: true,
		Tells: tellsAll, Flow: dtr,
		Quirks:   "TCVN-3 on pages 49 and 50, unlike the others",
		Evidence: encoder + " SRP-350III: 180 dpi, 42 columns, TCVN-3 on 49 and 50, QR codes; status as SRP-350II; GS P as Epson's, " + memory,
	},
	{
		Name: "star-escpos", Title: "Star TSP600, TSP650, TSP700 in ESC/POS mode", Dots: 576, DPI: 203, Speed: 1000,
		Names: []string{"STAR", "TSP"},
		Cut:   escpos.CutPartialFeed, Tells: "DLE EOT, GS a", Flow: dtr,
		Quirks:   "leaves the factory in Star's own mode: a switch sets ESC/POS",
		Evidence: db + " TSP600: ESC/POS emulation, no TCVN-3; width and status " + memory,
	},
	{
		Name: "custom-vkp80", Title: "Custom VKP80, VKP80II (kiosk, presenter)", Dots: 576, DPI: 203, Speed: 1000,
		Names: []string{"VKP80"},
		Cut:   escpos.CutOldFull, FeedBeforeCut: 80, Present: []byte{0x1D, 'e', 5}, Tells: tellsAsked, Flow: rts,
		Quirks: "cuts by ESC i; the presenter is told to hand out by GS e 5",
		Evidence: "its maker's VKP80II manual: ESC i, notch alignment; GS e in the same maker's KPM216 manual; " +
			"distance of the cutter, width and status " + memory,
	},
	{
		Name: "snbc-bt-t080", Title: "SNBC BT-T080, BK-T680 (kiosk, presenter)", Dots: 576, DPI: 203, Speed: 1000,
		Cut: escpos.CutFullFeed, Tells: tellsAll, Flow: rts,
		Quirks:   "its presenter works by itself after the cut; a jam in it is an error of DLE EOT 3",
		Evidence: "its maker's BT-T080 programming manual, page 41: the bits of DLE EOT 1 to 3, GS a; BK-T680, width and presenter " + memory,
	},
	{
		Name: "masung-kiosk", Title: "Masung EP802, MS-D347 (kiosk, presenter)", Dots: 576, DPI: 203, Speed: 800,
		Cut: escpos.CutFullFeed, Tells: "DLE EOT", Flow: rts,
		Quirks:   "its presenter is set by its own switches",
		Evidence: memory + "; no manual was found: print one ticket and look",
	},
}
