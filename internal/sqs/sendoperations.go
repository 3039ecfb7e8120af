package sqs

import "time"

// sending holds the parameters that SendMessage and the entries of
// SendMessageBatch share.
type sending struct {
	MessageBody             string
	DelaySeconds            *int
	MessageAttributes       map[string]Attribute
	MessageSystemAttributes map[string]Attribute
}

type sendRequest struct {
	QueueURL string `json:"QueueUrl"`
	sending
}

type sendEntry struct {
	ID string `json:"Id"`
	sending
}

type sendBatchRequest struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []sendEntry
}

// sent is the answer to a sent message. ID is the ID of a batch entry.
type sent struct {
	ID                     string `json:"Id,omitempty"`
	MessageID              string `json:"MessageId"`
	MD5OfMessageBody       string
	MD5OfMessageAttributes string `json:",omitempty"`
}

func (s sending) outgoing() outgoing {
	o := outgoing{body: s.MessageBody, attributes: s.MessageAttributes}
	if s.DelaySeconds != nil {
		d := time.Duration(*s.DelaySeconds) * time.Second
		o.delay = &d
	}
	if trace, ok := s.MessageSystemAttributes["AWSTraceHeader"]; ok { // AWS defines no other
		o.traceHeader = trace.StringValue
	}
	return o
}

// sendChecked sends a message, or returns why the queue refuses it.
func (s *Service) sendChecked(q *queue, o outgoing) (*sent, *Error) {
	if refused := o.check(q); refused != nil {
		return nil, refused
	}
	m := s.send(q, o)
	return &sent{MessageID: m.ID, MD5OfMessageBody: m.MD5(), MD5OfMessageAttributes: attributesMD5(m.Attributes)}, nil
}

func (s *Service) sendMessage(r sendRequest) (any, *Error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	q, refused := s.at(r.QueueURL)
	if refused != nil {
		return nil, refused
	}
	answer, refused := s.sendChecked(q, r.outgoing())
	if refused != nil {
		return nil, refused
	}
	s.changed()
	return answer, nil
}

func (s *Service) sendMessageBatch(r sendBatchRequest) (any, *Error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	q, refused := s.at(r.QueueURL)
	if refused != nil {
		return nil, refused
	}
	total := 0
	for i := range r.Entries {
		o := r.Entries[i].outgoing()
		total += o.size()
	}
	if total > maxBatchBytes && len(r.Entries) <= maxBatchEntries {
		return nil, refuse("BatchRequestTooLong", "Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxBatchBytes, total)
	}
	defer s.changed()
	return inBatch(r.Entries, func(e *sendEntry) string { return e.ID }, func(e *sendEntry) (any, *Error) {
		answer, refused := s.sendChecked(q, e.outgoing())
		if refused != nil {
			return nil, refused
		}
		answer.ID = e.ID
		return answer, nil
	})
}
