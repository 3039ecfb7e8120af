package trigger

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/trigger"
	"github.com/mapjob/mapjob/internal/protocol"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// key is base64 too, of 48 bytes.
const key = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// secretsManager starts a Secrets Manager with one secret that was never rotated, and
// returns its URL.
func secretsManager(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct{ SecretID, VersionStage string }
		_ = json.NewDecoder(r.Body).Decode(&request)
		if r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" || !strings.Contains(request.SecretID, ":secret:Test-") || request.VersionStage != "AWSCURRENT" {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(object{"__type": "ResourceNotFoundException", "message": "no such secret"})
			return
		}
		_ = json.NewEncoder(w).Encode(object{"SecretString": key})
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// webhook starts a stack whose state machine counts its executions in a table, by
// orders, and returns the stack and the URL of its webhook.
func webhook(t *testing.T, authorization trigger.Authorization) (*world, string) {
	t.Helper()
	r := run(t, func(stack awscdk.Stack) {
		table := awsdynamodb.NewTable(stack, jsii.String("Counts"), &awsdynamodb.TableProps{
			PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING}})
		count := machine(stack, "Count", object{"Type": "Task", "Resource": "arn:aws:states:::dynamodb:updateItem",
			"Arguments": object{"TableName": table.TableName(), "Key": object{"id": object{"S": "{% $states.input.order %}"}},
				"UpdateExpression": "ADD executions :one", "ExpressionAttributeValues": object{":one": object{"N": "1"}}}},
			object{"Type": "Wait", "Seconds": 1}) // so that some repeats find it running, and others find that it has been
		w := trigger.NewWebhook(stack, jsii.String("Webhook"), &trigger.WebhookProps{StateMachine: count, Authorization: authorization})
		w.Function().AddEnvironment(jsii.String("AWS_ENDPOINT_URL_SECRETS_MANAGER"), jsii.String(secretsManager(t)), nil)
	})
	return r, functionURL(t, r, "Test-"+r.idOf(t, "AWS::Lambda::Function"))
}

// executions returns how often an order was counted.
func (r *world) executions(t *testing.T, order string) string {
	t.Helper()
	item, err := dynamodb.NewFromConfig(r.Client(t, "DYNAMODB")).GetItem(context.Background(), &dynamodb.GetItemInput{
		TableName: aws.String("Test-" + r.idOf(t, "AWS::DynamoDB::Table")), Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: order}}})
	if err != nil {
		t.Fatal(err)
	}
	if count, ok := item.Item["executions"].(*types.AttributeValueMemberN); ok {
		return count.Value
	}
	return "0"
}

