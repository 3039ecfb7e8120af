package sqs

import (
	"crypto/md5"
	"fmt"
	"strconv"
	"time"
)

// Message describes a message as a receiver gets it.
type Message struct {
	Queue         string // the name of the queue
	ID            string // the same in all deliveries of the message
	Handle        string // the receipt handle of this delivery; empty if it was not received
	Body          string
	Attributes    map[string]Attribute
	TraceHeader   string // AWSTraceHeader
	Sent          time.Time
	FirstReceived time.Time // zero if it was never received
	Receives      int       // ApproximateReceiveCount, including this delivery
	DeadLetterOf  string    // the ARN of the queue that it was moved from, or empty

	key       uint64 // decides which faults hit the message
	duplicate bool
}

// MD5 returns the checksum of the message's body.
func (m *Message) MD5() string { return fmt.Sprintf("%x", md5.Sum([]byte(m.Body))) }

// AttributesMD5 returns the checksum of the message's attributes, or "" if there
// are none.
func (m *Message) AttributesMD5() string { return attributesMD5(m.Attributes) }

// sender is the SenderId of all messages: the service does not know its clients.
const sender = "AIDAIENQZJOLO23YVJ4VO"

// SystemAttributes returns the attributes that SQS itself adds to a received
// message (API reference, "ReceiveMessage", "MessageSystemAttributeNames").
func (m *Message) SystemAttributes() map[string]string {
	attributes := map[string]string{
		"SenderId":                         sender,
		"SentTimestamp":                    milliseconds(m.Sent),
		"ApproximateReceiveCount":          strconv.Itoa(m.Receives),
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

// milliseconds formats a time as message attributes do.
func milliseconds(t interface{ UnixMilli() int64 }) string {
	return strconv.FormatInt(t.UnixMilli(), 10)
}
