package display

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // so that the size of a picture can be read
	_ "image/png"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	_ "golang.org/x/image/webp" // the third kind of picture
)

// What boards show while nobody is called: texts, pictures and videos that the
// supervisor has put into DATA/display/notices, by hand or through the page. In
// the order of their names. A file that boards could not show is left out and
// said on the supervisor's page; it never stops the others.

// The kinds of notice.
const (
	noticeText    = "text"
	noticePicture = "picture"
	noticeVideo   = "video"
)

// noticeTypes are the endings that are shown, and as what they are served. No
// GIF, which may flash as it likes, and no SVG, which is a program.
var noticeTypes = map[string]struct{ kind, media string }{
	".txt":  {noticeText, "text/plain; charset=utf-8"},
	".jpg":  {noticePicture, "image/jpeg"},
	".jpeg": {noticePicture, "image/jpeg"},
	".png":  {noticePicture, "image/png"},
	".webp": {noticePicture, "image/webp"},
	".mp4":  {noticeVideo, "video/mp4"},
	".webm": {noticeVideo, "video/webm"},
}

// Limits of what a box behind a television can show.
const (
	noticeLook    = 5 * time.Second
	noticesMost   = 60
	noticeLetters = 400
	noticeLines   = 10
	noticeSide    = 8000 // pixels
	pictureBytes  = 20 << 20
	videoBytes    = 500 << 20
)

// Why a file is not shown: keys of counter.sup.notice.bad.
const (
	badType   = "type"
	badEmpty  = "empty"
	badLarge  = "large"
	badBroken = "broken" // is not what its name says
	badLong   = "long"
	badMany   = "many"
	badRead   = "read"
	badPlay   = "play" // a board could not show it
)

// notice is one file of the folder.
type notice struct {
	File    string `json:"file"`
	Kind    string `json:"kind,omitempty"`
	Text    string `json:"text,omitempty"`
	Version string `json:"v,omitempty"` // another when the file is another
	Bytes   int64  `json:"bytes"`
	Bad     string `json:"bad,omitempty"`
}

// noticeboard watches the folder.
type noticeboard struct {
	dir string // "" for none

	mu   sync.Mutex
	all  []notice        // by name
	fail map[string]bool // file and version that a board could not show
}

func newNoticeboard(dir string) *noticeboard {
	n := &noticeboard{fail: map[string]bool{}}
	if dir != "" {
		n.dir = filepath.Join(dir, "notices")
	}
	n.look()
	return n
}

// run looks every few seconds for what somebody has dropped there.
func (n *noticeboard) run(ctx context.Context) {
	tick := time.NewTicker(noticeLook)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			n.look()
		}
	}
}

// list are all files, those that cannot be shown too.
func (n *noticeboard) list() []notice {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := slices.Clone(n.all)
	for i := range out {
		if out[i].Bad == "" && n.fail[out[i].File+out[i].Version] {
			out[i].Bad = badPlay
		}
	}
	return out
}

// good are those that boards show. A board that could not show one skips it by
// itself; another may be able to.
func (n *noticeboard) good() []notice {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := []notice{}
	for _, x := range n.all {
		if x.Bad == "" {
			out = append(out, x)
		}
	}
	return out
}

// failed notes what a board says it could not show.
func (n *noticeboard) failed(file, version string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if slices.ContainsFunc(n.all, func(x notice) bool { return x.File == file && x.Version == version }) {
		n.fail[file+version] = true
	}
}

// noticeFailed takes a page's word that it could not show a notice.
func (r *Room) noticeFailed(view, _, _ string, body json.RawMessage) {
	var m struct {
		File    string `json:"file"`
		Version string `json:"v"`
	}
	if view == "board" && json.Unmarshal(body, &m) == nil {
		r.notices.failed(m.File, m.Version)
	}
}

