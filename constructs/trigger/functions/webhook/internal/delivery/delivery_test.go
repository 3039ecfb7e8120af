package delivery

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/mapjob/mapjob/internal/protocol"
)

const (
	machineARN   = "arn:aws:states:us-east-1:123456789012:stateMachine:Job"
	executionARN = "arn:aws:states:us-east-1:123456789012:execution:Job:"
	secretARN    = "arn:aws:secretsmanager:us-east-1:123456789012:secret:Webhook"
	key          = "the key of the signatures"
)

var now = time.Unix(1_800_000_000, 0)

// webhook returns a handler of signed deliveries at a given time, with fake AWS
// services that have the key.
func webhook(t *testing.T, change func(*Settings)) (*Handler, *fakeAWS) {
	t.Helper()
	f := &fakeAWS{ended: map[string]bool{}, secrets: map[string]string{"AWSCURRENT": key}, refuse: map[string]awsError{}}
	settings := Settings{
		Name: "Shop", StateMachineARN: machineARN, Authorization: protocol.AuthorizationHMAC, SecretARN: secretARN, MaxBodyBytes: 1000,
		SignatureHeader: "X-Signature-256", TimestampHeader: "X-Timestamp", DeliveryIDHeader: "X-Delivery-Id",
	}
	if change != nil {
		change(&settings)
	}
	h := f.handler(t, settings)
	h.now = func() time.Time { return now }
	return h, f
}

// post returns a request as Lambda passes it.
func post(body string, headers map[string]string) events.LambdaFunctionURLRequest {
	lower := map[string]string{"content-type": "application/json"}
	for name, value := range headers {
		lower[strings.ToLower(name)] = value
	}
	return events.LambdaFunctionURLRequest{
		Version: "2.0", RawPath: "/", Headers: lower, Body: body,
		RequestContext: events.LambdaFunctionURLRequestContext{
			RequestID: "0b1c6f4e-6d0f-4f0e-9a52-6f3b1f1f7f10",
			HTTP:      events.LambdaFunctionURLRequestContextHTTPDescription{Method: http.MethodPost, Path: "/"},
		},
	}
}

// signed returns a request that is signed with a key at a time.
func signed(key string, at time.Time, id, body string) events.LambdaFunctionURLRequest {
	return signedFor("Shop", key, at, id, body)
}

// signedFor returns a request to a webhook of that name.
func signedFor(webhook, key string, at time.Time, id, body string) events.LambdaFunctionURLRequest {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	headers := map[string]string{"X-Timestamp": timestamp, "X-Signature-256": Sign([]byte(key), webhook, timestamp, id, []byte(body))}
	if id != "" {
		headers["X-Delivery-Id"] = id
	}
	return post(body, headers)
}

// answer is a decoded response.
type answer struct {
	status                           int
	Execution, ExecutionARN, Message string
	headers                          map[string]string
}

func handle(t *testing.T, h *Handler, request events.LambdaFunctionURLRequest) answer {
	t.Helper()
	response, err := h.Handle(context.Background(), request)
	if err != nil {
		t.Fatalf("got error %v, expected a response", err)
	}
	a := answer{status: response.StatusCode, headers: response.Headers}
	if err := json.Unmarshal([]byte(response.Body), &a); err != nil {
		t.Fatalf("got body %q: %v", response.Body, err)
	}
	return a
}

func TestSignedDeliveryStartsExecution(t *testing.T) {
	h, f := webhook(t, nil)
	const body = "{\"items\": {\"bucket\": \"b\",\n \"key\": \"ü\"}}"
	a := handle(t, h, signed(key, now, "evt-1", body))
	if a.status != http.StatusAccepted || a.Execution != "Shop--evt-1" || a.ExecutionARN != executionARN+"Shop--evt-1" {
		t.Errorf("got %+v, expected 202 with the execution Shop--evt-1", a)
	}
	if len(f.started) != 1 || f.started[0] != (start{machineARN, "Shop--evt-1", body}) {
		t.Errorf("got %q, expected one execution with the body as its input", f.started)
	}
	if a.headers["Content-Type"] != "application/json" || a.headers["Cache-Control"] != "no-store" {
		t.Errorf("got headers %v, expected JSON that is not cached", a.headers)
	}
}

