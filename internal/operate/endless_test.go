package operate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/mapjob/mapjob/internal/awserror"
	"github.com/mapjob/mapjob/internal/graph"
	"github.com/mapjob/mapjob/internal/operate/statemachine"
	"github.com/mapjob/mapjob/internal/pages"
	"github.com/mapjob/mapjob/internal/silence"
)

func TestAnEndpointThatRepeatsItsTokens(t *testing.T) {
	again := asked(t, answer{http.StatusOK, nil, `{"nextToken": "again"}`})
	for name, do := range map[string]func(context.Context) error{
		"ListExecutions": func(ctx context.Context) error { return second(again.List(ctx, machine, Filter{Most: 1})) },
		"ListStateMachines": func(ctx context.Context) error {
			return second(statemachine.Find(ctx, again.API, again.Region, "Nightly"))
		},
		"ListMapRuns": func(ctx context.Context) error {
			return second(again.Status(ctx, &Execution{ARN: monday, Status: "FAILED"}))
		},
		"GetExecutionHistory": func(ctx context.Context) error { return again.addHistory(ctx, graph.NewTrace(), monday, "FAILED") },
		"the last events":     func(ctx context.Context) error { return second(again.Describe(ctx, monday)) },
		"children": func(ctx context.Context) error {
			return again.addChildren(ctx, graph.NewTrace(), "Map", &MapRun{ARN: monday}, Children{Most: 10})
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			if err := do(ctx); !errors.As(err, new(*pages.RepeatedError)) {
				t.Errorf("got %v, expected that the token repeats", err)
			}
		})
	}
}

func TestAnEndpointThatDoesNotAnswer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else the server does not see that the client has gone
		<-r.Context().Done()
	}))
	defer server.Close()
	defer server.CloseClientConnections()
	quiet := &http.Client{Transport: &http.Transport{DialContext: silence.Ending((&net.Dialer{}).DialContext, 200*time.Millisecond)}}
	s := &Service{Region: "eu-west-1", API: sfn.New(sfn.Options{Region: "eu-west-1", BaseEndpoint: &server.URL, HTTPClient: quiet,
		Credentials: credentials.NewStaticCredentialsProvider("AKIA", "secret", "")})}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err := s.Describe(ctx, monday)
	expected := "Step Functions does not answer states:DescribeExecution: check the network, and HTTPS_PROXY and AWS_ENDPOINT_URL if they are set (" +
		strings.TrimPrefix(server.URL, "http://") + " was silent for 200ms, expected an answer)"
	if err == nil || err.Error() != expected {
		t.Errorf("got %v, expected %s", err, expected)
	}
	if _, passing := awserror.Passing(err); !passing {
		t.Errorf("got %v as an error that stays, expected that a watch goes on", err)
	}
	if !strings.Contains(fmt.Sprint(errors.Unwrap(err)), "exceeded maximum number of attempts, 3") {
		t.Errorf("got %v, expected three attempts", errors.Unwrap(err))
	}
}

// history is an [API] of a state machine with so many executions. It counts requests.
type history struct {
	API

	executions   int
	pages, asked int
}

func (h *history) ListExecutions(_ context.Context, in *sfn.ListExecutionsInput, _ ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error) {
	h.pages++
	first := 0
	if in.NextToken != nil {
		_, _ = fmt.Sscan(*in.NextToken, &first)
	}
	page := &sfn.ListExecutionsOutput{}
	end := first + cmp.Or(int(in.MaxResults), 100)
	for i := first; i < min(end, h.executions); i++ {
		page.Executions = append(page.Executions, types.ExecutionListItem{ExecutionArn: aws.String(monday + strconv.Itoa(i)), StartDate: aws.Time(time.Now()),
			Status: []types.ExecutionStatus{types.ExecutionStatusRunning, types.ExecutionStatusSucceeded, types.ExecutionStatusFailed}[i%3]})
	}
	if end < h.executions {
		page.NextToken = aws.String(strconv.Itoa(end))
	}
	return page, nil
}

func (h *history) DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error) {
	h.asked++
	return &sfn.DescribeExecutionOutput{Name: aws.String("monday"), Status: types.ExecutionStatusSucceeded, Output: aws.String(`{"total": 3, "errors": {}}`)}, nil
}

func TestALongListAsksForFewDescriptions(t *testing.T) {
	h := &history{executions: 25_000}
	list, err := (&Service{API: h}).List(t.Context(), machine, Filter{Most: 20_000, Described: 100})
	if err != nil || len(list) != 20_000 {
		t.Fatalf("got %d executions and %v, expected 20,000", len(list), err)
	}
	if h.pages != 20 || h.asked != 100 {
		t.Errorf("got %d pages and %d descriptions, expected 20 and 100", h.pages, h.asked)
	}
	undescribed := 0
	for i := range list {
		x := &list[i]
		if x.Undescribed {
			undescribed++
		}
		if x.Undescribed && (x.Running() || x.Account != nil || i < 100) {
			t.Errorf("execution %d: got %+v, expected that it is described", i, x)
		}
	}
	if expected := 20_000*2/3 - 100; undescribed < expected || undescribed > expected+1 {
		t.Errorf("got %d that are not described, expected %d", undescribed, expected)
	}
	h = &history{executions: 25}
	if list, err := (&Service{API: h}).List(t.Context(), machine, Filter{Most: 20}); err != nil || len(list) != 20 || h.pages != 1 || h.asked != 13 {
		t.Errorf("got %d executions, %v, %d pages and %d descriptions, expected 20, a page and the 13 that have ended", len(list), err, h.pages, h.asked)
	}
}
