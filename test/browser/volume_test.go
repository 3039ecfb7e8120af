package browser

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	serving "github.com/mapjob/mapjob/internal/console"
	"github.com/mapjob/mapjob/internal/functionlog"
	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/operate/waiting"
	"github.com/mapjob/mapjob/internal/protocol"
)

const (
	manyItems  = 1_000_000
	manyFailed = 300_000
	manyEvents = 25_000
	mapTakes   = 5 * time.Second
	largeRun   = "arn:aws:states:us-east-1:123456789012:execution:Nightly:large"
)

// huge is an AWS with one execution of many items and events. It begins when a page asks for
// it, and takes mapTakes.
type huge struct {
	operate.API
	objects
	once  sync.Once
	start time.Time
}

func (h *huge) since() time.Duration {
	h.once.Do(func() { h.start = time.Now() })
	return time.Since(h.start)
}

func (h *huge) DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error) {
	d := &sfn.DescribeExecutionOutput{ExecutionArn: aws.String(largeRun), Name: aws.String("large"), Status: types.ExecutionStatusRunning, Input: aws.String("{}")}
	if h.since() > mapTakes {
		d.Status, d.StopDate = types.ExecutionStatusSucceeded, aws.Time(h.start.Add(mapTakes))
		d.Output = aws.String(fmt.Sprintf(`{"total": %d, "succeeded": %d, "failed": %d, "errors": {}, "report": {"bucket": "b", "prefix": "p"}}`, manyItems, manyItems-manyFailed, manyFailed))
	}
	d.StartDate = aws.Time(h.start)
	return d, nil
}

func (h *huge) ListExecutions(context.Context, *sfn.ListExecutionsInput, ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error) {
	return &sfn.ListExecutionsOutput{}, nil
}

func (h *huge) ListMapRuns(context.Context, *sfn.ListMapRunsInput, ...func(*sfn.Options)) (*sfn.ListMapRunsOutput, error) {
	h.since()
	return &sfn.ListMapRunsOutput{MapRuns: []types.MapRunListItem{{ExecutionArn: aws.String(largeRun), MapRunArn: aws.String("arn:aws:states:us-east-1:123456789012:mapRun:Nightly/Map:1"), StartDate: aws.Time(h.start)}}}, nil
}

func (h *huge) DescribeMapRun(_ context.Context, in *sfn.DescribeMapRunInput, _ ...func(*sfn.Options)) (*sfn.DescribeMapRunOutput, error) {
	part := min(1, float64(h.since())/float64(mapTakes))
	done := int64(part * manyItems)
	failed := done * manyFailed / manyItems
	return &sfn.DescribeMapRunOutput{MapRunArn: in.MapRunArn, ExecutionArn: aws.String(largeRun), StartDate: aws.Time(h.start), Status: types.MapRunStatusRunning,
		ItemCounts:      &types.MapRunItemCounts{Total: manyItems, Succeeded: done - failed, Failed: failed, Running: min(1000, manyItems-done), Pending: manyItems - done - min(1000, manyItems-done)},
		ExecutionCounts: &types.MapRunExecutionCounts{Total: manyItems / 100, Succeeded: (done - failed) / 100, Failed: failed / 100}}, nil
}

