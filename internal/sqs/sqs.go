// Package sqs runs Amazon SQS standard queues on this machine. Messages are
// delivered at least once, are invisible to other receivers during their
// visibility timeout, move to a dead-letter queue after too many receives, and are
// deleted when their retention period ends.
//
// [Service] is an [http.Handler] that speaks the SQS protocol (AWS JSON 1.0), so
// functions use the ordinary SDK. [Consumer] receives messages within this
// process, as an event source mapping does.
//
// The service uses the system's time until [Service.Drain] waits for the queues to
// become empty. While nothing else is under way then, time jumps to the next event,
// so a visibility timeout of six minutes takes no time. [Faults] make deliveries
// fail that rarely fail in AWS.
package sqs

import (
	"cmp"
	"strings"
	"sync"

	"github.com/mapjob/mapjob/internal/uuid"
)

// Options configures a Service.
type Options struct {
	// Region and Account are parts of ARNs and URLs.
	// Default: us-east-1 and 123456789012.
	Region, Account string
	// Faults are injected into deliveries. Default: none.
	Faults Faults
	// NewID returns the ID of a message. Default: a random one.
	NewID func() string
}

// Service holds queues. It is safe for concurrent use and needs no closing.
type Service struct {
	options Options
	faults  faults

	mutex  sync.Mutex // guards everything below, including queues and messages
	queues map[string]*queue
	serial int64 // the serial number of the newest copy of a message
	time   timeline
}

// New creates a service without queues.
func New(options Options) *Service {
	options.Region = cmp.Or(options.Region, "us-east-1")
	options.Account = cmp.Or(options.Account, "123456789012")
	if options.NewID == nil {
		options.NewID = uuid.New
	}
	return &Service{
		options: options,
		faults:  faults{Faults: options.Faults, bodies: map[uint64]int{}},
		queues:  map[string]*queue{},
		time:    timeline{woken: make(chan struct{}), waits: map[*wait]struct{}{}},
	}
}

// CreateQueue creates a queue. The attributes are those of the API (API reference,
// "CreateQueue"); all are optional. A dead-letter queue may be created after the
// queue that names it.
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

// ARN returns the ARN of a queue.
func (s *Service) ARN(name string) string {
	return "arn:aws:sqs:" + s.options.Region + ":" + s.options.Account + ":" + name
}

// URL returns the URL of a queue, which names a host of AWS. That is no problem:
// the SDKs send requests to their configured endpoint, and the service only looks
// at the queue's name.
func (s *Service) URL(name string) string {
	return "https://sqs." + s.options.Region + ".amazonaws.com/" + s.options.Account + "/" + name
}

// NameOf returns the name at the end of a queue's URL or ARN.
func NameOf(address string) string {
	return address[strings.LastIndexAny(address, "/:")+1:]
}

// find returns the queue with the given URL, ARN or name. Callers hold the mutex.
func (s *Service) find(address string) (*queue, *Error) {
	name := NameOf(address)
	if q := s.queues[name]; q != nil {
		return q, nil
	}
	if strings.HasSuffix(name, fifoSuffix) {
		return nil, refuseFIFO(name)
	}
	return nil, refuse("QueueDoesNotExist", "The specified queue does not exist: got %q, expected a queue on this machine.", address)
}

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

// Messages returns all messages of a queue in the order of their arrival, without
// receiving them.
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

// Settings returns the settings with which a queue was created.
func (s *Service) Settings(name string) (Settings, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	q, refused := s.find(name)
	if refused != nil {
		return Settings{}, refused
	}
	return Settings{q.visibility, q.deadLetter, q.maxReceives}, nil
}
