package printer

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/printer/printertest"
	"xinmoi/store/centre"
)

// What whoever edits the slip is shown is what then comes out of the printer: in
// each way, on a slow line too.
func TestPreviewIsWhatComesOut(t *testing.T) {
	for _, way := range []string{centre.WayRaster, centre.WayText, centre.WayStored, centre.WayHybrid} {
		t.Run(way, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := hallOf(t, strings.Replace(commune, `port = "serial:/dev/ttyS0"`, fmt.Sprintf("port = \"serial:/dev/ttyS0\"\nway = %q", way), 1))
				defer h.stop()
				p := printertest.New(printertest.Options{Dots: 512, BytesPerSecond: 960, Maker: "EPSON", Model: "TM-T88IV", NV: 1, RAM: 1 << 20})
				l := h.plug("p1", p, slowWire)
				defer l.stop()
				time.Sleep(2 * time.Minute) // it is filled meanwhile
				ticket := h.take()
				time.Sleep(30 * time.Second)
				require.Len(t, p.Papers(), 1)
				w := h.ask(http.MethodGet, fmt.Sprintf("/printer/p1/preview?ticket=%d", ticket.ID), "", "")
				require.Equal(t, http.StatusOK, w.Code)
				if dir := os.Getenv("SHOTS"); dir != "" {
					require.NoError(t, os.WriteFile(filepath.Join(dir, "preview-"+way+".png"), w.Body.Bytes(), 0o600))
				}
				img, err := png.Decode(w.Body)
				require.NoError(t, err)
				shown := bytes.Trim(dots(img), "\x00")
				assert.Greater(t, len(shown), 1000)
				assert.True(t, bytes.Contains(dots(p.Papers()[0].Image), shown))
			})
		})
	}
}

// dots are the rows of a picture, a byte for each dot.
func dots(img image.Image) []byte {
	b := img.Bounds()
	out := make([]byte, 0, b.Dx()*b.Dy())
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			dot := byte(0)
			if r, _, _, _ := img.At(x, y).RGBA(); r < 0x8000 {
				dot = 1
			}
			out = append(out, dot)
		}
	}
	return out
}
