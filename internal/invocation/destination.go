package invocation

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/mapjob/mapjob/internal/sqs"
	"github.com/mapjob/mapjob/internal/uuid"
)

// end sends the record of an invocation to its destination, and the event, if
// it failed, to the function's dead-letter queue (Lambda developer guide,
// "Capturing records of Lambda asynchronous invocations").
func (e *event) end(condition string) {
	e.result.Condition = condition
	requestID := uuid.New()
	if e.last != nil {
		requestID = e.last.RequestID
	}
	destination := e.config.OnSuccess
	if condition != "Success" {
		destination = e.config.OnFailure
		if e.config.DeadLetter != "" {
			e.send(e.config.DeadLetter, string(e.payload), e.deadLetter(requestID))
		}
	}
	if destination != "" {
		e.sendRecord(destination, requestID)
	}
}

func (e *event) sendRecord(destination, requestID string) {
	type object = map[string]any
	record := object{
		"version":        "1.0",
		"timestamp":      e.invoker.queues.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
		"requestPayload": json.RawMessage(e.payload),
		"requestContext": object{"requestId": requestID, "functionArn": e.config.ARN + ":$LATEST",
			"condition": e.result.Condition, "approximateInvokeCount": e.result.Tries},
	}
	if e.last != nil {
		response := object{"statusCode": 200, "executedVersion": "$LATEST"}
		if e.result.FunctionError != "" {
			response["functionError"] = e.result.FunctionError
		}
		record["responseContext"] = response
		if record["responsePayload"] = json.RawMessage(e.result.Answer); !json.Valid(e.result.Answer) {
			record["responsePayload"] = string(e.result.Answer)
		}
	}
	text, err := json.Marshal(record)
	if err != nil {
		e.unsent(destination, err)
		return
	}
	e.send(destination, string(text), nil)
}

// send sends to a queue; destinations of other kinds get nothing. If the queue
// does not take a record, because it is too long for a message, there is no
// other try: Lambda counts it in DestinationDeliveryFailures or
// DeadLetterErrors.
func (e *event) send(destination, body string, attributes map[string]sqs.Attribute) {
	if !isQueue(destination) {
		return
	}
	if _, err := e.invoker.queues.Send(destination, body, attributes); err != nil {
		e.unsent(destination, err)
		return
	}
	e.result.Sent = append(e.result.Sent, sqs.NameOf(destination))
}

func (e *event) unsent(destination string, err error) {
	e.result.Unsent = append(e.result.Unsent, fmt.Errorf("sending the end of an invocation to %s: %w", sqs.NameOf(destination), err))
}

// isQueue reports whether an ARN is that of a queue.
func isQueue(arn string) bool { return strings.HasPrefix(arn, "arn:aws:sqs:") }

// deadLetter returns the attributes of an event in a dead-letter queue (Lambda
// developer guide, "Adding a dead-letter queue").
func (e *event) deadLetter(requestID string) map[string]sqs.Attribute {
	text := func(s string) sqs.Attribute { return sqs.Attribute{DataType: "String", StringValue: s} }
	attributes := map[string]sqs.Attribute{"RequestID": text(requestID), "ErrorCode": {DataType: "Number", StringValue: "200"}}
	var failure struct{ ErrorMessage string }
	if json.Unmarshal(e.result.Answer, &failure) == nil && failure.ErrorMessage != "" {
		attributes["ErrorMessage"] = text(truncate(failure.ErrorMessage, 1024))
	}
	return attributes
}

// truncate cuts a text to at most so many bytes, between two characters.
func truncate(text string, bytes int) string {
	if len(text) <= bytes {
		return text
	}
	for bytes > 0 && !utf8.RuneStart(text[bytes]) {
		bytes--
	}
	return text[:bytes]
}
