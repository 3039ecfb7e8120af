package sqs_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/mapjob/mapjob/internal/loopback/loopbacktest"
	"github.com/mapjob/mapjob/internal/sqs"
)

func TestNoPageUsesAQueue(t *testing.T) {
	s := sqs.New(sqs.Options{})
	if err := s.CreateQueue("q", nil); err != nil {
		t.Fatal(err)
	}
	url, err := json.Marshal(s.URL("q"))
	if err != nil {
		t.Fatal(err)
	}
	queue := `{"QueueUrl":` + string(url)
	operations := map[string]string{
		"SendMessage":                  queue + `,"MessageBody":"x"}`,
		"SendMessageBatch":             queue + `,"Entries":[{"Id":"1","MessageBody":"x"}]}`,
		"ReceiveMessage":               queue + `}`,
		"DeleteMessage":                queue + `,"ReceiptHandle":"x"}`,
		"DeleteMessageBatch":           queue + `,"Entries":[{"Id":"1","ReceiptHandle":"x"}]}`,
		"ChangeMessageVisibility":      queue + `,"ReceiptHandle":"x","VisibilityTimeout":0}`,
		"ChangeMessageVisibilityBatch": queue + `,"Entries":[{"Id":"1","ReceiptHandle":"x","VisibilityTimeout":0}]}`,
		"GetQueueAttributes":           queue + `,"AttributeNames":["All"]}`,
		"GetQueueUrl":                  `{"QueueName":"q"}`,
		"PurgeQueue":                   queue + `}`,
	}
	server := httptest.NewServer(s)
	defer server.Close()
	send := loopbacktest.JSON("AmazonSQS.", map[string]string{"SendMessage": operations["SendMessage"]})[0]
	if status := loopbacktest.Served(t, server.URL, send); status != http.StatusOK {
		t.Fatalf("got status %d for a program of this machine, expected 200", status)
	}
	before, err := s.Messages("q")
	if err != nil {
		t.Fatal(err)
	}
	loopbacktest.Refused(t, server.URL, loopbacktest.JSON("AmazonSQS.", operations))
	after, err := s.Messages("q")
	if err != nil || len(before) != 1 || len(after) != 1 || after[0].ID != before[0].ID || after[0].Receives != before[0].Receives {
		t.Errorf("got messages %+v and error %v, expected %+v", after, err, before)
	}
}
