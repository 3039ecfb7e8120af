package sqs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// sending is what SendMessage and the entries of SendMessageBatch have in common.
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

// sent is the answer to a message. ID is that of an entry of a batch.
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
	if trace, ok := s.MessageSystemAttributes["AWSTraceHeader"]; ok { // the only one there is
		o.traceHeader = trace.StringValue
	}
	return o
}

// sendChecked sends a message, or says why the queue does not take it.
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

type receiveRequest struct {
	QueueURL                    string `json:"QueueUrl"`
	MaxNumberOfMessages         *int
	WaitTimeSeconds             *int
	VisibilityTimeout           *int
	MessageAttributeNames       []string
	MessageSystemAttributeNames []string
	AttributeNames              []string // what MessageSystemAttributeNames was called before
}

// receivedMessage is an element of ReceiveMessage's answer.
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
	if err != nil { // the client has gone
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

// sender is the SenderId of every message: who sends is nobody's business here.
const sender = "AIDAIENQZJOLO23YVJ4VO"

// SystemAttributes are the attributes of a received message that are not its
// sender's (API reference, "ReceiveMessage", "MessageSystemAttributeNames").
func (m *Message) SystemAttributes() map[string]string {
	attributes := map[string]string{
		"SenderId":                         sender,
		"SentTimestamp":                    milliseconds(m.Sent),
		"ApproximateReceiveCount":          fmt.Sprint(m.Receives),
		"ApproximateFirstReceiveTimestamp": milliseconds(m.FirstReceived),
	}
	if m.TraceHeader != "" {
		attributes["AWSTraceHeader"] = m.TraceHeader
	}
	if m.DeadLetterOf != "" {
		attributes["DeadLetterQueueSourceArn"] = m.DeadLetterOf
	}
	return attributes
}

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

// byHandle does an operation with the message of a receipt handle.
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

// byHandles does an operation with the messages of receipt handles.
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

type queueRequest struct {
	QueueURL       string `json:"QueueUrl"`
	QueueName      string
	AttributeNames []string
}

func (s *Service) getQueueAttributes(r queueRequest) (any, *Error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	q, refused := s.at(r.QueueURL)
	if refused != nil {
		return nil, refused
	}
	all := q.attributes()
	chosen := map[string]string{}
	for _, name := range r.AttributeNames {
		v, ok := all[name]
		switch {
		case name == "All":
			return map[string]any{"Attributes": all}, nil
		case ok:
			chosen[name] = v
		case !slices.Contains(unset, name):
			return nil, refuse("InvalidAttributeName", "Unknown Attribute %s.", name)
		}
	}
	return map[string]any{"Attributes": chosen}, nil
}

// unset are attributes that a queue may have in AWS, and does not have here.
var unset = []string{"Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds",
	"FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"}

// attributes are those of GetQueueAttributes.
func (q *queue) attributes() map[string]string {
	counts := q.counts()
	attributes := map[string]string{
		"ApproximateNumberOfMessages":           fmt.Sprint(counts.Visible),
		"ApproximateNumberOfMessagesNotVisible": fmt.Sprint(counts.InFlight),
		"ApproximateNumberOfMessagesDelayed":    fmt.Sprint(counts.Delayed),
		"CreatedTimestamp":                      fmt.Sprint(q.created.Unix()),
		"LastModifiedTimestamp":                 fmt.Sprint(q.created.Unix()),
		"DelaySeconds":                          seconds(q.delay),
		"MaximumMessageSize":                    fmt.Sprint(q.messageBytes),
		"MessageRetentionPeriod":                seconds(q.retention),
		"QueueArn":                              q.arn,
		"ReceiveMessageWaitTimeSeconds":         seconds(q.wait),
		"SqsManagedSseEnabled":                  "false",
		"VisibilityTimeout":                     seconds(q.visibility),
	}
	if q.deadLetter != "" {
		arn := q.arn[:len(q.arn)-len(q.name)] + q.deadLetter
		policy, _ := json.Marshal(map[string]any{"deadLetterTargetArn": arn, "maxReceiveCount": q.maxReceives}) // always can be
		attributes["RedrivePolicy"] = string(policy)
	}
	return attributes
}

func (s *Service) getQueueURL(r queueRequest) (any, *Error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	q, refused := s.find(r.QueueName)
	if refused != nil {
		return nil, refused
	}
	return map[string]string{"QueueUrl": s.URL(q.name)}, nil
}

// purgeEvery is how long it takes until a queue can be purged again (API
// reference, "PurgeQueue").
const purgeEvery = time.Minute

func (s *Service) purgeQueue(r queueRequest) (any, *Error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	q, refused := s.at(r.QueueURL)
	if refused != nil {
		return nil, refused
	}
	now := s.now()
	if !q.purged.IsZero() && now.Before(q.purged.Add(purgeEvery)) {
		return nil, refuse("PurgeQueueInProgress", "Only one PurgeQueue operation on %s is allowed every %s seconds.", q.name, seconds(purgeEvery))
	}
	q.purged = now
	for _, m := range q.messages {
		q.remove(m)
	}
	s.changed()
	return struct{}{}, nil
}
