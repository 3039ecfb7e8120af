package simulation

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/integration"
	"github.com/mapjob/mapjob/internal/memory/dynamodb"
	"github.com/mapjob/mapjob/internal/memory/lambda"
	"github.com/mapjob/mapjob/internal/memory/s3"
	"github.com/mapjob/mapjob/internal/memory/secrets"
	"github.com/mapjob/mapjob/internal/memory/sfn"
	"github.com/mapjob/mapjob/internal/memory/topics"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/internal/simulation/wire"
	"github.com/mapjob/mapjob/internal/standin"
	"github.com/mapjob/mapjob/internal/template"
	"github.com/mapjob/mapjob/internal/value"
)

// startServices starts the services of the stack, with its resources.
func (s *Simulation) startServices() error {
	s.topics, s.secrets = topics.New(), secrets.New()
	s.objects = s3.New(s.stack.Buckets...)
	s.database = dynamodb.New()
	for _, t := range s.stack.Tables {
		if err := s.database.Create(t.Name, t.Schema); err != nil {
			return err
		}
	}
	if err := s.startQueues(); err != nil {
		return err
	}
	var machines []archive.StateMachine
	for _, m := range s.stack.Machines {
		machines = append(machines, archive.StateMachine{ARN: m.ARN, Name: m.Name, Type: m.Type, Definition: m.Text})
	}
	s.executions = sfn.New(machines...)
	for _, x := range s.stack.Secrets {
		s.secrets.Add(x.Name, x.ARN(), x.Value)
	}
	s.config = s.clientConfig(map[string]http.Handler{
		"s3": s.objects, "dynamodb": s.database, "sqs": queuesFace{s}, "lambda": lambda.Service{Functions: s},
		"sns": s.topics.SNS(), "events": s.topics.EventBridge(), "secretsmanager": s.secrets, "states": s.executions,
	})
	kit := &wire.S3{Store: s.objects, Retryer: s.retryer, Pass: s.pass}
	s.clients = standin.With[s3object.API](standin.With(context.Background(), s.config), kit)
	client := sync.OnceValue(func() *awss3.Client {
		return awss3.NewFromConfig(s.config, func(o *awss3.Options) { o.UsePathStyle = true })
	})
	s.services = &integration.Services{Functions: s, Database: s.database, S3: client, Queues: s.queues, Messages: kept{s.topics, s}}
	return s.pollQueues()
}

// clientConfig returns the configuration of clients of services in memory. They do not
// sign, which would take a third of the time, and try again after fixed pauses.
func (s *Simulation) clientConfig(services map[string]http.Handler) aws.Config {
	return aws.Config{
		Region:                     s.region(),
		Credentials:                aws.AnonymousCredentials{},
		HTTPClient:                 &wire.Client{Services: services, Pass: s.pass},
		Retryer:                    func() aws.Retryer { return s.retryer },
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	}
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

// kept keeps the messages that tasks send, apart from those to queues that are
// polled.
type kept struct {
	*topics.Store
	simulation *Simulation
}

// Keep implements [integration.Messages].
func (m kept) Keep(request *engine.Request, answer *value.Object) error {
	parameters, _ := request.Parameters.(*value.Object)
	if url, _ := parameters.Get("QueueUrl"); url != nil && m.simulation.polls(fmt.Sprint(url)) {
		return nil
	}
	return m.Store.Keep(request, answer)
}

// queuesFace answers requests to SQS, and keeps the messages to queues that are not
// polled.
type queuesFace struct{ simulation *Simulation }

func (f queuesFace) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	type sent struct {
		QueueURL          string `json:"QueueUrl"`
		MessageBody       string
		MessageAttributes map[string]struct{ StringValue string }
	}
	var request struct {
		sent
		Entries []sent
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		_ = json.Unmarshal(body, &request) // what is not JSON is refused
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	before := f.simulation.sent
	f.simulation.queues.ServeHTTP(w, r)
	if f.simulation.polls(request.QueueURL) {
		return
	}
	all := request.Entries
	if request.MessageBody != "" {
		all = []sent{request.sent}
	}
	for _, one := range all[:min(f.simulation.sent-before, len(all))] {
		m := topics.Message{To: request.QueueURL, Body: one.MessageBody}
		for name, v := range one.MessageAttributes {
			if m.Attributes == nil {
				m.Attributes = map[string]string{}
			}
			m.Attributes[name] = v.StringValue
		}
		f.simulation.topics.Add(m)
	}
}
