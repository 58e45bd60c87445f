package assetstest

import (
	"encoding/json"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Heap collects the page's garbage and returns the bytes of JavaScript left, the
// code that the browser has compiled so far among them.
func (p *Tab) Heap() int64 {
	p.t.Helper()
	p.collect()
	use, err := chromedp.Call(p.ctx, runtime.GetHeapUsage, cdp.Empty{})
	if err != nil {
		p.t.Fatal(err)
	}
	return int64(use.UsedSize)
}

// Objects is what the page itself keeps after its garbage was collected: bytes of
// objects, functions, arrays and strings. The code that the browser compiles for
// a page grows for its first ten thousand calls, and so does what it remembers of
// frames and requests, up to a limit of its own: neither is the page's.
func (p *Tab) Objects() int64 {
	p.t.Helper()
	p.collect()
	p.mu.Lock()
	p.heap = nil
	p.mu.Unlock()
	if _, err := chromedp.Call(p.ctx, heapprofiler.TakeHeapSnapshot, heapprofiler.TakeHeapSnapshotParams{}); err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var s struct {
		Snapshot struct {
			Meta struct {
				NodeFields []string          `json:"node_fields"`
				NodeTypes  []json.RawMessage `json:"node_types"`
			} `json:"meta"`
		} `json:"snapshot"`
		Nodes []int64 `json:"nodes"`
	}
	if err := json.Unmarshal(p.heap, &s); err != nil {
		p.t.Fatal(err)
	}
	p.heap = nil
	at := map[string]int{}
	for i, f := range s.Snapshot.Meta.NodeFields {
		at[f] = i
	}
	var types []string
	if err := json.Unmarshal(s.Snapshot.Meta.NodeTypes[at["type"]], &types); err != nil {
		p.t.Fatal(err)
	}
	var sum int64
	for n := 0; n < len(s.Nodes); n += len(at) {
		switch types[s.Nodes[n+at["type"]]] {
		case "object", "closure", "array", "string", "concatenated string", "sliced string", "regexp", "number", "symbol", "bigint":
			sum += s.Nodes[n+at["self_size"]]
		}
	}
	return sum
}

func (p *Tab) collect() {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
		p.t.Fatal(err)
	}
}
