package simulation

import (
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/integration"
	"github.com/mapjob/mapjob/internal/sqs"
	"github.com/mapjob/mapjob/internal/template"
	"github.com/mapjob/mapjob/internal/value"
)

// startServices starts the services of the stack, with its resources.
func (s *Simulation) startServices() error {
	s.memory = &memory{objects: map[string][]byte{}, tables: map[string]map[string]*value.Object{}}
	s.queues = sqs.New(sqs.Options{Region: s.region(), Account: s.account()})
	s.services = &integration.Services{Functions: s, Database: s.memory, Queues: s.queues, Messages: &kept{}}
	return nil
}

func (s *Simulation) region() string {
	if t := s.stack.Template; t != nil {
		return t.Region
	}
	return template.Region
}

func (s *Simulation) account() string {
	if t := s.stack.Template; t != nil {
		return t.Account
	}
	return template.Account
}

// kept keeps the messages that tasks send.
type kept struct{}

// Open implements [integration.Messages].
func (*kept) Open() error { return nil }

// Keep implements [integration.Messages].
func (*kept) Keep(*engine.Request, *value.Object) error { return nil }
