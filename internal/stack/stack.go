// Package stack runs a synthesized stack on this machine: S3, DynamoDB, Lambda,
// SQS and Step Functions with the buckets, tables, functions, queues and state
// machines of its template.
package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"github.com/mapjob/mapjob/internal/dynamodb"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/integration"
	"github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/jobstart"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/objectstore"
	"github.com/mapjob/mapjob/internal/sfnapi"
	"github.com/mapjob/mapjob/internal/sqs"
	"github.com/mapjob/mapjob/internal/template"
)

// Options say how a stack runs.
type Options struct {
	// Folder gets objects and logs. It must exist.
	Folder string
	// Built is the folder of the functions that are built. If it is kept, the next
	// run builds only what changed. Default: a folder in Folder.
	Built string
	// Ports on 127.0.0.1. Default: any free ones.
	S3Port, DynamoDBPort, LambdaPort int
	// Concurrency is how many functions run at once; further invocations wait.
	// Default: four for each processor.
	Concurrency int
	// Written, if it is set, is called after a function has written an object to
	// S3.
	Written objectstore.Written
	// Delivered, if it is set, is called after a function was invoked with a batch
	// of messages, from the goroutine of the invocation.
	Delivered func(invocation.Delivery)
	// QueueFaults make deliveries of the queues go wrong. Default: none.
	QueueFaults sqs.Faults
}

// Stack is a stack that runs.
type Stack struct {
	template *template.Stack
	options  Options
	absent   []string

	objects  *objectstore.Store
	database *dynamodb.Database
	queues   *sqs.Service
	host     *lambdahost.Host
	invoker  *invocation.Invoker
	services *integration.Services // for tasks
	api      *sfnapi.Service
	logs     []*os.File

	s3Server, sfnServer *server
	sqsServer           *server // nil if the stack has no queues

	executions engine.Executions // by the command, the API and tasks

	functions   functions
	executables string // their folder, "" if none are built

	polls bool // a queue is polled

	machinesMutex sync.Mutex
	machines      map[string]*Machine // that were parsed, by logical ID
}

// Start starts a stack. Close it: nothing is left behind then but its folder.
func Start(ctx context.Context, synthesized *template.Stack, options Options) (_ *Stack, err error) {
	options.Concurrency = cmp.Or(options.Concurrency, 4*runtime.NumCPU()) // more would only cost memory
	s := &Stack{template: synthesized, options: options, machines: map[string]*Machine{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	for _, start := range []func(context.Context) error{
		s.startObjects, s.startDatabase, s.startStepFunctions, s.startHost, s.startQueues,
		s.createBuckets, s.createTables, s.addFunctions, s.pollQueues,
	} {
		if err := start(ctx); err != nil {
			return nil, err
		}
	}
	s.noteAbsent()
	return s, nil
}

func (s *Stack) startObjects(context.Context) (err error) {
	if s.objects, err = objectstore.New(filepath.Join(s.options.Folder, "s3"), s.options.Written); err != nil {
		return fmt.Errorf("starting S3: %w", err)
	}
	s.s3Server, err = serve("S3", "--s3-port", s.options.S3Port, s.objects)
	return err
}

func (s *Stack) startDatabase(ctx context.Context) (err error) {
	s.database, err = dynamodb.Start(ctx, ".", s.options.DynamoDBPort)
	if errors.Is(err, dynamodb.ErrPortTaken) {
		return portTaken("DynamoDB", "--dynamodb-port", s.options.DynamoDBPort)
	}
	return err
}

func (s *Stack) startStepFunctions(context.Context) (err error) {
	s.api = sfnapi.New(runner{s})
	s.sfnServer, err = serve("Step Functions", "", 0, s.api)
	return err
}

func (s *Stack) createBuckets(context.Context) error {
	if err := s.objects.CreateBucket(jobstart.Bucket); err != nil {
		return err
	}
	for _, id := range s.template.OfType("AWS::S3::Bucket") {
		if err := s.objects.CreateBucket(s.template.PhysicalName(id)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Stack) createTables(ctx context.Context) error {
	for _, id := range s.template.OfType("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable") {
		properties, err := s.template.Properties(id)
		if err != nil {
			return err
		}
		if err := s.database.CreateTable(ctx, s.template.PhysicalName(id), properties); err != nil {
			return err
		}
	}
	return nil
}

// noteAbsent notes the resources that do not run on this machine, and that a run
// could miss.
func (s *Stack) noteAbsent() {
	for id, kind := range s.template.Types() {
		switch kind {
		case "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::Lambda::Function", "AWS::StepFunctions::StateMachine",
			"AWS::SQS::Queue", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::EventInvokeConfig":
		case "AWS::CDK::Metadata", "AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::Logs::LogGroup",
			"AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::Lambda::Permission", "AWS::KMS::Key", "AWS::KMS::Alias",
			"AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription", "AWS::Scheduler::Schedule", "AWS::Events::Rule", "AWS::Lambda::Url",
			"AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard":
		default:
			s.absent = append(s.absent, fmt.Sprintf("%s (%s)", id, kind))
		}
	}
	slices.Sort(s.absent)
}

// Absent lists the resources that do not run on this machine.
func (s *Stack) Absent() []string { return s.absent }

// Close stops everything. It may be called more than once.
func (s *Stack) Close() error {
	var errs []error
	if s.invoker != nil { // before the host: its invocations would fail
		s.invoker.Close()
	}
	if s.host != nil {
		errs = append(errs, s.host.Close())
	}
	for _, server := range []*server{s.sqsServer, s.sfnServer, s.s3Server} {
		if server != nil {
			errs = append(errs, server.close())
		}
	}
	if s.api != nil {
		s.api.Close()
	}
	if s.database != nil {
		s.database.Close()
	}
	for _, file := range s.logs {
		file.Close()
	}
	s.logs = nil
	if s.services != nil {
		errs = append(errs, s.services.Messages.Close())
		s.services = nil
	}
	if s.executables != "" { // those of all runs would take much space
		errs = append(errs, os.RemoveAll(s.executables))
	}
	return errors.Join(errs...)
}

// Endpoints returns where the parts listen, as environment variables of the AWS
// CLI and SDKs.
func (s *Stack) Endpoints() []string {
	endpoints := []string{
		"AWS_ENDPOINT_URL_S3=" + s.s3Server.url,
		"AWS_ENDPOINT_URL_DYNAMODB=" + s.database.URL(),
		"AWS_ENDPOINT_URL_LAMBDA=" + s.host.URL(),
		"AWS_ENDPOINT_URL_SFN=" + s.sfnServer.url,
	}
	if s.sqsServer != nil {
		endpoints = append(endpoints, "AWS_ENDPOINT_URL_SQS="+s.sqsServer.url)
	}
	return endpoints
}
