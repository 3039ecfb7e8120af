//go:build linux || darwin

package lambdahost_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/lambdahost"
)

// reply is what the Invoke API answers, without the body.
type reply struct {
	StatusCode int
	Header     http.Header
}

// call sends a request to the Invoke API and returns the answer with its body.
func call(t *testing.T, h *lambdahost.Host, path, payload string, header map[string]string) (reply, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL()+path, strings.NewReader(payload))
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range header {
		request.Header.Set(key, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header}, string(body)
}

const invocations = "/2015-03-31/functions/worker/invocations"

func TestInvokeOverHTTP(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, func(f *lambdahost.Function) { f.Env = map[string]string{"HANDLER": "echo"} })
	arn := "arn:aws:lambda:us-east-1:123456789012:function:worker"
	for _, function := range []string{"worker", "worker:$LATEST", url.PathEscape(arn), url.PathEscape(arn + ":live"), arn, "123456789012:function:worker"} {
		response, body := call(t, h, "/2015-03-31/functions/"+function+"/invocations", `{"a":1}`, nil)
		if response.StatusCode != http.StatusOK || body != `{"a":1}` {
			t.Errorf("%s: got %d %s, expected 200 and the event", function, response.StatusCode, body)
		}
		if got := response.Header.Get("X-Amz-Executed-Version"); got != "$LATEST" {
			t.Errorf("%s: got version %q, expected $LATEST", function, got)
		}
		if _, there := response.Header["X-Amz-Function-Error"]; there {
			t.Errorf("%s: got a function error, expected none", function)
		}
		if id := response.Header.Get("X-Amzn-Requestid"); len(id) != 36 {
			t.Errorf("%s: got request ID %q, expected a UUID", function, id)
		}
	}
}

func TestFunctionErrorOverHTTP(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, nil)
	response, body := call(t, h, invocations, `{"do":"exit","code":1}`, map[string]string{"X-Amz-Log-Type": "Tail"})
	id := response.Header.Get("X-Amzn-Requestid")
	want := `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ` + id + ` Error: Runtime exited with error: exit status 1"}`
	if response.StatusCode != http.StatusOK || response.Header.Get("X-Amz-Function-Error") != "Unhandled" || body != want {
		t.Errorf("got %d %q %s, expected 200 Unhandled %s", response.StatusCode, response.Header.Get("X-Amz-Function-Error"), body, want)
	}
	tail, _ := base64.StdEncoding.DecodeString(response.Header.Get("X-Amz-Log-Result"))
	if want := "RequestId: " + id + " Error: Runtime exited with error: exit status 1\nRuntime.ExitError\nEND RequestId: " + id + "\n"; !strings.Contains(string(tail), want) {
		t.Errorf("got log %q, expected it to contain %q", tail, want)
	}
}

func TestLogTail(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, nil)
	invoke(t, h, `{"do":"log","message":"another invocation"}`)
	for _, message := range []string{"first", "second"} {
		response, _ := call(t, h, invocations, `{"do":"log","message":"`+message+`"}`, map[string]string{"X-Amz-Log-Type": "Tail"})
		tail, err := base64.StdEncoding.DecodeString(response.Header.Get("X-Amz-Log-Result"))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(tail), "\n")
		id := response.Header.Get("X-Amzn-Requestid")
		if lines[0] != "START RequestId: "+id+" Version: $LATEST" {
			t.Errorf("got first line %q, expected START", lines[0])
		}
		if !strings.Contains(string(tail), message+"\n"+message+"\n") {
			t.Errorf("got %q, expected the lines from stdout and stderr", tail)
		}
		report := lines[len(lines)-2]
		if !strings.HasPrefix(report, "REPORT RequestId: "+id+"\tDuration: ") || !strings.Contains(report, " ms\tMemory Size: 128 MB") {
			t.Errorf("got last line %q, expected REPORT", report)
		}
	}
	response, _ := call(t, h, invocations, `{"do":"log lines","message":"many"}`, map[string]string{"X-Amz-Log-Type": "Tail"})
	tail, _ := base64.StdEncoding.DecodeString(response.Header.Get("X-Amz-Log-Result"))
	if len(tail) != 4096 || !strings.Contains(string(tail), "many 199 ===") || strings.Contains(string(tail), "many 100 ") {
		t.Errorf("got %d bytes, expected the last 4096: %q", len(tail), tail)
	}
	response, _ = call(t, h, invocations, `{"do":"pid"}`, nil)
	if _, there := response.Header["X-Amz-Log-Result"]; there {
		t.Error("got a log without a request for it, expected none")
	}
}

