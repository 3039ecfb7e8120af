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
	"sync"

	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/dynamodb"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/functionlog"
	"github.com/mapjob/mapjob/internal/functions"
	"github.com/mapjob/mapjob/internal/injection"
	"github.com/mapjob/mapjob/internal/integration"
	"github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/jobstart"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/loopback"
	"github.com/mapjob/mapjob/internal/objectstore"
	"github.com/mapjob/mapjob/internal/sfnapi"
	"github.com/mapjob/mapjob/internal/sqs"
	"github.com/mapjob/mapjob/internal/tables"
	"github.com/mapjob/mapjob/internal/template"
	"golang.org/x/sync/errgroup"
)

// Options say how a stack runs.
type Options struct {
	// Folder gets objects, logs and executions. It must exist, and may have those of
	// an earlier run.
	Folder string
	// Built is the folder of the functions that are built. If it is kept, the next
	// run builds only what changed. Default: a folder in Folder.
	Built string
	// Ports on 127.0.0.1. Default: any free ones.
	S3Port, DynamoDBPort, LambdaPort, StepFunctionsPort int
	// Concurrency is how many functions run at once; further invocations wait.
	// Default: four for each processor.
	Concurrency int
	// Written, if it is set, is called after a function has written an object to
	// S3.
	Written objectstore.Written
	// Delivered, if it is set, is called after a function was invoked with a batch
	// of messages, from the goroutine of the invocation.
	Delivered func(invocation.Delivery)
	// Seeds are files that fill tables before the stack has started, by the names of
	// the tables as for [Stack.Table].
	Seeds map[string]string
	// KeptSeeds, if it is set, is the folder that keeps tables as they were filled. A
	// stack with the same tables and files copies them.
	KeptSeeds string
	// Fill, if it is set, fills tables and buckets. They are all there; functions may
	// still be built.
	Fill func(context.Context, *Stack) error
	// Functions replace functions of the stack, or parts of them.
	Functions functions.Replacements
	// QueueFaults make deliveries of the queues go wrong. Default: none.
	QueueFaults sqs.Faults
	// Faults, if it is set, makes tasks, functions and executions go wrong, and Struck
	// is called for each fault that strikes, from any goroutine.
	Faults *fault.Plan
	Struck func(fault.Strike)
}

// Stack is a stack that runs.
type Stack struct {
	template *template.Stack
	options  Options
	absent   []string
	ignored  []string
	missing  map[*template.Resource]bool // that do not run, of all stacks

	objects  *objectstore.Store
	database *dynamodb.Database
	queues   *sqs.Service
	host     *lambdahost.Host
	invoker  *invocation.Invoker
	services *integration.Services // for tasks
	messages *integration.MessageFile
	recorder *archive.Recorder
	api      *sfnapi.Service
	logs     []*functionlog.Writer

	s3Server, sfnServer *loopback.Server
	sqsServer           *loopback.Server // nil if the stack has no queues

	injection *injection.Injection // nil without faults

	executions engine.Executions // by the command, the API and tasks

	functions   invocable
	executables string // the folder of code that is built or unpacked

	tables *tables.Tables

	polls bool // a queue is polled

	machinesMutex sync.Mutex
	machines      map[*template.Resource]*Machine // that were parsed
}

// New returns a stack that does not run yet, to look things up in its template.
func New(synthesized *template.Stack) *Stack {
	return &Stack{template: synthesized, machines: map[*template.Resource]*Machine{}, missing: map[*template.Resource]bool{}}
}

// Start starts a stack. Close it: nothing is left behind then but its folder.
func Start(ctx context.Context, synthesized *template.Stack, options Options) (*Stack, error) {
	s := New(synthesized)
	if err := s.StartServices(ctx, options); err != nil {
		return nil, err
	}
	return s, nil
}

// StartServices starts the services of a stack from New. If that fails, it closes the stack.
func (s *Stack) StartServices(ctx context.Context, options Options) (err error) {
	s.options = options
	s.options.Concurrency = cmp.Or(options.Concurrency, 4*runtime.NumCPU()) // more would only cost memory
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	for _, start := range []func(context.Context) error{
		s.startObjects, s.listenDatabase, s.startStepFunctions, s.startHost, s.startQueues,
		s.createBuckets, s.readTables, s.fillAndBuild, s.pollQueues,
	} {
		if err := start(ctx); err != nil {
			return err
		}
	}
	s.noteAbsent()
	return nil
}

