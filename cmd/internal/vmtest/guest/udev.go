package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// The groups that udev's rules name, with Debian's numbers where it has fixed ones.
const groups = "root:x:0:\ntty:x:5:\ndisk:x:6:\nlp:x:7:\nkmem:x:15:\ndialout:x:20:\ncdrom:x:24:\ntape:x:26:\naudio:x:29:\nvideo:x:44:\ninput:x:100:\nsgx:x:101:\nkvm:x:102:\nrender:x:103:\n"

// beginUdev starts Debian's udev, as on any machine of a hall.
func beginUdev() error {
	for file, text := range map[string]string{"/etc/group": groups, "/etc/passwd": "root:x:0:0::/:/bin/sh\n"} {
		if err := os.MkdirAll("/etc/udev/rules.d", 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return err
		}
	}
	if out, err := exec.Command("/lib/systemd/systemd-udevd", "--daemon").CombinedOutput(); err != nil {
		return fmt.Errorf("udev: %w: %s", err, out)
	}
	return settle()
}

// settle lets udev look at every device again.
func settle() error {
	for _, args := range [][]string{{"control", "--reload"}, {"trigger", "--action=add"}, {"settle"}} {
		if out, err := exec.Command("/bin/udevadm", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("udevadm %s: %w: %s", args[0], err, out)
		}
	}
	return nil
}

// rules puts rules in force, as the sentence above those of the doctor says.
func rules(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err == nil {
		err = os.WriteFile("/etc/udev/rules.d/70-xinmoi.rules", text, 0o644)
	}
	if err == nil {
		err = settle()
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// links lists the names that udev has given: "by-path/x -> /dev/y 660 20".
func links(w http.ResponseWriter, _ *http.Request) {
	for _, pattern := range []string{"/dev/xinmoi/*", "/dev/input/by-path/*", "/dev/serial/by-path/*"} {
		all, _ := filepath.Glob(pattern)
		for _, link := range all {
			node, err := filepath.EvalSymlinks(link)
			var st unix.Stat_t
			if err == nil {
				err = unix.Stat(node, &st)
			}
			if err != nil {
				log.Print(err)
				continue
			}
			fmt.Fprintf(w, "%s -> %s %o %d\n", strings.TrimPrefix(link, "/dev/"), node, st.Mode&0o777, st.Gid)
		}
	}
}
