package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/door"
	"xinmoi/store/queue"
)

// badConfig is a document with errors; they have been printed.
type badConfig struct{ findings []centre.Finding }

func (b *badConfig) Error() string {
	return fmt.Sprintf("%d findings in the document", len(b.findings))
}

// reloaded is what a reload answers.
type reloaded struct {
	Changed  bool     `json:"changed"`
	Changes  []string `json:"changes"`  // in words, one a line
	Findings []string `json:"findings"` // warnings, or the errors for which nothing changed
}

// importConfig puts FILE in force at start. With a document in the book already,
// a bad FILE is told and the hall goes on with what it has: a slip of the pen
// must not keep a centre shut.
func (s *server) importConfig(ctx context.Context) error {
	if s.config == "" {
		return nil
	}
	res, err := s.reload(ctx, s.env.lang)
	for _, line := range res.Findings {
		fmt.Fprintln(s.env.errw, line)
	}
	if err == nil {
		return nil
	}
	if _, hash := s.book.View().Hall.Document(); hash != "" {
		s.log.Warn("the document was not taken over; going on with the one in the book", "file", s.config, "err", err)
		return nil
	}
	return err
}

// reload reads FILE and puts it in force if it is good and new.
func (s *server) reload(ctx context.Context, lang string) (reloaded, error) {
	src, err := os.ReadFile(s.config)
	if err != nil {
		why := env{words: s.env.words, lang: lang}.trouble(err)
		return reloaded{Findings: []string{s.env.words.Say(lang, "cmd.check.unreadable", map[string]any{"file": s.config, "err": why})}}, err
	}
	doc, findings := centre.Parse(s.config, src)
	res := reloaded{Findings: sayFindings(s.env.words, lang, findings)}
	if doc == nil {
		return res, &badConfig{findings}
	}
	canonical, hash := doc.Canonical()
	before := s.document()
	a, err := s.book.Do(ctx, store.Request{
		Command: queue.Configure{Rules: doc.Rules(), Document: canonical, Hash: hash},
		By:      queue.Actor{Via: "reload"},
	})
	if err != nil {
		var no *queue.Refusal
		if errors.As(err, &no) {
			res.Findings = append(res.Findings, s.sayRefusal(lang, no))
		}
		return res, err
	}
	res.Changed = len(a.Entries) > 0
	for _, c := range centre.Difference(before, doc) {
		res.Changes = append(res.Changes, c.Say(s.env.words.Say, lang))
	}
	return res, nil
}

// sayRefusal gives the hall's refusal of a document, with the numbers of the
// tickets that stand in its way.
func (s *server) sayRefusal(lang string, no *queue.Refusal) string {
	held, ok := no.Args["tickets"].([]string)
	if !ok {
		return s.env.words.Say(lang, "door."+no.Code, no.Args)
	}
	return s.env.words.Say(lang, "door."+no.Code+".with", map[string]any{"tickets": strings.Join(held, ", ")})
}

func (s *server) reloadRoute() door.Route {
	return door.Route{Method: "POST", Pattern: "/api/v1/reload", Kind: door.KindSystem, Who: door.Local, Answer: reloaded{},
		Handle: func(w http.ResponseWriter, r *http.Request) error {
			if s.config == "" {
				return &door.Problem{Code: "no_config_file"}
			}
			res, err := s.reload(r.Context(), door.Lang(r))
			status := http.StatusOK
			if err != nil {
				status = http.StatusUnprocessableEntity
			}
			return door.Write(w, status, res)
		}}
}

// runReload asks the running daemon to read its FILE again, and prints what
// changed, or why nothing did.
func runReload(ctx context.Context, e env, args []string) int {
	fs := e.flags("reload", "cmd.reload.usage")
	data := fs.String("data", "", e.say("cmd.flag.data", nil))
	if err := e.parse(fs, args); err != nil || *data == "" {
		if err == nil {
			fmt.Fprintln(e.errw, e.say("cmd.reload.usage", nil))
		}
		return exitUsage
	}
	status, body, err := control(ctx, *data, e.lang, "/api/v1/reload")
	if err != nil {
		fmt.Fprintln(e.errw, e.say("cmd.no_daemon", map[string]any{"data": *data, "err": e.trouble(err)}))
		return exitCannotTell
	}
	var res reloaded
	if err := json.Unmarshal(body, &res); err != nil || (status != http.StatusOK && res.Findings == nil) {
		fmt.Fprintln(e.errw, string(body))
		return exitCannotTell
	}
	for _, f := range res.Findings {
		fmt.Fprintln(e.errw, f)
	}
	if status != http.StatusOK {
		fmt.Fprintln(e.errw, e.say("cmd.reload.nothing_changed", nil))
		return exitFound
	}
	if !res.Changed {
		fmt.Fprintln(e.out, e.say("cmd.reload.same", nil))
		return exitGood
	}
	fmt.Fprintln(e.out, e.say("cmd.reload.done", nil))
	for _, c := range res.Changes {
		fmt.Fprintln(e.out, "  "+c)
	}
	return exitGood
}

// control posts an empty object to the daemon's own socket.
func control(ctx context.Context, data, lang, path string) (status int, body []byte, err error) {
	return ask(ctx, data, lang, http.MethodPost, path, nil)
}

// ask sends a request to the daemon's own socket; a POST carries an empty object.
func ask(ctx context.Context, data, lang, method, path string, query url.Values) (status int, body []byte, err error) {
	// A copy of a book of ten years takes a minute on a slow disk.
	client := http.Client{Timeout: 10 * time.Minute, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", filepath.Join(data, "control.sock"))
		}}}
	q := url.Values{"lang": {lang}}
	maps.Copy(q, query)
	var sent io.Reader
	if method == http.MethodPost {
		sent = bytes.NewReader([]byte("{}"))
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://localhost"+path+"?"+q.Encode(), sent)
	if err != nil {
		return 0, nil, err
	}
	if sent != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, body, err
}
