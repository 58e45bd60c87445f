package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/coreos/go-systemd/v22/daemon" // sd_notify, the watchdog included
	"golang.org/x/sync/errgroup"

	"xinmoi/assets"
	"xinmoi/assets/locale"
	"xinmoi/cmd/internal/lending"
	"xinmoi/counter"
	"xinmoi/display"
	"xinmoi/kiosk"
	"xinmoi/printer"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/door"
	"xinmoi/store/feed"
	"xinmoi/store/queue"
)

// server is the daemon as a value, so that tests start it as main does.
type server struct {
	config string // the centre's document; "" to go on with the one in the book
	data   string
	listen string
	env    env
	log    *slog.Logger

	book     *store.Book
	disk     *diskFigures // nil: the book is not watched
	feed     *feed.Feed
	rooms    rooms
	agents   *lending.Hub
	lent     func(ctx context.Context, box, name string) (device.Wire, error) // opens what another machine lends; nil: the hub of agents
	handler  http.Handler
	stopping atomic.Bool
}

// rooms are the four things in the hall.
type rooms struct {
	kiosk   *kiosk.Kiosk
	counter *counter.Room
	display *display.Room
	printer *printer.Room
}

func runServe(ctx context.Context, e env, args []string) int {
	s := &server{env: e}
	fs := e.flags("serve", "cmd.serve.usage")
	fs.StringVar(&s.config, "config", "", e.say("cmd.flag.config", nil))
	fs.StringVar(&s.data, "data", "", e.say("cmd.flag.data", nil))
	fs.StringVar(&s.listen, "listen", "127.0.0.1:8080", e.say("cmd.flag.listen", nil))
	untilEOF := fs.Bool("until-eof", false, e.say("cmd.flag.until_eof", nil))
	if err := e.parse(fs, args); err != nil || s.data == "" {
		if err == nil {
			fmt.Fprintln(e.errw, e.say("cmd.serve.usage", nil))
		}
		return exitUsage
	}
	if e.badListen(s.listen) {
		return exitUsage
	}
	s.log = slog.New(slog.NewTextHandler(e.errw, nil))
	words, err := locale.New(filepath.Join(s.data, "lang"))
	if err != nil {
		fmt.Fprintln(e.errw, e.trouble(err))
		return exitCannotTell
	}
	for _, bad := range words.Skipped() {
		s.log.Warn("a language was left out", "err", bad)
	}
	s.env.words = words
	if *untilEOF {
		var end context.CancelFunc
		ctx, end = context.WithCancel(ctx)
		defer end()
		go func() {
			_, _ = io.Copy(io.Discard, e.in)
			end()
		}()
	}
	if err := s.run(ctx); err != nil {
		var bad *badConfig
		if errors.As(err, &bad) {
			return exitFound // its findings have been printed
		}
		s.log.Error("stopped", "err", err)
		fmt.Fprintln(e.errw, e.say("cmd.serve.stopped", map[string]any{"why": e.trouble(err)}))
		return exitCannotTell
	}
	return exitGood
}

// run serves until ctx ends, then stops within 5 s: no new input, print jobs
// given up, feeds closed, the last batch committed, the book closed.
func (s *server) run(ctx context.Context) (err error) {
	if err := os.MkdirAll(s.data, 0o700); err != nil {
		return err
	}
	s.disk = newDiskFigures()
	s.book, err = store.Open(s.data, store.Options{
		Log: s.log, Built: built(), Observe: s.disk.observe,
		Zone: func(h *queue.Hall) *time.Location { return centre.InForce(h).Location() },
		Keep: func(h *queue.Hall) int { return centre.InForce(h).KeepYears() },
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.book.Close()) }()
	if err := s.importConfig(ctx); err != nil {
		return err
	}
	if err := s.build(); err != nil {
		return err
	}
	ln, err := net.Listen("tcp", s.listen)
	if err != nil {
		return err
	}
	control, err := listenControl(filepath.Join(s.data, "control.sock"))
	if err != nil {
		return err
	}
	fmt.Fprintf(s.env.out, "listening on http://%s\n", ln.Addr())
	return s.serve(ctx, ln, control)
}

