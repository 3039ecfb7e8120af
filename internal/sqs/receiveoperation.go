package sqs

import (
	"context"
	"slices"
	"time"
)

type receiveRequest struct {
	QueueURL                    string `json:"QueueUrl"`
	MaxNumberOfMessages         *int
	WaitTimeSeconds             *int
	VisibilityTimeout           *int
	MessageAttributeNames       []string
	MessageSystemAttributeNames []string
	AttributeNames              []string // the older name of MessageSystemAttributeNames
}

// receivedMessage is a message in the answer of ReceiveMessage.
type receivedMessage struct {
	MessageID              string `json:"MessageId"`
	ReceiptHandle          string
	Body                   string
	MD5OfBody              string
	Attributes             map[string]string    `json:",omitempty"`
	MessageAttributes      map[string]Attribute `json:",omitempty"`
	MD5OfMessageAttributes string               `json:",omitempty"`
}

func (s *Service) receiveMessage(ctx context.Context, r receiveRequest) (any, *Error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	q, refused := s.at(r.QueueURL)
	if refused != nil {
		return nil, refused
	}
	how := Receive{Max: 1, Wait: q.wait}
	if n := r.MaxNumberOfMessages; n != nil {
		if *n < 1 || *n > maxReceive {
			return nil, outOfRange(*n, "MaxNumberOfMessages", 1, maxReceive)
		}
		how.Max = *n
	}
	if n := r.WaitTimeSeconds; n != nil {
		if most := int(maxWait / time.Second); *n < 0 || *n > most {
			return nil, outOfRange(*n, "WaitTimeSeconds", 0, most)
		}
		how.Wait = time.Duration(*n) * time.Second
	}
	if n := r.VisibilityTimeout; n != nil {
		if most := int(maxVisibility / time.Second); *n < 0 || *n > most {
			return nil, outOfRange(*n, "VisibilityTimeout", 0, most)
		}
		d := time.Duration(*n) * time.Second
		how.Visibility = &d
	}
	messages, err := s.receive(ctx, q, how, nil)
	if err != nil { // the client disconnected
		return nil, refuse("RequestCanceled", "%v", err)
	}
	system := append(r.MessageSystemAttributeNames, r.AttributeNames...)
	list := make([]receivedMessage, 0, len(messages))
	for i := range messages {
		m := &messages[i]
		out := receivedMessage{MessageID: m.ID, ReceiptHandle: m.Handle, Body: m.Body, MD5OfBody: m.MD5(),
			Attributes: map[string]string{}, MessageAttributes: wanted(m.Attributes, r.MessageAttributeNames)}
		out.MD5OfMessageAttributes = attributesMD5(out.MessageAttributes)
		for name, v := range m.SystemAttributes() {
			if slices.Contains(system, "All") || slices.Contains(system, name) {
				out.Attributes[name] = v
			}
		}
		list = append(list, out)
	}
	return map[string]any{"Messages": list}, nil
}