func TestExecutionARNHasNoAlias(t *testing.T) {
	h, f := webhook(t, func(s *Settings) { s.StateMachineARN = machineARN + ":live" })
	if a := handle(t, h, signed(key, now, "a", "{}")); a.ExecutionARN != executionARN+"Shop--a" || f.started[0].StateMachineArn != machineARN+":live" {
		t.Errorf("got %+v, expected the execution %sShop--a of the alias", a, executionARN)
	}
}

func TestInvalidRequestsAreRefused(t *testing.T) {
	without := func(r events.LambdaFunctionURLRequest, header string) events.LambdaFunctionURLRequest {
		delete(r.Headers, header)
		return r
	}
	with := func(r events.LambdaFunctionURLRequest, header, value string) events.LambdaFunctionURLRequest {
		r.Headers[header] = value
		return r
	}
	method := func(method string) events.LambdaFunctionURLRequest {
		r := signed(key, now, "a", "{}")
		r.RequestContext.HTTP.Method = method
		return r
	}
	encoded := func(text string) events.LambdaFunctionURLRequest {
		r := signed(key, now, "a", text)
		r.IsBase64Encoded = true
		return r
	}
	good := func() events.LambdaFunctionURLRequest { return signed(key, now, "a", "{}") }
	long := `"` + strings.Repeat("x", 999) + `"`
	const unauthorized = "expected a valid signature in X-Signature-256 and a timestamp of the last five minutes in X-Timestamp"
	for name, test := range map[string]struct {
		request events.LambdaFunctionURLRequest
		status  int
		message string
	}{
		"signature with another key":    {signed("guessed", now, "a", "{}"), 401, unauthorized},
		"signature with an empty key":   {signed("", now, "a", "{}"), 401, unauthorized},
		"signature of another body":     {with(good(), "x-signature-256", signed(key, now, "a", `{"a":1}`).Headers["x-signature-256"]), 401, unauthorized},
		"signature of another time":     {with(good(), "x-timestamp", strconv.FormatInt(now.Unix()+1, 10)), 401, unauthorized},
		"signature under another id":    {with(good(), "x-delivery-id", "b"), 401, unauthorized},
		"signature with the id removed": {without(good(), "x-delivery-id"), 401, unauthorized},
		"signature with an id added":    {with(signed(key, now, "", "{}"), "x-delivery-id", "b"), 401, unauthorized},
		"signature cut short":           {with(good(), "x-signature-256", good().Headers["x-signature-256"][:40]), 401, unauthorized},
		"signatures with other keys":    {with(good(), "x-signature-256", "v1="+strings.Repeat("0", 64)+",v1="+strings.Repeat("f", 64)), 401, unauthorized},
		"signature of another kind":     {with(good(), "x-signature-256", "sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709"), 401, unauthorized},
		"no signature":                  {without(good(), "x-signature-256"), 401, unauthorized},
		"no timestamp":                  {without(good(), "x-timestamp"), 401, unauthorized},
		"no header at all":              {post("{}", nil), 401, unauthorized},
		"timestamp too old":             {signed(key, now.Add(-Window-time.Second), "a", "{}"), 401, unauthorized},
		"timestamp too far ahead":       {signed(key, now.Add(Window+time.Second), "a", "{}"), 401, unauthorized},
		"timestamp in milliseconds":     {signed(key, time.Unix(now.UnixMilli(), 0), "a", "{}"), 401, unauthorized},
		"timestamp with a sign":         {with(good(), "x-timestamp", "+1800000000"), 401, unauthorized},
		"method GET":                    {method(http.MethodGet), 405, "got method GET, expected POST"},
		"method PUT":                    {method(http.MethodPut), 405, "got method PUT, expected POST"},
		"method OPTIONS":                {method(http.MethodOptions), 405, "got method OPTIONS, expected POST"},
		"body too long":                 {signed(key, now, "a", long), 413, "got a body of 1001 bytes, expected at most 1000"},
		"body that is not base64":       {encoded("{}"), 400, "got a body that is not valid base64, expected base64 as the event says"},
		"body not JSON":                 {signed(key, now, "a", "a=1&b=2"), 400, "got a body that is not JSON in UTF-8, expected a JSON object or array"},
		"body with more after it":       {signed(key, now, "a", "{}{}"), 400, "got a body that is not JSON in UTF-8, expected a JSON object or array"},
		"body not in UTF-8":             {signed(key, now, "a", "{\"a\":\"\xff\"}"), 400, "got a body that is not JSON in UTF-8, expected a JSON object or array"},
		"body empty":                    {signed(key, now, "a", ""), 400, "got a body that is not JSON in UTF-8, expected a JSON object or array"},
		"body a number":                 {signed(key, now, "a", "1.5"), 400, "got a body that is not JSON in UTF-8, expected a JSON object or array"},
		"id with a space":               {signed(key, now, "a b", "{}"), 400, `got X-Delivery-Id "a b", expected visible ASCII characters without { and [`},
		"id with a brace":               {signed(key, now, `{"a":`, "{}"), 400, `got X-Delivery-Id "{\"a\":", expected visible ASCII characters without { and [`},
	} {
		h, f := webhook(t, nil)
		a := handle(t, h, test.request)
		if a.status != test.status || a.Message != test.message || a.Execution != "" {
			t.Errorf("%s: got %+v, expected %d: %s", name, a, test.status, test.message)
		}
		if a.status == http.StatusMethodNotAllowed && a.headers["Allow"] != "POST" {
			t.Errorf("%s: got headers %v, expected Allow: POST", name, a.headers)
		}
		if len(f.started) != 0 {
			t.Errorf("%s: got %q, expected nothing to start", name, f.started)
		}
	}
}

