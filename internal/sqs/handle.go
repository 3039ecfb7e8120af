package sqs

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// Delete deletes received messages.
func (s *Service) Delete(messages ...Message) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	defer s.changed()
	for _, m := range messages {
		q, refused := s.find(m.Queue)
		if refused == nil {
			refused = s.remove(q, m.Handle)
		}
		if refused != nil {
			return refused
		}
	}
	return nil
}

// remove deletes the message of a receipt handle. If the message was received again
// since, the handle is out of date and nothing is deleted (API reference,
// "DeleteMessage"). Callers hold the mutex.
func (s *Service) remove(q *queue, handle string) *Error {
	m, refused := q.held(handle)
	if m == nil || refused != nil {
		return refused
	}
	if m.fate == undeleted {
		m.fate = delivered
		m.duplicate = true
		s.faults.duplicated = append(s.faults.duplicated, Duplicate{Message: m.Message, Deleted: true})
		return nil
	}
	q.remove(m)
	return nil
}

// changeVisibility sets how long a message stays invisible from now on. Callers
// hold the mutex.
func (s *Service) changeVisibility(q *queue, handle string, timeout time.Duration) *Error {
	m, refused := q.held(handle)
	if refused != nil {
		return refused
	}
	now := s.now()
	switch {
	case timeout < 0 || timeout > maxVisibility:
		return refuse("InvalidParameterValue", "Value %s for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and %s.", seconds(timeout), seconds(maxVisibility))
	case m == nil:
		return refuse("InvalidParameterValue", "Value %s for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.", handle)
	case !m.inFlight:
		return refuse("MessageNotInflight", "The specified message isn't in flight.")
	case now.Add(timeout).After(m.received.Add(maxVisibility)):
		return refuse("InvalidParameterValue", "Value %s for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [%s seconds].", seconds(timeout), seconds(maxVisibility))
	case timeout == 0:
		q.show(m)
	default:
		q.hide(m, now.Add(timeout))
	}
	return nil
}

// handle returns the receipt handle of the last delivery. It encodes the queue, the
// copy and the delivery, and is opaque to clients.
func (m *stored) handle() string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s %d %d", m.Queue, m.serial, m.Receives))
}

// held returns the message of a receipt handle, or nil if the message was deleted,
// has expired or was delivered again since.
func (q *queue) held(handle string) (*stored, *Error) {
	invalid := refuse("ReceiptHandleIsInvalid", "The input receipt handle %q is not a valid receipt handle of this queue.", handle)
	text, err := base64.StdEncoding.DecodeString(handle)
	if err != nil {
		return nil, invalid
	}
	var name string
	var serial int64
	var receives int
	if n, err := fmt.Sscanf(string(text), "%s %d %d", &name, &serial, &receives); err != nil || n != 3 || name != q.name || strings.Count(string(text), " ") != 2 {
		return nil, invalid
	}
	m := q.messages[serial]
	if m == nil || m.Receives != receives {
		return nil, nil
	}
	return m, nil
}
