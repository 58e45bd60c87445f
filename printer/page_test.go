package printer

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets"
	"xinmoi/assets/assetstest"
	"xinmoi/printer/printertest"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/door"
	"xinmoi/store/queue"
)

// site serves the pages of this room to a browser, in real time.
type site struct {
	*hall
	addr string
}

func newSite(t testing.TB) *site {
	h := &hall{t: t, dir: t.TempDir(), inks: map[string][]byte{}}
	var err error
	h.book, err = store.Open(h.dir, store.Options{Synced: func() bool { return true }})
	require.NoError(t, err)
	t.Cleanup(func() { _ = h.book.Close() })
	h.room = New(Options{Book: h.book, Words: words(), Dir: filepath.Join(h.dir, "printer")})
	doc, findings := centre.Parse("centre.toml", []byte(document))
	require.NotNil(t, doc, "%v", findings)
	canonical, hash := doc.Canonical()
	h.do(queue.Configure{Rules: doc.Rules(), Document: canonical, Hash: hash})
	routes := h.room.Routes()
	for _, pattern := range []string{"/web/", "/locale/"} {
		routes = append(routes, door.Route{Method: "GET", Pattern: pattern, Kind: door.KindAsset, Who: door.Anyone, Handle: door.Serve(assets.Handler(assets.Words()))})
	}
	handler, err := door.New(door.Options{
		Access:    func() (lan, hosts []string) { return nil, []string{assetstest.Host} },
		Words:     words(),
		Languages: func() []string { return []string{"vi", "en"} },
	}, routes...)
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := door.Server(handler)
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(l) })
	t.Cleanup(func() { _ = server.Shutdown(context.Background()); running.Wait() })
	return &site{h, l.Addr().String()}
}

func (s *site) url(path string) string { return "http://" + s.addr + path }

var desk = assetstest.Size{W: 1366, H: 768}

// typed puts a text into the box of the template.
const typed = `((v) => { const box = document.getElementById("template"); box.value = v; box.dispatchEvent(new Event("input", { bubbles: true })); return true; })`

// The slip is edited, seen, found wrong, put right, saved and given up.
func TestSlipPage(t *testing.T) {
	h := newSite(t)
	b := assetstest.Start(t)
	page := b.Open(t, h.url("/supervisor/slip?lang=vi"), desk)
	high := `document.querySelector("img.paper")?.naturalHeight`
	page.Wait(high + ` > 600`)
	page.Check("slip-vi", assetstest.Scrolls, 0)
	assetstest.Eval[bool](page, typed+"(`"+shortSlip+"`)")
	page.Wait(high + ` < 300`)
	assetstest.Eval[bool](page, typed+"(`"+shortSlip+"[[line]]\ntext = \"Quầy {quay}\"`)")
	page.WaitText("Không có biến {quay}")
	page.Wait(high + ` > 600`)
	page.Check("slip-wrong-vi", assetstest.Scrolls, 0)
	page.Tap(".button.main")
	page.Settle()
	assert.NoFileExists(t, filepath.Join(h.dir, "printer", templateFile))
	assetstest.Eval[bool](page, typed+"(`"+shortSlip+"`)")
	page.Tap(".button.main")
	page.WaitText("Đã lưu")
	saved, err := os.ReadFile(filepath.Join(h.dir, "printer", templateFile))
	require.NoError(t, err)
	assert.Equal(t, shortSlip, string(saved))
	assert.Empty(t, page.Errors())

	english := b.Open(t, h.url("/supervisor/slip?lang=en"), assetstest.Size{W: 800, H: 900})
	assetstest.Eval[bool](english, `document.documentElement.style.fontSize = "24px", true`)
	english.WaitText("What will be printed")
	english.Check("slip-en-large", assetstest.Scrolls, 0)
}

