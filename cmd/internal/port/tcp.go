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
type network struct{ *net.TCPConn }

// openTCP dials. Keepalive finds a pulled cable in 20 s even when nobody
// writes. TCP_USER_TIMEOUT is not set on purpose: it would also kill the line
// to a printer that waits, window closed, for paper.
func openTCP(ctx context.Context, hostport string) (device.Wire, error) {
	d := net.Dialer{
		Timeout:         dialTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 2},
	}
	c, err := d.DialContext(ctx, "tcp", hostport)
	if err != nil {
		return nil, err
	}
	return network{c.(*net.TCPConn)}, nil
}
