// Package cloud is a synthesized stack on this machine. It resolves the
// template, starts an S3 (gofakes3) and a DynamoDB (dynalite), creates the
// template's buckets and tables in them, hosts its functions, polls its queues
// for them, and executes its state machines with all of these.
package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/dynamodb"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/objectstore"
	"github.com/mapjob/mapjob/internal/sqs"
	"github.com/mapjob/mapjob/internal/template"
)

// Options are how a stack runs.
type Options struct {
	// Folder is where objects and logs go. It has to exist.
	Folder string
	// S3Port, DynamoDBPort and LambdaPort are where the parts listen, on
	// 127.0.0.1. 0 is any free port.
	S3Port, DynamoDBPort, LambdaPort int
	// Concurrency is how many invocations run at once; further ones wait for
	// their turn. 0 is four for each processor of this machine: more of them
	// would only cost memory.
	Concurrency int
	// Written, if it is set, is told of every object that a function has written
	// to S3, from several goroutines. An object that is written twice is told of
	// twice.
	Written func(bucket, key string)
	// QueueFaults make deliveries of the queues go wrong. Default: none does.
	QueueFaults sqs.Faults
	// Delivered, if it is set, is told of every batch that a queue's event source
	// mapping has invoked a function with, from the goroutine of the invocation.
	Delivered func(Delivery)
}

// Stack is a synthesized stack that runs.
type Stack struct {
	template  *template.Stack
	options   Options
	store     *objectstore.Store
	s3        *server
	database  *dynamodb.Database
	host      *lambdahost.Host
	functions map[string]bool          // that the host has, by name
	timeouts  map[string]time.Duration // of these
	api       *stepFunctions
	queues    *queues
	polls     bool      // there are event source mappings
	messages  *messages // nil until a task may send one
	logs      []*os.File
	absent    []string
	turns     chan struct{} // one for each invocation that may run

	machinesMutex sync.Mutex
	machines      map[string]*Machine // that have been parsed, by logical ID
}

// inert are the types of resources that have nothing to do at run time, or
// whose work is done here by other means.
var inert = []string{"AWS::CDK::Metadata", "AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::Logs::LogGroup",
	"AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Permission", "AWS::KMS::Key", "AWS::KMS::Alias",
	"AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription", "AWS::Scheduler::Schedule", "AWS::Events::Rule", "AWS::Lambda::Url",
	"AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard"}

// Start starts the parts that the stack needs, creates its tables and buckets,
// and makes its functions known. Close it; nothing of it is left behind then.
func Start(ctx context.Context, synthesized *template.Stack, options Options) (_ *Stack, err error) {
	c := &Stack{template: synthesized, options: options, functions: map[string]bool{}, timeouts: map[string]time.Duration{}, machines: map[string]*Machine{}, turns: make(chan struct{}, cmp.Or(options.Concurrency, 4*runtime.NumCPU()))}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	if c.store, err = objectstore.New(filepath.Join(options.Folder, "s3"), options.Written); err != nil {
		return nil, fmt.Errorf("starting S3: %w", err)
	}
	if c.s3, err = serve("S3", "--s3-port", options.S3Port, c.store); err != nil {
		return nil, err
	}
	c.database, err = dynamodb.Start(ctx, ".", options.DynamoDBPort)
	if errors.Is(err, dynamodb.ErrPortTaken) {
		err = portTaken("DynamoDB", "--dynamodb-port", options.DynamoDBPort)
	}
	if err != nil {
		return nil, err
	}
	if c.api, err = startStepFunctions(c); err != nil {
		return nil, err
	}
	if err = c.startHost(); err != nil {
		return nil, err
	}
	if c.queues, err = startQueues(c); err != nil {
		return nil, err
	}
	t := synthesized
	if err = c.store.CreateBucket(itemsBucket); err != nil {
		return nil, err
	}
	for _, id := range t.OfType("AWS::S3::Bucket") {
		if err = c.store.CreateBucket(t.PhysicalName(id)); err != nil {
			return nil, err
		}
	}
	for _, id := range t.OfType("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable") {
		properties, err := t.Properties(id)
		if err != nil {
			return nil, err
		}
		if err := c.database.CreateTable(ctx, t.PhysicalName(id), properties); err != nil {
			return nil, err
		}
	}
	for _, id := range t.OfType("AWS::Lambda::Function") {
		if err = c.addFunction(id); err != nil {
			return nil, err
		}
	}
	if err = c.startMappings(); err != nil {
		return nil, err
	}
	c.noteAbsent()
	return c, nil
}