// look reads the folder; a file that has not changed is not read again.
func (n *noticeboard) look() {
	if n.dir == "" {
		return
	}
	entries, err := os.ReadDir(n.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return // what was shown goes on
	}
	n.mu.Lock()
	before := n.all
	n.mu.Unlock()
	var all []notice
	fail := map[string]bool{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || strings.HasPrefix(e.Name(), ".") || !info.Mode().IsRegular() {
			continue
		}
		version := strconv.FormatInt(info.ModTime().UnixMilli(), 36) + "-" + strconv.FormatInt(info.Size(), 36)
		x := notice{File: e.Name(), Version: version, Bytes: info.Size()}
		if i := slices.IndexFunc(before, func(b notice) bool { return b.File == x.File && b.Version == version && b.Bad != badMany }); i >= 0 {
			x = before[i]
		} else {
			n.inspect(&x)
		}
		if len(all) >= noticesMost && x.Bad == "" {
			x.Bad = badMany
		}
		all = append(all, x)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, x := range all {
		if n.fail[x.File+x.Version] {
			fail[x.File+x.Version] = true
		}
	}
	n.all, n.fail = all, fail
}

// inspect finds out what a file is, and whether it is what its name says.
func (n *noticeboard) inspect(x *notice) {
	typ, known := noticeTypes[strings.ToLower(filepath.Ext(x.File))]
	x.Kind = typ.kind
	switch {
	case !known:
		x.Bad = badType
		return
	case x.Bytes == 0:
		x.Bad = badEmpty
		return
	case typ.kind == noticeVideo && x.Bytes > videoBytes, typ.kind != noticeVideo && x.Bytes > pictureBytes:
		x.Bad = badLarge
		return
	}
	f, err := os.Open(filepath.Join(n.dir, x.File))
	if err != nil {
		x.Bad = badRead
		return
	}
	defer func() { _ = f.Close() }()
	switch typ.kind {
	case noticeText:
		x.Text, x.Bad = readText(f)
	case noticePicture:
		x.Bad = readPicture(f, typ.media)
	case noticeVideo:
		head := make([]byte, 512)
		k, _ := io.ReadFull(f, head)
		if http.DetectContentType(head[:k]) != typ.media {
			x.Bad = badBroken
		}
	}
}

func readText(f io.Reader) (text, bad string) {
	b, err := io.ReadAll(io.LimitReader(f, 8*noticeLetters))
	text = strings.TrimSpace(strings.TrimPrefix(strings.ReplaceAll(string(b), "\r\n", "\n"), "\ufeff"))
	switch {
	case err != nil:
		return "", badRead
	case text == "":
		return "", badEmpty
	case utf8.RuneCountInString(text) > noticeLetters, strings.Count(text, "\n") >= noticeLines:
		return "", badLong
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return "", badBroken // often Windows' own 1258 or UTF-16
	}
	return text, ""
}

func readPicture(f io.Reader, media string) (bad string) {
	c, format, err := image.DecodeConfig(f)
	switch {
	case err != nil || "image/"+format != media:
		return badBroken
	case c.Width > noticeSide || c.Height > noticeSide || c.Width < 1 || c.Height < 1:
		return badLarge
	}
	return ""
}

// partial is where the pieces of a file lie that is on its way.
func (n *noticeboard) partial(file string) string {
	return filepath.Join(n.dir, ".part-"+base64.RawURLEncoding.EncodeToString([]byte(file)))
}

// add writes a piece; with the last one the file takes its place, unless it is
// not what its name says.
func (n *noticeboard) add(file string, at int64, data []byte, last bool) (bad string, err error) {
	if err := os.MkdirAll(n.dir, 0o700); err != nil {
		return "", err
	}
	flags := os.O_CREATE | os.O_WRONLY
	if at == 0 {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(n.partial(file), flags, 0o600)
	if err != nil {
		return "", err
	}
	info, err := f.Stat()
	if err == nil && at > info.Size() {
		err = fmt.Errorf("a piece at %d of a file that has %d", at, info.Size())
	}
	if err == nil {
		_, err = f.WriteAt(data, at)
	}
	if err == nil && last {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil || !last {
		return "", err
	}
	// Its kind is in the name that it will have.
	part := n.partial(file) + strings.ToLower(filepath.Ext(file))
	if err := os.Rename(n.partial(file), part); err != nil {
		return "", err
	}
	x := notice{File: filepath.Base(part), Bytes: at + int64(len(data))}
	if n.inspect(&x); x.Bad != "" {
		return x.Bad, os.Remove(part)
	}
	if err := os.Rename(part, filepath.Join(n.dir, file)); err != nil {
		return "", err
	}
	n.look()
	return "", nil
}

// remove takes a file away; one that is not there is gone already.
func (n *noticeboard) remove(file string) error {
	err := os.Remove(filepath.Join(n.dir, file))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	n.look()
	return err
}
