package integration

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/enginetest"
	"github.com/mapjob/mapjob/internal/sqs"
)

// kept returns the messages that were kept.
func (w *world) kept(t *testing.T) []object {
	t.Helper()
	text, err := os.ReadFile(w.messages)
	if err != nil {
		t.Fatal(err)
	}
	var messages []object
	for line := range bytes.Lines(text) {
		var message object
		if err := json.Unmarshal(line, &message); err != nil {
			t.Fatalf("got line %q: %v", line, err)
		}
		messages = append(messages, message)
	}
	return messages
}

func TestMessagesAreKeptAndAnswered(t *testing.T) {
	attributes := object{"b": object{"DataType": "Number", "StringValue": "7"}, "a": object{"DataType": "Binary", "BinaryValue": "aGVsbG8="}}
	event := object{"Source": "mapjob", "DetailType": "done", "Detail": object{"count": 3}}
	w := start(t, map[string]object{
		"Send":      single("arn:aws:states:::sqs:sendMessage", object{"QueueUrl": queueURL, "MessageBody": object{"n": 1}, "MessageAttributes": attributes}),
		"SDKSend":   single("arn:aws:states:::aws-sdk:sqs:sendMessage", object{"QueueUrl": queueURL, "MessageBody": "hello", "MessageAttributes": nil}), // null: not set
		"Publish":   single("arn:aws:states:::sns:publish", object{"TopicArn": topicARN, "Message": object{"n": 1}}),
		"Ordered":   single("arn:aws:states:::aws-sdk:sns:publish", object{"TopicArn": topicARN + ".fifo", "Message": "m", "MessageGroupId": "g"}),
		"PutEvents": single("arn:aws:states:::events:putEvents", object{"Entries": []object{event, event}}),
	})
	sent := w.output(t, "Send", `{}`)
	if sent["MD5OfMessageBody"] != "082c26c8a6bc75226a31da5495cc9292" {
		t.Errorf("got %v, expected the checksum of the body's JSON", sent)
	}
	if sent["MD5OfMessageAttributes"] != "e850876b44f27cca11126af689a5c04f" {
		t.Errorf("got %v, expected the checksum of the attributes in the order of their names", sent["MD5OfMessageAttributes"])
	}
	if length := enginetest.At(sent, "SdkHttpMetadata", "HttpHeaders", "Content-Length"); length != "166" {
		t.Errorf("got a length of %v, expected 166, as recorded for a message with attributes", length)
	}
	sdk := w.output(t, "SDKSend", `{}`)
	if sdk["MD5OfMessageBody"] != "5d41402abc4b2a76b9719d911017c592" || sdk["SdkHttpMetadata"] != nil {
		t.Errorf("got %v, expected the checksum of the body and no metadata", sdk)
	}
	published := w.output(t, "Publish", `{}`)
	if id, _ := published["MessageId"].(string); len(id) != 36 || enginetest.At(published, "SdkHttpMetadata", "HttpHeaders", "Content-Type") != "text/xml" {
		t.Errorf("got %v, expected an identifier and the metadata as recorded", published)
	}
	if number, _ := w.output(t, "Ordered", `{}`)["SequenceNumber"].(string); len(number) != 20 {
		t.Errorf("got sequence number %q, expected 20 digits", number)
	}
	put := w.output(t, "PutEvents", `{}`)
	entries, _ := put["Entries"].([]any)
	if len(entries) != 2 || enginetest.At(entries[1], "EventId") == nil || put["FailedEntryCount"] != 0.0 {
		t.Errorf("got %v, expected an identifier for each entry", put)
	}

	messages := w.kept(t)
	if len(messages) != 5 {
		t.Fatalf("got %d messages, expected 5", len(messages))
	}
	first := messages[0]
	if first["resource"] != "arn:aws:states:::sqs:sendMessage" || first["state"] != "Task" || enginetest.At(first, "parameters", "MessageBody", "n") != 1.0 ||
		enginetest.At(first, "answer", "MessageId") != sent["MessageId"] || first["time"] == nil {
		t.Errorf("got %v, expected the resource, the state, the parameters and the answer", first)
	}
	if enginetest.At(messages[4], "answer", "SdkHttpMetadata") != nil {
		t.Errorf("got %v, expected the answer of the service alone", messages[4]["answer"])
	}
}

