package operate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/mapjob/mapjob/internal/operate/failed"
	"github.com/mapjob/mapjob/internal/protocol"
)

const (
	machine  = "arn:aws:states:eu-west-1:123456789012:stateMachine:Nightly-AbC"
	monday   = "arn:aws:states:eu-west-1:123456789012:execution:Nightly-AbC:monday"
	failures = "Nightly-AbC/monday/report/failures.jsonl"
)

// objects is a [Store] in memory.
type objects map[string]string

func (o objects) Open(_ context.Context, at protocol.Object) (io.ReadCloser, error) {
	text, ok := o[at.Key]
	if !ok {
		return nil, fmt.Errorf("s3://%s/%s: %w", at.Bucket, at.Key, fs.ErrNotExist)
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

func (o objects) OpenAt(_ context.Context, at protocol.Object, bytes int64) (io.ReadCloser, error) {
	text, ok := o[at.Key]
	if !ok {
		return nil, fmt.Errorf("s3://%s/%s: %w", at.Bucket, at.Key, fs.ErrNotExist)
	}
	return io.NopCloser(strings.NewReader(text[min(bytes, int64(len(text))):])), nil
}

func (o objects) Keys(_ context.Context, folder protocol.Folder) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, key := range slices.Sorted(maps.Keys(o)) {
			if strings.HasPrefix(key, folder.Prefix+"/") && !yield(key, nil) {
				return
			}
		}
	}
}

func (o objects) Create(_ context.Context, at protocol.Object, metadata map[string]string, from io.Reader) error {
	text, err := io.ReadAll(from)
	if err == nil {
		o[at.Key] = metadata[protocol.MetadataCount] + "|" + string(text)
	}
	return err
}

// stepFunctions is an [API] that answers what its fields say.
type stepFunctions struct {
	API

	started *sfn.StartExecutionInput
	asked   int // times DescribeExecution was called
	running int // of these are answered with RUNNING
}

func (f *stepFunctions) DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error) {
	f.asked++
	d := &sfn.DescribeExecutionOutput{Name: aws.String("monday"), Status: types.ExecutionStatusSucceeded, StartDate: aws.Time(time.Now()), StopDate: aws.Time(time.Now()),
		Input:  aws.String(`{"date": "2026-11-28", "big": 12345678901234567890, "mapjobRerun": {"execution": "old"}}`),
		Output: aws.String(`{"total": 200000, "succeeded": 100000, "failed": 100000, "missing": 0, "errors": {"NoPrice": 99999, "Gone": 1}, "report": {"bucket": "b", "prefix": "Nightly-AbC/monday/report"}}`)}
	if f.asked <= f.running {
		d.Status, d.Output, d.StopDate = types.ExecutionStatusRunning, nil, nil
	}
	return d, nil
}

func (*stepFunctions) ListMapRuns(context.Context, *sfn.ListMapRunsInput, ...func(*sfn.Options)) (*sfn.ListMapRunsOutput, error) {
	return &sfn.ListMapRunsOutput{}, nil
}

func (*stepFunctions) GetExecutionHistory(context.Context, *sfn.GetExecutionHistoryInput, ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error) {
	return &sfn.GetExecutionHistoryOutput{}, nil
}

func (f *stepFunctions) StartExecution(_ context.Context, in *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	f.started = in
	return &sfn.StartExecutionOutput{ExecutionArn: aws.String("arn:started")}, nil
}

// manyFailures are 100,000 failed items, of which one is Gone.
func manyFailures() objects {
	var items, errors bytes.Buffer
	for i := range 100_000 {
		fmt.Fprintf(&items, `{"id":%d,"text":%q}`+"\n", i, strings.Repeat("x", 100))
		name := "NoPrice"
		if i == 70_000 {
			name = "Gone"
		}
		fmt.Fprintf(&errors, `{"index":%d,"error":%q}`+"\n", 2*i, name)
	}
	return objects{failures: items.String(), strings.Replace(failures, ".jsonl", ".errors.jsonl", 1): errors.String()}
}

func describe(t *testing.T, s *Service) *Execution {
	t.Helper()
	x, err := s.Describe(t.Context(), monday)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestAHundredThousandFailedItems(t *testing.T) {
	s := &Service{API: &stepFunctions{}, Store: manyFailures()}
	x := describe(t, s)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	plan, err := s.PlanRerun(t.Context(), x, failed.Filter{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	n, most := 0, uint64(0)
	for item, err := range plan.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if item.Index != 2*n {
			t.Fatalf("got index %d, expected %d", item.Index, 2*n)
		}
		if n++; n%25_000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&after)
			most = max(most, after.HeapAlloc)
		}
	}
	if n != 100_000 || plan.Count != 100_000 || plan.Errors[0].Error != "NoPrice" || plan.Errors[0].Count != 99_999 {
		t.Errorf("got %d items and the plan %+v, expected 100,000", n, plan.Items)
	}
	if grown := int64(most) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("got %d bytes more in use, expected no more than buffers", grown)
	}
}

