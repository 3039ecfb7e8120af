package lambda_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/memory/lambda"
)

// functions is one function that repeats its payload, and fails if it is "fail".
type functions struct{ events []string }

const arn = "arn:aws:lambda:us-east-1:123456789012:function:echo"

func (*functions) Has(name string) bool { return name == "echo" || name == arn }

func (*functions) Invoke(_ context.Context, name string, payload []byte) (*lambdahost.Response, error) {
	switch string(payload) {
	case `"fail"`:
		return &lambdahost.Response{Payload: []byte(`{"errorType":"Broken"}`), FunctionError: "Unhandled", RequestID: "r-2"}, nil
	case `"throttle"`:
		return nil, &lambdahost.Error{Code: "TooManyRequestsException", Message: "Rate Exceeded."}
	case `"break"`:
		return nil, errors.New("broken")
	}
	return &lambdahost.Response{Payload: append([]byte(name+" got "), payload...), RequestID: "r-1"}, nil
}

func (f *functions) Event(_ string, payload []byte) error {
	if string(payload) == `"break"` {
		return errors.New("broken")
	}
	f.events = append(f.events, string(payload))
	return nil
}

// server is the HTTP client of a client whose requests a handler answers.
type server struct{ http.Handler }

func (s server) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, r)
	return answer.Result(), nil
}

func TestInvoke(t *testing.T) {
	f := &functions{}
	client := sdk.NewFromConfig(aws.Config{Region: "us-east-1", Credentials: aws.AnonymousCredentials{}, HTTPClient: server{lambda.Service{Functions: f}}, RetryMaxAttempts: 1})
	for _, c := range []struct {
		name, payload  string
		kind           types.InvocationType
		answer, failed string
		status         int32
	}{
		{"echo", `{"a":1}`, "", `echo got {"a":1}`, "", 200},
		{"echo", "", types.InvocationTypeRequestResponse, "echo got {}", "", 200},
		{arn, `1`, "", arn + " got 1", "", 200},
		{"echo", `"fail"`, "", `{"errorType":"Broken"}`, "Unhandled", 200},
		{"echo", `"later"`, types.InvocationTypeEvent, "", "", 202},
		{"echo", `1`, types.InvocationTypeDryRun, "", "", 204},
	} {
		out, err := client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: &c.name, Payload: []byte(c.payload), InvocationType: c.kind})
		if err != nil {
			t.Errorf("%s %s: %v", c.name, c.payload, err)
			continue
		}
		if string(out.Payload) != c.answer || aws.ToString(out.FunctionError) != c.failed || out.StatusCode != c.status {
			t.Errorf("%s %s: got %s, %q and %d, expected %s, %q and %d", c.name, c.payload, out.Payload, aws.ToString(out.FunctionError), out.StatusCode, c.answer, c.failed, c.status)
		}
	}
	if len(f.events) != 1 || f.events[0] != `"later"` {
		t.Errorf("got events %q, expected one", f.events)
	}
	for _, c := range []struct {
		name, payload string
		kind          types.InvocationType
		code          string
	}{
		{"other", "1", "", "ResourceNotFoundException"},
		{"other", "1", types.InvocationTypeEvent, "ResourceNotFoundException"},
		{"echo", "no JSON", "", "InvalidRequestContentException"},
		{"echo", `"throttle"`, "", "TooManyRequestsException"},
		{"echo", `"break"`, "", "ServiceException"},
		{"echo", `"break"`, types.InvocationTypeEvent, "ServiceException"},
		{"echo", `"` + strings.Repeat("x", 1<<20) + `"`, types.InvocationTypeEvent, "RequestEntityTooLargeException"},
		{"echo", "1", "Sometimes", "InvalidParameterValueException"},
	} {
		_, err := client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: &c.name, Payload: []byte(c.payload), InvocationType: c.kind})
		if refused, ok := errors.AsType[smithy.APIError](err); !ok || refused.ErrorCode() != c.code {
			t.Errorf("%s %.20s: got %v, expected %s", c.name, c.payload, err, c.code)
		}
	}
	if _, err := client.ListFunctions(t.Context(), &sdk.ListFunctionsInput{}); err == nil || !strings.Contains(err.Error(), "a test has no other operation of Lambda") {
		t.Errorf("got %v, expected that other operations are refused", err)
	}
}