// The question about the paper, what is to be done after "no", and the slips
// that a person may ask for.
func TestPrintersPage(t *testing.T) {
	h := newSite(t)
	p := printertest.New(printertest.Options{})
	l := h.plug("p1", p, nil)
	defer l.stop()
	b := assetstest.Start(t)
	page := b.Open(t, h.url("/supervisor/printers?lang=vi"), desk)
	page.Wait(`document.querySelectorAll("section").length === 3`)
	page.WaitText("Phiếu từ khi thay giấy")
	page.Check("printers-vi", assetstest.Scrolls, 0)
	file := filepath.Join(h.dir, "printer", templateFile)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, []byte(shortSlip+"[[line]]\ntext = \"{quay}\""), 0o600))
	page.WaitText("Không có biến {quay}")
	page.Check("printers-slip-vi", assetstest.Scrolls, 0)
	require.NoError(t, os.Remove(file))
	page.Wait(`!document.querySelector(".notice")`)
	p.SetPaper(false)
	page.Wait(`document.querySelector(".state.bad")?.textContent === "hết giấy"`)
	page.Shot("printers-empty-vi")
	p.SetPaper(true)
	page.WaitText("Chữ có hiện trên giấy không?")
	h.take()
	require.Eventually(t, func() bool { return len(p.Papers()) == 2 }, 10*time.Second, 20*time.Millisecond)
	page.Check("printers-asked-vi", assetstest.Scrolls, 0)
	page.Tap(".notice .button:nth-of-type(2)") // no
	page.WaitText("giấy nằm ngược")
	page.WaitText("in lại 1 phiếu")
	page.Check("printers-wrong-vi", assetstest.Scrolls, 0)
	page.Tap(".notice .button")
	page.WaitText("Chữ có hiện trên giấy không?")
	require.Eventually(t, func() bool { return len(p.Papers()) == 4 }, 10*time.Second, 20*time.Millisecond)
	page.Tap(".notice .button") // yes
	page.Wait(`!document.querySelector(".notice")`)
	page.Tap("section .button")
	page.WaitText("In phiếu thử: đã gửi tới máy in p1")
	require.Eventually(t, func() bool { return len(p.Papers()) == 5 }, 10*time.Second, 20*time.Millisecond)

	// A ticket that was given up is told, and comes out when somebody asks for it.
	l.stop()
	lost := h.take()
	order := h.book.View().Seq
	_, err := h.room.note(t.Context(), noteDropped, note{Ticket: lost.ID, Order: order, Reason: reasonFailed})
	require.NoError(t, err)
	page.WaitText("1 người đang chờ mà chưa có phiếu giấy: " + lost.Number)
	page.Check("printers-lacking-vi", assetstest.Scrolls, 0)
	l = h.plug("p1", p, nil)
	page.Tap(".notice .button")
	page.Wait(`!document.querySelector(".notice.warn")`)
	require.Eventually(t, func() bool { return len(p.Papers()) == 6 }, 10*time.Second, 20*time.Millisecond)
	assert.Equal(t, "marked", h.looks(p.Papers()[5], lost, 576))
	page.Tap("#again")
	page.Type("x999")
	page.Tap("form .button")
	page.WaitText("Không tìm thấy số này trong ngày")
	page.Excuse("404")
	assetstest.Eval[bool](page, `document.getElementById("again").value = "", true`)
	page.Tap("#again")
	page.Type("a001")
	page.Tap("form .button")
	page.WaitText("Đã gửi phiếu A001")
	require.Eventually(t, func() bool { return len(p.Papers()) == 7 }, 10*time.Second, 20*time.Millisecond)
	page.Check("printers-again-vi", assetstest.Scrolls, 0)
	assert.Empty(t, page.Errors())

	english := b.Open(t, h.url("/supervisor/printers?lang=en"), assetstest.Size{W: 800, H: 900})
	assetstest.Eval[bool](english, `document.documentElement.style.fontSize = "24px", true`)
	english.WaitText("Print the closing report")
	english.Check("printers-en-large", assetstest.Scrolls, 0)
}
