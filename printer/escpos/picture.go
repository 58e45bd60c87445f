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

// worthFeeding is how many blank rows in a row are cheaper fed than sent: a feed
// and the head of another band are 15 bytes, and each stops the paper for a moment.
const worthFeeding = 4

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
		d := band{top: y, left: b.stride}
		for y < b.rows && d.rows < MaxBandRows && b.blankFrom(y) < worthFeeding {
			left, right := b.edges(y)
			left, right = min(left, d.left), max(right, d.right)
			if d.rows > 0 && (d.rows+1)*(right-left) > size {
				break
			}
			d.left, d.right = left, right
			d.rows++
			y++
		}
		d.blank = d.right == 0 // fewer blank rows than are worth feeding, then a break
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

// double draws each pixel as two by two.
func double(img *image.Gray) *image.Gray {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewGray(image.Rect(0, 0, 2*w, 2*h))
	for y := range 2 * h {
		for x := range 2 * w {
			out.Pix[y*out.Stride+x] = img.Pix[y/2*img.Stride+x/2]
		}
	}
	return out
}
