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
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/mapjob/mapjob/job"
)

// dynaliteScript ends when its standard input does, and so with this process.
const dynaliteScript = `
const server = require(process.argv[1])({createTableMs: 0})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.stdin.on('end', () => process.exit()).resume()
`

var errNoDynalite = errors.New("found no Node.js with dynalite: run `make setup`")

// dynalite starts the DynamoDB that the tests share when it is first needed.
var dynalite = sync.OnceValues(func() (d struct {
	address string
	stdin   io.Closer // held, because dynalite ends when it is closed
}, err error) {
	modules, err := filepath.Abs(filepath.Join("..", "node_modules"))
	if err != nil {
		return d, err
	}
	node := filepath.Join(modules, ".bin", "node")
	if _, err := os.Stat(node); err != nil {
		node = "node"
	}
	if _, err := exec.LookPath(node); err != nil {
		return d, errNoDynalite
	}
	if _, err := os.Stat(filepath.Join(modules, "dynalite")); err != nil {
		return d, errNoDynalite
	}
	cmd := exec.Command(node, "-e", dynaliteScript, filepath.Join(modules, "dynalite"))
	complaint := &bytes.Buffer{}
	cmd.Stderr = complaint
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		d.stdin, err = cmd.StdinPipe()
	}
	if err != nil {
		return d, err
	}
	if err := cmd.Start(); err != nil {
		return d, fmt.Errorf("starting dynalite: %w: run `make setup`", err)
	}
	port, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		_ = cmd.Wait()
		return d, fmt.Errorf("starting dynalite: %w: run `make setup`: %s", err, complaint)
	}
	d.address = "127.0.0.1:" + strings.TrimSpace(port)
	return d, nil
})

// disturbance says how a request fails.
type disturbance string

const (
	undisturbed disturbance = ""
	throttle    disturbance = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException" // it is refused
	deny        disturbance = "com.amazon.coral.service#AccessDeniedException"
	old         disturbance = "DynamoDB might have answered what was there before: expected a consistent read"
	hang        disturbance = "no answer comes"
	lose        disturbance = "com.amazonaws.dynamodb.v20120810#InternalServerError" // it is done, and the answer gets lost
)

// table holds the table of one test, with the schema of job.Once.
type table struct {
	name   string
	direct *dynamodb.Client // of the test itself

	mutex   sync.Mutex
	disturb func(operation string) disturbance // decides how each request of the handlers fails
	calls   map[string]int                     // requests of the handlers, by operation
}

func newTable(t testing.TB) *table {
	t.Helper()
	if _, err := dynalite(); errors.Is(err, errNoDynalite) && os.Getenv("CI") == "" {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	d := &table{name: "Test-" + rand.Text(), calls: map[string]int{}}
	d.direct = client(http.DefaultTransport)
	_, err := d.direct.CreateTable(context.Background(), &dynamodb.CreateTableInput{
		TableName: &d.name, BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String(job.OnceTableKey), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String(job.OnceTableKey), AttributeType: types.ScalarAttributeTypeS}},
	})
	if err == nil {
		err = dynamodb.NewTableExistsWaiter(d.direct, func(o *dynamodb.TableExistsWaiterOptions) {
			o.MinDelay, o.MaxDelay = time.Millisecond, 10*time.Millisecond
		}).Wait(context.Background(), &dynamodb.DescribeTableInput{TableName: &d.name}, time.Minute)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// client returns a client of dynalite that tries as often as that of job.Once,
// with shorter pauses.
func client(transport http.RoundTripper) *dynamodb.Client {
	d, err := dynalite()
	if err != nil {
		panic(err)
	}
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		BaseEndpoint: aws.String("http://" + d.address), HTTPClient: &http.Client{Transport: transport},
		Retryer: retry.NewStandard(func(s *retry.StandardOptions) {
			s.MaxAttempts = 10
			s.RateLimiter = ratelimit.None
			s.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return time.Millisecond, nil })
		}),
	})
}

// once returns job.Once on the table.
func once[Item any](d *table, key func(Item) string, options ...job.OnceOption) job.WorkOption {
	return job.Once(d.name, key, append(options, job.WithDynamoDB(client(d)))...)
}

// disturbBy lets a function decide how each request fails.
func (d *table) disturbBy(f func(operation string) disturbance) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.disturb = f
}

// count returns how often the handlers have requested an operation.
func (d *table) count(operation string) int {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.calls[operation]
}

// RoundTrip sends a request of a handler, unless it is disturbed.
func (d *table) RoundTrip(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	d.mutex.Lock()
	d.calls[operation]++
	what := undisturbed
	if d.disturb != nil {
		what = d.disturb(operation)
	}
	d.mutex.Unlock()
	if operation == "GetItem" && !bytes.Contains(body, []byte(`"ConsistentRead":true`)) {
		what = old
	}
	if what == hang {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	status := http.StatusBadRequest
	if what == undisturbed || what == lose {
		ctx := r.Context()
		if what == lose {
			ctx = context.WithoutCancel(ctx) // it is done even if the caller has gone
		}
		through := r.Clone(ctx)
		through.Body = io.NopCloser(bytes.NewReader(body))
		response, err := http.DefaultTransport.RoundTrip(through)
		if err != nil || what == undisturbed {
			return response, err
		}
		response.Body.Close()
		status = http.StatusInternalServerError
	}
	answer := fmt.Sprintf(`{"__type": %q, "message": "disturbed"}`, what)
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, Body: io.NopCloser(strings.NewReader(answer)), ContentLength: int64(len(answer)),
	}, nil
}

// record returns the record of a key; nil if there is none.
func (d *table) record(t *testing.T, id string) map[string]types.AttributeValue {
	t.Helper()
	out, err := d.direct.GetItem(context.Background(), &dynamodb.GetItemInput{
		TableName: &d.name, Key: map[string]types.AttributeValue{job.OnceTableKey: &types.AttributeValueMemberS{Value: id}}, ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	return out.Item
}

// setNumber changes a number of a record, as if time passed.
func (d *table) setNumber(t *testing.T, id, attribute string, n int64) {
	t.Helper()
	item := d.record(t, id)
	if item == nil {
		t.Fatalf("got no record %s", id)
	}
	item[attribute] = &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
	if _, err := d.direct.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: &d.name, Item: item}); err != nil {
		t.Fatal(err)
	}
}