func TestTimestampsInTheWindowAreAccepted(t *testing.T) {
	for _, apart := range []time.Duration{-Window, Window} {
		h, _ := webhook(t, nil)
		if a := handle(t, h, signed(key, now.Add(apart), "a", "{}")); a.status != http.StatusAccepted {
			t.Errorf("%v: got %+v, expected 202", apart, a)
		}
	}
}

func TestLargestInputFits(t *testing.T) {
	h, f := webhook(t, func(s *Settings) { s.MaxBodyBytes = maxInputBytes })
	body := `{"a":"` + strings.Repeat("x", maxInputBytes-8) + `"}`
	if a := handle(t, h, signed(key, now, "a", body)); a.status != http.StatusAccepted || len(f.started[0].Input) != maxInputBytes {
		t.Errorf("got %+v, expected 202", a)
	}
}

func TestBase64BodyIsDecoded(t *testing.T) {
	h, f := webhook(t, nil)
	request := signed(key, now, "a", `{"a":1}`)
	request.Body, request.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(request.Body)), true
	if a := handle(t, h, request); a.status != http.StatusAccepted || f.started[0].Input != `{"a":1}` {
		t.Errorf("got %+v and %q, expected 202 with the decoded body", a, f.started)
	}
}

func TestRepeatedDeliveryStartsNothing(t *testing.T) {
	later := func(h *Handler, d time.Duration) { h.now = func() time.Time { return now.Add(d) } }
	for name, again := range map[string]func(h *Handler, f *fakeAWS) events.LambdaFunctionURLRequest{
		"the same bytes":         func(*Handler, *fakeAWS) events.LambdaFunctionURLRequest { return signed(key, now, "a", "{}") },
		"signed at another time": func(*Handler, *fakeAWS) events.LambdaFunctionURLRequest { return signed(key, now.Add(9), "a", "{}") },
		"with other white space": func(*Handler, *fakeAWS) events.LambdaFunctionURLRequest { return signed(key, now, "a", "\n{ }") },
		"after the end of the execution": func(_ *Handler, f *fakeAWS) events.LambdaFunctionURLRequest {
			f.ended["Shop--a"] = true
			return signed(key, now, "a", "{}")
		},
		"the next day, signed once more": func(h *Handler, f *fakeAWS) events.LambdaFunctionURLRequest {
			later(h, 24*time.Hour)
			return signed(key, now.Add(24*time.Hour), "a", "{}")
		},
		"by another process of the Lambda": func(h *Handler, _ *fakeAWS) events.LambdaFunctionURLRequest {
			h.secret.keys = nil
			return signed(key, now, "a", "{}")
		},
	} {
		h, f := webhook(t, nil)
		first := handle(t, h, signed(key, now, "a", "{}"))
		second := handle(t, h, again(h, f))
		if first.status != http.StatusAccepted || fmt.Sprint(second) != fmt.Sprint(first) {
			t.Errorf("%s: got %+v, expected the first answer: %+v", name, second, first)
		}
		if len(f.started) != 1 {
			t.Errorf("%s: got %q, expected one execution", name, f.started)
		}
	}
}

