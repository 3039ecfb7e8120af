// Package architectures runs the older architectures of the sample on this machine,
// with their real binaries, queues and tables.
package architectures

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/items"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/internal/template"
	"github.com/mapjob/mapjob/lambdas/invoicing"
	"github.com/mapjob/mapjob/lambdas/trackedfanout/tracking"
	"github.com/mapjob/mapjob/stacks"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

// orders is the number of orders in a test. Some of them are invalid.
const orders = 300

// first yields the first records of the sample and counts the valid ones.
func first(t *testing.T, good *int) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		n := 0
		for record, err := range items.File("examples/orders.jsonl") {
			if n == orders {
				return
			}
			n++
			var order invoicing.Order
			if err == nil {
				err = json.Unmarshal(record, &order)
			}
			if _, refused := invoicing.Price(order); refused == nil {
				*good++
			}
			if !yield(record, err) {
				return
			}
		}
	}
}

// running is an architecture on this machine.
type running struct {
	*stack.Stack
	good int // valid orders
}

// start synthesizes an architecture, builds its functions and runs it until the
// test ends.
func start(t *testing.T, architecture string) *running {
	t.Helper()
	app := synthesis.App(t, map[string]any{stacks.ArchitectureContext: architecture,
		"mapjob:local": true, "aws:cdk:bundling-stacks": []string{"**"}, "aws:cdk:enable-path-metadata": true})
	stacks.New(app)
	app.Synth(nil)
	assembly, err := template.Read(*app.Outdir())
	if err != nil {
		t.Fatal(err)
	}
	synthesized, err := assembly.Stack("")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	r := &running{}
	if r.Stack, err = stack.Start(context.Background(), synthesized, stack.Options{Folder: folder}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if logs, _ := filepath.Glob(filepath.Join(folder, "logs", "*")); t.Failed() {
			for _, log := range logs {
				text, _ := os.ReadFile(log)
				t.Logf("%s:\n%.4000s", filepath.Base(log), text)
			}
		}
	})
	if absent := r.Absent(); len(absent) > 0 {
		t.Errorf("got the missing parts %v, expected none", absent)
	}
	if _, err := r.Seed(context.Background(), "Orders", first(t, &r.good)); err != nil {
		t.Fatal(err)
	}
	return r
}

// tonight is the event of the sample.
const tonight = `{"date": "2026-11-01"}`

// night invokes a function with an event, as the schedule does, waits for all that
// follows, and returns the function's answer.
func (r *running) night(t *testing.T, function, event string) []byte {
	t.Helper()
	result := r.invoke(t, function, event)
	if result.Condition != "Success" || result.Tries != 1 {
		t.Errorf("got %s after %d attempts with the answer %s, expected Success after one", result.Condition, result.Tries, result.Answer)
	}
	return result.Answer
}

// invoke invokes a function and waits for all that follows.
func (r *running) invoke(t *testing.T, function, event string) invocation.EventResult {
	t.Helper()
	ended, err := r.InvokeEvent(function, []byte(event))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if err := r.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	return <-ended
}

// invoices counts the invoices in the bucket.
func (r *running) invoices(t *testing.T) int {
	t.Helper()
	for _, b := range r.Buckets() {
		if b.ID == "Invoices" {
			files, err := filepath.Glob(filepath.Join(b.Folder, "invoices", "*.json"))
			if err != nil {
				t.Fatal(err)
			}
			return len(files)
		}
	}
	t.Fatal("got no bucket for invoices, expected one")
	return 0
}

// waiting counts the messages in each queue that is not empty.
func (r *running) waiting(t *testing.T) map[string]int {
	t.Helper()
	queues, err := r.Queues()
	if err != nil {
		t.Fatal(err)
	}
	waiting := map[string]int{}
	for _, q := range queues {
		if n := len(q.Messages); n > 0 {
			waiting[q.ID] = n
		}
	}
	return waiting
}

