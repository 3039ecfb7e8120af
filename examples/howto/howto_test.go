package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/examples/howto/shop"
	"github.com/mapjob/mapjob/job"
	callbacks "github.com/mapjob/mapjob/job/callback"
	"github.com/mapjob/mapjob/sfntest"
)

// ran are the pages whose stacks tests have run.
var ran = map[string]bool{
	// Without a state machine, or with a worker that exits: docs/how-to runs them by mapjob run.
	"Queue": true, "Handler": true, "Debug": true, "Fragile": true,
}

func TestMain(m *testing.M) {
	code := m.Run()
	if flag.Lookup("test.run").Value.String() == "" {
		for name := range pages {
			if !ran[name] {
				fmt.Fprintf(os.Stderr, "got no test that runs the stack %s, expected one\n", name)
				code = 1
			}
		}
	}
	jsii.Close()
	os.Exit(code)
}

// templates are those of all pages, synthesized once without building the functions.
var templates = sync.OnceValue(func() map[string]assertions.Template {
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"aws:cdk:bundling-stacks": []string{}}})
	stacks := map[string]awscdk.Stack{}
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		stacks[name] = awscdk.NewStack(app, &name, nil)
		pages[name](stacks[name])
	}
	stages(app)
	all := map[string]assertions.Template{}
	for name, stack := range stacks {
		all[name] = assertions.Template_FromStack(stack, nil)
	}
	return all
})

func stackOf(t *testing.T, page string) *sfntest.Stack {
	text, err := json.Marshal(templates()[page].ToJSON())
	if err != nil {
		t.Fatal(err)
	}
	return sfntest.Parse(t, text)
}

// world is a stack that runs, with what tests do to it.
type world struct{ *sfntest.World }

// run runs the stack of a page in a bubble.
func run(t *testing.T, page string, options func(w func() *sfntest.World) []sfntest.Option, do func(t *testing.T, w world)) {
	t.Helper()
	ran[page] = true
	stack := stackOf(t, page)
	synctest.Test(t, func(t *testing.T) {
		var w *sfntest.World
		w = sfntest.New(t, stack, options(func() *sfntest.World { return w })...)
		do(t, world{w})
	})
}

// workers handles the functions of a page by their names.
func workers(handlers map[string]job.Handler) func(func() *sfntest.World) []sfntest.Option {
	return func(func() *sfntest.World) (list []sfntest.Option) {
		for name, h := range handlers {
			list = append(list, sfntest.Handle(name, h))
		}
		return list
	}
}

var charger = workers(map[string]job.Handler{"Worker": job.Work(shop.Charge)})

func (w world) put(t *testing.T, bucket, key, text string) {
	t.Helper()
	name := w.Name(bucket)
	if _, err := s3.NewFromConfig(w.Config()).PutObject(context.Background(), &s3.PutObjectInput{Bucket: &name, Key: &key, Body: strings.NewReader(text)}); err != nil {
		t.Fatal(err)
	}
}

// fill writes the lines of table.jsonl into the table of orders.
func (w world) fill(t *testing.T) {
	t.Helper()
	for line := range strings.Lines(file(t, "table.jsonl")) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		attributes, err := attributevalue.MarshalMap(record)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := dynamodb.NewFromConfig(w.Config()).PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String(w.Name("Orders")), Item: attributes}); err != nil {
			t.Fatal(err)
		}
	}
}

func file(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// due is the job start of the table of orders, with the World's DynamoDB.
func due(w func() *sfntest.World) job.Handler {
	return handlerFunc(func(ctx context.Context, payload []byte) ([]byte, error) {
		return job.Start(orders(w()).Due, job.WithS3(s3.NewFromConfig(w().Config()))).Invoke(ctx, payload)
	})
}

func orders(w *sfntest.World) *shop.Orders {
	return &shop.Orders{Client: dynamodb.NewFromConfig(w.Config()), Table: w.Name("Orders")}
}

type handlerFunc func(context.Context, []byte) ([]byte, error)

func (f handlerFunc) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	return f(ctx, payload)
}

