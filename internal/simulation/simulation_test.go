package simulation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/internal/simulation"
	"github.com/mapjob/mapjob/internal/simulation/deployment"
	"github.com/mapjob/mapjob/internal/standin"
	"github.com/mapjob/mapjob/internal/template"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

// sample is the stack of the sample, and its first orders as the index of its table
// returns them.
type sample struct {
	stack  *deployment.Stack
	orders *dynamodb.QueryOutput
}

var readSample = sync.OnceValues(func() (*sample, error) {
	root := filepath.Join("..", "..")
	text, err := sampleTemplate(filepath.Join(root, "test", "testdata"))
	if err != nil {
		return nil, err
	}
	parsed, err := template.Parse(text)
	if err != nil {
		return nil, err
	}
	s := &sample{orders: &dynamodb.QueryOutput{}}
	if s.stack, err = deployment.Read(parsed); err != nil {
		return nil, err
	}
	lines, err := os.ReadFile(filepath.Join(root, "examples", "orders.jsonl"))
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(lines)) {
		var order map[string]any
		if err := json.Unmarshal([]byte(line), &order); err != nil {
			return nil, err
		}
		item, err := attributevalue.MarshalMap(order)
		if err != nil {
			return nil, err
		}
		if s.orders.Items = append(s.orders.Items, item); len(s.orders.Items) == 20 {
			break
		}
	}
	return s, nil
})

// sampleTemplate returns the sample's template. Its snapshot has the definition in a
// file of its own, where logical IDs have no hashes.
func sampleTemplate(folder string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(folder, "invoicing-template_1.snap.json"))
	if err != nil {
		return nil, err
	}
	definition, err := os.ReadFile(filepath.Join(folder, "invoicing-definition_1.snap.json"))
	if err != nil {
		return nil, err
	}
	var document struct {
		Resources map[string]struct {
			Type       string
			Properties map[string]any
		}
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	definition = regexp.MustCompile(`\$\{\w+`).ReplaceAllFunc(definition, func(reference []byte) []byte {
		for id := range document.Resources {
			if len(id) > 8 && id[:len(id)-8] == string(reference[2:]) {
				return []byte("${" + id)
			}
		}
		return reference
	})
	for _, r := range document.Resources {
		if r.Type == "AWS::StepFunctions::StateMachine" {
			r.Properties["DefinitionString"] = map[string]any{"Fn::Sub": string(definition)}
		}
	}
	return json.Marshal(document)
}

func theSample(t *testing.T) *sample {
	t.Helper()
	s, err := readSample()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Query implements [dynamodb.QueryAPIClient].
func (s *sample) Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	return s.orders, nil
}

// clientOfContext is the S3 that a test run has put into the context.
type clientOfContext struct{}

func (clientOfContext) PutObject(ctx context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	client, ok := standin.Of[s3object.API](ctx)
	if !ok {
		return nil, errors.New("no client in the context")
	}
	return client.PutObject(ctx, in)
}

// bucket returns the name of the bucket that begins with this.
func (s *sample) bucket(t *testing.T, beginning string) string {
	t.Helper()
	for _, name := range s.stack.Buckets {
		if strings.HasPrefix(name, "stack-"+beginning) {
			return name
		}
	}
	t.Fatalf("got the buckets %v, expected one of %s", s.stack.Buckets, beginning)
	return ""
}

// handlers returns the sample's own handlers.
func (s *sample) handlers(t *testing.T) map[string]lambda.Handler {
	t.Helper()
	quiet := job.WithLogger(slog.New(slog.DiscardHandler))
	invoices := &invoicing.Invoices{Client: clientOfContext{}, Bucket: s.bucket(t, "invoices")}
	orders := &invoicing.Orders{Client: s, Table: "orders", Index: "due"}
	handlers := map[string]lambda.Handler{}
	for _, f := range s.stack.Functions {
		switch {
		case strings.Contains(f.Name, "JobStart"):
			handlers[f.Name] = job.Start(orders.Due, quiet)
		case strings.Contains(f.Name, "Worker"):
			handlers[f.Name] = job.Work(invoices.Write, job.Concurrency(8), quiet)
		case strings.Contains(f.Name, "Summary"):
			handlers[f.Name] = job.Summarize(invoicing.Revenues, quiet, job.WithMetrics(io.Discard))
		}
	}
	return handlers
}

// ran is how a run of the sample went.
type ran struct {
	execution *engine.Execution
	probe     *engine.Execution // the next one
	events    []string
	choices   uint64
	objects   []string // keys and sizes
}

