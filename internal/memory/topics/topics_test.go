package topics_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	events "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/memory/topics"
	"github.com/mapjob/mapjob/internal/value"
)

// server is the HTTP client of a client whose requests a handler answers.
type server struct{ http.Handler }

func (s server) Do(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, r)
	return answer.Result(), nil
}

func config(h http.Handler) aws.Config {
	return aws.Config{Region: "us-east-1", Credentials: aws.AnonymousCredentials{}, HTTPClient: server{h}, RetryMaxAttempts: 1}
}

const (
	topic = "arn:aws:sns:us-east-1:123456789012:alarms"
	fifo  = "arn:aws:sns:us-east-1:123456789012:orders.fifo"
)

func refusal(err error) string {
	code, status := "none", 0
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		code = e.ErrorCode()
	}
	if e, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		status = e.HTTPStatusCode()
	}
	return fmt.Sprintf("%s %d", code, status)
}

func text(name, value string) map[string]types.MessageAttributeValue {
	return map[string]types.MessageAttributeValue{name: {DataType: aws.String("String"), StringValue: &value}}
}

func TestWhatIsPublishedIsKept(t *testing.T) {
	s := topics.New()
	client := sns.NewFromConfig(config(s.SNS()))
	first, err := client.Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String(topic), Message: aws.String("the job failed & ended"), Subject: aws.String("Alarm"), MessageAttributes: text("kind", "ä=b")})
	if err != nil {
		t.Fatal(err)
	}
	second, err := client.Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String(fifo), Message: aws.String("{}"), MessageGroupId: aws.String("g")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Publish(t.Context(), &sns.PublishInput{PhoneNumber: aws.String("+15550100"), Message: aws.String(`{"default":"x"}`), MessageStructure: aws.String("json")}); err != nil {
		t.Fatal(err)
	}
	if *first.MessageId == *second.MessageId || first.SequenceNumber != nil || len(aws.ToString(second.SequenceNumber)) != 20 {
		t.Errorf("got %v and %v, expected IDs that differ, and a sequence number of the FIFO topic only", first, second)
	}
	if diff := cmp.Diff([]topics.Message{
		{To: topic, Body: "the job failed & ended", Attributes: map[string]string{"Subject": "Alarm", "kind": "ä=b"}},
		{To: fifo, Body: "{}", Attributes: map[string]string{"MessageGroupId": "g"}},
		{To: "+15550100", Body: `{"default":"x"}`},
	}, s.Messages()); diff != "" {
		t.Error(diff)
	}
}

func TestBatches(t *testing.T) {
	s := topics.New()
	client := sns.NewFromConfig(config(s.SNS()))
	entry := func(id, message string) types.PublishBatchRequestEntry {
		return types.PublishBatchRequestEntry{Id: &id, Message: &message, MessageAttributes: text("n", id)}
	}
	batch := func(entries ...types.PublishBatchRequestEntry) (*sns.PublishBatchOutput, error) {
		return client.PublishBatch(t.Context(), &sns.PublishBatchInput{TopicArn: aws.String(topic), PublishBatchRequestEntries: entries})
	}
	out, err := batch(entry("a", "one"), entry("b", ""), entry("c", "three"))
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Successful) != 2 || *out.Successful[1].Id != "c" || len(out.Failed) != 1 || *out.Failed[0].Id != "b" || *out.Failed[0].Code != "InvalidParameter" || !out.Failed[0].SenderFault {
		t.Errorf("got %+v, expected that a and c were published and b was not", out)
	}
	if diff := cmp.Diff([]topics.Message{{To: topic, Body: "one", Attributes: map[string]string{"n": "a"}}, {To: topic, Body: "three", Attributes: map[string]string{"n": "c"}}}, s.Messages()); diff != "" {
		t.Error(diff)
	}
	var many []types.PublishBatchRequestEntry
	for i := range 11 {
		many = append(many, entry(strconv.Itoa(i), "x"))
	}
	large := strings.Repeat("x", 200<<10)
	for expected, entries := range map[string][]types.PublishBatchRequestEntry{
		"EmptyBatchRequest 400":            {},
		"TooManyEntriesInBatchRequest 400": many,
		"BatchEntryIdsNotDistinct 400":     {entry("a", "x"), entry("a", "y")},
		"BatchRequestTooLong 400":          {entry("a", large), entry("b", large)},
	} {
		if _, err := batch(entries...); refusal(err) != expected {
			t.Errorf("got %v, expected %s", err, expected)
		}
	}
}

func TestMessagesThatSNSRefuses(t *testing.T) {
	client := sns.NewFromConfig(config(topics.New().SNS()))
	for name, c := range map[string]struct {
		in       sns.PublishInput
		expected string
	}{
		"no topic":         {sns.PublishInput{Message: aws.String("x")}, "InvalidParameter 400"},
		"an empty message": {sns.PublishInput{Message: aws.String(""), TopicArn: aws.String(topic)}, "InvalidParameter 400"},
		"a long message":   {sns.PublishInput{Message: aws.String(strings.Repeat("x", 256<<10+1)), TopicArn: aws.String(topic)}, "InvalidParameter 400"},
		"no group":         {sns.PublishInput{Message: aws.String("x"), TopicArn: aws.String(fifo)}, "InvalidParameter 400"},
		"no JSON":          {sns.PublishInput{Message: aws.String("x"), TopicArn: aws.String(topic), MessageStructure: aws.String("json")}, "InvalidParameter 400"},
		"no default":       {sns.PublishInput{Message: aws.String("{}"), TopicArn: aws.String(topic), MessageStructure: aws.String("json")}, "InvalidParameter 400"},
		"no value":         {sns.PublishInput{Message: aws.String("x"), TopicArn: aws.String(topic), MessageAttributes: text("n", "")}, "ParameterValueInvalid 400"},
	} {
		if _, err := client.Publish(t.Context(), &c.in); refusal(err) != c.expected {
			t.Errorf("%s: got %v, expected %s", name, err, c.expected)
		}
	}
	if _, err := client.ListTopics(t.Context(), &sns.ListTopicsInput{}); refusal(err) != "InvalidAction 400" {
		t.Errorf("got %v, expected that other operations are refused", err)
	}
}

