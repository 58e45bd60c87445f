package kiosk_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"xinmoi/assets/assetstest"
	"xinmoi/store/queue"
)

// powerCut ends everything as a power cut would, and starts the house again at the
// same address: pages that were open come back by themselves.
func (h *hall) powerCut() {
	h.t.Helper()
	h.restartWith(h.onDisk())
}

// onDisk is what lies on the disk now.
func (h *hall) onDisk() (dir string) {
	h.t.Helper()
	dir = h.t.TempDir()
	for _, name := range []string{"book.db", "book.begun", "secret", "watermark"} {
		if data, err := os.ReadFile(filepath.Join(h.bookDir, name)); err == nil {
			require.NoError(h.t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
		}
	}
	return dir
}

// restartWith starts the house with what a power cut has left.
func (h *hall) restartWith(dir string) {
	h.t.Helper()
	again := h.cut()
	h.stop()
	db, err := bolt.Open(filepath.Join(dir, "book.db"), 0o600, nil)
	require.NoError(h.t, err)
	require.NoError(h.t, db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("run"), []byte("boot before the cut"))
	}))
	require.NoError(h.t, db.Close())
	h.begin(dir)
	again()
}

// A kiosk that has power of its own knows its last number, and none is skipped. One
// that was off as well knows nothing, whatever its browser has kept.
func TestAKioskThatRanOnConfirmsItsLastNumber(t *testing.T) {
	h := open(t)
	b := assetstest.Start(t)
	p := b.Open(t, h.server.URL+"/kiosk/k1", portrait)
	take := func(p *assetstest.Tab, want string) {
		p.Wait(`document.querySelector(".tiles")`)
		p.Tap(`[data-service="ho-tich"]`)
		p.Wait(`document.querySelector('[data-action="kiosk.again_yes"], .number')`)
		if assetstest.Eval[bool](p, `document.querySelector('[data-action="kiosk.again_yes"]') !== null`) {
			p.Tap(`[data-action="kiosk.again_yes"]`)
		}
		p.Wait(`document.querySelector(".number")?.textContent === "` + want + `"`)
		p.Tap(`[data-action="done"]`)
		time.Sleep(1600 * time.Millisecond)
	}
	take(p, "A001")
	h.powerCut()
	require.Eventually(t, func() bool { return len(h.book.View().Outage.Doubt) == 0 }, 10*time.Second, 20*time.Millisecond)
	take(p, "A002")
	p.Errors() // of the lost line

	assetstest.Eval[bool](p, `location.replace("about:blank"), true`)
	time.Sleep(300 * time.Millisecond)
	h.powerCut()
	q := b.Open(t, h.server.URL+"/kiosk/k1", portrait) // the same browser, started again
	q.Wait(`document.querySelector(".tiles")`)
	time.Sleep(500 * time.Millisecond)
	assert.Equal(t, []string{"A"}, h.book.View().Outage.Doubt)
	take(q, "A011")
	assert.Len(t, h.book.View().Outage.Skipped, 1)
}

// The disk has lied: it has lost numbers that a page has seen. When the page comes
// back the server knows, and gives none of them again.
func TestAPageThatWasOnKnowsOfALostEnd(t *testing.T) {
	h := open(t)
	h.issue("dat-dai", 3)
	p := assetstest.Start(t).Open(t, h.server.URL+"/kiosk/k2", portrait)
	p.Wait(`document.querySelector(".tiles")`)
	old := h.onDisk()
	h.issue("dat-dai", 4) // H004 to H007
	p.WaitText("7 người")
	epoch := h.book.View().Epoch
	h.restartWith(old)
	require.Eventually(t, func() bool { return h.book.View().Outage.Lost >= 4 }, 10*time.Second, 20*time.Millisecond)
	p.WaitText("3 người")
	assert.NotEqual(t, epoch, h.book.View().Epoch)
	a := h.do(queue.Issue{Service: "dat-dai", Kiosk: "k2"})
	number := a.Entries[len(a.Entries)-1].Event.(queue.Issued).Number
	assert.Greater(t, number, "H007")
	assert.Equal(t, queue.CauseLostEnd, h.book.View().Outage.Skipped[0].Cause)
}

// What a page says must prove that it has lived through the cut and gives the
// kiosk's numbers.
func TestWhatDoesNotConfirm(t *testing.T) {
	for name, c := range map[string]struct {
		issue   func(h *hall)
		say     string // EPOCH, BORN and LAST are put in
		confirm bool
	}{
		"right":                        {nil, `{"type":"gave","epoch":"EPOCH-old","born":BORN,"last":LAST}`, true},
		"started after the cut":        {nil, `{"type":"gave","epoch":"EPOCH-old","born":NOW,"last":LAST}`, false},
		"another book":                 {nil, `{"type":"gave","epoch":"other-old","born":BORN,"last":LAST}`, false},
		"gave an earlier ticket":       {nil, `{"type":"gave","epoch":"EPOCH-old","born":BORN,"last":1}`, false},
		"gave none":                    {nil, `{"type":"gave","epoch":"EPOCH-old","born":BORN,"last":0}`, false},
		"gave one that is lost":        {nil, `{"type":"gave","epoch":"EPOCH-old","born":BORN,"last":999}`, false},
		"nonsense":                     {nil, `{"type":"gave","epoch":7}`, false},
		"staff took one as well":       {func(h *hall) { h.do(queue.Issue{Service: "ho-tich", Place: queue.AtGreeter}) }, `{"type":"gave","epoch":"EPOCH-old","born":BORN,"last":LAST}`, false},
		"another kiosk's other series": {func(h *hall) { h.do(queue.Issue{Service: "dat-dai", Kiosk: "k2"}) }, `{"type":"gave","epoch":"EPOCH-old","born":BORN,"last":LAST}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			h.do(queue.Issue{Service: "ho-tich", Kiosk: "k1"})
			h.do(queue.Issue{Service: "ho-tich", Kiosk: "k1"})
			if c.issue != nil {
				c.issue(h)
			}
			h.powerCut()
			v := h.book.View()
			require.Contains(t, v.Outage.Doubt, "A")
			conn, _, err := websocket.DefaultDialer.Dial(strings.Replace(h.server.URL, "http", "ws", 1)+"/api/v1/stream?view=kiosk/k1", nil)
			require.NoError(t, err)
			defer conn.Close()
			_, first, err := conn.ReadMessage()
			require.NoError(t, err)
			assert.Contains(t, string(first), `"doubt":true`)
			said := strings.NewReplacer("EPOCH", v.Epoch, "BORN", "2", "LAST", "2", "NOW", fmt.Sprint(v.Outage.After+1)).Replace(c.say)
			require.NoError(t, conn.WriteMessage(websocket.TextMessage, []byte(said)))
			in := func() bool {
				for _, s := range h.book.View().Outage.Doubt {
					if s == "A" {
						return true
					}
				}
				return false
			}
			if c.confirm {
				require.Eventually(t, func() bool { return !in() }, 20*time.Second, 5*time.Millisecond)
				return
			}
			// Said in turn, the next message is heard after this one.
			require.NoError(t, conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"shown","seq":1}`)))
			time.Sleep(50 * time.Millisecond)
			assert.True(t, in())
		})
	}
}
