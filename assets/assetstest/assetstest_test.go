package assetstest_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"xinmoi/assets/assetstest"
)

// The checks must find what they are for; a check that never fails proves
// nothing about the pages.
func TestChecksFindWhatIsWrong(t *testing.T) {
	const fine = `<button style="width:200px;height:100px">Lấy số</button>`
	cases := []struct{ name, body, want string }{
		{"fine", fine, ""},
		{"right of the screen", `<p style="position:absolute;left:780px">Gọi người hỗ trợ</p>`, "outside the screen"},
		{"out of its button", `<button style="width:200px;height:100px;white-space:nowrap;font-size:40px">Gọi người hỗ trợ</button>`, "outside its box"},
		{"below the fold", `<p style="margin-top:700px">x</p>`, "high on a screen"},
		{"text on text", `<p style="margin:0 0 -20px">Mời ông bà</p><p style="margin:0">chọn việc</p>`, "on top of each other"},
		{"covered", `<p>Mời ông bà</p><div style="position:absolute;inset:0;background:red"></div>`, "covered"},
		{"cut off", `<div style="overflow:hidden;height:20px;background:#eee"><p>một<br>hai<br>ba</p></div>`, "cut off"},
		{"white on white", `<p style="background:#fff"><a style="color:#fff">In báo cáo</a></p>`, "colour of its ground"},
		{"small", `<button style="width:20px;height:20px">x</button>`, "mm"},
		{"axe", fine + `<img src="data:,">`, "image-alt"},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := ""
		if n, err := strconv.Atoi(r.URL.Path[1:]); err == nil {
			body = cases[n].body
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(`<!doctype html><html lang="vi" style="--mm:4px"><title>x</title><main style="line-height:1.3"><h1>Một</h1>` + body + `</main>`))
	}))
	defer server.Close()
	browser := assetstest.Start(t)
	tab := browser.Open(t, server.URL, assetstest.Size{W: 800, H: 600})
	for n, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			tab := browser.Open(t, server.URL+"/"+strconv.Itoa(n), assetstest.Size{W: 800, H: 600})
			found := append(append(tab.Spill(!assetstest.Scrolls), tab.SmallButtons(20)...), tab.Axe()...)
			if c.want == "" {
				assert.Empty(t, found)
				return
			}
			assert.Contains(t, strings.Join(found, "\n"), c.want)
		})
	}
	assert.Empty(t, tab.Errors())
}
