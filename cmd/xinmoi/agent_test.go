package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"xinmoi/counter/countertest"
	"xinmoi/counter/keypad"
	"xinmoi/printer/printertest"
)

const lentCentre = smallCentre + `
printers = ["p1"]
[[printer]]
id = "p1"
port = "agent:kiosk1/printer0"
[[keypad]]
id = "b1"
port = "agent:kiosk1/pads"
address = 5
counter = "c1"
`

// devices is what the daemon says of its devices: "printer/p1 offline".
func (p *process) devices() string {
	resp, err := http.Get(p.url + "/api/v1/devices")
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	var list struct {
		Items []struct {
			ID         string
			Conditions []string
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		return err.Error()
	}
	var all []string
	for _, d := range list.Items {
		all = append(all, strings.TrimSpace(d.ID+" "+strings.Join(d.Conditions, " ")))
	}
	return strings.Join(all, ", ")
}

// TestDevicesOnAnotherMachine: a keypad on a pty and a printer on TCP, lent by
// an agent to a daemon that has no device of its own. A number is printed and
// called; the agent is killed and comes back; its key is revoked.
func TestDevicesOnAnotherMachine(t *testing.T) {
	t.Parallel() // mostly it waits: a condition is noted every ten seconds at most
	dir := t.TempDir()
	config, data, key := filepath.Join(dir, "centre.toml"), filepath.Join(dir, "data"), filepath.Join(dir, "key")
	require.NoError(t, os.WriteFile(config, []byte(lentCentre), 0o600))
	p := startServe(t, config, data)
	eventually := func(what string, ok func() bool) {
		t.Helper()
		require.Eventually(t, ok, 20*time.Second, 20*time.Millisecond, "%s: %s", what, p.devices())
	}
	devicesAre := func(conditions string) func() bool {
		return func() bool { d := p.devices(); return strings.Count(d, conditions) == 2 }
	}

	// The devices of the other machine.
	master, slave, err := pty.Open()
	require.NoError(t, err)
	defer slave.Close()
	fd, err := unix.FcntlInt(master.Fd(), unix.F_DUPFD_CLOEXEC, 0) // one that Go's poller owns, so that Close ends Read
	require.NoError(t, err)
	require.NoError(t, unix.SetNonblock(fd, true))
	master.Close()
	pads := countertest.New(5)
	go func() { _ = pads.Serve(t.Context(), os.NewFile(uintptr(fd), "ptmx")) }()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	paper := printertest.New(printertest.Options{})
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { _ = paper.Serve(t.Context(), c); c.Close() }()
		}
	}()

	eventually("nobody lends yet", devicesAre("agent-offline"))
	e, out, errw := technician(t)
	require.Equal(t, exitGood, runAgentKey(t.Context(), e, []string{"add", "kiosk1", "--data", data}), "%s", errw)
	require.NoError(t, os.WriteFile(key, out.Bytes(), 0o600))
	lend := func() (said *syncBuffer, stop func()) {
		t.Helper()
		said = &syncBuffer{}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan int, 1)
		go func() {
			e := e
			e.out, e.errw = said, said
			done <- runAgent(ctx, e, []string{"--hall", p.url, "--name", "kiosk1", "--key", key,
				"--lend", "printer0=tcp:" + ln.Addr().String(), "--lend", "pads=serial:" + slave.Name() + "?baud=9600"})
		}()
		return said, func() { cancel(); require.Equal(t, exitGood, <-done) }
	}
	said, stop := lend()
	eventually("lent", func() bool { return !strings.Contains(p.devices(), "offline") })
	require.Contains(t, said.String(), "đã kết nối với "+p.url)
	e.out = &bytes.Buffer{}
	require.Equal(t, exitGood, runAgentKey(t.Context(), e, []string{"list", "--data", data}))
	require.Contains(t, e.out.(*bytes.Buffer).String(), "kiosk1")
	require.Contains(t, e.out.(*bytes.Buffer).String(), "đang kết nối từ 127.0.0.1")

	resp, err := http.Post(p.url+"/api/v1/tickets", "application/json", strings.NewReader(`{"service":"civil","kiosk":"k1"}`))
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, http.StatusCreated, resp.StatusCode)
	eventually("printed", func() bool { return len(paper.Papers()) == 1 })
	require.NoError(t, pads.Press(t.Context(), 5, keypad.KeyNext))
	eventually("called", func() bool { return strings.Join(p.numbers(), "") == "A001 called" })
	eventually("on the keypad", func() bool { return pads.Display(5) == "  0001" })

	stop()
	eventually("lost with the agent", devicesAre("agent-offline"))
	_, stop = lend()
	eventually("back with it", func() bool { return !strings.Contains(p.devices(), "offline") })
	require.NoError(t, pads.Press(t.Context(), 5, keypad.KeyRecall))
	stop()

	require.Equal(t, exitGood, runAgentKey(t.Context(), e, []string{"revoke", "kiosk1", "--data", data}))
	said, stop = lend()
	eventually("refused", func() bool { return strings.Contains(said.String(), "không đúng hoặc đã bị thu hồi") })
	stop()
	book, err := os.ReadFile(filepath.Join(data, "book.db"))
	require.NoError(t, err)
	secret, err := os.ReadFile(key)
	require.NoError(t, err)
	require.False(t, bytes.Contains(book, bytes.TrimSpace(secret)), "the key is not in the book")
}

func TestWhatIsWrongWithAnAgentsFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "agent.toml")
	key := filepath.Join(dir, "key")
	require.NoError(t, os.WriteFile(key, []byte("secret\n"), 0o600))
	good := []string{"--hall", "http://127.0.0.1:1", "--name", "kiosk1", "--key", key}
	for _, c := range []struct {
		text string
		args []string
		say  string
	}{
		{"", nil, "Thiếu địa chỉ"},
		{"", good, "Chưa khai báo thiết bị nào"},
		{"", append(good, "--lend", "printer0"), "Không hiểu “printer0”"},
		{"", append(good, "--lend", "p=agent:kiosk2/p"), "Không hiểu “p=agent:kiosk2/p”"},
		{"", append(good, "--lend", "p=usb:lp0"), "Không hiểu “p=usb:lp0”"},
		{"", append(good, "more"), "Không hiểu “more”"},
		{"hall = \"192.168.1.10\"\nname = \"k\"\n", nil, "Không hiểu địa chỉ"},
		{"hall = \"http://h:1\"\nname = \"k\"\nlends = 1\n", nil, "Không dùng được tệp"},
		{"hall = \"http://h:1\"\nname = \"k\"\nkey = \"/not/there\"\n[lend]\np = \"usb:/dev/usb/lp0\"\n", nil, "Không đọc được tệp khoá"},
		{"hall = \"http://h:1\"\nname = \"k\"\n[lend]\np = \"usb:/dev/usb/lp0\"\n", nil, "Thiếu khoá"},
	} {
		e, _, errw := technician(t)
		args := c.args
		if c.text != "" {
			require.NoError(t, os.WriteFile(file, []byte(c.text), 0o600))
			args = []string{"--config", file}
		}
		require.Equal(t, exitUsage, runAgent(t.Context(), e, args), "%v", args)
		require.Contains(t, errw.String(), c.say, "%v %s", args, c.text)
	}
	for _, args := range [][]string{nil, {"add"}, {"add", "k"}, {"list", "k", "--data", dir}, {"forget", "k", "--data", dir}} {
		e, _, errw := technician(t)
		require.Equal(t, exitUsage, runAgentKey(t.Context(), e, args))
		require.Contains(t, errw.String(), "xinmoi agent-key")
	}
}
