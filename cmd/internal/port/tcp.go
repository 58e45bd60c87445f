package port

import (
	"context"
	"net"
	"time"

	"xinmoi/store/device"
)

// A device in the same building answers within this time or is off.
const dialTimeout = 3 * time.Second

// network is an open TCP connection.
type network struct {
	*net.TCPConn
	baud int
}

var _ device.Bauder = network{}

// Baud is the speed of the line behind a serial server; 0: none, or it is not said.
func (n network) Baud() int { return n.baud }

// openTCP dials. Keepalive finds a pulled cable in 20 s even when nobody
// writes. TCP_USER_TIMEOUT is not set on purpose: it would also kill the line
// to a printer that waits, window closed, for paper.
func openTCP(ctx context.Context, a Address) (device.Wire, error) {
	d := net.Dialer{
		Timeout:         dialTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 2},
	}
	c, err := d.DialContext(ctx, "tcp", a.Path)
	if err != nil {
		return nil, err
	}
	return network{c.(*net.TCPConn), a.Line.Baud}, nil
}