// build makes the rooms and the door from what is in the book.
func (s *server) build() error {
	words := s.env.words.Say
	s.feed = feed.New(s.book, feed.Options{Log: s.log, Build: assets.Build(s.env.words)})
	s.rooms = rooms{
		kiosk:   kiosk.New(kiosk.Options{Book: s.book, Feed: s.feed, Words: words, Log: s.log, Dir: filepath.Join(s.data, "kiosk")}),
		counter: counter.New(counter.Options{Book: s.book, Feed: s.feed, Words: words, Log: s.log}),
		display: display.New(display.Options{Book: s.book, Feed: s.feed, Words: words, Log: s.log, Dir: filepath.Join(s.data, "display"), Build: assets.Build(s.env.words), Aplay: "aplay"}),
		printer: printer.New(printer.Options{Book: s.book, Words: words, Log: s.log, Dir: filepath.Join(s.data, "printer")}),
	}
	keys, err := lending.OpenKeys(filepath.Join(s.data, "agents.json"))
	if err != nil {
		return err
	}
	s.agents = lending.New(keys, s.log)
	if s.lent == nil {
		s.lent = s.agents.Open
	}
	s.handler, err = door.New(door.Options{
		Listen: s.listen,
		Access: func() (lan, hosts []string) {
			a := s.document().Access
			return a.LAN, a.Hosts
		},
		Words:     words,
		Languages: func() []string { return s.document().Centre.Languages },
		Name:      s.name,
		Log:       s.log,
		Build:     assets.Build(s.env.words),
	}, s.routes()...)
	return err
}

// routes is the table of the whole house.
func (s *server) routes() []door.Route {
	return slices.Concat(
		s.rooms.kiosk.Routes(), s.rooms.counter.Routes(), s.rooms.display.Routes(), s.rooms.printer.Routes(),
		s.feed.Routes(), s.agents.Routes(), s.ownRoutes(),
	)
}

// document is the centre's document in force.
func (s *server) document() *centre.Document { return centre.InForce(s.book.View().Hall) }

// name turns an id in a refusal into what stands on the sign.
func (s *server) name(lang, hole, id string) string {
	switch d := s.document(); hole {
	case "counter":
		if c, ok := d.Counter(queue.CounterID(id)); ok {
			return s.env.words.Say(lang, "counter.name", map[string]any{"number": c.Number})
		}
	case "service":
		if v, ok := d.Service(queue.ServiceID(id)); ok {
			return v.Name.In(lang)
		}
	}
	return ""
}

func (s *server) serve(ctx context.Context, lns ...net.Listener) error {
	srv := door.Server(s.handler)
	srv.RegisterOnShutdown(s.rooms.display.LetGo)
	srv.ErrorLog = slog.NewLogLogger(s.log.Handler(), slog.LevelWarn)
	// The rooms live a little longer than the listeners: a press that was
	// accepted is carried out before its devices go.
	lifetime, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	g, gctx := errgroup.WithContext(ctx)
	for _, ln := range lns {
		g.Go(func() error {
			if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
	}
	g.Go(func() error { return s.feed.Run(lifetime) })
	g.Go(func() error { return s.rooms.display.Run(lifetime) })
	g.Go(func() error { return s.rooms.kiosk.Run(lifetime) })
	g.Go(func() error { return s.runDevices(lifetime) })
	g.Go(func() error { return s.runBackups(gctx) })
	g.Go(func() error { return watchdog(gctx, s.book) })
	g.Go(func() error {
		<-gctx.Done()
		s.stopping.Store(true)
		defer s.agents.Close()
		_, _ = daemon.SdNotify(false, daemon.SdNotifyStopping)
		defer end()
		deadline, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if err := srv.Shutdown(deadline); err != nil {
			return srv.Close()
		}
		return nil
	})
	_, _ = daemon.SdNotify(false, daemon.SdNotifyReady)
	return g.Wait()
}

// ownRoutes are those of no room: health, the embedded files, reload.
func (s *server) ownRoutes() []door.Route {
	files := door.Serve(assets.Handler(s.env.words))
	return append(door.SystemRoutes(s.ready),
		door.Route{Method: "GET", Pattern: "/web/", Kind: door.KindAsset, Who: door.Anyone, Handle: files},
		door.Route{Method: "GET", Pattern: "/locale/", Kind: door.KindAsset, Who: door.Anyone, Handle: files},
		s.reloadRoute(),
		s.backupRoute(),
		s.reportRoute(),
		door.MetricsRoute(s.metrics()),
	)
}

func (s *server) ready() error {
	if s.stopping.Load() {
		return errors.New("stopping")
	}
	return nil
}

// watchdog pings systemd only while the book answers, so that a hung book is
// restarted.
func watchdog(ctx context.Context, b *store.Book) error {
	every, err := daemon.SdWatchdogEnabled(false)
	if err != nil || every == 0 {
		return nil
	}
	tick := time.NewTicker(every / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if b.Alive(ctx) {
				_, _ = daemon.SdNotify(false, daemon.SdNotifyWatchdog)
			}
		}
	}
}

// listenControl opens the socket by which command-line tools speak to the
// daemon. Only its owner may.
func listenControl(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	ln, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	return ln, os.Chmod(path, 0o600)
}