// run runs the sample to its end.
func (s *sample) run(t *testing.T, o simulation.Options) (r ran) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o.Stack, o.Handlers = s.stack, s.handlers(t)
		o.Observe = func(e *event.Event) {
			text, err := json.Marshal(e)
			if err != nil {
				t.Error(err)
			}
			r.events = append(r.events, string(text))
		}
		w, err := simulation.New(o)
		if err != nil {
			t.Fatal(err)
		}
		arn, err := w.Session().Start(s.stack.Machines[0].ARN, "night", []byte(`{"date":"2026-11-01"}`))
		if err != nil {
			t.Fatal(err)
		}
		w.Session().RunToEnd(arn)
		r.execution, _ = w.Session().Result(arn)
		r.choices = w.Choices()
		arn, err = w.Session().Start(s.stack.Machines[0].ARN, "probe", []byte(`{"date":"2026-11-01"}`))
		if err != nil {
			t.Fatal(err)
		}
		w.Session().RunToEnd(arn)
		r.probe, _ = w.Session().Result(arn)
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// The same holds if things go wrong, as a seed draws them.
func TestARunWithFaultsRepeats(t *testing.T) {
	s := theSample(t)
	sites := &fault.Sites{}
	s.run(t, simulation.Options{Sites: sites})
	kinds := map[string]int{}
	for seed := range uint64(60) {
		run := func() ran {
			return s.run(t, simulation.Options{Seed: seed, Plan: &fault.Plan{Faults: sites.Draw(seed, nil, 3)},
				Struck: func(_ fault.Site, f fault.Fault) { kinds[f.Fault]++ }})
		}
		first, again := run(), run()
		if diff := cmp.Diff(first.events, again.events); diff != "" || first.choices != again.choices {
			t.Fatalf("seed %d, faults %v: two runs differ (-first +again):\n%s", seed, sites.Draw(seed, nil, 3), diff)
		}
	}
	for _, kind := range fault.Kinds() {
		if kinds[kind] == 0 {
			t.Errorf("got no %s in 60 seeds, expected each kind to strike: %v", kind, kinds)
		}
	}
}

type account struct{ Total, Succeeded, Failed, Missing int }

func accountOf(t *testing.T, x *engine.Execution) (a account) {
	t.Helper()
	if err := json.Unmarshal(x.Output, &a); err != nil {
		t.Fatalf("%v in %s: %s %s %s", err, x.Output, x.Status, x.Error, x.Cause)
	}
	return a
}

func TestTheSampleRuns(t *testing.T) {
	s := theSample(t)
	r := s.run(t, simulation.Options{})
	for _, x := range []*engine.Execution{r.execution, r.probe} {
		if got := accountOf(t, x); got != (account{Total: 20, Succeeded: 19, Failed: 1}) {
			t.Errorf("got %+v, expected 19 of 20 orders invoiced and one refused", got)
		}
	}
}

// Only what the scheduler chooses differs between seeds.
func TestARunRepeats(t *testing.T) {
	s := theSample(t)
	distinct := map[uint64]bool{}
	for seed := range uint64(50) {
		first := s.run(t, simulation.Options{Seed: seed})
		distinct[first.choices] = true
		for range 2 {
			again := s.run(t, simulation.Options{Seed: seed})
			if diff := cmp.Diff(first.events, again.events); diff != "" {
				t.Fatalf("seed %d: events of two runs differ (-first +again):\n%s", seed, diff)
			}
			if first.choices != again.choices {
				t.Fatalf("seed %d: got the choices %x and %x in two runs", seed, first.choices, again.choices)
			}
			if diff := cmp.Diff(first.objects, again.objects); diff != "" {
				t.Fatalf("seed %d: objects of two runs differ (-first +again):\n%s", seed, diff)
			}
		}
	}
	if len(distinct) < 40 {
		t.Errorf("got %d different orders with 50 seeds, expected the seed to choose", len(distinct))
	}
}

// Each write of each function is followed by a crash, in a run of its own.
func TestNothingIsLostByACrashAfterAnyWrite(t *testing.T) {
	s := theSample(t)
	crashes := 0
	for _, function := range []string{"JobStart", "Worker", "Summary"} {
		for write := 1; ; write++ {
			struck := 0
			r := s.run(t, simulation.Options{
				Seed:   uint64(write),
				Plan:   &fault.Plan{Faults: []fault.Fault{{Fault: fault.Crash, When: fmt.Sprint("write ", write), Function: function}}},
				Struck: func(fault.Site, fault.Fault) { struck++ },
			})
			if got := accountOf(t, r.execution); got.Total != 20 || got.Missing != 0 || got.Succeeded < 18 {
				t.Errorf("%s, write %d: got %+v, expected an account of 20 items", function, write, got)
			}
			if got := accountOf(t, r.probe); got.Total != 20 {
				t.Errorf("%s, write %d: got %+v of the next execution, expected that it takes the lock", function, write, got)
			}
			if struck == 0 {
				break
			}
			crashes++
			if !slices.ContainsFunc(r.events, func(e string) bool { return strings.Contains(e, "Runtime.ExitError") }) {
				t.Errorf("%s, write %d: got no Runtime.ExitError in the history", function, write)
			}
		}
	}
	if crashes != 25 {
		t.Errorf("got %d writes followed by a crash, expected 25", crashes)
	}
}
