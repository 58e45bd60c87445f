package printer

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"xinmoi/printer/slip"
	"xinmoi/store/centre"
)

// The files of the centre's own slip, in DATA/printer.
const (
	templateFile = "slip.toml"
	logoFile     = "logo.png" // as the page saves it; a template written by hand may name another
)

// templates is the centre's own slip. It is read again when its files have
// changed, so that an edit is seen at the next ticket and nothing need be
// restarted. With one that is wrong the hall prints the slip of the house.
type templates struct {
	dir string // "" for none

	mu    sync.Mutex
	stamp stamp
	slip  *slip.Template // nil: that of the house
	found []centre.Finding
	err   error // the file is there and cannot be read
}

// stamp is what changes when a file is written.
type stamp struct {
	at, logoAt     time.Time
	size, logoSize int64
}

// now is the template to print with, nil for that of the house, and what is
// wrong with the centre's own.
func (t *templates) now() (*slip.Template, []centre.Finding, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dir == "" {
		return nil, nil, nil
	}
	s, err := t.look()
	if err == nil && s == t.stamp {
		return t.slip, t.found, t.err
	}
	t.stamp, t.slip, t.found, t.err = s, nil, nil, nil
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	t.slip, t.found, t.err = ReadTemplate(filepath.Join(t.dir, templateFile))
	return t.slip, t.found, t.err
}

// ReadTemplate reads a template and its logo from disk, and checks it: nil when
// a finding is an error.
func ReadTemplate(file string) (*slip.Template, []centre.Finding, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	t, found := slip.ReadTemplate(file, src, beside(filepath.Dir(file)))
	return t, found, nil
}

// beside reads the files of a folder.
func beside(dir string) slip.Reader {
	return func(name string, most int) ([]byte, error) {
		f, err := os.Open(filepath.Join(dir, filepath.Base(name)))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return io.ReadAll(io.LimitReader(f, int64(most)))
	}
}

// look reads the stamp of the template, and of the logo that it names.
func (t *templates) look() (s stamp, err error) {
	info, err := os.Stat(filepath.Join(t.dir, templateFile))
	if err != nil {
		return stamp{}, err
	}
	s.at, s.size = info.ModTime(), info.Size()
	logo := logoFile
	if t.slip != nil {
		logo = cmp.Or(t.slip.Logo, logo)
	}
	if info, err := os.Stat(filepath.Join(t.dir, filepath.Base(logo))); err == nil {
		s.logoAt, s.logoSize = info.ModTime(), info.Size()
	}
	return s, nil
}

// text is the template as it is edited, and whether it is the centre's own.
func (t *templates) text() (text string, own, logo bool) {
	if t.dir == "" {
		return slip.Builtin(), false, false
	}
	_, err := os.Stat(filepath.Join(t.dir, logoFile))
	b, noOwn := os.ReadFile(filepath.Join(t.dir, templateFile))
	if noOwn != nil {
		return slip.Builtin(), false, err == nil
	}
	return string(b), true, err == nil
}

// try reads a template that is not saved yet, with its logo if it has a new one.
func (t *templates) try(body slipBody) (*slip.Template, []centre.Finding) {
	read := beside(t.dir)
	return slip.ReadTemplate(templateFile, []byte(body.Template), func(name string, most int) ([]byte, error) {
		if name == logoFile && len(body.Logo) > 0 {
			return body.Logo[:min(most, len(body.Logo))], nil
		}
		return read(name, most)
	})
}

// save puts the files into use. The one before stays as slip.toml.old.
func (t *templates) save(body slipBody) error {
	if t.dir == "" {
		return errNoFolder
	}
	if err := os.MkdirAll(t.dir, 0o700); err != nil {
		return err
	}
	if len(body.Logo) > 0 {
		if err := write(filepath.Join(t.dir, logoFile), body.Logo); err != nil {
			return err
		}
	}
	own := filepath.Join(t.dir, templateFile)
	if before, err := os.ReadFile(own); err == nil {
		if err := write(own+".old", before); err != nil {
			return err
		}
	}
	return write(own, []byte(body.Template))
}

// remove puts the slip of the house into use.
func (t *templates) remove() error {
	own := filepath.Join(t.dir, templateFile)
	if err := os.Rename(own, own+".old"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// write writes a file that is whole at any moment, after a power cut too.
func write(name string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

var errNoFolder = errors.New("no folder for the files of the printers")
