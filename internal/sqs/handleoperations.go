package sqs

import "time"

// handleEntry is an entry of DeleteMessageBatch and ChangeMessageVisibilityBatch.
type handleEntry struct {
	ID                string `json:"Id"`
	ReceiptHandle     string
	VisibilityTimeout int
}

type handleRequest struct {
	QueueURL string `json:"QueueUrl"`
	handleEntry
}

type handleBatchRequest struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []handleEntry
}

// byHandle applies an operation to the message of a receipt handle.
func (s *Service) byHandle(r handleRequest, do func(*queue, *handleEntry) *Error) (any, *Error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	q, refused := s.at(r.QueueURL)
	if refused == nil && r.ReceiptHandle == "" {
		refused = refuse("MissingParameter", "The request must contain the parameter ReceiptHandle.")
	}
	if refused == nil {
		refused = do(q, &r.handleEntry)
	}
	if refused != nil {
		return nil, refused
	}
	s.changed()
	return struct{}{}, nil
}

// byHandles applies an operation to the messages of several receipt handles.
func (s *Service) byHandles(r handleBatchRequest, do func(*queue, *handleEntry) *Error) (any, *Error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	q, refused := s.at(r.QueueURL)
	if refused != nil {
		return nil, refused
	}
	defer s.changed()
	return inBatch(r.Entries, func(e *handleEntry) string { return e.ID }, func(e *handleEntry) (any, *Error) {
		if refused := do(q, e); refused != nil {
			return nil, refused
		}
		return map[string]string{"Id": e.ID}, nil
	})
}

func (s *Service) deleteEntry(q *queue, e *handleEntry) *Error { return s.remove(q, e.ReceiptHandle) }

func (s *Service) visibilityEntry(q *queue, e *handleEntry) *Error {
	return s.changeVisibility(q, e.ReceiptHandle, time.Duration(e.VisibilityTimeout)*time.Second)
}

func (s *Service) deleteMessage(r handleRequest) (any, *Error) { return s.byHandle(r, s.deleteEntry) }

func (s *Service) deleteMessageBatch(r handleBatchRequest) (any, *Error) {
	return s.byHandles(r, s.deleteEntry)
}

func (s *Service) changeMessageVisibility(r handleRequest) (any, *Error) {
	return s.byHandle(r, s.visibilityEntry)
}

func (s *Service) changeMessageVisibilityBatch(r handleBatchRequest) (any, *Error) {
	return s.byHandles(r, s.visibilityEntry)
}
