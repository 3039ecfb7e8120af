// Package architectures runs the architectures before the job on this machine,
// with their real binaries, queues and tables.
package architectures

import (
	"context"
	"encoding/json"
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
	"github.com/mapjob/mapjob/internal/records"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/internal/template"
	"github.com/mapjob/mapjob/lambdas/invoicing"
	"github.com/mapjob/mapjob/lambdas/trackedfanout/tracking"
	"github.com/mapjob/mapjob/stacks"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

// orders are the first of the sample's, enough for some that are refused.
const orders = 300

// first yields the first records of the sample, and counts those that can be
// invoiced.
func first(t *testing.T, good *int) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		n := 0
		for record, err := range records.Read("examples/orders.csv") {
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
	good int // orders that can be invoiced
}

// start synthesizes an architecture, builds its functions and starts all of it
// until the test ends.
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
		t.Errorf("got %v missing on this machine, expected nothing", absent)
	}
	if _, err := r.Seed(context.Background(), "Orders", first(t, &r.good)); err != nil {
		t.Fatal(err)
	}
	return r
}

// tonight is the night of the sample.
const tonight = `{"date": "2026-11-01"}`

// night has a function invoked with an event, as the schedule would, and all
// that follows from it done. It is the function's answer.
func (r *running) night(t *testing.T, function, event string) []byte {
	t.Helper()
	result := r.invoke(t, function, event)
	if result.Condition != "Success" || result.Tries != 1 {
		t.Errorf("got %+v, with the answer %s, expected success at the first try", result, result.Answer)
	}
	return result.Answer
}

// invoke has a function invoked, and all that follows from it done.
func (r *running) invoke(t *testing.T, function, event string) stack.EventResult {
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

// invoices counts those that are in the bucket.
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

// waiting counts the messages in each queue that has some.
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

func TestTheEventHandlerInvoicesAll(t *testing.T) {
	r := start(t, stacks.EventHandler)
	r.night(t, "Handler", tonight)
	if got := r.invoices(t); got != r.good || r.good == orders {
		t.Errorf("got %d invoices, expected %d of %d orders", got, r.good, orders)
	}
	if waiting := r.waiting(t); len(waiting) > 0 {
		t.Errorf("got messages in %v, expected none: refused orders are in the log", waiting)
	}

	result := r.invoke(t, "Handler", `{"date": "tomorrow"}`)
	if result.Condition != "RetriesExhausted" || result.Tries != 3 {
		t.Errorf("got %+v, expected an event that fails to be tried three times", result)
	}
	if waiting := r.waiting(t); len(waiting) != 1 || waiting["Nightly.Failures"] != 1 {
		t.Errorf("got messages in %v, expected the event in the failure queue", waiting)
	}
}

func TestTheQueueFanoutInvoicesAllAndKeepsTheRest(t *testing.T) {
	r := start(t, stacks.QueueFanout)
	if answer := string(r.night(t, "Producer", tonight)); answer != `{"sent":300}` {
		t.Errorf("got %s, expected 300 messages sent", answer)
	}
	if got := r.invoices(t); got != r.good {
		t.Errorf("got %d invoices, expected %d", got, r.good)
	}
	if waiting := r.waiting(t); len(waiting) != 1 || waiting["Due.DeadLetterQueue"] != orders-r.good {
		t.Errorf("got messages in %v, expected the %d orders that were refused in the dead-letter queue", waiting, orders-r.good)
	}
}

func TestTheTrackedFanoutInvoicesAllAndSaysSo(t *testing.T) {
	r := start(t, stacks.TrackedFanout)
	var started tracking.Started
	if err := json.Unmarshal(r.night(t, "Producer", `{"date": "2026-11-01", "jobId": "night-1"}`), &started); err != nil || started.JobID != "night-1" || started.Expected != orders {
		t.Errorf("got the answer %+v, %v, expected job night-1 with %d orders", started, err, orders)
	}
	if got := r.invoices(t); got != r.good {
		t.Errorf("got %d invoices, expected %d", got, r.good)
	}
	if waiting := r.waiting(t); len(waiting) > 0 {
		t.Errorf("got messages in %v, expected none: refused orders are counted", waiting)
	}
	jobs := r.jobs(t)
	if len(jobs) != 1 {
		t.Fatalf("got %d records, expected one", len(jobs))
	}
	job := jobs[0]
	if job.ID != started.JobID || job.Expected == nil || *job.Expected != orders || job.Finished != r.good || job.Failed != orders-r.good {
		t.Errorf("got the record %+v, expected %d finished and %d failed", job, r.good, orders-r.good)
	}
	if !strings.HasPrefix(job.Summary, "300 orders: ") || job.StartedAt == "" || job.SummarizedAt <= job.StartedAt {
		t.Errorf("got the record %+v, expected a summary of 300 orders after the start", job)
	}
}

// jobs are the records of the tracked fan-out.
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
