package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets/locale"
	"xinmoi/cmd/internal/port"
	"xinmoi/store/centre"
)

// terminal is a technician's: what is typed, and what the program wrote.
type terminal struct {
	env
	out, err bytes.Buffer
}

func newTerminal(t *testing.T, lang, typed string) *terminal {
	t.Helper()
	words, err := locale.New()
	require.NoError(t, err)
	x := &terminal{}
	x.env = env{in: strings.NewReader(typed), out: &x.out, errw: &x.err, words: words, lang: lang}
	return x
}

func TestInitAsksSixQuestions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "centre.toml")
	x := newTerminal(t, "vi", "1\nXã  Mường Ảng\n4\ntcp:192.168.1.50:9100\nserial:/dev/ttyUSB0?baud=9600\n-\n")
	require.Equal(t, exitGood, runInit(x.env, []string{"-o", file}), x.err.String())
	assert.Equal(t, 6, strings.Count(x.out.String(), "/6  "))
	assert.Contains(t, x.out.String(), "Tên đơn vị")
	assert.Contains(t, x.out.String(), "xinmoi serve --config "+file)

	src, err := os.ReadFile(file)
	require.NoError(t, err)
	d, _ := centre.Parse(file, src)
	require.NotNil(t, d)
	assert.Equal(t, "Trung tâm Phục vụ hành chính công xã Mường Ảng", d.Centre.Name["vi"])
	assert.Equal(t, "Mường Ảng Commune Public Service Centre", d.Centre.Name["en"])
	assert.Equal(t, "UBND xã Mường Ảng", d.Centre.Authority["vi"])
	assert.Len(t, d.Counters, 4)
	assert.Len(t, d.Keypads, 4)
	assert.Empty(t, d.LEDs)
	assert.Equal(t, "tcp:192.168.1.50:9100", d.Printers[0].Port)
}

func TestInitAsksAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "centre.toml")
	x := newTerminal(t, "en", "7\n2\n\nBến Thành\nmany\n0\n7\nCOM1\n\n-\nserial:/dev/ttyUSB0?baud=14400\nserial:/dev/ttyUSB0\n")
	require.Equal(t, exitGood, runInit(x.env, []string{"-o", file}), x.err.String())
	for _, s := range []string{"Type 1, 2 or 3", "Type the name", "Type a number", "port “COM1”", "baud cannot be “14400”"} {
		assert.Contains(t, x.err.String(), s)
	}
	src, err := os.ReadFile(file)
	require.NoError(t, err)
	d, _ := centre.Parse(file, src)
	require.NotNil(t, d)
	assert.Equal(t, "Bến Thành Ward Public Service Centre", d.Centre.Name["en"])
	assert.Equal(t, "usb:/dev/usb/lp0", d.Printers[0].Port)
	assert.Empty(t, d.Keypads)
	assert.Len(t, d.LEDs, 7)
}

func TestInitOneLineForTwoDevices(t *testing.T) {
	file := filepath.Join(t.TempDir(), "centre.toml")
	x := newTerminal(t, "vi", "\nA\n\n\nserial:/dev/ttyUSB0\nserial:/dev/ttyUSB0\n-\n")
	require.Equal(t, exitGood, runInit(x.env, []string{"-o", file}), x.err.String())
	assert.Contains(t, x.err.String(), "hai loại thiết bị")
}

func TestInitNeverOverwrites(t *testing.T) {
	file := filepath.Join(t.TempDir(), "centre.toml")
	require.NoError(t, os.WriteFile(file, []byte("mine"), 0o600))
	x := newTerminal(t, "vi", "")
	assert.Equal(t, exitFound, runInit(x.env, []string{"-o", file}))
	assert.Contains(t, x.err.String(), "đã có")
	b, _ := os.ReadFile(file)
	assert.Equal(t, "mine", string(b))
	assert.Equal(t, exitFound, x.env.writeDocument(file, draft{kind: "ward", answers: centre.Answers{Name: centre.Text{"vi": "A", "en": "A"}, Counters: 1}}), "nor when it came meanwhile")
}