// account is the output of an execution.
type account struct {
	Total, Succeeded, Failed, Missing int
	Errors                            map[string]int
	Output                            json.RawMessage
	Comparison                        *struct{ Recovered, SameError, OtherError int }
}

// ends runs an execution and expects its account, or an error.
func (w world) ends(t *testing.T, machine string, input any, expected account, errorName string) *sfntest.Execution {
	t.Helper()
	x := w.Start(machine, input)
	x.RunToEnd()
	w.expect(t, x, expected, errorName)
	return x
}

func (w world) expect(t *testing.T, x *sfntest.Execution, expected account, errorName string) {
	t.Helper()
	if err := x.Err(); err != nil || errorName != "" {
		if err == nil || err.Name != errorName {
			t.Errorf("got %v, expected the error %q:\n%s", err, errorName, x.History())
		}
		return
	}
	var got account
	x.Output(&got)
	if got.Total != expected.Total || got.Succeeded != expected.Succeeded || got.Failed != expected.Failed || got.Missing != 0 || !maps.Equal(got.Errors, expected.Errors) {
		t.Errorf("got %+v, expected %+v:\n%s", got, expected, x.History())
	}
	if expected.Output != nil && string(got.Output) != string(expected.Output) {
		t.Errorf("got the output %s, expected %s", got.Output, expected.Output)
	}
}

var (
	good    = map[string]any{"items": []shop.Order{{ID: "o-1", Cents: 1900}, {ID: "o-2", Cents: 250}}}
	oneFree = map[string]any{"items": []shop.Order{{ID: "o-1", Cents: 1900}, {ID: "o-2", Cents: 250}, {ID: "o-3"}}}
	free    = map[string]int{"AmountNotPositive": 1}
)

func TestSchedule(t *testing.T) {
	has(t, "Schedule", "AWS::Scheduler::Schedule", map[string]any{"ScheduleExpression": "cron(0 2 * * ? *)", "ScheduleExpressionTimezone": "Europe/Zurich"})
	run(t, "Schedule", charger, func(t *testing.T, w world) {
		w.put(t, "Archive", "today.jsonl", "{\"id\":\"o-1\",\"cents\":1900}\n")
		w.ends(t, "Nightly", map[string]any{}, account{Total: 1, Succeeded: 1}, "")
	})
}

// has expects a resource with properties, however many others there are.
func has(t *testing.T, page, kind string, properties map[string]any) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil { // what a failed assertion does
			t.Errorf("%s: %v", page, p)
		}
	}()
	templates()[page].HasResourceProperties(&kind, &properties)
}

func TestEvent(t *testing.T) {
	has(t, "Event", "AWS::Events::Rule", map[string]any{"EventPattern": map[string]any{"source": []any{"shop.tills"}, "detail-type": []any{"DayClosed"}}})
	options := func(w func() *sfntest.World) []sfntest.Option {
		return []sfntest.Option{sfntest.Handle("Worker", job.Work(shop.Charge)), sfntest.Handle("JobStart", due(w))}
	}
	run(t, "Event", options, func(t *testing.T, w world) {
		w.fill(t)
		w.ends(t, "Tills", map[string]string{"day": "2026-11-02"}, account{Total: 1, Succeeded: 1}, "")
		w.ends(t, "Tills", map[string]string{}, account{}, "NoDay")
	})
}

func TestObject(t *testing.T) {
	run(t, "Object", charger, func(t *testing.T, w world) {
		w.put(t, "Drop", "in/monday.jsonl", "{\"id\":\"o-1\",\"cents\":1900}\n{\"id\":\"o-2\",\"cents\":250}\n")
		w.ends(t, "Import", named(w.Name("Drop"), "in/monday.jsonl"), account{Total: 2, Succeeded: 2}, "")
		w.ends(t, "Import", map[string]any{"items": map[string]string{"bucket": w.Name("Drop")}}, account{}, "MapJob.InvalidInput")
	})
}

