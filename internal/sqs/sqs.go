// Package sqs is an Amazon SQS on this machine: standard queues, with what
// matters to whoever sends to them and works behind them. Messages are
// delivered at least once, are invisible while somebody works on them, come
// again when their visibility timeout is over, go to a dead-letter queue after
// so many receives, and are lost when their retention period ends.
//
// [Service] is an [http.Handler] that speaks the SQS protocol (AWS JSON 1.0),
// so that functions use the ordinary SDK. A program that consumes a queue from
// the inside, such as an event source mapping, is a [Consumer].
//
// Time is that of the system until [Service.Drain] waits for the queues to
// become empty: while nothing is under way then, time jumps to the next moment
// at which something happens, and a visibility timeout of six minutes takes
// none. [Faults] make deliveries go wrong that go wrong rarely in AWS.
package sqs

import (
	"cmp"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Options of a service.
type Options struct {
	Region, Account string // of ARNs and URLs. Default: us-east-1, 123456789012
	Faults          Faults
}

// Service holds queues. It is safe for concurrent use, and has nothing to close.
type Service struct {
	options Options
	faults  faults

	mutex  sync.Mutex // of all that follows, queues and their messages included
	queues map[string]*queue
	serial int64 // of the copy of a message that was last put into a queue
	time   timeline
}

// New is a service without queues.
func New(options Options) *Service {
	options.Region = cmp.Or(options.Region, "us-east-1")
	options.Account = cmp.Or(options.Account, "123456789012")
	return &Service{
		options: options,
		faults:  faults{Faults: options.Faults, bodies: map[uint64]int{}},
		queues:  map[string]*queue{},
		time:    timeline{woken: make(chan struct{}), waits: map[*wait]struct{}{}},
	}
}

// CreateQueue makes a queue. The attributes are those of the API (API
// reference, "CreateQueue"), all of them optional. A dead-letter queue may be
// created after the queue that names it.
func (s *Service) CreateQueue(name string, attributes map[string]string) error {
	if refused := checkName(name); refused != nil {
		return refused
	}
	settings, refused := readSettings(attributes)
	if refused != nil {
		return refused
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.queues[name] != nil {
		return refuse("QueueNameExists", "A queue already exists with the name %s.", name)
	}
	s.queues[name] = newQueue(name, s.ARN(name), settings, s.now())
	return nil
}

// ARN is the address of a queue in policies and event source mappings.
func (s *Service) ARN(name string) string {
	return "arn:aws:sqs:" + s.options.Region + ":" + s.options.Account + ":" + name
}

// URL is the address of a queue in the API. It is that of AWS: the SDKs send to
// the endpoint that they are given, and the queue's name is all that counts here.
func (s *Service) URL(name string) string {
	return "https://sqs." + s.options.Region + ".amazonaws.com/" + s.options.Account + "/" + name
}

// NameOf is the name at the end of a queue's URL or ARN.
func NameOf(address string) string {
	return address[strings.LastIndexAny(address, "/:")+1:]
}

// find is the queue at a URL or ARN, or of a name. Callers hold the mutex.
func (s *Service) find(address string) (*queue, *Error) {
	name := NameOf(address)
	if q := s.queues[name]; q != nil {
		return q, nil
	}
	if strings.HasSuffix(name, fifoSuffix) {
		return nil, refuseFIFO(name)
	}
	return nil, refuse("QueueDoesNotExist", "The specified queue does not exist: got %q, expected one of this machine's queues.", address)
}

// Counts are how many messages a queue has.
type Counts struct {
	Visible  int // to be received
	InFlight int // received, and neither deleted nor visible again
	Delayed  int // not to be received yet
}

// Total is all messages of a queue.
func (c Counts) Total() int { return c.Visible + c.InFlight + c.Delayed }

// Counts counts the messages of a queue.
func (s *Service) Counts(name string) (Counts, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	q, refused := s.find(name)
	if refused != nil {
		return Counts{}, refused
	}
	q.settle(s.now())
	return q.counts(), nil
}

// Messages are all messages of a queue, in the order in which they were put
// there. They are not received by this.
func (s *Service) Messages(name string) ([]Message, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	q, refused := s.find(name)
	if refused != nil {
		return nil, refused
	}
	q.settle(s.now())
	return q.list(), nil
}

// Message is a message as a receiver gets it.
type Message struct {
	Queue         string // its name
	ID            string // the same for each delivery of the message
	Handle        string // of this delivery, by which it can be deleted; empty if it was not received
	Body          string
	Attributes    map[string]Attribute
	TraceHeader   string // AWSTraceHeader
	Sent          time.Time
	FirstReceived time.Time // zero: never
	Receives      int       // ApproximateReceiveCount, this one included
	DeadLetterOf  string    // the ARN of the queue that it was moved from; empty if it was not

	key       uint64 // by which faults find it
	duplicate bool
}

// seconds is a duration in the unit of the API.
func seconds(d time.Duration) string { return fmt.Sprint(int64(d / time.Second)) }

// Settings are what a queue was created with.
type Settings struct {
	VisibilityTimeout time.Duration
	DeadLetterQueue   string // its name; empty: there is none
	MaxReceiveCount   int    // after which a message goes there
}

// Settings says what a queue was created with.
func (s *Service) Settings(name string) (Settings, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	q, refused := s.find(name)
	if refused != nil {
		return Settings{}, refused
	}
	return Settings{q.visibility, q.deadLetter, q.maxReceives}, nil
}
