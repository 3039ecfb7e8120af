package sqs

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

const (
	target = "AmazonSQS."
	// maxRequest is enough for the longest batch, each character of it escaped.
	maxRequest = 8 << 20
)

// ServeHTTP answers a request of the API.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amzn-Requestid", newID())
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	var answer any
	refused := refuse("SerializationException", "%v", err)
	if err == nil {
		answer, refused = s.Do(r.Context(), strings.TrimPrefix(r.Header.Get("X-Amz-Target"), target), body)
	}
	if refused != nil {
		w.Header().Set("X-Amzn-Query-Error", refused.queryCode()+";Sender")
		w.WriteHeader(http.StatusBadRequest)
		answer = map[string]string{"__type": "com.amazonaws.sqs#" + refused.Name, "message": refused.Message}
	}
	_ = json.NewEncoder(w).Encode(answer) // a client that has gone needs no answer
}

// Do is one request of the API: the name of an operation, and its parameters as
// JSON. The answer is for JSON too.
func (s *Service) Do(ctx context.Context, operation string, parameters []byte) (any, *Error) {
	switch operation {
	case "SendMessage":
		return do(parameters, s.sendMessage)
	case "SendMessageBatch":
		return do(parameters, s.sendMessageBatch)
	case "ReceiveMessage":
		return do(parameters, func(r receiveRequest) (any, *Error) { return s.receiveMessage(ctx, r) })
	case "DeleteMessage":
		return do(parameters, s.deleteMessage)
	case "DeleteMessageBatch":
		return do(parameters, s.deleteMessageBatch)
	case "ChangeMessageVisibility":
		return do(parameters, s.changeMessageVisibility)
	case "ChangeMessageVisibilityBatch":
		return do(parameters, s.changeMessageVisibilityBatch)
	case "GetQueueAttributes":
		return do(parameters, s.getQueueAttributes)
	case "GetQueueUrl":
		return do(parameters, s.getQueueURL)
	case "PurgeQueue":
		return do(parameters, s.purgeQueue)
	}
	return nil, refuse("UnsupportedOperation", "got %q, expected an operation with messages, GetQueueAttributes, GetQueueUrl or PurgeQueue: "+
		"there are no others on this machine, whose queues are those of the stack", operation)
}

// do decodes the request of an operation, and answers it.
func do[Request any](parameters []byte, operation func(Request) (any, *Error)) (any, *Error) {
	var r Request
	if err := json.Unmarshal(parameters, &r); err != nil {
		return nil, refuse("SerializationException", "%v", err)
	}
	return operation(r)
}

// at is the queue of a request, for which there has to be one. Callers hold the
// mutex.
func (s *Service) at(url string) (*queue, *Error) {
	if url == "" {
		return nil, refuse("MissingParameter", "The request must contain the parameter QueueUrl.")
	}
	q, refused := s.find(url)
	if refused == nil {
		q.settle(s.now())
	}
	return q, refused
}

// entryFailure is an entry of a batch that could not be done.
type entryFailure struct {
	ID          string `json:"Id"`
	Code        string
	Message     string
	SenderFault bool
}

// batchAnswer is what the batch operations answer.
type batchAnswer struct {
	Successful []any
	Failed     []entryFailure
}

// inBatch does an operation for each entry of a batch, whose IDs have to be
// distinct (API reference, "Errors" of the batch operations).
func inBatch[Entry any](entries []Entry, id func(*Entry) string, do func(*Entry) (any, *Error)) (any, *Error) {
	switch {
	case len(entries) == 0:
		return nil, refuse("EmptyBatchRequest", "There should be at least one entry in the request.")
	case len(entries) > maxBatchEntries:
		return nil, refuse("TooManyEntriesInBatchRequest", "Maximum number of entries per request are %d. You have sent %d.", maxBatchEntries, len(entries))
	}
	seen := map[string]bool{}
	for i := range entries {
		name := id(&entries[i])
		if !queueName.MatchString(name) { // the same characters
			return nil, refuse("InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long: got %q.", name)
		}
		if seen[name] {
			return nil, refuse("BatchEntryIdsNotDistinct", "Id %s repeated.", name)
		}
		seen[name] = true
	}
	answer := batchAnswer{Successful: []any{}, Failed: []entryFailure{}}
	for i := range entries {
		done, refused := do(&entries[i])
		if refused != nil {
			answer.Failed = append(answer.Failed, entryFailure{id(&entries[i]), refused.queryCode(), refused.Message, true})
			continue
		}
		answer.Successful = append(answer.Successful, done)
	}
	return answer, nil
}

// outOfRange is the refusal of a number.
func outOfRange(value int, parameter string, least, most int) *Error {
	return refuse("InvalidParameterValue", "Value %d for parameter %s is invalid. Reason: Must be between %d and %d, if provided.", value, parameter, least, most)
}

// milliseconds is a moment in the unit of message attributes.
func milliseconds(t interface{ UnixMilli() int64 }) string { return fmt.Sprint(t.UnixMilli()) }