func named(bucket, key string) map[string]any {
	return map[string]any{"items": map[string]string{"bucket": bucket, "key": key}}
}

func TestWebhook(t *testing.T) {
	has(t, "Webhook", "AWS::Lambda::Url", map[string]any{"AuthType": "NONE"})
	run(t, "Webhook", charger, func(t *testing.T, w world) {
		w.ends(t, "Orders", good, account{Total: 2, Succeeded: 2}, "")
	})
}

func TestDatabase(t *testing.T) {
	options := func(w func() *sfntest.World) []sfntest.Option {
		return []sfntest.Option{sfntest.Handle("Worker", job.Work(shop.Charge)), sfntest.Handle("JobStart", due(w))}
	}
	run(t, "Database", options, func(t *testing.T, w world) {
		w.fill(t)
		w.ends(t, "Nightly", map[string]string{"day": "2026-11-01"}, account{Total: 3, Succeeded: 2, Failed: 1, Errors: free}, "")
		w.ends(t, "Nightly", map[string]string{"day": "2026-12-24"}, account{}, "")
	})
}

func TestFiles(t *testing.T) {
	handlers := workers(map[string]job.Handler{"Worker": job.Work(shop.Charge), "Rows": job.Work(shop.ChargeRow), "Objects": job.Work(shop.Inspect)})
	run(t, "Files", handlers, func(t *testing.T, w world) {
		w.put(t, "In", "orders.jsonl", "{\"id\":\"o-1\",\"cents\":1900}\n")
		w.put(t, "In", "orders.json", `{"orders":[{"id":"o-1","cents":1900},{"id":"o-2","cents":250}]}`)
		w.put(t, "In", "orders.csv", file(t, "orders.csv"))
		w.put(t, "In", "scans/1.tif", "…")
		w.put(t, "In", "inventory/data.csv", `"`+w.Name("In")+`","scans/1.tif","3"`+"\n")
		w.put(t, "In", "inventory/manifest.json", `{"sourceBucket":"`+w.Name("In")+`","destinationBucket":"arn:aws:s3:::`+w.Name("In")+`","fileFormat":"CSV","fileSchema":"Bucket, Key, Size","files":[{"key":"inventory/data.csv"}]}`)
		key := func(k string) map[string]any { return map[string]any{"items": map[string]string{"key": k}} }
		w.ends(t, "Lines", key("orders.jsonl"), account{Total: 1, Succeeded: 1}, "")
		w.ends(t, "Array", key("orders.json"), account{Total: 2, Succeeded: 2}, "")
		w.ends(t, "Csv", key("orders.csv"), account{Total: 2, Succeeded: 2}, "")
		w.ends(t, "List", nil, account{Total: 1, Succeeded: 1}, "")
		w.put(t, "In", "scans/2.tif", "")
		w.ends(t, "List", nil, account{}, "MapJob.TooManyFailures")
	})
}

func TestInline(t *testing.T) {
	run(t, "Inline", charger, func(t *testing.T, w world) {
		x := w.Start("Few", json.RawMessage(file(t, "list.json")))
		x.RunToEnd()
		var outcomes []job.Outcome
		x.Output(&outcomes)
		if len(outcomes) != 3 || outcomes[2].Error != "AmountNotPositive" {
			t.Errorf("got %+v, expected the outcomes of three items, of which the last failed", outcomes)
		}
		many := map[string]any{"items": make([]shop.Order, 472)}
		w.ends(t, "Few", many, account{}, "MapJob.TooManyItems")
	})
}

