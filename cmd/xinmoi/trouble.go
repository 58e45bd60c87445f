package main

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"xinmoi/store"
	"xinmoi/store/queue"
)

// troubles are the errors that a technician may meet, each with its sentence
// "trouble.<key>"; the first that fits is said.
var troubles = []struct {
	err error
	key string
}{
	{store.ErrInUse, "in_use"},
	{store.ErrGone, "book_gone"},
	{store.ErrEmpty, "book_empty"},
	{store.ErrNewer, "newer"},
	{store.ErrArchive, "archive_damaged"},
	{gzip.ErrChecksum, "archive_damaged"},
	{gzip.ErrHeader, "archive_damaged"},
	{syscall.ENOSPC, "disk_full"},
	{syscall.EDQUOT, "disk_full"},
	{store.ErrDiskLow, "disk_full"},
	{errNoRoom, "disk_full"},
	{errNoStick, "no_stick"},
	{errBadCopy, "bad_copy"},
	{errBusy, "busy"},
	{errTooLong, "too_long"},
	{context.Canceled, "stopped"},
	{syscall.EROFS, "read_only"},
	{fs.ErrPermission, "no_permission"},
	{syscall.EIO, "disk_failing"},
	{syscall.EADDRINUSE, "address_in_use"},
	{syscall.EADDRNOTAVAIL, "address_not_here"},
	{syscall.EISDIR, "is_folder"},
	{syscall.ENOTDIR, "no_folder"},
	{fs.ErrNotExist, "not_there"},
	{fs.ErrExist, "already_there"},
	{store.ErrNoBook, "no_book"},
	{store.ErrDamaged, "book_damaged"},
}

// said is an error whose text is a sentence in the technician's language already.
type said string

func (s said) Error() string { return string(s) }

// sentence is an error that has one of its own.
type sentence struct {
	key  string
	args map[string]any
}

func (s *sentence) Error() string { return s.key }

// answered is a refusal of the running daemon.
func answered(body []byte) error {
	var problem struct{ Detail string }
	if json.Unmarshal(body, &problem) == nil && problem.Detail != "" {
		return said(problem.Detail)
	}
	return errors.New(string(body))
}

// trouble says an error in whole sentences, and what to do about it. What is not
// known is said with the error itself in brackets.
func (e env) trouble(err error) string {
	var already said
	var own *sentence
	var no *queue.Refusal
	var call *net.OpError
	var small *tooSmall
	switch {
	case errors.As(err, &already):
		return string(already)
	case errors.As(err, &own):
		return e.say(own.key, own.args)
	case errors.As(err, &small):
		return e.say("trouble.no_room", map[string]any{"to": small.to, "need": small.need >> 20, "free": small.free >> 20})
	case errors.As(err, &call) && call.Op == "listen" && errors.Is(err, fs.ErrPermission):
		return e.say("trouble.address_forbidden", nil)
	case call != nil && call.Op == "listen" && errors.As(err, new(*net.DNSError)):
		return e.say("trouble.address_not_here", nil)
	case call != nil && call.Op == "dial" && call.Net == "unix":
		return e.say("trouble.not_running", nil)
	}
	args := map[string]any{"file": e.say("trouble.a_file", nil), "err": err.Error()}
	if file := fileOf(err); file != "" {
		args["file"], args["folder"] = file, filepath.Dir(file)
	}
	for _, t := range troubles {
		if errors.Is(err, t.err) {
			return e.say("trouble."+t.key, args)
		}
	}
	if errors.As(err, &no) {
		return e.refusal(no)
	}
	return e.say("trouble.unknown", args)
}

// fileOf is the file that an error is about, the nearest to its cause; "" if it does
// not tell.
func fileOf(err error) string {
	var path *fs.PathError
	var link *os.LinkError
	var book *store.BookError
	switch {
	case errors.As(err, &path):
		return path.Path
	case errors.As(err, &link):
		return link.New
	case errors.As(err, &book):
		return book.File
	}
	return ""
}
