//go:build race

package printer

// With the race detector, which makes all slow, tickets are broken at fewer bytes:
// another pass of the tests runs without it.
const (
	raced  = true
	points = 12
)
