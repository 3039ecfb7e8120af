package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/mapjob/mapjob/internal/gobuild"
	"github.com/mapjob/mapjob/internal/integration"
	"github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/sqs"
	"github.com/mapjob/mapjob/internal/template"
)

// functions are the functions that run on this machine.
type functions struct {
	invoker  *invocation.Invoker
	timeouts map[string]time.Duration // by physical name
}

// Has reports whether a function runs on this machine.
func (f *functions) Has(name string) bool {
	_, ok := f.timeouts[name]
	return ok
}

// Invoke invokes a function and waits for its answer.
func (f *functions) Invoke(ctx context.Context, name string, payload []byte) (*lambdahost.Response, error) {
	return f.invoker.Invoke(ctx, name, payload)
}

// startHost starts what functions and queues need, without any of them.
func (s *Stack) startHost(context.Context) error {
	logs, err := s.openLogs()
	if err != nil {
		return err
	}
	options := []lambdahost.Option{lambdahost.WithLogs(func(function string) io.Writer { return logs[function] })}
	if s.options.LambdaPort != 0 {
		options = append(options, lambdahost.WithAddr(fmt.Sprintf("127.0.0.1:%d", s.options.LambdaPort)))
	}
	s.host, err = lambdahost.New(options...)
	if errors.Is(err, syscall.EADDRINUSE) {
		return portTaken("Lambda", "--lambda-port", s.options.LambdaPort)
	}
	if err != nil {
		return err
	}
	s.queues = sqs.New(sqs.Options{Region: template.Region, Account: template.Account, Faults: s.options.QueueFaults})
	s.invoker = invocation.New(invocation.Options{Host: s.host, Queues: s.queues, Concurrency: s.options.Concurrency, Delivered: s.options.Delivered})
	s.functions = functions{s.invoker, map[string]time.Duration{}}
	s.services = &integration.Services{Functions: &s.functions, Database: s.database, S3: s.s3Server.url, Queues: s.queues,
		Messages: integration.NewMessages(filepath.Join(s.options.Folder, "messages.jsonl"))}
	return nil
}

// openLogs opens the log of each function, by physical name. A folder that can't
// be written to is an error now, not a lost log later.
func (s *Stack) openLogs() (map[string]*os.File, error) {
	folder := filepath.Join(s.options.Folder, "logs")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	files := map[string]*os.File{}
	for _, id := range s.template.OfType("AWS::Lambda::Function") {
		file, err := os.OpenFile(filepath.Join(folder, s.template.ShortName(id)+".log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			return nil, err
		}
		files[s.template.PhysicalName(id)] = file
		s.logs = append(s.logs, file)
	}
	return files, nil
}

// functionProperties has the properties of AWS::Lambda::Function that matter on
// this machine.
type functionProperties struct {
	Code                         struct{ S3Key string }
	Environment                  struct{ Variables map[string]string }
	Handler                      string
	MemorySize                   int
	ReservedConcurrentExecutions int
	Runtime                      string
	Timeout                      int // seconds
}

func (s *Stack) addFunctions(ctx context.Context) error {
	built, err := s.buildFunctions(ctx)
	if err != nil {
		return err
	}
	for _, id := range s.template.OfType("AWS::Lambda::Function") {
		if err := s.addFunction(id, built[id]); err != nil {
			return err
		}
	}
	return nil
}

// buildFunctions builds the functions whose packages the template names, all
// together. It returns their executables by logical ID. They are in the run's own
// folder: another run that builds changed sources does not change them.
func (s *Stack) buildFunctions(ctx context.Context) (map[string]string, error) {
	var packages []gobuild.Package
	wanted := map[string]gobuild.Package{}
	for _, id := range s.template.OfType("AWS::Lambda::Function") {
		var p gobuild.Package
		named, err := s.template.Metadata(id, protocol.PackageMetadata, &p)
		if err != nil {
			return nil, err
		}
		if named {
			wanted[id], packages = p, append(packages, p)
		}
	}
	kept := cmp.Or(s.options.Built, filepath.Join(s.options.Folder, "built"))
	executables, err := gobuild.Host().Build(ctx, packages, kept)
	if err != nil {
		return nil, err
	}
	s.executables = filepath.Join(s.options.Folder, "functions")
	built := map[string]string{}
	for id, p := range wanted {
		path, err := filepath.Abs(filepath.Join(s.executables, id, "bootstrap"))
		if err == nil {
			err = gobuild.Place(executables[p], path)
		}
		if err != nil {
			return nil, err
		}
		built[id] = path
	}
	return built, nil
}

// addFunction adds a function. Its executable is in its asset, unless it was built
// from its package.
func (s *Stack) addFunction(id, executable string) error {
	var p functionProperties
	if err := s.template.Decode(id, &p); err != nil {
		return err
	}
	if !strings.HasPrefix(p.Runtime, "provided") {
		s.absent = append(s.absent, fmt.Sprintf("function %s (runtime %s; only Go functions on provided.al2023 run here)", id, p.Runtime))
		return nil
	}
	if executable == "" {
		folder, ok := s.template.Asset(p.Code.S3Key)
		if !ok {
			return fmt.Errorf("function %s: got code %q, expected an asset of the assembly", id, p.Code.S3Key)
		}
		executable = filepath.Join(folder, "bootstrap")
	}
	environment := map[string]string{
		"AWS_ACCESS_KEY_ID":         "local",
		"AWS_SECRET_ACCESS_KEY":     "local",
		"AWS_EC2_METADATA_DISABLED": "true",
	}
	for _, variable := range s.Endpoints() {
		name, url, _ := strings.Cut(variable, "=")
		environment[name] = url
	}
	maps.Copy(environment, p.Environment.Variables)
	name, timeout := s.template.PhysicalName(id), time.Duration(p.Timeout)*time.Second
	s.functions.timeouts[name] = cmp.Or(timeout, 3*time.Second)
	return s.host.Add(lambdahost.Function{
		Name:        name,
		Command:     []string{executable},
		Env:         environment,
		Handler:     p.Handler,
		ARN:         s.template.ARN("lambda", "function:"+name),
		Timeout:     timeout,
		MemoryMB:    p.MemorySize,
		Concurrency: p.ReservedConcurrentExecutions,
	})
}

// functionName returns the name in a function's name or ARN.
func functionName(address string) string {
	if _, qualified, ok := strings.Cut(address, ":function:"); ok {
		address, _, _ = strings.Cut(qualified, ":")
	}
	return address
}
