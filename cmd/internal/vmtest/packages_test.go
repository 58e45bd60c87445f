package vmtest

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// unpacked is a folder with Debian's kernel and udev in it, fetched once and not
// installed.
func unpacked(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	cache = filepath.Join(cache, "xinmoi-vm")
	whole := filepath.Join(cache, "whole")
	if _, err := os.Stat(whole); err == nil {
		return whole
	}
	require.NoError(t, os.RemoveAll(cache))
	part := filepath.Join(cache, "part")
	require.NoError(t, os.MkdirAll(part, 0o755))
	out, err := exec.Command("apt-cache", "depends", "linux-image-amd64").Output()
	require.NoError(t, err, "apt-cache: is this Debian?")
	_, after, ok := strings.Cut(string(out), "Depends: ")
	require.True(t, ok, "%s", out)
	names := []string{strings.Fields(after)[0], "udev", "libkmod2"}
	t.Logf("fetching %s", names)
	get := exec.Command("apt-get", append([]string{"download"}, names...)...)
	get.Dir = part
	said, err := get.CombinedOutput()
	require.NoError(t, err, "%s", said)
	debs, _ := filepath.Glob(filepath.Join(part, "*.deb"))
	require.Len(t, debs, len(names))
	for _, deb := range debs {
		said, err = exec.Command("dpkg-deb", "-x", deb, part).CombinedOutput()
		require.NoError(t, err, "%s", said)
		require.NoError(t, os.Remove(deb))
	}
	require.NoError(t, os.Rename(part, whole))
	return whole
}

// one finds the one file or folder that fits one of the patterns.
func one(t *testing.T, root string, patterns ...string) string {
	t.Helper()
	for _, p := range patterns {
		all, _ := filepath.Glob(filepath.Join(root, p))
		if len(all) > 0 {
			return all[0]
		}
	}
	require.Fail(t, "not in the package", "%s in %s", patterns, root)
	return ""
}

// drivers are the modules that the guest needs; what they need in turn is found
// in the modules themselves. What is built into the kernel is not there.
var drivers = []string{
	"virtio_pci", "virtio_net", "xhci_pci", "usbhid", "hid_generic", "evdev",
	"ftdi_sio", "usblp", "configfs", "dummy_hcd", "libcomposite", "usb_f_printer",
}

// inOrder lists the drivers and what they need, each after what it needs.
func inOrder(t *testing.T, dir string) (names []string, content map[string][]byte) {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if base, _, ok := strings.Cut(filepath.Base(path), ".ko"); ok && err == nil {
			files[strings.ReplaceAll(base, "-", "_")] = path
		}
		return err
	}))
	content = map[string][]byte{}
	var add func(name string)
	add = func(name string) {
		path, there := files[name]
		if content[name] != nil || !there {
			return
		}
		b, err := os.ReadFile(path)
		if strings.HasSuffix(path, ".xz") {
			b, err = exec.Command("xz", "-dc", path).Output()
		}
		require.NoError(t, err, path)
		content[name] = b
		for _, need := range needs(t, b) {
			add(need)
		}
		names = append(names, name)
	}
	for _, name := range drivers {
		add(name)
	}
	return names, content
}

// needs reads the modules that a module needs out of its .modinfo.
func needs(t *testing.T, module []byte) (all []string) {
	f, err := elf.NewFile(bytes.NewReader(module))
	require.NoError(t, err)
	info, err := f.Section(".modinfo").Data()
	require.NoError(t, err)
	for line := range strings.SplitSeq(string(info), "\x00") {
		for _, key := range []string{"depends=", "softdep=pre: "} {
			if list, ok := strings.CutPrefix(line, key); ok {
				all = append(all, strings.FieldsFunc(strings.ReplaceAll(list, "-", "_"), func(r rune) bool { return r == ',' || r == ' ' })...)
			}
		}
	}
	return all
}

// udev lists the files of udev for the guest, by their paths there: the program,
// its rules, and the libraries that it needs, which any Debian has.
func udev(t *testing.T, root string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	read := func(path string) []byte {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		return b
	}
	program := read(one(t, root, "bin/udevadm", "usr/bin/udevadm"))
	files["bin/udevadm"], files["lib/systemd/systemd-udevd"] = program, program
	rules, _ := filepath.Glob(filepath.Join(filepath.Dir(one(t, root, "lib/udev/rules.d/60-serial.rules", "usr/lib/udev/rules.d/60-serial.rules")), "*.rules"))
	for _, rule := range rules {
		files["lib/udev/rules.d/"+filepath.Base(rule)] = read(rule)
	}
	var add func(binary []byte)
	add = func(binary []byte) {
		f, err := elf.NewFile(bytes.NewReader(binary))
		require.NoError(t, err)
		all, err := f.ImportedLibraries()
		require.NoError(t, err)
		for _, lib := range all {
			at := "lib/x86_64-linux-gnu/" + lib
			if strings.HasPrefix(lib, "ld-linux") {
				at = "lib64/" + lib
			}
			if files[at] != nil {
				continue
			}
			for _, dir := range []string{root + "/lib/x86_64-linux-gnu", root + "/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64"} {
				if b, err := os.ReadFile(filepath.Join(dir, lib)); err == nil {
					files[at] = b
					add(b)
					break
				}
			}
			require.NotNil(t, files[at], "the library %s is not on this machine", lib)
		}
	}
	add(program)
	return files
}

// folders lists the folders of files, the outer ones first.
func folders(files map[string][]byte) (all []string) {
	for path := range files {
		for dir := filepath.Dir(path); dir != "."; dir = filepath.Dir(dir) {
			if !slices.Contains(all, dir) {
				all = append(all, dir)
			}
		}
	}
	slices.Sort(all)
	return all
}
