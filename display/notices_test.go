package display_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets/assetstest"
	"xinmoi/store/queue"
)

func picture(t *testing.T, w, h int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for x := range w {
		for y := range h {
			m.Set(x, y, color.RGBA{uint8(255 * x / w), 120, uint8(255 * y / h), 255})
		}
	}
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, m))
	return b.Bytes()
}

// drop puts a file where somebody with the folder would.
func (h *hall) drop(name string, data []byte) {
	h.t.Helper()
	dir := filepath.Join(h.dir, "display", "notices")
	require.NoError(h.t, os.MkdirAll(dir, 0o700))
	require.NoError(h.t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
}

// notices are the files as the supervisor sees them, with what is wrong.
func (h *hall) notices() map[string]string {
	h.t.Helper()
	resp, err := http.Get(h.url("/api/v1/notices"))
	require.NoError(h.t, err)
	defer resp.Body.Close()
	var list struct{ Items []struct{ File, Bad string } }
	require.NoError(h.t, json.NewDecoder(resp.Body).Decode(&list))
	out := map[string]string{}
	for _, n := range list.Items {
		out[n.File] = n.Bad
	}
	return out
}

func TestNoticesAreHeldToWhatBoardsCanShow(t *testing.T) {
	h := newHall(t, small)
	video, err := os.ReadFile("testdata/notice.webm")
	require.NoError(t, err)
	for name, data := range map[string][]byte{
		"1 lịch nghỉ.txt": []byte("\xef\xbb\xbfNghỉ lễ từ ngày 30/4\r\nđến hết ngày 1/5."),
		"2.png":           picture(t, 40, 30),
		"3.webm":          video,
		"a.svg":           []byte("<svg/>"),
		"b.html":          []byte("<script>alert(1)</script>"),
		"c.png":           []byte("<script>alert(1)</script>"),
		"d.jpg":           picture(t, 40, 30), // PNG
		"e.mp4":           video,
		"f.txt":           []byte("\xff\xfeN\x00"),
		"g.txt":           []byte(strings.Repeat("dài ", 101)),
		"h.txt":           []byte(strings.Repeat("dòng\n", 11) + "x"),
		"i.txt":           nil,
		"j.png":           picture(t, 8001, 1),
		".hidden.txt":     []byte("x"),
	} {
		h.drop(name, data)
	}
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(h.dir, "display", "notices", "k.txt")))
	assert.Equal(t, map[string]string{"1 lịch nghỉ.txt": "", "2.png": "", "3.webm": "", "a.svg": "type", "b.html": "type",
		"c.png": "broken", "d.jpg": "broken", "e.mp4": "broken", "f.txt": "broken", "g.txt": "long", "h.txt": "long", "i.txt": "empty", "j.png": "large"}, h.notices())
	get := func(path string, header ...string) *http.Response {
		req, err := http.NewRequest("GET", h.url(path), nil)
		require.NoError(t, err)
		if len(header) > 0 {
			req.Header.Set(header[0], header[1])
		}
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		resp.Body.Close()
		return resp
	}
	resp := get("/notices/3.webm", "Range", "bytes=10-19")
	assert.Equal(t, 206, resp.StatusCode, "a browser asks for pieces of a video")
	assert.Equal(t, "video/webm", resp.Header.Get("Content-Type"))
	assert.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"))
	for _, path := range []string{"/notices/b.html", "/notices/c.png", "/notices/k.txt", "/notices/.hidden.txt", "/notices/..%2f..%2fbook.db", "/notices/%2fetc%2fpasswd"} {
		assert.Equal(t, 404, get(path).StatusCode, path)
	}
}

func TestNoticesComeThroughThePage(t *testing.T) {
	h := newHall(t, small)
	send := func(name string, at int, data []byte, last bool) int {
		return h.post("/api/v1/notices/"+name, fmt.Sprintf(`{"at":%d,"data":%q,"last":%v}`, at, base64.StdEncoding.EncodeToString(data), last))
	}
	all := picture(t, 200, 100)
	assert.Equal(t, 200, send("p.png", 0, all[:100], false))
	assert.Empty(t, h.notices(), "half a file is not shown")
	assert.Equal(t, 200, send("p.png", 0, all[:100], false), "begun again")
	assert.Equal(t, 200, send("p.png", 100, all[100:], true))
	assert.Equal(t, map[string]string{"p.png": ""}, h.notices())
	got, err := os.ReadFile(filepath.Join(h.dir, "display", "notices", "p.png"))
	require.NoError(t, err)
	assert.True(t, bytes.Equal(all, got))
	assert.Equal(t, 422, send("p.png", 0, []byte("no picture"), true))
	assert.Equal(t, map[string]string{"p.png": ""}, h.notices(), "what is broken takes nobody's place")
	assert.Equal(t, 422, send("x.exe", 0, all, true))
	assert.Equal(t, 422, send(".x.png", 0, all, true))
	assert.Equal(t, 422, send("..%2Fx.png", 0, all, true))
	assert.Equal(t, 422, send("y.txt", 0, nil, true))
	remove := func(name string) int {
		req, err := http.NewRequest("DELETE", h.url("/api/v1/notices/"+name), nil)
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		resp.Body.Close()
		return resp.StatusCode
	}
	assert.Equal(t, 404, remove("..%2Fvolume.json"))
	assert.Equal(t, 200, remove("p.png"))
	assert.Empty(t, h.notices())
}

// hurried lets the page's own clock run thirty times as fast.
const hurried = `{ const now = Date.now.bind(Date), began = now(); Date.now = () => began + 30 * (now() - began); }`

func TestNoticesYieldToCalls(t *testing.T) {
	h := newHall(t, small)
	h.do(queue.OpenCounter{Counter: "q1"})
	h.issue("civil", 3)
	h.drop("1.txt", []byte("Mời ông/bà chuẩn bị sẵn căn cước và giấy tờ gốc khi đến quầy.\nPlease have your ID card and original papers ready."))
	h.drop("2.png", picture(t, 1600, 900))
	h.drop("3.mp4", []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom but there is no film in it"))
	video, err := os.ReadFile("testdata/notice.webm")
	require.NoError(t, err)
	h.drop("4.webm", video)
	page := assetstest.Start(t).Open(t, h.url("/board/b1"), panel, hurried)
	page.Wait(`document.querySelector(".notice.text")`)
	page.Layout("board-notice-text", false, 0)
	page.Wait(`document.querySelector(".notice.picture img")?.naturalWidth === 1600`)
	page.Layout("board-notice-picture", false, 0)
	page.Wait(`document.querySelector(".notice.video video")?.currentTime > 0.3 && document.querySelector("video").muted`)
	page.Shot("board-notice-video")
	h.eventually("the supervisor is told of the one that cannot be played", func() bool { return h.notices()["3.mp4"] == "play" })
	assert.Empty(t, h.notices()["4.webm"])

	h.do(queue.CallNext{Counter: "q1"})
	page.Wait(`document.querySelector(".panel .number")?.textContent === "A001" && !document.querySelector(".notice")`)
	page.Wait(`document.querySelector(".notice")`) // and they come back, once nobody is called any more
	page.Wait(`document.querySelector(".list").textContent.includes("A001")`)
	page.Errors() // the browser tells of the film that is none
}
