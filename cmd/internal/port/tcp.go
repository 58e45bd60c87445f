package port

import (
	"context"
	"net"
	"time"

	"xinmoi/store/device"
)

// A device in the same building answers within this time or is off.
const dialTimeout = 3 * time.Second

// openTCP dials. Keepalive finds a pulled cable in 20 s even when nobody
// writes. TCP_USER_TIMEOUT is not set on purpose: it would also kill the line
// to a printer that waits, window closed, for paper.
func openTCP(ctx context.Context, hostport string) (device.Wire, error) {
	d := net.Dialer{
		Timeout:         dialTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 2},
	}
	return d.DialContext(ctx, "tcp", hostport)
}
