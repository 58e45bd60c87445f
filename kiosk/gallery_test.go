package kiosk_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"xinmoi/assets/assetstest"
)

// look is one picture of the gallery: what to do with the page's own signals so
// that it shows a state, and what must be there then.
type look struct{ name, do, wait string }

// worst is a number with all that can stand beside it.
const worst = `{id: 99, number: "A1234", service: "chinh-sach", state: "waiting", ahead: 27, link: LINK,
	url: "https://so.example/t/x", wait: {low_s: 3500, high_s: 5100}, paper: "coming"}`

// looks are the states of the kiosk. They are set in the page itself, so that all
// can be seen in all languages, sizes and screens; that the server brings them
// about is tested in page_test.go.
var looks = []look{
	{"home", ``, `.tiles`},
	{"home-paper-out", `f.state.value = {...s, paper: "out"}`, `.notices .warn`},
	{"home-clock", `f.state.value = {...s, clock_untrusted: true}`, `.notices .warn`},
	{"home-troubles", `f.state.value = {...s, services: s.services.map((x, i) => ({...x,
		...(i === 0 ? {waiting: 104} : {}),
		...(i === 1 ? {open: false, code: "cap_reached", back_at: "2026-11-24T07:30:00.000+07:00"} : {}),
		...(i === 2 ? {code: "no_counter", back_at: "2026-11-23T14:00:00.000+07:00"} : {}),
		...(i === 3 ? {code: "no_counter"} : {}),
		...(i === 4 ? {open: false, code: "closed_now", back_at: "2026-11-23T13:30:00.000+07:00"} : {}),
		...(i === 5 ? {open: false, code: "numbers_used_up"} : {}),
	}))}`, `.tile.off`},
	{"home-two", `f.state.value = {...s, services: s.services.slice(2, 4)}`, `[data-count="2"]`},
	{"home-six", `f.state.value = {...s, services: s.services.slice(0, 6)}`, `[data-count="6"]`},
	{"home-eight", `f.state.value = {...s, services: s.services.slice(0, 8)}`, `[data-count="8"]`},
	{"home-low", `f.low.value = true`, `.low`},
	{"groups", `f.page.value = {name: "groups"}`, `[data-group]`},
	{"home-priority", `f.group.value = s.priority[2]`, `.chosen`},
	{"ticket", `f.page.value = {name: "ticket", ticket: {...TICKET, number: "A012", service: "ho-tich", url: "", wait: null, ahead: 7}, paper: "coming"}`, `.arrow`},
	{"ticket-qr", `f.page.value = {name: "ticket", ticket: TICKET, paper: "printed"}`, `.qr img`},
	{"ticket-paper-out", `f.page.value = {name: "ticket", ticket: TICKET, paper: "out"}`, `.paper.warn`},
	{"ticket-no-paper", `f.page.value = {name: "ticket", ticket: {...TICKET, url: "", ahead: 1}, paper: "none"}`, `.remember`},
	{"ticket-called", `f.page.value = {name: "ticket", ticket: {...TICKET, url: "", ahead: 0, counter: {number: "5"}}, paper: "coming"}`, `.called`},
	{"home-reader", `f.state.value = {...s, reader: true}`, `.hint`},
	{"home-card", `f.state.value = {...s, reader: true}; f.card.value = "x"`, `.chosen`},
	{"ticket-again", `f.page.value = {name: "ticket", ticket: TICKET, paper: "again"}`, `[data-paper=again]`},
	{"ticket-held", `f.page.value = {name: "ticket", ticket: {...TICKET, url: ""}, paper: "held"}`, `[data-paper=held]`},
	{"ask-age", `f.dialog.value = {name: "age", class: s.priority[2]}`, `[role=alertdialog]`},
	{"ask-dossier", `f.dialog.value = {name: "dossier", service: s.services[6]}`, `[role=alertdialog]`},
	{"scan-unknown", `f.scanned({kind: "unknown"})`, `[role=alertdialog]`},
	{"scan-health", `f.scanned({kind: "health_card"})`, `[role=alertdialog]`},
	{"returned", `f.page.value = {name: "returned", number: "A012"}`, `.calm`},
	{"ask-again", `f.dialog.value = {name: "again", service: s.services[0], number: "A012"}`, `[role=alertdialog]`},
	{"ask-time", `f.page.value = {name: "groups"}; f.dialog.value = {name: "idle", left: 20}`, `[role=alertdialog]`},
	{"closed", `f.state.value = {...s, services: s.services.map((x) => ({...x, open: false, code: "closed_now", back_at: "2026-11-24T07:30:00.000+07:00"}))}`, `.closed`},
	{"lunch", `f.state.value = {...s, services: s.services.map((x) => ({...x, open: false, code: "closed_now", back_at: "2026-11-23T13:30:00.000+07:00"}))}`, `.closed`},
	{"emergency", `f.state.value = {...s, emergency: {vi: "Có cháy. Mời mọi người bình tĩnh rời toà nhà theo lối thoát hiểm gần nhất.", en: "Fire. Please stay calm and leave the building by the nearest emergency exit."}}`, `.emergency .message`},
	{"emergency-long", `f.state.value = {...s, emergency: {vi: "Nghiêng ".repeat(25), en: "shutting ".repeat(22)}}`, `.emergency .message`},
	{"stopped", `f.state.value = {...s, disk_low: true}`, `.stop`},
}

