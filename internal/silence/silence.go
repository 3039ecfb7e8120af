// Package silence fails reads and writes of connections on which nothing moves.
package silence

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// Dial opens a connection, as [net.Dialer.DialContext] does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Ending returns a Dial whose connections fail if no byte is read or written for the
// given time. It does not limit how long a download or an upload takes as long as bytes
// move.
func Ending(dial Dial, after time.Duration) Dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &conn{c, after}, nil
	}
}

// Error is returned by a connection on which nothing has moved. It implements
// [net.Error], as a timeout.
type Error struct {
	Address string // of the other side
	After   time.Duration
	err     error
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s was silent for %s, expected an answer", e.Address, e.After)
}
func (e *Error) Unwrap() error { return e.err }

// Timeout returns true.
func (*Error) Timeout() bool { return true }

// Temporary returns true: clients may try again.
func (*Error) Temporary() bool { return true }

type conn struct {
	net.Conn

	after time.Duration
}

func (c *conn) Read(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.after)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(p)
	return n, c.explain(err)
}

func (c *conn) Write(p []byte) (n int, err error) {
	const piece = 64 << 10 // on a slow network, more may take longer than the limit
	for len(p) > 0 {
		// The deadline is also that of a read that waits for the answer meanwhile.
		if err := c.SetDeadline(time.Now().Add(c.after)); err != nil {
			return n, err
		}
		written, err := c.Conn.Write(p[:min(len(p), piece)])
		n, p = n+written, p[written:]
		if err != nil {
			return n, c.explain(err)
		}
	}
	return n, nil
}

func (c *conn) explain(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &Error{c.RemoteAddr().String(), c.after, err}
	}
	return err
}