func (s *Stack) startObjects(context.Context) (err error) {
	if s.objects, err = objectstore.New(filepath.Join(s.options.Folder, "s3"), s.options.Written); err != nil {
		return fmt.Errorf("starting S3: %w", err)
	}
	s.s3Server, err = loopback.Serve("S3", "--s3-port", s.options.S3Port, s.objects)
	return err
}

// listenDatabase opens the port of the database, which starts later.
func (s *Stack) listenDatabase(context.Context) (err error) {
	if len(s.tableResources()) == 0 {
		s.database, err = dynamodb.Empty()
		return err
	}
	s.database, err = dynamodb.Listen(s.options.DynamoDBPort)
	if errors.Is(err, dynamodb.ErrPortTaken) {
		return loopback.PortTaken("DynamoDB", "--dynamodb-port", s.options.DynamoDBPort)
	}
	return err
}

func (s *Stack) startStepFunctions(context.Context) (err error) {
	if s.recorder, err = archive.Record(s.options.Folder); err != nil {
		return err
	}
	s.recordMachines()
	s.api = sfnapi.New(runner{s}, s.recorder.Archive())
	s.sfnServer, err = loopback.Serve("Step Functions", "--stepfunctions-port", s.options.StepFunctionsPort, s.api)
	return err
}

func (s *Stack) createBuckets(context.Context) error {
	if err := s.createBucket(jobstart.Bucket); err != nil {
		return err
	}
	for _, r := range s.template.Resources(bucketType) {
		if err := s.createBucket(r.PhysicalName()); err != nil {
			return err
		}
	}
	return nil
}

// createBucket creates a bucket, unless earlier parts did.
func (s *Stack) createBucket(name string) error {
	if _, err := os.Stat(s.objects.BucketFolder(name)); err == nil {
		return nil
	}
	return s.objects.CreateBucket(name)
}

// fillAndBuild starts the database and fills tables and buckets while functions are
// built: all of that takes long. The first error ends it.
func (s *Stack) fillAndBuild(running context.Context) error {
	all, ctx := errgroup.WithContext(running)
	all.Go(func() error {
		err := s.startTables(ctx, running)
		if err == nil && s.options.Fill != nil {
			err = s.options.Fill(ctx, s)
		}
		return err
	})
	all.Go(func() error { return s.addFunctions(ctx) })
	return all.Wait()
}

// Close stops everything. It may be called more than once.
func (s *Stack) Close() error {
	var errs []error
	if s.api != nil { // its executions call what is closed next
		s.api.Close()
	}
	if s.invoker != nil { // before the host: its invocations would fail
		s.invoker.Close()
	}
	if s.injection != nil {
		errs = append(errs, s.injection.Close())
	}
	if s.host != nil {
		errs = append(errs, s.host.Close())
	}
	for _, server := range []*loopback.Server{s.sqsServer, s.sfnServer, s.s3Server} {
		if server != nil {
			errs = append(errs, server.Close())
		}
	}
	if s.recorder != nil {
		errs = append(errs, s.recorder.Close())
	}
	if s.database != nil {
		s.database.Close()
	}
	for _, file := range s.logs {
		errs = append(errs, file.Close())
	}
	s.logs = nil
	if s.messages != nil {
		errs = append(errs, s.messages.Close())
		s.messages = nil
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
		"AWS_ENDPOINT_URL_S3=" + s.s3Server.URL,
		"AWS_ENDPOINT_URL_DYNAMODB=" + s.database.URL(),
		"AWS_ENDPOINT_URL_LAMBDA=" + s.host.URL(),
		"AWS_ENDPOINT_URL_SFN=" + s.sfnServer.URL,
	}
	if s.sqsServer != nil {
		endpoints = append(endpoints, "AWS_ENDPOINT_URL_SQS="+s.sqsServer.URL)
	}
	return endpoints
}
