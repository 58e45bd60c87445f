package store

import "golang.org/x/sys/unix"

// kernelSynced reports whether the kernel says that a time source keeps its clock.
func kernelSynced() bool {
	var t unix.Timex
	_, err := unix.Adjtimex(&t)
	return err == nil && t.Status&unix.STA_UNSYNC == 0
}
