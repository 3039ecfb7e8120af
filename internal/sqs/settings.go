package sqs

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Quotas (Amazon SQS developer guide, "Amazon SQS message quotas"; API reference,
// "SendMessageBatch"). The limit of a message and a batch is 1 MiB since August
// 2025; it was 256 KiB before.
const (
	maxMessageBytes      = 1 << 20
	maxBatchBytes        = 1 << 20
	maxBatchEntries      = 10
	maxReceive           = 10
	maxMessageAttributes = 10

	maxVisibility = 12 * time.Hour
	maxDelay      = 15 * time.Minute
	maxWait       = 20 * time.Second
	minRetention  = time.Minute
	maxRetention  = 14 * 24 * time.Hour
	// maxReceiveCount is the largest maxReceiveCount of a redrive policy (API
	// reference, "SetQueueAttributes", "RedrivePolicy").
	maxReceiveCount = 1000
)

const fifoSuffix = ".fifo"

var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

func checkName(name string) *Error {
	switch {
	case strings.HasSuffix(name, fifoSuffix):
		return refuseFIFO(name)
	case !queueName.MatchString(name):
		return refuse("InvalidParameterValue", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length: got %q.", name)
	}
	return nil
}

func refuseFIFO(name string) *Error {
	return refuse("UnsupportedOperation", "%s is a FIFO queue, expected a standard queue: FIFO queues are not supported on this machine.", name)
}

// settings holds the attributes of a queue that can be set.
type settings struct {
	visibility, delay, retention, wait time.Duration
	messageBytes                       int
	deadLetter                         string // the name of the dead-letter queue, or empty
	maxReceives                        int    // receives before a message moves there
}

// readSettings reads the attributes of a queue. A missing one has AWS's default
// (API reference, "CreateQueue"). Attributes without an effect here, such as
// encryption and policies, are ignored.
func readSettings(attributes map[string]string) (settings, *Error) {
	s := settings{visibility: 30 * time.Second, retention: 4 * 24 * time.Hour, messageBytes: maxMessageBytes}
	for name, text := range attributes {
		invalid := refuse("InvalidAttributeValue", "Invalid value for the parameter %s: got %q.", name, text)
		if name == "FifoQueue" && text == "true" {
			return s, refuse("UnsupportedOperation", "FifoQueue: got true, expected a standard queue: FIFO queues are not supported on this machine.")
		}
		if name == "RedrivePolicy" {
			if !s.readRedrive(text) {
				return s, invalid
			}
			continue
		}
		var into *time.Duration
		var least, most time.Duration
		switch name {
		case "VisibilityTimeout":
			into, most = &s.visibility, maxVisibility
		case "DelaySeconds":
			into, most = &s.delay, maxDelay
		case "ReceiveMessageWaitTimeSeconds":
			into, most = &s.wait, maxWait
		case "MessageRetentionPeriod":
			into, least, most = &s.retention, minRetention, maxRetention
		case "MaximumMessageSize":
			n, err := strconv.Atoi(text)
			if err != nil || n < 1024 || n > maxMessageBytes {
				return s, invalid
			}
			s.messageBytes = n
			continue
		default:
			continue
		}
		n, err := strconv.ParseInt(text, 10, 32)
		*into = time.Duration(n) * time.Second
		if err != nil || *into < least || *into > most {
			return s, invalid
		}
	}
	return s, nil
}

// readRedrive reads a redrive policy. The count is a number, or a number in a
// string.
func (s *settings) readRedrive(text string) bool {
	var policy struct {
		DeadLetterTargetArn string
		MaxReceiveCount     any
	}
	if json.Unmarshal([]byte(text), &policy) != nil {
		return false
	}
	switch n := policy.MaxReceiveCount.(type) {
	case float64:
		s.maxReceives = int(n)
	case string:
		s.maxReceives, _ = strconv.Atoi(n)
	}
	s.deadLetter = NameOf(policy.DeadLetterTargetArn)
	return s.deadLetter != "" && s.maxReceives >= 1 && s.maxReceives <= maxReceiveCount
}

// Settings holds settings of a queue.
type Settings struct {
	VisibilityTimeout time.Duration
	DeadLetterQueue   string // the name, or empty
	MaxReceiveCount   int    // receives before a message moves to DeadLetterQueue
}

// seconds formats a duration in whole seconds, as the API does.
func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }
