package stack

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/process"
	"github.com/mapjob/mapjob/internal/template"
)

// database is the DynamoDB of this machine: dynalite, in memory.
type database struct {
	url     string
	cancel  context.CancelFunc
	stopped chan struct{}
}

// dynaliteScript ends when its standard input does, and with it this process,
// however it ends.
const dynaliteScript = `
const [path, port] = process.argv.slice(1)
const server = require(path)({createTableMs: 0, deleteTableMs: 0, updateTableMs: 0})
server.on('error', e => { console.error(e.code === 'EADDRINUSE' ? 'EADDRINUSE' : String(e)); process.exit(1) })
server.listen(Number(port), '127.0.0.1', () => console.log(server.address().port))
process.stdin.on('end', () => process.exit()).resume()
`

// ErrNoNode says that the Node.js that DynamoDB runs on is not there.
var ErrNoNode = errors.New("starting DynamoDB: found no Node.js with dynalite in node_modules of this folder or one above: run `make setup` (or `npm ci`) where package.json is; without npm, install Node.js 20 or newer first, from your system's packages or nodejs.org")

func startDatabase(ctx context.Context, folder string, port int) (*database, error) {
	node, dynalite, err := findDynalite(folder)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := process.Command(ctx, node, "-e", dynaliteScript, dynalite, fmt.Sprint(port))
	complaint := &bytes.Buffer{}
	cmd.Stderr = complaint
	stdin, err := cmd.StdinPipe()
	if err != nil {
		cancel()
		return nil, fmt.Errorf("starting DynamoDB: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, fmt.Errorf("starting DynamoDB: %w", err)
	}
	d := &database{cancel: cancel, stopped: make(chan struct{})}
	line, readErr := bufio.NewReader(stdout).ReadString('\n')
	go func() {
		_ = process.Wait(cmd) // it ends because it is told to
		stdin.Close()
		close(d.stopped)
	}()
	if readErr != nil {
		d.close()
		if strings.Contains(complaint.String(), "EADDRINUSE") {
			return nil, portTaken("DynamoDB", "--dynamodb-port", port)
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, fmt.Errorf("starting DynamoDB: dynalite ended with: %s", strings.TrimSpace(complaint.String()))
	}
	d.url = "http://127.0.0.1:" + strings.TrimSpace(line)
	return d, nil
}

func (d *database) close() error {
	d.cancel()
	<-d.stopped
	return nil
}

// findDynalite looks for node_modules in the folder and those above it, and for
// the Node.js in there before the one on PATH.
func findDynalite(folder string) (node, dynalite string, err error) {
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

// createTable creates the table of a template: its properties have the names
// of CreateTable's parameters.
func (d *database) createTable(ctx context.Context, name string, properties map[string]any) error {
	request := map[string]any{"TableName": name, "BillingMode": "PAY_PER_REQUEST"}
	for _, property := range []string{"KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "LocalSecondaryIndexes"} {
		if v, ok := properties[property]; ok {
			request[property] = v
		}
	}
	if indexes, ok := request["GlobalSecondaryIndexes"].([]any); ok { // no throughput where every request is paid
		for _, index := range indexes {
			if index, ok := index.(map[string]any); ok {
				for property := range index {
					switch property {
					case "IndexName", "KeySchema", "Projection":
					default:
						delete(index, property)
					}
				}
			}
		}
	}
	if _, err := d.call(ctx, "CreateTable", request); err != nil {
		return fmt.Errorf("creating table %s: %w", name, err)
	}
	return d.awaitTable(ctx, name)
}

// awaitTable waits until a table may be written to: CREATING is over soon, but
// not when CreateTable has answered.
func (d *database) awaitTable(ctx context.Context, name string) error {
	for {
		answer, err := d.call(ctx, "DescribeTable", map[string]any{"TableName": name})
		if err != nil {
			return fmt.Errorf("creating table %s: %w", name, err)
		}
		var described struct{ Table struct{ TableStatus string } }
		if err := json.Unmarshal(answer, &described); err != nil {
			return fmt.Errorf("creating table %s: %w", name, err)
		}
		if described.Table.TableStatus == "ACTIVE" {
			return nil
		}
		select {
		case <-time.After(2 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// DynamoDBError is a refusal by DynamoDB.
type DynamoDBError struct {
	Name, Message string
	Status        int // of HTTP
	RequestID     string
}

func (e *DynamoDBError) Error() string { return e.Name + ": " + e.Message }

// databaseClient keeps a connection for each task that may be under way at
// once: a Map would open and close thousands of them with Go's default of two.
var databaseClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}

// call is one request with a value that becomes JSON.
func (d *database) call(ctx context.Context, operation string, request any) (json.RawMessage, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	_, answer, err := d.send(ctx, operation, body)
	return answer, err
}

// send is one request in the protocol that the SDKs speak (AWS JSON 1.0). An
// error of DynamoDB's own is a [*DynamoDBError].
func (d *database) send(ctx context.Context, operation string, body []byte) (http.Header, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	r.Header.Set("X-Amz-Date", time.Now().UTC().Format("20060102T150405Z"))
	// Anybody may ask, as long as the form of a signature is there.
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/"+template.Region+"/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
	response, err := databaseClient.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, nil, err
	}
	if response.StatusCode != http.StatusOK {
		var refusal struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
			Other   string `json:"Message"`
		}
		if json.Unmarshal(answer, &refusal) != nil || refusal.Type == "" {
			return nil, nil, fmt.Errorf("%s: got status %s", operation, response.Status)
		}
		return nil, nil, &DynamoDBError{
			Name:      refusal.Type[strings.LastIndex(refusal.Type, "#")+1:],
			Message:   refusal.Message + refusal.Other,
			Status:    response.StatusCode,
			RequestID: response.Header.Get("X-Amzn-Requestid"),
		}
	}
	return response.Header, answer, nil
}