func TestLarge(t *testing.T) {
	run(t, "Large", charger, func(t *testing.T, w world) {
		var lines strings.Builder
		customer := strings.Repeat("x", 300_000) // more than a state may pass
		for range 7 {
			lines.WriteString(`{"id":"o","cents":1,"customer":"` + customer + "\"}\n")
		}
		w.put(t, "In", "large.jsonl", lines.String())
		x := w.ends(t, "Large", map[string]any{"items": map[string]string{"key": "large.jsonl"}}, account{Total: 7, Succeeded: 7}, "")
		if runs := x.MapRuns(); len(runs) != 1 || runs[0].Total != 1 {
			t.Errorf("got %+v, expected one chunk", runs)
		}
	})
}

// chargedOnce is the worker of the pages with job.Once. It counts the orders that it charges.
func chargedOnce(charged *int) func(w func() *sfntest.World) []sfntest.Option {
	return func(w func() *sfntest.World) []sfntest.Option {
		return []sfntest.Option{sfntest.Handle("Worker", handlerFunc(func(ctx context.Context, payload []byte) ([]byte, error) {
			client := dynamodb.NewFromConfig(w().Config())
			count := func(ctx context.Context, o shop.Order) (shop.Receipt, error) {
				*charged++
				return shop.Charge(ctx, o)
			}
			return job.Work(count, shop.Charged(w().Name("Charged"), job.WithDynamoDB(client))).Invoke(ctx, payload)
		})), sfntest.Inject(sfntest.Fault{Fault: "duplicate", Function: "Worker", Invocation: 1})}
	}
}

// The first batch comes twice in each, as an Express child may, and all orders come again
// in another execution.
func TestExpressAndOnce(t *testing.T) {
	for page, machine := range map[string]string{"Express": "Fast", "Once": "Charge"} {
		charged := 0
		run(t, page, chargedOnce(&charged), func(t *testing.T, w world) {
			w.ends(t, machine, good, account{Total: 2, Succeeded: 2}, "")
			w.ends(t, machine, good, account{Total: 2, Succeeded: 2}, "")
		})
		if charged != 2 {
			t.Errorf("%s: got %d charges, expected 2", page, charged)
		}
	}
}

func TestCallback(t *testing.T) {
	options := func(w func() *sfntest.World) []sfntest.Option {
		return []sfntest.Option{
			sfntest.Handle("Asker", handlerFunc(func(ctx context.Context, payload []byte) ([]byte, error) {
				asker := &shop.Asker{Client: sqs.NewFromConfig(w().Config()), Queue: w().Name("Payments/Queue")}
				return job.Callback(asker.Ask).Invoke(ctx, payload)
			})),
			sfntest.Handle("Bank", handlerFunc(func(ctx context.Context, payload []byte) ([]byte, error) {
				bank := &shop.Bank{Tasks: callbacks.Client{API: sfn.NewFromConfig(w().Config())}}
				return job.Queue(bank.Answer).Invoke(ctx, payload)
			})),
		}
	}
	run(t, "Callback", options, func(t *testing.T, w world) {
		input := map[string]any{"items": []shop.Order{{ID: "o-1", Cents: 1900}, {ID: "o-2", Cents: 200_000}}}
		w.ends(t, "Pay", input, account{Total: 2, Succeeded: 1, Failed: 1, Errors: map[string]int{"CardDeclined": 1}}, "")
	})
}

func TestProcessor(t *testing.T) {
	run(t, "Processor", workers(map[string]job.Handler{"Charge": job.Function(shop.Charge)}), func(t *testing.T, w world) {
		w.ends(t, "Orders", oneFree, account{Total: 3, Succeeded: 2, Failed: 1, Errors: map[string]int{"NothingToCharge": 1}}, "")
		negative := map[string]any{"items": []shop.Order{{ID: "o-1", Cents: -1}, {ID: "o-2", Cents: 1}}}
		w.ends(t, "Orders", negative, account{Total: 2, Succeeded: 1, Failed: 1, Errors: free}, "")
	})
}