func TestMessagesThatServicesRefuse(t *testing.T) {
	w := start(t, map[string]object{
		"NoQueue":    single("arn:aws:states:::sqs:sendMessage", object{"QueueUrl": "no_such_sqs_queue_url", "MessageBody": "m"}),
		"NoBody":     single("arn:aws:states:::sqs:sendMessage", object{"QueueUrl": queueURL, "MessageBody": nil}),
		"NoGroup":    single("arn:aws:states:::sns:publish", object{"TopicArn": topicARN + ".fifo", "Message": "m"}),
		"SDKNoGroup": single("arn:aws:states:::aws-sdk:sns:publish", object{"TopicArn": topicARN + ".fifo", "Message": "m"}),
		"NoDetail":   single("arn:aws:states:::events:putEvents", object{"Entries": []object{{"Source": "s", "DetailType": "d"}}}),
	})
	for name, expected := range map[string][2]string{ // all but the last two as recorded
		"NoQueue":    {"SQS.SdkClientException", "Unable to execute HTTP request: no_such_sqs_queue_url: Name or service not known"},
		"NoBody":     {"SQS.AmazonSQSException", "The request must contain the parameter MessageBody. (Service: AmazonSQS; Status Code: 400; Error Code: MissingParameter; Request ID: "},
		"NoGroup":    {"SNS.InvalidParameterException", "Invalid parameter: The MessageGroupId parameter is required for FIFO topics (Service: AmazonSNS; Status Code: 400; Error Code: InvalidParameter; Request ID: "},
		"SDKNoGroup": {"Sns.InvalidParameterException", "Invalid parameter: The MessageGroupId parameter is required for FIFO topics (Service: Sns, Status Code: 400, Request ID: "},
		"NoDetail":   {"EventBridge.FailedEntry", `{"Entries":[{"ErrorCode":"InvalidArgument","ErrorMessage":"Parameter Detail is not valid. Reason: Detail is a required argument."}],"FailedEntryCount":1}`},
	} {
		x := w.execute(t, name, `{}`)
		if x.Status != engine.Failed || x.Error != expected[0] || !strings.HasPrefix(x.Cause, expected[1]) {
			t.Errorf("%s: got %s: %s, expected %s: %s", name, x.Error, x.Cause, expected[0], expected[1])
		}
	}
	// EventBridge answers with a failed entry; the other messages are not sent.
	if messages := w.kept(t); len(messages) != 1 || enginetest.At(messages[0], "answer", "FailedEntryCount") != 1.0 {
		t.Errorf("got %v, expected the events with their failed entry alone", messages)
	}
}

func TestQueuesOfThisMachineGetMessages(t *testing.T) {
	w := start(t, map[string]object{
		"Send": single("arn:aws:states:::sqs:sendMessage", object{"QueueUrl": queueURL, "MessageBody": object{"n": 1}, "MessageAttributes": object{"a": object{"DataType": "String", "StringValue": "x"}}}),
		"SDK":  single("arn:aws:states:::aws-sdk:sqs:sendMessage", object{"QueueUrl": queueURL, "MessageBody": "hello", "DelaySeconds": 5}),
		"Late": single("arn:aws:states:::sqs:sendMessage", object{"QueueUrl": queueURL, "MessageBody": "m", "DelaySeconds": 901}),
	})
	if err := w.services.Queues.CreateQueue("Queue", nil); err != nil {
		t.Fatal(err)
	}
	sent := w.output(t, "Send", `{}`)
	w.output(t, "SDK", `{}`)
	counts, err := w.services.Queues.Counts("Queue")
	if diff := cmp.Diff(sqs.Counts{Visible: 1, Delayed: 1}, counts); err != nil || diff != "" {
		t.Errorf("got error %v and counts (-expected +got):\n%s", err, diff)
	}
	messages, err := w.services.Queues.Messages("Queue")
	if err != nil || len(messages) != 2 || messages[0].ID != sent["MessageId"] || messages[0].Body != `{"n":1}` || messages[0].Attributes["a"].StringValue != "x" {
		t.Errorf("got %v and error %v, expected the message of the answer %v first", messages, err, sent)
	}
	if x := w.execute(t, "Late", `{}`); x.Error != "SQS.AmazonSQSException" || !strings.Contains(x.Cause, "Error Code: InvalidParameterValue") {
		t.Errorf("got %s: %s, expected the queue's refusal", x.Error, x.Cause)
	}
	if kept := w.kept(t); len(kept) != 2 {
		t.Errorf("got %d messages kept, expected the two that were sent", len(kept))
	}
}