func TestTheEventHandlerInvoicesAllOrders(t *testing.T) {
	r := start(t, stacks.EventHandler)
	r.night(t, "Handler", tonight)
	if got := r.invoices(t); got != r.good || r.good == orders {
		t.Errorf("got %d invoices, expected %d of %d orders", got, r.good, orders)
	}
	if waiting := r.waiting(t); len(waiting) > 0 {
		t.Errorf("got the messages %v, expected none: refused orders are in the log", waiting)
	}

	result := r.invoke(t, "Handler", `{"date": "tomorrow"}`)
	if result.Condition != "RetriesExhausted" || result.Tries != 3 {
		t.Errorf("got %s after %d attempts, expected RetriesExhausted after three", result.Condition, result.Tries)
	}
	if diff := cmp.Diff(map[string]int{"Nightly.Failures": 1}, r.waiting(t)); diff != "" {
		t.Errorf("messages by queue (-expected +got):\n%s", diff)
	}
}

func TestTheQueueFanoutKeepsRefusedOrdersInItsDeadLetterQueue(t *testing.T) {
	r := start(t, stacks.QueueFanout)
	if answer := string(r.night(t, "Producer", tonight)); answer != `{"sent":300}` {
		t.Errorf("got %s, expected 300 messages sent", answer)
	}
	if got := r.invoices(t); got != r.good {
		t.Errorf("got %d invoices, expected %d", got, r.good)
	}
	if diff := cmp.Diff(map[string]int{"Due.DeadLetterQueue": orders - r.good}, r.waiting(t)); diff != "" {
		t.Errorf("messages by queue (-expected +got):\n%s", diff)
	}
}

func TestTheTrackedFanoutCountsAndSummarizesAllOrders(t *testing.T) {
	r := start(t, stacks.TrackedFanout)
	var started tracking.Started
	if err := json.Unmarshal(r.night(t, "Producer", `{"date": "2026-11-01", "jobId": "night-1"}`), &started); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tracking.Started{JobID: "night-1", Expected: orders}, started); diff != "" {
		t.Errorf("the producer's answer (-expected +got):\n%s", diff)
	}
	if got := r.invoices(t); got != r.good {
		t.Errorf("got %d invoices, expected %d", got, r.good)
	}
	if waiting := r.waiting(t); len(waiting) > 0 {
		t.Errorf("got the messages %v, expected none: refused orders are counted", waiting)
	}
	jobs := r.jobs(t)
	if len(jobs) != 1 {
		t.Fatalf("got %d records, expected one", len(jobs))
	}
	job := jobs[0]
	expected := tracking.Job{
		ID: "night-1", Expected: aws.Int(orders), Finished: r.good, Failed: orders - r.good,
		Summary: fmt.Sprintf("%d orders: %d invoiced, %d refused", orders, r.good, orders-r.good),
	}
	times := cmpopts.IgnoreFields(tracking.Job{}, "StartedAt", "AskedAt", "SummarizedAt")
	if diff := cmp.Diff(expected, job, times); diff != "" {
		t.Errorf("the job's record (-expected +got):\n%s", diff)
	}
	if job.StartedAt == "" || job.AskedAt <= job.StartedAt || job.SummarizedAt <= job.AskedAt {
		t.Errorf("got the times %q, %q and %q, expected a start, a request for the summary and a summary", job.StartedAt, job.AskedAt, job.SummarizedAt)
	}
}

// jobs returns the records of the tracked fan-out.
func (r *running) jobs(t *testing.T) []tracking.Job {
	t.Helper()
	client := dynamodb.New(dynamodb.Options{Region: template.Region, Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""), BaseEndpoint: r.endpoint("DYNAMODB")})
	tables, err := client.ListTables(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables.TableNames {
		if strings.Contains(strings.ToLower(table), "jobs") {
			scan, err := client.Scan(context.Background(), &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
			if err != nil {
				t.Fatal(err)
			}
			var jobs []tracking.Job
			if err := attributevalue.UnmarshalListOfMaps(scan.Items, &jobs); err != nil {
				t.Fatal(err)
			}
			return jobs
		}
	}
	t.Fatalf("got the tables %v, expected one of jobs", tables.TableNames)
	return nil
}

func (r *running) endpoint(service string) *string {
	for _, variable := range r.Endpoints() {
		if url, ok := strings.CutPrefix(variable, "AWS_ENDPOINT_URL_"+service+"="); ok {
			return &url
		}
	}
	return nil
}