func TestEvents(t *testing.T) {
	s := topics.New()
	client := eventbridge.NewFromConfig(config(s.EventBridge()))
	entry := func(bus *string, detail string) events.PutEventsRequestEntry {
		return events.PutEventsRequestEntry{EventBusName: bus, Source: aws.String("shop"), DetailType: aws.String("Charged"), Detail: &detail}
	}
	out, err := client.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []events.PutEventsRequestEntry{
		entry(nil, `{"order":"o-1"}`), entry(aws.String("orders"), `{"order":"o-2"}`), entry(aws.String("arn:aws:events:us-east-1:123456789012:event-bus/orders"), `{"order":"o-3"}`), entry(nil, "no JSON"), {Source: aws.String("shop")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, e := range out.Entries {
		codes = append(codes, aws.ToString(e.ErrorCode))
	}
	if diff := cmp.Diff([]string{"", "", "", "MalformedDetail", "InvalidArgument"}, codes); diff != "" || out.FailedEntryCount != 2 {
		t.Errorf("got %d failed entries: %s", out.FailedEntryCount, diff)
	}
	attributes := map[string]string{"Source": "shop", "DetailType": "Charged"}
	if diff := cmp.Diff([]topics.Message{{To: "default", Body: `{"order":"o-1"}`, Attributes: attributes}, {To: "orders", Body: `{"order":"o-2"}`, Attributes: attributes}, {To: "orders", Body: `{"order":"o-3"}`, Attributes: attributes}}, s.Messages()); diff != "" {
		t.Error(diff)
	}
	var many []events.PutEventsRequestEntry
	for range 11 {
		many = append(many, entry(nil, "{}"))
	}
	for name, entries := range map[string][]events.PutEventsRequestEntry{"none": {}, "eleven": many, "too large": {entry(nil, `{"x":"`+strings.Repeat("x", 256<<10)+`"}`)}} {
		if _, err := client.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: entries}); refusal(err) != "ValidationException 400" {
			t.Errorf("%s: got %v, expected a ValidationException", name, err)
		}
	}
	if _, err := client.ListRules(t.Context(), &eventbridge.ListRulesInput{}); refusal(err) != "UnknownOperationException 400" {
		t.Errorf("got %v, expected that other operations are refused", err)
	}
}

// What tasks send is kept as what clients send.
func TestWhatTasksSendIsKept(t *testing.T) {
	s := topics.New()
	for _, task := range []struct{ parameters, answer string }{
		{`{"TopicArn":"t","Message":{"a":1},"Subject":"S","MessageAttributes":{"k":{"DataType":"String","StringValue":"v"}}}`, `{}`},
		{`{"PhoneNumber":"+1","Message":"hi"}`, `{}`},
		{`{"QueueUrl":"https://q","MessageBody":{"token":"x"},"MessageGroupId":"g"}`, `{}`},
		{`{"Entries":[{"Source":"s","DetailType":"d","Detail":{"a":[1]}},{"Source":"s"},{"EventBusName":"arn:aws:events:us-east-1:123456789012:event-bus/b","Source":"s","DetailType":"d","Detail":"{}"}]}`,
			`{"Entries":[{"EventId":"1"},{"ErrorCode":"InvalidArgument"},{"EventId":"2"}]}`},
	} {
		parameters, err := value.Parse([]byte(task.parameters))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := value.Parse([]byte(task.answer))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Keep(&engine.Request{Parameters: parameters}, answer.(*value.Object)); err != nil {
			t.Fatal(err)
		}
	}
	attributes := map[string]string{"Source": "s", "DetailType": "d"}
	expected := []topics.Message{
		{To: "t", Body: `{"a":1}`, Attributes: map[string]string{"Subject": "S", "k": "v"}},
		{To: "+1", Body: "hi"},
		{To: "https://q", Body: `{"token":"x"}`, Attributes: map[string]string{"MessageGroupId": "g"}},
		{To: "default", Body: `{"a":[1]}`, Attributes: attributes},
		{To: "b", Body: "{}", Attributes: attributes},
	}
	if diff := cmp.Diff(expected, s.Messages()); diff != "" {
		t.Error(diff)
	}
	text, _ := json.Marshal(s.Messages())
	if err := s.Keep(&engine.Request{Parameters: "no object"}, nil); err == nil {
		t.Error("got no error of parameters that are no object")
	}
	if again, _ := json.Marshal(s.Messages()); string(again) != string(text) {
		t.Errorf("got %s, expected that nothing was kept", again)
	}
}
