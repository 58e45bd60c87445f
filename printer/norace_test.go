//go:build !race

package printer

const (
	raced  = false
	points = 40 // bytes at which power and daemon are lost
)
