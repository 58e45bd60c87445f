package vmtest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// archive writes the files of the guest as the kernel wants them: cpio, newc.
type archive struct {
	bytes.Buffer
	inode int
}

func (a *archive) add(name string, mode int, content []byte) {
	a.inode++
	fmt.Fprintf(a, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", a.inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name)+1, 0)
	a.WriteString(name + "\x00")
	a.pad()
	a.Write(content)
	a.pad()
}

func (a *archive) pad() {
	for a.Len()%4 != 0 {
		a.WriteByte(0)
	}
}

// build builds a static program of ours.
func build(t *testing.T, pkg string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "program")
	cmd := exec.Command(cmp.Or(os.Getenv("GO"), "go"), "build", "-trimpath", "-ldflags", "-s -w", "-o", out, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", said)
	b, err := os.ReadFile(out)
	require.NoError(t, err)
	return b
}

// vm is a running guest.
type vm struct {
	t       *testing.T
	dir     string
	qmp     net.Conn
	answers *json.Decoder
	daemon  string // URL of the daemon, through QEMU's user network
	init    string // of the guest's own init
	began   time.Time
}

// boot boots the guest. It ends with the test.
func boot(t *testing.T) *vm {
	t.Helper()
	root := unpacked(t)
	image := one(t, root, "boot/vmlinuz-*")
	v := &vm{t: t, dir: t.TempDir(), began: time.Now()}
	var a archive
	own := udev(t, root)
	for _, dir := range append(folders(own), "modules", "proc", "sys", "dev", "data", "tmp", "run", "etc") {
		a.add(dir, 0o040755, nil)
	}
	for path, content := range own {
		a.add(path, 0o100755, content)
	}
	names, content := inOrder(t, one(t, root, "lib/modules/*", "usr/lib/modules/*"))
	for i, name := range names {
		a.add(fmt.Sprintf("modules/%03d-%s", i, name), 0o100644, content[name])
	}
	a.add("init", 0o100755, build(t, "xinmoi/cmd/internal/vmtest/guest"))
	a.add("xinmoi", 0o100755, build(t, "xinmoi/cmd/xinmoi"))
	a.add("centre.toml", 0o100644, []byte(centre))
	a.add("TRAILER!!!", 0, nil)
	initrd := filepath.Join(v.dir, "initrd")
	require.NoError(t, os.WriteFile(initrd, a.Bytes(), 0o600))
	t.Logf("%d modules, initrd of %d MB, built in %v", len(names), a.Len()>>20, time.Since(v.began).Round(100*time.Millisecond))

	ports := freePorts(t, 2)
	v.daemon, v.init = fmt.Sprintf("http://127.0.0.1:%d", ports[0]), fmt.Sprintf("http://127.0.0.1:%d", ports[1])
	args := []string{
		"-accel", "tcg", "-machine", "pc", "-cpu", "max", "-m", "512", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-kernel", image, "-initrd", initrd, "-append", "console=ttyS0 quiet panic=-1",
		"-qmp", "unix:" + v.sock("qmp") + ",server=on,wait=off",
		"-serial", "file:" + v.sock("console"),
		"-netdev", fmt.Sprintf("user,id=n,restrict=on,hostfwd=tcp:127.0.0.1:%d-:8080,hostfwd=tcp:127.0.0.1:%d-:81", ports[0], ports[1]),
		"-device", "virtio-net-pci,netdev=n", "-device", "qemu-xhci,id=xhci,addr=0x10,p2=6",
	}
	for _, s := range []string{"signs", "buttons", "pads"} {
		args = append(args, "-chardev", "socket,id="+s+",path="+v.sock(s)+",server=on,wait=off")
	}
	args = append(args, "-device", "isa-serial,chardev=buttons")
	cmd := exec.Command("qemu-system-x86_64", args...)
	said := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = said, said
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		if console, err := os.ReadFile(v.sock("console")); t.Failed() && err == nil {
			t.Logf("the console said:\n%s\n%s", tail(console), said)
		}
	})
	require.Eventually(t, func() bool {
		c, err := net.Dial("unix", v.sock("qmp"))
		if err == nil {
			v.qmp, v.answers = c, json.NewDecoder(c)
		}
		return err == nil
	}, 20*time.Second, 50*time.Millisecond, "QEMU does not start")
	t.Cleanup(func() { v.qmp.Close() })
	var hello any
	require.NoError(t, v.answers.Decode(&hello))
	v.command("qmp_capabilities", map[string]any{})
	return v
}

