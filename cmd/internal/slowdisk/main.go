//go:build linux

// Command slowdisk runs a command with a folder on a slow disk: every flush
// takes as long as is asked, as on a worn card. Needs root.
//
//	slowdisk -flush 5ms -- go test …
//
// The folder's name is in XINMOI_SLOW_DISK. The disk is served here and used
// there: one process could not do both (see powertest).
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"time"

	"xinmoi/store/powertest"
)

func main() {
	flush := flag.Duration("flush", 5*time.Millisecond, "how long a flush takes")
	flag.Parse()
	if err := run(*flush, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(flush time.Duration, args []string) (err error) {
	if len(args) == 0 {
		return errors.New("which command?")
	}
	dir, err := os.MkdirTemp("", "slowdisk-")
	if err != nil {
		return err
	}
	defer os.Remove(dir)
	shelf, err := powertest.NewShelf(dir)
	if err != nil {
		return fmt.Errorf("this needs root, /dev/fuse and loop devices: %w", err)
	}
	defer func() { err = errors.Join(err, shelf.Close()) }()
	disk := powertest.NewDisk(384<<20, flush)
	m, err := shelf.Attach(disk, []string{"mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0"}, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Detach()) }()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "XINMOI_SLOW_DISK="+m.Dir)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}
