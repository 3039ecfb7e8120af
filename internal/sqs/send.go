package sqs

import (
	"maps"
	"time"
	"unicode/utf8"
)

// outgoing is a message to be sent.
type outgoing struct {
	body        string
	attributes  map[string]Attribute
	traceHeader string
	delay       *time.Duration // nil means the queue's
}

// check returns why a queue refuses the message, or nil.
func (o *outgoing) check(q *queue) *Error {
	switch {
	case o.body == "":
		return refuse("MissingParameter", "The request must contain the parameter MessageBody.")
	case !storable(o.body):
		return refuse("InvalidMessageContents", "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF")
	case len(o.attributes) > maxMessageAttributes:
		return refuse("InvalidParameterValue", "Number of message attributes [%d] exceeds the allowed maximum [%d].", len(o.attributes), maxMessageAttributes)
	case o.size() > q.messageBytes:
		return refuse("InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than %d bytes: got %d.", q.messageBytes, o.size())
	case o.delay != nil && (*o.delay < 0 || *o.delay > maxDelay):
		return refuse("InvalidParameterValue", "Value %s for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= %s.", seconds(*o.delay), seconds(maxDelay))
	}
	return checkAttributes(o.attributes)
}

// size returns the size that counts towards the quotas: that of the body and of the
// attributes' names, types and values.
func (o *outgoing) size() int {
	n := len(o.body)
	for name, a := range o.attributes {
		n += len(name) + len(a.DataType) + len(a.content())
	}
	return n
}

// storable reports whether a message may contain the text (API reference,
// "SendMessage", "MessageBody").
func storable(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return false
		}
	}
	return true
}

// send puts a checked message into a queue. Callers hold the mutex.
func (s *Service) send(q *queue, o outgoing) *stored {
	now := s.now()
	s.serial++
	key := s.faults.key(q.name, o.body)
	m := &stored{serial: s.serial, fate: s.faults.fateOf(key), Message: Message{
		ID: s.options.NewID(), Body: o.body, Attributes: maps.Clone(o.attributes), TraceHeader: o.traceHeader, Sent: now, key: key}}
	delay := q.delay
	if o.delay != nil {
		delay = *o.delay
	}
	q.put(m, now.Add(delay), now)
	return m
}

// Send sends a message, as SendMessage does, and returns its ID.
func (s *Service) Send(queue, body string, attributes map[string]Attribute) (string, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	q, refused := s.find(queue)
	if refused != nil {
		return "", refused
	}
	o := outgoing{body: body, attributes: attributes}
	if refused := o.check(q); refused != nil {
		return "", refused
	}
	m := s.send(q, o)
	s.changed()
	return m.ID, nil
}
