package sqs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mapjob/mapjob/internal/sqs"
)

func asObject(t *testing.T, v any) map[string]any {
	t.Helper()
	text, err := json.Marshal(v)
	var object map[string]any
	if err == nil {
		err = json.Unmarshal(text, &object)
	}
	if err != nil {
		t.Fatal(err)
	}
	return object
}

// sdk returns an SDK client of a service with two queues, q and its dead-letter
// queue dead, and the URL of q.
func sdk(t *testing.T) (*client.Client, *string) {
	t.Helper()
	s := sqs.New(sqs.Options{})
	for name, attributes := range map[string]map[string]string{
		"q": {"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:dead","maxReceiveCount":5}`}, "dead": nil} {
		if err := s.CreateQueue(name, attributes); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return client.New(client.Options{Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
		})}), aws.String(s.URL("q"))
}

func TestSDKSendsReceivesAndDeletes(t *testing.T) {
	t.Parallel()
	c, url := sdk(t)
	ctx := t.Context()
	found, err := c.GetQueueUrl(ctx, &client.GetQueueUrlInput{QueueName: aws.String("q")})
	if err != nil || *found.QueueUrl != *url {
		t.Fatalf("got %+v and error %v, expected %s", found, err, *url)
	}
	// The client verifies the checksum of the body.
	sent, err := c.SendMessage(ctx, &client.SendMessageInput{QueueUrl: url, MessageBody: aws.String(`{"n": "ü"}`),
		MessageAttributes: map[string]types.MessageAttributeValue{
			"a.text": {DataType: aws.String("String"), StringValue: aws.String("hello")},
			"a.raw":  {DataType: aws.String("Binary.png"), BinaryValue: []byte{0, 255}},
			"b":      {DataType: aws.String("Number"), StringValue: aws.String("7")},
		},
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String("Root=1")}}})
	if err != nil || sent.MD5OfMessageAttributes == nil {
		t.Fatalf("got %+v and error %v, expected checksums", sent, err)
	}
	received, err := c.ReceiveMessage(ctx, &client.ReceiveMessageInput{QueueUrl: url, MessageAttributeNames: []string{"a.*"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll}})
	if err != nil || len(received.Messages) != 1 {
		t.Fatalf("got %+v and error %v, expected the message", received, err)
	}
	m := received.Messages[0]
	if *m.MessageId != *sent.MessageId || *m.Body != `{"n": "ü"}` || len(m.MessageAttributes) != 2 || !bytes.Equal(m.MessageAttributes["a.raw"].BinaryValue, []byte{0, 255}) {
		t.Errorf("got %+v, expected the message with the two attributes whose names begin with \"a.\"", m)
	}
	if m.Attributes["ApproximateReceiveCount"] != "1" || m.Attributes["AWSTraceHeader"] != "Root=1" || len(m.Attributes["SentTimestamp"]) != 13 || m.Attributes["ApproximateFirstReceiveTimestamp"] == "" {
		t.Errorf("got %v, expected the system's attributes", m.Attributes)
	}
	if _, err := c.ChangeMessageVisibility(ctx, &client.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 0}); err != nil {
		t.Fatal(err)
	}
	again, err := c.ReceiveMessage(ctx, &client.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 1})
	if err != nil || len(again.Messages) != 1 || *again.Messages[0].ReceiptHandle == *m.ReceiptHandle || again.Messages[0].Attributes != nil {
		t.Fatalf("got %+v and error %v, expected the message with another handle and without attributes", again, err)
	}
	attributes, err := c.GetQueueAttributes(ctx, &client.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"All"}})
	if err != nil {
		t.Fatal(err)
	}
	expected := map[string]string{"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "1", "ApproximateNumberOfMessagesDelayed": "0",
		"DelaySeconds": "0", "MaximumMessageSize": "1048576", "MessageRetentionPeriod": "345600", "QueueArn": "arn:aws:sqs:us-east-1:123456789012:q",
		"ReceiveMessageWaitTimeSeconds": "0", "SqsManagedSseEnabled": "false", "VisibilityTimeout": "30",
		"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:dead","maxReceiveCount":5}`}
	timestamps := cmpopts.IgnoreMapEntries(func(name, _ string) bool { return strings.HasSuffix(name, "Timestamp") })
	if diff := cmp.Diff(expected, attributes.Attributes, timestamps); diff != "" {
		t.Errorf("wrong attributes of the queue (-expected +got):\n%s", diff)
	}
	if _, err := c.DeleteMessage(ctx, &client.DeleteMessageInput{QueueUrl: url, ReceiptHandle: again.Messages[0].ReceiptHandle}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.PurgeQueue(ctx, &client.PurgeQueueInput{QueueUrl: url}); err != nil {
		t.Fatal(err)
	}
}

func TestSDKWorksInBatches(t *testing.T) {
	t.Parallel()
	c, url := sdk(t)
	ctx := t.Context()
	var entries []types.SendMessageBatchRequestEntry
	for i := range 9 {
		entries = append(entries, types.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint("m-", i)), MessageBody: aws.String(fmt.Sprint("body ", i))})
	}
	entries = append(entries, types.SendMessageBatchRequestEntry{Id: aws.String("late"), MessageBody: aws.String("late"), DelaySeconds: 901})
	sent, err := c.SendMessageBatch(ctx, &client.SendMessageBatchInput{QueueUrl: url, Entries: entries})
	if err != nil || len(sent.Successful) != 9 || len(sent.Failed) != 1 || *sent.Failed[0].Code != "InvalidParameterValue" || !sent.Failed[0].SenderFault {
		t.Fatalf("got %+v and error %v, expected nine sent and one refused", sent, err)
	}
	received, err := c.ReceiveMessage(ctx, &client.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10})
	if err != nil || len(received.Messages) != 9 {
		t.Fatalf("got %+v and error %v, expected nine messages", received, err)
	}
	var visibility []types.ChangeMessageVisibilityBatchRequestEntry
	var deletes []types.DeleteMessageBatchRequestEntry
	for i, m := range received.Messages {
		id := aws.String(strconv.Itoa(i))
		visibility = append(visibility, types.ChangeMessageVisibilityBatchRequestEntry{Id: id, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: int32(10 * (i % 2))})
		deletes = append(deletes, types.DeleteMessageBatchRequestEntry{Id: id, ReceiptHandle: m.ReceiptHandle})
	}
	changed, err := c.ChangeMessageVisibilityBatch(ctx, &client.ChangeMessageVisibilityBatchInput{QueueUrl: url, Entries: visibility})
	if err != nil || len(changed.Successful) != 9 {
		t.Fatalf("got %+v and error %v, expected nine changed", changed, err)
	}
	deletes[8].ReceiptHandle = aws.String("nonsense")
	deleted, err := c.DeleteMessageBatch(ctx, &client.DeleteMessageBatchInput{QueueUrl: url, Entries: deletes})
	if err != nil || len(deleted.Successful) != 8 || len(deleted.Failed) != 1 || *deleted.Failed[0].Code != "ReceiptHandleIsInvalid" {
		t.Fatalf("got %+v and error %v, expected eight deleted and one refused", deleted, err)
	}
	left, err := c.ReceiveMessage(ctx, &client.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10})
	if err != nil || len(left.Messages) != 1 || *left.Messages[0].Body != "body 8" {
		t.Errorf("got %+v and error %v, expected the message that was not deleted", left, err)
	}
}

