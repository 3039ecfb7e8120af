package sqs

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/mapjob/mapjob/internal/loopback"
	"github.com/mapjob/mapjob/internal/uuid"
)

const (
	target = "AmazonSQS."
	// maxRequest is enough for the largest batch with every character escaped.
	maxRequest = 8 << 20
)

// ServeHTTP answers a request of the API, if a program of this machine has sent
// it.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	loopback.Only(http.HandlerFunc(s.serve)).ServeHTTP(w, r)
}

func (s *Service) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amzn-Requestid", uuid.New())
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
	_ = json.NewEncoder(w).Encode(answer) // fails only if the client disconnected
}

// Do performs one request of the API: an operation with its parameters as JSON.
// The answer can be marshaled to JSON.
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
	return nil, refuse("UnsupportedOperation", "got operation %q, expected one with messages, GetQueueAttributes, GetQueueUrl or PurgeQueue: "+
		"on this machine the stack creates the queues", operation)
}

// do decodes the parameters of an operation and performs it.
func do[Request any](parameters []byte, operation func(Request) (any, *Error)) (any, *Error) {
	var r Request
	if err := json.Unmarshal(parameters, &r); err != nil {
		return nil, refuse("SerializationException", "%v", err)
	}
	return operation(r)
}

// at returns the queue with the URL in a request. Callers hold the mutex.
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

// outOfRange returns the error of a number that is not in its range.
func outOfRange(value int, parameter string, least, most int) *Error {
	return refuse("InvalidParameterValue", "Value %d for parameter %s is invalid. Reason: Must be between %d and %d, if provided.", value, parameter, least, most)
}