func (c *Stack) startHost() error {
	folder := filepath.Join(c.options.Folder, "logs")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	// Files are opened here, not when a function first writes, so that a
	// folder that cannot be written to is an error and not a lost log.
	files := map[string]*os.File{}
	for _, id := range c.template.OfType("AWS::Lambda::Function") {
		file, err := os.Create(filepath.Join(folder, c.template.ShortName(id)+".log"))
		if err != nil {
			return err
		}
		files[c.template.PhysicalName(id)] = file
		c.logs = append(c.logs, file)
	}
	options := []lambdahost.Option{lambdahost.WithLogs(func(function string) io.Writer { return files[function] })}
	if c.options.LambdaPort != 0 {
		options = append(options, lambdahost.WithAddr(fmt.Sprintf("127.0.0.1:%d", c.options.LambdaPort)))
	}
	host, err := lambdahost.New(options...)
	if errors.Is(err, syscall.EADDRINUSE) {
		return portTaken("Lambda", "--lambda-port", c.options.LambdaPort)
	}
	c.host = host
	return err
}

// noteAbsent lists what the template has and this machine has not.
func (c *Stack) noteAbsent() {
	here := append([]string{"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::Lambda::Function",
		"AWS::StepFunctions::StateMachine"}, inert...)
	for id, kind := range c.template.Types() {
		if !slices.Contains(here, kind) {
			c.absent = append(c.absent, fmt.Sprintf("%s (%s)", id, kind))
		}
	}
	slices.Sort(c.absent)
}

// Absent lists what the stack has but this machine does not run.
func (c *Stack) Absent() []string { return c.absent }

// Close stops everything. It may be called more than once.
func (c *Stack) Close() error {
	var errs []error
	if c.queues != nil { // before the host: what it invokes would fail
		errs = append(errs, c.queues.close())
	}
	if c.host != nil {
		errs = append(errs, c.host.Close())
	}
	if c.api != nil {
		errs = append(errs, c.api.close())
	}
	if c.database != nil {
		c.database.Close()
	}
	if c.s3 != nil {
		errs = append(errs, c.s3.close())
	}
	for _, file := range c.logs {
		file.Close()
	}
	c.logs = nil
	if c.messages != nil {
		errs = append(errs, c.messages.file.Close())
		c.messages = nil
	}
	return errors.Join(errs...)
}

// Bucket is a bucket of the stack, and the folder in which its objects are files.
type Bucket struct{ ID, Name, Folder string }

// Buckets lists the stack's buckets.
func (c *Stack) Buckets() []Bucket {
	var list []Bucket
	for _, id := range c.template.OfType("AWS::S3::Bucket") {
		name := c.template.PhysicalName(id)
		list = append(list, Bucket{c.template.ShortName(id), name, c.store.BucketFolder(name)})
	}
	return list
}

// Endpoints are where the parts listen, as environment variables of the AWS
// CLI and SDKs.
func (c *Stack) Endpoints() []string {
	endpoints := []string{"AWS_ENDPOINT_URL_S3=" + c.s3.url, "AWS_ENDPOINT_URL_DYNAMODB=" + c.database.URL(), "AWS_ENDPOINT_URL_LAMBDA=" + c.host.URL(), "AWS_ENDPOINT_URL_SFN=" + c.api.url}
	if c.queues.url != "" {
		endpoints = append(endpoints, "AWS_ENDPOINT_URL_SQS="+c.queues.url)
	}
	return endpoints
}

// Machine is a state machine of the stack.
type Machine struct {
	ID         string // the logical ID
	Name       string // the physical name
	ARN        string
	Definition *asl.StateMachine
	Type       engine.Type
	text       string // of the definition
}

// Machine is the stack's state machine of that name, or with no name the only
// one. A definition that is not valid is an error with every problem in it.
func (c *Stack) Machine(name string) (*Machine, error) {
	id, err := c.template.Find(name, "state machine", "--job", "AWS::StepFunctions::StateMachine")
	if err != nil {
		return nil, err
	}
	return c.machine(id)
}

// machine parses a state machine, once for all executions.
func (c *Stack) machine(id string) (*Machine, error) {
	c.machinesMutex.Lock()
	defer c.machinesMutex.Unlock()
	if m, ok := c.machines[id]; ok {
		return m, nil
	}
	m, err := c.parseMachine(id)
	if err == nil {
		c.machines[id] = m
	}
	return m, err
}

