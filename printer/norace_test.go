//go:build !race

package printer

const raced = false
