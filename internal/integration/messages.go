package integration

import (
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/value"
)

// Messages keeps the messages that tasks send. SNS and EventBridge have no
// receivers here, and SQS only those of the stack's queues.
type Messages interface {
	// Open prepares for messages. It is called for each task that may send some.
	Open() error
	// Keep keeps a message, which is in the parameters of the request, and the
	// service's answer. It is not called by two goroutines at the same time.
	Keep(request *engine.Request, answer *value.Object) error
}

// messageForm is an integration that sends a message.
type messageForm struct {
	naming naming
	answer func(ctx context.Context, n naming, parameters *value.Object, number int64) (*value.Object, error)
	// Of the response of an optimized integration.
	contentType string
	length      func(answer *value.Object) int
}

func messageForms() map[string]messageForm {
	return map[string]messageForm{
		"sns:publish": {naming{prefix: "SNS", service: "AmazonSNS", fallback: "AmazonSNSException"},
			publish, "text/xml", publishLength},
		"sqs:sendMessage": {naming{prefix: "SQS", service: "AmazonSQS", fallback: "AmazonSQSException"},
			sendMessage, "application/x-amz-json-1.0", jsonLength},
		"events:putEvents": {naming{prefix: "EventBridge", service: "AmazonCloudWatchEvents", fallback: "AmazonCloudWatchEventsException"},
			putEvents, "application/x-amz-json-1.1", jsonLength},
		"aws-sdk:sns:publish": {naming: naming{prefix: "Sns", service: "Sns", fallback: "SnsException", sdk: true}, answer: publish},
		"aws-sdk:sqs:sendMessage": {naming: naming{prefix: "Sqs", service: "Sqs", fallback: "SqsException", sdk: true},
			answer: sendMessage},
		"aws-sdk:eventbridge:putEvents": {naming: naming{prefix: "EventBridge", service: "EventBridge", fallback: "EventBridgeException", sdk: true},
			answer: putEvents},
	}
}

// send keeps a message and answers as the service does.
func (s *Services) send(form messageForm) engine.IntegrationFunc {
	return func(ctx context.Context, request *engine.Request) (any, error) {
		parameters, ok := withoutNulls(request.Parameters).(*value.Object)
		if !ok {
			return nil, unusable(request.Parameters, "got no JSON object, expected one")
		}
		s.sending.Lock()
		defer s.sending.Unlock()
		answer, err := s.sendToQueue(ctx, form.naming, parameters)
		if answer == nil && err == nil {
			answer, err = form.answer(ctx, form.naming, parameters, s.sent)
		}
		if err != nil {
			return nil, err
		}
		s.sent++
		if err := s.Messages.Keep(request, answer); err != nil {
			return nil, err
		}
		if failed, _ := answer.Get("FailedEntryCount"); !form.naming.sdk && failed != nil && failed != 0.0 {
			return nil, &engine.TaskError{Name: form.naming.prefix + ".FailedEntry", Cause: value.Text(answer)}
		}
		if !form.naming.sdk {
			addMetadata(answer, newID(ctx, "request"),
				header{"Content-Length", strconv.Itoa(form.length(answer))},
				header{"Content-Type", form.contentType},
				header{"Date", request.Now.UTC().Format(http.TimeFormat)},
				header{"connection", "keep-alive"},
			)
		}
		return answer, nil
	}
}

func jsonLength(answer *value.Object) int { return len(value.Append(nil, answer)) }

// publishLength returns the length of SNS's XML, as recorded.
func publishLength(answer *value.Object) int {
	if _, ok := answer.Get("SequenceNumber"); ok {
		return 352
	}
	return 294
}

// sequenceNumber returns a sequence number of a FIFO queue or topic: 20 digits
// that increase.
func sequenceNumber(number int64) string { return fmt.Sprintf("1%019d", number) }

// publish does Publish of SNS.
func publish(ctx context.Context, n naming, parameters *value.Object, number int64) (*value.Object, error) {
	invalid := func(message string) error {
		return n.refuse(ctx, refusal{name: "InvalidParameterException", code: "InvalidParameter", message: "Invalid parameter: " + message, status: http.StatusBadRequest})
	}
	topic, _ := textMember(parameters, "TopicArn")
	target, _ := textMember(parameters, "TargetArn")
	phone, _ := textMember(parameters, "PhoneNumber")
	if topic+target+phone == "" {
		return nil, invalid("TopicArn or TargetArn Reason: no value for required parameter")
	}
	if text, _ := textMember(parameters, "Message"); text == "" {
		return nil, invalid("Empty message")
	}
	answer := value.NewObject("MessageId", newID(ctx, "message"))
	if strings.HasSuffix(topic, ".fifo") {
		if _, ok := parameters.Get("MessageGroupId"); !ok {
			return nil, invalid("The MessageGroupId parameter is required for FIFO topics")
		}
		answer.Set("SequenceNumber", sequenceNumber(number))
	}
	return answer, nil
}

