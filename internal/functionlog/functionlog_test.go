package functionlog_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/mapjob/mapjob/internal/functionlog"
)

const (
	monday = "arn:aws:states:eu-west-1:123456789012:execution:Nightly:monday"
	one    = "11111111-1111-1111-1111-111111111111"
	other  = "22222222-2222-2222-2222-222222222222"
)

func TestLinesOfRuntimes(t *testing.T) {
	t.Parallel()
	for text, expected := range map[string]string{
		`{"timestamp":"2026-11-28T09:00:01.236Z","level":"ERROR","message":"item failed","error":"NoPrice","attempt":3,"execution":"x","requestId":"r","index":7}`: "item failed NoPrice 3 x r 7",
		`{"message":"items not started","error":"MapJob.DeadlineExceeded","first":3,"last":9,"count":5,"execution":"x","requestId":"r"}`:                           "items not started MapJob.DeadlineExceeded 0 x r -",
		`{"time":"2026-11-28T09:00:01.236Z","type":"platform.start","record":{"requestId":"r","version":"$LATEST"}}`:                                               "  0  r -",
		`{"timestamp":"2026-11-28T09:00:01Z","level":"INFO","message":{"deep":1},"requestId":"r"}`:                                                                 "  0  r -",      // Node.js
		`{"timestamp":"2026-11-28T09:00:01Z","level":"INFO","message":"hello","logger":"root","requestId":"r"}`:                                                    "hello  0  r -", // Python
		`[INFO]	2026-11-28T09:00:01.000Z	r	hello`: "  0   -",
		`{"message": "cut of`:                     "  0   -",
		`null`:                                    "  0   -",
		``:                                        "  0   -",
		`{"index":"seven","message":"item failed","execution":"x"}`: "item failed  0 x  -",
	} {
		l := functionlog.Parse(text)
		index := "-"
		if l.Index != nil {
			index = strconv.Itoa(*l.Index)
		}
		if got := fmt.Sprint(l.Message, " ", l.Error, " ", l.Attempt, " ", l.Execution, " ", l.RequestID, " ", index); got != expected || l.Text != text {
			t.Errorf("%s: got %q, expected %q", text, got, expected)
		}
	}
}

func TestWhichLinesAQueryWants(t *testing.T) {
	t.Parallel()
	seven := 7
	for _, c := range []struct {
		text           string
		ofSeven, fails bool
	}{
		{`{"message":"item failed","execution":"x","index":7}`, true, true},
		{`{"message":"item failed","execution":"x","index":8}`, false, true},
		{`{"message":"item failed","execution":"y","index":7}`, false, false},
		{`{"message":"priced","execution":"x","index":7}`, true, false},
		{`{"message":"items not started","execution":"x","first":7,"last":9,"count":3}`, true, true},
		{`{"message":"items not started","execution":"x","first":8,"last":9,"count":2}`, false, true},
		{`{"message":"items not started","execution":"x","first":7}`, false, false},
		{`{"message":"invocation failed","execution":"x","index":7}`, true, true},
		{`{"message":"invocation failed","execution":"x"}`, false, false},
		{`{"message":"item failed","execution":"x","index":-7}`, false, false},
		{`plain x 7`, false, false},
		{`{"message" : "priced", "execution" : "x", "index" : 7}`, true, false},
		{`{"message":"\"index\": 8","execution":"x","index":7}`, true, false},
		{`{"other":{"index":8},"message":"priced","execution":"x","index":	7}`, true, false},
		{`{"message":"item failed","execution":"x","index":77}`, false, true},
	} {
		l := functionlog.Parse(c.text)
		ofSeven, fails := functionlog.Query{Execution: "x", Item: &seven}, functionlog.Query{Execution: "x"}
		if got := ofSeven.Wants(&l); got != c.ofSeven {
			t.Errorf("%s: got %t for item 7, expected %t", c.text, got, c.ofSeven)
		}
		if got := fails.Wants(&l); got != c.fails {
			t.Errorf("%s: got %t for failed items, expected %t", c.text, got, c.fails)
		}
		if c.ofSeven && !ofSeven.MayWant([]byte(c.text)) || c.fails && !fails.MayWant([]byte(c.text)) {
			t.Errorf("%s: got that it is not wanted before it was parsed, expected that it may be", c.text)
		}
	}
}

func TestMostLinesAreNotParsed(t *testing.T) {
	t.Parallel()
	seven := 7
	for _, text := range []string{"plain exec-1 7", `{"message":"priced","execution":"exec-1","index":8}`, `{"message":"priced","execution":"exec-2","index":7}`} {
		if q := (functionlog.Query{Execution: "exec-1", Item: &seven}); q.MayWant([]byte(text)) {
			t.Errorf("%s: got that it may be wanted, expected not", text)
		}
	}
}

