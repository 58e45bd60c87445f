// Package assetstest drives a real Chromium over the pages and says what people
// would see wrong: text that leaves its box or the screen, text under other
// text, buttons too small for a finger, what axe finds, errors in the console.
//
// Only tests import it. Chromium is looked for by its usual names; where there
// is none, or with -short, a test is skipped; it runs or fails if REQUIRE_BROWSER
// is set, as it is in CI, for
// a skipped browser test proves nothing. With SHOTS=folder each Shot writes a
// picture there, because checks have been green while a page was plainly ugly.
//
// Pages are opened under http://xinmoi.example:PORT, mapped to loopback. That is
// no secure context, as in a hall, so that a page which needs one fails here and
// not there.
package assetstest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Host is the name under which pages are opened. The centre of a test lists it
// in [access] hosts.
const Host = "xinmoi.example"

// patience is how long a page has to come to what a test waits for.
const patience = 45 * time.Second

// Browser is a running Chromium.
type Browser struct{ ctx context.Context }

// Start launches Chromium for the length of the test, with further flags
// "name" or "name=value".
func Start(t testing.TB, flags ...string) *Browser {
	t.Helper()
	if testing.Short() && os.Getenv("REQUIRE_BROWSER") == "" {
		t.Skip("no browser with -short")
	}
	path := find()
	if path == "" {
		if os.Getenv("REQUIRE_BROWSER") != "" {
			t.Fatal("no Chromium found and REQUIRE_BROWSER is set: apt-get install -y chromium")
		}
		t.Skip("no Chromium found: apt-get install -y chromium")
	}
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		chromedp.Flag("host-resolver-rules", "MAP "+Host+" 127.0.0.1"),
	}
	for _, f := range flags {
		if name, value, with := strings.Cut(f, "="); with {
			options = append(options, chromedp.Flag(name, value))
		} else {
			options = append(options, chromedp.Flag(name, true))
		}
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() { cancel(); stop() })
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	return &Browser{ctx: ctx}
}

func find() string {
	if path := os.Getenv("CHROMIUM"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// Size is that of a screen in CSS pixels.
type Size struct{ W, H int }

func (s Size) String() string { return fmt.Sprintf("%dx%d", s.W, s.H) }

// Tab is one open page.
type Tab struct {
	t   testing.TB
	ctx context.Context

	mu      sync.Mutex
	errors  []string
	excused string // errors with this in them are expected
	heap    []byte // the snapshot that is being told
}

// Open opens a page of a server on loopback. Its address keeps path and port but
// is asked by the name Host, unless it says "localhost". The scripts run before
// those of the page.
func (b *Browser) Open(t testing.TB, address string, size Size, scripts ...string) *Tab {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if u.Hostname() != "localhost" {
		u.Host = Host + ":" + u.Port()
	}
	tab := &Tab{t: t}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithListener(tab.listen))
	t.Cleanup(cancel)
	tab.ctx = ctx
	steps := []chromedp.Action[chromedp.Void]{
		chromedp.EmulateViewport(int64(size.W), int64(size.H), chromedp.EmulateTouch),
	}
	for _, s := range scripts {
		before := page.AddScriptToEvaluateOnNewDocumentParams{Source: s}
		if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, before); err != nil {
			t.Fatal(err)
		}
	}
	if err := chromedp.Do(ctx, append(steps, chromedp.Navigate(u.String()))...); err != nil {
		t.Fatalf("opening %s: %v", u, err)
	}
	return tab
}

// In lets a subtest speak for the page until it ends.
func (p *Tab) In(t testing.TB) {
	outer := p.t
	p.t = t
	t.Cleanup(func() { p.t = outer })
}

// listen collects what goes wrong in the page.
func (p *Tab) listen(ev any) {
	var text string
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		text = (&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error()
	case *heapprofiler.EventAddHeapSnapshotChunk:
		p.mu.Lock()
		p.heap = append(p.heap, e.Chunk...)
		p.mu.Unlock()
		return
	case *log.EventEntryAdded:
		// Browsers ignore this header on plain http and say so; it is for https.
		if e.Entry.Level == log.EntryLevelError && !strings.HasPrefix(e.Entry.Text, "The Cross-Origin-Opener-Policy header") {
			text = e.Entry.Text + " " + e.Entry.URL
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if text != "" && (p.excused == "" || !strings.Contains(text, p.excused)) {
		p.errors = append(p.errors, text)
	}
}

// Excuse forgets the errors so far and expects those with a text in them from
// now on: a test that cuts the line sees the browser complain at each attempt.
func (p *Tab) Excuse(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.errors, p.excused = nil, text
}

// Errors returns the console's errors so far and forgets them. A test that cuts
// the line expects some; any other expects none.
func (p *Tab) Errors() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.errors
	p.errors = nil
	return out
}

// Eval returns the value of a JavaScript expression. The page's content policy
// does not stop it.
func Eval[T any](p *Tab, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("evaluating %s: %v", short(expression), err)
	}
	return v
}

// Wait waits until a JavaScript expression holds.
func (p *Tab) Wait(expression string) {
	p.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		if Eval[bool](p, "!!("+expression+")") {
			return
		}
		if time.Now().After(end) {
			p.Shot("failed-" + p.t.Name())
			p.t.Fatalf("never came true: %s\nthe page says: %s\nerrors: %q",
				expression, Eval[string](p, "document.body.innerText"), p.Errors())
		}
	}
}

