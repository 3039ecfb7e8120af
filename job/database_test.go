package job_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/mapjob/mapjob/job"
)

// database is a DynamoDB of this process's own, dynalite, behind a way in that
// a test can disturb.
var database struct {
	mutex   sync.Mutex
	disturb func(operation string) disturbance
	calls   map[string]int // by operation
	stdin   io.Closer      // held: it would be closed, and dynalite end, when nobody has it
}

// disturbance is what becomes of a request.
type disturbance string

const (
	undisturbed disturbance = ""
	throttle    disturbance = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException" // it is refused
	deny        disturbance = "com.amazon.coral.service#AccessDeniedException"
	old         disturbance = "DynamoDB might have answered what was there before: expected a consistent read"
	lose        disturbance = "com.amazonaws.dynamodb.v20120810#InternalServerError" // it is done, and the answer gets lost
)

// dynaliteScript ends when its standard input does, and with it this process.
const dynaliteScript = `
const server = require(process.argv[1])({createTableMs: 0})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.stdin.on('end', () => process.exit()).resume()
`

// startDatabase starts the database when it is first needed.
var startDatabase = sync.OnceValue(func() error {
	modules, err := filepath.Abs(filepath.Join("..", "node_modules"))
	if err != nil {
		return err
	}
	node := filepath.Join(modules, ".bin", "node")
	if _, err := os.Stat(node); err != nil {
		node = "node"
	}
	cmd := exec.Command(node, "-e", dynaliteScript, filepath.Join(modules, "dynalite"))
	complaint := &bytes.Buffer{}
	cmd.Stderr = complaint
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		database.stdin, err = cmd.StdinPipe()
	}
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting dynalite: %w: run `make setup`", err)
	}
	port, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		_ = cmd.Wait()
		return fmt.Errorf("starting dynalite: %w: run `make setup`: %s", err, complaint)
	}
	address := "http://127.0.0.1:" + strings.TrimSpace(port)
	database.calls = map[string]int{}
	return os.Setenv("AWS_ENDPOINT_URL_DYNAMODB", httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		database.mutex.Lock()
		database.calls[operation]++
		d := undisturbed
		if database.disturb != nil {
			d = database.disturb(operation)
		}
		database.mutex.Unlock()
		body, _ := io.ReadAll(r.Body)
		if operation == "GetItem" && !bytes.Contains(body, []byte(`"ConsistentRead":true`)) {
			d = old
		}
		status, answer := http.StatusBadRequest, []byte(nil)
		if d == undisturbed || d == lose {
			through, _ := http.NewRequest(r.Method, address, bytes.NewReader(body)) // goes through even if the caller is gone
			through.Header = r.Header
			response, err := http.DefaultClient.Do(through)
			if err != nil {
				panic(err)
			}
			answer, _ = io.ReadAll(response.Body)
			response.Body.Close()
			status = response.StatusCode
			w.Header().Set("X-Amz-Crc32", response.Header.Get("X-Amz-Crc32"))
		}
		if d != undisturbed {
			w.Header().Del("X-Amz-Crc32")
			if answer = fmt.Appendf(nil, `{"__type": %q, "message": "disturbed"}`, d); d == lose {
				status = http.StatusInternalServerError
			}
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		_, _ = w.Write(answer)
	})).URL)
})

// disturb has a function say what becomes of each request during a test.
func disturb(t *testing.T, f func(operation string) disturbance) {
	set := func(f func(string) disturbance) {
		database.mutex.Lock()
		defer database.mutex.Unlock()
		database.disturb = f
	}
	set(f)
	t.Cleanup(func() { set(nil) })
}

// calls is how often an operation was asked for so far.
func calls(operation string) int {
	database.mutex.Lock()
	defer database.mutex.Unlock()
	return database.calls[operation]
}

// tables is a client of the database, of the tests' own.
func tables() (*dynamodb.Client, error) {
	if err := startDatabase(); err != nil {
		return nil, err
	}
	settings, err := config.LoadDefaultConfig(context.Background())
	return dynamodb.NewFromConfig(settings), err
}

// createTable creates a table of the schema that job.Once says, under a name of
// its own each time.
func createTable(prefix string) (name string, err error) {
	client, err := tables()
	if err != nil {
		return "", err
	}
	name = prefix + "-" + rand.Text()
	_, err = client.CreateTable(context.Background(), &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String(job.OnceTableKey), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String(job.OnceTableKey), AttributeType: types.ScalarAttributeTypeS}},
	})
	if err != nil {
		return "", err
	}
	return name, dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Millisecond, 10*time.Millisecond
	}).Wait(context.Background(), &dynamodb.DescribeTableInput{TableName: &name}, time.Minute)
}

// onceTable is a new table of the test's own.
func onceTable(t *testing.T) string {
	t.Helper()
	name, err := createTable("Test")
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// recordOf is the record of a key; nil: there is none.
func recordOf(t *testing.T, table, id string) map[string]types.AttributeValue {
	t.Helper()
	client, err := tables()
	if err != nil {
		t.Fatal(err)
	}
	out, err := client.GetItem(context.Background(), &dynamodb.GetItemInput{
		TableName: &table, Key: map[string]types.AttributeValue{job.OnceTableKey: &types.AttributeValueMemberS{Value: id}}, ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	return out.Item
}

// setNumber changes a number of a record: time passes.
func setNumber(t *testing.T, table, id, attribute string, n int64) {
	t.Helper()
	item := recordOf(t, table, id)
	if item == nil {
		t.Fatal(errors.New("got no record " + id))
	}
	item[attribute] = &types.AttributeValueMemberN{Value: fmt.Sprint(n)}
	client, err := tables()
	if err == nil {
		_, err = client.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: &table, Item: item})
	}
	if err != nil {
		t.Fatal(err)
	}
}
