package port

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sysfs lays out devices as the kernel does; each folder of a path is given with
// its subsystem, "usb:1-2".
func sysfs(t *testing.T) (root string, add func(class, keys string, path ...string)) {
	root = t.TempDir()
	return root, func(class, keys string, path ...string) {
		dir := filepath.Join(root, "devices")
		for _, p := range path {
			system, name, _ := cut(p)
			dir = filepath.Join(dir, name)
			require.NoError(t, os.MkdirAll(dir, 0o755))
			if system != "" {
				_ = os.Symlink(filepath.Join(root, "bus", system), filepath.Join(dir, "subsystem"))
			}
		}
		if keys != "" {
			parent := filepath.Dir(dir)
			require.NoError(t, os.Symlink(parent, filepath.Join(dir, "device")))
			require.NoError(t, os.MkdirAll(filepath.Join(parent, "capabilities"), 0o755))
			require.NoError(t, os.WriteFile(filepath.Join(parent, "capabilities/key"), []byte(keys+"\n"), 0o644))
		}
		require.NoError(t, os.MkdirAll(filepath.Join(root, "class", class), 0o755))
		require.NoError(t, os.Symlink(dir, filepath.Join(root, "class", class, filepath.Base(dir))))
	}
}

func cut(p string) (system, name string, ok bool) {
	for i := range p {
		if p[i] == '/' {
			return p[:i], p[i+1:], true
		}
	}
	return "", p, false
}

// Two keypads of one make in two sockets, one of them behind a hub, with the
// names that udev gives them; and the media keys of a third.
func TestSocketsAreNamedAsUdevDoes(t *testing.T) {
	root, add := sysfs(t)
	const keypad = "1000000000007 ff800000000007ff febeffdff3cfffff fffffffffffffffe"
	add("input", keypad, "pci0000:00", "pci/0000:00:1c.0", "pci/0000:01:00.0", "usb/usb1", "usb/1-3", "usb/1-3:1.0", "hid/0003:258A:0001.0001", "input", "input/input3", "input/event3")
	add("input", keypad, "pci0000:00", "pci/0000:00:1c.0", "pci/0000:01:00.0", "usb/usb1", "usb/1-4", "usb/1-4.2", "usb/1-4.2:1.0", "hid/0003:258A:0001.0002", "input", "input/input4", "input/event4")
	add("input", "3f000", "pci0000:00", "pci/0000:00:1c.0", "pci/0000:01:00.0", "usb/usb1", "usb/1-4", "usb/1-4.2", "usb/1-4.2:1.1", "hid/0003:258A:0001.0003", "input", "input/input5", "input/event5")
	add("usbmisc", "", "platform/soc", "platform/fd500000.pcie", "pci0000:00", "pci/0000:01:00.0", "usb/usb1", "usb/1-1", "usb/1-1.3", "usb/1-1.3:1.0", "usbmisc/lp0")
	add("tty", "", "platform/serial8250", "tty/ttyS9")
	add("tty", "", "virtual", "tty/tty1")
	add("input", "", "platform/i8042", "serio/serio0", "input/input0", "input/event0")
	for device, want := range map[string]string{
		"input/event3": "pci-0000:01:00.0-usb-0:3:1.0",
		"input/event4": "pci-0000:01:00.0-usb-0:4.2:1.0",
		"usbmisc/lp0":  "platform-fd500000.pcie-pci-0000:01:00.0-usb-0:1.3:1.0",
		"tty/ttyS9":    "platform-serial8250",
		"input/event0": "platform-i8042-serio-0",
		"tty/tty1":     "",
		"tty/none":     "",
	} {
		assert.Equal(t, want, Socket(filepath.Join(root, "class", device)), device)
	}
	node, err := keypadIn(root, "pci-0000:01:00.0-usb-0:4.2:1.0")
	require.NoError(t, err)
	assert.Equal(t, "/dev/input/event4", node)
	for _, other := range []string{"pci-0000:01:00.0-usb-0:4.2:1.1", "pci-0000:01:00.0-usb-0:4:1.0", ""} {
		_, err = keypadIn(root, other)
		assert.ErrorIs(t, err, fs.ErrNotExist, other)
	}
}

func TestHasKey(t *testing.T) {
	assert.True(t, HasKey("1000000000007 ff800000000007ff febeffdff3cfffff fffffffffffffffe", KeyKP1))
	assert.False(t, HasKey("ffff 0 0", KeyKP1))
	assert.False(t, HasKey("", KeyA))
	assert.False(t, HasKey("x y z", KeyA))
}