// TestGallery looks at every state in both languages, normal and large, on the
// three screens: nothing cut off, covered or off the screen, no button under
// 20 mm, nothing for axe to say. With SHOTS set it leaves pictures to look at.
func TestGallery(t *testing.T) {
	h := open(t, "PUBLIC", `public_url = "https://so.example"`, "MORE_SERVED", `, "nong-nghiep", "giao-duc"`, "MORE", moreServices)
	_, ticket := h.call("POST", "/api/v1/tickets", `{"service":"dat-dai","kiosk":"k2"}`)
	sizes := []assetstest.Size{{W: 1080, H: 1920}, {W: 1920, H: 1080}, {W: 1280, H: 1024}}
	p := assetstest.Start(t).Open(t, h.server.URL+"/kiosk/k1", sizes[0])
	p.ReducedMotion()
	p.Wait(`document.querySelector(".tiles")`)
	assetstest.Eval[bool](p, `import("/web/kiosk/flow.js").then((f) =>
		Object.assign(window, {f, s: f.state.value, LINK: "`+ticket["link"].(string)+`"}) === window)`)
	assetstest.Eval[bool](p, `(window.TICKET = `+worst+`, true)`)
	for _, l := range looks {
		t.Run(l.name, func(t *testing.T) {
			p.In(t)
			for _, lang := range []string{"vi", "en"} {
				for _, large := range []bool{false, true} {
					show(p, l, lang, large)
					for _, size := range sizes {
						p.Resize(size)
						name := fmt.Sprintf("%s-%v-%s", l.name, size, lang)
						if large {
							name += "-large"
						}
						p.Layout(name, !assetstest.Scrolls, 20)
					}
				}
				p.Check(l.name, !assetstest.Scrolls, 20)
			}
		})
	}
}

// TestLargeTextIsLarger looks at what large text is asked for: the words on the
// things to touch. They once shrank below the ordinary ones, since everything
// around them grew as well.
func TestLargeTextIsLarger(t *testing.T) {
	h := open(t, "MORE_SERVED", `, "nong-nghiep", "giao-duc"`, "MORE", moreServices)
	sizes := []assetstest.Size{{W: 1080, H: 1920}, {W: 1920, H: 1080}, {W: 1280, H: 1024}}
	p := assetstest.Start(t).Open(t, h.server.URL+"/kiosk/k1", sizes[0])
	p.Wait(`document.querySelector(".tiles")`)
	assetstest.Eval[bool](p, `import("/web/kiosk/flow.js").then((f) => Object.assign(window, {f, s: f.state.value}) === window)`)
	letters := func(l look, lang string, large bool) float64 {
		show(p, l, lang, large)
		p.Settle()
		return assetstest.Eval[float64](p, `parseFloat(getComputedStyle(document.querySelector(".tile .name")).fontSize)`)
	}
	for _, l := range looks {
		switch l.name {
		case "home", "home-two", "home-six", "home-eight", "home-paper-out", "home-priority", "home-low", "home-reader", "groups":
		default:
			continue
		}
		for _, size := range sizes {
			p.Resize(size)
			for _, lang := range []string{"vi", "en"} {
				ordinary, large := letters(l, lang, false), letters(l, lang, true)
				least := 1.15
				if l.name == "home-paper-out" || l.name == "home-priority" {
					least = 1.03 // ten services and a notice: there is hardly any room
				}
				assert.GreaterOrEqual(t, large/ordinary, least, "%s %v %s: %.1f and %.1f px", l.name, size, lang, ordinary, large)
			}
		}
	}
}

func show(p *assetstest.Tab, l look, lang string, large bool) {
	assetstest.Eval[bool](p, fmt.Sprintf(`(async () => {
		f.reset();
		f.state.value = s;
		await f.setLanguage(%q);
		f.large.value = %v;
		%s;
		return true;
	})()`, lang, large, l.do))
	p.Wait(`document.documentElement.lang === "` + lang + `" && document.querySelector('` + l.wait + `')`)
}