func (c *Stack) parseMachine(id string) (*Machine, error) {
	t := c.template
	var p struct{ DefinitionString, StateMachineType string }
	if err := t.Decode(id, &p); err != nil {
		return nil, err
	}
	if p.DefinitionString == "" {
		return nil, fmt.Errorf("state machine %s: got no DefinitionString, expected one", id)
	}
	definition, err := asl.Parse([]byte(p.DefinitionString))
	if err != nil {
		return nil, fmt.Errorf("state machine %s: %w", id, err)
	}
	m := &Machine{ID: id, Name: t.PhysicalName(id), ARN: c.machineARN(id), Definition: definition, Type: engine.Standard, text: p.DefinitionString}
	if p.StateMachineType == "EXPRESS" {
		m.Type = engine.Express
	}
	return m, nil
}

// JobName is what a person calls the job of a state machine: the construct it is in.
func (c *Stack) JobName(m *Machine) string { return c.template.ShortName(m.ID) }

// Read copies an object of the local S3.
func (c *Stack) Read(ctx context.Context, bucket, key string, to io.Writer) error {
	object, err := c.store.Open(ctx, bucket, key)
	if err != nil {
		return fmt.Errorf("reading %w", err)
	}
	defer object.Close()
	_, err = io.Copy(to, object)
	return err
}

// Fetch copies an object of the local S3 to a file.
func (c *Stack) Fetch(ctx context.Context, bucket, key, path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(c.Read(ctx, bucket, key, file), file.Close())
}

// Execution is how a state machine is executed.
type Execution struct {
	Name     string
	Input    []byte
	Items    *Items // in place of what the job start would find, or of the input of a job without one; may be nil
	History  func(event.Event)
	Observer engine.MapObserver
	// Invoked is told of every function that a task of the state machine has
	// invoked, but not of those of executions that it starts, from the goroutine
	// of the invocation. Output is as of lambda:invoke, or nil where it failed.
	Invoked func(request *engine.Request, output any, err error)
	// Between, if it is set, stands between each task and what answers it on
	// this machine: it may call, fail the task before that, or lose the answer.
	// What the engine itself answers does not come by here. Calls come from
	// goroutines of their own.
	Between func(ctx context.Context, request *engine.Request, call engine.IntegrationFunc) (any, error)
	// Engine has more options for the engine, such as a virtual clock. They go
	// before what this machine has: an integration takes the place of its own.
	Engine []engine.Option
}

// Execute runs a state machine to its end. The error says that it could not be
// run, which is also so where a task calls what this machine does not have; an
// execution that failed is none.
func (c *Stack) Execute(ctx context.Context, m *Machine, x Execution) (*engine.Execution, error) {
	invoke, err := c.invokeFor(ctx, m, &x)
	if err != nil {
		return nil, err
	}
	defer c.queues.service.Hold().End() // its functions may send
	tasks := &integrations{cloud: c, invoke: invoke, found: map[string]engine.Integration{}}
	defer c.api.forgetAll(tasks)
	missing := tasks.add(m.Definition)
	machines, err := c.nested(m, tasks)
	if err = errors.Join(missing, err); err != nil {
		return nil, fmt.Errorf("state machine %s can't run on this machine:\n%w", c.template.ShortName(m.ID), err)
	}
	options := append(append(tasks.options(x.Between), machines...),
		engine.WithObjects(c.store),
		engine.WithStateMachineARN(m.ARN),
		engine.WithType(m.Type),
		engine.WithExecutionName(x.Name),
	)
	if x.History != nil {
		options = append(options, engine.WithHistory(x.History))
	}
	if x.Observer != nil {
		options = append(options, engine.WithMapObserver(x.Observer))
	}
	e, err := engine.New(m.Definition, append(options, x.Engine...)...)
	if err != nil {
		return nil, err
	}
	return e.Run(ctx, x.Input)
}

// invokeFor is lambda:invoke as an execution wants it. What is special about it
// is so for the state machine itself, not for those that it starts.
func (c *Stack) invokeFor(ctx context.Context, m *Machine, x *Execution) (engine.IntegrationFunc, error) {
	invoke := engine.IntegrationFunc(c.invoke)
	if x.Items != nil {
		var err error
		if invoke, err = x.Items.feed(ctx, m.Definition, x, invoke); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context, r *engine.Request) (any, error) {
		if !ofMachine(r, m.ARN) {
			return c.invoke(ctx, r)
		}
		output, err := invoke(ctx, r)
		if x.Invoked != nil {
			x.Invoked(r, output, err)
		}
		return output, err
	}, nil
}