func (h *huge) GetExecutionHistory(_ context.Context, in *sfn.GetExecutionHistoryInput, _ ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error) {
	from := 0
	if in.NextToken != nil {
		from, _ = strconv.Atoi(*in.NextToken)
	}
	to := min(manyEvents, from+max(1, int(in.MaxResults)))
	out := &sfn.GetExecutionHistoryOutput{}
	for id := from + 1; id <= to; id++ {
		e := types.HistoryEvent{Id: int64(id), PreviousEventId: int64(id - 1), Timestamp: aws.Time(h.start.Add(time.Duration(id) * time.Millisecond))}
		name := aws.String(fmt.Sprintf("State%d", id%20))
		switch {
		case id == 1:
			e.Type = types.HistoryEventTypeExecutionStarted
		case id == manyEvents:
			e.Type = types.HistoryEventTypeExecutionSucceeded
		case id%100 == 0:
			e.Type, e.TaskFailedEventDetails = types.HistoryEventTypeTaskFailed, &types.TaskFailedEventDetails{Error: aws.String("Refused")}
		case id%2 == 0:
			e.Type, e.StateEnteredEventDetails = types.HistoryEventTypePassStateEntered, &types.StateEnteredEventDetails{Name: name, Input: aws.String(`{"order": 7}`)}
		default:
			e.Type, e.StateExitedEventDetails = types.HistoryEventTypePassStateExited, &types.StateExitedEventDetails{Name: name, Output: aws.String(`{"order": 7}`)}
		}
		out.Events = append(out.Events, e)
	}
	if to < manyEvents {
		out.NextToken = aws.String(strconv.Itoa(to))
	}
	return out, nil
}

// The source of the console.

type hugeSource struct{ *huge }

func (h hugeSource) service() *operate.Service {
	return &operate.Service{API: h.huge, Store: h.huge, Region: "us-east-1", Pause: 100 * time.Millisecond}
}

func closed() error { return nil }

func typed(name string, _ ...string) string { return "mapjob " + name }

func (h hugeSource) Open(context.Context) (*serving.Jobs, error) {
	return &serving.Jobs{Service: h.service(), Machines: []string{"arn:aws:states:us-east-1:123456789012:stateMachine:Nightly"}, Command: typed, Close: closed}, nil
}

func (h hugeSource) Execution(ctx context.Context, arn string) (*serving.Opened, error) {
	s := h.service()
	x, err := s.Describe(ctx, arn)
	return &serving.Opened{Service: s, Execution: x, Command: typed, Close: closed,
		Logs:    func(context.Context) ([]functionlog.Log, error) { return nil, errors.New("no log group") },
		Trace:   func(context.Context) (*operate.Traced, error) { return nil, errors.New("no definition") },
		Waiting: func() (*waiting.Service, error) { return nil, errors.New("nothing waits") },
		Again:   func(context.Context) []string { return nil },
		Live:    func(context.Context, bool) (*operate.Service, serving.Parts, error) { return s, nil, nil }}, err
}

// TestTheConsoleOfALargeRun follows a million items, pages through those that failed, and
// scrolls through 25,000 events. volume.mjs has the bounds, and prints what it measures.
func TestTheConsoleOfALargeRun(t *testing.T) {
	chromium := find(t)
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "test", "node_modules", "playwright-core")); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("found no playwright-core, expected it in CI: run make test-setup")
		}
		t.Skip("found no playwright-core: run make test-setup to try the console in a browser")
	}
	h := &huge{objects: objects(t.TempDir())}
	at := protocol.Folder{Bucket: "b", Prefix: "p"}.File(protocol.FailuresFile)
	for key, line := range map[string]string{
		at.Key:                    `{"order": "A-%07d", "customer": "Delta Tools"}` + "\n",
		protocol.ErrorsOf(at).Key: `{"index":%d,"error":"Refused"}` + "\n",
	} {
		file, err := os.Create(filepath.Join(string(h.objects), filepath.Base(key)))
		if err != nil {
			t.Fatal(err)
		}
		w := bufio.NewWriter(file)
		for i := range manyFailed {
			fmt.Fprintf(w, line, i)
		}
		if err := errors.Join(w.Flush(), file.Close()); err != nil {
			t.Fatal(err)
		}
	}
	server, err := serving.Serve(serving.Options{Source: hugeSource{h}, Where: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	story := exec.CommandContext(ctx, filepath.Join(root, "node_modules", ".bin", "node"), "volume.mjs")
	story.Env = append(os.Environ(), "ADDRESS="+server.URL(), "CHROMIUM="+chromium, "RUN="+largeRun)
	said, err := story.CombinedOutput()
	if err != nil {
		t.Errorf("a large run in a browser: %v", err)
	}
	t.Logf("%s", said)
}
