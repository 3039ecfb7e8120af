// Package dynamodb is Amazon DynamoDB on this machine: a dynalite process that
// keeps tables in memory.
package dynamodb

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/process"
)

// Database is a DynamoDB that runs. It is safe for concurrent use.
type Database struct {
	url    string
	client *http.Client
	stop   context.CancelFunc
	ended  chan struct{}
}

// dynaliteScript ends when its standard input does: when this process ends,
// however it ends.
const dynaliteScript = `
const [path, port] = process.argv.slice(1)
const server = require(path)({createTableMs: 0, deleteTableMs: 0, updateTableMs: 0})
server.on('error', e => { console.error(e.code === 'EADDRINUSE' ? 'EADDRINUSE' : String(e)); process.exit(1) })
server.listen(Number(port), '127.0.0.1', () => console.log(server.address().port))
process.stdin.on('end', () => process.exit()).resume()
`

// Errors of [Start].
var (
	ErrNoNode    = errors.New("starting DynamoDB: found no Node.js with dynalite in node_modules of this folder or one above: run `npm install --save-dev dynalite@4 node@24` in the folder of cdk.json, or `make setup` in a clone of mapjob; without npm, install Node.js first, from your system's packages or nodejs.org")
	ErrPortTaken = errors.New("starting DynamoDB: the port is taken by another program")
)

// Start starts a database without tables on a port of 127.0.0.1; 0 is any free
// one. It looks for dynalite in the node_modules of folder and those above it.
// The database ends with ctx.
func Start(ctx context.Context, folder string, port int) (*Database, error) {
	node, dynalite, err := find(folder)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	cmd := process.Command(ctx, node, "-e", dynaliteScript, dynalite, strconv.Itoa(port))
	complaint := &bytes.Buffer{}
	cmd.Stderr = complaint
	stdin, err := cmd.StdinPipe()
	if err != nil {
		stop()
		return nil, fmt.Errorf("starting DynamoDB: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		stop()
		return nil, fmt.Errorf("starting DynamoDB: %w", err)
	}
	d := &Database{
		// Go keeps two idle connections by default: a Map, whose tasks make many
		// requests at once, would open and close thousands of them.
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}},
		stop:   stop,
		ended:  make(chan struct{}),
	}
	line, readErr := bufio.NewReader(stdout).ReadString('\n')
	go func() {
		_ = process.Wait(cmd) // an error, because it is stopped
		stdin.Close()
		close(d.ended)
	}()
	if readErr != nil {
		d.Close()
		if strings.Contains(complaint.String(), "EADDRINUSE") {
			return nil, ErrPortTaken
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, fmt.Errorf("starting DynamoDB: dynalite ended with: %s", strings.TrimSpace(complaint.String()))
	}
	d.url = "http://127.0.0.1:" + strings.TrimSpace(line)
	return d, nil
}

// URL returns the endpoint of the API.
func (d *Database) URL() string { return d.url }

// Close ends the database, and its tables with it.
func (d *Database) Close() {
	d.stop()
	<-d.ended
	d.client.CloseIdleConnections()
}

// find looks for dynalite in node_modules, and for the Node.js there before the
// one on PATH.
func find(folder string) (node, dynalite string, err error) {
	for at, _ := filepath.Abs(folder); ; at = filepath.Dir(at) {
		modules := filepath.Join(at, "node_modules")
		if _, err := os.Stat(filepath.Join(modules, "dynalite", "package.json")); err == nil {
			dynalite = filepath.Join(modules, "dynalite")
			if node, err = exec.LookPath(filepath.Join(modules, ".bin", "node")); err == nil {
				return node, dynalite, nil
			}
			if node, err = exec.LookPath("node"); err == nil {
				return node, dynalite, nil
			}
			return "", "", ErrNoNode
		}
		if at == filepath.Dir(at) {
			return "", "", ErrNoNode
		}
	}
}
