//go:build linux

package powertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs" // FUSE in pure Go; speaking the kernel's protocol is not our subject
	"github.com/hanwen/go-fuse/v2/fuse"
)

// Shelf is a mounted file system whose files are disks. The process that has it
// must not map files that lie on them into memory: a page fault would wait for
// this very process, which the collector of garbage has stopped.
type Shelf struct {
	dir    string // of the shelf; its file system is mounted on dir/disks
	root   *fs.Inode
	server *fuse.Server
	count  atomic.Uint64
}

// NewShelf mounts a shelf below dir.
func NewShelf(dir string) (*Shelf, error) {
	s := &Shelf{dir: dir}
	if err := os.MkdirAll(s.disks(), 0o700); err != nil {
		return nil, err
	}
	root := &fs.Inode{}
	server, err := fs.Mount(s.disks(), root, &fs.Options{MountOptions: fuse.MountOptions{
		DirectMountStrict: true, // by the system call: no helper needs to be installed
		MaxWrite:          1 << 20,
		FsName:            "xinmoi-powertest",
	}})
	if err != nil {
		return nil, err
	}
	s.root, s.server = root, server
	return s, keepFromChildren()
}

// keepFromChildren lets no process that we start inherit our end of the file
// system: one that waits for a page of it would keep it alive after our death,
// and wait for ever.
func keepFromChildren() error {
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	for _, fd := range fds {
		if to, _ := os.Readlink(filepath.Join("/proc/self/fd", fd.Name())); to == "/dev/fuse" {
			n, err := strconv.Atoi(fd.Name())
			if err != nil {
				return err
			}
			syscall.CloseOnExec(n)
		}
	}
	return nil
}

func (s *Shelf) disks() string { return filepath.Join(s.dir, "disks") }

// Close unmounts the shelf. Every mount of its disks must have been ended.
func (s *Shelf) Close() error { return s.server.Unmount() }

// Mount is a disk in use.
type Mount struct {
	Dir    string // its file system
	device string
}

// Attach makes a loop device of a disk. mkfs is a command that makes the file
// system on it, without the device's name; nil: it has one, and whatever a power
// cut has left open in it is mended by the kernel when it is mounted.
func (s *Shelf) Attach(d *Disk, mkfs []string, options string) (*Mount, error) {
	name := fmt.Sprintf("d%d", s.count.Add(1))
	node := s.root.NewPersistentInode(context.Background(), &file{disk: d}, fs.StableAttr{Mode: syscall.S_IFREG})
	s.root.AddChild(name, node, true)
	out, err := run("losetup", "--find", "--show", filepath.Join(s.disks(), name))
	if err != nil {
		return nil, err
	}
	m := &Mount{Dir: filepath.Join(s.dir, "on-"+name), device: strings.TrimSpace(out)}
	if mkfs != nil {
		if _, err := run(mkfs[0], append(mkfs[1:], m.device)...); err != nil {
			return nil, m.fail(err)
		}
	}
	if err := os.Mkdir(m.Dir, 0o700); err != nil {
		return nil, m.fail(err)
	}
	if options == "" {
		options = "defaults"
	}
	if _, err := run("mount", "-o", options, m.device, m.Dir); err != nil {
		return nil, m.fail(err)
	}
	return m, nil
}

func (m *Mount) fail(err error) error {
	_, _ = run("losetup", "--detach", m.device)
	return err
}

// Detach unmounts the file system and takes the disk away. Whoever had files
// open in it must have ended.
func (m *Mount) Detach() error {
	var err error
	for range 50 { // a killed process gives its files back a moment later
		if err = syscall.Unmount(m.Dir, 0); err != syscall.EBUSY {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		return fmt.Errorf("unmount %s: %w", m.Dir, err)
	}
	if err := os.Remove(m.Dir); err != nil {
		return err
	}
	_, err = run("losetup", "--detach", m.device)
	return err
}

func run(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// file is a disk as the kernel sees it.
type file struct {
	fs.Inode
	disk *Disk
}

var (
	_ fs.NodeOpener    = (*file)(nil)
	_ fs.NodeGetattrer = (*file)(nil)
	_ fs.NodeReader    = (*file)(nil)
	_ fs.NodeWriter    = (*file)(nil)
	_ fs.NodeFsyncer   = (*file)(nil)
)

func (f *file) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return nil, fuse.FOPEN_DIRECT_IO, 0 // the page cache above would keep writes from us
}

func (f *file) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	out.Mode, out.Size = syscall.S_IFREG|0o600, uint64(f.disk.size)
	return 0
}

func (f *file) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	dest = dest[:max(0, min(int64(len(dest)), f.disk.size-off))]
	f.disk.read(off, dest)
	return fuse.ReadResultData(dest), 0
}

func (f *file) Write(_ context.Context, _ fs.FileHandle, data []byte, off int64) (uint32, syscall.Errno) {
	if off+int64(len(data)) > f.disk.size {
		return 0, syscall.ENOSPC
	}
	f.disk.write(off, data)
	return uint32(len(data)), 0
}

func (f *file) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	f.disk.sync()
	return 0
}
