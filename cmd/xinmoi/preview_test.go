package main

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets/locale"
	"xinmoi/store/centre"
)

func TestPrintPreview(t *testing.T) {
	words, err := locale.New()
	require.NoError(t, err)
	dir := t.TempDir()
	good, bad, out := filepath.Join(dir, "good.toml"), filepath.Join(dir, "bad.toml"), filepath.Join(dir, "t.png")
	src, err := centre.Template("commune", centre.Answers{
		Name: centre.Text{"vi": "xã Đắk Phơi", "en": "Đắk Phơi"}, Counters: 2, PrinterPort: "usb:/dev/usb/lp0",
	})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(good, src, 0o600))
	require.NoError(t, os.WriteFile(bad, []byte("[centre"), 0o600))
	own, wrong := filepath.Join(dir, "own.toml"), filepath.Join(dir, "wrong.toml")
	require.NoError(t, os.WriteFile(own, []byte("[[line]]\ntext = \"{number}\"\n"), 0o600))
	require.NoError(t, os.WriteFile(wrong, []byte("[[line]]\ntext = \"{so}\"\n"), 0o600))
	for _, c := range []struct {
		args []string
		want int
		says string
	}{
		{[]string{"--config", good, "-o", out}, exitGood, "t.png"},
		{[]string{"--config", good, "-o", out, "--printer", "p1"}, exitGood, "t.png"},
		{[]string{"--config", good, "-o", out, "--printer", "p9"}, exitFound, "p9"},
		{[]string{"--config", bad, "-o", out}, exitFound, "bad.toml:1"},
		{[]string{"--config", good + "x"}, exitCannotTell, "good.tomlx"},
		{[]string{"--config", good, "-o", filepath.Join(dir, "no", "t.png")}, exitCannotTell, filepath.Join(dir, "no") + ". Hãy"},
		{[]string{"--config", good, "-o", out, "--template", own, "--dots", "384", "--for", "en"}, exitGood, "t.png"},
		{[]string{"--config", good, "-o", out, "--template", wrong}, exitFound, "wrong.toml:2: lỗi: Không có biến {so}"},
		{[]string{"--config", good, "-o", out, "--template", own + "x"}, exitCannotTell, "own.tomlx"},
		{[]string{"--config", good, "-o", out + "x", "--dots", "10"}, exitUsage, "từ 200 đến 1000"},
		{[]string{"--config", good, "-o", out + "x", "--dots", "1001"}, exitUsage, "từ 200 đến 1000"},
		{[]string{"--config", good, "-o", out + "x", "--service", "ho-tic"}, exitFound, "lĩnh vực nào mang mã “ho-tic”. Các mã: ho-tich, "},
		{[]string{"--config", good, "-o", out + "x", "--for", "zz"}, exitFound, "không có tiếng “zz”. Các tiếng: vi, en"},
		{nil, exitUsage, "print-preview"},
	} {
		var said bytes.Buffer
		e := env{out: &said, errw: &said, words: words, lang: "vi"}
		assert.Equal(t, c.want, runPreview(e, c.args), "%v", c.args)
		assert.Contains(t, said.String(), c.says, "%v", c.args)
	}
	assert.NoFileExists(t, out+"x", "what was not asked for is not drawn")
	f, err := os.Open(out)
	require.NoError(t, err)
	defer f.Close()
	img, err := png.Decode(f)
	require.NoError(t, err)
	assert.Equal(t, 576, img.Bounds().Dx())
	assert.Greater(t, img.Bounds().Dy(), 400)
}