// ended waits for the end of an execution.
func (r *world) ended(t *testing.T, arn string) *sfn.DescribeExecutionOutput {
	t.Helper()
	client := sfn.NewFromConfig(r.Client(t, "SFN"))
	for range 1000 {
		x, err := client.DescribeExecution(context.Background(), &sfn.DescribeExecutionInput{ExecutionArn: &arn})
		if err != nil {
			t.Fatal(err)
		}
		if x.Status != sfntypes.ExecutionStatusRunning {
			return x
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s still runs after 10 s", arn)
	return nil
}

// name is the name of the webhook. On this machine the IDs of stacks end in local.
const name = "Webhook-eaa5e467ae90-local"

// signature signs a delivery with a key, as the documentation tells a sender to.
func signature(key, timestamp, id, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte("mapjob-v1\n" + name + "\n" + timestamp + "\n" + id + "\n" + body))
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// accepted is the answer to a delivery.
type accepted struct {
	status                           int
	Execution, ExecutionARN, Message string
}

// sending returns the headers of a delivery that a sender signs with key at a time.
func sending(key string, at time.Time, id, body string) http.Header {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	h := http.Header{"Content-Type": {"application/json"}, "X-Timestamp": {timestamp}, "X-Signature-256": {signature(key, timestamp, id, body)}}
	if id != "" {
		h.Set("X-Delivery-Id", id)
	}
	return h
}

// send sends a delivery, and retries if there are too many at once, as a sender has
// to.
func send(url, method, body string, header http.Header) (a accepted, throttled int, err error) {
	for {
		request, err := http.NewRequest(method, url, bytes.NewReader([]byte(body)))
		if err != nil {
			return a, throttled, err
		}
		request.Header = header
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return a, throttled, err
		}
		defer response.Body.Close()
		if a.status = response.StatusCode; a.status == http.StatusTooManyRequests {
			throttled++
			time.Sleep(200*time.Millisecond + rand.N(400*time.Millisecond))
			continue
		}
		return a, throttled, json.NewDecoder(response.Body).Decode(&a)
	}
}

func TestThousandRepeatsOfADeliveryAreOneExecution(t *testing.T) {
	r, url := webhook(t, &trigger.HMAC{})
	const repeats, body = 1000, `{"order": "ORD-1"}`
	header := sending(key, time.Now(), "evt-1", body)
	answers := make([]accepted, repeats)
	errs := make([]error, repeats)
	throttles := make([]int, repeats)
	var all sync.WaitGroup
	began := time.Now()
	for i := range repeats {
		all.Go(func() { answers[i], throttles[i], errs[i] = send(url, http.MethodPost, body, header) })
	}
	all.Wait()
	took, throttled := time.Since(began), 0
	for i, a := range answers {
		throttled += throttles[i]
		if errs[i] != nil || a != answers[0] || a.status != http.StatusAccepted {
			t.Fatalf("got %+v and error %v, expected %+v", a, errs[i], answers[0])
		}
	}
	t.Logf("%d deliveries in %v, %d of them throttled", repeats, took.Round(time.Millisecond), throttled)
	if answers[0].Execution != name+"--evt-1" || !strings.HasSuffix(answers[0].ExecutionARN, ":"+name+"--evt-1") {
		t.Errorf("got %+v, expected the execution %s--evt-1", answers[0], name)
	}
	x := r.ended(t, answers[0].ExecutionARN)
	if x.Status != sfntypes.ExecutionStatusSucceeded || aws.ToString(x.Input) != body {
		t.Errorf("got %s of %s with %s, expected it to succeed with the body", x.Status, aws.ToString(x.Input), aws.ToString(x.Cause))
	}
	if got := r.executions(t, "ORD-1"); got != "1" {
		t.Errorf("got %s executions, expected one", got)
	}

	// It does not start again after it has ended, or with a new signature.
	for _, at := range []time.Time{time.Now(), time.Now().Add(-time.Minute)} {
		if a, _, err := send(url, http.MethodPost, body, sending(key, at, "evt-1", body)); err != nil || a != answers[0] {
			t.Errorf("got %+v, %v, expected %+v", a, err, answers[0])
		}
	}
	// Another body under the same ID is refused, and the sender sees it.
	const other = `{"order": "ORD-6"}`
	if a, _, err := send(url, http.MethodPost, other, sending(key, time.Now(), "evt-1", other)); err != nil || a.status != http.StatusConflict || !strings.Contains(a.Message, "new ID") {
		t.Errorf("got %+v, %v, expected 409", a, err)
	}
	for order, expected := range map[string]string{"ORD-1": "1", "ORD-6": "0"} {
		if got := r.executions(t, order); got != expected {
			t.Errorf("got %s executions of %s, expected %s", got, order, expected)
		}
	}
}

// A sender with a library of the specification needs to know the URL and the secret.
func TestStandardWebhooksStartAnExecution(t *testing.T) {
	r, url := webhook(t, &trigger.StandardWebhooks{})
	signer, err := standardwebhooks.NewWebhook("whsec_" + key)
	if err != nil {
		t.Fatal(err)
	}
	const body = `{"order": "ORD-7"}`
	var answers []accepted
	for range 2 {
		now := time.Now()
		signature, err := signer.Sign("msg_1", now, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		a, _, err := send(url, http.MethodPost, body, http.Header{"Content-Type": {"application/json"}, "Webhook-Id": {"msg_1"},
			"Webhook-Timestamp": {strconv.FormatInt(now.Unix(), 10)}, "Webhook-Signature": {signature}})
		if err != nil || a.status != http.StatusAccepted || a.Execution != name+"--msg_1" {
			t.Fatalf("got %+v, %v, expected the execution %s--msg_1", a, err, name)
		}
		answers = append(answers, a)
	}
	r.ended(t, answers[0].ExecutionARN)
	if got := r.executions(t, "ORD-7"); got != "1" {
		t.Errorf("got %s executions, expected one", got)
	}
}

func TestUnsignedDeliveriesStartNothing(t *testing.T) {
	r, url := webhook(t, &trigger.HMAC{})
	const body, rerun = `{"order": "ORD-2"}`, `{"order": "ORD-2", "mapjobRerun": {}}`
	captured := sending(key, time.Now(), "", body) // without an ID: it may be sent again, and is the same delivery
	renamed := sending(key, time.Now(), "evt-2", body)
	renamed.Set("X-Delivery-Id", "evt-3")
	added := captured.Clone()
	added.Set("X-Delivery-Id", "evt-4")
	ofSize := func(bytes int) string {
		const around = `{"order": "ORD-5", "more": ""}`
		return strings.Replace(around, `""`, `"`+strings.Repeat("x", bytes-len(around))+`"`, 1)
	}
	largest, large := ofSize(protocol.MaxInput), ofSize(protocol.MaxInput+1)
	for name, test := range map[string]struct {
		method string
		body   string
		header http.Header
		status int
	}{
		"another key":     {"POST", body, sending("guessed", time.Now(), "a", body), 401},
		"an old time":     {"POST", body, sending(key, time.Now().Add(-6*time.Minute), "a", body), 401},
		"a time to come":  {"POST", body, sending(key, time.Now().Add(6*time.Minute), "a", body), 401},
		"another body":    {"POST", `{"order": "ORD-3"}`, captured, 401},
		"another id":      {"POST", body, renamed, 401},
		"an id added":     {"POST", body, added, 401},
		"no headers":      {"POST", body, http.Header{"Content-Type": {"application/json"}}, 401},
		"a body too long": {"POST", large, sending(key, time.Now(), "a", large), 413},
		"a rerun":         {"POST", rerun, sending(key, time.Now(), "a", rerun), 400},
		"no JSON":         {"POST", "order=ORD-2", sending(key, time.Now(), "a", "order=ORD-2"), 400},
		"another method":  {"PUT", body, sending(key, time.Now(), "a", body), 405},
	} {
		if a, _, err := send(url, test.method, test.body, test.header); err != nil || a.status != test.status || a.Message == "" {
			t.Errorf("%s: got %+v, %v, expected %d", name, a, err, test.status)
		}
	}
	if got := r.executions(t, "ORD-2"); got != "0" {
		t.Errorf("got %s executions, expected none", got)
	}

	whole, _, err := send(url, http.MethodPost, largest, sending(key, time.Now(), "largest", largest))
	if err != nil || whole.status != http.StatusAccepted {
		t.Fatalf("got %+v, %v for a body of %d bytes, expected 202", whole, err, len(largest))
	}
	r.ended(t, whole.ExecutionARN)
	if got := r.executions(t, "ORD-5"); got != "1" {
		t.Errorf("got %s executions of the largest input of a job, expected one", got)
	}
	first, _, err := send(url, http.MethodPost, body, captured)
	if err != nil || first.status != http.StatusAccepted {
		t.Fatalf("got %+v, %v, expected 202", first, err)
	}
	r.ended(t, first.ExecutionARN)
	// As binary data the body comes in base64, and is the same delivery.
	captured.Set("Content-Type", "application/octet-stream")
	if replay, _, err := send(url, http.MethodPost, body, captured); err != nil || replay != first {
		t.Errorf("got %+v, %v, expected %+v", replay, err, first)
	}
	if got := r.executions(t, "ORD-2"); got != "1" {
		t.Errorf("got %s executions, expected one", got)
	}
}

func TestIAMWebhookRequiresAuthorizationByLambda(t *testing.T) {
	_, url := webhook(t, &trigger.AWSIAM{})
	// This machine does not authorize requests, which the webhook must not accept.
	if a, _, err := send(url, http.MethodPost, `{"order": "ORD-4"}`, sending(key, time.Now(), "", "")); err != nil || a.status != http.StatusForbidden {
		t.Errorf("got %s, expected 403", fmt.Sprint(a, err))
	}
}
