package display

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sys/unix" // the room that is left on the disk

	"xinmoi/store/door"
)

const (
	noticePiece  = 1 << 20   // of base64
	noticeSpare  = 512 << 20 // bytes that an upload leaves free for the book
	noticeServes = 10 * time.Minute
)

type pieceBody struct {
	At   int64  `json:"at"`   // bytes sent before
	Data []byte `json:"data"` // base64
	Last bool   `json:"last"`
}

func (r *Room) noticeRoutes() []door.Route {
	return []door.Route{
		{Method: "GET", Pattern: "/notices/{file}", Kind: door.KindBoard, Who: door.Anyone, Handle: r.getNotice},
		{Method: "GET", Pattern: "/api/v1/notices", Kind: door.KindSupervisor, Who: door.Staff,
			About: "What boards show while nobody is called, and what they cannot show", Answer: door.List[notice]{}, Handle: r.getNotices},
		{Method: "POST", Pattern: "/api/v1/notices/{file}", Kind: door.KindSupervisor, Who: door.Staff, MaxBody: noticePiece,
			About: "Send a piece of a text, picture or video; the last one puts it up", Request: pieceBody{}, Answer: struct{}{}, Handle: r.postNotice},
		{Method: "DELETE", Pattern: "/api/v1/notices/{file}", Kind: door.KindSupervisor, Who: door.Staff,
			About: "Take a notice down", Answer: struct{}{}, Handle: r.deleteNotice},
	}
}

// getNotice serves what is on the list and nothing else of the disk.
func (r *Room) getNotice(w http.ResponseWriter, req *http.Request) error {
	for _, x := range r.notices.good() {
		if x.File != req.PathValue("file") {
			continue
		}
		f, err := os.Open(filepath.Join(r.notices.dir, x.File))
		if err != nil {
			return &door.Problem{Code: "not_found", Cause: err}
		}
		defer func() { _ = f.Close() }()
		// A board takes a video as it plays it.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(noticeServes))
		w.Header().Set("Content-Type", noticeTypes[strings.ToLower(filepath.Ext(x.File))].media)
		w.Header().Set("ETag", `"`+x.Version+`"`)
		http.ServeContent(w, req, "", time.Time{}, f)
		return nil
	}
	return &door.Problem{Code: "not_found"}
}

func (r *Room) getNotices(w http.ResponseWriter, _ *http.Request) error {
	r.notices.look()
	return door.Write(w, http.StatusOK, door.Items(r.notices.list()))
}

func (r *Room) postNotice(w http.ResponseWriter, req *http.Request) error {
	body, err := door.Read[pieceBody](req)
	if err != nil {
		return err
	}
	file := req.PathValue("file")
	typ, known := noticeTypes[strings.ToLower(filepath.Ext(file))]
	switch most := pictureBytes; {
	case r.notices.dir == "":
		return &door.Problem{Code: "not_found"}
	case !noticeName(file):
		return &door.Problem{Code: "bad_value", Args: map[string]any{"field": "file"}}
	case !known:
		return &door.Problem{Code: "bad_notice_" + badType}
	case body.At < 0 || body.At > videoBytes:
		return &door.Problem{Code: "bad_value", Args: map[string]any{"field": "at"}}
	case r.book.View().DiskLow || !roomFor(filepath.Dir(r.notices.dir), len(body.Data)):
		return &door.Problem{Code: "disk_low"}
	default:
		if typ.kind == noticeVideo {
			most = videoBytes
		}
		if body.At+int64(len(body.Data)) > int64(most) {
			return &door.Problem{Code: "bad_notice_" + badLarge}
		}
	}
	bad, err := r.notices.add(file, body.At, body.Data, body.Last)
	if bad != "" {
		return &door.Problem{Code: "bad_notice_" + bad}
	}
	if err != nil {
		return err
	}
	return door.Write(w, http.StatusOK, struct{}{})
}

func (r *Room) deleteNotice(w http.ResponseWriter, req *http.Request) error {
	if file := req.PathValue("file"); !noticeName(file) || r.notices.dir == "" {
		return &door.Problem{Code: "not_found"}
	} else if err := r.notices.remove(file); err != nil {
		return err
	}
	return door.Write(w, http.StatusOK, struct{}{})
}

// noticeName reports whether a name stays within the folder, on every machine
// that the folder may be copied to.
func noticeName(file string) bool {
	bad := func(c rune) bool { return strings.ContainsRune(`/\:*?"<>|`, c) || !unicode.IsPrint(c) }
	return file != "" && len(file) <= 200 && utf8.ValidString(file) && file[0] != '.' && !strings.ContainsFunc(file, bad)
}

func roomFor(dir string, more int) bool {
	var s unix.Statfs_t
	for errors.Is(unix.Statfs(dir, &s), unix.ENOENT) { // the room has no folder yet
		if dir == filepath.Dir(dir) {
			return true
		}
		dir = filepath.Dir(dir)
	}
	return s.Bavail*uint64(s.Bsize) > noticeSpare+uint64(more)
}