func TestItemsAreCountedOnce(t *testing.T) {
	t.Parallel()
	var counts functionlog.Counts
	for _, text := range []string{
		`{"message":"item failed","error":"NoPrice","index":7}`,
		`{"message":"item failed","error":"NoPrice","index":7}`,
		`{"message":"item failed","error":"Gone","index":70}`,
		`{"message":"items not started","error":"MapJob.DeadlineExceeded","first":80,"last":99,"count":20}`,
	} {
		l := functionlog.Parse(text)
		counts.Add(&l)
	}
	counts.Sort()
	expected := []functionlog.ErrorLines{{Error: "MapJob.DeadlineExceeded", Count: 20}, {Error: "NoPrice", Count: 2}, {Error: "Gone", Count: 1}}
	if counts.Lines != 4 || counts.Items != 2 || counts.NotStarted != 20 || !slices.Equal(counts.Errors, expected) {
		t.Errorf("got %+v, expected 4 lines, 2 items, 20 not started and %v", counts, expected)
	}
}

type event struct {
	ms     int64
	stream string
	text   string
}

// group is a log group that answers with at most two events, and with none in each
// other answer, as CloudWatch Logs may.
type group struct {
	events []event
	asked  []string
}

func (g *group) FilterLogEvents(_ context.Context, in *cloudwatchlogs.FilterLogEventsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.FilterLogEventsOutput, error) {
	from := 0
	if in.NextToken == nil {
		g.asked = append(g.asked, aws.ToString(in.FilterPattern))
	} else {
		_, _ = fmt.Sscan(*in.NextToken, &from)
	}
	out := &cloudwatchlogs.FilterLogEventsOutput{}
	if from%2 == 1 { // an answer without events
		out.NextToken = aws.String(strconv.Itoa(from - 1))
		if from-1 >= 2*len(g.events) {
			out.NextToken = nil
		}
		return out, nil
	}
	at := from / 2
	for ; at < len(g.events) && len(out.Events) < 2; at++ {
		e := g.events[at]
		pattern := aws.ToString(in.FilterPattern)
		switch {
		case e.ms < aws.ToInt64(in.StartTime), in.EndTime != nil && e.ms >= *in.EndTime:
		case len(in.LogStreamNames) > 0 && !slices.Contains(in.LogStreamNames, e.stream):
		case strings.HasPrefix(pattern, `"`) && !strings.Contains(e.text, strings.Trim(pattern, `"`)):
		case strings.HasPrefix(pattern, `{`) && !strings.Contains(e.text, monday):
		default:
			out.Events = append(out.Events, types.FilteredLogEvent{Message: aws.String(e.text + "\n"), Timestamp: aws.Int64(e.ms), LogStreamName: aws.String(e.stream)})
		}
	}
	out.NextToken = aws.String(strconv.Itoa(2*at + 1))
	return out, nil
}

func failed(request string, index int) string {
	return fmt.Sprintf(`{"message":"item failed","error":"NoPrice","execution":%q,"requestId":%q,"index":%d}`, monday, request, index)
}

func platform(kind, request string) string {
	return fmt.Sprintf(`{"type":"platform.%s","record":{"requestId":%q}}`, kind, request)
}