func TestErrorsHaveTheNamesOfAWS(t *testing.T) {
	t.Parallel()
	c, url := sdk(t)
	ctx := t.Context()
	send := func(bodies ...string) error {
		in := &client.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{}}
		for i, body := range bodies {
			in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(body)})
		}
		_, err := c.SendMessageBatch(ctx, in)
		return err
	}
	ids := func(ids ...string) error {
		in := &client.DeleteMessageBatchInput{QueueUrl: url}
		for _, id := range ids {
			in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(id), ReceiptHandle: aws.String("x")})
		}
		_, err := c.DeleteMessageBatch(ctx, in)
		return err
	}
	one := func(url *string, body string, attributes map[string]types.MessageAttributeValue) error {
		_, err := c.SendMessage(ctx, &client.SendMessageInput{QueueUrl: url, MessageBody: &body, MessageAttributes: attributes})
		return err
	}
	_, many := c.ReceiveMessage(ctx, &client.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 11})
	_, long := c.ReceiveMessage(ctx, &client.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 21})
	_, handle := c.DeleteMessage(ctx, &client.DeleteMessageInput{QueueUrl: url, ReceiptHandle: aws.String("x")})
	_, attribute := c.GetQueueAttributes(ctx, &client.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"Colour"}})
	_, name := c.GetQueueUrl(ctx, &client.GetQueueUrlInput{QueueName: aws.String("nobody")})
	_, list := c.ListQueues(ctx, nil)
	half := strings.Repeat("x", 1<<19)
	for what, check := range map[string]struct {
		err  error
		code string
	}{
		"no such queue":            {one(aws.String("https://sqs.us-east-1.amazonaws.com/123456789012/nobody"), "a", nil), "AWS.SimpleQueueService.NonExistentQueue"},
		"no such name":             {name, "AWS.SimpleQueueService.NonExistentQueue"},
		"a FIFO queue":             {one(aws.String(*url+".fifo"), "a", nil), "AWS.SimpleQueueService.UnsupportedOperation"},
		"no body":                  {one(url, "", nil), "MissingParameter"},
		"bad characters":           {one(url, "a\x00b", nil), "InvalidMessageContents"},
		"too long":                 {one(url, half+half+"x", nil), "InvalidParameterValue"},
		"attribute, no value":      {one(url, "a", map[string]types.MessageAttributeValue{"a": {DataType: aws.String("String")}}), "InvalidParameterValue"},
		"attribute, no number":     {one(url, "a", map[string]types.MessageAttributeValue{"a": {DataType: aws.String("Number.int"), StringValue: aws.String("abc")}}), "InvalidParameterValue"},
		"attribute, bad type":      {one(url, "a", map[string]types.MessageAttributeValue{"a": {DataType: aws.String("Text"), StringValue: aws.String("x")}}), "InvalidParameterValue"},
		"no entries":               {send(), "AWS.SimpleQueueService.EmptyBatchRequest"},
		"too many entries":         {send(strings.Split("abcdefghijk", "")...), "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"},
		"a batch that is too long": {send(half, half, "x"), "AWS.SimpleQueueService.BatchRequestTooLong"},
		"the same ID twice":        {ids("a", "a"), "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"},
		"a bad ID":                 {ids("a b"), "AWS.SimpleQueueService.InvalidBatchEntryId"},
		"eleven messages":          {many, "InvalidParameterValue"},
		"a poll that is too long":  {long, "InvalidParameterValue"},
		"no handle":                {handle, "ReceiptHandleIsInvalid"},
		"no such attribute":        {attribute, "InvalidAttributeName"},
		"another operation":        {list, "AWS.SimpleQueueService.UnsupportedOperation"},
	} {
		var refused smithy.APIError
		if !errors.As(check.err, &refused) || refused.ErrorCode() != check.code {
			t.Errorf("%s: got %v, expected %s", what, check.err, check.code)
		}
	}
	var typed *types.QueueDoesNotExist
	if !errors.As(name, &typed) {
		t.Errorf("got %v, expected the SDK's type QueueDoesNotExist", name)
	}
	if err := send(half, half); err != nil {
		t.Errorf("got %v for a batch of 1 MiB, expected no error", err)
	}
}
