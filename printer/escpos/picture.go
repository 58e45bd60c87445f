package escpos

import "image"

// bitmap is a picture of one bit a dot, rows padded to whole bytes, black is 1.
type bitmap struct {
	rows, stride int
	bits         []byte
}

// pack thresholds a picture at half.
func pack(img *image.Gray) bitmap {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	b := bitmap{rows: h, stride: (w + 7) / 8}
	b.bits = make([]byte, b.stride*h)
	for y := range h {
		src := img.Pix[y*img.Stride:][:w]
		dst := b.row(y)
		for x, v := range src {
			if v < 128 {
				dst[x/8] |= 0x80 >> (x % 8)
			}
		}
	}
	return b
}

func (b bitmap) row(y int) []byte { return b.bits[y*b.stride:][:b.stride] }

// band is a run of rows: blank ones, or ones whose black lies between the bytes
// left and right.
type band struct {
	top, rows   int
	left, right int
	blank       bool
}

// worthFeeding is how many blank rows in a row are fed, not sent. Fewer would
// save little, and each feed stops the paper for a moment.
const worthFeeding = 4

// A band costs its place and its head besides its dots. On a fast line, where
// bands may be of any size, bytes are cheap and each band is a possible stop of
// the paper, so that it counts for more.
const (
	bandHead     = 12
	fastBandHead = 100
)

// bands splits a picture into bands of at most size bytes and MaxBandRows rows.
func (b bitmap) bands(size int) []band {
	var out []band
	for y := 0; y < b.rows; {
		blank := b.blankFrom(y)
		if blank >= worthFeeding || y+blank == b.rows || (y == 0 && blank > 0) {
			out = append(out, band{top: y, rows: blank, blank: true})
			y += blank
			continue
		}
		end := y + 1
		for end < b.rows && b.blankFrom(end) < worthFeeding && b.blankFrom(end) < b.rows-end {
			end++
		}
		out = append(out, b.cheapest(y, end, size)...)
		y = end
	}
	return out
}

// cheapest splits the rows from top to end, of which none may be fed, into bands
// of the fewest bytes: a line of text is wide in the middle and narrow where
// only marks and tails stand.
func (b bitmap) cheapest(top, end, size int) []band {
	n, head := end-top, bandHead
	if size >= MaxBandBytes {
		head = fastBandHead
	}
	cost := make([]int, n+1) // of all rows from here to the end
	take := make([]int, n)   // rows of the first band of those
	for i := n - 1; i >= 0; i-- {
		left, right := b.stride, 0
		for rows := 1; i+rows <= n && rows <= MaxBandRows; rows++ {
			l, r := b.edges(top + i + rows - 1)
			left, right = min(left, l), max(right, r)
			wide := max(0, right-left)
			if rows > 1 && rows*wide > size {
				break
			}
			if c := head + rows*wide + cost[i+rows]; take[i] == 0 || c < cost[i] {
				cost[i], take[i] = c, rows
			}
		}
	}
	var out []band
	for i := 0; i < n; i += take[i] {
		d := band{top: top + i, rows: take[i], left: b.stride}
		for y := range d.rows {
			l, r := b.edges(d.top + y)
			d.left, d.right = min(d.left, l), max(d.right, r)
		}
		d.blank = d.right == 0
		out = append(out, d)
	}
	return out
}

// blankFrom counts the blank rows from y on.
func (b bitmap) blankFrom(y int) int {
	n := 0
	for y+n < b.rows {
		if _, right := b.edges(y + n); right > 0 {
			break
		}
		n++
	}
	return n
}

// edges is the half-open range of bytes of a row that hold black; (stride, 0)
// for a blank row.
func (b bitmap) edges(y int) (left, right int) {
	row := b.row(y)
	left = b.stride
	for x, v := range row {
		if v != 0 {
			left = min(left, x)
			right = x + 1
		}
	}
	return left, right
}

// appendShifted adds one row of wide bytes: src after lead white dots.
func appendShifted(dst, src []byte, lead, wide int) []byte {
	at := len(dst)
	dst = append(dst, make([]byte, wide)...)
	row := dst[at:]
	for i, v := range src {
		x := lead/8 + i
		row[x] |= v >> (lead % 8)
		if lead%8 > 0 && x+1 < wide {
			row[x+1] |= v << (8 - lead%8)
		}
	}
	return dst
}

// Double draws each pixel as two by two.
func Double(img *image.Gray) *image.Gray {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewGray(image.Rect(0, 0, 2*w, 2*h))
	for y := range 2 * h {
		for x := range 2 * w {
			out.Pix[y*out.Stride+x] = img.Pix[y/2*img.Stride+x/2]
		}
	}
	return out
}
