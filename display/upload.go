package display

import (
	"crypto/rand"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"xinmoi/store/door"
)

// Uploads are files that come in pieces: a recording of ten minutes is larger
// than any request may be. They lie in a hidden folder beside the packs; the
// oldest goes when there are too many.
const (
	uploadPiece = 1 << 20  // of base64
	uploadMost  = 48 << 20 // sixteen minutes at 24 kHz
	uploadsMost = 3
)

var uploadID = regexp.MustCompile(`^[A-Z2-7]{26}$`)

type uploadBegun struct {
	ID string `json:"id"`
}

type uploadBody struct {
	At   int64  `json:"at"`   // bytes sent before
	Data []byte `json:"data"` // base64
}

func (a *announcer) uploads() string { return filepath.Join(a.library.dir, ".uploads") }

// postUpload begins a file.
func (a *announcer) postUpload(w http.ResponseWriter, _ *http.Request) error {
	if err := os.MkdirAll(a.uploads(), 0o700); err != nil {
		return err
	}
	old, err := os.ReadDir(a.uploads())
	if err != nil {
		return err
	}
	slices.SortFunc(old, func(x, y os.DirEntry) int { return modified(x).Compare(modified(y)) })
	for _, f := range old[:max(0, len(old)-uploadsMost+1)] {
		_ = os.Remove(filepath.Join(a.uploads(), f.Name()))
	}
	id := rand.Text()
	f, err := os.OpenFile(filepath.Join(a.uploads(), id), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return door.Write(w, http.StatusCreated, uploadBegun{ID: id})
}

// postPiece adds to a file. A piece that was sent before is not added again.
func (a *announcer) postPiece(w http.ResponseWriter, r *http.Request) error {
	body, err := door.Read[uploadBody](r)
	if err != nil {
		return err
	}
	f, size, err := a.openUpload(r.PathValue("id"), os.O_RDWR)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if body.At < 0 || body.At > size {
		return &door.Problem{Code: "bad_value", Args: map[string]any{"field": "at"}}
	}
	if body.At+int64(len(body.Data)) > uploadMost {
		return &door.Problem{Code: "body_too_large", Args: map[string]any{"kb": uploadMost >> 10}}
	}
	if _, err := f.WriteAt(body.Data, body.At); err != nil {
		return err
	}
	return door.Write(w, http.StatusOK, struct{}{})
}

// openUpload opens a file and tells its size.
func (a *announcer) openUpload(id string, flag int) (*os.File, int64, error) {
	if !uploadID.MatchString(id) {
		return nil, 0, &door.Problem{Code: "upload_gone"}
	}
	f, err := os.OpenFile(filepath.Join(a.uploads(), id), flag, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, 0, &door.Problem{Code: "upload_gone"}
	}
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

func modified(f os.DirEntry) time.Time {
	info, err := f.Info()
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

func (a *announcer) dropUpload(id string) {
	if uploadID.MatchString(id) {
		_ = os.Remove(filepath.Join(a.uploads(), id))
	}
}
