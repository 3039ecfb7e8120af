package topics

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const (
	maxMessage = 256 << 10 // bytes of a message, or of all messages of a batch
	maxBatch   = 10
)

// refusal is an error of SNS (Amazon SNS API reference, "Publish", "PublishBatch").
type refusal struct {
	status        int
	code, message string
}

func (r *refusal) Error() string { return r.code + ": " + r.message }

func invalid(format string, args ...any) *refusal {
	return &refusal{http.StatusBadRequest, "InvalidParameter", "Invalid parameter: " + fmt.Sprintf(format, args...)}
}

// SNS returns the API of SNS: Publish and PublishBatch.
func (s *Store) SNS() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var answer any
		refused := invalid("the body is not a form")
		if err := r.ParseForm(); err == nil {
			switch action := r.Form.Get("Action"); action {
			case "Publish":
				answer, refused = s.publish(r.Form)
			case "PublishBatch":
				answer, refused = s.publishBatch(r.Form)
			default:
				refused = &refusal{http.StatusBadRequest, "InvalidAction", fmt.Sprintf("got %q, expected Publish or PublishBatch: a test has no other operation of SNS", action)}
			}
		}
		w.Header().Set("Content-Type", "text/xml")
		if refused != nil {
			answer = struct {
				XMLName xml.Name `xml:"ErrorResponse"`
				Type    string   `xml:"Error>Type"`
				Code    string   `xml:"Error>Code"`
				Message string   `xml:"Error>Message"`
			}{Type: "Sender", Code: refused.code, Message: refused.message}
			w.WriteHeader(refused.status)
		}
		_, _ = io.WriteString(w, xml.Header)
		_ = xml.NewEncoder(w).Encode(answer) // fails if the client has gone
	})
}

// accepted is the answer to a message.
type accepted struct {
	ID             string `xml:"Id,omitempty"` // in a batch
	MessageID      string `xml:"MessageId"`
	SequenceNumber string `xml:",omitempty"`
}

// publish does Publish.
func (s *Store) publish(form url.Values) (any, *refusal) {
	to := ""
	for _, name := range []string{"TopicArn", "TargetArn", "PhoneNumber"} {
		if to == "" {
			to = form.Get(name)
		}
	}
	if to == "" {
		return nil, invalid("TopicArn or TargetArn Reason: no value for required parameter")
	}
	m, err := messageOf(to, "", form)
	if err != nil {
		return nil, err
	}
	return struct {
		XMLName xml.Name `xml:"http://sns.amazonaws.com/doc/2010-03-31/ PublishResponse"`
		Result  accepted `xml:"PublishResult"`
	}{Result: s.accept(m)}, nil
}

func (s *Store) accept(m Message) accepted {
	number := s.number()
	answer := accepted{MessageID: idOf(number)}
	if strings.HasSuffix(m.To, ".fifo") {
		answer.SequenceNumber = sequenceOf(number)
	}
	s.Add(m)
	return answer
}

// messageOf reads a message from a form in which its members have a prefix.
func messageOf(to, prefix string, form url.Values) (Message, *refusal) {
	m := Message{To: to, Body: form.Get(prefix + "Message"), Attributes: map[string]string{}}
	for _, name := range settings() {
		if v := form.Get(prefix + name); v != "" {
			m.Attributes[name] = v
		}
	}
	for i := 1; ; i++ {
		entry := prefix + "MessageAttributes.entry." + strconv.Itoa(i) + "."
		name := form.Get(entry + "Name")
		if name == "" {
			break
		}
		value := form.Get(entry+"Value.StringValue") + form.Get(entry+"Value.BinaryValue")
		if form.Get(entry+"Value.DataType") == "" || value == "" {
			return m, &refusal{http.StatusBadRequest, "ParameterValueInvalid", "The message attribute '" + name + "' must contain a non-empty message attribute value and type."}
		}
		m.Attributes[name] = value
	}
	m.Attributes = orNil(m.Attributes)
	switch {
	case m.Body == "":
		return m, invalid("Empty message")
	case len(m.Body) > maxMessage:
		return m, invalid("Message too long")
	case strings.HasSuffix(to, ".fifo") && m.Attributes["MessageGroupId"] == "":
		return m, invalid("The MessageGroupId parameter is required for FIFO topics")
	case form.Get(prefix+"MessageStructure") == "json":
		var bodies map[string]json.RawMessage
		if json.Unmarshal([]byte(m.Body), &bodies) != nil {
			return m, invalid("Message Structure - JSON message body failed to parse")
		}
		if _, ok := bodies["default"]; !ok {
			return m, invalid("Message Structure - No default entry in JSON message body")
		}
	}
	return m, nil
}

// failure is the answer to a message of a batch that was refused.
type failure struct {
	ID          string `xml:"Id"`
	Code        string
	Message     string
	SenderFault bool
}

// publishBatch does PublishBatch.
func (s *Store) publishBatch(form url.Values) (any, *refusal) {
	topic := form.Get("TopicArn")
	if topic == "" {
		return nil, invalid("TopicArn")
	}
	size, ids := 0, map[string]bool{}
	var prefixes []string
	for i := 1; ; i++ {
		prefix := "PublishBatchRequestEntries.member." + strconv.Itoa(i) + "."
		id := form.Get(prefix + "Id")
		if id == "" {
			break
		}
		if ids[id] {
			return nil, batchError("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")
		}
		ids[id], size, prefixes = true, size+len(form.Get(prefix+"Message")), append(prefixes, prefix)
	}
	switch {
	case len(prefixes) == 0:
		return nil, batchError("EmptyBatchRequest", "The batch request doesn't contain any entries.")
	case len(prefixes) > maxBatch:
		return nil, batchError("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.")
	case size > maxMessage:
		return nil, batchError("BatchRequestTooLong", "The length of all the batch messages put together is more than the limit.")
	}
	answer := struct {
		XMLName    xml.Name   `xml:"http://sns.amazonaws.com/doc/2010-03-31/ PublishBatchResponse"`
		Successful []accepted `xml:"PublishBatchResult>Successful>member"`
		Failed     []failure  `xml:"PublishBatchResult>Failed>member"`
	}{}
	for _, prefix := range prefixes {
		id := form.Get(prefix + "Id")
		m, refused := messageOf(topic, prefix, form)
		if refused != nil {
			answer.Failed = append(answer.Failed, failure{id, refused.code, refused.message, true})
			continue
		}
		ok := s.accept(m)
		ok.ID = id
		answer.Successful = append(answer.Successful, ok)
	}
	return answer, nil
}

func batchError(code, message string) *refusal {
	return &refusal{http.StatusBadRequest, code, message}
}