func TestReplayWithoutIDStartsNothing(t *testing.T) {
	h, f := webhook(t, nil)
	first := handle(t, h, signed(key, now, "", "{}"))
	replay := handle(t, h, signed(key, now, "", "{}"))
	if first.status != http.StatusAccepted || replay.Execution != first.Execution || !plainID.MatchString(first.Execution) {
		t.Errorf("got %+v and %+v, expected the same execution", first, replay)
	}
	if later := handle(t, h, signed(key, now.Add(time.Second), "", "{}")); later.Execution == first.Execution || len(f.started) != 2 {
		t.Errorf("got %+v, expected the same body at another time to be a delivery of its own", later)
	}
}

func TestIDMayBeAMemberOfTheBody(t *testing.T) {
	h, _ := webhook(t, func(s *Settings) { s.DeliveryIDMember = "id" })
	for body, expected := range map[string]string{
		`{"id":"evt-1","a":{"id":"other"}}`: "Shop--evt-1",
		`{"id":12345678901234567890}`:       "Shop--number-12345678901234567890",
	} {
		if a := handle(t, h, signed(key, now, "", body)); a.status != http.StatusAccepted || a.Execution != expected {
			t.Errorf("%s: got %+v, expected the execution %s", body, a, expected)
		}
	}
	// The header is then ignored, and not signed.
	request := signed(key, now, "", `{"id":"evt-2"}`)
	request.Headers["x-delivery-id"] = "other"
	if a := handle(t, h, request); a.Execution != "Shop--evt-2" {
		t.Errorf("got %+v, expected the execution Shop--evt-2", a)
	}
	for _, body := range []string{`{}`, `{"id":""}`, `{"id":null}`, `{"id":1.5}`, `{"id":{}}`, `[]`, `{"ID":"a"}`} {
		if a := handle(t, h, signed(key, now, "", body)); a.status != http.StatusBadRequest || !strings.Contains(a.Message, `expected the member "id" of the body`) {
			t.Errorf("%s: got %+v, expected 400", body, a)
		}
	}
}

func TestIAMRequiresAuthorizationByLambda(t *testing.T) {
	h, f := webhook(t, func(s *Settings) { s.Authorization = protocol.AuthorizationIAM; s.SecretARN = "" })
	request := post("{}", map[string]string{"X-Delivery-Id": "a"})
	if a := handle(t, h, request); a.status != http.StatusForbidden {
		t.Errorf("got %+v, expected 403 if the URL has no authorization", a)
	}
	request.RequestContext.Authorizer = &events.LambdaFunctionURLRequestContextAuthorizerDescription{
		IAM: &events.LambdaFunctionURLRequestContextAuthorizerIAMDescription{UserARN: "arn:aws:iam::123456789012:user/one"}}
	if a := handle(t, h, request); a.status != http.StatusAccepted || a.Execution != "Shop--a" {
		t.Errorf("got %+v, expected the execution Shop--a", a)
	}
	delete(request.Headers, "x-delivery-id")
	if a := handle(t, h, request); a.status != http.StatusAccepted || a.Execution != "Shop--request-"+request.RequestContext.RequestID {
		t.Errorf("got %+v, expected an execution with the request's id", a)
	}
	if f.reads != 0 {
		t.Errorf("got %d reads of a secret, expected none", f.reads)
	}
}

func TestErrorsOfAWS(t *testing.T) {
	for _, test := range []struct {
		operation string
		refused   awsError
		status    int
	}{
		{"StartExecution", awsError{400, "ThrottlingException"}, 503},
		{"StartExecution", awsError{400, "ExecutionLimitExceeded"}, 503},
		{"StartExecution", awsError{400, "KmsThrottlingException"}, 503},
		{"StartExecution", awsError{400, "KmsAccessDeniedException"}, 500},
		{"StartExecution", awsError{500, "InternalFailure"}, 503},
		{"StartExecution", awsError{503, "ServiceUnavailable"}, 503},
		{"StartExecution", awsError{400, "AccessDeniedException"}, 500},
		{"StartExecution", awsError{400, "StateMachineDoesNotExist"}, 500},
		{"StartExecution", awsError{400, "InvalidExecutionInput"}, 400},
		{"GetSecretValue", awsError{400, "ThrottlingException"}, 503},
		{"GetSecretValue", awsError{500, "InternalServiceError"}, 503},
		{"GetSecretValue", awsError{400, "AccessDeniedException"}, 500},
		{"GetSecretValue", awsError{400, "ResourceNotFoundException"}, 500},
	} {
		h, f := webhook(t, nil)
		f.refuse[test.operation] = test.refused
		a := handle(t, h, signed(key, now, "a", "{}"))
		if a.status != test.status || strings.Contains(a.Message, "arn:") || strings.Contains(a.Message, test.refused.name) {
			t.Errorf("%s with %s: got %+v, expected %d and nothing of AWS", test.operation, test.refused.name, a, test.status)
		}
		if (a.headers["Retry-After"] != "") != (test.status == 503) {
			t.Errorf("%s with %s: got headers %v, expected Retry-After with 503 only", test.operation, test.refused.name, a.headers)
		}
	}
}

