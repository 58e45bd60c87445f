package printer

import (
	"bytes"
	"encoding/json"
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
	"xinmoi/printer/slip"
)

const shortSlip = "[[line]]\ntext = \"{number}\"\nface = \"figures\"\n"

// An edit of the template is seen at the next ticket; with one that is wrong, or
// a logo that cannot be read, the hall prints the slip of the house.
func TestTemplateInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		p := printertest.New(printertest.Options{})
		l := h.plug("p1", p, nil)
		defer l.stop()
		time.Sleep(3 * time.Second)
		file := filepath.Join(h.dir, "printer", templateFile)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		high := func() int {
			h.take()
			time.Sleep(3 * time.Second)
			all := p.Papers()
			return all[len(all)-1].Image.Bounds().Dy()
		}
		house := high()
		require.NoError(t, os.WriteFile(file, []byte(shortSlip), 0o600))
		short := high()
		assert.Less(t, short, house/2)
		require.NoError(t, os.WriteFile(file, []byte(shortSlip+"[[line]]\ntext = \"{nmber}\"\n"), 0o600))
		assert.Greater(t, high(), house*9/10, "a wrong template: the slip of the house")
		require.NoError(t, os.WriteFile(file, []byte("logo = \"logo.png\"\n"+shortSlip+"[[line]]\nshow = \"logo\"\n"), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(h.dir, "printer", logoFile), []byte("JFIF"), 0o600))
		assert.Greater(t, high(), house*9/10, "a logo that is none: the slip of the house")
		_, found, err := h.room.templates.now()
		require.NoError(t, err)
		assert.Equal(t, "printer.template.logo_no_png", found[0].Code)
		require.NoError(t, os.WriteFile(filepath.Join(h.dir, "printer", logoFile), picture(t), 0o600))
		withLogo := high()
		assert.Greater(t, withLogo, short, "the logo was put right, and nobody touched the template")
		assert.Less(t, withLogo, house)
		require.NoError(t, os.Remove(file))
		assert.Equal(t, house, high())
		assert.Len(t, h.notes(), 12, "each ticket was printed once")
	})
}

// picture is a small PNG.
func picture(t testing.TB) []byte {
	p, err := slip.NewPress()
	require.NoError(t, err)
	page, err := p.Render([]slip.Line{{Text: "UBND", Face: slip.Strong, Size: 60}}, slip.Paper{Dots: 200})
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, page.Image()))
	return b.Bytes()
}

func TestEditTheSlip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		call := func(path string, body slipBody, answer any) {
			b, err := json.Marshal(body)
			require.NoError(t, err)
			w := h.ask(http.MethodPost, path, string(b), "")
			require.Equal(t, http.StatusOK, w.Code, w.Body)
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), answer))
		}
		var drawn drawnAnswer
		call("/api/v1/slip/preview", slipBody{Template: shortSlip, Dots: 384}, &drawn)
		assert.True(t, drawn.Good)
		img, err := png.Decode(bytes.NewReader(drawn.PNG))
		require.NoError(t, err)
		assert.Equal(t, 384, img.Bounds().Dx())
		call("/api/v1/slip/preview", slipBody{Template: "[[line]]\ntext = \"{quay}\""}, &drawn)
		assert.False(t, drawn.Good)
		require.Len(t, drawn.Findings, 2)
		assert.Contains(t, drawn.Findings[1], "Dòng 2: Không có biến {quay}. Các biến dùng được:")
		tall, err := png.Decode(bytes.NewReader(drawn.PNG))
		require.NoError(t, err)
		assert.Greater(t, tall.Bounds().Dy(), 2*img.Bounds().Dy(), "the slip of the house is shown")

		var saved savedAnswer
		call("/api/v1/slip", slipBody{Template: "[[line]]"}, &saved)
		assert.False(t, saved.Saved)
		assert.NoFileExists(t, filepath.Join(h.dir, "printer", templateFile))
		withLogo := "logo = \"logo.png\"\n[[line]]\nshow = \"logo\"\n" + shortSlip
		call("/api/v1/slip", slipBody{Template: withLogo, Logo: []byte("GIF89a")}, &saved)
		assert.False(t, saved.Saved)
		call("/api/v1/slip", slipBody{Template: withLogo, Logo: picture(t)}, &saved)
		assert.True(t, saved.Saved)
		var now slipAnswer
		w := h.ask(http.MethodGet, "/api/v1/slip", "", "")
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &now))
		assert.True(t, now.Own && now.Good && now.Logo)
		assert.Equal(t, withLogo, now.Template)
		call("/api/v1/slip", slipBody{Template: shortSlip}, &saved)
		old, err := os.ReadFile(filepath.Join(h.dir, "printer", templateFile+".old"))
		require.NoError(t, err)
		assert.Equal(t, withLogo, string(old), "the one before is kept")
		call("/api/v1/slip", slipBody{}, &saved)
		w = h.ask(http.MethodGet, "/api/v1/slip", "", "")
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &now))
		assert.False(t, now.Own)
		assert.Equal(t, slip.Builtin(), now.Template)

		w = h.ask(http.MethodPost, "/api/v1/slip/preview", `{"template":"","dots":99}`, "")
		assert.Equal(t, http.StatusUnprocessableEntity, w.Code)
		w = h.ask(http.MethodPost, "/api/v1/slip/preview", `{"template":"`+strings.Repeat("a", maxSlipBody)+`"}`, "")
		assert.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
	})
}