func TestInvokeErrorsOverHTTP(t *testing.T) {
	h := newHost(t, lambdahost.WithConcurrency(1))
	add(t, h, nil)
	for _, c := range []struct {
		name, path, payload string
		header              map[string]string
		status              int
		code, message       string
	}{
		{"unknown function", "/2015-03-31/functions/missing/invocations", "{}", nil, 404, "ResourceNotFoundException", "Function not found: arn:aws:lambda:us-east-1:123456789012:function:missing"},
		{"unknown function, event", "/2015-03-31/functions/missing/invocations", "{}", map[string]string{"X-Amz-Invocation-Type": "Event"}, 404, "ResourceNotFoundException", "missing"},
		{"no JSON", invocations, "{", nil, 400, "InvalidRequestContentException", "Could not parse request body into json"},
		{"too large", invocations, `"` + strings.Repeat("x", 7_000_000) + `"`, nil, 413, "RequestEntityTooLargeException", "6291456"},
		{"too large for an event", invocations, `"` + strings.Repeat("x", 1_048_576) + `"`, map[string]string{"X-Amz-Invocation-Type": "Event"}, 413, "RequestEntityTooLargeException", "1048578 byte payload is too large for the Event invocation type (limit 1048576 bytes)"},
		{"invocation type", invocations, "{}", map[string]string{"X-Amz-Invocation-Type": "Later"}, 400, "InvalidParameterValueException", "got invocation type Later"},
		{"client context", invocations, "{}", map[string]string{"X-Amz-Client-Context": "?"}, 400, "InvalidRequestContentException", "Base64"},
		{"unknown operation", "/2015-03-31/functions", "{}", nil, 404, "UnknownOperationException", "got POST /2015-03-31/functions"},
	} {
		response, body := call(t, h, c.path, c.payload, c.header)
		var answer struct{ Type, Message string }
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Errorf("%s: %v: %s", c.name, err, body)
		}
		if response.StatusCode != c.status || response.Header.Get("X-Amzn-Errortype") != c.code || !strings.Contains(answer.Message, c.message) || answer.Type != "User" {
			t.Errorf("%s: got %d %s %s, expected %d %s with %q", c.name, response.StatusCode, response.Header.Get("X-Amzn-Errortype"), body, c.status, c.code, c.message)
		}
	}

	busy := make(chan struct{})
	go func() {
		defer close(busy)
		_, _ = h.Invoke(t.Context(), "worker", []byte(`{"do":"sleep","millis":700}`))
	}()
	eventually(t, "a process", func() bool { return h.Stats("worker").Alive == 1 })
	response, body := call(t, h, invocations, `{"do":"pid"}`, nil)
	if want := `{"Type":"User","Reason":"ConcurrentInvocationLimitExceeded","message":"Rate Exceeded."}`; response.StatusCode != http.StatusTooManyRequests || body != want {
		t.Errorf("got %d %s, expected 429 %s", response.StatusCode, body, want)
	}
	<-busy
}

func TestDryRunStartsNothing(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, nil)
	response, body := call(t, h, invocations, `{"do":"pid"}`, map[string]string{"X-Amz-Invocation-Type": "DryRun"})
	if response.StatusCode != http.StatusNoContent || body != "" {
		t.Errorf("got %d %q, expected 204 and no body", response.StatusCode, body)
	}
	if got := h.Stats("worker").Started; got != 0 {
		t.Errorf("got %d processes, expected none", got)
	}
}

func TestFailedEventIsRetriedTwice(t *testing.T) {
	t.Parallel()
	h := newHost(t, lambdahost.WithEventRetryDelays(20*time.Millisecond, 40*time.Millisecond))
	add(t, h, nil)
	event := map[string]string{"X-Amz-Invocation-Type": "Event"}
	response, body := call(t, h, invocations, `{"do":"error","message":"not yet"}`, event)
	if response.StatusCode != http.StatusAccepted || body != "" {
		t.Errorf("got %d %q, expected 202 and no body", response.StatusCode, body)
	}
	eventually(t, "three attempts", func() bool { return h.Stats("worker").Errors == 3 })
	time.Sleep(200 * time.Millisecond)
	if got := h.Stats("worker"); got.Invocations != 3 {
		t.Errorf("got %d attempts, expected three", got.Invocations)
	}
	call(t, h, invocations, `{"do":"pid"}`, event)
	eventually(t, "the second event", func() bool { return h.Stats("worker").Invocations == 4 })
	time.Sleep(200 * time.Millisecond)
	if got := h.Stats("worker"); got.Invocations != 4 {
		t.Errorf("got %d invocations, expected no retry after a success", got.Invocations)
	}
}

func TestCloseDoesNotWaitForRetries(t *testing.T) {
	t.Parallel()
	h := newHost(t) // the first retry comes after a minute
	add(t, h, nil)
	call(t, h, invocations, `{"do":"error","message":"not yet"}`, map[string]string{"X-Amz-Invocation-Type": "Event"})
	eventually(t, "the first attempt", func() bool { return h.Stats("worker").Errors == 1 })
	begun := time.Now()
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("Close took %s, expected at most 5s", took)
	}
}

func TestFunctionSeesTheClientContext(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, nil)
	_, body := call(t, h, invocations+"?Qualifier=live", `{"do":"context"}`, map[string]string{
		"X-Amz-Client-Context": base64.StdEncoding.EncodeToString([]byte("{\n \"custom\": {\"tenant\": \"blue\"}}")),
		"X-Amzn-Trace-Id":      "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1",
	})
	for _, want := range []string{`"custom":{"tenant":"blue"}`, `Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1`, `function:worker:live"`} {
		if !strings.Contains(body, want) {
			t.Errorf("got %s, expected it to contain %s", body, want)
		}
	}
}

func TestNewNamesAnAddressInUse(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	addr := listener.Addr().String()
	_, err = lambdahost.New(lambdahost.WithAddr(addr))
	if err == nil || !strings.Contains(err.Error(), "cannot listen on "+addr+", because another program does") || !strings.Contains(err.Error(), "port 0 for any free one") {
		t.Errorf("got %v, expected the address and what to do", err)
	}
}
