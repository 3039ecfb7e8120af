package callback_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/callback"
	"github.com/mapjob/mapjob/job/jobtest"
)

// stepFunctions answers SendTask* as Step Functions does (AWS JSON 1.0), and
// keeps what it was asked.
type stepFunctions struct {
	mutex sync.Mutex
	asked []string          // "operation body"
	error map[string]string // by token: what it is refused with
}

func (s *stepFunctions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var in struct{ TaskToken string }
	_ = json.Unmarshal(body, &in)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.asked = append(s.asked, strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AWSStepFunctions.")+" "+string(body))
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if name := s.error[in.TaskToken]; name != "" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"__type": %q, "message": "no"}`, name)
		return
	}
	fmt.Fprint(w, "{}")
}

// last returns the last request, and forgets it.
func (s *stepFunctions) last() (operation string, in map[string]string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(s.asked) == 0 {
		return "", nil
	}
	operation, body, _ := strings.Cut(s.asked[len(s.asked)-1], " ")
	_ = json.Unmarshal([]byte(body), &in)
	s.asked = nil
	return operation, in
}

// newService starts a service and returns a client of it.
func newService(t *testing.T) (*stepFunctions, callback.Client) {
	service := &stepFunctions{error: map[string]string{
		"late":    "TaskTimedOut",
		"unknown": "com.amazonaws.states#TaskDoesNotExist",
		"garbage": "InvalidToken",
		"denied":  "AccessDeniedException",
	}}
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	return service, callback.Client{API: sfn.New(sfn.Options{
		Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})}
}

func ExampleClient() {
	t := &testing.T{} // the test's own
	type payment struct{ Amount int }
	var ordered = map[callback.Token]payment{} // at the bank

	worker := job.Callback(func(_ context.Context, p payment, token callback.Token) error {
		ordered[token] = p
		return nil
	})
	var tasks jobtest.Tasks // in place of Step Functions: sfn.NewFromConfig(settings)
	small, large := tasks.Callback(t, worker, payment{70}), tasks.Callback(t, worker, payment{7000})

	client := callback.Client{API: &tasks}
	for token, p := range ordered { // the bank, a day later
		if p.Amount > 1000 {
			_ = client.Fail(context.Background(), token, job.Errorf("LimitExceeded", "got %d", p.Amount))
		} else {
			_ = client.Succeed(context.Background(), token, "paid")
		}
	}
	for _, task := range []*jobtest.Task{small, large} {
		o, _ := task.Outcome()
		fmt.Println(o.Status, string(o.Output)+o.Error)
	}
	// Output:
	// SUCCEEDED "paid"
	// FAILED LimitExceeded
}

func TestAnswersReachStepFunctions(t *testing.T) {
	t.Parallel()
	service, client := newService(t)
	ctx := context.Background()
	for name, c := range map[string]struct {
		answer    func(callback.Token) error
		operation string
		in        map[string]string
	}{
		"a result":  {func(k callback.Token) error { return client.Succeed(ctx, k, map[string]int{"number": 7}) }, "SendTaskSuccess", map[string]string{"output": `{"number":7}`}},
		"no result": {func(k callback.Token) error { return client.Succeed(ctx, k, nil) }, "SendTaskSuccess", map[string]string{"output": `null`}},
		"a named error": {func(k callback.Token) error {
			return client.Fail(ctx, k, fmt.Errorf("bank: %w", job.Errorf("Declined", "no")))
		}, "SendTaskFailure", map[string]string{"error": "Declined", "cause": "bank: no"}},
		"a typed error": {func(k callback.Token) error { return client.Fail(ctx, k, io.ErrUnexpectedEOF) }, "SendTaskFailure", map[string]string{"error": "Error", "cause": "unexpected EOF"}},
		"a heartbeat":   {func(k callback.Token) error { return client.Heartbeat(ctx, k) }, "SendTaskHeartbeat", map[string]string{}},
	} {
		if err := c.answer("token"); err != nil {
			t.Errorf("%s: got error %v, expected none", name, err)
		}
		c.in["taskToken"] = "token"
		if operation, in := service.last(); operation != c.operation || !cmp.Equal(c.in, in) {
			t.Errorf("%s: got %s %v, expected %s %v", name, operation, in, c.operation, c.in)
		}
	}
}

func TestRefusedTokensHaveDifferentErrors(t *testing.T) {
	t.Parallel()
	_, client := newService(t)
	ctx := context.Background()
	for token, expected := range map[callback.Token]error{
		"late": callback.ErrTaskTimedOut, "unknown": callback.ErrInvalidToken, "garbage": callback.ErrInvalidToken, "": callback.ErrInvalidToken, "denied": nil,
	} {
		for method, err := range map[string]error{
			"Succeed": client.Succeed(ctx, token, 1), "Fail": client.Fail(ctx, token, errors.New("no")), "Heartbeat": client.Heartbeat(ctx, token),
		} {
			if err == nil {
				t.Errorf("%q.%s: got no error, expected %v", token, method, expected)
			}
			for _, sentinel := range []error{callback.ErrTaskTimedOut, callback.ErrInvalidToken} {
				if errors.Is(err, sentinel) != errors.Is(expected, sentinel) {
					t.Errorf("%q.%s: got error %v, expected that it is %v", token, method, err, expected)
				}
			}
		}
	}
	if err := client.Heartbeat(ctx, "denied"); job.NameOf(err) != "AccessDeniedException" {
		t.Errorf("got error %v, expected the service's own", err)
	}
}

func TestAResultLargerThanAPayloadIsNotSent(t *testing.T) {
	t.Parallel()
	service, client := newService(t)
	const most = 262_144 - 1_024 // bytes
	service.last()
	if err := client.Succeed(t.Context(), "token", strings.Repeat("x", most-2)); err != nil {
		t.Errorf("got error %v, expected the largest result to be taken", err)
	}
	if operation, in := service.last(); operation != "SendTaskSuccess" || len(in["output"]) != most {
		t.Errorf("got %s with %d bytes, expected all %d", operation, len(in["output"]), most)
	}
	err := client.Succeed(t.Context(), "token", strings.Repeat("x", most-1))
	if job.NameOf(err) != job.ErrorResultTooLarge || !strings.Contains(err.Error(), "got a result of 261121 bytes, expected up to 261120") {
		t.Errorf("got error %v, expected %s with both sizes", err, job.ErrorResultTooLarge)
	}
	if err := client.Succeed(t.Context(), "token", func() {}); err == nil {
		t.Error("got no error for a function, expected one: it is no JSON")
	}
	if operation, _ := service.last(); operation != "" {
		t.Errorf("got %s, expected nothing to be sent", operation)
	}
}

func TestLongNamesAndCausesAreCutVisibly(t *testing.T) {
	t.Parallel()
	service, client := newService(t)
	name, cause := strings.Repeat("ä", 257), strings.Repeat("ö", 32_769)
	if err := client.Fail(t.Context(), "token", job.Errorf(name, "%s", cause)); err != nil {
		t.Fatal(err)
	}
	_, in := service.last()
	if expected := name[:2*200] + "…"; in["error"] != expected {
		t.Errorf("got error %s, expected %s", in["error"], expected)
	}
	if n := utf8.RuneCountInString(in["cause"]); n != 32_768 || !strings.HasSuffix(in["cause"], "… (32769 characters)") {
		t.Errorf("got a cause of %d characters that ends in %q, expected 32,768 and how many there were", n, in["cause"][len(in["cause"])-30:])
	}
	name, cause = name[:2*200], cause[:2*32_768]
	if err := client.Fail(t.Context(), "token", job.Errorf(name, "%s", cause)); err != nil {
		t.Fatal(err)
	}
	if _, in := service.last(); in["error"] != name || in["cause"] != cause {
		t.Errorf("got %d and %d bytes, expected the longest name and cause as they are", len(in["error"]), len(in["cause"]))
	}
	if err := client.Fail(t.Context(), "token", nil); err == nil {
		t.Error("got no error, expected one for a failure without one")
	}
}

type declined struct{ reason string }

func (d *declined) Error() string { return d.reason }

func TestAnErrorThatPanicsStillFailsItsItem(t *testing.T) {
	t.Parallel()
	service, client := newService(t)
	if err := client.Fail(t.Context(), "token", (*declined)(nil)); err != nil {
		t.Fatal(err)
	}
	if operation, in := service.last(); operation != "SendTaskFailure" || in["error"] != job.ErrorPanic || in["cause"] == "" {
		t.Errorf("got %s %v, expected the item to fail with %s", operation, in, job.ErrorPanic)
	}
}
