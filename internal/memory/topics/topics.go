// Package topics is Amazon SNS and Amazon EventBridge in the memory of a test. They
// deliver nothing: what is published is kept for the test to look at.
package topics

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/value"
)

// Message is what was sent to a topic, an event bus or a queue.
type Message struct {
	To   string // ARN of a topic, phone number, URL of a queue, or name of an event bus
	Body string
	// Attributes are those of the message, and its Subject, or the Source and DetailType
	// of an event.
	Attributes map[string]string
}

// Store keeps messages in the order in which they came. It is safe for concurrent use,
// and holds its lock only while it adds one.
type Store struct {
	mutex    sync.Mutex
	messages []Message
	last     int // number of the ID that was made last
}

// New returns a store without messages. Every topic exists: those of other stacks are
// in no template.
func New() *Store { return &Store{} }

// Messages returns what was sent, in order.
func (s *Store) Messages() []Message {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.messages)
}

// Add keeps a message.
func (s *Store) Add(m Message) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.messages = append(s.messages, m)
}

// number returns the number of an ID. IDs count, so that they are the same in each run.
func (s *Store) number() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.last++
	return s.last
}

func idOf(number int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", number) }

func sequenceOf(number int) string { return fmt.Sprintf("1%019d", number) }

// Open implements the interface of messages that tasks send.
func (*Store) Open() error { return nil }

// Keep keeps what a task has sent to SNS, SQS or EventBridge.
func (s *Store) Keep(request *engine.Request, answer *value.Object) error {
	parameters, ok := request.Parameters.(*value.Object)
	if !ok {
		return fmt.Errorf("keeping a message: got parameters %s, expected an object", value.Text(request.Parameters))
	}
	if _, isEvents := parameters.Get("Entries"); isEvents {
		s.keepEvents(list(parameters, "Entries"), list(answer, "Entries"))
		return nil
	}
	m := Message{Body: text(parameters, "Message"), Attributes: attributes(parameters)}
	for _, name := range []string{"TopicArn", "TargetArn", "PhoneNumber", "QueueUrl"} {
		if m.To == "" {
			m.To = text(parameters, name)
		}
	}
	if _, isQueue := parameters.Get("QueueUrl"); isQueue {
		m.Body = text(parameters, "MessageBody")
	}
	s.Add(m)
	return nil
}

// keepEvents keeps the events that were accepted.
func (s *Store) keepEvents(entries, answers []any) {
	for i, v := range entries {
		if i < len(answers) {
			if answer, _ := answers[i].(*value.Object); answer != nil {
				if _, failed := answer.Get("ErrorCode"); failed {
					continue
				}
			}
		}
		entry, _ := v.(*value.Object)
		s.Add(event(text(entry, "EventBusName"), text(entry, "Source"), text(entry, "DetailType"), text(entry, "Detail")))
	}
}

// event returns an event as a message to the name of its bus, which is what the Ref of
// a bus in a template is. An entry may have the ARN, as those of the CDK do, or no bus.
func event(bus, source, detailType, detail string) Message {
	if _, name, isARN := strings.Cut(bus, ":event-bus/"); isARN {
		bus = name
	}
	bus = cmp.Or(bus, "default")
	return Message{To: bus, Body: detail, Attributes: map[string]string{"Source": source, "DetailType": detailType}}
}

// settings are parameters of a message that are kept as attributes.
func settings() []string { return []string{"Subject", "MessageGroupId", "MessageDeduplicationId"} }

func attributes(parameters *value.Object) map[string]string {
	found := map[string]string{}
	for _, name := range settings() {
		if v := text(parameters, name); v != "" {
			found[name] = v
		}
	}
	v, _ := parameters.Get("MessageAttributes")
	if all, ok := v.(*value.Object); ok {
		for name, v := range all.All() {
			attribute, _ := v.(*value.Object)
			for _, kind := range []string{"StringValue", "BinaryValue"} {
				if content := text(attribute, kind); content != "" {
					found[name] = content
				}
			}
		}
	}
	return orNil(found)
}

func orNil(attributes map[string]string) map[string]string {
	if len(attributes) == 0 {
		return nil
	}
	return attributes
}

// text returns a member as text: JSON if it is no text.
func text(o *value.Object, name string) string {
	if o == nil {
		return ""
	}
	switch v, _ := o.Get(name); v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		return value.Text(v)
	}
}

func list(o *value.Object, name string) []any {
	v, _ := o.Get(name)
	l, _ := v.([]any)
	return l
}