func tail(b []byte) []byte { return b[max(0, len(b)-6000):] }

func freePorts(t *testing.T, n int) (all []int) {
	for range n {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer ln.Close()
		all = append(all, ln.Addr().(*net.TCPAddr).Port)
	}
	return all
}

func (v *vm) sock(name string) string { return filepath.Join(v.dir, name) }

// command gives QEMU a command and waits until it is done.
func (v *vm) command(name string, args map[string]any) {
	v.t.Helper()
	require.NoError(v.t, json.NewEncoder(v.qmp).Encode(map[string]any{"execute": name, "arguments": args}))
	for {
		var a struct {
			Return any
			Error  *struct{ Desc string }
			Event  string
		}
		require.NoError(v.t, v.answers.Decode(&a))
		if a.Event == "" {
			require.Nil(v.t, a.Error, "%s %v: %+v", name, args, a.Error)
			return
		}
	}
}

// plug plugs a USB device into a socket.
func (v *vm) plug(id, driver string, socket int, more ...string) {
	v.t.Helper()
	args := map[string]any{"driver": driver, "id": id, "bus": "xhci.0", "port": fmt.Sprint(socket)}
	for i := 0; i+1 < len(more); i += 2 {
		args[more[i]] = more[i+1]
	}
	v.command("device_add", args)
}

func (v *vm) pull(id string) {
	v.t.Helper()
	v.command("device_del", map[string]any{"id": id})
}

// press presses a key of the keypad that was plugged in last.
func (v *vm) press(keys ...string) {
	v.t.Helper()
	for _, k := range keys {
		v.command("send-key", map[string]any{"keys": []any{map[string]any{"type": "qcode", "data": k}}, "hold-time": 80})
		time.Sleep(400 * time.Millisecond)
	}
}

// ask asks the guest's init.
func (v *vm) ask(method, path string, query url.Values, body ...string) (string, error) {
	r, err := http.NewRequest(method, v.init+path+"?"+query.Encode(), strings.NewReader(strings.Join(body, "")))
	if err != nil {
		return "", err
	}
	c := http.Client{Timeout: time.Minute}
	resp, err := c.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", resp.Status, b)
	}
	return string(b), err
}

func (v *vm) must(method, path string) string {
	v.t.Helper()
	s, err := v.ask(method, path, nil)
	require.NoError(v.t, err, path)
	return s
}

// node is what the guest tells of a device node.
type node struct {
	Node                string
	Shown, Opened, Gone time.Duration
}

func (v *vm) nodes() (all []node) {
	v.t.Helper()
	require.NoError(v.t, json.Unmarshal([]byte(v.must("GET", "/nodes")), &all))
	return all
}

// healed waits until the daemon has opened what has been plugged in since, and
// tells how long that took after the kernel had shown it.
func (v *vm) healed(what, prefix string, before []node) time.Duration {
	v.t.Helper()
	var took time.Duration
	v.eventually(what+": opened by the daemon", func() bool {
		for _, n := range v.nodes() {
			old := slices.ContainsFunc(before, func(b node) bool { return b.Node == n.Node && b.Shown == n.Shown })
			if strings.HasPrefix(n.Node, prefix) && !old && n.Opened > 0 {
				took = n.Opened - n.Shown
				return true
			}
		}
		return false
	})
	v.t.Logf("%s: open %v after the kernel showed it", what, took.Round(time.Millisecond))
	return took
}

func (v *vm) eventually(what string, ok func() bool) {
	v.t.Helper()
	v.within(90*time.Second, what, ok)
}

// within waits long: the guest is an emulated machine on a busy one.
func (v *vm) within(d time.Duration, what string, ok func() bool) {
	v.t.Helper()
	for end := time.Now().Add(d); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			require.FailNow(v.t, what+": not within "+d.String(), "the devices: %s", v.conditions())
		}
	}
}

// wire is the host's end of a serial line of the guest.
func (v *vm) wire(name string) net.Conn {
	v.t.Helper()
	c, err := net.Dial("unix", v.sock(name))
	require.NoError(v.t, err)
	v.t.Cleanup(func() { c.Close() })
	return c
}
