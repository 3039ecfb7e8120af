// Package dynamodb is Amazon DynamoDB on this machine: a dynalite process that
// keeps tables in memory or in a folder, behind a proxy that answers programs of
// this machine only.
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
	"time"

	"github.com/mapjob/mapjob/internal/loopback"
	"github.com/mapjob/mapjob/internal/nodejs"
	"github.com/mapjob/mapjob/internal/process"
)

// Database is a DynamoDB that runs. It is safe for concurrent use.
type Database struct {
	url       string
	server    *http.Server
	transport *http.Transport // to dynalite, whatever the host
	socket    string          // of dynalite
	stop      context.CancelFunc
	ready     chan struct{} // closed when dynalite answers, or has failed to
	failed    error         // why dynalite has ended, once it has
	ended     chan struct{} // closed when dynalite has ended
}

// dynaliteScript listens on a Unix socket, which no page in a browser can use:
// dynalite answers every origin. It ends when its standard input does, which is
// when this process ends, however it ends, and leaves no socket behind. Other users
// have no access to the tables.
const dynaliteScript = `
const [dynalite, socket, path] = process.argv.slice(1)
process.umask(0o077)
const server = require(dynalite)({path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0})
server.on('error', e => { console.error(String(e)); process.exit(1) })
server.listen(socket, () => console.log('ready'))
process.on('exit', () => require('fs').rmSync(require('path').dirname(socket), {recursive: true, force: true}))
process.stdin.on('end', () => process.exit()).resume()
`

// Errors of [Listen] and [Database.Start].
var (
	ErrMissing   = errors.New("starting DynamoDB, which the stack needs for its tables")
	ErrPortTaken = errors.New("starting DynamoDB: the port is taken by another program")
)

// Listen returns a database that listens on a port of 127.0.0.1; 0 is any free one.
// Requests wait until it is started.
func Listen(port int) (*Database, error) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, ErrPortTaken
	}
	if err != nil {
		return nil, fmt.Errorf("starting DynamoDB: %w", err)
	}
	d := &Database{url: "http://" + listener.Addr().String(), ready: make(chan struct{}), ended: make(chan struct{})}
	d.stop = sync.OnceFunc(func() { close(d.ended) }) // until it is started
	d.transport = &http.Transport{
		DialContext: d.dial,
		// Go keeps two idle connections by default: a Map, whose tasks make many
		// requests at once, would open and close thousands of them.
		MaxIdleConnsPerHost: 256,
		DisableCompression:  true,
	}
	d.server = &http.Server{Handler: loopback.Only(d.proxy())}
	go func() { _ = d.server.Serve(listener) }() // ends with Close
	return d, nil
}

// dial connects to dynalite.
func (d *Database) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	select {
	case <-d.ready:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	select {
	case <-d.ended:
		return nil, d.failed
	default:
	}
	return new(net.Dialer).DialContext(ctx, "unix", d.socket)
}

// Start starts dynalite, which it looks for in the node_modules of a project's
// folder and those above it. It does not wait for it: requests do. Tables are kept
// in the folder data, where those of an earlier database may be, or in memory if
// data is empty. The database ends with ctx.
func (d *Database) Start(ctx context.Context, project, data string) error {
	dynalite, err := nodejs.Package(project, "dynalite", "4")
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMissing, err)
	}
	node, err := nodejs.Find(project)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMissing, err)
	}
	if d.socket, err = newSocket(); err != nil {
		return fmt.Errorf("starting DynamoDB: %w", err)
	}
	running, stop := context.WithCancel(ctx)
	args := []string{"-e", dynaliteScript, dynalite, d.socket}
	if data != "" {
		args = append(args, data)
	}
	cmd := process.Command(running, node, args...)
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
		stop()
		return fmt.Errorf("starting DynamoDB: %w", errors.Join(err, os.RemoveAll(filepath.Dir(d.socket))))
	}
	d.stop = stop
	go func() {
		_, notReady := bufio.NewReader(stdout).ReadString('\n')
		if notReady == nil {
			close(d.ready)
		} else {
			stop()
		}
		_ = process.Wait(cmd) // an error, because it is stopped
		stdin.Close()
		_ = os.RemoveAll(filepath.Dir(d.socket)) // it was killed before it could
		d.failed = fmt.Errorf("dynalite ended with: %s", strings.TrimSpace(complaint.String()))
		if ctx.Err() != nil {
			d.failed = context.Cause(ctx)
		}
		close(d.ended)
		if notReady != nil {
			close(d.ready)
		}
	}()
	return nil
}

// whyEnded returns why dynalite has ended, if it has, in place of the error of a
// request that it did not answer. It may be about to end.
func (d *Database) whyEnded(err error) error {
	select {
	case <-d.ended:
		return d.failed
	case <-time.After(grace):
		return err
	}
}

// grace is how long a process whose connections have ended may take to end.
const grace = 200 * time.Millisecond

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

// Close ends the database, and the tables that are in memory with it.
func (d *Database) Close() {
	_ = d.server.Close()
	d.stop()
	<-d.ended
	d.transport.CloseIdleConnections()
}