// WaitText waits until the page shows a text.
func (p *Tab) WaitText(text string) {
	p.t.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		p.t.Fatal(err)
	}
	p.Wait("document.body.innerText.includes(" + string(quoted) + ")")
}

// Text is what the page shows as text.
func (p *Tab) Text() string { p.t.Helper(); return Eval[string](p, "document.body.innerText") }

// Tap touches the middle of what the selector finds, once it is there, can be
// pressed and stands still.
func (p *Tab) Tap(selector string) {
	p.t.Helper()
	quoted, err := json.Marshal(selector)
	if err != nil {
		p.t.Fatal(err)
	}
	found := "document.querySelector(" + string(quoted) + ")"
	p.Wait("((el) => el && !el.disabled)(" + found + ")")
	var at, before []float64
	for end := time.Now().Add(patience); len(at) == 0 || !slices.Equal(at, before) && time.Now().Before(end); {
		// Between two looks a page may have drawn itself anew.
		before, at = at, Eval[[]float64](p, `((el) => {
			const r = el?.getBoundingClientRect();
			return r ? [r.x + r.width / 2, r.y + r.height / 2] : [];
		})(`+found+`)`)
		if len(at) == 0 && time.Now().After(end) {
			p.t.Fatalf("nothing to tap: %s", selector)
		}
	}
	if err := chromedp.Do(p.ctx, chromedp.TapXY(at[0], at[1])); err != nil {
		p.t.Fatalf("tapping %s: %v", selector, err)
	}
}

// Click presses what a JavaScript expression names, once it is there and can be
// pressed: a button is not, while the answer to the last press is on its way.
func (p *Tab) Click(expression string) {
	p.t.Helper()
	p.Wait("((el) => el && !el.disabled && (el.click(), true))(" + expression + ")")
}

// Held is a script for Open: the waits of a page of a second and more last until
// Pass lets the time pass, however long the machine takes for what is in between.
const Held = `{
	const wait = window.setTimeout, clear = window.clearTimeout, due = new Map();
	let now = 0, last = 1e9;
	window.setTimeout = (f, ms, ...a) => ms >= 1000 ? (due.set(++last, [now + ms, () => f(...a)]), last) : wait(f, ms, ...a);
	window.clearTimeout = (id) => due.delete(id) || clear(id);
	window.pass = (ms) => {
		for (const end = now + ms; ; ) {
			const [next] = [...due].filter(([, [at]]) => at <= end).sort(([, [a]], [, [b]]) => a - b);
			if (!next) return (now = end), true;
			due.delete(next[0]);
			now = next[1][0];
			next[1][1]();
		}
	};
}`

// Pass lets time pass on a page that was opened with Held.
func (p *Tab) Pass(d time.Duration) {
	p.t.Helper()
	Eval[bool](p, fmt.Sprintf("window.pass(%d)", d.Milliseconds()))
}

// Upload chooses a file in the file input that the selector finds.
func (p *Tab) Upload(selector, file string) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.SetUploadFiles(selector, []string{file})); err != nil {
		p.t.Fatalf("choosing %s in %s: %v", file, selector, err)
	}
}

// PDF prints the page as a PDF, and gives it with the number of its sheets.
func (p *Tab) PDF() (pdf []byte, sheets int) {
	p.t.Helper()
	printed, err := chromedp.Call(p.ctx, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: new(true)})
	if err != nil {
		p.t.Fatal(err)
	}
	return printed.Data, strings.Count(string(printed.Data), "/Type /Page\n")
}

// Type presses the keys of a string as a keyboard would, in whatever has the
// focus. Keys without a character are those of the package chromedp/kb.
func (p *Tab) Type(keys string) { p.t.Helper(); p.keys(keys) }

// Ctrl presses a key with the control key held.
func (p *Tab) Ctrl(key string) {
	p.t.Helper()
	p.keys(key, chromedp.KeyModifiers(chromedp.ModifierCtrl))
}

func (p *Tab) keys(keys string, options ...chromedp.KeyOption) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.KeyEvent(keys, options...)); err != nil {
		p.t.Fatalf("pressing %q: %v", keys, err)
	}
}

// Resize gives the page another screen.
func (p *Tab) Resize(size Size) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.EmulateViewport(int64(size.W), int64(size.H), chromedp.EmulateTouch)); err != nil {
		p.t.Fatal(err)
	}
	p.Wait(fmt.Sprintf("innerWidth === %d && innerHeight === %[2]d && document.documentElement.clientHeight === %[2]d", size.W, size.H))
}

// ReducedMotion lets the page believe that its reader wants nothing to move.
func (p *Tab) ReducedMotion() {
	p.t.Helper()
	still := []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}
	if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: still}); err != nil {
		p.t.Fatal(err)
	}
}

// Shot writes a picture of the screen to SHOTS/name.png, if SHOTS is set.
func (p *Tab) Shot(name string) {
	p.t.Helper()
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatalf("picture of %s: %v", name, err)
	}
	file := filepath.Join(dir, strings.NewReplacer("/", "-", " ", "_").Replace(name)+".png")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func short(s string) string {
	if len(s) > 120 {
		return s[:120] + "…"
	}
	return s
}