// Another program may have written to the bucket.
func TestAFailedItemThatIsNotJSON(t *testing.T) {
	store := manyFailures()
	store[failures] = strings.Replace(store[failures], `{"id":1,`, "\xff", 1)
	s := &Service{API: &stepFunctions{}, Store: store}
	plan, err := s.PlanRerun(t.Context(), describe(t, s), failed.Filter{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = s.Start(t.Context(), plan); err == nil || !strings.HasPrefix(err.Error(), "reading s3://b/"+failures+": got text that is not JSON in item 2, expected one JSON value in each line: \ufffd") {
		t.Errorf("got %v", err)
	}
}

func TestARerunOfSomeErrors(t *testing.T) {
	api, store := &stepFunctions{}, manyFailures()
	s := &Service{API: api, Store: store}
	plan, err := s.PlanRerun(t.Context(), describe(t, s), failed.Filter{Errors: []string{"Gone"}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Start(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	var input struct {
		Big         json.RawMessage
		MapjobRerun protocol.Rerun
	}
	if err := json.Unmarshal([]byte(*api.started.Input), &input); err != nil {
		t.Fatal(err)
	}
	key := "Nightly-AbC/monday/reruns/" + *api.started.Name + ".jsonl"
	if expected := (protocol.Rerun{Execution: monday, Bucket: "b", Key: key, Count: 1, BatchSize: 1}); input.MapjobRerun != expected || string(input.Big) != "12345678901234567890" {
		t.Errorf("got input %s, expected %+v and the input of the earlier execution", *api.started.Input, expected)
	}
	if *api.started.StateMachineArn != machine {
		t.Errorf("got %s, expected %s to be started", *api.started.StateMachineArn, machine)
	}
	if got := store[key]; !strings.HasPrefix(got, `1|{"id":70000,`) || strings.Count(got, "\n") != 1 {
		t.Errorf("got the items %q, expected one with its number", got)
	}
	if got := store[strings.Replace(key, ".jsonl", ".errors.jsonl", 1)]; got != `|{"index":140000,"error":"Gone"}`+"\n" {
		t.Errorf("got the errors %q", got)
	}
	if _, err := s.PlanRerun(t.Context(), describe(t, s), failed.Filter{Errors: []string{"gone"}}, 0); err == nil || err.Error() != "--error gone: no item failed with it, expected one of: Gone, NoPrice" {
		t.Errorf("got %v for an error that no item has", err)
	}
}

func TestWatchAsksLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &stepFunctions{running: 40}
		s := &Service{API: api}
		var times []time.Time
		if _, err := s.Watch(t.Context(), monday, func(*Status) { times = append(times, time.Now()) }); err != nil {
			t.Fatal(err)
		}
		first, last := times[1].Sub(times[0]), times[len(times)-1].Sub(times[len(times)-2])
		if len(times) != 41 || first < 5*time.Second || first > 7*time.Second || last <= first || last > time.Minute {
			t.Errorf("got %d looks, the first after %s and the last after %s, expected 41, some 5s and more", len(times), first, last)
		}
	})
}

// vanishing is an [API] of two executions, of which the first is removed after it was listed.
type vanishing struct{ stepFunctions }

func (v *vanishing) ListExecutions(context.Context, *sfn.ListExecutionsInput, ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error) {
	return &sfn.ListExecutionsOutput{Executions: []types.ExecutionListItem{
		{ExecutionArn: aws.String(monday), Name: aws.String("monday"), Status: types.ExecutionStatusSucceeded, StartDate: aws.Time(time.Now())},
		{ExecutionArn: aws.String(monday + "-2"), Name: aws.String("monday-2"), Status: types.ExecutionStatusSucceeded, StartDate: aws.Time(time.Now())},
	}}, nil
}

func (v *vanishing) DescribeExecution(ctx context.Context, in *sfn.DescribeExecutionInput, options ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error) {
	if *in.ExecutionArn == monday {
		return nil, &types.ExecutionDoesNotExist{}
	}
	return v.stepFunctions.DescribeExecution(ctx, in, options...)
}

func TestAnExecutionThatWasRemovedMeanwhileIsNotListed(t *testing.T) {
	list, err := (&Service{API: &vanishing{}}).List(t.Context(), machine, Filter{Most: 10})
	if err != nil || len(list) != 1 || list[0].ARN != monday+"-2" {
		t.Errorf("got %+v and error %v, expected the other execution", list, err)
	}
}
