package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"xinmoi/store/centre"
)

// TestAReloadLeavesTheSameDevicesAlone: the same line of two documents has the
// same key, pointers and all.
func TestAReloadLeavesTheSameDevicesAlone(t *testing.T) {
	led := func(letters bool) []centre.LED { return []centre.LED{{ID: "l1", Letters: &letters}} }
	assert.Equal(t, keyOf("signs", led(true)), keyOf("signs", led(true)))
	assert.NotEqual(t, keyOf("signs", led(true)), keyOf("signs", led(false)))
}
