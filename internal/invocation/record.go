package invocation

import (
	"encoding/json"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/mapjob/mapjob/internal/sqs"
)

// maxEventBytes is the most that a function is invoked with (Lambda developer
// guide, "Lambda quotas": 6 MB), less what is around the records.
const maxEventBytes = 6*1024*1024 - 64

// event returns what a function is invoked with for a batch (Lambda developer
// guide, "Using Lambda with Amazon SQS", "Example standard queue message event").
func (m *mapping) event(batch []sqs.Message) []byte {
	event := []byte(`{"Records":[`)
	for i := range batch {
		if i > 0 {
			event = append(event, ',')
		}
		event = append(event, m.record(&batch[i])...)
	}
	return append(event, "]}"...)
}

// record returns a message as an element of an event.
func (m *mapping) record(message *sqs.Message) []byte {
	arn := m.invoker.queues.ARN(m.Queue)
	record := events.SQSMessage{
		MessageId:         message.ID,
		ReceiptHandle:     message.Handle,
		Body:              message.Body,
		Md5OfBody:         message.MD5(),
		Attributes:        message.SystemAttributes(),
		MessageAttributes: map[string]events.SQSMessageAttribute{},
		EventSourceARN:    arn,
		EventSource:       "aws:sqs",
		AWSRegion:         strings.Split(arn, ":")[3],
	}
	record.Md5OfMessageAttributes = message.AttributesMD5()
	for name, a := range message.Attributes {
		attribute := events.SQSMessageAttribute{DataType: a.DataType, BinaryValue: a.BinaryValue, StringListValues: []string{}, BinaryListValues: [][]byte{}}
		if a.BinaryValue == nil {
			attribute.StringValue = &a.StringValue
		}
		record.MessageAttributes[name] = attribute
	}
	text, err := json.Marshal(record)
	if err != nil { // never: texts and bytes always marshal
		panic(err)
	}
	return text
}