func TestFailures(t *testing.T) {
	busy := 2
	bank := &shop.Charger{Pay: func(_ context.Context, o shop.Order) error {
		if busy > 0 {
			busy--
			return shop.ErrBusy
		}
		return nil
	}}
	run(t, "Failures", workers(map[string]job.Handler{"Worker": job.Work(bank.Charge)}), func(t *testing.T, w world) {
		w.ends(t, "Charge", good, account{Total: 2, Succeeded: 2}, "")
	})
	if busy != 0 {
		t.Errorf("got %d requests that were not refused, expected 0", busy)
	}
	run(t, "Failures", charger, func(t *testing.T, w world) {
		w.ends(t, "Charge", oneFree, account{}, "MapJob.TooManyFailures")
	})
	crash := func(times int) func(func() *sfntest.World) []sfntest.Option {
		return func(w func() *sfntest.World) []sfntest.Option {
			return append(charger(w), sfntest.Inject(sfntest.Fault{Fault: "crash", Function: "Worker", Times: times}))
		}
	}
	run(t, "Failures", crash(1), func(t *testing.T, w world) {
		w.ends(t, "Charge", good, account{Total: 2, Succeeded: 2}, "")
	})
	run(t, "Failures", crash(2), func(t *testing.T, w world) {
		w.ends(t, "Charge", good, account{}, "MapJob.TooManyFailures")
	})
}

func TestOverlap(t *testing.T) {
	slow := workers(map[string]job.Handler{"Worker": job.Work(func(ctx context.Context, o shop.Order) (shop.Receipt, error) {
		time.Sleep(20 * time.Second)
		return shop.Charge(ctx, o)
	})})
	run(t, "Overlap", slow, func(t *testing.T, w world) {
		// docs: stopped
		first := w.Start("Skip", good)
		w.Advance(10 * time.Second)
		first.Stop("Operator", "stopped by hand") // it releases nothing
		w.RunUntilBlocked()
		w.ends(t, "Skip", good, account{Total: 2, Succeeded: 2}, "")
		// docs: end
		if first.Status() != "ABORTED" {
			t.Errorf("got %s, expected an execution that was stopped", first.Status())
		}
	})
	for machine, expected := range map[string][2]string{
		"Skip": {"SUCCEEDED", "SUCCEEDED"}, "Wait": {"SUCCEEDED", "SUCCEEDED"}, "Replace": {"ABORTED", "SUCCEEDED"}, "Fail": {"SUCCEEDED", "FAILED"},
	} {
		run(t, "Overlap", slow, func(t *testing.T, w world) {
			first := w.Start(machine, good)
			w.Advance(10 * time.Second)
			second := w.Start(machine, good)
			second.RunToEnd()
			first.RunToEnd()
			if got := [2]string{first.Status(), second.Status()}; got != expected {
				t.Errorf("%s: got %q, expected %q:\n%s", machine, got, expected, second.History())
			}
			if machine == "Skip" {
				var skipped struct{ Skipped bool }
				if second.Output(&skipped); !skipped.Skipped {
					t.Errorf("got %s, expected an execution that was skipped", second.History())
				}
			}
		})
	}
}

func TestSummary(t *testing.T) {
	options := func(w func() *sfntest.World) []sfntest.Option {
		return append(charger(w), sfntest.Handle("Summary", handlerFunc(func(ctx context.Context, payload []byte) ([]byte, error) {
			return job.Summarize(shop.Revenue, job.WithS3(s3.NewFromConfig(w().Config()))).Invoke(ctx, payload)
		})))
	}
	run(t, "Summary", options, func(t *testing.T, w world) {
		_, machine, _ := strings.Cut(w.Name("Charge/StateMachine"), "stateMachine:")
		w.put(t, "Charge/Results", machine+"/orders.jsonl", file(t, "orders.jsonl"))
		x := w.ends(t, "Charge", named(w.Name("Charge/Results"), machine+"/orders.jsonl"),
			account{Total: 5, Succeeded: 4, Failed: 1, Errors: free, Output: json.RawMessage(`{"cents":7153,"receipts":4}`)}, "")
		_, name, _ := strings.Cut(x.ARN(), "execution:")
		report := w.get(t, "Charge/Results", strings.Replace(name, ":", "/", 1)+"/report/report.md")
		if !strings.Contains(report, "1 of 5 items failed") || !strings.Contains(report, "7153") {
			t.Errorf("got the report\n%s\nexpected the failed item and the revenue", report)
		}
		w.rerun(t, x.ARN(), strings.Replace(name, ":", "/", 1))
	})
}

