// Package dynamodb is Amazon DynamoDB on this machine: a dynalite process that
// keeps tables in memory, behind a proxy that answers programs of this machine
// only.
package dynamodb

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/mapjob/mapjob/internal/loopback"
	"github.com/mapjob/mapjob/internal/nodejs"
	"github.com/mapjob/mapjob/internal/process"
)

// Database is a DynamoDB that runs. It is safe for concurrent use.
type Database struct {
	url       string
	server    *http.Server
	transport *http.Transport // to dynalite, whatever the host
	stop      context.CancelFunc
	ended     chan struct{} // closed when dynalite has ended
}

// dynaliteScript listens on a Unix socket, which no page in a browser can use:
// dynalite answers every origin. It ends when its standard input does, which is
// when this process ends, however it ends, and leaves no socket behind.
const dynaliteScript = `
const [path, socket] = process.argv.slice(1)
const server = require(path)({createTableMs: 0, deleteTableMs: 0, updateTableMs: 0})
server.on('error', e => { console.error(String(e)); process.exit(1) })
server.listen(socket, () => console.log('ready'))
process.on('exit', () => require('fs').rmSync(require('path').dirname(socket), {recursive: true, force: true}))
process.stdin.on('end', () => process.exit()).resume()
`

// Errors of [Start].
var (
	ErrMissing   = errors.New("starting DynamoDB, which the stack needs for its tables")
	ErrPortTaken = errors.New("starting DynamoDB: the port is taken by another program")
)

// Start starts a database without tables on a port of 127.0.0.1; 0 is any free
// one. It looks for dynalite in the node_modules of folder and those above it.
// The database ends with ctx.
func Start(ctx context.Context, folder string, port int) (_ *Database, err error) {
	dynalite, err := nodejs.Package(folder, "dynalite", "4")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMissing, err)
	}
	node, err := nodejs.Find(folder)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMissing, err)
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, ErrPortTaken
	}
	if err != nil {
		return nil, fmt.Errorf("starting DynamoDB: %w", err)
	}
	d := &Database{url: "http://" + listener.Addr().String(), ended: make(chan struct{})}
	if err := d.startDynalite(ctx, node, dynalite); err != nil {
		listener.Close()
		return nil, err
	}
	d.server = &http.Server{Handler: loopback.Only(d.proxy())}
	go func() { _ = d.server.Serve(listener) }() // ends with Close
	return d, nil
}

// startDynalite starts dynalite behind a socket, and returns when it answers.
func (d *Database) startDynalite(ctx context.Context, node, dynalite string) error {
	socket, err := newSocket()
	if err != nil {
		return fmt.Errorf("starting DynamoDB: %w", err)
	}
	running, stop := context.WithCancel(ctx)
	d.stop = stop
	cmd := process.Command(running, node, "-e", dynaliteScript, dynalite, socket)
	complaint := &bytes.Buffer{}
	cmd.Stderr = complaint
	stdin, err := cmd.StdinPipe()
	var stdout io.ReadCloser
	if err == nil {
		stdout, err = cmd.StdoutPipe()
	}
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		d.stop()
		return fmt.Errorf("starting DynamoDB: %w", errors.Join(err, os.RemoveAll(filepath.Dir(socket))))
	}
	d.transport = &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
		// Go keeps two idle connections by default: a Map, whose tasks make many
		// requests at once, would open and close thousands of them.
		MaxIdleConnsPerHost: 256,
		DisableCompression:  true,
	}
	_, readErr := bufio.NewReader(stdout).ReadString('\n')
	go func() {
		_ = process.Wait(cmd) // an error, because it is stopped
		stdin.Close()
		_ = os.RemoveAll(filepath.Dir(socket)) // it was killed before it could
		close(d.ended)
	}()
	if readErr == nil {
		return nil
	}
	d.stop()
	<-d.ended
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("starting DynamoDB: dynalite ended with: %s", strings.TrimSpace(complaint.String()))
}

// maxSocketPath is the longest path of a Unix socket, on macOS.
const maxSocketPath = 103

// newSocket returns the path of a socket in a new folder, to which other users
// have no access.
func newSocket() (string, error) {
	for _, parent := range []string{os.TempDir(), "/tmp"} {
		folder, err := os.MkdirTemp(parent, "mapjob-dynamodb-")
		if err != nil {
			return "", err
		}
		if socket := filepath.Join(folder, "socket"); len(socket) <= maxSocketPath {
			return socket, nil
		}
		if err := os.Remove(folder); err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("TMPDIR: got %s, expected a shorter path: that of a socket has at most %d bytes", os.TempDir(), maxSocketPath)
}

// proxy passes requests on to dynalite.
func (d *Database) proxy() http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", "dynalite"
			r.Out.Host = r.In.Host // which is signed
		},
		Transport:  d.transport,
		BufferPool: &buffers{},
		ErrorLog:   log.New(io.Discard, "", 0),
	}
}

// buffers are those of the proxy: one for each answer would be garbage.
type buffers struct{ pool sync.Pool }

func (b *buffers) Get() []byte {
	if buffer, ok := b.pool.Get().(*[]byte); ok {
		return *buffer
	}
	return make([]byte, 32<<10)
}

func (b *buffers) Put(buffer []byte) { b.pool.Put(&buffer) }

// URL returns the endpoint of the API. It answers programs of this machine.
func (d *Database) URL() string { return d.url }

// Close ends the database, and its tables with it.
func (d *Database) Close() {
	_ = d.server.Close()
	d.stop()
	<-d.ended
	d.transport.CloseIdleConnections()
}
