package agent

import (
	"errors"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"xinmoi/store/device/lend"
)

// Protocol is the websocket subprotocol of agents. Another number is another
// language.
const Protocol = "xinmoi-agent.1"

// Codes of a closed websocket, from the range that is free for applications.
const (
	CloseReplaced = 4001 // another connection of the same name has come
	CloseRevoked  = 4003 // the key has been revoked
)

// A machine on the local network that says nothing for so long is gone: its
// devices are reported, and it is let in again when it is back.
const (
	pingEvery  = 2 * time.Second
	deadAfter  = 6 * time.Second
	sendWithin = 6 * time.Second
)

// Socket is a connection of messages over a websocket, which notices when the
// other end is gone.
type Socket struct {
	ws   *websocket.Conn
	quit chan struct{}
	once sync.Once
}

var _ lend.Conn = (*Socket)(nil)

// NewSocket takes a websocket over.
func NewSocket(ws *websocket.Conn) *Socket {
	s := &Socket{ws: ws, quit: make(chan struct{})}
	ws.SetReadLimit(lend.MaxMessage)
	alive := func() { _ = ws.SetReadDeadline(time.Now().Add(deadAfter)) } // fails with the reading
	alive()
	ws.SetPongHandler(func(string) error { alive(); return nil })
	pong := ws.PingHandler()
	ws.SetPingHandler(func(text string) error { alive(); return pong(text) })
	go s.ping()
	return s
}

func (s *Socket) ping() {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.quit:
			return
		case <-tick.C:
			if s.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(sendWithin)) != nil {
				s.Close()
				return
			}
		}
	}
}

// Receive waits for a message.
func (s *Socket) Receive() ([]byte, error) {
	kind, m, err := s.ws.ReadMessage()
	if err == nil && kind != websocket.BinaryMessage {
		err = errors.New("agent: text where bytes belong")
	}
	if err == nil {
		_ = s.ws.SetReadDeadline(time.Now().Add(deadAfter))
	}
	return m, err
}

// Send sends a message.
func (s *Socket) Send(m []byte) error {
	if err := s.ws.SetWriteDeadline(time.Now().Add(sendWithin)); err != nil {
		return err
	}
	return s.ws.WriteMessage(websocket.BinaryMessage, m)
}

// Close hangs up.
func (s *Socket) Close() error { return s.CloseWith(websocket.CloseNormalClosure) }

// CloseWith hangs up and says why.
func (s *Socket) CloseWith(code int) (err error) {
	s.once.Do(func() {
		close(s.quit)
		_ = s.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(100*time.Millisecond))
		err = s.ws.Close()
	})
	return err
}