// rerun runs the failed item of an execution again.
func (w world) rerun(t *testing.T, arn, folder string) {
	t.Helper()
	x := w.Start("Charge", map[string]any{"mapjobRerun": map[string]any{
		"execution": arn, "bucket": w.Name("Charge/Results"), "key": folder + "/report/failures.jsonl", "count": 1, "batchSize": 1,
	}})
	x.RunToEnd()
	if err := x.Err(); err == nil || err.Name != "MapJob.TooManyFailures" {
		t.Errorf("got %v, expected MapJob.TooManyFailures, because all items of the rerun fail:\n%s", err, x.History())
	}
}

func (w world) get(t *testing.T, bucket, key string) string {
	t.Helper()
	name := w.Name(bucket)
	out, err := s3.NewFromConfig(w.Config()).GetObject(context.Background(), &s3.GetObjectInput{Bucket: &name, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWatch(t *testing.T) {
	has(t, "Watch", "AWS::CloudWatch::Alarm", map[string]any{"Namespace": "AWS/States", "MetricName": "ExecutionsSucceeded", "TreatMissingData": "breaching"})
	run(t, "Watch", charger, func(t *testing.T, w world) {
		w.ends(t, "Nightly", good, account{Total: 2, Succeeded: 2}, "")
		w.ends(t, "Nightly", oneFree, account{}, "MapJob.TooManyFailures")
		messages := w.Messages()
		if len(messages) != 2 || !strings.Contains(messages[1].Body, "AmountNotPositive") && !strings.Contains(messages[1].Body, "1 failed") {
			t.Errorf("got %+v, expected a message for each execution", messages)
		}
	})
}

func TestNetwork(t *testing.T) {
	has(t, "Network", "AWS::Lambda::Function", map[string]any{"VpcConfig": assertions.Match_AnyValue(), "KmsKeyArn": assertions.Match_AnyValue()})
	run(t, "Network", charger, func(t *testing.T, w world) {
		w.ends(t, "Private", good, account{Total: 2, Succeeded: 2}, "")
	})
}

func TestChain(t *testing.T) {
	run(t, "Chain", charger, func(t *testing.T, w world) {
		both := w.Start("Both", good)
		both.RunToEnd()
		if both.Status() != "SUCCEEDED" || len(w.Executions()) != 3 {
			t.Errorf("got %s and %d executions, expected both jobs to run:\n%s", both.Status(), len(w.Executions()), both.History())
		}
		w.ends(t, "Both", oneFree, account{}, "FirstHasFailures")
	})
}

func TestKeep(t *testing.T) {
	has(t, "Keep", "AWS::S3::Bucket", map[string]any{"LifecycleConfiguration": map[string]any{
		"Rules": assertions.Match_ArrayWith(&[]any{assertions.Match_ObjectLike(&map[string]any{"ExpirationInDays": 7})}),
	}})
	has(t, "Keep", "Custom::S3AutoDeleteObjects", map[string]any{"BucketName": assertions.Match_AnyValue()})
	run(t, "Keep", charger, func(t *testing.T, w world) {
		w.ends(t, "Trial", good, account{Total: 2, Succeeded: 2}, "")
	})
}
