package simulation

import (
	"net/http"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/integration"
	"github.com/mapjob/mapjob/internal/memory/dynamodb"
	"github.com/mapjob/mapjob/internal/memory/s3"
	"github.com/mapjob/mapjob/internal/template"
	"github.com/mapjob/mapjob/internal/value"
)

// startServices starts the services of the stack, with its resources.
func (s *Simulation) startServices() error {
	s.objects = s3.New(s.stack.Buckets...)
	s.database = dynamodb.New()
	for _, t := range s.stack.Tables {
		if err := s.database.CreateTable(t.Name, t.Properties); err != nil {
			return err
		}
	}
	if err := s.startQueues(); err != nil {
		return err
	}
	s.faces = map[string]http.Handler{"s3": s.objects, "dynamodb": s.database, "sqs": s.queues}
	client := awss3.NewFromConfig(s.config, func(o *awss3.Options) { o.UsePathStyle = true })
	s.services = &integration.Services{Functions: s, Database: s.database, S3: client, Queues: s.queues, Messages: &kept{}}
	return s.pollQueues()
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
