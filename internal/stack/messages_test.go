package stack

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/engine"
)

// readMessages are the lines of messages.jsonl.
func readMessages(t *testing.T, c *Stack) []object {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.options.Folder, "messages.jsonl"))
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

const (
	queueURL = "https://sqs.us-east-1.amazonaws.com/123456789012/Stack-Queue"
	topicARN = "arn:aws:sns:us-east-1:123456789012:Stack-Topic"
)

func TestMessagesAreKeptAndAnsweredAsTheServicesDo(t *testing.T) {
	attributes := object{"b": object{"DataType": "Number", "StringValue": "7"}, "a": object{"DataType": "Binary", "BinaryValue": "aGVsbG8="}}
	event := object{"Source": "mapjob", "DetailType": "done", "Detail": object{"count": 3}}
	c := start(t, object{
		"Send":      single("arn:aws:states:::sqs:sendMessage", object{"QueueUrl": queueURL, "MessageBody": object{"n": 1}, "MessageAttributes": attributes}, nil),
		"SDKSend":   single("arn:aws:states:::aws-sdk:sqs:sendMessage", object{"QueueUrl": queueURL, "MessageBody": "hello", "MessageAttributes": nil}, nil), // null: not set
		"Publish":   single("arn:aws:states:::sns:publish", object{"TopicArn": topicARN, "Message": object{"n": 1}}, nil),
		"Ordered":   single("arn:aws:states:::aws-sdk:sns:publish", object{"TopicArn": topicARN + ".fifo", "Message": "m", "MessageGroupId": "g"}, nil),
		"PutEvents": single("arn:aws:states:::events:putEvents", object{"Entries": []object{event, event}}, nil),
	})
	sent := output(t, c, "Send", `{}`)
	if sent["MD5OfMessageBody"] != "082c26c8a6bc75226a31da5495cc9292" {
		t.Errorf("got %v, expected the checksum of the body's JSON", sent)
	}
	if sent["MD5OfMessageAttributes"] != "e850876b44f27cca11126af689a5c04f" {
		t.Errorf("got %v, expected the checksum of the attributes in the order of their names", sent["MD5OfMessageAttributes"])
	}
	if length := at(sent, "SdkHttpMetadata", "HttpHeaders", "Content-Length"); length != "166" {
		t.Errorf("got a length of %v, expected 166, as recorded for a message with attributes", length)
	}
	sdk := output(t, c, "SDKSend", `{}`)
	if sdk["MD5OfMessageBody"] != "5d41402abc4b2a76b9719d911017c592" || sdk["SdkHttpMetadata"] != nil {
		t.Errorf("got %v, expected the checksum of the body and no metadata", sdk)
	}
	published := output(t, c, "Publish", `{}`)
	if id, _ := published["MessageId"].(string); len(id) != 36 || at(published, "SdkHttpMetadata", "HttpHeaders", "Content-Type") != "text/xml" {
		t.Errorf("got %v, expected an identifier and the metadata as recorded", published)
	}
	if number, _ := output(t, c, "Ordered", `{}`)["SequenceNumber"].(string); len(number) != 20 {
		t.Errorf("got sequence number %q, expected 20 digits", number)
	}
	put := output(t, c, "PutEvents", `{}`)
	entries, _ := put["Entries"].([]any)
	if len(entries) != 2 || at(entries[1], "EventId") == nil || put["FailedEntryCount"] != 0.0 {
		t.Errorf("got %v, expected an identifier for each entry", put)
	}

	messages := readMessages(t, c)
	if len(messages) != 5 {
		t.Fatalf("got %d messages, expected 5", len(messages))
	}
	first := messages[0]
	if first["resource"] != "arn:aws:states:::sqs:sendMessage" || first["state"] != "Task" || at(first, "parameters", "MessageBody", "n") != 1.0 ||
		at(first, "answer", "MessageId") != sent["MessageId"] || first["time"] == nil {
		t.Errorf("got %v, expected the resource, the state, the parameters and the answer", first)
	}
	if at(messages[4], "answer", "SdkHttpMetadata") != nil {
		t.Errorf("got %v, expected the answer of the service alone", messages[4]["answer"])
	}
}

func TestMessagesThatAServiceWouldRefuse(t *testing.T) {
	c := start(t, object{
		"NoQueue":    single("arn:aws:states:::sqs:sendMessage", object{"QueueUrl": "no_such_sqs_queue_url", "MessageBody": "m"}, nil),
		"NoBody":     single("arn:aws:states:::sqs:sendMessage", object{"QueueUrl": queueURL, "MessageBody": nil}, nil),
		"NoGroup":    single("arn:aws:states:::sns:publish", object{"TopicArn": topicARN + ".fifo", "Message": "m"}, nil),
		"SDKNoGroup": single("arn:aws:states:::aws-sdk:sns:publish", object{"TopicArn": topicARN + ".fifo", "Message": "m"}, nil),
		"NoDetail":   single("arn:aws:states:::events:putEvents", object{"Entries": []object{{"Source": "s", "DetailType": "d"}}}, nil),
	})
	for name, expected := range map[string][2]string{ // all but the last two as recorded
		"NoQueue":    {"SQS.SdkClientException", "Unable to execute HTTP request: no_such_sqs_queue_url: Name or service not known"},
		"NoBody":     {"SQS.AmazonSQSException", "The request must contain the parameter MessageBody. (Service: AmazonSQS; Status Code: 400; Error Code: MissingParameter; Request ID: "},
		"NoGroup":    {"SNS.InvalidParameterException", "Invalid parameter: The MessageGroupId parameter is required for FIFO topics (Service: AmazonSNS; Status Code: 400; Error Code: InvalidParameter; Request ID: "},
		"SDKNoGroup": {"Sns.InvalidParameterException", "Invalid parameter: The MessageGroupId parameter is required for FIFO topics (Service: Sns, Status Code: 400, Request ID: "},
		"NoDetail":   {"EventBridge.FailedEntry", `{"Entries":[{"ErrorCode":"InvalidArgument","ErrorMessage":"Parameter Detail is not valid. Reason: Detail is a required argument."}],"FailedEntryCount":1}`},
	} {
		x := execute(t, c, name, `{}`)
		if x.Status != engine.Failed || x.Error != expected[0] || !strings.HasPrefix(x.Cause, expected[1]) {
			t.Errorf("%s: got %s: %s, expected %s: %s", name, x.Error, x.Cause, expected[0], expected[1])
		}
	}
	// A failed entry is an answer of EventBridge, the others never arrived.
	if messages := readMessages(t, c); len(messages) != 1 || at(messages[0], "answer", "FailedEntryCount") != 1.0 {
		t.Errorf("got %v, expected the events with their failed entry alone", messages)
	}
}

func TestNamesOfQueuesAndTopicsAreTheirAddresses(t *testing.T) {
	c := start(t, object{
		"Queue":   object{"Type": "AWS::SQS::Queue"},
		"Ordered": object{"Type": "AWS::SQS::Queue", "Properties": object{"FifoQueue": true}},
		"Topic":   object{"Type": "AWS::SNS::Topic"},
	})
	for id, expected := range map[string]string{"Queue": queueURL, "Ordered": strings.Replace(queueURL, "Queue", "Ordered.fifo", 1), "Topic": topicARN} {
		if got, err := c.template.Resolve(object{"Ref": id}); got != expected {
			t.Errorf("got %v and error %v for %s, expected %s", got, err, id, expected)
		}
	}
}
