package display

import (
	"testing"
	"time"
)

// ProbeAgain lets outputs that fail be tried again sooner, for the length of a
// test. Set it before the hall starts.
func ProbeAgain(t *testing.T, d time.Duration) {
	was := probeAgain
	probeAgain = d
	t.Cleanup(func() { probeAgain = was })
}

// Heard reports whether a zone is known to have a loudspeaker.
func (r *Room) Heard(zone string) bool {
	r.voice.mu.Lock()
	defer r.voice.mu.Unlock()
	silent, told := r.voice.silent[zone]
	return told && !silent
}