func TestInitWithoutAnswers(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "centre.toml")
	x := newTerminal(t, "vi", "1\nxã A\n")
	assert.Equal(t, exitUsage, runInit(x.env, []string{"-o", file}))
	assert.NoFileExists(t, file)

	x = newTerminal(t, "en", "")
	assert.Equal(t, exitGood, runInit(x.env, []string{"-o", file, "--yes", "--kind=province", "--name", "tỉnh Điện Biên", "--public-url", "https://so.dienbien.gov.vn"}), x.err.String())
	assert.Contains(t, x.out.String(), "Wrote ")
	src, _ := os.ReadFile(file)
	d, _ := centre.Parse(file, src)
	require.NotNil(t, d)
	assert.Equal(t, "https://so.dienbien.gov.vn", d.Centre.PublicURL)
	assert.Len(t, d.Counters, 17)

	for _, args := range [][]string{{"--yes"}, {"--yes", "--name=A", "--counters=0"}, {"--yes", "--name=A", "--printer=lpt1"}, {"--wrong"}, {"file"}} {
		x = newTerminal(t, "vi", "")
		assert.Equal(t, exitUsage, runInit(x.env, append(args, "-o", filepath.Join(dir, "other.toml"))[:len(args)]), args)
	}
	x = newTerminal(t, "vi", "")
	assert.Equal(t, exitCannotTell, runInit(x.env, []string{"-o", filepath.Join(dir, "no", "x.toml"), "--yes", "--name=A"}))
}

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	write := func(name, src string) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(src), 0o600))
		return file
	}
	src, err := centre.Template("commune", centre.Answers{Name: centre.Text{"vi": "A", "en": "A"}, Counters: 3, PrinterPort: "usb:/dev/usb/lp0"})
	require.NoError(t, err)
	good := write("good.toml", string(src))
	bad := write("bad.toml", strings.Replace(string(src), "weekdays =", "weekday =", 1))

	x := newTerminal(t, "vi", "")
	assert.Equal(t, exitGood, runCheck(x.env, []string{good}))
	assert.Equal(t, good+": dùng được (8 lĩnh vực, 3 quầy, 0 cảnh báo).\n", x.out.String())

	x = newTerminal(t, "vi", "")
	assert.Equal(t, exitFound, runCheck(x.env, []string{bad}))
	assert.Regexp(t, `bad\.toml:\d+: lỗi: Không có mục “weekday”; có phải ý muốn viết “weekdays”`, x.out.String())

	x = newTerminal(t, "en", "")
	assert.Equal(t, exitFound, runCheck(x.env, []string{bad}))
	assert.Regexp(t, `bad\.toml:\d+: error: There is no key “weekday”`, x.out.String())

	x = newTerminal(t, "vi", "")
	assert.Equal(t, exitCannotTell, runCheck(x.env, []string{bad, filepath.Join(dir, "none.toml")}))
	assert.Equal(t, exitUsage, runCheck(x.env, nil))
	assert.Equal(t, exitUsage, runCheck(x.env, []string{"--wrong"}))
}

// TestCheckedPortsCanBeOpened holds the two readers of a port's address
// together: what check lets through, port must understand, and the other way.
func TestCheckedPortsCanBeOpened(t *testing.T) {
	for _, address := range []string{
		"serial:/dev/ttyUSB0", "serial:/dev/ttyUSB0?baud=115200&bits=7&parity=even&stop=2&flow=rtscts", "usb:/dev/usb/lp0",
		"tcp:10.0.0.9:9100", "tcp:[fe80::1]:9100", "tcp:printer.lan:9100", "agent:kiosk1/printer0",
		"serial:ttyUSB0", "serial:/dev/ttyUSB0?baud=14400", "serial:/dev/ttyUSB0?bits=5", "serial:/dev/ttyUSB0?speed=9600",
		"serial:/dev/ttyUSB0?flow=dtr", "usb:lp0", "usb:/dev/usb/lp0?baud=9600", "tcp:10.0.0.9", "tcp::9100", "tcp:h:0", "tcp:h:70000", "agent:kiosk1", "lpt1", "",
		"serial:", "agent:/x", "agent:x/", "com:1",
	} {
		src, err := centre.Template("commune", centre.Answers{Name: centre.Text{"vi": "A", "en": "A"}, Counters: 1, PrinterPort: "usb:/dev/x"})
		require.NoError(t, err)
		d, _ := centre.Parse("", bytes.Replace(src, []byte("usb:/dev/x"), []byte(address), 1))
		_, err = port.Parse(address)
		assert.Equal(t, err == nil, d != nil, "%q: port says %v", address, err)
	}
}
