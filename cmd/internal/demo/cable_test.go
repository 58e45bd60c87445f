package demo

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// echo answers with what it hears.
func echo(_ context.Context, wire io.ReadWriteCloser) error {
	_, err := io.Copy(wire, wire)
	return err
}

func TestAPulledPtyHangsUpAndComesBack(t *testing.T) {
	c := &ptyCable{link: filepath.Join(t.TempDir(), "line"), device: echo}
	for range 3 {
		require.NoError(t, c.plug())
		require.True(t, c.plugged())
		f, err := os.OpenFile(c.link, os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
		require.NoError(t, err)
		_, err = f.WriteString("abc")
		require.NoError(t, err)
		heard := make([]byte, 3)
		require.NoError(t, f.SetReadDeadline(time.Now().Add(5*time.Second)))
		_, err = io.ReadFull(f, heard)
		require.NoError(t, err)
		require.Equal(t, "abc", string(heard))

		pulled := make(chan struct{})
		go func() { c.pull(); close(pulled) }()
		select {
		case <-pulled:
		case <-time.After(5 * time.Second):
			t.Fatal("pulling the cable hangs")
		}
		_, err = f.Read(heard)
		require.True(t, errors.Is(err, io.EOF) || errors.Is(err, syscall.EIO), "%v", err)
		require.NoError(t, f.Close())
		_, err = os.Lstat(c.link)
		require.ErrorIs(t, err, os.ErrNotExist)
	}
}