func TestCallsAreCanceledInTimeToAnswer(t *testing.T) {
	h, f := webhook(t, nil)
	f.mutex.Lock() // the server waits
	defer f.mutex.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), timeToAnswer+50*time.Millisecond)
	defer cancel()
	response, err := h.Handle(ctx, signed(key, now, "a", "{}"))
	if err != nil || response.StatusCode != http.StatusServiceUnavailable || ctx.Err() != nil {
		t.Errorf("got %+v, %v, %v; expected 503 before the invocation ends", response, err, ctx.Err())
	}
}

func TestSecretsAreNotLogged(t *testing.T) {
	var lines bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&lines, nil)))
	defer slog.SetDefault(before)
	h, f := webhook(t, nil)
	const body = `{"password":"hunter2"}`
	good, forged := signed(key, now, "a", body), signed("guessed", now, "b", body)
	handle(t, h, good)
	handle(t, h, forged)
	f.refuse["StartExecution"] = awsError{400, "AccessDeniedException"}
	handle(t, h, signed(key, now, "c", body))
	for _, secret := range []string{key, "hunter2", good.Headers["x-signature-256"][3:], forged.Headers["x-signature-256"][3:]} {
		if strings.Contains(lines.String(), secret) {
			t.Errorf("got %q in the log:\n%s", secret, lines.String())
		}
	}
	for _, expected := range []string{`"execution":"Shop--a"`, "the signature does not match", "AccessDeniedException"} {
		if !strings.Contains(lines.String(), expected) {
			t.Errorf("got the log\n%s\nexpected %q in it", lines.String(), expected)
		}
	}
}

func TestNoBodyIsLogged(t *testing.T) {
	var lines bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&lines, nil)))
	defer slog.SetDefault(before)
	h, f := webhook(t, func(s *Settings) { s.DeliveryIDHeader, s.DeliveryIDMember = "", "id" })
	f.refuse["StartExecution"] = awsError{400, "InvalidExecutionInput"}
	for _, body := range []string{
		`{"id": {"canary": 1}}`, `{"id": ["canary"]}`, `{"id": "canary\u0000"}`, `{"id": "canary\ud800"}`, `{"canary": 1}`, `["canary"]`, `{"id": "a", "name": "canary"}`, `"canary"`, `canary`,
	} {
		lines.Reset()
		handle(t, h, signed(key, now, "", body))
		if log := lines.String(); strings.Contains(log, "canary") || !strings.Contains(log, "delivery refused") {
			t.Errorf("%s: got the log %s, expected a refusal without data", body, log)
		}
	}
}

func TestBadSettingsAreRefused(t *testing.T) {
	_, err := New(Settings{Authorization: protocol.AuthorizationHMAC, MaxBodyBytes: maxInputBytes + 1}, Clients{})
	for _, expected := range []string{"StateMachineARN: got", "Name: got", "SecretARN: got none", "SignatureHeader, TimestampHeader: got", "DeliveryIDHeader: got none", "MaxBodyBytes: got 262145"} {
		if err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("got %v, expected it to contain %q", err, expected)
		}
	}
	// A function without settings must not accept every request.
	if _, err := New(Settings{Name: "Shop", StateMachineARN: machineARN, DeliveryIDHeader: "X-Delivery-Id", MaxBodyBytes: 1}, Clients{}); err == nil || !strings.Contains(err.Error(), "Authorization: got") {
		t.Errorf("got %v, expected the authorization to be missed", err)
	}
}

// The monotonic clock may stand still while the function is frozen: a secret would be
// in use for longer than five minutes.
func TestAHandlerTellsTheTimeByTheWallClock(t *testing.T) {
	h, _ := webhook(t, nil)
	fresh, err := New(h.settings, Clients{})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{fresh.now(), fresh.secret.now()} {
		if at != at.Round(0) || time.Since(at).Abs() > time.Minute {
			t.Errorf("got %v, expected the time without a reading of the monotonic clock", at)
		}
	}
}