// The lines of an invocation are those of its stream between its first and its last
// line, also if they do not name it.
func TestLinesOfAnInvocation(t *testing.T) {
	t.Parallel()
	g := &group{events: []event{
		{1000, "a", "loading"},
		{1001, "a", platform("start", other)}, {1001, "a", "print of another invocation"}, {1002, "a", platform("report", other)},
		{1002, "a", platform("start", one)},
		{1003, "b", "print of another environment"},
		{1003, "a", "Traceback:"},
		{1003, "a", "  in line 3"},
		{1004, "b", failed(other, 9)},
		{1004, "a", failed(one, 7)},
		{1005, "a", "after"},
		{1006, "a", platform("report", one)},
		{1006, "a", "print of the next invocation"},
	}}
	watch := functionlog.CloudWatch{Logs: g}
	var got []string
	q := &functionlog.Query{Execution: monday, From: time.UnixMilli(0), To: time.UnixMilli(5000)}
	if err := watch.Group("workers").Invocation(t.Context(), q, one, func(l *functionlog.Line) error {
		got = append(got, l.Text)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	expected := []string{platform("start", one), "Traceback:", "  in line 3", failed(one, 7), "after", platform("report", one)}
	if !slices.Equal(got, expected) {
		t.Errorf("got %q, expected %q", got, expected)
	}
}

func TestSearchInALogGroup(t *testing.T) {
	t.Parallel()
	g := &group{events: []event{
		{10, "a", failed(one, 1)}, // of an execution before
		{1000, "a", failed(one, 7)}, {1001, "b", failed(other, 8)}, {1002, "b", "names " + monday}, {1003, "a", failed(one, 9)},
	}}
	watch := functionlog.CloudWatch{Logs: g}
	seven := 7
	for _, c := range []struct {
		item    *int
		lines   int
		pattern string
	}{
		{nil, 3, `{ ($.execution = "` + monday + `") && (($.message = "item failed") || ($.message = "items not started") || ($.message = "invocation failed")) }`},
		{&seven, 1, `{ ($.execution = "` + monday + `") && (($.index = 7) || (($.message = "items not started") && ($.first <= 7) && ($.last >= 7))) }`},
	} {
		lines := 0
		if err := watch.Group("workers").Search(t.Context(), &functionlog.Query{Execution: monday, Item: c.item, From: time.UnixMilli(500)}, func(l *functionlog.Line) error {
			if lines++; l.Log != "workers" || l.Time == nil || l.Stream == "" {
				t.Errorf("got %+v, expected a line with log, time and stream", l)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if pattern := g.asked[len(g.asked)-1]; lines != c.lines || pattern != c.pattern {
			t.Errorf("got %d lines for the pattern %s, expected %d for %s", lines, pattern, c.lines, c.pattern)
		}
	}
}

type functions map[string]*lambda.GetFunctionConfigurationOutput

func (f functions) GetFunctionConfiguration(_ context.Context, in *lambda.GetFunctionConfigurationInput, _ ...func(*lambda.Options)) (*lambda.GetFunctionConfigurationOutput, error) {
	if found, ok := f[*in.FunctionName]; ok {
		return found, nil
	}
	return nil, errors.New("no such function")
}

func TestLogGroupOfAFunction(t *testing.T) {
	t.Parallel()
	watch := functionlog.CloudWatch{
		Functions: functions{
			"own":   {FunctionName: aws.String("own"), LoggingConfig: &lambdatypes.LoggingConfig{LogGroup: aws.String("Stack-WorkerLogs")}},
			"plain": {FunctionName: aws.String("plain")},
		},
		Region: "eu-west-1",
	}
	for name, expected := range map[string]string{"own": "Stack-WorkerLogs", "plain": "/aws/lambda/plain"} {
		if got, err := watch.GroupOf(t.Context(), name); got != expected || err != nil {
			t.Errorf("%s: got %s and error %v, expected %s", name, got, err, expected)
		}
	}
	if _, err := watch.GroupOf(t.Context(), "gone"); err == nil {
		t.Error("got a log group of a function that does not exist, expected an error")
	}
}

func TestALineAsJSON(t *testing.T) {
	t.Parallel()
	l := functionlog.Parse(failed(one, 7))
	l.Log, l.Stream = "workers", "a"
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	for _, expected := range []string{`"log":"workers"`, `"requestId":"` + one + `"`, `"index":7`, `"error":"NoPrice"`, `"text":"{`} {
		if !strings.Contains(string(text), expected) {
			t.Errorf("got %s, expected %s in it", text, expected)
		}
	}
}

// refusing answers each request with an error.
type refusing struct{ code string }

func (r refusing) RoundTrip(request *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amzn-Errortype": {r.code}}, Request: request,
		Body: io.NopCloser(strings.NewReader(fmt.Sprintf(`{"__type": %q, "message": "no"}`, r.code)))}, nil
}

func TestErrorsOfAWSSayWhatToDo(t *testing.T) {
	t.Parallel()
	for code, expected := range map[string][2]string{
		"AccessDeniedException": {"permission is missing: allow logs:FilterLogEvents on log group workers (no)", "permission is missing: allow lambda:GetFunctionConfiguration on worker (no)"},
		"ResourceNotFoundException": {"log group workers does not exist in region eu-west-1 of this account, or not any more: --log-group names the log group of the worker (no)",
			"worker does not exist in region eu-west-1 of this account, or not any more: --log-group names the log group of the worker (no)"},
	} {
		keys, client := credentials.NewStaticCredentialsProvider("a", "b", ""), &http.Client{Transport: refusing{code}}
		watch := functionlog.CloudWatch{Region: "eu-west-1",
			Logs:      cloudwatchlogs.New(cloudwatchlogs.Options{Region: "eu-west-1", Credentials: keys, HTTPClient: client, RetryMaxAttempts: 1}),
			Functions: lambda.New(lambda.Options{Region: "eu-west-1", Credentials: keys, HTTPClient: client, RetryMaxAttempts: 1})}
		err := watch.Group("workers").Search(t.Context(), &functionlog.Query{Execution: monday}, nil)
		if err == nil || err.Error() != expected[0] {
			t.Errorf("%s: got %v, expected %s", code, err, expected[0])
		}
		if _, err := watch.GroupOf(t.Context(), "worker"); err == nil || err.Error() != expected[1] {
			t.Errorf("%s: got %v, expected %s", code, err, expected[1])
		}
	}
}
