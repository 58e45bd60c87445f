package display_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"xinmoi/assets/assetstest"
	"xinmoi/store/queue"
)

// counting lets a page count the calls that it is told.
const counting = `{ window.calls = 0; const parse = JSON.parse; JSON.parse = (text, f) => { if (text.includes('"ticket.called"')) calls++; return parse(text, f); }; }`

// BenchmarkBoardHeap is a board that lives through 100,000 calls, more than a
// month of a busy hall: what the page itself keeps, and the whole heap with the
// code that the browser compiles. CALLS=n has another number of them.
func BenchmarkBoardHeap(b *testing.B) {
	calls := 100_000
	if n, err := strconv.Atoi(os.Getenv("CALLS")); err == nil {
		calls = n
	}
	h := newHall(b, small)
	h.do(queue.OpenCounter{Counter: "q1"})
	h.issue("civil", 40)
	page := assetstest.Start(b).Open(b, h.url("/board/b1"), panel, counting)
	page.WaitText("đang chờ")
	live := func(upTo int) {
		for told := assetstest.Eval[int](page, "calls"); told < upTo; told = assetstest.Eval[int](page, "calls") {
			for range min(500, upTo-told) {
				h.do(queue.CallNext{Counter: "q1"})
				h.do(queue.Undo{Counter: "q1"})
			}
			// A page that was too slow gets a state in place of some calls: they are made up for.
			h.issue("civil", 1)
			page.WaitText(fmt.Sprintf("%d người đang chờ", len(h.book.View().Hall.Waiting("civil"))))
		}
	}
	for b.Loop() {
		live(calls / 10) // the code is compiled and the fonts are there
		objects, heap := page.Objects(), page.Heap()
		for n := 2; n <= 10; n++ {
			live(calls * n / 10)
			fmt.Fprintf(os.Stderr, "%d calls: objects %+d, heap %+d bytes\n", calls*n/10, page.Objects()-objects, page.Heap()-heap)
		}
		b.ReportMetric(float64(objects)/1e3, "kB-objects")
		b.ReportMetric(float64(page.Objects()-objects)/1e3, "kB-objects-grown")
		b.ReportMetric(float64(heap)/1e3, "kB-heap")
		b.ReportMetric(float64(page.Heap()-heap)/1e3, "kB-heap-grown")
		b.ReportMetric(0, "ns/op")
	}
	require.GreaterOrEqual(b, assetstest.Eval[int](page, "calls"), calls)
}
