package main

import (
	"runtime/debug"
	"time"
)

// built is when the program was made, as far as it is known: no clock can be before
// that. A build outside the repository does not say.
func built() time.Time {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return time.Time{}
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			at, _ := time.Parse(time.RFC3339, s.Value)
			return at
		}
	}
	return time.Time{}
}
