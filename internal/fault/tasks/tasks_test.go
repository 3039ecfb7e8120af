package tasks_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mapjob/mapjob/internal/asl/services"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/fault/tasks"
	"github.com/mapjob/mapjob/internal/value"
)

// request returns the request of a task, with its parameters as JSON.
func request(t *testing.T, resource, parameters string) *engine.Request {
	t.Helper()
	parsed, ok := services.Parse(resource)
	if !ok {
		t.Fatalf("got the resource %s, expected a valid one", resource)
	}
	v, err := value.Parse([]byte(parameters))
	if err != nil {
		t.Fatal(err)
	}
	return &engine.Request{Resource: parsed, Parameters: v, Attempt: 2, ExecutionARN: "x"}
}

const function = "arn:aws:lambda:us-east-1:123456789012:function:Worker"

func TestSites(t *testing.T) {
	for _, test := range []struct {
		resource, parameters string
		first, items         int
		expected             fault.Site // besides what all have
	}{
		{function, `{"Items":[{"index":7},{"index":9}]}`, 3, 2, fault.Site{Function: function, Call: tasks.Invoke, Items: []int{7, 9}}},
		{function, `{}`, 3, 2, fault.Site{Function: function, Call: tasks.Invoke, Items: []int{3, 4}}},
		{function, `{"Items":[]}`, 3, 1, fault.Site{Function: function, Call: tasks.Invoke, Items: []int{3}}},
		{"arn:aws:states:::lambda:invoke", `{"FunctionName":"Worker:live","Payload":{"Chunk":{"first":4,"count":2}}}`, 0, 0, fault.Site{Function: "Worker:live", Call: tasks.Invoke, Items: []int{4, 5}}},
		{"arn:aws:states:::lambda:invoke.waitForTaskToken", `{"FunctionName":"Worker","Payload":"text"}`, 0, 0, fault.Site{Function: "Worker", Call: tasks.Invoke}},
		{"arn:aws:states:::aws-sdk:lambda:invoke", `{"FunctionName":"Worker"}`, 0, 0, fault.Site{Function: "Worker", Call: tasks.Invoke}},
		{"arn:aws:states:::lambda:invoke", `{"FunctionName":1}`, 0, 0, fault.Site{Call: tasks.Invoke}},
		{"arn:aws:states:::dynamodb:putItem", `{"Payload":{"Items":[{"index":7}]}}`, 0, 1, fault.Site{Call: "dynamodb:PutItem", Items: []int{0}, Errors: []string{"DynamoDB.InternalServerError", "DynamoDB.SdkClientException"}}},
		{"arn:aws:states:::aws-sdk:sfn:sendTaskSuccess", `{}`, 0, 0, fault.Site{Call: "states:SendTaskSuccess", Errors: []string{"Sfn.InternalServerError", "Sfn.SdkClientException"}}},
		{"arn:aws:states:us-east-1:123456789012:activity:Approve", `{"FunctionName":"Worker"}`, 0, 0, fault.Site{}},
	} {
		r := request(t, test.resource, test.parameters)
		r.First, r.Items = test.first, test.items
		got, expected := tasks.Site(r), test.expected
		expected.Execution, expected.Attempt = "x", 2
		if expected.Call == tasks.Invoke {
			expected.Errors = []string{"Lambda.ServiceException", "Lambda.SdkClientException"}
		}
		if fmt.Sprint(got) != fmt.Sprint(expected) || !slices.Equal(got.Items, expected.Items) {
			t.Errorf("%s with %s: got %+v, expected %+v", test.resource, test.parameters, got, expected)
		}
	}
}

// A call answers after a second, with an error or without. What the task has then is
// the same for an answer that the caller waits for, and for one in virtual time.
func TestWhatFaultsDoToTasks(t *testing.T) {
	const put, job = "arn:aws:states:::dynamodb:putItem", "arn:aws:states:::glue:startJobRun.sync"
	const lostItem, lostCall = "DynamoDB.SdkClientException", "Lambda.SdkClientException"
	for _, test := range []struct {
		fault    string
		resource string
		timed    bool
		fails    bool   // the call
		expected string // the answer or the name of the error
		took     time.Duration
	}{
		{"", put, false, false, "done", time.Second},
		{"", put, false, true, "Own", time.Second},
		{fault.Crash, put, false, false, "done", time.Second},
		{fault.Error, put, false, false, "MapJob.Injected", 0},
		{fault.Error, function, false, false, "MapJob.Injected", 0},
		{fault.Throttle, put, false, false, "DynamoDB.ProvisionedThroughputExceededException", 0},
		{fault.Throttle, function, false, false, "Lambda.TooManyRequestsException", 0},
		{fault.Throttle, "arn:aws:states:::aws-sdk:s3:putObject", false, false, "S3.SlowDown", 0},
		{fault.Slow, put, false, false, "done", 4 * time.Second},
		{fault.Slow, function, false, true, "Own", 4 * time.Second},
		{fault.Lost, put, false, false, lostItem, time.Second},
		{fault.Lost, put, true, false, lostItem, time.Second},
		{fault.Lost, put, false, true, lostItem, time.Second},
		{fault.Lost, function, false, false, lostCall, time.Second},
		{fault.Lost, function, false, true, lostCall, time.Second},
		{fault.Timeout, put, true, false, "the timeout", time.Minute},
		{fault.Timeout, put, true, true, "the timeout", time.Minute},
		{fault.Timeout, put, false, false, lostItem, time.Second},
		{fault.Timeout, job, true, false, "the timeout", time.Minute},
		{fault.Timeout, job, false, false, "Glue.SdkClientException", time.Second},
		{fault.Timeout, function, true, false, "done", time.Second}, // of the function itself
		{fault.Timeout, function, false, false, "done", time.Second},
	} {
		r := request(t, test.resource, `{}`)
		r.Timed = test.timed
		f := &fault.Fault{Fault: test.fault, Delay: 3 * time.Second}
		output, own := any("done"), error(nil)
		if test.fails {
			output, own = nil, &engine.TaskError{Name: "Own"}
		}
		check := func(how string, output any, err error, took time.Duration) {
			got := fmt.Sprint(output)
			if err != nil {
				got = err.Error()
			}
			if failed, ok := errors.AsType[*engine.TaskError](err); ok {
				got = failed.Name
			}
			if got != test.expected || took != test.took {
				t.Errorf("%s %s, timed %v, fails %v, %s: got %s after %s, expected %s after %s", test.fault, test.resource, test.timed, test.fails, how, got, took, test.expected, test.took)
			}
		}
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errors.New("the timeout"))
			defer cancel()
			err := tasks.Refused(f, &r.Resource)
			if err != nil {
				check("waits", nil, err, time.Since(began))
				return
			}
			time.Sleep(time.Second)
			answer, err := tasks.Answered(ctx, f, r, output, own)
			check("waits", answer, err, time.Since(began))
		})
		if tasks.Refused(f, &r.Resource) != nil {
			continue
		}
		switch late, lost := tasks.Answer(f, r); {
		case lost != nil:
			check("in virtual time", nil, lost, time.Second)
		case late == tasks.Never:
			check("in virtual time", nil, errors.New("the timeout"), time.Minute)
		default:
			check("in virtual time", output, own, time.Second+late)
		}
	}
}