// sendMessage does SendMessage of SQS, for queues that do not run on this machine.
func sendMessage(ctx context.Context, n naming, parameters *value.Object, number int64) (*value.Object, error) {
	queue, _ := textMember(parameters, "QueueUrl")
	if place, err := url.Parse(queue); err != nil || place.Host == "" {
		return nil, n.unreachable(fmt.Errorf("%s: Name or service not known", queue))
	}
	missing := func(parameter string) error {
		return n.refuse(ctx, refusal{code: "MissingParameter", message: fmt.Sprintf("The request must contain the parameter %s.", parameter), status: http.StatusBadRequest})
	}
	body, _ := textMember(parameters, "MessageBody")
	if body == "" {
		return nil, missing("MessageBody")
	}
	answer := &value.Object{}
	if attributes, ok := parameters.Get("MessageAttributes"); ok {
		sum, err := attributesMD5(attributes)
		if err != nil {
			return nil, n.refuse(ctx, refusal{code: "InvalidParameterValue", message: err.Error(), status: http.StatusBadRequest})
		}
		answer.Set("MD5OfMessageAttributes", sum)
	}
	answer.Set("MD5OfMessageBody", fmt.Sprintf("%x", md5.Sum([]byte(body))))
	answer.Set("MessageId", newID(ctx, "message"))
	if strings.HasSuffix(queue, ".fifo") {
		if _, ok := parameters.Get("MessageGroupId"); !ok {
			return nil, missing("MessageGroupId")
		}
		answer.Set("SequenceNumber", sequenceNumber(number))
	}
	return answer, nil
}

// attributesMD5 returns the checksum of a message's attributes (SQS developer
// guide, "Calculating the MD5 message digest for message attributes"): for each,
// sorted by name, the name, the type, a byte for the kind of transport and the
// value; all but that byte follow their length.
func attributesMD5(attributes any) (string, error) {
	object, ok := attributes.(*value.Object)
	if !ok {
		return "", errors.New("MessageAttributes: got no JSON object, expected one")
	}
	hash := md5.New()
	write := func(text string) {
		_ = binary.Write(hash, binary.BigEndian, uint32(len(text))) // never fails
		_, _ = io.WriteString(hash, text)
	}
	var names []string
	for name := range object.All() {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		v, _ := object.Get(name)
		attribute, _ := v.(*value.Object)
		kind, ok := textMember(attribute, "DataType")
		if !ok {
			return "", fmt.Errorf("The message attribute '%s' must contain a non-empty message attribute type.", name) //nolint:staticcheck // the service's own words
		}
		write(name)
		write(kind)
		content, ok := textMember(attribute, "StringValue")
		transport := byte(1)
		if strings.HasPrefix(kind, "Binary") {
			encoded, _ := textMember(attribute, "BinaryValue")
			decoded, err := base64.StdEncoding.DecodeString(encoded)
			content, ok, transport = string(decoded), err == nil && encoded != "", 2
		}
		if !ok {
			return "", fmt.Errorf("The message attribute '%s' must contain a non-empty message attribute value for message attribute type '%s'.", name, kind) //nolint:staticcheck // the service's own words
		}
		hash.Write([]byte{transport})
		write(content)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// putEvents does PutEvents of EventBridge.
func putEvents(ctx context.Context, n naming, parameters *value.Object, _ int64) (*value.Object, error) {
	v, _ := parameters.Get("Entries")
	entries, _ := v.([]any)
	if len(entries) == 0 {
		return nil, n.refuse(ctx, refusal{code: "ValidationException", status: http.StatusBadRequest,
			message: "1 validation error detected: Value null at 'entries' failed to satisfy constraint: Member must not be null"})
	}
	failed := 0.0
	answers := make([]any, 0, len(entries))
	for i, v := range entries {
		entry, _ := v.(*value.Object)
		answer := value.NewObject("EventId", newID(ctx, "event "+strconv.Itoa(i)))
		for _, name := range []string{"Source", "DetailType", "Detail"} {
			if text, _ := textMember(entry, name); text == "" {
				failed++
				answer = value.NewObject("ErrorCode", "InvalidArgument",
					"ErrorMessage", fmt.Sprintf("Parameter %s is not valid. Reason: %s is a required argument.", name, name))
				break
			}
		}
		answers = append(answers, answer)
	}
	return value.NewObject("Entries", answers, "FailedEntryCount", failed), nil
}
